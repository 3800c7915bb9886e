"""Lines of letters, put together from characters that were drawn before: many times sooner than drawn anew.

The pixels are those that Pillow draws when it is given the whole line. It lays the highest bitmap of a line on the top
of the line's outlines, as these are rounded up; where the two differ, the whole line stands a pixel higher or lower.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from PIL import Image, ImageDraw, ImageFont

from cardsim.drawing.bitmap import Bitmap
from cardsim.drawing.lettering import Lettering

_PROBE: Final = " -"
"""Drawn behind a character: how far down the hyphen comes to stand tells how high the character's bitmap is."""


@dataclass(frozen=True, slots=True)
class _Character:
    """Drawn once. Where its ink begins, and how high it is, counted from the top of a hyphen."""

    ink: Bitmap | None
    left: int
    ink_top: int
    bitmap_top: int
    outline_top: int
    """Above the baseline, rounded up."""
    advance: int
    probed: bool
    """It stays within its own width: else nobody can tell it from the probe."""


def draw_line(page: Bitmap, at: tuple[int, int], text: str, size: int, lettering: Lettering) -> Bitmap:
    """The page with letters of this size, from the left end of the baseline at ``at``."""
    characters = [_character(character, size, lettering) for character in text]
    outline_top = max([each.outline_top for each in characters], default=0)
    bitmap_top = max([each.bitmap_top for each in characters], default=0)
    if bitmap_top <= 0 or not all(each.probed for each in characters):  # the probe tells nothing of what is so low
        return page.with_ink([(_in_one_piece(text, (page.width, page.height), at, lettering.font(size)), (0, 0))])
    top, x = at[1] - outline_top + bitmap_top, at[0]
    pieces = []
    for each in characters:
        if each.ink is not None:
            pieces.append((each.ink, (x + each.left, top - each.ink_top)))
        x += each.advance
    return page.with_ink(pieces)


def _in_one_piece(text: str, size: tuple[int, int], at: tuple[int, int], font: ImageFont.FreeTypeFont) -> Bitmap:
    image = Image.new("1", size)
    draw = ImageDraw.Draw(image)
    draw.fontmode = "1"
    draw.text(at, text, font=font, fill=1, anchor="ls")
    return Bitmap.of(image)


@lru_cache(maxsize=8192)
def _character(character: str, size: int, lettering: Lettering) -> _Character:
    font = lettering.font(size)
    advance = int(font.getlength(character, mode="1"))
    hyphen = size + advance + int(font.getlength(" ", mode="1"))
    canvas = Image.new("1", (6 * size, 3 * size))
    draw = ImageDraw.Draw(canvas)
    draw.fontmode = "1"
    draw.text((size, 2 * size), character + _PROBE, font=font, fill=1, anchor="ls")
    ink = canvas.crop((0, 0, hyphen, canvas.height)).getbbox()
    probe = canvas.crop((hyphen, 0, *canvas.size)).getbbox()
    assert probe is not None  # every font draws something for a hyphen
    probe_top = _outline_top(font, character + _PROBE)
    return _Character(
        ink=None if ink is None else Bitmap.of(canvas.crop(ink)),
        left=0 if ink is None else ink[0] - size,
        ink_top=0 if ink is None else probe[1] - ink[1],
        bitmap_top=probe[1] - (2 * size - probe_top),
        outline_top=_outline_top(font, character),
        advance=advance,
        probed=ink is None or (ink[0] >= size and ink[2] <= size + advance),
    )


def _outline_top(font: ImageFont.FreeTypeFont, text: str) -> int:
    return -int(font.getbbox(text, mode="1", anchor="ls")[1])
