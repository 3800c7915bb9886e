"""The persistent state of the free area. Values only: a change is a new one, which the card commits with its image."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Final

from apdu.layout import card_manager
from apdu.package import Package
from apdu.scp03 import StaticKeys

MEMORY: Final = 16_384
"""Bytes of a card's free area. Ours: the real size is not public."""
DOMAIN_FOOTPRINT: Final = 256
"""What a security domain takes beside what it loads: ours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Secret:
    """A PIN or key of an application. ``tries_left`` 0 is blocked; an empty ``value`` was never set."""

    value: bytes = field(repr=False)
    tries_left: int
    limit: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """What is in an EF: each kind uses its own fields and leaves the others empty."""

    data: bytes = field(default=b"", repr=False)
    """A transparent EF, or the text of a ticket."""
    records: tuple[bytes, ...] = field(default=(), repr=False)
    """Record 1 first: the oldest of a linear EF, the newest of a cyclic one."""
    number: int = 0
    """A counter, a balance, or the stage of a ticket."""
    last: bytes = b""
    """Which transaction was the last one, and a digest of what it asked for: it may be asked for again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Domain:
    """A security domain. Without keys of its own it opens with the issuer's: GPCS clause 7.2."""

    aid: bytes
    keys: Mapping[int, StaticKeys] = field(default_factory=dict)
    """By key version."""
    sequence: int = 0
    """Of the last channel that was begun: no challenge comes twice."""
    provider_key: bytes = b""
    """The point of P-256 that verifies load files; without one nothing can be loaded."""
    memory: int | None = None
    """Bytes that it may fill, or None: all there are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """A package on the card."""

    block: bytes = field(repr=False)
    domain: bytes

    @property
    def package(self) -> Package:
        """What the block says."""
        return package_of(self.block)


@dataclass(frozen=True, slots=True, kw_only=True)
class Instance:
    """An application that can be selected."""

    aid: bytes
    load_aid: bytes
    domain: bytes
    locked_by: bytes = b""
    """The domain that locked it, or made it without making it selectable; empty while it is selectable."""
    secrets: Mapping[int, Secret] = field(default_factory=dict)
    files: Mapping[int, Content] = field(default_factory=dict)

    @property
    def locked(self) -> bool:
        """Whether SELECT passes it over."""
        return bool(self.locked_by)

    def with_file(self, fid: int, content: Content) -> Instance:
        """The same with one EF replaced."""
        return replace(self, files={**self.files, fid: content})

    def with_secret(self, reference: int, secret: Secret) -> Instance:
        """The same with one PIN or key replaced."""
        return replace(self, secrets={**self.secrets, reference: secret})


@dataclass(frozen=True, slots=True, kw_only=True)
class FreeArea:
    """Everything in the free area by AID; the issuer's domain is always there."""

    memory: int = MEMORY
    domains: Mapping[bytes, Domain]
    loaded: Mapping[bytes, Loaded] = field(default_factory=dict)
    instances: Mapping[bytes, Instance] = field(default_factory=dict)

    @classmethod
    def blank(cls, *, version: int, keys: StaticKeys) -> FreeArea:
        """A fresh card's: the issuer's domain and nothing in it."""
        issuer = Domain(aid=card_manager.AID, keys={version: keys})
        return cls(domains={card_manager.AID: issuer})

    def with_domain(self, domain: Domain) -> FreeArea:
        """The same with one domain replaced or added."""
        return replace(self, domains={**self.domains, domain.aid: domain})

    def with_instance(self, instance: Instance) -> FreeArea:
        """The same with one application replaced or added."""
        return replace(self, instances={**self.instances, instance.aid: instance})

    def holds(self, aid: bytes) -> bool:
        """True when anything has this AID."""
        return aid in self.domains or aid in self.loaded or aid in self.instances

    @property
    def owners(self) -> frozenset[bytes]:
        """The domains that something belongs to."""
        loaded = {one.domain for one in self.loaded.values()}
        return frozenset(loaded | {one.domain for one in self.instances.values()})

    def package(self, instance: Instance) -> Package:
        """What an application was made from."""
        return self.loaded[instance.load_aid].package

    def used(self, domain: bytes | None = None) -> int:
        """Bytes taken by everything, or by what one domain loaded and installed."""
        of = [one for one in self.loaded.values() if domain in (None, one.domain)]
        used = sum(len(one.block) for one in of)
        used += sum(
            self.package(instance).footprint
            for instance in self.instances.values()
            if domain in (None, instance.domain)
        )
        return used if domain is not None else used + DOMAIN_FOOTPRINT * (len(self.domains) - 1)

    def free(self, domain: bytes) -> int:
        """Bytes that a domain may still fill."""
        left = self.memory - self.used()
        quota = self.domains[domain].memory
        return left if quota is None else min(left, quota - self.used(domain))


def transaction(name: bytes, instruction: int, request: bytes) -> bytes:
    """What ``Content.last`` keeps of a transaction: its name and 8 bytes of a digest."""
    return name + hashlib.sha256(bytes((instruction,)) + request).digest()[:8]


@lru_cache(maxsize=64)
def package_of(block: bytes) -> Package:
    """Decode once what every command of an application asks for; ``PackageError`` when it is none."""
    return Package.decode(block)
