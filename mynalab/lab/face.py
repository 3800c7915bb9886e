"""The face of a card that exists, drawn from what its image holds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Final

from apdu.layout import card_manager, face, next_generation
from apdu.layout.face_records import FaceRecord
from apdu.layout.text_records import Attributes
from cardsim.drawing.card_face import FaceText, back, front
from cardsim.drawing.lettering import lettering_of
from cardsim.drawing.portrait import draw_portrait
from cardsim.drawing.raster import to_png
from cardsim.drawing.scene import Scene
from cardsim.drawing.svg import to_svg
from cardsim.state import CardImage, LifeCycle
from cardsim.store import read_image
from jpki.birthdate import BirthDate, Era
from jpki.records.reference import year_of_era
from mynalab.errors import CardNameError
from mynalab.lab.files import read_part, write_atomically
from mynalab.lab.lab import Lab
from mynalab.lab.particulars import age_on_photo, photo_chance
from mynalab.persona import Persona, parse_persona
from mynalab.resources import font_file

FORMATS: Final = ("svg", "png")
_SEXES: Final = {"1": "男", "2": "女"}
_ERAS: Final = {Era.MEIJI: "明治", Era.TAISHO: "大正", Era.SHOWA: "昭和", Era.HEISEI: "平成", Era.REIWA: "令和"}


def write_faces(lab: Lab, name: str, directory: Path, *, formats: tuple[str, ...] = FORMATS) -> list[Path]:
    """Write ``NAME-front`` and ``NAME-back`` in each format; ``CardNameError`` for a card without a face."""
    written = []
    for side, scene in draw_faces(lab, name).items():
        for form in formats:
            path = directory / f"{name}-{side}.{form}"
            content = to_svg(scene).encode() if form == "svg" else to_png(scene, lettering_of(font_file()))
            write_atomically(path, content)
            written.append(path)
    return written


def draw_faces(lab: Lab, name: str) -> dict[str, Scene]:
    """Front and back. The number is masked; nothing here needs a PIN, since the image is the lab's own."""
    image = read_image(lab.paths.card(name))
    read = next((_READERS[aid] for aid in _READERS if aid in image.applications), None)
    if read is None:
        raise CardNameError(
            f"the card {name!r} has no application with a face", hint="phones and cards of earlier releases have none"
        )
    if image.life_cycle is LifeCycle.TERMINATED:
        raise CardNameError(
            f"the card {name!r} is terminated, and its face is wiped", hint="make a new one: mynalab card new NAME"
        )
    printed = read(image)
    path = lab.paths.persona(name)
    persona = parse_persona(read_part(path).decode(), origin=str(path))
    birth = _birth(printed.birth, persona)
    expiry = date(int(printed.expiry[:4]), int(printed.expiry[4:6]), int(printed.expiry[6:]))
    text = FaceText(
        name=persona.full_name,
        address=persona.address,
        birth=birth_text(birth),
        sex=printed.sex,
        expiry=f"{expiry.year}年{expiry.month}月{expiry.day}日まで有効",
        code=printed.code,
        serial=image.serial,
        code_name=printed.code_name,
    )
    age = age_on_photo(birth, expiry, valid_years=persona.card_valid_years)
    lettering = lettering_of(font_file())
    portrait = draw_portrait(photo_chance(lab.settings, image.serial), age=age)
    return {"front": front(text, portrait, lettering), "back": back(text, lettering)}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Printed:
    """What the chip has of what is printed on it."""

    birth: str = field(repr=False)
    expiry: str
    sex: str = field(repr=False)
    code: str = field(repr=False)
    code_name: str


def _today(image: CardImage) -> _Printed:
    application = image.applications[face.AID]
    record = FaceRecord.decode(application.files[face.FACE])
    return _Printed(
        birth=record.birth,
        expiry=record.expiry,
        sex=_SEXES.get(record.sex, "不詳"),
        code=application.pins[face.REFERENCE_B].value[-4:].decode("ascii"),
        code_name="セキュリティコード",
    )


def _next(image: CardImage) -> _Printed:
    """No sex, and a 照合番号 of six digits (次期個人番号カードタスクフォース, 2024, through ITmedia)."""
    applications = image.applications
    return _Printed(
        birth=Attributes.decode(applications[next_generation.FACE_AID].files[next_generation.ATTRIBUTES]).birth,
        expiry=applications[card_manager.AID].objects[card_manager.EXPIRY].decode("ascii"),
        sex="",
        code=applications[next_generation.AUTH_AID].pins[next_generation.REFERENCE].value.decode("ascii"),
        code_name="照合番号",
    )


_READERS: Final[Mapping[bytes, Callable[[CardImage], _Printed]]] = {
    face.AID: _today,
    next_generation.FACE_AID: _next,
}
"""By the application that a card with a face has."""


def _birth(written: str, persona: Persona) -> BirthDate:
    """The whole date as the card has it; one that is not known whole has not changed since the persona was told."""
    year, month, day = (int(part) for part in (written[:4], written[4:6], written[6:]))
    return BirthDate.of(date(year, month, day)) if year and month and day else persona.birth


def birth_text(birth: BirthDate) -> str:
    """The birth date in its era, as a person writes it; 不詳 for what nobody knows."""
    if birth.year is None:
        return f"{_ERAS.get(birth.era, '')}年月日不詳"
    number = year_of_era(birth)
    year = f"{_ERAS.get(birth.era, '')}{'元' if number == 1 else number}年"
    if birth.month is None:
        return f"{year}（月日不詳）"
    if birth.day is None:
        return f"{year}{birth.month}月（日不詳）"
    return f"{year}{birth.month}月{birth.day}日生"
