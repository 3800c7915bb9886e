"""The face of a card that exists, drawn from what its image holds."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Final

from apdu.layout import face
from apdu.layout.face_records import FaceRecord
from cardsim.drawing.card_face import FaceText, back, front
from cardsim.drawing.lettering import lettering_of
from cardsim.drawing.portrait import draw_portrait
from cardsim.drawing.raster import to_png
from cardsim.drawing.scene import Scene
from cardsim.drawing.svg import to_svg
from cardsim.state import LifeCycle
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
    application = image.applications.get(face.AID)
    if application is None:
        raise CardNameError(
            f"the card {name!r} has no application with a face", hint="phones and cards of earlier releases have none"
        )
    if image.life_cycle is LifeCycle.TERMINATED:
        raise CardNameError(
            f"the card {name!r} is terminated, and its face is wiped", hint="make a new one: mynalab card new NAME"
        )
    record = FaceRecord.decode(application.files[face.FACE])
    path = lab.paths.persona(name)
    persona = parse_persona(read_part(path).decode(), origin=str(path))
    birth = _birth(record, persona)
    expiry = date(int(record.expiry[:4]), int(record.expiry[4:6]), int(record.expiry[6:]))
    text = FaceText(
        name=persona.full_name,
        address=persona.address,
        birth=birth_text(birth),
        sex=_SEXES.get(record.sex, "不詳"),
        expiry=f"{expiry.year}年{expiry.month}月{expiry.day}日まで有効",
        security_code=application.pins[face.REFERENCE_B].value[-4:].decode("ascii"),
        serial=image.serial,
    )
    age = age_on_photo(birth, expiry, valid_years=persona.card_valid_years)
    lettering = lettering_of(font_file())
    portrait = draw_portrait(photo_chance(lab.settings, image.serial), age=age)
    return {"front": front(text, portrait, lettering), "back": back(text, lettering)}


def _birth(record: FaceRecord, persona: Persona) -> BirthDate:
    """The whole date as the card has it; one that is not known whole has not changed since the persona was told."""
    year, month, day = (int(part) for part in (record.birth[:4], record.birth[4:6], record.birth[6:]))
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
