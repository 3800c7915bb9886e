"""A face that nobody has: a cartoon put together from a seed, in colours. Never a photograph, never of anybody."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache
from typing import Final

from apdu.ports import RandomBytes
from cardsim.drawing.scene import Ellipse, Gradient, Line, Point, Polygon, Rect, Shape

WIDTH: Final = 100.0
HEIGHT: Final = 125.0  # 4:5, near the 3.5 x 4.5 cm of the photo on an application form

_BACKGROUNDS: Final = (("#dfeaf4", "#b9cfe4"), ("#e6efe4", "#bfd6c3"), ("#f2e8da", "#dcc9ae"), ("#ebe4f2", "#cbbcdd"))
_SKINS: Final = ("#f6d7bd", "#f1cbaa", "#e8bb94", "#d9a57b")
_HAIRS: Final = ("#2b2421", "#3b2c25", "#4a3628", "#211f26")
_GREY_HAIRS: Final = ("#b9b7b4", "#d6d3cf", "#8f8c8a")
_CLOTHES: Final = ("#3d5a80", "#7a4b52", "#4d6a57", "#5b527c", "#8a6a3b", "#34495e")
_GREY_FROM_AGE: Final = 65
_CHILD_UNTIL_AGE: Final = 12
_INK: Final = "#3a2f2a"
FACE_BYTES: Final = 16
"""A portrait takes no more than so many random bytes."""

Hair = Callable[[str], tuple[list[Shape], list[Shape]]]


def age_shown(age: int) -> int:
    """The age that a portrait shows: all children look alike in it, all adults, and all grey heads."""
    return next((shown for shown in (_GREY_FROM_AGE, _CHILD_UNTIL_AGE + 1) if age >= shown), 0)


def draw_portrait(rng: RandomBytes, *, age: int) -> tuple[Shape, ...]:
    """Shapes within 100 x 125. The same bytes of ``rng`` and the same age give the same face."""

    def choose(options: tuple[str, ...]) -> str:
        return options[rng(1)[0] % len(options)]

    top, bottom = _BACKGROUNDS[rng(1)[0] % len(_BACKGROUNDS)]
    skin, clothes = choose(_SKINS), choose(_CLOTHES)
    hair = choose(_GREY_HAIRS if age >= _GREY_FROM_AGE else _HAIRS)
    behind, before = _STYLES[rng(1)[0] % len(_STYLES)](hair)
    glasses, smile = rng(1)[0] % 3 == 0, 1.5 + rng(1)[0] % 4
    head = [
        *behind,
        *_neck(skin),
        *_shoulders(clothes, rng(1)[0] % 3),
        *_head(skin),
        *_features(smile, eye=2.6 if age <= _CHILD_UNTIL_AGE else 2.1),
        *before,
        *(_glasses() if glasses else ()),
    ]
    if age >= _GREY_FROM_AGE:
        head += _wrinkles(skin)
    size = 0.86 if age <= _CHILD_UNTIL_AGE else 1.0
    at = ((1 - size) * WIDTH / 2, (1 - size) * HEIGHT)
    return (Gradient(x=0, y=0, width=WIDTH, height=HEIGHT, top=top, bottom=bottom), *(s.placed(at, size) for s in head))


@lru_cache(maxsize=128)
def _arc(centre: Point, rx: float, ry: float, start: float, end: float) -> tuple[Point, ...]:
    """Points of an ellipse's arc, degrees against the clock from three o'clock."""
    steps = 24
    angles = [math.radians(start + (end - start) * step / steps) for step in range(steps + 1)]
    return tuple((centre[0] + rx * math.cos(angle), centre[1] - ry * math.sin(angle)) for angle in angles)


def _shade(colour: str, factor: float) -> str:
    channels = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return "#" + "".join(f"{min(255, round(channel * factor)):02x}" for channel in channels)


def _neck(skin: str) -> list[Shape]:
    return [
        Rect(x=41, y=72, width=18, height=28, fill=_shade(skin, 0.9), radius=7),
        Polygon(points=_arc((50, 79), 9, 8, 180, 360), fill=_shade(skin, 0.8)),
    ]


def _shoulders(clothes: str, collar: int) -> list[Shape]:
    body = Polygon(
        points=((8, 130), *_arc((28, 112), 17, 16, 180, 90), *_arc((72, 112), 17, 16, 90, 0), (92, 130)), fill=clothes
    )
    trims: tuple[list[Shape], ...] = (
        [Polygon(points=_arc((50, 95), 12, 9, 180, 360), fill=_shade(clothes, 0.78))],
        [
            Polygon(points=((38, 95), (50, 112), (62, 95), (67, 98), (52, 124), (48, 124), (33, 98)), fill="#f4f4f2"),
            Polygon(points=((47.5, 113), (52.5, 113), (54, 130), (46, 130)), fill=_shade(clothes, 0.6)),
        ],
        [Rect(x=38, y=91, width=24, height=9, fill=_shade(clothes, 1.2), radius=4)],
    )
    return [body, *trims[collar]]


def _head(skin: str) -> list[Shape]:
    jaw = (*_arc((50, 52), 24, 30, 180, 0), *_arc((50, 54), 24, 31, 0, -180))
    return [
        Ellipse(x=26.5, y=58, rx=4.2, ry=6.4, fill=_shade(skin, 0.93)),
        Ellipse(x=73.5, y=58, rx=4.2, ry=6.4, fill=_shade(skin, 0.93)),
        Polygon(points=jaw, fill=skin),
        Ellipse(x=36, y=67, rx=5, ry=3.4, fill=_shade(skin, 0.95)),
        Ellipse(x=64, y=67, rx=5, ry=3.4, fill=_shade(skin, 0.95)),
    ]


def _features(smile: float, *, eye: float) -> list[Shape]:
    shapes: list[Shape] = []
    for x in (40.0, 60.0):
        shapes.append(Ellipse(x=x, y=56, rx=eye, ry=eye * 1.25, fill=_INK))
        shapes.append(Ellipse(x=x + 0.8, y=55, rx=0.7, ry=0.8, fill="#ffffff"))
        shapes.append(Line(points=_arc((x, 50.5), 5, 3.2, 150, 30), stroke=_INK, width=1.3))
    shapes.append(Line(points=((50, 58), (48.4, 64), (50.6, 64.6)), stroke="#b98a6b", width=1.1))
    shapes.append(Line(points=_arc((50, 72 - smile), 7, smile + 1, 200, 340), stroke="#a9574f", width=1.6))
    return shapes


def _glasses() -> list[Shape]:
    frames = [Line(points=_arc((x, 56), 7.2, 6.4, 0, 360), stroke="#4a4a52", width=1.1) for x in (40.0, 60.0)]
    return [*frames, Line(points=((47.2, 55.5), (52.8, 55.5)), stroke="#4a4a52", width=1.1)]


def _wrinkles(skin: str) -> list[Shape]:
    dark = _shade(skin, 0.82)
    return [
        Line(points=((42, 41), (58, 41)), stroke=dark, width=0.8),
        Line(points=_arc((37, 69), 4, 6, 60, -50), stroke=dark, width=0.8),
        Line(points=_arc((63, 69), 4, 6, 120, 230), stroke=dark, width=0.8),
    ]


def _cap(hair: str, low: float) -> Polygon:
    """The crown, down to a fringe at ``low``."""
    return Polygon(
        points=(*_arc((50, 51), 27, 34, 180, 0), (74, 52), (70, low), (50, low - 4), (30, low), (26, 52)), fill=hair
    )


def _short(hair: str) -> tuple[list[Shape], list[Shape]]:
    parting = Polygon(
        points=((27, 52), (31, 40), (46, 35), (60, 43), (71, 41), (73, 52), *_arc((50, 50), 26.5, 33, 0, 180)),
        fill=hair,
    )
    return [], [parting]


def _bob(hair: str) -> tuple[list[Shape], list[Shape]]:
    behind = Polygon(
        points=(*_arc((50, 50), 31, 36, 180, 0), (82, 78), (70, 84), (30, 84), (18, 78)), fill=_shade(hair, 0.9)
    )
    return [behind], [_cap(hair, 43)]


def _long(hair: str) -> tuple[list[Shape], list[Shape]]:
    behind = Polygon(points=(*_arc((50, 50), 31, 36, 180, 0), (84, 112), (16, 112)), fill=_shade(hair, 0.9))
    sides = Polygon(points=(*_arc((50, 51), 27, 34, 180, 0), (74, 56), (54, 27), (46, 40), (26, 56)), fill=hair)
    return [behind], [sides]


def _bun(hair: str) -> tuple[list[Shape], list[Shape]]:
    return [Ellipse(x=50, y=15, rx=13, ry=11, fill=_shade(hair, 0.9))], [_cap(hair, 38)]


def _curly(hair: str) -> tuple[list[Shape], list[Shape]]:
    curls: list[Shape] = [Ellipse(x=x, y=y, rx=9, ry=9, fill=hair) for x, y in _arc((50, 50), 25, 29, 188, -8)[::2]]
    return curls, [Ellipse(x=x, y=y, rx=6.5, ry=6.5, fill=hair) for x, y in _arc((50, 48), 20, 22, 165, 15)[::4]]


_STYLES: Final[tuple[Hair, ...]] = (_short, _bob, _long, _bun, _curly)
