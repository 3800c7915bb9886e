"""One sequence on one card, watched by the model."""

from __future__ import annotations

import logging
import random
import signal
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType
from typing import Final, TypeAlias

from cardsim.card import VirtualCard
from cardsim.profiles import PROFILES
from cardsim.store import MemoryStore
from fuzz import cards
from fuzz.cards import Start
from fuzz.exchange import Violation
from fuzz.grammar import Event, Grammar, Step
from fuzz.model import Model

PATIENCE_S: Final = 10.0
"""A sequence that takes longer hangs: most take a millisecond."""

Source: TypeAlias = Callable[[Model], Iterator[Step]]
Seen: TypeAlias = tuple[str, str, str, int]
"""Profile, what was selected, which command, which status word."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """What is sent to which card; ``seed`` is that of the card's own randomness."""

    start: Start
    seed: int
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Finding:
    """A script at whose last step the card broke a rule."""

    script: Script
    rule: str
    message: str


class _Hang(BaseException):
    """Not to be caught by the card, which answers every exception."""


class _Faults(logging.Handler):
    """The exceptions that the card answered with 6F00."""

    def __init__(self) -> None:
        super().__init__()
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep it."""
        self.records.append(record)


class Bench:
    """Plays sequences and counts what was seen."""

    def __init__(self) -> None:
        self.seen: Counter[Seen] = Counter()
        self.commands = 0
        self._faults = _Faults()
        self._patience_s = 0.0

    def generate(self, start: Start, seed: int) -> tuple[Script, Finding | None]:
        """Play a sequence out of the grammar, which the seed determines."""
        rng = random.Random(seed)
        return self.play(start, seed, lambda model: Grammar(rng, model).sequence())

    def replay(self, script: Script) -> Finding | None:
        """Play a sequence again."""
        return self.play(script.start, script.seed, lambda _model: iter(script.steps))[1]

    def play(self, start: Start, seed: int, source: Source) -> tuple[Script, Finding | None]:
        """Play what the source brings, to its end or to the first broken rule."""
        steps: list[Step] = []
        table = _Table(start, seed)
        rule = message = ""
        if self._patience_s:
            signal.setitimer(signal.ITIMER_REAL, self._patience_s)
        try:
            for step in source(table.model):
                steps.append(step)
                label = table.model.label
                answer = table.take(step)
                if self._faults.records:
                    raise Violation("answer.fault", str(self._faults.records.pop().exc_info))
                if answer is not None:
                    self._count(start.profile, label, step, answer)
        except Violation as violation:
            rule, message = violation.rule, str(violation)
        except _Hang:
            rule, message = "answer.hang", f"no answer after {PATIENCE_S} s"
        finally:
            if self._patience_s:
                signal.setitimer(signal.ITIMER_REAL, 0)
            self._faults.records.clear()
        script = Script(start=start, seed=seed, steps=tuple(steps))
        return script, Finding(script, rule, message) if rule else None

    def _count(self, profile: str, label: str, step: Step, answer: bytes) -> None:
        assert isinstance(step, bytes)
        self.commands += 1
        name = step[:2].hex() if len(step) > 3 else "none"
        self.seen[profile, label, name, int.from_bytes(answer[-2:])] += 1

    @contextmanager
    def watching(self, *, hangs: bool) -> Iterator[None]:
        """See exceptions that the card answered, and with ``hangs`` interrupt what takes too long."""
        logger = logging.getLogger("cardsim.card")
        logger.addHandler(self._faults)
        logger.propagate = False
        before = signal.signal(signal.SIGALRM, _interrupt) if hangs else None
        self._patience_s = PATIENCE_S if hangs else 0.0
        try:
            yield
        finally:
            logger.removeHandler(self._faults)
            logger.propagate = True
            if hangs:
                signal.signal(signal.SIGALRM, before)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise _Hang


class _Table:
    """The card, its store and its model."""

    def __init__(self, start: Start, seed: int) -> None:
        image = cards.image_of(start)
        self._store = MemoryStore(image)
        self._random = random.Random(~seed).randbytes
        self._card = VirtualCard(self._store, rng=self._random)
        self.model = Model(image, PROFILES[start.profile])

    def take(self, step: Step) -> bytes | None:
        """One step; the answer to a command. ``Violation`` when a rule was broken."""
        if isinstance(step, bytes):
            answer = self._card.process(step)
            self.model.observe(step, answer, self._card.image)
            return answer
        if step is Event.TAMPER:
            self._card.tamper()
            self.model.tampered(self._store.load())
            return None
        if step is Event.RESTART:
            self._card = VirtualCard(self._store, rng=self._random)
        else:
            (self._card.reset if step is Event.RESET else self._card.power_off)()
        self.model.cut(self._card.image)
        return None
