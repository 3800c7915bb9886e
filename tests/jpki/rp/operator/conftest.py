"""An operator over both databases: two tenants, cards with certificates of any number, links as a test tells them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from apdu.ports import RandomBytes
from jpki.attributes import HolderAttributes
from jpki.ca.authority import Authority
from jpki.ca.crl import CrlEntry, build_crl
from jpki.holder import Holder
from jpki.kinds import CaKind
from jpki.reasons import RevocationReason
from jpki.rp.listed import RevokedHandles
from jpki.rp.operator.ceremonies import Accepted, log_in, register
from jpki.rp.operator.ceremonies import replace as replace_certificate
from jpki.rp.operator.challenges import give_challenge
from jpki.rp.operator.desk import Operator, TenantDesk, tenant_vault
from jpki.rp.operator.interfaces import Absence
from jpki.rp.operator.proof import OfChallenge, Proof, Signed
from jpki.rp.operator.records import Act, CheckMethod, Medium
from jpki.rp.operator.vocabulary import Refusal
from jpki.rp.storage.operator.places import place_for
from jpki.rp.storage.operator.store import SqlTenantStore
from jpki.verify.crl_index import CrlIndex
from jpki.verify.procedure import SubjectBinding
from jpki.verify.revocation import CrlRevocationCheck
from jpki.verify.trust import TrustAnchor, TrustStore
from tests.jpki.registry.postgresql import Cluster
from tests.jpki.rp.bank import KEY, NOW, ToldLinks
from tests.jpki.rp.conftest import PLACES

ORIGIN = "https://bank.example"


@dataclass
class ToldPersons(ToldLinks):
    """Links in both directions, and on what a certificate lives."""

    phones: set[SubjectBinding] = field(default_factory=set)
    unheard: set[SubjectBinding] = field(default_factory=set)

    def partners(self, kind: CaKind, binding: SubjectBinding, *, at: datetime) -> list[SubjectBinding]:
        mine = (binding, *self.predecessors(kind, binding, at=at))
        if kind is CaKind.SIGN:
            return [self.pairs[one] for one in mine if one in self.pairs]
        return [sign for sign, auth in self.pairs.items() if auth in mine]

    def medium(self, kind: CaKind, binding: SubjectBinding) -> Medium | None:
        return None if binding in self.unheard else Medium.PHONE if binding in self.phones else Medium.CARD


@dataclass
class ToldLatest:
    """The service of the latest attributes."""

    answer: tuple[SubjectBinding, HolderAttributes] | None = None
    why: Absence = Absence.UNKNOWN

    def latest(self, sign: SubjectBinding, *, at: datetime) -> tuple[SubjectBinding, HolderAttributes] | None:
        return self.answer

    def absence(self, sign: SubjectBinding, *, at: datetime) -> Absence:
        return self.why


@dataclass
class Shop:
    """One tenant, its operator, and everybody's cards."""

    desk: TenantDesk
    authorities: Mapping[CaKind, Authority]
    issue: Callable[..., bytes]
    keys: Mapping[CaKind, RSAPrivateKey]
    links: ToldPersons
    latest: ToldLatest
    check: CrlRevocationCheck
    rng: RandomBytes
    lists: list[bytes] = field(default_factory=list)

    def binding(self, kind: CaKind, serial: int) -> SubjectBinding:
        return SubjectBinding(self.authorities[kind].key_id, serial)

    def pair(self, sign: int, auth: int) -> None:
        self.links.pairs[self.binding(CaKind.SIGN, sign)] = self.binding(CaKind.AUTH, auth)

    def succeed(self, kind: CaKind, *serials: int) -> None:
        """Newest first."""
        newest, *before = (self.binding(kind, serial) for serial in serials)
        self.links.before[kind, newest] = tuple(before)

    def publish(
        self, revoked: Mapping[tuple[CaKind, int], RevocationReason] | None = None, *, now: datetime = NOW
    ) -> None:
        self.lists = [
            build_crl(
                authority,
                entries=[
                    CrlEntry(serial=serial, revoked_at=now - timedelta(hours=2), reason=reason)
                    for (of, serial), reason in sorted((revoked or {}).items(), key=lambda one: one[0][1])
                    if of is kind
                ],
                number=int(now.timestamp()),
                this_update=now - timedelta(hours=1),
                next_update=now + timedelta(days=2),
            )
            for kind, authority in self.authorities.items()
        ]
        self.check.replace(self.lists)

    def listed(self, at: datetime = NOW) -> RevokedHandles:
        lists = [CrlIndex(one) for one in self.lists]
        return RevokedHandles.of(self.desk.operator.trust, lists, self.desk.vault, at=at)

    def proof(self, kind: CaKind, serial: int, signed: Signed, message: bytes, **changes: Any) -> Proof:
        signature = self.keys[kind].sign(message, padding.PKCS1v15(), hashes.SHA256())
        certificate = self.issue(kind, serial=serial, **changes)
        return Proof(certificate=certificate, signature=signature, signed=signed)

    def challenged(self, act: Act, kind: CaKind, serial: int, *, now: datetime = NOW, **changes: Any) -> Proof:
        given = give_challenge(self.desk, act, ORIGIN, now, self.rng)
        return self.proof(kind, serial, OfChallenge(nonce=given.nonce), given.message, **changes)

    def register(
        self, serial: int = 11, kind: CaKind = CaKind.SIGN, *, now: datetime = NOW, **changes: Any
    ) -> Accepted | Refusal:
        proof = self.challenged(Act.REGISTRATION, kind, serial, now=now, **changes)
        return register(self.desk, proof, now, self.rng, kind=kind)

    def log_in(self, serial: int = 12, *, now: datetime = NOW, **options: Any) -> Accepted | Refusal:
        proof = self.challenged(Act.LOG_IN, CaKind.AUTH, serial, now=now)
        return log_in(self.desk, proof, now, self.rng, **options)

    def replace(self, serial: int, kind: CaKind = CaKind.SIGN, *, now: datetime = NOW) -> Accepted | Refusal:
        proof = self.challenged(Act.REPLACEMENT, kind, serial, now=now)
        return replace_certificate(self.desk, proof, now, self.rng, kind=kind)

    def with_operator(self, **changes: Any) -> Shop:
        operator = replace(self.desk.operator, **changes)
        return replace(self, desk=replace(self.desk, operator=operator))


