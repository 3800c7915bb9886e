"""Pictures of one bit, a number a row."""

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
    "out of sight": ((9, 9), [0, 0, 0]),
}


@pytest.mark.parametrize(("at", "rows"), PLACES.values(), ids=PLACES.keys())
def test_laid(at: tuple[int, int], rows: list[int]) -> None:
    """Ink that lies outside is lost."""
    page = Bitmap.blank((4, 3))
    page.lay(Bitmap(2, [0b11, 0b10]), at)
    assert page.rows == rows


def test_laid_over() -> None:
    """Ink stays where it is."""
    page = Bitmap(2, [0b10])
    page.lay(Bitmap(1, [0]), (0, 0))
    page.lay(Bitmap(1, [1]), (1, 0))
    assert page.rows == [0b11]


@pytest.mark.parametrize("width", range(1, 18))
def test_png(width: int) -> None:
    """An independent reader sees black ink on white; a row ends within a byte, or with it."""
    page = Bitmap.blank((width, 2))
    page.rows[1] = 1  # the last pixel
    image = Image.open(BytesIO(page.png()))
    assert (image.format, image.mode, image.size) == ("PNG", "1", (width, 2))
    black = [at for at in range(2 * width) if not image.getpixel((at % width, at // width))]
    assert black == [2 * width - 1]


@pytest.mark.parametrize("width", range(1, 18))
def test_of_an_image(width: int) -> None:
    """Set pixels are ink."""
    image = Image.new("1", (width, 2))
    image.putpixel((width - 1, 0), 1)
    image.putpixel((0, 1), 1)
    assert Bitmap.of(image) == Bitmap(width, [1, 1 << (width - 1)])
