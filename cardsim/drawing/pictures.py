"""The pictures inside the face application: four PNG of one bit, and the photo as a grey JPEG 2000 file.

Formats and the sizes 24 x 12 and 72 x 12 are measured: soltia48/myna-card src/ap/surface.rs. The other sizes are our
choice: such that READ BINARY reaches the end of the file with every client's offsets (jsapdu reads 8.8 KB at once).
"""

from __future__ import annotations

from functools import lru_cache
from io import BytesIO
from typing import Final

from PIL import Image, ImageDraw

from apdu.ports import RandomBytes
from cardsim.drawing.bitmap import Bitmap
from cardsim.drawing.lettering import Lettering
from cardsim.drawing.portrait import FACE_BYTES, WIDTH, age_shown, draw_portrait
from cardsim.drawing.raster import paint
from cardsim.drawing.typesetting import draw_line

SECURITY_CODE_SIZE: Final = (24, 12)
MY_NUMBER_SIZE: Final = (72, 12)
NAME_SIZE: Final = (304, 24)
ADDRESS_SIZE: Final = (304, 48)
PHOTO_SIZE: Final = (160, 200)

_SMALLEST: Final = 7  # pixels: 200 characters of address fit, and no kanji can be told from another any more
_PHOTO_RATE: Final = 16  # one bit in so many is kept: 2 KB, in a file whose real size is not public


def draw_digits(digits: str, size: tuple[int, int], lettering: Lettering) -> bytes:
    """Digits that fill a small picture, each in a cell of its own."""
    cell = size[0] // len(digits)
    cells = [(_digit(digit, (cell, size[1]), lettering), (number * cell, 0)) for number, digit in enumerate(digits)]
    return Bitmap.blank(size).with_ink(cells).png()


@lru_cache(maxsize=64)
def _digit(digit: str, size: tuple[int, int], lettering: Lettering) -> Bitmap:
    """One cell. A digit that was drawn before is not drawn again."""
    image = Image.new("1", size)
    draw = ImageDraw.Draw(image)
    draw.fontmode = "1"
    font = lettering.font(round(size[1] * 0.95))
    draw.text((size[0] / 2, size[1] - 2), digit, font=font, fill=1, anchor="ms")
    return Bitmap.of(image)


def draw_lines(text: str, size: tuple[int, int], lettering: Lettering, *, lines: int = 1) -> bytes:
    """Text as large as fits, in up to ``lines`` lines, or in more and smaller ones; what the font lacks is 〓."""
    page = Bitmap.blank(size)
    letters, parts = _fit(lettering.drawable(text), size, size[1] // lines - 2, lettering)
    pitch = size[1] // max(len(parts), lines)
    for number, part in enumerate(parts):
        baseline = number * pitch + (pitch + letters) // 2 - letters // 8
        page = draw_line(page, (1, baseline), part, letters, lettering)
    return page.png()


def draw_photo(rng: RandomBytes, *, age: int) -> bytes:
    """A cartoon as the JP2 file of the face record. A face that was drawn before is not drawn again."""
    return _photo(rng(FACE_BYTES), age_shown(age))


@lru_cache(maxsize=512)
def _photo(chance: bytes, age: int) -> bytes:
    shapes = draw_portrait(BytesIO(chance).read, age=age)
    portrait = paint(shapes, PHOTO_SIZE, PHOTO_SIZE[0] / WIDTH, None)
    stream = BytesIO()
    portrait.convert("L").save(
        stream, "JPEG2000", quality_mode="rates", quality_layers=[_PHOTO_RATE], irreversible=True, no_jp2=False
    )
    return stream.getvalue()


def _fit(text: str, size: tuple[int, int], largest: int, lettering: Lettering) -> tuple[int, list[str]]:
    """The letter size, and the text cut into lines that fit; at the smallest size the last ones are cut off."""
    for letters in range(largest, _SMALLEST, -1):
        if lettering.width(text, letters) > (size[0] - 2) * (size[1] // (letters + 1)):
            continue  # not even if every line were full to the last pixel
        parts = lettering.wrap(text, size[0] - 2, letters)
        if len(parts) * (letters + 1) <= size[1]:
            return letters, parts
    return _SMALLEST, lettering.wrap(text, size[0] - 2, _SMALLEST)[: size[1] // (_SMALLEST + 1)]
