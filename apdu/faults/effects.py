"""What can go wrong: one class an effect, and the moments at which each makes sense."""

from __future__ import annotations

from dataclasses import dataclass, fields
from enum import Enum
from types import MappingProxyType
from typing import ClassVar, Final

from apdu.errors import FaultPlanError

MAX_MS: Final = 600_000
_SIGN: Final = 0x2A  # COMPUTE DIGITAL SIGNATURE: OpenSC card-jpki.c
_ATR_SIZES: Final = range(2, 34)  # ISO/IEC 7816-3 clause 8.2


class Moment(Enum):
    """Before the card gets the command, after it has worked and before it is heard, or after its answer."""

    BEFORE = "before"
    DURING = "during"
    AFTER = "after"


@dataclass(frozen=True, slots=True, kw_only=True)
class DelayProfile:
    """How long a real card takes: a share for each command, one for each byte, and one for a signature."""

    command_ms: float
    byte_ms: float
    signature_ms: float

    def delay_ms(self, raw: bytes, response: bytes) -> float:
        """The time of one exchange."""
        signing = self.signature_ms if raw[1:2] == bytes((_SIGN,)) else 0.0
        return self.command_ms + self.byte_ms * (len(raw) + len(response)) + signing


DELAY_PROFILES: Final = MappingProxyType(
    {
        # The log in the README of mnbcard: about 0.7 s a signature and 1.5 to 1.9 s a certificate, by NFC. How that
        # is shared between commands, bytes and the signature itself is our fit to these two.
        "nfc": DelayProfile(command_ms=30.0, byte_ms=0.85, signature_ms=400.0),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """Base of all. ``word`` names the effect, ``moments`` are those it can have, the first one by default."""

    word: ClassVar[str]
    moments: ClassVar[tuple[Moment, ...]] = (Moment.DURING,)

    def __str__(self) -> str:
        return self.word


@dataclass(frozen=True, slots=True, kw_only=True)
class Remove(Effect):
    """The card is taken off the reader. During a command: it has done it, and its answer is lost."""

    word = "remove"
    moments = (Moment.BEFORE, Moment.DURING, Moment.AFTER)


@dataclass(frozen=True, slots=True, kw_only=True)
class Vanish(Effect):
    """The reader is unplugged, and its card with it."""

    word = "vanish"
    moments = (Moment.BEFORE, Moment.DURING, Moment.AFTER)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reset(Effect):
    """The card loses its volatile state and nobody is told: a contact that bounced, a field that was weak."""

    word = "reset"
    moments = (Moment.BEFORE, Moment.AFTER)


@dataclass(frozen=True, slots=True, kw_only=True)
class Delay(Effect):
    """The answer comes late: by a fixed time, or as late as a real card's."""

    ms: int = 0
    profile: str = ""
    word = "delay"

    def __post_init__(self) -> None:
        if self.profile and self.profile not in DELAY_PROFILES:
            raise FaultPlanError(f"profile has to be {' or '.join(DELAY_PROFILES)}, not {self.profile!r}")
        if bool(self.profile) == bool(self.ms):
            raise FaultPlanError("a delay has either ms or profile")
        if self.ms:
            _require_ms(self.ms)

    def seconds(self, raw: bytes, response: bytes) -> float:
        """How long to wait for this exchange."""
        return (DELAY_PROFILES[self.profile].delay_ms(raw, response) if self.profile else self.ms) / 1000

    def __str__(self) -> str:
        return f"delay {self.profile}" if self.profile else f"delay {self.ms} ms"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer(Effect):
    """A status word in place of the card's answer; before the command, the card never sees it."""

    status: int
    word = "answer"
    moments = (Moment.BEFORE, Moment.DURING)

    def __post_init__(self) -> None:
        if not 0 <= self.status <= 0xFFFF:
            raise FaultPlanError("status has to be four hexadecimal digits, such as 6F00")

    def __str__(self) -> str:
        return f"answer {self.status:04X}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Truncate(Effect):
    """Only the first ``keep`` bytes of the response come through."""

    keep: int = 1
    word = "truncate"

    def __post_init__(self) -> None:
        if not 1 <= self.keep <= 65_537:
            raise FaultPlanError(f"keep has to be a number of bytes, at least 1, not {self.keep}")

    def __str__(self) -> str:
        return f"truncate to {self.keep}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Corrupt(Effect):
    """``bits`` bits of the response are flipped; the plan's seed says which."""

    bits: int = 1
    word = "corrupt"

    def __post_init__(self) -> None:
        if not 1 <= self.bits <= 64:
            raise FaultPlanError(f"bits has to be a number from 1 to 64, not {self.bits}")

    def __str__(self) -> str:
        return "corrupt" if self.bits == 1 else f"corrupt {self.bits} bits"


@dataclass(frozen=True, slots=True, kw_only=True)
class Duplicate(Effect):
    """The response comes again, in place of the one to the next command."""

    word = "duplicate"


@dataclass(frozen=True, slots=True, kw_only=True)
class Drop(Effect):
    """The card has done the command, and its response is lost at once."""

    word = "drop"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hang(Effect):
    """Nothing comes back until the reader gives up after ``ms``."""

    ms: int = 5000
    word = "hang"
    moments = (Moment.DURING, Moment.BEFORE)

    def __post_init__(self) -> None:
        _require_ms(self.ms)

    def __str__(self) -> str:
        return f"hang {self.ms} ms"


@dataclass(frozen=True, slots=True, kw_only=True)
class WrongAtr(Effect):
    """A reset is answered with another ATR than the card's."""

    atr: bytes
    word = "atr"

    def __post_init__(self) -> None:
        if len(self.atr) not in _ATR_SIZES:
            raise FaultPlanError("atr has to be 2 to 33 bytes in hexadecimal digits")

    def __str__(self) -> str:
        return f"atr {self.atr.hex().upper()}"


EFFECTS: Final[MappingProxyType[str, type[Effect]]] = MappingProxyType(
    {
        kind.word: kind
        for kind in (Remove, Vanish, Reset, Delay, Answer, Truncate, Corrupt, Duplicate, Drop, Hang, WrongAtr)
    }
)


def parameters_of(kind: type[Effect]) -> tuple[str, ...]:
    """The names of an effect's own fields."""
    return tuple(field.name for field in fields(kind))


def _require_ms(ms: int) -> None:
    if not 1 <= ms <= MAX_MS:
        raise FaultPlanError(f"ms has to be a number from 1 to {MAX_MS}, not {ms}")
