"""What the two wrappers share: the quick way past an engine to which a command means nothing.

A layer that waits for its moment has to cost next to nothing, so the test is made for the plan: one look into a table
where single instructions are waited for, one subtraction where all commands are counted, both where there is both.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable

from apdu.faults.engine import Departure, FaultEngine, Target, idle_engine


class Gate(Target):
    """``send`` under the plan of ``engine``. ``through`` is the way of a command, and stays so."""

    def __init__(self, send: Callable[[bytes], bytes], engine: FaultEngine) -> None:
        self._send = send
        self._departure: Departure | None = None
        self._use(engine)
        if not engine.counts_commands:
            self.through: Callable[[bytes], bytes] = self._watch
        elif not engine.watches_instructions:
            self.through = self._count
        else:
            self.through = self._count_and_watch

    def send(self, raw: bytes) -> bytes:
        """Hand a command to the card."""
        return self._send(raw)

    def leave(self, departure: Departure, *, answered: bool) -> None:  # noqa: ARG002 - for readers that can wait
        """Card or reader have gone; commands that find none are not counted."""
        self._departure = departure
        self._use(idle_engine())
        self._send = self._refuse

    def _use(self, engine: FaultEngine) -> None:
        self._engine = engine
        self._watched = engine.watched

    @abstractmethod
    def _refuse(self, raw: bytes) -> bytes:
        """How a command after the departure ends."""

    def _watch(self, raw: bytes) -> bytes:
        try:
            concerns = self._watched[raw[1]]
        except IndexError:  # too short for an instruction
            concerns = False
        if concerns:
            return self._engine.exchange(raw, self)
        return self._send(raw)

    def _count(self, raw: bytes) -> bytes:
        engine = self._engine
        engine.countdown -= 1
        if engine.countdown:
            return self._send(raw)
        return engine.exchange(raw, self)

    def _count_and_watch(self, raw: bytes) -> bytes:
        engine = self._engine
        engine.countdown -= 1
        if not engine.countdown:
            return engine.exchange(raw, self)
        try:
            concerns = self._watched[raw[1]]
        except IndexError:
            concerns = False
        if concerns:
            return engine.exchange(raw, self)
        return self._send(raw)
