"""A bank with customers: a desk over a store, cards with certificates of any serial number, links that are told."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from apdu.ports import RandomBytes
from jpki.attributes import HolderAttributes
from jpki.ca.authority import Authority
from jpki.ca.crl import CrlEntry, build_crl
from jpki.kinds import CaKind
from jpki.reasons import RevocationReason
from jpki.rp import contract, enrolment, login
from jpki.rp.account import AccountOpening
from jpki.rp.comparing.entry import CustomerEntry
from jpki.rp.consent import ConsentCeremony
from jpki.rp.customer_login import CustomerLogin
from jpki.rp.customer_signing import CustomerSigning
from jpki.rp.desk import Desk
from jpki.rp.enrolment import EnrolmentCeremony
from jpki.rp.interfaces import Store
from jpki.rp.listed import RevokedHandles
from jpki.rp.outcome import CustomerOutcome
from jpki.rp.statement import StatementKind
from jpki.rp.vault import Vault
from jpki.verify.crl_index import CrlIndex
from jpki.verify.procedure import SubjectBinding
from jpki.verify.revocation import CrlRevocationCheck
from jpki.verify.trust import TrustAnchor, TrustStore

NOW = datetime(2026, 5, 1, 3, 0, tzinfo=UTC)
ORIGIN = "https://bank.example"
KEY = bytes(range(32))
ENTRY = CustomerEntry(name="見本 花子", address="見本県見本市中央1-2-3", birth_date="1990-04-15", sex="女")


@dataclass
class ToldLinks:
    """Links as a test tells them."""

    pairs: dict[SubjectBinding, SubjectBinding] = field(default_factory=dict)
    before: dict[tuple[CaKind, SubjectBinding], tuple[SubjectBinding, ...]] = field(default_factory=dict)

    def pair(self, sign: SubjectBinding, *, at: datetime) -> SubjectBinding | None:
        return self.pairs.get(sign)

    def predecessors(self, kind: CaKind, binding: SubjectBinding, *, at: datetime) -> Sequence[SubjectBinding]:
        return self.before.get((kind, binding), ())


@dataclass
class ToldLatest:
    """The service of the latest attributes, as a test tells it; it notes what it was asked."""

    answer: tuple[SubjectBinding, HolderAttributes] | None = None
    asked: list[SubjectBinding] = field(default_factory=list)

    def latest(self, sign: SubjectBinding, *, at: datetime) -> tuple[SubjectBinding, HolderAttributes] | None:
        self.asked.append(sign)
        return self.answer


@dataclass
class Bank:
    """All ceremonies at one desk."""

    store: Store
    authorities: Mapping[CaKind, Authority]
    issue: Callable[..., bytes]
    soft_card: Callable[..., Any]
    rng: RandomBytes
    links: ToldLinks = field(default_factory=ToldLinks)
    check: CrlRevocationCheck = field(default_factory=CrlRevocationCheck)
    lists: list[bytes] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.anchors = [
            TrustAnchor.load(one.kind, one.hierarchy, one.certificate_der) for one in self.authorities.values()
        ]
        self.vault = Vault(KEY)
        self.desk = Desk(
            origin=ORIGIN,
            trust=TrustStore(self.anchors),
            revocation=self.check,
            store=self.store,
            vault=self.vault,
            links=self.links,
            name="見本銀行",
        )
        self.publish()

    def binding(self, kind: CaKind, serial: int) -> SubjectBinding:
        return SubjectBinding(self.authorities[kind].key_id, serial)

    def card(self, *, sign: int = 11, auth: int = 12, linked: bool = True, **changes: Any) -> Any:
        """A card whose two certificates have these numbers."""
        if linked:
            self.links.pairs[self.binding(CaKind.SIGN, sign)] = self.binding(CaKind.AUTH, auth)
        serials = {CaKind.SIGN: sign, CaKind.AUTH: auth}
        return self.soft_card({kind: self.issue(kind, serial=serial, **changes) for kind, serial in serials.items()})

    def succeed(self, kind: CaKind, *serials: int) -> None:
        """Newest first."""
        newest, *before = (self.binding(kind, serial) for serial in serials)
        self.links.before[kind, newest] = tuple(before)

    def publish(
        self, revoked: Mapping[tuple[CaKind, int], RevocationReason] | None = None, *, now: datetime = NOW
    ) -> None:
        """New lists of both CAs."""
        self.lists = [
            build_crl(
                authority,
                entries=[
                    CrlEntry(serial=serial, revoked_at=now - timedelta(hours=2), reason=reason)
                    for (of, serial), reason in sorted((revoked or {}).items(), key=lambda one: one[0][1])
                    if of is kind
                ],
                number=43,
                this_update=now - timedelta(hours=1),
                next_update=now + timedelta(days=2),
            )
            for kind, authority in self.authorities.items()
        ]
        self.check.replace(self.lists)

    def listed(self, *, at: datetime = NOW) -> RevokedHandles:
        return RevokedHandles.of(self.anchors, [CrlIndex(one) for one in self.lists], self.vault, at=at)

    def enrol(self, card: Any, *, now: datetime = NOW) -> CustomerOutcome:
        ceremony = EnrolmentCeremony(self.desk)
        challenge, pending = ceremony.begin(now, self.rng)
        response = enrolment.answer(challenge, card, auth_pin="1234", sign_pin="ABC123", origin=ORIGIN, now=now)
        return ceremony.complete(pending, response, now, self.rng)

    def log_in(self, card: Any, *, now: datetime = NOW) -> CustomerOutcome:
        ceremony = CustomerLogin(self.desk)
        challenge, pending = ceremony.begin(now, self.rng)
        return ceremony.complete(pending, login.answer(challenge, card, pin="1234", origin=ORIGIN, now=now), now)

    def sign(self, card: Any, *, now: datetime = NOW, user_id: str | None = None) -> CustomerOutcome:
        ceremony = CustomerSigning(self.desk)
        request, pending = ceremony.begin("契約", now, self.rng)
        response = contract.answer(request, card, pin="ABC123", origin=ORIGIN, now=now)
        return ceremony.complete(pending, response, now, self.rng, user_id=user_id)

    def open_account(
        self, card: Any, entry: CustomerEntry = ENTRY, *, now: datetime = NOW, **options: Any
    ) -> CustomerOutcome:
        ceremony = AccountOpening(self.desk, **options)
        request, pending = ceremony.begin("口座開設の申込み", now, self.rng)
        response = contract.answer(request, card, pin="ABC123", origin=ORIGIN, now=now, kind=StatementKind.ACCOUNT)
        return ceremony.complete(pending, response, entry, now, self.rng)

    def consent(self, card: Any, *, now: datetime = NOW) -> CustomerOutcome:
        ceremony = ConsentCeremony(self.desk)
        request, pending = ceremony.begin(now, self.rng)
        response = contract.answer(request, card, pin="ABC123", origin=ORIGIN, now=now, kind=StatementKind.CONSENT)
        return ceremony.complete(pending, response, now, self.rng)

    def with_desk(self, **changes: Any) -> Bank:
        """The same with another desk."""
        other = replace(self)
        other.desk = replace(self.desk, **changes)
        return other
