"""A relying party at one origin, and a card made of keys alone."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from apdu.ports import RandomBytes
from jpki.ca.authority import Authority
from jpki.ca.crl import CrlEntry, build_crl
from jpki.kinds import CaKind
from jpki.rp.challenges import MemoryChallengeStore
from jpki.rp.contract import ContractCeremony
from jpki.rp.login import LoginCeremony
from jpki.rp.storage.store import SqlStore
from jpki.verify.policy import DOCUMENT_SIGNATURE, LOG_IN, Policy
from jpki.verify.revocation import CrlRevocationCheck
from jpki.verify.trust import TrustAnchor, TrustStore
from tests.jpki.registry.postgresql import POSTGRESQL, Cluster, running_cluster
from tests.jpki.rp.bank import Bank

NOW = datetime(2026, 5, 1, 3, 0, tzinfo=UTC)
ORIGIN = "https://rp.example"


@dataclass
class SoftCard:
    """A signer without a card; it notes what it was asked, in order."""

    keys: Mapping[CaKind, RSAPrivateKey]
    certificates: Mapping[CaKind, bytes]
    asked: list[tuple[str, CaKind]] = field(default_factory=list)

    def verify_pin(self, kind: CaKind, pin: str) -> None:
        self.asked.append(("verify", kind))

    def read_certificate(self, kind: CaKind) -> bytes:
        self.asked.append(("read", kind))
        return self.certificates[kind]

    def sign(self, kind: CaKind, message: bytes) -> bytes:
        self.asked.append(("sign", kind))
        return self.keys[kind].sign(message, padding.PKCS1v15(), hashes.SHA256())


@dataclass
class RelyingParty:
    """Ceremonies over one store; ``crls`` may be replaced."""

    trust: TrustStore
    check: CrlRevocationCheck
    authorities: Mapping[CaKind, Authority]
    challenges: MemoryChallengeStore = field(default_factory=MemoryChallengeStore)

    def login(self, origin: str = ORIGIN, **changes: Any) -> LoginCeremony:
        return LoginCeremony(origin, **self._arguments(Policy(purpose=LOG_IN, revocation=self.check)) | changes)

    def contract(self, origin: str = ORIGIN, **changes: Any) -> ContractCeremony:
        policy = Policy(purpose=DOCUMENT_SIGNATURE, revocation=self.check)
        return ContractCeremony(origin, **self._arguments(policy) | changes)

    def _arguments(self, policy: Policy) -> dict[str, Any]:
        return {"trust": self.trust, "policy": policy, "challenges": self.challenges}

    def publish(self, *entries: CrlEntry) -> None:
        """New lists of both CAs; the entries are the authentication CA's."""
        listed = {CaKind.AUTH: entries, CaKind.SIGN: ()}
        self.check.replace(
            build_crl(
                authority,
                entries=listed[kind],
                number=43,
                this_update=NOW - timedelta(hours=1),
                next_update=NOW + timedelta(days=2),
            )
            for kind, authority in self.authorities.items()
        )


@pytest.fixture
def rp(authorities: Mapping[CaKind, Authority]) -> RelyingParty:
    """A relying party that trusts both authorities and has their lists, nothing revoked."""
    anchors = (TrustAnchor.load(one.kind, one.hierarchy, one.certificate_der) for one in authorities.values())
    party = RelyingParty(trust=TrustStore(anchors), check=CrlRevocationCheck(), authorities=authorities)
    party.publish()
    return party


@pytest.fixture
def card(issue: Callable[..., bytes], keys: list[RSAPrivateKey]) -> SoftCard:
    """The specimen holder's card."""
    return SoftCard(
        keys={CaKind.SIGN: keys[4], CaKind.AUTH: keys[5]}, certificates={kind: issue(kind) for kind in CaKind}
    )


@pytest.fixture
def rng() -> RandomBytes:
    """Bytes that never repeat and are the same in every run."""
    count = 0

    def draw(size: int) -> bytes:
        nonlocal count
        count += 1
        return hashlib.shake_128(f"draw {count}".encode()).digest(size)

    return draw


PLACES = ("sqlite", pytest.param("postgresql", marks=POSTGRESQL))


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """A PostgreSQL server on a socket of its own, for all tests of this process."""
    with running_cluster() as cluster:
        yield cluster


@pytest.fixture(params=PLACES)
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Path | str:
    """Where nobody keeps customers yet."""
    if request.param == "sqlite":
        return tmp_path / "customers.db"
    cluster: Cluster = request.getfixturevalue("cluster")
    return cluster.new_place()


@pytest.fixture
def store(place: Path | str) -> Iterator[SqlStore]:
    """Without customers."""
    with SqlStore(place) as store:
        yield store


@pytest.fixture
def bank(
    store: SqlStore,
    authorities: Mapping[CaKind, Authority],
    issue: Callable[..., bytes],
    keys: list[RSAPrivateKey],
    rng: RandomBytes,
) -> Bank:
    """A bank that trusts both authorities and has their lists, nothing revoked."""
    owned = {CaKind.SIGN: keys[4], CaKind.AUTH: keys[5]}

    def soft_card(certificates: Mapping[CaKind, bytes]) -> SoftCard:
        return SoftCard(keys=owned, certificates=certificates)

    return Bank(store=store, authorities=authorities, issue=issue, soft_card=soft_card, rng=rng)
