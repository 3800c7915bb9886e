"""Personas: who a lab card is made for, as a TOML file checked field by field."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from mynalab.errors import PersonaError
from mynalab.resources import persona_files

SCHEMA = 1
# A capital, then letters, hyphens and apostrophes (measured in certificates: Tokyo-to, Yokohama-shi-Naka-ku).
_ROMAJI = r"[A-Z][A-Za-z'-]{0,57}"
SEXES = ("male", "female", "unknown")

Check = Callable[[Any], bool]
_text: Check = lambda value: isinstance(value, str) and bool(value.strip())  # noqa: E731


@dataclass(frozen=True, slots=True)
class _Field:
    table: str
    name: str
    check: Check
    wants: str

    def __str__(self) -> str:
        return f"{self.table}.{self.name}" if self.table else self.name


def _matches(pattern: str) -> Check:
    compiled = re.compile(pattern)
    return lambda value: isinstance(value, str) and compiled.fullmatch(value) is not None


# One row a field: where it stands, what it must be, and how to say so.
_FIELDS = (
    _Field("", "schema", lambda value: type(value) is int and value == SCHEMA, f"the number {SCHEMA}"),
    _Field("", "name", _matches(r"[a-z0-9][a-z0-9-]{0,63}"), "lower-case letters, digits and hyphens"),
    _Field("", "why", _text, "a sentence that says why this persona exists"),
    _Field("person", "name", _text, "a name, family and given name separated by U+3000"),
    _Field("person", "sex", lambda value: value in SEXES, " or ".join(SEXES)),
    _Field("person", "birth", lambda value: type(value) is date, "a date such as 1990-04-15, without quotes"),
    _Field("person", "address", _text, "an address that starts with the prefecture"),
    _Field("person", "prefecture", _matches(_ROMAJI), "the prefecture in Latin letters, such as Mihon-ken"),
    _Field("person", "municipality", _matches(_ROMAJI), "the municipality in Latin letters, such as Mihon-shi"),
    _Field("person", "municipality_code", _matches(r"[0-9]{5}"), "five digits in quotes"),
    _Field("card", "profile", _text, "the name of a card profile"),
    _Field("card", "valid_years", lambda value: type(value) is int and 1 <= value <= 10, "a number from 1 to 10"),
    _Field("pins", "authentication", _matches(r"[0-9]{4}"), "four digits in quotes"),
    _Field("pins", "signature", _matches(r"[A-Z0-9]{6,16}"), "6 to 16 capital letters and digits"),
)


@dataclass(frozen=True, slots=True)
class Persona:
    """One synthetic holder and the card made for her. ``source`` is the TOML text, ``origin`` its place."""

    name: str
    why: str
    full_name: str
    sex: str
    birth: date
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


def parse_persona(source: str, *, origin: str) -> Persona:
    """Read a persona from TOML text; ``PersonaError`` names ``origin`` and the field."""
    try:
        document = tomllib.loads(source)
    except tomllib.TOMLDecodeError as error:
        raise PersonaError(f"{origin}: not TOML: {error}", hint="compare it with a shipped persona") from error
    _refuse_unknown(document, origin)
    values = {str(known): _value(document, known, origin) for known in _FIELDS}
    return Persona(
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
    )


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


def _value(document: Mapping[str, Any], field: _Field, origin: str) -> Any:
    table = document.get(field.table, {}) if field.table else document
    if not isinstance(table, dict) or field.name not in table:
        raise PersonaError(f"{origin}: {field} is missing", hint=f"it is {field.wants}")
    value = table[field.name]
    if not field.check(value):
        # A PIN is public in a lab, but a habit of echoing PINs is not one to have.
        shown = "" if field.table == "pins" else f", not {value!r}"
        raise PersonaError(f"{origin}: {field} has to be {field.wants}{shown}", hint="mend that line and try again")
    return value


def _refuse_unknown(document: Mapping[str, Any], origin: str) -> None:
    known = {str(field) for field in _FIELDS}
    tables = {field.table for field in _FIELDS}
    found = {key for key, value in document.items() if not isinstance(value, dict) or key not in tables}
    found |= {f"{key}.{name}" for key, value in document.items() if isinstance(value, dict) for name in value}
    if extra := sorted(found - known):
        raise PersonaError(f"{origin}: {extra[0]} is no field of a persona", hint=f"fields: {', '.join(sorted(known))}")
