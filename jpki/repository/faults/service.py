"""A plan at work around a repository: Service → Service."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from types import MappingProxyType
from typing import Final, TypeAlias

from jpki.repository.addresses import Address, address_of
from jpki.repository.errors import PkiFaultError
from jpki.repository.faults.effects import Case, Dice, Substitute
from jpki.repository.faults.plan import PkiFault, PkiFaultPlan
from jpki.repository.messages import Request, Response, Service

KnownAs: TypeAlias = Callable[[str, datetime], Container[str]]
"""What a CA in an address is called: ``Repository.known_as``."""

_REMEMBERED: Final = 1000
_NO_SUBSTITUTES: Final[Mapping[str, Service]] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class PkiFiring:
    """A fault struck: which, and at the how-manieth of the requests that it counts."""

    fault: str
    number: int
    method: str
    path: str

    def as_dict(self) -> dict[str, str | int]:
        """The fields for JSON."""
        return {"fault": self.fault, "number": self.number, "method": self.method, "path": self.path}


@dataclass(slots=True)
class _Watch:
    """One fault and how far it is."""

    fault: PkiFault
    dice: Dice
    seen: int = 0
    fired: int = 0

    def strikes(self) -> bool:
        """One more request of its aim: is it time?"""
        self.seen += 1
        fault = self.fault
        if self.seen < fault.number or (fault.times is not None and self.fired >= fault.times):
            return False
        if self.dice(-self.seen, 100) >= fault.percent:
            return False
        self.fired += 1
        return True


@dataclass(frozen=True, slots=True)
class _Struck:
    """A service, and one effect around it."""

    watch: _Watch
    fired: int
    inner: Service
    substitutes: Mapping[str, Service]

    def handle(self, request: Request, *, at: datetime) -> Response:
        dice = self.watch.dice
        case = Case(
            request=request,
            at=at,
            serve=self.inner,
            substitutes=self.substitutes,
            dice=lambda attempt, below: dice(self.fired << 16 | attempt, below),
        )
        return self.watch.fault.effect.answer(case)


class FaultyService:
    """A repository that a plan spoils. Several threads may ask at once; requests are counted in the order they come."""

    def __init__(
        self,
        service: Service,
        plan: PkiFaultPlan,
        *,
        substitutes: Mapping[str, Service] = _NO_SUBSTITUTES,
        known_as: KnownAs = lambda ca, _at: (ca,),
    ) -> None:
        for fault in plan.faults:
            if isinstance(fault.effect, Substitute) and fault.effect.name not in substitutes:
                raise PkiFaultError(f"{fault.effect.name} is not possible here", field="effect")
        self._service = service
        self._substitutes = substitutes
        self._known_as = known_as
        self._watches = [_Watch(fault, _dice(plan.seed, number)) for number, fault in enumerate(plan.faults)]
        self._asks_for_ca = any(fault.aim.ca is not None for fault in plan.faults)
        self._fired: deque[PkiFiring] = deque(maxlen=_REMEMBERED)
        self._lock = threading.Lock()

    @property
    def fired(self) -> tuple[PkiFiring, ...]:
        """What has struck, in order; the last thousand of it."""
        with self._lock:
            return tuple(self._fired)

    def handle(self, request: Request, *, at: datetime) -> Response:
        """The response through all that is due."""
        address = address_of(request.path, method=request.method)
        service = self._service
        if address is None:
            return service.handle(request, at=at)
        known_as = self._known_as(address.ca, at) if self._asks_for_ca else ()
        with self._lock:
            due = [(watch, watch.fired) for watch in self._watches if self._notice(watch, request, address, known_as)]
        for watch, fired in reversed(due):
            service = _Struck(watch, fired, service, self._substitutes)
        return service.handle(request, at=at)

    def _notice(self, watch: _Watch, request: Request, address: Address, known_as: Container[str]) -> bool:
        if not watch.fault.may_strike(request, address, known_as) or not watch.strikes():
            return False
        self._fired.append(
            PkiFiring(fault=str(watch.fault), number=watch.seen, method=request.method, path=request.path)
        )
        return True


def _dice(seed: str, fault: int) -> Dice:
    def throw(number: int, below: int) -> int:
        return int.from_bytes(sha256(f"{seed}\0{fault}\0{number}".encode()).digest()) % below

    return throw
