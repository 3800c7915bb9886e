"""The schema of a persona file: one row a field, with how it is read and what to say when it does not fit."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from apdu.layout import jpki, juki, text
from apdu.layout.facts import FileFact
from jpki.birthdate import BirthDate
from jpki.errors import HolderError
from jpki.kinds import CaKind
from jpki.reasons import RevocationReason
from mynalab.errors import PersonaError, TimeError
from mynalab.periods import parse_relative
from mynalab.personas.lines import key_lines, line_of

SCHEMA: Final = 1
SEXES: Final = ("male", "female", "unknown")
REASONS: Final = {reason.rfc_name: reason for reason in RevocationReason}
PINS: Final = {
    "authentication": (jpki.AID, jpki.AUTH_PIN),
    "signature": (jpki.AID, jpki.SIGN_PIN),
    "text": (text.AID, text.PIN),
    "registry": (juki.AID, juki.PIN),
}
"""The PINs of a card by the names that personas give them."""

# A capital, then letters, hyphens and apostrophes (measured in certificates: Tokyo-to, Yokohama-shi-Naka-ku).
_ROMAJI: Final = r"[A-Z][A-Za-z'-]{0,57}"
_PARTIAL_BIRTH: Final = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})", re.ASCII)

Read = Callable[[Any], Any]
"""Turns a TOML value into the one that is wanted; ``ValueError`` when it does not fit."""


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a persona: its table, how it is read, what it has to be. ``is_list`` tables stand several times."""

    table: str
    name: str
    read: Read
    wants: str
    required: bool = True

    def __str__(self) -> str:
        return f"{self.table}.{self.name}" if self.table else self.name


def _when(condition: Callable[[Any], bool]) -> Read:
    def read(value: Any) -> Any:
        if not condition(value):
            raise ValueError
        return value

    return read


def _matching(pattern: str) -> Read:
    compiled = re.compile(pattern)
    return _when(lambda value: isinstance(value, str) and compiled.fullmatch(value) is not None)


def _number(least: int, most: int) -> Read:
    return _when(lambda value: type(value) is int and least <= value <= most)


def _one_of(words: Mapping[str, Any]) -> Read:
    def read(value: Any) -> Any:
        if not isinstance(value, str) or value not in words:
            raise ValueError
        return words[value]

    return read


def _kinds(value: Any) -> tuple[CaKind, ...]:
    if not isinstance(value, list) or len(set(map(str, value))) != len(value):
        raise ValueError
    named = [CaKind(one) for one in value]
    return tuple(kind for kind in (CaKind.SIGN, CaKind.AUTH) if kind in named)


def _relative(value: Any) -> Any:
    try:
        return parse_relative(value if isinstance(value, str) else "")
    except TimeError as error:
        raise ValueError from error


def _birth(value: Any) -> BirthDate:
    """A TOML date, or a text with zeros for what the register does not know."""
    if type(value) is date:
        return BirthDate.of(value)
    found = _PARTIAL_BIRTH.fullmatch(value) if isinstance(value, str) else None
    year, month, day = (int(part) or None for part in found.groups()) if found else (1, 1, 1)
    if day is not None:
        raise ValueError
    try:
        # The era of the year's end: in a year that has two, nobody knows better.
        era = BirthDate.of(date(year, month or 12, 28)).era if year is not None else BirthDate.decode("0" * 9).era
        return BirthDate(era=era, year=year, month=month)
    except HolderError as error:
        raise ValueError from error


def _substitutes(value: Any) -> Mapping[str, str]:
    if not isinstance(value, dict) or not all(isinstance(one, str) and len(one) == 1 for one in value.values()):
        raise ValueError
    if any(len(character) != 1 for character in value):
        raise ValueError
    return value


_text: Final = _when(lambda value: isinstance(value, str) and bool(value.strip()))
_flag: Final = _when(lambda value: type(value) is bool)
_RELATIVE: Final = 'a moment told from now: "now", "3d ago", "in 3d", "5y6mo ago"'
_KINDS: Final = 'a list of "sign" and "auth"'
_OUTCOME: Final = r"accepted|[a-z0-9]+(?:\.[a-z0-9-]+)+|[A-Z][A-Za-z]+Error"
_OUTCOME_WANTS: Final = '"accepted", the code of a finding, or the name of an error'
_SWEPT: Final = r"rp\.sweep\.[a-z-]+"
_PIN4: Final = _matching(r"[0-9]{4}")


def _tries(name: str, file: FileFact) -> Field:
    limit = (file.pin.tries if file.pin else None) or 0
    return Field("tries_left", name, _number(0, limit), f"a number from 0 to {limit}", required=False)


