"""The pictures inside the face application, opened by an independent library as any client would."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from apdu.ports import RandomBytes
from cardsim.drawing import pictures
from cardsim.drawing.lettering import MISSING, Lettering, lettering_of
from cardsim.drawing.portrait import FACE_BYTES, draw_portrait
from cardsim.errors import FontError

ADDRESS = "見本県見本市中央一丁目２番３号"


def opened(raw: bytes) -> Image.Image:
    image = Image.open(BytesIO(raw))
    image.load()
    return image


def ink(image: Image.Image) -> int:
    return sum(1 for pixel in image.convert("L").tobytes() if pixel == 0)


@pytest.mark.parametrize(
    ("digits", "size"), [("0123", (24, 12)), ("012345678901", (72, 12))], ids=["security-code", "my-number"]
)
def test_digits_are_png_of_one_bit_in_the_measured_size(
    lettering: Lettering, digits: str, size: tuple[int, int]
) -> None:
    image = opened(pictures.draw_digits(digits, size, lettering))
    assert (image.format, image.mode, image.size) == ("PNG", "1", size)
    assert ink(image) > 5 * len(digits)


@pytest.mark.parametrize(
    ("text", "size", "lines"),
    [
        ("見本　花子", pictures.NAME_SIZE, 1),
        (ADDRESS, pictures.ADDRESS_SIZE, 2),
        ("長" * 200, pictures.ADDRESS_SIZE, 2),
    ],
    ids=["name", "address", "longest"],
)
def test_text_is_png_of_one_bit(lettering: Lettering, text: str, size: tuple[int, int], lines: int) -> None:
    image = opened(pictures.draw_lines(text, size, lettering, lines=lines))
    assert (image.format, image.mode, image.size) == ("PNG", "1", size)
    assert ink(image) > 200


def test_png_header_says_one_bit_of_grey(lettering: Lettering) -> None:
    """IHDR: width, height, bit depth 1, colour type 0 (PNG specification, clause 11.2.2)."""
    raw = pictures.draw_digits("0123", (24, 12), lettering)
    assert raw[12:26].hex() == "49484452" + "00000018" + "0000000c" + "01" + "00"


@pytest.mark.parametrize("digit", "0123456789")
def test_every_digit_looks_different(lettering: Lettering, digit: str) -> None:
    others = {pictures.draw_digits(other * 4, (24, 12), lettering) for other in "0123456789" if other != digit}
    assert pictures.draw_digits(digit * 4, (24, 12), lettering) not in others


def test_a_longer_address_takes_more_lines(lettering: Lettering) -> None:
    """Ink in the lower half: the second line is there, and the last characters are not lost."""
    image = opened(pictures.draw_lines(ADDRESS * 2, pictures.ADDRESS_SIZE, lettering, lines=2))
    assert ink(image.crop((0, 24, 304, 48))) > 200


def test_the_photo_is_a_grey_jp2_file(chance: Callable[[str], RandomBytes]) -> None:
    raw = pictures.draw_photo(chance("face"), age=36)
    image = opened(raw)
    assert (image.format, image.mode, image.size) == ("JPEG2000", "L", pictures.PHOTO_SIZE)
    assert raw[:12].hex() == "0000000c6a5020200d0a870a"  # the JP2 signature box: ISO/IEC 15444-1 clause I.5.1


def test_the_photo_fits_into_what_clients_read_at_once(chance: Callable[[str], RandomBytes]) -> None:
    assert 500 < len(pictures.draw_photo(chance("face"), age=36)) < 4000


def test_the_same_seed_gives_the_same_photo(chance: Callable[[str], RandomBytes]) -> None:
    assert pictures.draw_photo(chance("a"), age=36) == pictures.draw_photo(chance("a"), age=36)


def test_ten_seeds_give_different_photos(chance: Callable[[str], RandomBytes]) -> None:
    assert len({pictures.draw_photo(chance(str(seed)), age=36) for seed in range(10)}) == 10


@pytest.mark.parametrize(("younger", "older"), [(12, 13), (64, 65)])
def test_age_shows(chance: Callable[[str], RandomBytes], younger: int, older: int) -> None:
    assert pictures.draw_photo(chance("a"), age=younger) != pictures.draw_photo(chance("a"), age=older)


@pytest.mark.parametrize("character", "見髙﨑鷗丂Ａー〓々")
def test_the_font_has_what_the_register_writes(lettering: Lettering, character: str) -> None:
    assert lettering.drawable(character) == character


@pytest.mark.parametrize("character", ["𠮷", "\U0010fffd", "ก"])
def test_what_the_font_lacks_becomes_geta(lettering: Lettering, character: str) -> None:
    assert lettering.drawable(f"見{character}本") == f"見{MISSING}本"


def test_spaces_are_no_missing_characters(lettering: Lettering) -> None:
    assert lettering.drawable("見本　花子 x") == "見本　花子 x"


def test_a_file_that_is_no_font_is_named(tmp_path: Path) -> None:
    path = tmp_path / "font.otf"
    path.write_bytes(b"no font")
    with pytest.raises(FontError, match=r"font\.otf"):
        lettering_of(path)


def test_the_fonts_licence_lies_beside_it() -> None:
    licence = Path(__file__).parents[3] / "fixtures" / "fonts" / "OFL.txt"
    assert "SIL OPEN FONT LICENSE Version 1.1" in licence.read_text("utf-8")


@pytest.mark.parametrize(("age", "same"), [(0, 12), (13, 64), (65, 107)])
def test_photo_shows_three_ages_only_so_that_few_are_drawn(
    chance: Callable[[str], RandomBytes], age: int, same: int
) -> None:
    assert pictures.draw_photo(chance("a"), age=age) == pictures.draw_photo(chance("a"), age=same)


@pytest.mark.parametrize("seed", range(20))
def test_photo_is_of_the_portrait_that_the_same_chance_draws(chance: Callable[[str], RandomBytes], seed: int) -> None:
    """The pictures of the card itself draw the portrait again, from the stream."""
    drawn = draw_portrait(chance(str(seed)), age=36)
    assert drawn == draw_portrait(BytesIO(chance(str(seed))(FACE_BYTES)).read, age=36)
