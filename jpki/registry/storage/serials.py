"""Serial numbers: taken from the register durably, handed out one by one, never twice."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Mapping
from typing import Final

from sqlalchemy import BigInteger, Connection, Text, bindparam, case, select, update

from jpki.errors import RegistryError
from jpki.kinds import CaKind
from jpki.registry.storage.prepared import run
from jpki.registry.storage.schema import MAX_SERIAL, SERIALS, counters

_NAME: Final = bindparam("counter", type_=Text)
_LEAST: Final = bindparam("before", type_=BigInteger)
_COUNT: Final = bindparam("count", type_=BigInteger)

_ADVANCE = (
    update(counters)
    .where(counters.c.name == _NAME)
    .values(last=case((counters.c.last < _LEAST, _LEAST), else_=counters.c.last) + _COUNT)
    .returning(counters.c.last)
)
_COUNTED = update(counters).where(counters.c.name == _NAME).values(last=counters.c.last + _COUNT)
_LAST = select(counters.c.last).where(counters.c.name == _NAME)


def advance(connection: Connection, counter: str, count: int, *, at_least: int = 1) -> range:
    """The next ``count`` numbers of a counter, none of them below ``at_least``; the caller commits."""
    parameters = {"counter": counter, "before": at_least - 1, "count": count}
    last = int(run(connection, _ADVANCE, parameters).scalar_one())
    return range(last - count + 1, last + 1)


def count(connection: Connection, counter: str, more: int) -> None:
    """Let a counter go on where nobody needs its numbers."""
    run(connection, _COUNTED, {"counter": counter, "count": more})


def last_serial(connection: Connection, kind: CaKind) -> int:
    """The highest number that was ever given out."""
    return int(connection.execute(_LAST, {"counter": SERIALS[kind]}).scalar_one())


class SerialPool:
    """The numbers that this process has reserved and not handed out yet. What is left when it ends stays a gap."""

    def __init__(self, reserve: Callable[[Mapping[CaKind, int]], Mapping[CaKind, range]]) -> None:
        self._reserve = reserve
        self._guard = threading.Lock()
        self._process = os.getpid()
        self._left: dict[CaKind, list[int]] = {kind: [] for kind in CaKind}

    def draw(self, needed: Mapping[CaKind, int]) -> dict[CaKind, list[int]]:
        """This many numbers of each CA, rising; they belong to the caller."""
        with self._guard:
            if self._process != os.getpid():  # forked: these numbers are the parent's
                self._process, self._left = os.getpid(), {kind: [] for kind in CaKind}
            missing = {kind: count - len(self._left[kind]) for kind, count in needed.items()}
            if lacking := {kind: count for kind, count in missing.items() if count > 0}:
                for kind, numbers in self._reserve(lacking).items():
                    self._left[kind] += numbers
            return {kind: [self._left[kind].pop(0) for _ in range(count)] for kind, count in needed.items()}

    def give_back(self, unused: Mapping[CaKind, list[int]]) -> None:
        """Numbers under which nothing was signed."""
        with self._guard:
            for kind, numbers in unused.items():
                self._left[kind] = sorted([*self._left[kind], *numbers])


def check_count(count: int, at_least: int) -> None:
    """A reservation that makes sense."""
    if count < 1 or not 1 <= at_least <= MAX_SERIAL - count:
        raise RegistryError("serial numbers are reserved one or more at a time, from 1 on and below 2^63")
