"""What a card knows: the persistent image that outlives the supply, and the volatile session that does not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import TYPE_CHECKING

from apdu.layout import card_manager
from cardsim.free_area.state import FreeArea

if TYPE_CHECKING:
    from cardsim.free_area.area import Area

MAX_TRIES = 15  # 63Cx has four bits for them: ISO/IEC 7816-4 clause 5.6


class LifeCycle(Enum):
    """GlobalPlatform Card Specification 2.3.1 clause 5.1: SECURED once personalised, TERMINATED for good."""

    SECURED = "secured"
    TERMINATED = "terminated"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pin:
    """A PIN EF. ``tries_left`` 0 is blocked; an empty ``value`` was never set and equals nothing."""

    value: bytes = field(repr=False)
    tries_left: int
    limit: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicationImage:
    """One application: its EFs by id, each in one of the first five, and the data objects of GET DATA by tag."""

    aid: bytes
    files: Mapping[int, bytes] = field(default_factory=dict, repr=False)
    records: Mapping[int, tuple[bytes, ...]] = field(default_factory=dict, repr=False)
    """Record EFs: record 1 first."""
    pins: Mapping[int, Pin] = field(default_factory=dict)
    keys: Mapping[int, bytes] = field(default_factory=dict, repr=False)
    """Private keys as PKCS #8 DER; empty where the EF exists and no key was ever put in."""
    internal: frozenset[int] = frozenset()
    """EFs that can be selected and do nothing more."""
    hidden: Mapping[int, bytes] = field(default_factory=dict, repr=False)
    """Keys in no EF, by the EF they belong to: the private half (PKCS #8 DER) of a public key that an EF shows."""
    objects: Mapping[int, bytes] = field(default_factory=dict, repr=False)

    def holds(self, fid: int) -> bool:
        """True when an EF has this id."""
        return fid in self.files or fid in self.pins or fid in self.keys or fid in self.records or fid in self.internal


@dataclass(frozen=True, slots=True, kw_only=True)
class CardImage:
    """Everything that survives power-off. Values only: a change is a new image, which a store commits."""

    profile: str
    serial: str
    life_cycle: LifeCycle = LifeCycle.SECURED
    applications: Mapping[bytes, ApplicationImage]
    """By AID, in the order in which SELECT finds them."""
    free_area: FreeArea | None = None
    """空き領域, or None on a card without one."""

    def with_pin(self, aid: bytes, fid: int, pin: Pin) -> CardImage:
        """The same card with one PIN EF replaced."""
        application = self.applications[aid]
        changed = replace(application, pins={**application.pins, fid: pin})
        return replace(self, applications={**self.applications, aid: changed})


@dataclass(slots=True)
class Session:
    """What reset and power-off drop. The card manager is selected at power-on (measured: soltia48/myna-card mf.rs)."""

    aid: bytes = card_manager.AID
    current: int | None = None
    verified: set[int] = field(default_factory=set)
    area: Area | None = None
    """What answers instead of the card's own commands while a part of the free area is selected."""
    secure: SecureSession | None = None


@dataclass(slots=True)
class SecureSession:
    """Secure messaging under way: its key, and the number of the next command, which every try moves on."""

    key: bytes = field(repr=False)
    number: int = 1
