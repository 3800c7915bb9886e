"""The card as a person sees it: what is on it, what is not, and that nobody can take it for a real one."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from io import BytesIO
from xml.etree import ElementTree

import pytest
from PIL import Image

from apdu.ports import RandomBytes
from cardsim.drawing.card_face import FaceText, back, front
from cardsim.drawing.lettering import Lettering
from cardsim.drawing.portrait import HEIGHT, WIDTH, draw_portrait
from cardsim.drawing.raster import paint, to_png
from cardsim.drawing.scene import Clip, Scene, Shape, Text
from cardsim.drawing.svg import to_svg

TEXT = FaceText(
    name="見本　花子",
    address="見本県見本市中央一丁目２番３号",
    birth="平成2年4月15日生",
    sex="女",
    expiry="2036年4月15日まで有効",
    code="3721",
    serial="412345678901234",
)
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def faces(chance: Callable[[str], RandomBytes], lettering: Lettering) -> dict[str, Scene]:
    return {"front": front(TEXT, draw_portrait(chance("x"), age=36), lettering), "back": back(TEXT, lettering)}


def texts(shapes: tuple[Shape, ...]) -> list[str]:
    found = []
    for shape in shapes:
        if isinstance(shape, Clip):
            found += texts(shape.shapes)
        elif isinstance(shape, Text):
            found.append(shape.text)
    return found


@pytest.mark.parametrize("written", [TEXT.name, TEXT.address, TEXT.birth, TEXT.sex, TEXT.expiry, TEXT.code])
def test_the_front_says_what_the_persona_is(faces: dict[str, Scene], written: str) -> None:
    assert written in texts(faces["front"].shapes)


@pytest.mark.parametrize("side", ["front", "back"])
@pytest.mark.parametrize("mark", ["見本 TEST", "身分証明書ではありません", "TEST SPECIMEN"])
def test_both_sides_are_marked_as_a_test(faces: dict[str, Scene], side: str, mark: str) -> None:
    assert any(mark in text for text in texts(faces[side].shapes))


def test_the_back_shows_twelve_asterisks_for_the_number(faces: dict[str, Scene]) -> None:
    assert "**** **** ****" in texts(faces["back"].shapes)


@pytest.mark.parametrize("side", ["front", "back"])
def test_no_twelve_digits_in_a_row_are_on_either_side(faces: dict[str, Scene], side: str) -> None:
    written = [text for text in texts(faces[side].shapes) if text != TEXT.serial]
    assert not re.search(r"\d{12}", re.sub(r"\s", "", "\n".join(written)))


@pytest.mark.parametrize("side", ["front", "back"])
def test_svg_is_well_formed_and_refers_to_nothing_outside(faces: dict[str, Scene], side: str) -> None:
    document = to_svg(faces[side])
    root = ElementTree.fromstring(document)
    assert root.tag == f"{SVG}svg"
    assert root.get("viewBox") == "0 0 856 540"
    assert "href" not in document
    assert set(re.findall(r"https?://[^\"' )]+", document)) == {"http://www.w3.org/2000/svg"}


def test_svg_escapes_what_a_name_may_hold(chance: Callable[[str], RandomBytes], lettering: Lettering) -> None:
    hostile = replace(TEXT, name='<script>"&')
    document = to_svg(front(hostile, draw_portrait(chance("x"), age=36), lettering))
    assert "<script" not in document
    assert any(node.text == '<script>"&' for node in ElementTree.fromstring(document).iter(f"{SVG}text"))


@pytest.mark.parametrize("side", ["front", "back"])
def test_png_has_the_proportions_of_id_1_and_round_corners(
    faces: dict[str, Scene], side: str, lettering: Lettering
) -> None:
    image = Image.open(BytesIO(to_png(faces[side], lettering, scale=1)))
    assert (image.format, image.mode, image.size) == ("PNG", "RGBA", (856, 540))
    assert [image.getpixel(corner)[3] for corner in ((0, 0), (855, 0), (0, 539), (428, 270))] == [0, 0, 0, 255]


def test_the_red_band_is_red(faces: dict[str, Scene], lettering: Lettering) -> None:
    image = Image.open(BytesIO(to_png(faces["front"], lettering, scale=1)))
    assert image.getpixel((40, 500))[:3] == (0xD2, 0x30, 0x4A)


def test_a_name_that_is_too_long_is_squeezed(chance: Callable[[str], RandomBytes], lettering: Lettering) -> None:
    scene = front(replace(TEXT, name="Ａ" * 60), draw_portrait(chance("x"), age=36), lettering)
    clip = scene.shapes[0]
    assert isinstance(clip, Clip)
    widths = [shape.width for shape in clip.shapes if isinstance(shape, Text) and shape.text == "Ａ" * 60]
    assert widths
    assert max(widths) <= 680


@pytest.mark.parametrize("length", [1, 30, 200])
def test_an_address_of_any_length_stays_above_the_birth_date(
    chance: Callable[[str], RandomBytes], lettering: Lettering, length: int
) -> None:
    scene = front(replace(TEXT, address="長" * length), draw_portrait(chance("x"), age=36), lettering)
    clip = scene.shapes[0]
    assert isinstance(clip, Clip)
    lines = [shape for shape in clip.shapes if isinstance(shape, Text) and set(shape.text) == {"長"}]
    assert "".join(line.text for line in lines) == "長" * length
    assert max(line.y for line in lines) < 310


@pytest.mark.parametrize("seed", range(12))
def test_every_face_fills_its_picture(chance: Callable[[str], RandomBytes], seed: int) -> None:
    shapes = draw_portrait(chance(str(seed)), age=7 * seed)
    image = paint(shapes, (int(WIDTH), int(HEIGHT)), 1, None)
    assert image.getchannel("A").getextrema() == (255, 255)


def test_repr_shows_nothing_of_the_holder() -> None:
    assert repr(TEXT) == "FaceText()"
