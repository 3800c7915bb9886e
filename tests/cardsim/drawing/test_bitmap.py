"""Pictures of one bit."""

from __future__ import annotations

from io import BytesIO

import pytest
from PIL import Image

from cardsim.drawing.bitmap import Bitmap

PLACES = {
    "inside": ((1, 1), [0b0000, 0b0110, 0b0100]),
    "left of it": ((-1, 0), [0b1000, 0b0000, 0b0000]),
    "right of it": ((3, 0), [0b0001, 0b0001, 0b0000]),
    "above": ((0, -1), [0b1000, 0b0000, 0b0000]),
    "below": ((2, 2), [0b0000, 0b0000, 0b0011]),
    "above and left of it": ((-1, -1), [0b0000, 0b0000, 0b0000]),
    "out of sight": ((9, 9), [0, 0, 0]),
    "out of sight before it": ((-9, -9), [0, 0, 0]),
}


@pytest.mark.parametrize(("at", "rows"), PLACES.values(), ids=PLACES.keys())
def test_laid(at: tuple[int, int], rows: list[int]) -> None:
    """Ink that lies outside is lost."""
    page = Bitmap.blank((4, 3)).with_ink([(Bitmap.of_rows(2, [0b11, 0b10]), at)])
    assert page == Bitmap.of_rows(4, rows)


def test_laid_over() -> None:
    """Ink stays where it is."""
    pieces = [(Bitmap.of_rows(1, [ink]), (ink, 0)) for ink in (0, 1)]
    assert Bitmap.of_rows(2, [0b10]).with_ink(pieces).rows == [0b11]


@pytest.mark.parametrize("width", range(1, 18))
def test_rows(width: int) -> None:
    """They are what the picture was made of."""
    rows = [1, 1 << (width - 1), 0, (1 << width) - 1]
    assert Bitmap.of_rows(width, rows).rows == rows


@pytest.mark.parametrize("width", range(1, 18))
def test_png(width: int) -> None:
    """An independent reader sees black ink on white; a row ends within a byte, or with it."""
    image = Image.open(BytesIO(Bitmap.of_rows(width, [0, 1]).png()))
    assert (image.format, image.mode, image.size) == ("PNG", "1", (width, 2))
    black = [at for at in range(2 * width) if not image.getpixel((at % width, at // width))]
    assert black == [2 * width - 1]


@pytest.mark.parametrize("width", range(1, 18))
def test_of_an_image(width: int) -> None:
    """Set pixels are ink."""
    image = Image.new("1", (width, 2))
    image.putpixel((width - 1, 0), 1)
    image.putpixel((0, 1), 1)
    assert Bitmap.of(image) == Bitmap.of_rows(width, [1, 1 << (width - 1)])
