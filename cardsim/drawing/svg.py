"""A scene as SVG 1.1 text. Needs no library, and no font on the machine that reads it but any Japanese one."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from typing import Final
from xml.sax.saxutils import escape, quoteattr

from cardsim.drawing.scene import Clip, Ellipse, Gradient, Line, Point, Polygon, Rect, Scene, Shape, Text

FONTS: Final = "'Noto Sans CJK JP','Noto Sans JP','Hiragino Sans','Yu Gothic','Meiryo','IPAexGothic',sans-serif"


def to_svg(scene: Scene) -> str:
    """The scene as one document. The same scene gives the same text."""
    numbers = itertools.count(1)
    width, height = _number(scene.width), _number(scene.height)
    size = f'viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family={quoteattr(FONTS)}>',
        f"<title>{escape(scene.title)}</title>",
        *_lines(scene.shapes, numbers),
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def _lines(shapes: Iterable[Shape], numbers: Iterator[int]) -> Iterator[str]:
    for shape in shapes:
        match shape:
            case Clip():
                yield from _clip(shape, numbers)
            case Gradient():
                yield from _gradient(shape, f"g{next(numbers)}")
            case Rect():
                corner = f' rx="{_number(shape.radius)}"' if shape.radius else ""
                yield f'<rect {_box(shape)}{corner} fill="{shape.fill}"/>'
            case Ellipse():
                yield (
                    f'<ellipse cx="{_number(shape.x)}" cy="{_number(shape.y)}" rx="{_number(shape.rx)}" '
                    f'ry="{_number(shape.ry)}" fill="{shape.fill}"/>'
                )
            case Polygon():
                yield f'<polygon points="{_points(shape.points)}" fill="{shape.fill}"/>'
            case Line():
                yield (
                    f'<polyline points="{_points(shape.points)}" fill="none" stroke="{shape.stroke}" '
                    f'stroke-width="{_number(shape.width)}" stroke-linecap="round" stroke-linejoin="round"/>'
                )
            case Text():
                yield _text(shape)


def _clip(clip: Clip, numbers: Iterator[int]) -> Iterator[str]:
    name = f"c{next(numbers)}"
    yield f'<clipPath id="{name}"><rect {_box(clip)} rx="{_number(clip.radius)}"/></clipPath>'
    yield f'<g clip-path="url(#{name})">'
    yield from _lines(clip.shapes, numbers)
    yield "</g>"


def _gradient(gradient: Gradient, name: str) -> Iterator[str]:
    yield (
        f'<linearGradient id="{name}" x2="0" y2="1"><stop stop-color="{gradient.top}"/>'
        f'<stop offset="1" stop-color="{gradient.bottom}"/></linearGradient>'
    )
    yield f'<rect {_box(gradient)} fill="url(#{name})"/>'


def _text(text: Text) -> str:
    x, y = _number(text.x), _number(text.y)
    # The width is fixed, so that another font than the one that was measured breaks nothing.
    fitted = f' textLength="{_number(text.width)}" lengthAdjust="spacingAndGlyphs"' if len(text.text) > 1 else ""
    turned = f' transform="rotate({_number(-text.angle)} {x} {y})"' if text.angle else ""
    faint = f' fill-opacity="{_number(text.opacity)}"' if text.opacity < 1 else ""
    return (
        f'<text x="{x}" y="{y}" font-size="{_number(text.size)}" fill="{text.fill}" '
        f'text-anchor="{text.anchor.value}"{fitted}{turned}{faint} xml:space="preserve">{escape(text.text)}</text>'
    )


def _box(shape: Rect | Gradient | Clip) -> str:
    return (
        f'x="{_number(shape.x)}" y="{_number(shape.y)}" width="{_number(shape.width)}" height="{_number(shape.height)}"'
    )


def _points(points: Iterable[Point]) -> str:
    return " ".join(f"{_number(x)},{_number(y)}" for x, y in points)


def _number(value: float) -> str:
    """At most two decimals, and none where none are needed."""
    return f"{round(value, 2) + 0.0:.2f}".rstrip("0").rstrip(".")
