"""Personas: who a lab card is made for and what became of it, as a TOML file checked field by field."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from jpki.birthdate import BirthDate
from jpki.kinds import CaKind
from mynalab.errors import PersonaError
from mynalab.periods import Relative
from mynalab.personas.fields import SCHEMA, SEXES, Sheet
from mynalab.personas.life import History, Revocation
from mynalab.resources import persona_files

__all__ = ["SCHEMA", "SEXES", "Persona", "load_persona", "parse_persona"]

BOTH = (CaKind.SIGN, CaKind.AUTH)
# Any moment shows whether one event comes before another: both are told from the same.
_SOME_MOMENT = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Persona:
    """One synthetic holder and the card made for her. ``source`` is the TOML text, ``origin`` its place."""

    name: str
    why: str
    full_name: str
    sex: str
    birth: BirthDate
    address: str
    prefecture: str
    municipality: str
    municipality_code: str
    card_profile: str
    card_valid_years: int
    authentication_pin: str = field(repr=False)
    signature_pin: str = field(repr=False)
    source: str = field(repr=False)
    origin: str
    text_pin: str = field(repr=False)
    """券面事項入力補助用; like the next one, the authentication PIN unless the file says otherwise."""
    registry_pin: str = field(repr=False)
    """住民基本台帳用."""
    former_name: str = ""
    substitutes: Mapping[str, str] = field(default_factory=dict)
    my_number: str | None = field(default=None, repr=False)
    unsafe_valid_check_digit: bool = False
    certificates: tuple[CaKind, ...] = BOTH
    card_ends: Relative | None = None
    history: History = field(default_factory=History)
    tries_left: Mapping[str, int] = field(default_factory=dict)
    """What is left of PINs that were tried, by the names of ``personas.fields.PINS``; 0 is blocked."""
    revoked: tuple[Revocation, ...] = ()
    expect: Mapping[str, str] = field(default_factory=dict)
    """What comes of ``log_in`` and ``sign``: accepted, the code of a finding, or the name of an error."""


def parse_persona(source: str, *, origin: str) -> Persona:
    """Read a persona from TOML text; ``PersonaError`` names ``origin``, the line and the field."""
    try:
        document = tomllib.loads(source)
    except tomllib.TOMLDecodeError as error:
        raise PersonaError(f"{origin}: not TOML: {error}", hint="compare it with a shipped persona") from error
    sheet = Sheet(document, source, origin=origin)
    values = sheet.values()
    persona = Persona(
        name=values["name"],
        why=values["why"],
        full_name=values["person.name"],
        sex=values["person.sex"],
        birth=values["person.birth"],
        address=values["person.address"],
        prefecture=values["person.prefecture"],
        municipality=values["person.municipality"],
        municipality_code=values["person.municipality_code"],
        card_profile=values["card.profile"],
        card_valid_years=values["card.valid_years"],
        authentication_pin=values["pins.authentication"],
        signature_pin=values["pins.signature"],
        source=source,
        origin=origin,
        text_pin=values.get("pins.text", values["pins.authentication"]),
        registry_pin=values.get("pins.registry", values["pins.authentication"]),
        former_name=values.get("person.former_name", ""),
        substitutes=values.get("person.substitutes", {}),
        my_number=values.get("person.my_number"),
        unsafe_valid_check_digit=values.get("person.unsafe_valid_check_digit", False),
        certificates=values.get("card.certificates", BOTH),
        card_ends=values.get("card.ends"),
        history=History(**_table(values, "history")),
        tries_left=_table(values, "tries_left"),
        revoked=tuple(
            Revocation(kinds=row["certificates"], reason=row["reason"], at=row["at"]) for row in values["revoked"]
        ),
        expect=_table(values, "expect"),
    )
    _check_sense(persona, sheet)
    return persona


def load_persona(name_or_path: str) -> Persona:
    """A shipped persona by its name, or any persona by the path of its TOML file."""
    shipped = persona_files()
    path = shipped.get(name_or_path) or Path(name_or_path)
    try:
        source = path.read_text(encoding="utf-8-sig")  # a byte-order mark is what some editors leave
    except FileNotFoundError as error:
        raise PersonaError(
            f"there is no persona {name_or_path!r}",
            hint=f"shipped personas: {', '.join(shipped)}; or give the path of a TOML file",
        ) from error
    except (OSError, UnicodeDecodeError) as error:
        raise PersonaError(f"{path}: cannot be read: {error}", hint="a persona is a TOML file in UTF-8") from error
    return parse_persona(source, origin=str(path))


def _table(values: Mapping[str, Any], table: str) -> dict[str, Any]:
    return {name.partition(".")[2]: value for name, value in values.items() if name.startswith(f"{table}.")}


def _check_sense(persona: Persona, sheet: Sheet) -> None:
    """What no field shows by itself: what happens later, is told later, and happens to what is there."""
    if persona.former_name and f"［{persona.former_name}］" not in persona.full_name:
        raise sheet.error("person.former_name", f"has to stand in person.name as ［{persona.former_name}］")
    issued = persona.history.issued.at(_SOME_MOMENT)
    renewed = persona.history.renewed.at(_SOME_MOMENT) if persona.history.renewed else issued
    if renewed < issued:
        raise sheet.error("history.renewed", "has to be after history.issued")
    if persona.card_ends and persona.card_ends.at(_SOME_MOMENT) <= renewed:
        raise sheet.error("card.ends", "has to be after the card was issued and its certificates renewed")
    for number, event in enumerate(persona.revoked):
        if not event.kinds or not set(event.kinds) <= set(persona.certificates):
            raise sheet.error(f"revoked[{number}].certificates", "has to name certificates that the card has")
        if event.at.at(_SOME_MOMENT) < renewed:
            raise sheet.error(f"revoked[{number}].at", "has to be after the certificates were issued")
        if event.at.at(_SOME_MOMENT) > _SOME_MOMENT:
            raise sheet.error(f"revoked[{number}].at", "has to be in the past")
