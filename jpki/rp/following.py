"""Whose certificate is this? By its hash, or by that of a certificate that it took the place of.

A move changes the signing certificate, a renewal or a new card both; the customer stays who it is (新旧紐付け).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Final

from jpki.rp.findings import RpFinding, rp_finding
from jpki.rp.interfaces import LinkSource, Unit
from jpki.rp.records import BoundCertificate
from jpki.rp.vault import Vault
from jpki.verify.procedure import CertificateFacts, SubjectBinding

MAX_GENERATIONS: Final = 32
"""How far back a certificate is followed: a lifetime of renewals and moves."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Presented:
    """A certificate that was verified, with what was known of those before it when the transaction began."""

    facts: CertificateFacts
    handle: bytes
    authority: bytes
    before: tuple[bytes, ...]
    points: frozenset[bytes] = frozenset()

    @classmethod
    def of(cls, facts: CertificateFacts, vault: Vault, links: LinkSource, *, at: datetime) -> Presented:
        """Ask for the links outside of any transaction: the answer may come over a network."""
        earlier: Sequence[SubjectBinding] = links.predecessors(facts.kind, facts.binding, at=at)[:MAX_GENERATIONS]
        return cls(
            facts=facts,
            handle=vault.handle(facts.kind, facts.binding),
            authority=vault.authority(facts.kind, facts.binding.issuer_key_id),
            before=tuple(vault.handle(facts.kind, one) for one in earlier),
            points=frozenset(vault.point(facts.binding.issuer_key_id, one) for one in facts.points),
        )


@dataclass(frozen=True, slots=True)
class Known:
    """Whose it is. ``earlier`` is the bound certificate whose place it takes, None when it is bound itself."""

    user_id: str
    earlier: BoundCertificate | None


def whose(unit: Unit, presented: Presented) -> Known | RpFinding | None:
    """The customer, None for nobody's, or why this certificate is good for nothing any more."""
    bound = unit.certificate(presented.handle)
    if bound is not None:
        return Known(bound.user_id, None) if bound.is_current else rp_finding("rp.certificate.replaced")
    for handle in presented.before:
        earlier = unit.certificate(handle)
        if earlier is not None:
            # One that was succeeded already has a successor here that this one does not descend from, or this one
            # would have met it first.
            return Known(earlier.user_id, earlier) if earlier.is_current else rp_finding("rp.certificate.replaced")
    return None


def bind(unit: Unit, user_id: str, presented: Presented, *, bond: bytes, at: datetime) -> None:
    """From now on the certificate stands for the customer."""
    facts = presented.facts
    unit.bind(
        user_id,
        facts.kind,
        handle=presented.handle,
        authority=presented.authority,
        bond=bond,
        not_after=facts.not_after,
        at=at,
        points=presented.points,
    )


def follow(unit: Unit, known: Known, presented: Presented, *, at: datetime) -> bool:
    """Put the new certificate in the place of the old one; False when there is nothing to follow."""
    if known.earlier is None:
        return False
    unit.succeed(known.earlier.handle, at=at)
    bind(unit, known.user_id, presented, bond=sha256(presented.handle + known.earlier.bond).digest()[:16], at=at)
    return True


def resolve(unit: Unit, presented: Presented) -> Known | RpFinding | None:
    """As ``whose``, while nobody else binds a certificate or deletes this customer until the transaction ends."""
    unit.lock_bindings()
    known = whose(unit, presented)
    if isinstance(known, Known) and not unit.lock(known.user_id):
        return None
    return known
