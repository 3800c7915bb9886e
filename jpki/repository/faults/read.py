"""Reading a fault: from the fields of a TOML table, or from words such as ``stale hours=48 on=crl cease=always``."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from jpki.repository.addresses import Area
from jpki.repository.errors import PkiFaultError
from jpki.repository.faults.effects import EFFECTS, SUBSTITUTES, WORDS, Effect, Substitute, parameters_of
from jpki.repository.faults.plan import AIM_FIELDS, ALWAYS, Aim, PkiFault

_NUMBER: Final = re.compile(r"-?[0-9]{1,18}")  # what is longer is no number of anything here
_CESSATIONS: Final = {"once": 1, "always": ALWAYS}
_OWN: Final = ("number", "percent", "cease")


def _number(value: Any) -> int:
    if type(value) is not int:
        raise PkiFaultError("has to be a whole number, without quotes")
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise PkiFaultError("has to be a text, in quotes")
    return value


def _area(value: Any) -> Area:
    try:
        return Area(value)
    except ValueError as error:
        raise PkiFaultError(f"has to be one of {', '.join(area.value for area in Area)}") from error


def _cease(value: Any) -> int | None:
    if isinstance(value, str) and value in _CESSATIONS:
        return _CESSATIONS[value]
    if type(value) is int:
        return value
    raise PkiFaultError("has to be once, always, in quotes, or how many times, a number")


# Field of a fault → how its value is read. What is not here is a number.
_READ: Final[Mapping[str, Callable[[Any], Any]]] = {
    "effect": _text,
    "on": _area,
    "ca": _text,
    "path": _text,
    "cease": _cease,
}


def build_fault(given: Mapping[str, Any]) -> PkiFault:
    """Make a fault of the fields that a ``[[fault]]`` has; ``PkiFaultError`` names the field at fault."""
    word = given.get("effect")
    if word not in WORDS:
        complaint = "is missing" if word is None else f"{word!r} is not known"
        raise PkiFaultError(complaint, field="effect", hint=f"one of {', '.join(WORDS)}")
    kind = EFFECTS.get(word)
    own = parameters_of(kind) if kind is not None else ()
    allowed = ("effect", *own, *AIM_FIELDS, *_OWN)
    for name in given:
        if name not in allowed:
            raise PkiFaultError(f"is no field of {word}", field=name, hint=f"fields: {', '.join(allowed)}")
    values = {name: _value(name, value) for name, value in given.items()}
    cease = {"times": values["cease"]} if "cease" in values else {}
    return PkiFault(
        effect=_effect(word, {name: values[name] for name in own if name in values}),
        aim=Aim(**{name: values[name] for name in AIM_FIELDS if name in values}),
        **{name: values[name] for name in ("number", "percent") if name in values},
        **cease,
    )


def parse_fault(text: str) -> PkiFault:
    """Read one fault in words: the effect, then ``field=value`` of any field; complaints quote the text."""
    word, *rest = text.split() or [""]
    given: dict[str, Any] = {"effect": word}
    try:
        for part in rest:
            name, equals, value = part.partition("=")
            if not equals or name in given:
                raise PkiFaultError("such as hours=48, and each only once", field=part)
            given[name] = int(value) if _NUMBER.fullmatch(value) else value
        return build_fault(given)
    except PkiFaultError as error:
        raise PkiFaultError(f"fault {text!r}: {error}", hint=error.hint) from error


def _effect(word: str, parameters: Mapping[str, int]) -> Effect:
    if word in SUBSTITUTES:
        return Substitute(name=word)
    make: Callable[..., Effect] = EFFECTS[word]
    return make(**parameters)


def _value(name: str, value: Any) -> Any:
    read: Callable[[Any], Any] = _READ.get(name, _number)
    try:
        return read(value)
    except PkiFaultError as error:
        raise PkiFaultError(str(error), field=name, hint=error.hint) from error
