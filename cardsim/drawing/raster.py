"""A scene as pixels: painted larger than wanted and scaled down, which makes its edges smooth."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from io import BytesIO

from PIL import Image, ImageColor, ImageDraw

from cardsim.drawing.lettering import Lettering
from cardsim.drawing.scene import Anchor, Clip, Ellipse, Gradient, Line, Polygon, Rect, Scene, Shape, Text, placed

_OVERSAMPLING = 2


def to_png(scene: Scene, lettering: Lettering, *, scale: float = 2) -> bytes:
    """The scene as a PNG of ``scale`` pixels a unit, transparent where nothing was painted."""
    size = (round(scene.width * scale), round(scene.height * scale))
    image = paint(scene.shapes, size, scale, lettering)
    stream = BytesIO()
    image.save(stream, "PNG", optimize=False)
    return stream.getvalue()


def paint(shapes: Iterable[Shape], size: tuple[int, int], scale: float, lettering: Lettering | None) -> Image.Image:
    """Shapes as an RGBA image. ``lettering`` may be None where no text is among them."""
    large = Image.new("RGBA", (size[0] * _OVERSAMPLING, size[1] * _OVERSAMPLING))
    _paint_all(large, placed(shapes, (0, 0), scale * _OVERSAMPLING), lettering)
    return large.reduce(_OVERSAMPLING)


def _paint_all(image: Image.Image, shapes: Iterable[Shape], lettering: Lettering | None) -> None:
    draw = ImageDraw.Draw(image)
    for shape in shapes:
        match shape:
            case Clip():
                _clip(image, shape, lettering)
            case Gradient():
                _gradient(image, shape)
            case Rect():
                corners = (shape.x, shape.y, shape.x + shape.width, shape.y + shape.height)
                draw.rounded_rectangle(corners, radius=shape.radius, fill=shape.fill)
            case Ellipse():
                corners = (shape.x - shape.rx, shape.y - shape.ry, shape.x + shape.rx, shape.y + shape.ry)
                draw.ellipse(corners, fill=shape.fill)
            case Polygon():
                draw.polygon(shape.points, fill=shape.fill)
            case Line():
                _line(draw, shape)
            case Text() if lettering is not None:
                _text(image, shape, lettering)


def _line(draw: ImageDraw.ImageDraw, line: Line) -> None:
    draw.line(line.points, fill=line.stroke, width=max(1, round(line.width)), joint="curve")
    half = line.width / 2
    for x, y in (line.points[0], line.points[-1]):
        draw.ellipse((x - half, y - half, x + half, y + half), fill=line.stroke)


def _clip(image: Image.Image, clip: Clip, lettering: Lettering | None) -> None:
    inside = image.copy()
    _paint_all(inside, clip.shapes, lettering)
    mask = Image.new("L", image.size)
    corners = (clip.x, clip.y, clip.x + clip.width - 1, clip.y + clip.height - 1)
    ImageDraw.Draw(mask).rounded_rectangle(corners, radius=clip.radius, fill=255)
    image.paste(inside, (0, 0), mask)


def _gradient(image: Image.Image, gradient: Gradient) -> None:
    column = _column(gradient.top, gradient.bottom, max(2, round(gradient.height)))
    filled = column.resize((round(gradient.width), column.height), Image.Resampling.NEAREST)
    image.paste(filled, (round(gradient.x), round(gradient.y)))


@lru_cache(maxsize=32)
def _column(top: str, bottom: str, height: int) -> Image.Image:
    """One pixel wide. Faces share four backgrounds."""
    ends = [ImageColor.getrgb(colour)[:3] for colour in (top, bottom)]
    parts = (y / (height - 1) for y in range(height))
    pixels = (round(start + (end - start) * part) for part in parts for start, end in zip(*ends, strict=True))
    return Image.frombytes("RGB", (1, height), bytes(pixels)).convert("RGBA")


def _text(image: Image.Image, text: Text, lettering: Lettering) -> None:
    """Set a line at its natural width, squeeze it to the wanted one, turn it about its anchor, and lay it over."""
    font = lettering.font(max(1, round(text.size)))
    natural = max(1, round(font.getlength(text.text)))
    room = round(text.size)  # above the baseline; half of it below
    strip = Image.new("L", (natural, room + room // 2))
    ImageDraw.Draw(strip).text((0, room), text.text, font=font, fill=round(255 * text.opacity), anchor="ls")
    strip = strip.resize((max(1, round(text.width)), strip.height), Image.Resampling.LANCZOS)
    before = {Anchor.START: 0.0, Anchor.MIDDLE: 0.5, Anchor.END: 1.0}[text.anchor] * strip.width
    left, top = round(text.x - before), round(text.y - room)
    if text.angle:
        mask = Image.new("L", image.size)
        mask.paste(strip, (left, top))
        strip, left, top = mask.rotate(text.angle, Image.Resampling.BICUBIC, center=(text.x, text.y)), 0, 0
    # What lies below stays as opaque as it was: only its colour is mixed with the text's.
    below = image.crop((left, top, left + strip.width, top + strip.height))
    mixed = Image.composite(Image.new("RGBA", strip.size, text.fill), below, strip)
    mixed.putalpha(below.getchannel("A"))
    image.paste(mixed, (left, top))
