"""The card as a person sees it, front and back: our own design, which no genuine card has, marked all over as a test.

The proportions are those of ID-1 (ISO/IEC 7810: 85.60 x 53.98 mm, corners of 3.18 mm); a unit is a tenth of a
millimetre. What is written where follows the public description of the card (kojinbango-card.go.jp: name, address,
birth date, sex, expiry, security code and photo in front, My Number behind); how it looks does not, on purpose.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Final

from cardsim.drawing.lettering import Lettering
from cardsim.drawing.portrait import HEIGHT as PORTRAIT_HEIGHT
from cardsim.drawing.portrait import WIDTH as PORTRAIT_WIDTH
from cardsim.drawing.scene import Anchor, Clip, Gradient, Line, Rect, Scene, Shape, Text, placed

WIDTH: Final = 856.0
HEIGHT: Final = 540.0
CORNER: Final = 31.8
MASKED_NUMBER: Final = "************"
"""Shown in the place of the My Number, whose copying the law restricts (番号法 Art. 19, 20)."""

_INK, _FAINT, _RED = "#22303c", "#5c6f7d", "#d2304a"
_LEFT: Final = 48.0
_BAND: Final = 62.0  # the red band at the bottom
_LEADING: Final = 1.35
_SMALLEST: Final = 8.0
_PHOTO: Final = (618.0, 182.0, 190.0)  # left, top, width


@dataclass(frozen=True, slots=True, kw_only=True)
class FaceText:
    """What is written on the card, ready to print. ``repr`` shows nothing of the holder."""

    name: str = field(repr=False)
    address: str = field(repr=False)
    birth: str = field(repr=False)
    sex: str = field(repr=False)
    """Empty where it is not printed: on the next generation's card it stays in the chip."""
    expiry: str = field(repr=False)
    code: str = field(repr=False)
    """What a reader types in: the security code, or the next card's 照合番号."""
    serial: str = field(repr=False)
    code_name: str = field(default="セキュリティコード", repr=False)


class _Writer:
    """Makes text shapes, measured and with 〓 where the font lacks a character."""

    def __init__(self, lettering: Lettering) -> None:
        self._lettering = lettering

    def line(
        self,
        at: tuple[float, float],
        text: str,
        size: float,
        *,
        fill: str = _INK,
        room: float = math.inf,
        anchor: Anchor = Anchor.START,
        angle: float = 0,
        opacity: float = 1,
        bold: bool = False,
    ) -> list[Shape]:
        """One line; it is squeezed where it would be wider than ``room``. ``bold`` sets it twice, a little apart."""
        drawable = self._lettering.drawable(text)
        width = min(room, self._lettering.width(drawable, size))
        return [
            Text(
                x=at[0] + shift,
                y=at[1],
                size=size,
                text=drawable,
                fill=fill,
                width=width,
                anchor=anchor,
                angle=angle,
                opacity=opacity,
            )
            for shift in ((0, size / 28) if bold else (0,))
        ]

    def paragraph(self, at: tuple[float, float], text: str, size: float, *, room: float, height: float) -> list[Shape]:
        """Text in as many lines as its height allows, smaller where it is long."""
        drawable = self._lettering.drawable(text)
        parts = self._lettering.wrap(drawable, room, size)
        while len(parts) * size * _LEADING > height and size > _SMALLEST:
            size -= 1
            parts = self._lettering.wrap(drawable, room, size)
        shapes: list[Shape] = []
        for number, part in enumerate(parts):
            shapes += self.line((at[0], at[1] + number * size * _LEADING), part, size, room=room)
        return shapes


def front(text: FaceText, portrait: tuple[Shape, ...], lettering: Lettering) -> Scene:
    """The side with the photo."""
    write = _Writer(lettering)
    shapes = [
        *_ground("#eef7f5", "#dbe4f7", "#c4dfe0", "#c9cfee"),
        *_heading(write),
        *write.line((_LEFT, 150), "氏名", 17, fill=_FAINT),
        *write.line((_LEFT + 84, 152), text.name, 36, room=672, bold=True),
        *write.line((_LEFT, 204), "住所", 17, fill=_FAINT),
        *write.paragraph((_LEFT + 84, 206), text.address, 25, room=460, height=104),
        *write.line((_LEFT, 330), "生年月日", 17, fill=_FAINT),
        *write.line((_LEFT + 84, 331), text.birth, 25, room=300),
        *(write.line((_LEFT + 400, 330), "性別", 17, fill=_FAINT) if text.sex else ()),
        *(write.line((_LEFT + 446, 331), text.sex, 25, room=90) if text.sex else ()),
        *write.line((_LEFT, 388), "有効期限", 17, fill=_FAINT),
        *write.line((_LEFT + 84, 389), text.expiry, 25, room=460),
        *write.line((_LEFT, 446), text.code_name, 17, fill=_FAINT),
        Rect(x=_LEFT + 168, y=421, width=104, height=36, fill="#ffffff", radius=8),
        *write.line((_LEFT + 220, 448), text.code, 25, anchor=Anchor.MIDDLE),
        *_photo(portrait),
        *_mark(write),
    ]
    return _card("見本 — a test card, front", shapes)


