"""Numbers in addresses: Arabic and Chinese numerals, their units, and chains such as 5丁目4番3号, 5-4-3, 5の4の3.

A chain keeps the unit of each number, so that 5丁目4番 and 5番4号 stay different though both may be written 5-4.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from typing import Final, TypeAlias

_DIGITS: Final = {character: value for value, character in enumerate("〇一二三四五六七八九")}
KANJI_NUMBER: Final = "[〇一二三四五六七八九十百千]+"
_ADDITIVE: Final = re.compile(
    "(?:(?P<d1000>[二三四五六七八九]?)(?P<p1000>千))?"
    "(?:(?P<d100>[二三四五六七八九]?)(?P<p100>百))?"
    "(?:(?P<d10>[二三四五六七八九]?)(?P<p10>十))?"
    "(?P<d1>[一二三四五六七八九]?)"
)


def kanji_number(text: str) -> int | None:
    """二十三 and 二三 are 23; None for what is no number in either way of writing."""
    if all(character in _DIGITS for character in text):
        return int("".join(str(_DIGITS[character]) for character in text))
    found = _ADDITIVE.fullmatch(text)
    if found is None:
        return None
    powers = sum(
        (_DIGITS[found[f"d{power}"]] if found[f"d{power}"] else 1) * power
        for power in (1000, 100, 10)
        if found[f"p{power}"]
    )
    return powers + (_DIGITS[found["d1"]] if found["d1"] else 0)


class Unit(Enum):
    """What a number counts."""

    CHOME = "丁目"
    BANCHI = "番地"
    GO = "号"
    ROOM = "号室"
    FLOOR = "階"


_UNITS: Final = {unit.value: unit for unit in Unit} | {"番": Unit.BANCHI}
_UNIT: Final = "丁目|番地|番(?!町|丁|館|街|組)|号室|号(?!館|棟|線|地)|階(?!段|上)"
_ARABIC: Final = "[0-9]+"
_JOINT: Final = "[-のノ ー]"
_NUMBER: Final = rf"(?:{_ARABIC}|{KANJI_NUMBER})"

# A chain begins with an Arabic number, or with a Chinese one that can be nothing but a number here: with a unit behind
# it that no place name has, or before the next number of a chain. 麻布十番1-2-3 and 一番町 have no number at 番.
_NO_PLACE: Final = "(?![0-9〇一二三四五六七八九十百千町条日市村月])"
_CERTAIN: Final = rf"丁目|番地|番{_NUMBER}号(?!館|棟|線|地)|番(?:$| )|号室|階(?!段|上)|[-のノー]{_NUMBER}{_NO_PLACE}"
_BEGIN: Final = rf"(?:{_ARABIC}|{KANJI_NUMBER}(?={_CERTAIN})|(?<=[東西南北]){KANJI_NUMBER}(?=条))"
_LINK: Final = rf"(?:(?:{_UNIT}){_JOINT}?|{_JOINT}){_NUMBER}{_NO_PLACE}"
_AROUND_A_DASH: Final = re.compile(" *- *")
_CHAIN: Final = re.compile(rf"(?:{_BEGIN})(?:{_LINK})*(?:{_UNIT})?")
_PART: Final = re.compile(rf"(?P<number>{_NUMBER})(?P<unit>{_UNIT})?")


@dataclass(frozen=True, slots=True)
class Number:
    """One number of a chain; the unit is None where it was not written."""

    value: str
    unit: Unit | None

    def may_be(self, other: Number) -> bool:
        """The same number, and not in two different units."""
        return self.value == other.value and (self.unit is other.unit or None in (self.unit, other.unit))


Chain: TypeAlias = tuple[Number, ...]
Part: TypeAlias = str | Chain


def split(address: str) -> tuple[Part, ...]:
    """Texts and chains in turn, of an address with normalised characters; spaces outside of chains are dropped."""
    address = _AROUND_A_DASH.sub("-", address)
    parts: list[Part] = []
    at = 0
    for found in _CHAIN.finditer(address):
        chain = _read(found[0])
        if chain is None:
            continue
        _add_text(parts, address[at : found.start()])
        parts.append(chain)
        at = found.end()
    _add_text(parts, address[at:])
    return tuple(parts)


def _add_text(parts: list[Part], text: str) -> None:
    if bare := text.replace(" ", ""):
        parts.append(bare)


def _read(text: str) -> Chain | None:
    numbers = []
    for found in _PART.finditer(text):
        value = _value(found["number"])
        if value is None:
            return None
        numbers.append(Number(value, _UNITS[found["unit"]] if found["unit"] else None))
    return tuple(numbers)


def _value(digits: str) -> str | None:
    if digits.isascii():
        return digits.lstrip("0") or "0"
    value = kanji_number(digits)
    return None if value is None else str(value)
