"""A plan at work: counts what passes, and does what is due. What surrounds it lends it its hands, a ``Target``.

The order of one exchange: effects before the command, in the order of the plan, of which an answer or a departure
ends it; the command; effects during it; effects after it. One that was due and is not reached has had its turn.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from hashlib import sha256
from typing import Final, Protocol, TypeAlias

from apdu.faults.effects import (
    Answer,
    Corrupt,
    Delay,
    Drop,
    Duplicate,
    Effect,
    Hang,
    Moment,
    Remove,
    Reset,
    Truncate,
    Vanish,
    WrongAtr,
)
from apdu.faults.plan import COMMAND, RESET, Fault, FaultPlan
from apdu.status import StatusWord

Sleep: TypeAlias = Callable[[float], object]
"""Waits so many seconds: ``time.sleep``, or a test's own."""

_NEVER: Final = 1 << 62


class Departure(Enum):
    """What has gone."""

    CARD = "card"
    READER = "reader"


class Target(Protocol):
    """What a wrapper does at the engine's word."""

    def send(self, raw: bytes) -> bytes:
        """Hand a command to the card."""
        ...

    def reset_card(self) -> None:
        """Reset the card without telling anybody."""
        ...

    def leave(self, departure: Departure, *, answered: bool) -> None:
        """Card or reader go; ``answered`` when the answer of this command is still to be delivered."""
        ...

    def refuse(self) -> bytes:
        """How a command ends whose card or reader has gone: an exception, or no bytes."""
        ...

    def lose(self) -> bytes:
        """How a command ends whose answer was lost."""
        ...

    def time_out(self) -> bytes:
        """How a command ends to which no answer came in time."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Firing:
    """A fault struck: which, and at the how-manieth of the events that it waits for, since the engine began."""

    fault: str
    event: str
    number: int

    def as_dict(self) -> dict[str, str | int]:
        """The fields for JSON."""
        return {"fault": self.fault, "event": self.event, "number": self.number}


OnFired: TypeAlias = Callable[[Firing], object]
"""Told of every fault that strikes, at once."""


class _Watch:
    """One fault and how far it is."""

    __slots__ = ("armed", "ended", "fault", "fired", "seen")

    def __init__(self, fault: Fault) -> None:
        self.fault = fault
        self.seen = 0
        self.fired = 0
        self.ended = False
        self.armed = fault.trigger.since is None

    @property
    def instructions(self) -> tuple[int, ...]:
        """Which single instructions it looks at; the command counter sees to the rest."""
        events = (self.fault.trigger.event, self.fault.trigger.since)
        return tuple(event.instruction for event in events if event is not None and event.instruction is not None)

    @property
    def counts_all(self) -> bool:
        trigger = self.fault.trigger
        return COMMAND in (trigger.event, trigger.since)

    def strikes(self, instruction: int | None) -> bool:
        """Take note of a command, or of a reset (None): is it time?"""
        trigger = self.fault.trigger
        hit = self.armed and (trigger.event is COMMAND or trigger.event.instruction == instruction)
        if not hit:
            since = trigger.since
            self.armed = self.armed or (since is not None and (since is COMMAND or since.instruction == instruction))
            return False
        self.armed = trigger.since is None
        return self.count()

    def count(self) -> bool:
        """One more event of its kind: is it time?"""
        self.seen += 1
        if self.seen < self.fault.trigger.number:
            return False
        self.fired += 1
        self.ended = self.fired == self.fault.cessation.times
        return True


class FaultEngine:
    """One plan and its progress; it outlives channels and stays of a card, so that a plan goes on after a removal.

    ``countdown`` and ``watched`` are for the quick way past it (``apdu.faults.gate``), which takes one from the former
    with each command where the plan ``counts_commands``, and calls ``exchange`` when that leaves 0, or when the
    latter is true of the instruction; else the command concerns nobody.
    """

    def __init__(self, plan: FaultPlan, *, sleep: Sleep, on_fired: OnFired = lambda _firing: None) -> None:
        self._seed = plan.seed
        self._sleep = sleep
        self._on_fired = on_fired
        self._watches = [_Watch(fault) for fault in plan.faults]
        self._stale: bytes | None = None
        self._fired: list[Firing] = []
        self._start = 0
        self.countdown = 0
        self.watched = [False] * 256
        self.counts_commands = any(watch.counts_all for watch in self._watches)
        self.watches_instructions = any(watch.instructions for watch in self._watches)
        self._look_ahead()

    @property
    def fired(self) -> tuple[Firing, ...]:
        """What has struck so far, in order."""
        return tuple(self._fired)

    def exchange(self, raw: bytes, target: Target) -> bytes:
        """One command through all that is due, its answer or the target's words for the lack of one."""
        due, stale = self._notice(raw), self._stale
        try:
            for watch in (each for each in due if each.fault.trigger.moment is Moment.BEFORE):
                ended = self._before(watch, target)
                if ended is not None:
                    return ended
            response = target.send(raw)
            if stale is not None:
                response, self._stale = stale, None
            for watch in (each for each in due if each.fault.trigger.moment is Moment.DURING):
                changed = self._during(watch, raw, response, target)
                if not changed:
                    return changed
                response = changed
            for watch in (each for each in due if each.fault.trigger.moment is Moment.AFTER):
                self._after(watch, target)
            return response
        finally:
            self._look_ahead()

    def reset(self, atr: bytes) -> bytes:
        """The card was reset, or powered on, and answered ``atr``: what the reader gets to see of it."""
        self._catch_up()
        self._end_with_reset()
        for watch in self._watches:
            effect = watch.fault.effect
            if isinstance(effect, WrongAtr) and not watch.ended and watch.count():
                self._note(watch)
                atr = effect.atr
        self._look_ahead()
        return atr

    # --- inside

    def _before(self, watch: _Watch, target: Target) -> bytes | None:
        effect = self._note(watch)
        if isinstance(effect, Answer):
            return bytes(StatusWord(effect.status))
        if isinstance(effect, Hang):
            self._sleep(effect.ms / 1000)
            return target.time_out()
        if isinstance(effect, Reset):
            self._reset_card(target)
            return None
        target.leave(_departure(effect), answered=False)
        return target.refuse()

    def _during(self, watch: _Watch, raw: bytes, response: bytes, target: Target) -> bytes:
        """The response as it comes through, empty when none does."""
        effect = self._note(watch)
        if isinstance(effect, Delay):
            self._sleep(effect.seconds(raw, response))
        elif isinstance(effect, Answer):
            return bytes(StatusWord(effect.status))
        elif isinstance(effect, Truncate):
            return response[: effect.keep]
        elif isinstance(effect, Corrupt):
            return self._corrupted(watch, response, effect.bits)
        elif isinstance(effect, Duplicate):
            self._stale = response
        elif isinstance(effect, Drop):
            return target.lose()
        elif isinstance(effect, Hang):
            self._sleep(effect.ms / 1000)
            return target.time_out()
        else:
            target.leave(_departure(effect), answered=False)
            return target.refuse()
        return response

    def _after(self, watch: _Watch, target: Target) -> None:
        effect = self._note(watch)
        if isinstance(effect, Reset):
            self._reset_card(target)
        else:
            target.leave(_departure(effect), answered=True)

    def _reset_card(self, target: Target) -> None:
        target.reset_card()
        self._end_with_reset()

    def _end_with_reset(self) -> None:
        self._stale = None
        for watch in self._watches:
            watch.ended = watch.ended or (watch.fault.cessation.until_reset and watch.fired > 0)

    def _corrupted(self, watch: _Watch, response: bytes, bits: int) -> bytes:
        size = len(response) * 8
        flipped: set[int] = set()
        attempt = 0
        while len(flipped) < min(bits, size):
            label = f"{self._seed}\0{self._watches.index(watch)}\0{watch.fired}\0{attempt}"
            flipped.add(int.from_bytes(sha256(label.encode()).digest()) % size)
            attempt += 1
        changed = bytearray(response)
        for position in flipped:
            changed[position // 8] ^= 0x80 >> position % 8
        return bytes(changed)

    def _note(self, watch: _Watch) -> Effect:
        event = watch.fault.trigger.event.name
        firing = Firing(fault=str(watch.fault), event=event, number=watch.seen)
        self._fired.append(firing)
        self._on_fired(firing)
        return watch.fault.effect

    def _catch_up(self) -> None:
        """Count the commands that took the quick way, and the one that did not."""
        passed = self._start - self.countdown
        self._start = self.countdown
        for watch in self._watches:
            if watch.counts_all and watch.fault.trigger.since is None:
                watch.seen += passed

    def _notice(self, raw: bytes) -> list[_Watch]:
        """Count this command: who strikes at it?"""
        self._catch_up()
        instruction = raw[1] if len(raw) > 1 else None
        due = []
        for watch in self._watches:
            if watch.ended or watch.fault.trigger.event is RESET:
                continue
            if watch.counts_all and watch.fault.trigger.since is None:
                watch.seen -= 1  # strikes() counts this one itself
            if watch.strikes(instruction):
                due.append(watch)
        return due

    def _look_ahead(self) -> None:
        """How many commands until somebody has to look, and which instructions make one look at once."""
        alive = [watch for watch in self._watches if not watch.ended and watch.fault.trigger.event is not RESET]
        waits = [_patience(watch) for watch in alive if watch.counts_all]
        self._start = self.countdown = 1 if self._stale is not None else min(waits, default=_NEVER)
        watched = {number for watch in alive for number in watch.instructions}
        self.watched[:] = [self._stale is not None or number in watched for number in range(256)]


def _patience(watch: _Watch) -> int:
    if watch.fault.trigger.since is not None:
        return 1
    return max(1, watch.fault.trigger.number - watch.seen)


def _departure(effect: Effect) -> Departure:
    assert isinstance(effect, Remove | Vanish)  # the moments of the other effects were told apart before
    return Departure.CARD if isinstance(effect, Remove) else Departure.READER


def idle_engine() -> FaultEngine:
    """An engine without a plan: what a wrapper goes on with whose card has gone."""
    return FaultEngine(FaultPlan(), sleep=lambda _seconds: None)
