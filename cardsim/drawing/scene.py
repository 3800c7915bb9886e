"""Pictures as data: shapes in one coordinate system, which ``svg`` writes and ``raster`` paints. No library here.

x grows to the right, y downwards. Colours are ``#rrggbb``. A shape knows how to be moved and scaled, so that a
picture can stand inside another.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import Enum
from typing import TypeAlias

Point: TypeAlias = tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rect:
    """A rectangle with corners of ``radius``."""

    x: float
    y: float
    width: float
    height: float
    fill: str
    radius: float = 0

    def placed(self, at: Point, scale: float) -> Rect:
        """The same, scaled and then moved."""
        x, y = _place((self.x, self.y), at, scale)
        return replace(self, x=x, y=y, width=self.width * scale, height=self.height * scale, radius=self.radius * scale)


@dataclass(frozen=True, slots=True, kw_only=True)
class Gradient:
    """A rectangle that goes from one colour at the top to another at the bottom."""

    x: float
    y: float
    width: float
    height: float
    top: str
    bottom: str

    def placed(self, at: Point, scale: float) -> Gradient:
        """The same, scaled and then moved."""
        x, y = _place((self.x, self.y), at, scale)
        return replace(self, x=x, y=y, width=self.width * scale, height=self.height * scale)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ellipse:
    """An ellipse by its centre and half axes."""

    x: float
    y: float
    rx: float
    ry: float
    fill: str

    def placed(self, at: Point, scale: float) -> Ellipse:
        """The same, scaled and then moved."""
        x, y = _place((self.x, self.y), at, scale)
        return replace(self, x=x, y=y, rx=self.rx * scale, ry=self.ry * scale)


@dataclass(frozen=True, slots=True, kw_only=True)
class Polygon:
    """A filled outline."""

    points: tuple[Point, ...]
    fill: str

    def placed(self, at: Point, scale: float) -> Polygon:
        """The same, scaled and then moved."""
        return replace(self, points=tuple(_place(point, at, scale) for point in self.points))


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line through points, with round ends."""

    points: tuple[Point, ...]
    stroke: str
    width: float

    def placed(self, at: Point, scale: float) -> Line:
        """The same, scaled and then moved."""
        points = tuple(_place(point, at, scale) for point in self.points)
        return replace(self, points=points, width=self.width * scale)


class Anchor(Enum):
    """Which end of a text stands at its x."""

    START = "start"
    MIDDLE = "middle"
    END = "end"


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """One line of text on the baseline ``y``. ``width`` is the width it takes, as its maker measured it.

    ``angle`` turns it about (x, y), in degrees against the clock; ``opacity`` 1 covers what is below.
    """

    x: float
    y: float
    size: float
    text: str
    fill: str
    width: float
    anchor: Anchor = Anchor.START
    angle: float = 0
    opacity: float = 1

    def placed(self, at: Point, scale: float) -> Text:
        """The same, scaled and then moved."""
        x, y = _place((self.x, self.y), at, scale)
        return replace(self, x=x, y=y, size=self.size * scale, width=self.width * scale)


@dataclass(frozen=True, slots=True, kw_only=True)
class Clip:
    """Shapes of which only what lies inside a rounded rectangle is seen."""

    x: float
    y: float
    width: float
    height: float
    radius: float
    shapes: tuple[Shape, ...]

    def placed(self, at: Point, scale: float) -> Clip:
        """The same, scaled and then moved."""
        x, y = _place((self.x, self.y), at, scale)
        return Clip(
            x=x,
            y=y,
            width=self.width * scale,
            height=self.height * scale,
            radius=self.radius * scale,
            shapes=placed(self.shapes, at, scale),
        )


Shape: TypeAlias = Rect | Gradient | Ellipse | Polygon | Line | Text | Clip


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """A whole picture. ``title`` says what it shows to those who do not see it."""

    width: float
    height: float
    title: str
    shapes: tuple[Shape, ...]


def placed(shapes: Iterable[Shape], at: Point, scale: float) -> tuple[Shape, ...]:
    """Every shape scaled and then moved."""
    return tuple(shape.placed(at, scale) for shape in shapes)


def _place(point: Point, at: Point, scale: float) -> Point:
    return (at[0] + point[0] * scale, at[1] + point[1] * scale)
