"""What can go wrong between a client and the repository: a class an effect, each a wrapper around what it spoils."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta
from http import HTTPStatus
from types import MappingProxyType
from typing import ClassVar, Final, TypeAlias

from jpki.ocsp.faults import OCSP_FAULTS
from jpki.repository.addresses import Area
from jpki.repository.errors import PkiFaultError
from jpki.repository.messages import Delivery, Request, Response, Service, http_date, problem

Dice: TypeAlias = Callable[[int, int], int]
"""The n-th number below a limit, the same whenever the plan is played again."""

EVERYWHERE: Final = tuple(Area)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One request that a fault strikes, what would answer it, and what else there is to answer it."""

    request: Request
    at: datetime
    serve: Service
    substitutes: Mapping[str, Service]
    dice: Dice

    def served(self) -> Response:
        """The response as it would have been."""
        return self.serve.handle(self.request, at=self.at)


class Effect(ABC):
    """One thing that goes wrong. Its dataclass fields are its fields in a plan."""

    __slots__ = ()
    word: ClassVar[str]
    areas: ClassVar[tuple[Area, ...]] = EVERYWHERE
    says: ClassVar[str]

    @abstractmethod
    def answer(self, case: Case) -> Response:
        """What the client gets instead."""

    def __str__(self) -> str:
        return " ".join((self.word, *(f"{name}={getattr(self, name)}" for name in parameters_of(type(self)))))


def parameters_of(kind: type[Effect]) -> tuple[str, ...]:
    """The fields of a plan that belong to an effect alone."""
    return tuple(each.name for each in fields(kind))  # type: ignore[arg-type]


def _require(field_name: str, value: int, least: int, most: int) -> None:
    if not least <= value <= most:
        raise PkiFaultError(f"has to be from {least} to {most}, not {value}", field=field_name)


@dataclass(frozen=True, kw_only=True)
class Down(Effect):
    """Nobody answers: the connection ends before a byte was sent."""

    word = "down"
    says = "the connection is closed without an answer"

    def answer(self, case: Case) -> Response:
        """As though the server had died."""
        return replace(problem(HTTPStatus.BAD_GATEWAY, "down", at=case.at), delivery=Delivery(dropped=True))


@dataclass(frozen=True, kw_only=True)
class Unavailable(Effect):
    """A status that says so (RFC 9110 clause 15.6.4)."""

    status: int = 503
    retry_after_s: int = 60

    word = "unavailable"
    says = "an HTTP status of a server in trouble, with Retry-After"

    def __post_init__(self) -> None:
        _require("status", self.status, 500, 599)
        _require("retry_after_s", self.retry_after_s, 0, 86_400)

    def answer(self, case: Case) -> Response:
        """A problem with ``Retry-After`` (RFC 9110 clause 10.2.3)."""
        told = problem(
            HTTPStatus.SERVICE_UNAVAILABLE,
            "the lab's plan of faults says so",
            at=case.at,
            headers=(("Retry-After", str(self.retry_after_s)),),
        )
        return replace(told, status=self.status)


@dataclass(frozen=True, kw_only=True)
class Slow(Effect):
    """The answer comes late, or drips."""

    ms: int = 3000
    bytes_per_second: int = 0

    word = "slow"
    says = "the answer begins late, or comes at so many bytes a second"

    def __post_init__(self) -> None:
        _require("ms", self.ms, 0, 600_000)
        _require("bytes_per_second", self.bytes_per_second, 0, 1_000_000_000)

    def answer(self, case: Case) -> Response:
        """The same answer, with the pace it travels at."""
        response = case.served()
        pace = self.bytes_per_second or response.delivery.bytes_per_second
        late = replace(response.delivery, delay_ms=response.delivery.delay_ms + self.ms, bytes_per_second=pace)
        return replace(response, delivery=late)


