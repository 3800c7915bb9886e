"""A holder as a JSON object and back. Strict: every key expected, none besides, every value of its type."""

from __future__ import annotations

from typing import TypeAlias

from jpki.attributes import Sex
from jpki.birthdate import BirthDate
from jpki.errors import HolderError
from jpki.holder import Holder

JsonObject: TypeAlias = dict[str, object]

_TEXTS = ("name", "address", "prefecture_romaji", "municipality_romaji", "municipality_code")


def encode_holder(holder: Holder) -> JsonObject:
    """The JSON object of a holder."""
    texts: JsonObject = {key: getattr(holder, key) for key in _TEXTS}
    return {
        **texts,
        "birth_date": holder.birth_date.encode(),
        "sex": holder.sex.value,
        "substitutes": dict(sorted(holder.substitutes.items())),
    }


def decode_holder(value: object) -> Holder:
    """Read a holder; ``ValueError`` says what is wrong with it."""
    reader = JsonReader(value)
    texts = {key: reader.text(key) for key in _TEXTS}
    birth_date, sex = reader.text("birth_date"), reader.text("sex")
    substitutes = reader.take("substitutes")
    reader.finish()
    if not isinstance(substitutes, dict) or not all(isinstance(chosen, str) for chosen in substitutes.values()):
        raise ValueError("'substitutes' is no map of characters")
    try:
        return Holder(birth_date=BirthDate.decode(birth_date), sex=Sex(sex), substitutes=substitutes, **texts)
    except HolderError as error:
        raise ValueError(str(error)) from error


class JsonReader:
    """Takes the values out of a JSON object, each once and each of the type expected."""

    def __init__(self, value: object) -> None:
        if not isinstance(value, dict):
            raise ValueError("an object is expected")
        self._left: JsonObject = dict(value)

    def take(self, key: str) -> object:
        if key not in self._left:
            raise ValueError(f"{key!r} is missing")
        return self._left.pop(key)

    def text(self, key: str) -> str:
        value = self.take(key)
        if not isinstance(value, str):
            raise ValueError(f"{key!r} is no text")
        return value

    def items(self, key: str) -> list[object]:
        value = self.take(key)
        if not isinstance(value, list):
            raise ValueError(f"{key!r} is no list")
        return value

    def finish(self) -> None:
        if self._left:
            raise ValueError(f"unexpected {', '.join(sorted(map(repr, self._left)))}")
