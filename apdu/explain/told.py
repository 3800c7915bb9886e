"""What the explanation of one command consists of, before a response is known."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto

from apdu.explain.position import Position
from apdu.explain.text import Text
from apdu.layout.facts import FileFact


class Role(Enum):
    """What a command wants, as far as the meaning of a status word depends on it."""

    SELECT_APPLICATION = auto()
    SELECT_FILE = auto()
    SELECT_MF = auto()
    READ = auto()
    READ_RECORD = auto()
    QUERY = auto()
    VERIFY = auto()
    CHANGE = auto()
    SIGN = auto()
    CHALLENGE = auto()
    GET_DATA = auto()
    SESSION_KEY = auto()
    MANAGE = auto()
    TRANSACT = auto()
    PROVE = auto()
    OTHER = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One command, explained.

    ``after`` is where the card stands if it agrees. ``file`` is the file that the command is about.
    ``redacted`` is True when the command carries bytes that are never shown. ``answer`` describes the data of
    a response, and says whether any of it was withheld.
    """

    name: str
    text: Text
    role: Role
    after: Position
    file: FileFact | None = None
    redacted: bool = False
    answer: Callable[[bytes], tuple[Text, bool]] | None = None