@dataclass(frozen=True, kw_only=True)
class Truncate(Effect):
    """The connection ends within the body, whose length the header told."""

    keep: int = 100

    word = "truncate"
    says = "the connection ends after so many bytes of the body"

    def __post_init__(self) -> None:
        _require("keep", self.keep, 0, 1_000_000_000)

    def answer(self, case: Case) -> Response:
        """The same answer, to be cut on its way."""
        response = case.served()
        return replace(response, delivery=replace(response.delivery, keep=self.keep))


@dataclass(frozen=True, kw_only=True)
class Corrupt(Effect):
    """Bits of the body are flipped; its length stays."""

    bits: int = 1

    word = "corrupt"
    says = "bits of the body are flipped, the same ones each time the plan is played"

    def __post_init__(self) -> None:
        _require("bits", self.bits, 1, 64)

    def answer(self, case: Case) -> Response:
        """The same answer with wrong bits in it."""
        response = case.served()
        body = bytearray(response.body)
        flipped: set[int] = set()
        attempt = 0
        while len(flipped) < min(self.bits, 8 * len(body)):
            flipped.add(case.dice(attempt, 8 * len(body)))
            attempt += 1
        for position in flipped:
            body[position // 8] ^= 0x80 >> position % 8
        return replace(response, body=bytes(body))


@dataclass(frozen=True, kw_only=True)
class Stale(Effect):
    """A copy from before, as a cache would have it that nobody renewed."""

    hours: int = 24

    word = "stale"
    areas = (Area.CRL, Area.OCSP)
    says = "the list or answer of so many hours ago"

    def __post_init__(self) -> None:
        _require("hours", self.hours, 1, 24 * 3660)

    def answer(self, case: Case) -> Response:
        """The answer of then, dated now."""
        then = case.serve.handle(case.request, at=case.at - timedelta(hours=self.hours))
        return replace(
            then, headers=tuple((k, http_date(case.at) if k == "Date" else value) for k, value in then.headers)
        )


@dataclass(frozen=True, kw_only=True)
class Skew(Effect):
    """The repository's clock is wrong: everything is of another moment, ``Date`` too."""

    seconds: int = 3600

    word = "skew"
    says = "the repository's clock goes wrong by so many seconds"

    def __post_init__(self) -> None:
        _require("seconds", abs(self.seconds), 1, 3660 * 86_400)

    def answer(self, case: Case) -> Response:
        """The answer of the moment that it believes in."""
        return case.serve.handle(case.request, at=case.at + timedelta(seconds=self.seconds))


@dataclass(frozen=True, kw_only=True)
class Substitute(Effect):
    """Another repository answers, with the wrong keys or the wrong idea."""

    name: str

    word = "substitute"
    says = "another repository answers"

    def answer(self, case: Case) -> Response:
        """Its answer."""
        return case.substitutes[self.name].handle(case.request, at=case.at)

    def __str__(self) -> str:
        return self.name


CRL_SUBSTITUTES: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "other-ca": ("the list of the other CA at the same address", "同じアドレスでもう一方の認証局のリストを返す"),
        "wrong-signer": (
            "a list signed with a key that is not the CA's",
            "認証局のものではない鍵で署名したリストを返す",
        ),
    }
)
"""What may be wrong with lists themselves, beside all that ``jpki.ocsp.faults`` has for answers."""

SUBSTITUTES: Final[Mapping[str, tuple[Area, ...]]] = MappingProxyType(
    {
        word: tuple(area for area, words in ((Area.CRL, CRL_SUBSTITUTES), (Area.OCSP, OCSP_FAULTS)) if word in words)
        for word in (*CRL_SUBSTITUTES, *OCSP_FAULTS)
    }
)
"""word → the areas that it makes sense in. Whoever wires a repository lends it such substitutes."""

EFFECTS: Final[Mapping[str, type[Effect]]] = MappingProxyType(
    {kind.word: kind for kind in (Down, Unavailable, Slow, Truncate, Corrupt, Stale, Skew)}
)
WORDS: Final = (*EFFECTS, *SUBSTITUTES)
