"""The seam to the register: what can be asked of its counter, with what, and how it answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum
from typing import Any, Final, Protocol, TypeAlias

Document: TypeAlias = Mapping[str, Any]
"""What JSON can say: texts, numbers, booleans, lists and objects of these."""


class ArgumentKind(Enum):
    """What an argument is. The value is its type in JSON Schema, but for dates."""

    TEXT = "string"
    DATE = "date"
    """A text in JSON: 2027-04-01."""
    NUMBER = "integer"
    TRUTH = "boolean"
    OBJECT = "object"

    def fits(self, value: object) -> bool:
        """Whether a value from JSON is one."""
        return _FITS[self](value)


def _is_date(value: object) -> bool:
    if not isinstance(value, str):
        return False
    try:
        return date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False


_FITS: Final[Mapping[ArgumentKind, Callable[[object], bool]]] = {
    ArgumentKind.TEXT: lambda value: isinstance(value, str) and "\0" not in value,  # PostgreSQL and files take no NUL
    ArgumentKind.DATE: _is_date,
    ArgumentKind.NUMBER: lambda value: type(value) is int,
    ArgumentKind.TRUTH: lambda value: isinstance(value, bool),
    ArgumentKind.OBJECT: lambda value: isinstance(value, dict),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Argument:
    """One argument of an operation."""

    name: str
    kind: ArgumentKind = ArgumentKind.TEXT
    required: bool = False
    en: str
    ja: str
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationSpec:
    """One operation: its name in the URL, what it does, what it needs."""

    name: str
    en: str
    ja: str
    arguments: tuple[Argument, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CounterRefusal:
    """The counter says no, by a stable code; nothing has changed."""

    code: str
    message_en: str
    message_ja: str
    hint_en: str = ""
    hint_ja: str = ""


class CounterService(Protocol):
    """The counter. Several threads may ask at once."""

    @property
    def operations(self) -> Sequence[OperationSpec]:
        """All that it does."""
        ...

    def operate(self, name: str, arguments: Document, *, now: datetime) -> Document | CounterRefusal:
        """Do one of them. The arguments have been checked against its ``OperationSpec``."""
        ...
