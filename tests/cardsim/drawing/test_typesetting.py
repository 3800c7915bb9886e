"""Lines put together from characters look as those that Pillow draws in one piece, to the pixel."""

from __future__ import annotations

import pytest
from PIL import Image, ImageDraw

from cardsim.drawing.bitmap import Bitmap
from cardsim.drawing.lettering import Lettering
from cardsim.drawing.typesetting import draw_line

SIZE = (700, 60)
AT = (1, 40)
TEXTS = {
    "a name": "見本　太郎",
    "an address": "北海道札幌市南区芸術の森3丁目915番地22号",
    "one that stands alone, a pixel lower than beside others": "北",
    "the same beside a higher one": "北海",
    "Latin letters": "Sample ABCgjpq 0123",
    "half-width and full-width signs": "＿＿、。ー一_.,'|｜",
    "nothing higher than a hyphen": "_.、。",
    "spaces": "　 　",
    "letters wider than their place": "YÎÏfj",
    "among others": "瑰鳳Ï南ÎY見",
    "nothing": "",
}


@pytest.mark.parametrize("size", range(7, 24))
@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS.keys())
def test_the_pixels_of_pillow(text: str, size: int, lettering: Lettering) -> None:
    """Every size that the pictures have."""
    expected = Image.new("1", SIZE)
    draw = ImageDraw.Draw(expected)
    draw.fontmode = "1"
    draw.text(AT, text, font=lettering.font(size), fill=1, anchor="ls")
    page = draw_line(Bitmap.blank(SIZE), AT, text, size, lettering)
    assert page == Bitmap.of(expected)
