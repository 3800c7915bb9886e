"""One user id for a person at a tenant, over both certificates and all that come after them.

Found by the certificate itself, by one that it took the place of (新旧紐付け), or by one of the other kind that was
issued with any of these (証明書紐付け).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from jpki.kinds import CaKind
from jpki.rp.findings import RpFinding
from jpki.rp.following import MAX_GENERATIONS, Known, Presented, bind, follow, whose
from jpki.rp.operator.desk import TenantDesk
from jpki.rp.operator.interfaces import TenantUnit
from jpki.rp.operator.vocabulary import Refusal, refusal
from jpki.verify.procedure import CertificateFacts

OTHER_KIND = {CaKind.SIGN: CaKind.AUTH, CaKind.AUTH: CaKind.SIGN}


@dataclass(frozen=True, slots=True)
class Person:
    """A certificate with all that the links say of its holder, asked outside of any transaction."""

    presented: Presented
    partners: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Identified:
    """Whose it is. ``is_bound``: the certificate itself is known, or takes the place of one that is."""

    known: Known
    is_bound: bool

    @property
    def user_id(self) -> str:
        """Of this tenant's own."""
        return self.known.user_id


def person_of(desk: TenantDesk, facts: CertificateFacts, now: datetime) -> Person | Refusal:
    """Ask for the links; why not, where they are not known."""
    links, kind = desk.operator.links, facts.kind
    if now - facts.not_before < desk.operator.link_delay:
        return refusal("operator.link.not-synced")
    if kind is CaKind.SIGN and links.pair(facts.binding, at=now) is None:
        return refusal("operator.link.missing")
    partners = links.partners(kind, facts.binding, at=now)[:MAX_GENERATIONS]
    handles = tuple(desk.vault.handle(OTHER_KIND[kind], one) for one in partners)
    return Person(Presented.of(facts, desk.vault, links, at=now), handles)


def identify(unit: TenantUnit, person: Person) -> Identified | Refusal | None:
    """The user; None for nobody yet; why this certificate is good for nothing any more."""
    known = whose(unit, person.presented)
    if isinstance(known, RpFinding):
        return refusal("operator.certificate.replaced")
    if known is not None:
        return Identified(known, is_bound=True)
    user_id = _by_partner(unit, person.partners)
    return None if user_id is None else Identified(Known(user_id, None), is_bound=False)


def resolve(unit: TenantUnit, person: Person) -> Identified | Refusal | None:
    """As ``identify``, while nobody else binds a certificate or deletes this user until the transaction ends."""
    unit.lock_bindings()
    found = identify(unit, person)
    if isinstance(found, Identified) and not unit.lock(found.user_id):
        return None
    return found


def attach(unit: TenantUnit, person: Person, found: Identified, now: datetime) -> bool:
    """Bind the certificate to the user, if it is not yet; whether it took the place of another."""
    if found.is_bound:
        return follow(unit, found.known, person.presented, at=now)
    bind_new(unit, found.user_id, person, now)
    return False


def bind_new(unit: TenantUnit, user_id: str, person: Person, now: datetime) -> None:
    """From now on it stands for the user."""
    bond = sha256(b"bond" + user_id.encode()).digest()[:16]
    bind(unit, user_id, person.presented, bond=bond, at=now)


def _by_partner(unit: TenantUnit, handles: Sequence[bytes]) -> str | None:
    found = (unit.certificate(handle) for handle in handles)
    return next((bound.user_id for bound in found if bound is not None), None)