FIELDS: Final = (
    Field("", "schema", _number(SCHEMA, SCHEMA), f"the number {SCHEMA}"),
    Field("", "name", _matching(r"[a-z0-9][a-z0-9-]{0,63}"), "lower-case letters, digits and hyphens"),
    Field("", "why", _text, "a sentence that says why this persona exists"),
    Field("person", "name", _text, "a name, family and given name separated by U+3000"),
    Field("person", "former_name", _text, "a former family name (旧氏), also in ［］ in the name", required=False),
    Field("person", "sex", _one_of({sex: sex for sex in SEXES}), " or ".join(SEXES)),
    Field("person", "birth", _birth, 'a date such as 1990-04-15, without quotes, or "1948-00-00" where unknown'),
    Field("person", "address", _text, "an address that starts with the prefecture"),
    Field("person", "prefecture", _matching(_ROMAJI), "the prefecture in Latin letters, such as Mihon-ken"),
    Field("person", "municipality", _matching(_ROMAJI), "the municipality in Latin letters, such as Mihon-shi"),
    Field("person", "municipality_code", _matching(r"[0-9]{5}"), "five digits in quotes"),
    Field("person", "substitutes", _substitutes, 'a table of characters, such as { "𠮷" = "吉" }', required=False),
    Field("person", "my_number", _matching(r"[0-9]{12}"), "twelve digits in quotes", required=False),
    Field("person", "unsafe_valid_check_digit", _flag, "true or false", required=False),
    Field("card", "profile", _text, "the name of a card profile"),
    Field("card", "valid_years", _number(1, 10), "a number from 1 to 10"),
    Field("card", "certificates", _kinds, _KINDS, required=False),
    Field("card", "ends", _relative, _RELATIVE, required=False),
    Field("pins", "authentication", _PIN4, "four digits in quotes"),
    Field("pins", "signature", _matching(r"[A-Z0-9]{6,16}"), "6 to 16 capital letters and digits"),
    Field("pins", "text", _PIN4, "four digits in quotes", required=False),
    Field("pins", "registry", _PIN4, "four digits in quotes", required=False),
    Field("history", "issued", _relative, _RELATIVE, required=False),
    Field("history", "renewed", _relative, _RELATIVE, required=False),
    Field("history", "birthday", _relative, _RELATIVE, required=False),
    _tries("authentication", jpki.FILES[jpki.AUTH_PIN]),
    _tries("signature", jpki.FILES[jpki.SIGN_PIN]),
    _tries("text", text.FILES[text.PIN]),
    _tries("registry", juki.FILES[juki.PIN]),
    Field("expect", "log_in", _matching(_OUTCOME), _OUTCOME_WANTS, required=False),
    Field("expect", "sign", _matching(_OUTCOME), _OUTCOME_WANTS, required=False),
    Field("expect", "sweep", _matching(_SWEPT), "the code of a finding of the sweep, rp.sweep.…", required=False),
)

LIST_FIELDS: Final = (
    Field("revoked", "certificates", _kinds, _KINDS),
    Field("revoked", "reason", _one_of(REASONS), " or ".join(REASONS)),
    Field("revoked", "at", _relative, _RELATIVE),
)
"""Fields of tables that may stand several times, as ``[[revoked]]``."""


class Sheet:
    """A persona document with the places of its keys, for reading and for complaining."""

    def __init__(self, document: Mapping[str, Any], source: str, *, origin: str) -> None:
        self._document = document
        self._lines = key_lines(source)
        self._origin = origin

    def values(self) -> dict[str, Any]:
        """Every field that is there, read; ``PersonaError`` for the first that is missing, unknown or does not fit."""
        self._refuse_unknown()
        found = {}
        for field in FIELDS:
            table = self._document.get(field.table, {}) if field.table else self._document
            if field.required or (isinstance(table, dict) and field.name in table):
                found[str(field)] = self._read(field, table, str(field))
        found["revoked"] = [
            {field.name: self._read(field, row, f"revoked[{number}].{field.name}") for field in LIST_FIELDS}
            for number, row in enumerate(self._rows("revoked"))
        ]
        return found

    def error(self, field: str, complaint: str, *, hint: str = "mend that line and try again") -> PersonaError:
        """A complaint about a field, with file and line."""
        return PersonaError(f"{self._origin}:{line_of(self._lines, field)}: {field} {complaint}", hint=hint)

    def _read(self, field: Field, table: Any, place: str) -> Any:
        if not isinstance(table, dict) or field.name not in table:
            raise self.error(place, "is missing", hint=f"it is {field.wants}")
        try:
            return field.read(table[field.name])
        except ValueError as error:
            # A PIN is public in a lab, but a habit of echoing PINs is not one to have.
            shown = "" if field.table == "pins" else f", not {table[field.name]!r}"
            raise self.error(place, f"has to be {field.wants}{shown}") from error

    def _rows(self, name: str) -> list[Any]:
        rows = self._document.get(name, [])
        if not isinstance(rows, list):
            raise self.error(name, f"has to be written as [[{name}]]")
        return rows

    def _refuse_unknown(self) -> None:
        known = {str(field) for field in FIELDS} | {str(field) for field in LIST_FIELDS}
        tables = {field.table for field in FIELDS}
        lists = {field.table for field in LIST_FIELDS}
        found: dict[str, str] = {}
        for key, value in self._document.items():
            if key in lists and isinstance(value, list):
                rows = [row if isinstance(row, dict) else {} for row in value]
                found |= {f"{key}[{n}].{name}": f"{key}.{name}" for n, row in enumerate(rows) for name in row}
            elif key in lists:
                continue  # _rows complains of it
            elif not isinstance(value, dict) or key not in tables:
                found[key] = key
            else:
                found |= {f"{key}.{name}": f"{key}.{name}" for name in value}
        if extra := sorted(place for place, field in found.items() if field not in known):
            hint = f"fields: {', '.join(sorted(known))}"
            raise self.error(extra[0], "is no field of a persona", hint=hint)
