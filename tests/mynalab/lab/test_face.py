"""The face of a lab card."""

from __future__ import annotations

from datetime import date
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from apdu.layout import next_generation
from cardsim.store import read_image
from jpki.birthdate import BirthDate, Era
from mynalab.errors import CardNameError
from mynalab.lab.face import birth_text, write_faces
from mynalab.lab.issue import issue_card
from mynalab.lab.lab import Lab
from mynalab.persona import load_persona


def test_front_and_back_in_both_formats(lab: Lab, tmp_path: Path) -> None:
    written = write_faces(lab, "alice", tmp_path)
    assert sorted(path.name for path in written) == [
        "alice-back.png",
        "alice-back.svg",
        "alice-front.png",
        "alice-front.svg",
    ]
    pictures = [Image.open(BytesIO(path.read_bytes())) for path in written if path.suffix == ".png"]
    assert [picture.size for picture in pictures] == [(1712, 1080)] * 2


def test_what_is_on_the_card_is_on_its_face(lab: Lab, tmp_path: Path) -> None:
    front, back = write_faces(lab, "alice", tmp_path, formats=("svg",))
    assert "見本　花子" in front.read_text("utf-8")
    assert "平成2年4月15日生" in front.read_text("utf-8")
    assert "2036年4月15日まで有効" in front.read_text("utf-8")
    assert "**** **** ****" in back.read_text("utf-8")


def test_the_same_card_has_the_same_face(lab: Lab, tmp_path: Path) -> None:
    (tmp_path / "again").mkdir()
    first = write_faces(lab, "alice", tmp_path, formats=("svg",))
    again = write_faces(lab, "alice", tmp_path / "again", formats=("svg",))
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in again]


def test_two_cards_of_one_persona_have_two_faces(lab: Lab, tmp_path: Path) -> None:
    issue_card(lab, name="bob", persona=load_persona("adult-resident"), now=lab.settings.created)
    alice, bob = (write_faces(lab, name, tmp_path, formats=("svg",))[0].read_text("utf-8") for name in ("alice", "bob"))
    assert alice != bob


def test_a_card_of_the_next_generation_shows_its_reference_number_and_no_sex(lab: Lab, tmp_path: Path) -> None:
    issue_card(lab, name="nina", persona=load_persona("next-generation"), now=lab.settings.created)
    pins = read_image(lab.paths.card("nina")).applications[next_generation.AUTH_AID].pins
    today, front = (
        write_faces(lab, name, tmp_path, formats=("svg",))[0].read_text("utf-8") for name in ("alice", "nina")
    )
    printed = ("照合番号", "セキュリティコード", "性別", "平成2年4月15日生", "2036年4月15日まで有効")
    assert [word in front for word in printed] == [True, False, False, True, True]
    assert [word in today for word in printed] == [False, True, True, True, True]
    assert pins[next_generation.REFERENCE].value.decode() in front


def test_a_phone_has_no_face(lab: Lab, tmp_path: Path) -> None:
    issue_card(lab, name="phone", persona=load_persona("adult-resident"), now=lab.settings.created, profile="android")
    with pytest.raises(CardNameError, match="no application with a face"):
        write_faces(lab, "phone", tmp_path)


@pytest.mark.parametrize(
    ("birth", "written"),
    [
        (BirthDate.of(date(2019, 5, 1)), "令和元年5月1日生"),
        (BirthDate.of(date(1990, 4, 15)), "平成2年4月15日生"),
        (BirthDate(era=Era.SHOWA, year=1955, month=4), "昭和30年4月（日不詳）"),
        (BirthDate(era=Era.SHOWA, year=1955), "昭和30年（月日不詳）"),
        (BirthDate(era=Era.SHOWA), "昭和年月日不詳"),
        (BirthDate(era=Era.UNKNOWN), "年月日不詳"),
        (BirthDate(era=Era.UNKNOWN, year=1962, month=3, day=9), "1962年3月9日生"),
    ],
    ids=["first-year", "whole", "no-day", "no-month", "era-alone", "nothing", "no-era"],
)
def test_birth_dates_are_written_by_era(birth: BirthDate, written: str) -> None:
    assert birth_text(birth) == written
