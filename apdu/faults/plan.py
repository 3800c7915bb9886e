"""A plan: faults, each an effect with the trigger that starts it and the cessation that ends it."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from apdu.errors import FaultPlanError
from apdu.faults.effects import Effect, Moment, WrongAtr

INSTRUCTIONS: Final = MappingProxyType(
    {
        # ISO/IEC 7816-4 clause 11, whatever the class
        "VERIFY": 0x20,
        "MANAGE SECURITY ENVIRONMENT": 0x22,
        "CHANGE REFERENCE DATA": 0x24,
        "RESET RETRY COUNTER": 0x2C,
        "EXTERNAL AUTHENTICATE": 0x82,
        "GET CHALLENGE": 0x84,
        "INTERNAL AUTHENTICATE": 0x88,
        "SELECT": 0xA4,
        "READ BINARY": 0xB0,
        "READ RECORD": 0xB2,
        "GET RESPONSE": 0xC0,
        "GET DATA": 0xCA,
        # OpenSC card-jpki.c; ISO/IEC 7816-8 clause 11 calls it PERFORM SECURITY OPERATION
        "COMPUTE DIGITAL SIGNATURE": 0x2A,
        # GlobalPlatform Card Specification 2.3.1 clauses 11 and D.4
        "INITIALIZE UPDATE": 0x50,
        "PUT KEY": 0xD8,
        "DELETE": 0xE4,
        "INSTALL": 0xE6,
        "LOAD": 0xE8,
        "SET STATUS": 0xF0,
        "GET STATUS": 0xF2,
    }
)
_MAX_NUMBER: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Event:
    """What a trigger counts: commands, those of one instruction, or resets."""

    name: str
    instruction: int | None = None

    @classmethod
    def named(cls, name: str) -> Event:
        """``command``, ``reset``, an instruction by its name, or ``INS xx``; ``FaultPlanError`` for all else."""
        words = " ".join(name.split()).upper()
        if words in ("COMMAND", "RESET"):
            return COMMAND if words == "COMMAND" else RESET
        if words in INSTRUCTIONS:
            return cls(words, INSTRUCTIONS[words])
        digits = words.removeprefix("INS ")
        if words != digits and len(digits) == 2 and not set(digits) - set("0123456789ABCDEF"):
            return cls(words, int(digits, 16))
        raise FaultPlanError(
            f"{name!r} is nothing to wait for",
            hint=f"command, reset, INS and two hexadecimal digits, or one of {', '.join(sorted(INSTRUCTIONS))}",
        )

    def __str__(self) -> str:
        return self.name


COMMAND: Final = Event("command")
RESET: Final = Event("reset")


@dataclass(frozen=True, slots=True, kw_only=True)
class Trigger:
    """At the ``number``-th ``event``. With ``since``, only those count that are the first one after a ``since``."""

    moment: Moment
    event: Event = COMMAND
    number: int = 1
    since: Event | None = None

    def __post_init__(self) -> None:
        if not 1 <= self.number <= _MAX_NUMBER:
            raise FaultPlanError(f"number has to be from 1 to {_MAX_NUMBER}, not {self.number}")
        if self.since is not None and (self.moment is not Moment.BEFORE or RESET in (self.since, self.event)):
            raise FaultPlanError("between has to name two commands")

    def __str__(self) -> str:
        number = "" if self.number == 1 and self.since is not None else f" {self.number}"
        if self.since is not None:
            return f"between {self.since} and {self.event}{number}"
        return f"{self.moment.value} {self.event}{number}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cessation:
    """When a fault ends that has begun. From its trigger on it strikes at every event that the trigger names.

    ``times`` None is without limit; ``until_reset`` ends it when the card is reset next, by whomever.
    """

    times: int | None = 1
    until_reset: bool = False

    def __post_init__(self) -> None:
        if self.times is not None and not 1 <= self.times <= _MAX_NUMBER:
            raise FaultPlanError(f"times has to be from 1 to {_MAX_NUMBER}, not {self.times}")

    def __str__(self) -> str:
        if self.until_reset:
            return "until reset"
        return {None: "always", 1: "once"}.get(self.times, f"{self.times} times")


ONCE: Final = Cessation()
ALWAYS: Final = Cessation(times=None)
UNTIL_RESET: Final = Cessation(times=None, until_reset=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One fault. Its ``str`` is the short text that ``apdu.faults.text`` reads."""

    effect: Effect
    trigger: Trigger
    cessation: Cessation = ONCE

    def __post_init__(self) -> None:
        kind, moment = type(self.effect), self.trigger.moment
        if moment not in kind.moments:
            able = " or ".join(each.value for each in kind.moments)
            raise FaultPlanError(
                f"{kind.word} cannot happen {moment.value} a command", hint=f"it happens {able} one: write that"
            )
        if (self.trigger.event is RESET) != (kind is WrongAtr):
            raise FaultPlanError("a wrong ATR, and nothing else, happens during a reset", hint="atr 3B00 during reset")

    def __str__(self) -> str:
        return f"{self.effect} {self.trigger}, {self.cessation}"


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultPlan:
    """Faults in the order in which they strike when several are due. The same seed corrupts the same bits."""

    faults: tuple[Fault, ...] = ()
    seed: str = ""

    def __bool__(self) -> bool:
        return bool(self.faults)
