"""Who is on the lists: the entries of verified lists behind the same keyed hashes as the customers' certificates."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from hashlib import sha256
from typing import NamedTuple, Self

from jpki.reasons import RevocationReason
from jpki.rp.records import BoundCertificate, Snapshot, State
from jpki.rp.vault import Vault
from jpki.verify.crl_index import CrlIndex
from jpki.verify.procedure import SubjectBinding
from jpki.verify.revocation import CrlRevocationCheck
from jpki.verify.trust import TrustAnchor


class Listed(NamedTuple):
    """What a list says of a certificate."""

    reason: int
    since: datetime


class RevokedHandles:
    """The revoked, by handle, of those issuers of whom a list was good at the moment of the sweep."""

    def __init__(self, revoked: dict[bytes, Listed], authorities: frozenset[bytes], *, basis: str) -> None:
        self._revoked = revoked
        self.authorities = authorities
        self.basis = basis
        """Names the lists: the same ones, the same text."""

    def __len__(self) -> int:
        return len(self._revoked)

    @classmethod
    def of(cls, anchors: Iterable[TrustAnchor], lists: Iterable[CrlIndex], vault: Vault, *, at: datetime) -> Self:
        """Only full lists count: a customer's record does not say which partition would speak of it.

        A list that the verifier would not use (stale, of another key, badly signed) makes its certificates unknown.
        """
        given = [one for one in lists if one.frame.partition is None]
        revoked: dict[bytes, Listed] = {}
        authorities = set()
        numbers = []
        for anchor in anchors:
            mine = _usable(anchor, given, at)
            if mine is None:
                continue
            authorities.add(vault.authority(anchor.kind, anchor.key_id))
            numbers.append(f"{anchor.key_id.hex()}:{mine.frame.number}:{int(mine.frame.this_update.timestamp())}")
            for entry in mine.entries():
                handle = vault.handle(anchor.kind, SubjectBinding(anchor.key_id, entry.serial))
                revoked[handle] = Listed(entry.reason_code, entry.revoked_at)
        basis = sha256("\n".join(sorted(numbers)).encode()).hexdigest()
        return cls(revoked, frozenset(authorities), basis=basis)

    def snapshot(self, certificate: BoundCertificate, *, at: datetime) -> Snapshot:
        """How one certificate stands: what is listed stays listed after its end, and an end needs no list."""
        listed = self._revoked.get(certificate.handle)
        state = _state(listed, certificate, self.authorities, at)
        return Snapshot(
            certificate=certificate.number,
            user_id=certificate.user_id,
            kind=certificate.kind,
            state=state,
            reason=listed.reason if listed else None,
            since=listed.since if listed else None,
        )


def _state(listed: Listed | None, certificate: BoundCertificate, authorities: frozenset[bytes], at: datetime) -> State:
    if listed is not None:
        return State.HELD if listed.reason == RevocationReason.CERTIFICATE_HOLD else State.REVOKED
    if at > certificate.not_after:
        return State.EXPIRED
    return State.GOOD if certificate.authority in authorities else State.UNKNOWN


def _usable(anchor: TrustAnchor, lists: Iterable[CrlIndex], at: datetime) -> CrlIndex | None:
    """The newest list of this CA that the verifier itself would stand on."""
    of_anchor = [one for one in lists if one.frame.issuer == anchor.name]
    newest_first = sorted(of_anchor, key=lambda one: (one.frame.number or 0, one.frame.this_update), reverse=True)
    for one in newest_first:
        if CrlRevocationCheck([one]).check(0, anchor, now=at).status is not None:
            return one
    return None