@pytest.fixture(params=PLACES)
def base(request: pytest.FixtureRequest, tmp_path: Path) -> Path | str:
    """Where an operator keeps its tenants."""
    if request.param == "sqlite":
        return tmp_path
    cluster: Cluster = request.getfixturevalue("cluster")
    return cluster.new_database()


@pytest.fixture
def open_shop(
    base: Path | str,
    authorities: Mapping[CaKind, Authority],
    issue: Callable[..., bytes],
    keys: list[RSAPrivateKey],
    rng: RandomBytes,
) -> Iterator[Callable[[str], Shop]]:
    """Tenants of one operator, by their names."""
    anchors = [TrustAnchor.load(one.kind, one.hierarchy, one.certificate_der) for one in authorities.values()]
    check, links, latest = CrlRevocationCheck(), ToldPersons(), ToldLatest()
    operator = Operator(
        name="見本事業者",
        trust=TrustStore(anchors),
        revocation=dict.fromkeys(CheckMethod, check),
        links=links,
        latest=latest,
    )
    with ExitStack() as stack:

        def make(name: str) -> Shop:
            store = stack.enter_context(SqlTenantStore(place_for(base, f"tenant-{name}")))
            desk = TenantDesk(operator=operator, tenant=name, store=store, vault=tenant_vault(KEY, name))
            owned = {CaKind.SIGN: keys[4], CaKind.AUTH: keys[5]}
            shop = Shop(desk, authorities, issue, owned, links, latest, check, rng)
            shop.pair(11, 12)
            shop.publish()
            return shop

        yield make


@pytest.fixture
def shop(open_shop: Callable[[str], Shop]) -> Shop:
    """A bank."""
    return open_shop("bank")


@pytest.fixture
def attributes(holder: Holder) -> HolderAttributes:
    """The specimen person's."""
    return holder.attributes()
