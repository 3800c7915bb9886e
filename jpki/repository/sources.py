"""What a repository publishes, and where it asks for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Protocol

from jpki.kinds import CaKind
from jpki.names import Name


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedAuthority:
    """One generation of one CA. ``label`` is what its files are called; ``key_id`` tells generations apart."""

    label: str
    kind: CaKind
    name: Name
    key_id: bytes
    certificate_der: bytes = field(repr=False)
    not_before: datetime
    not_after: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedCrl:
    """A revocation list as it was issued. A source that keeps this object spares the hash for the next client."""

    der: bytes = field(repr=False)
    this_update: datetime
    next_update: datetime
    digest: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "digest", sha256(self.der).hexdigest())


class Publications(Protocol):
    """What the CAs have published. Several threads may ask at once."""

    def authorities(self, *, at: datetime) -> Sequence[PublishedAuthority]:
        """Every generation of both CAs that there was at that moment, newest first within its kind."""
        ...

    def distribution_points(self, authority: PublishedAuthority, *, at: datetime) -> Sequence[Name]:
        """The names under which this CA's partitions are published, without the CA's own."""
        ...

    def crl(
        self, authority: PublishedAuthority, distribution_point: Name | None, *, issued_at: datetime
    ) -> PublishedCrl | None:
        """The list of one partition, or the full one, that was issued at that moment; None when it never is."""
        ...
