"""A plan: faults, each an effect, the requests that it may strike, and how often it does."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass, fields
from fnmatch import fnmatchcase
from typing import Final

from jpki.repository.addresses import Address, Area
from jpki.repository.errors import PkiFaultError
from jpki.repository.faults.effects import SUBSTITUTES, Effect, Substitute
from jpki.repository.messages import Request

_MAX_NUMBER: Final = 1_000_000
ALWAYS: Final = None
"""``times`` of a fault that never ends."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Aim:
    """Which requests: an area, a CA by its label or key identifier, a path with ``*`` in it. None fits all."""

    on: Area | None = None
    ca: str | None = None
    path: str | None = None

    def fits(self, request: Request, address: Address, known_as: Container[str]) -> bool:
        """Whether it is one of them. ``known_as``: what the CA in the address is called, its key identifier too."""
        return (
            (self.on is None or address.area is self.on)
            and (self.ca is None or self.ca in known_as)
            and (self.path is None or fnmatchcase(request.path, self.path))
        )

    def __str__(self) -> str:
        words = (("on", self.on and self.on.value), ("ca", self.ca), ("path", self.path))
        return "".join(f" {name}={value}" for name, value in words if value is not None)


@dataclass(frozen=True, slots=True, kw_only=True)
class PkiFault:
    """One fault: from the ``number``-th request in its aim on, ``times`` times, in so many percent of the cases."""

    effect: Effect
    aim: Aim = Aim()
    number: int = 1
    times: int | None = 1
    percent: int = 100

    def __post_init__(self) -> None:
        for field, value, most in (
            ("number", self.number, _MAX_NUMBER),
            ("cease", self.times, _MAX_NUMBER),
            ("percent", self.percent, 100),
        ):
            if value is not None and not 1 <= value <= most:
                raise PkiFaultError(f"has to be from 1 to {most}, not {value}", field=field)
        if self.aim.on is not None and self.aim.on not in self.areas:
            able = " or ".join(area.value for area in self.areas)
            raise PkiFaultError(f"cannot be {self.aim.on.value} for {self.word}", field="on", hint=f"on={able}")

    @property
    def areas(self) -> tuple[Area, ...]:
        """Where its effect makes sense."""
        return SUBSTITUTES[self.effect.name] if isinstance(self.effect, Substitute) else self.effect.areas

    @property
    def word(self) -> str:
        """What its effect is called in a plan."""
        return self.effect.name if isinstance(self.effect, Substitute) else self.effect.word

    def may_strike(self, request: Request, address: Address, known_as: Container[str]) -> bool:
        """Whether a request is one that it counts."""
        return address.area in self.areas and self.aim.fits(request, address, known_as)

    def __str__(self) -> str:
        number = f" number={self.number}" if self.number != 1 else ""
        percent = f" percent={self.percent}" if self.percent != 100 else ""
        cease = {None: " cease=always", 1: ""}.get(self.times, f" cease={self.times}")
        return f"{self.effect}{self.aim}{number}{percent}{cease}"


@dataclass(frozen=True, slots=True, kw_only=True)
class PkiFaultPlan:
    """Faults, the first one outermost: it spoils what the later ones have spoilt. The same seed, the same dice."""

    faults: tuple[PkiFault, ...] = ()
    seed: str = ""

    def __bool__(self) -> bool:
        return bool(self.faults)


AIM_FIELDS: Final = tuple(each.name for each in fields(Aim))
