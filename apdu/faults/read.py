"""Reading faults: from TOML, from a table of fields, from the short text of a command line.

fault     = effect [ trigger ] [ "," cessation ]
effect    = "remove" / "vanish" / "reset" / "duplicate" / "drop"
          / "delay" ( MS "ms" / PROFILE ) / "hang" [ MS "ms" ] / "answer" SW
          / "truncate" [ "to" BYTES ] / "corrupt" [ BITS "bits" ] / "atr" HEX
trigger   = ( "before" / "during" / "after" ) event [ NUMBER ]
          / "between" event "and" event [ NUMBER ]
event     = "command" / "reset" / "READ BINARY" / … / "INS" HEX
cessation = "once" / NUMBER "times" / "until reset" / "always"
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping
from typing import Any, Final

from apdu.errors import FaultPlanError
from apdu.faults.effects import EFFECTS, Moment, WrongAtr, parameters_of
from apdu.faults.plan import ALWAYS, COMMAND, ONCE, RESET, UNTIL_RESET, Cessation, Event, Fault, FaultPlan, Trigger

SCHEMA: Final = 1
_WORDS: Final = ", ".join(EFFECTS)
_MOMENTS: Final = tuple(moment.value for moment in Moment)
_CESSATIONS: Final = {"once": ONCE, "until reset": UNTIL_RESET, "always": ALWAYS}
_TEXT: Final = re.compile(
    r"(?P<effect>[a-z]+)(?P<argument>(?:\s+(?!before\b|during\b|after\b|between\b)\S+)*)"
    r"(?:\s+(?:(?P<moment>before|during|after)\s+(?P<event>ins\s+\S+|.+?)|between\s+(?P<since>.+?)\s+and\s+(?P<until>ins\s+\S+|.+?))"
    r"(?:\s+(?P<number>[0-9]{1,9}))?)?",
    re.IGNORECASE,
)
_ARGUMENTS: Final = {
    # effect → its argument; group names are fields
    "delay": re.compile(r"(?P<ms>[0-9]{1,9})\s*ms|(?P<profile>[a-z]+)", re.IGNORECASE),
    "hang": re.compile(r"(?:(?P<ms>[0-9]{1,9})\s*ms)?", re.IGNORECASE),
    "answer": re.compile(r"(?P<status>[0-9A-F]{4})", re.IGNORECASE),
    "truncate": re.compile(r"(?:to\s+(?P<keep>[0-9]{1,9}))?", re.IGNORECASE),
    "corrupt": re.compile(r"(?:(?P<bits>[0-9]{1,9})\s+bits?)?", re.IGNORECASE),
    "atr": re.compile(r"(?P<atr>[0-9A-F]+)", re.IGNORECASE),
}
_NO_ARGUMENT: Final = re.compile("")
_NUMBERS: Final = frozenset({"ms", "keep", "bits"})

_is_text: Callable[[Any], bool] = lambda value: isinstance(value, str)  # noqa: E731
_is_number: Callable[[Any], bool] = lambda value: type(value) is int  # noqa: E731


def _is_hex(value: Any, digits: str) -> bool:
    return isinstance(value, str) and re.fullmatch(rf"[0-9A-Fa-f]{digits}", value) is not None


# Field of a [[fault]] → what it has to be, a check, and what becomes of it. Ranges are the classes' own affair.
_FIELDS: Final[dict[str, tuple[str, Callable[[Any], bool], Callable[[Any], Any]]]] = {
    "effect": (f"one of {_WORDS}", lambda value: _is_text(value) and value in EFFECTS, str),
    "before": ("the name of a command, in quotes", _is_text, Event.named),
    "during": ("the name of a command or reset, in quotes", _is_text, Event.named),
    "after": ("the name of a command, in quotes", _is_text, Event.named),
    "between": (
        'two names of commands, such as ["VERIFY", "SELECT"]',
        lambda value: isinstance(value, list) and len(value) == 2 and all(map(_is_text, value)),
        lambda value: tuple(map(Event.named, value)),
    ),
    "number": ("a number without quotes", _is_number, int),
    "cease": (
        "once, until reset, always, in quotes, or how many times, a number",
        lambda value: _is_number(value) or (_is_text(value) and value in _CESSATIONS),
        lambda value: Cessation(times=value) if _is_number(value) else _CESSATIONS[value],
    ),
    "ms": ("a number of milliseconds", _is_number, int),
    "profile": ("a name, in quotes", _is_text, str),
    "status": ("four hexadecimal digits, in quotes", lambda value: _is_hex(value, "{4}"), lambda value: int(value, 16)),
    "keep": ("a number of bytes", _is_number, int),
    "bits": ("a number of bits", _is_number, int),
    "atr": (
        "bytes in hexadecimal digits, in quotes",
        lambda value: _is_hex(value, "*") and len(value) % 2 == 0,
        bytes.fromhex,
    ),
}
_HEAD: Final = ("schema", "name", "why", "seed", "fault")


def parse_plan(source: str, *, origin: str) -> FaultPlan:
    """Read a plan from TOML text; ``FaultPlanError`` names ``origin``, the number of the [[fault]] and the field."""
    try:
        document = tomllib.loads(source)
    except tomllib.TOMLDecodeError as error:
        raise FaultPlanError(f"{origin}: not TOML: {error}", hint="compare it with a shipped plan") from error
    if unknown := sorted(document.keys() - set(_HEAD)):
        raise FaultPlanError(f"{origin}: {unknown[0]} is no field of a plan", hint=f"fields: {', '.join(_HEAD)}")
    for name, wants, check in (
        ("schema", f"the number {SCHEMA}", lambda value: _is_number(value) and value == SCHEMA),
        ("name", "a name, in quotes", lambda value: _is_text(value) and bool(value)),
        ("why", "a sentence that says what the plan is good for", lambda value: _is_text(value) and bool(value)),
        ("seed", "a text, in quotes", lambda value: value is None or _is_text(value)),
        ("fault", "at least one table [[fault]]", lambda value: isinstance(value, list) and bool(value)),
    ):
        if not check(document.get(name)):
            raise FaultPlanError(f"{origin}: {name} has to be {wants}")
    faults = tuple(
        build_fault(table, place=f"{origin}: [[fault]] {number}")
        for number, table in enumerate(document["fault"], start=1)
    )
    return FaultPlan(faults=faults, seed=document.get("seed", document["name"]))


def parse_fault(text: str) -> Fault:
    """Read one fault in its short form, such as ``remove after READ BINARY 3``."""
    place = f"fault {text!r}"
    body, comma, cessation = text.strip().partition(",")
    match = _TEXT.fullmatch(body.strip())
    word = match["effect"].lower() if match else ""
    if match is None or word not in EFFECTS:
        raise FaultPlanError(
            f"{place} cannot be read", hint=f"such as 'remove after READ BINARY 3'; it begins with one of {_WORDS}"
        )
    fields: dict[str, Any] = {"effect": word, **_argument(word, match["argument"].strip(), place)}
    if match["moment"]:
        fields[match["moment"].lower()] = match["event"]
    elif match["since"]:
        fields["between"] = [match["since"], match["until"]]
    if match["number"]:
        fields["number"] = int(match["number"])
    if comma:
        fields["cease"] = _cessation(cessation)
    return build_fault(fields, place=place)


def build_fault(fields: Mapping[str, Any], *, place: str) -> Fault:
    """Make a fault of the fields that a [[fault]] has; every complaint begins with ``place``."""
    if not isinstance(fields, Mapping):
        raise FaultPlanError(f"{place} has to be a table")
    try:
        return _build(fields)
    except FaultPlanError as error:
        raise FaultPlanError(f"{place}: {error}", hint=error.hint) from error


def _build(fields: Mapping[str, Any]) -> Fault:
    values = {name: _value(name, value) for name, value in fields.items()}
    if "effect" not in values:
        raise FaultPlanError("effect is missing", hint=f"it is one of {_WORDS}")
    kind = EFFECTS[values["effect"]]
    own = parameters_of(kind)
    allowed = {"effect", "number", "cease", "between", *_MOMENTS, *own}
    if foreign := sorted(values.keys() - allowed):
        raise FaultPlanError(f"{foreign[0]} is no field of {kind.word}", hint=f"it has {', '.join(own) or 'none'}")
    parameters = {name: values[name] for name in own if name in values}
    try:
        effect = kind(**parameters)
    except TypeError:
        raise FaultPlanError(f"{own[0]} is missing", hint=f"it is {_FIELDS[own[0]][0]}") from None
    return Fault(effect=effect, trigger=_trigger(values, kind.moments[0]), cessation=values.get("cease", ONCE))


def _value(name: str, value: Any) -> Any:
    if name not in _FIELDS:
        raise FaultPlanError(f"{name} is no field of a fault", hint=f"fields: {', '.join(_FIELDS)}")
    wants, check, become = _FIELDS[name]
    if not check(value):
        raise FaultPlanError(f"{name} has to be {wants}, not {value!r}")
    return become(value)


def _trigger(values: Mapping[str, Any], default: Moment) -> Trigger:
    named = [name for name in (*_MOMENTS, "between") if name in values]
    number = values.get("number", 1)
    if len(named) > 1:
        raise FaultPlanError(f"{named[0]} and {named[1]} stand together", hint="a fault has one trigger")
    if named == ["between"]:
        since, event = values["between"]
        return Trigger(moment=Moment.BEFORE, event=event, number=number, since=since)
    if not named:
        return Trigger(moment=default, event=RESET if values["effect"] == WrongAtr.word else COMMAND, number=number)
    return Trigger(moment=Moment(named[0]), event=values[named[0]], number=number)


def _argument(word: str, text: str, place: str) -> dict[str, Any]:
    match = _ARGUMENTS.get(word, _NO_ARGUMENT).fullmatch(text)
    if match is None:
        raise FaultPlanError(
            f"{place}: {text!r} does not go with {word}",
            hint="delay 700 ms, delay nfc, answer 6F00, truncate to 10, corrupt 3 bits, hang 2000 ms, atr 3B00",
        )
    found = {name: value for name, value in match.groupdict().items() if value is not None}
    return {name: int(value) if name in _NUMBERS else value for name, value in found.items()}


def _cessation(text: str) -> str | int:
    words = " ".join(text.split()).lower()
    match = re.fullmatch(r"([0-9]{1,9}) times?", words)
    return int(match[1]) if match else words