def back(text: FaceText, lettering: Lettering) -> Scene:
    """The side with the contacts and the number, which is masked."""
    write = _Writer(lettering)
    grouped = " ".join(MASKED_NUMBER[at : at + 4] for at in range(0, len(MASKED_NUMBER), 4))
    shapes = [
        *_ground("#f7f2ea", "#f3e0e4", "#e9d7bd", "#e6c3cd"),
        *_heading(write),
        *_contacts(),
        *write.line((310, 196), "個人番号", 19, fill=_FAINT),
        *write.line((310, 268), grouped, 54, room=490, bold=True),
        *write.line((310, 288), "番号は表示していません（伏せ字）  /  masked on purpose", 16, fill=_FAINT),
        *write.line((_LEFT, 372), "氏名", 17, fill=_FAINT),
        *write.line((_LEFT + 84, 374), text.name, 28, room=680),
        *write.line((_LEFT, 414), "生年月日", 17, fill=_FAINT),
        *write.line((_LEFT + 84, 415), text.birth, 23, room=400),
        *write.line((_LEFT, 454), "製造番号", 17, fill=_FAINT),
        *write.line((_LEFT + 84, 454), text.serial, 20),
        *_mark(write),
    ]
    return _card("見本 — a test card, back", shapes)


def _card(title: str, shapes: list[Shape]) -> Scene:
    whole = Clip(x=0, y=0, width=WIDTH, height=HEIGHT, radius=CORNER, shapes=tuple(shapes))
    return Scene(width=WIDTH, height=HEIGHT, title=title, shapes=(whole,))


def _ground(top: str, bottom: str, *waves: str) -> list[Shape]:
    """A soft sheet with fine waves, in the manner of security printing."""
    shapes: list[Shape] = [Gradient(x=0, y=0, width=WIDTH, height=HEIGHT, top=top, bottom=bottom)]
    for number in range(22):
        phase, swing = number * 0.29, 26 + 14 * math.sin(number * 0.7)
        points = tuple(
            (
                x * 8.0,
                20 + number * 25 + swing * math.sin(x * 0.062 + phase) + 9 * math.sin(x * 0.19 - 2 * phase),
            )
            for x in range(-1, 110)
        )
        shapes.append(Line(points=points, stroke=waves[number % len(waves)], width=1.1))
    return shapes


def _heading(write: _Writer) -> list[Shape]:
    return [
        *write.line((_LEFT, 74), "個人番号カード", 31, bold=True),
        *write.line((_LEFT + 236, 73), "Individual Number Card", 19, fill=_FAINT),
        Rect(x=650, y=40, width=158, height=48, fill=_RED, radius=24),
        *write.line((729, 74), "見本 TEST", 27, fill="#ffffff", anchor=Anchor.MIDDLE, bold=True),
        Rect(x=_LEFT, y=102, width=760, height=2, fill="#a9bfc9"),
    ]


def _photo(portrait: tuple[Shape, ...]) -> list[Shape]:
    left, top, width = _PHOTO
    scale = width / PORTRAIT_WIDTH
    height = PORTRAIT_HEIGHT * scale
    picture = placed(portrait, (left, top), scale)
    return [
        Rect(x=left - 5, y=top - 5, width=width + 10, height=height + 10, fill="#ffffff", radius=17),
        Clip(x=left, y=top, width=width, height=height, radius=13, shapes=picture),
    ]


def _contacts() -> list[Shape]:
    """The chip's contact plate where ISO/IEC 7816-2 has it, drawn as a plate and not as contacts of a real maker."""
    left, top, width, height = 88.0, 172.0, 138.0, 118.0
    lines = (
        ((left, top + 40), (left + 44, top + 40)),
        ((left, top + 78), (left + 44, top + 78)),
        ((left + 94, top + 40), (left + width, top + 40)),
        ((left + 94, top + 78), (left + width, top + 78)),
        ((left + 44, top), (left + 44, top + height)),
        ((left + 94, top), (left + 94, top + height)),
    )
    plate = Clip(
        x=left,
        y=top,
        width=width,
        height=height,
        radius=16,
        shapes=(
            Gradient(x=left, y=top, width=width, height=height, top="#f3dd9a", bottom="#cfa64e"),
            *(Line(points=points, stroke="#a67f33", width=2.4) for points in lines),
        ),
    )
    return [Rect(x=left - 2, y=top - 2, width=width + 4, height=height + 4, fill="#b08b3f", radius=18), plate]


def _mark(write: _Writer) -> list[Shape]:
    """What nobody can overlook: the words across the card, and a red band that says what this is."""
    across = write.line(
        (428, 360), "見本 TEST", 186, fill=_RED, anchor=Anchor.MIDDLE, angle=24, opacity=0.13, bold=False
    )
    return [
        *across,
        Rect(x=0, y=HEIGHT - _BAND, width=WIDTH, height=_BAND, fill=_RED),
        *write.line(
            (WIDTH / 2, HEIGHT - 33),
            "見本　実在しない人物のテスト用データです。身分証明書ではありません。",
            20,
            fill="#ffffff",
            anchor=Anchor.MIDDLE,
        ),
        *write.line(
            (WIDTH / 2, HEIGHT - 11),
            "TEST SPECIMEN made by mynalab: nobody's data, no document of any authority",
            16,
            fill="#ffffff",
            anchor=Anchor.MIDDLE,
        ),
    ]
