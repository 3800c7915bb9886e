"""Text in the lab's font: how wide it is, which characters are missing, how it looks in black and white."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Final

from PIL import ImageFont

from cardsim.errors import FontError

MISSING: Final = "〓"
"""JIS X 0208 cell 2-14, GETA MARK: the printers' sign for a type that the case does not hold."""

_NO_CHARACTER: Final = "\U0010ffff"  # Unicode: a noncharacter, so that every font draws its sign for a missing one
_MEASURE: Final = 100


class Lettering:
    """One font file. Sizes are in pixels; a size is loaded once."""

    def __init__(self, font_file: Path) -> None:
        self._file = font_file
        self._sized: dict[int, ImageFont.FreeTypeFont] = {}
        self._drawable: dict[str, bool] = {}
        self._advances: dict[str, float] = {}
        self._missing = bytes(self.font(_MEASURE).getmask(_NO_CHARACTER))

    def font(self, size: int) -> ImageFont.FreeTypeFont:
        """The font at a size; ``FontError`` when the file is none."""
        font = self._sized.get(size)
        if font is None:
            try:
                # Basic layout: Japanese in one line needs no shaping, and the result depends on no other library.
                font = ImageFont.truetype(self._file, size, layout_engine=ImageFont.Layout.BASIC)
            except OSError as error:
                raise FontError(f"{self._file} is no font that can be read: {error}") from error
            self._sized[size] = font
        return font

    def drawable(self, text: str) -> str:
        """The same text with 〓 for every character that the font does not have."""
        return "".join(character if self._has(character) else MISSING for character in text)

    def width(self, text: str, size: float) -> float:
        """How wide a line is."""
        return sum(map(self.advance, text)) * size / _MEASURE

    def wrap(self, text: str, width: float, size: float) -> list[str]:
        """The text cut where a line is full; Japanese breaks anywhere."""
        parts, used = [""], 0.0
        for character in text:
            used += self.advance(character)
            if parts[-1] and used * size / _MEASURE > width:
                parts.append("")
                used = self.advance(character)
            parts[-1] += character
        return parts

    def advance(self, character: str) -> float:
        """How far a character moves the pen, at a size of 100; the font's types stand side by side without kerning."""
        known = self._advances.get(character)
        if known is None:
            known = self._advances[character] = self.font(_MEASURE).getlength(character)
        return known

    def _has(self, character: str) -> bool:
        known = self._drawable.get(character)
        if known is None:
            drawn = bytes(self.font(_MEASURE).getmask(character)) != self._missing
            known = self._drawable[character] = drawn
        return known


@lru_cache(maxsize=4)
def lettering_of(font_file: Path) -> Lettering:
    """The lettering of a font file, read once a process."""
    return Lettering(font_file)
