"""Who is revoked: verified lists and OCSP answers behind the same keyed hashes as the customers' certificates.

Of what speaks of a certificate, the newest counts, as in the verifier (``CrlRevocationCheck``): the full list of its
issuer, the list of its distribution point, an answer by OCSP about it alone. Nobody is good by a list that does not
speak of him. OCSP has to be asked with serial numbers, which a store does not have (``jpki.rp.vault``) but where a
consent stands: whoever keeps them elsewhere adds answers to lists by ``with_answers``; nothing asks by itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from itertools import chain
from typing import NamedTuple, Self

from jpki.reasons import RevocationReason
from jpki.rp.records import BoundCertificate, Snapshot, State
from jpki.rp.vault import Vault
from jpki.verify.crl_frame import RevokedEntry
from jpki.verify.crl_index import CrlIndex
from jpki.verify.procedure import SubjectBinding
from jpki.verify.revocation import CrlRevocationCheck, RevocationCheck
from jpki.verify.trust import TrustAnchor


class Listed(NamedTuple):
    """What a list says of a certificate."""

    reason: int
    since: datetime


@dataclass(frozen=True, slots=True)
class _Sheet:
    """One list: whom it speaks of (an issuer's handle, or those of points), how new it is, who is on it."""

    speaks_of: frozenset[bytes]
    age: tuple[datetime, int, int]
    revoked: Mapping[bytes, Listed]
    text: str


@dataclass(frozen=True, slots=True)
class _Answer:
    """What OCSP says of one certificate."""

    this_update: datetime
    listed: Listed | None


class RevokedHandles:
    """The revoked, by handle, of those issuers and points of whom a list was good at the moment of the sweep."""

    def __init__(self, sheets: Iterable[_Sheet], answers: Mapping[bytes, _Answer]) -> None:
        self._sheets = sorted(sheets, key=lambda one: one.age)
        self._answers = answers
        self._of: dict[bytes, _Sheet] = {place: one for one in self._sheets for place in one.speaks_of}
        told = [f"{handle.hex()}:{one.this_update}:{one.listed}" for handle, one in answers.items()]
        self.basis = sha256("\n".join(sorted([*(one.text for one in self._sheets), *told])).encode()).hexdigest()
        """Names the lists and answers: the same ones, the same text."""

    def __len__(self) -> int:
        answered = (handle for handle, one in self._answers.items() if one.listed)
        return len(set(chain(answered, *(one.revoked for one in self._sheets))))

    @classmethod
    def of(cls, anchors: Iterable[TrustAnchor], lists: Iterable[CrlIndex], vault: Vault, *, at: datetime) -> Self:
        """Full lists and those of partitions. One that the verifier would not use (stale, of another key, badly
        signed) makes those unknown of whom no other speaks.
        """
        scopes: dict[frozenset[bytes] | None, list[CrlIndex]] = {}
        for one in lists:
            scopes.setdefault(one.frame.partition, []).append(one)
        usable = (
            _sheet(anchor, found, vault)
            for anchor in anchors
            for given in scopes.values()
            if (found := _usable(anchor, given, at)) is not None
        )
        return cls(usable, {})

    def with_answers(
        self, asked: Iterable[tuple[TrustAnchor, int]], check: RevocationCheck, vault: Vault, *, at: datetime
    ) -> Self:
        """These, and what ``check`` answers about certificates given by issuer and serial number. Silence adds none."""
        answers = dict(self._answers)
        for anchor, serial in asked:
            status = check.check(serial, anchor, now=at).status
            if status is not None:
                handle = vault.handle(anchor.kind, SubjectBinding(anchor.key_id, serial))
                answers[handle] = _Answer(status.this_update, _listed(status.entry) if status.entry else None)
        return type(self)(self._sheets, answers)

    def snapshot(self, certificate: BoundCertificate, *, at: datetime) -> Snapshot:
        """How one certificate stands: what is listed stays listed after its end, and an end needs no list."""
        is_told, listed = self._told(certificate)
        return Snapshot(
            certificate=certificate.number,
            user_id=certificate.user_id,
            kind=certificate.kind,
            state=_state(listed, certificate, at, is_told=is_told),
            reason=listed.reason if listed else None,
            since=listed.since if listed else None,
        )

    def _told(self, certificate: BoundCertificate) -> tuple[bool, Listed | None]:
        """Whether anything speaks of it, and what the newest of all that does says."""
        handle = certificate.handle
        sheets = [found for place in (certificate.authority, *certificate.points) if (found := self._of.get(place))]
        if not sheets and not certificate.points:  # bound by an older release: whoever lists it speaks of it
            sheets = [one for one in self._sheets if handle in one.revoked]
        newest = max(sheets, key=lambda one: one.age, default=None)
        answer = self._answers.get(handle)
        if answer is not None and (newest is None or answer.this_update >= newest.age[0]):
            return True, answer.listed
        return newest is not None, newest.revoked.get(handle) if newest else None


def _sheet(anchor: TrustAnchor, index: CrlIndex, vault: Vault) -> _Sheet:
    frame, key_id = index.frame, anchor.key_id
    speaks_of = (
        frozenset({vault.authority(anchor.kind, key_id)})
        if frame.partition is None
        else frozenset(vault.point(key_id, one) for one in frame.partition)
    )
    revoked = {
        vault.handle(anchor.kind, SubjectBinding(key_id, entry.serial)): _listed(entry) for entry in index.entries()
    }
    scope = "" if frame.partition is None else ",".join(sorted(one.hex() for one in frame.partition))
    text = f"{key_id.hex()}:{frame.number}:{int(frame.this_update.timestamp())}:{scope}"
    return _Sheet(speaks_of, (frame.this_update, frame.number or 0, len(index)), revoked, text)


def _listed(entry: RevokedEntry) -> Listed:
    return Listed(entry.reason_code, entry.revoked_at)


def _state(listed: Listed | None, certificate: BoundCertificate, at: datetime, *, is_told: bool) -> State:
    if listed is not None:
        return State.HELD if listed.reason == RevocationReason.CERTIFICATE_HOLD else State.REVOKED
    if at > certificate.not_after:
        return State.EXPIRED
    return State.GOOD if is_told else State.UNKNOWN


def _usable(anchor: TrustAnchor, lists: Iterable[CrlIndex], at: datetime) -> CrlIndex | None:
    """The newest list of this CA, of one scope, that the verifier itself would stand on."""
    of_anchor = [one for one in lists if one.frame.issuer == anchor.name]
    newest_first = sorted(of_anchor, key=lambda one: (one.frame.number or 0, one.frame.this_update), reverse=True)
    for one in newest_first:
        points = one.frame.partition or ()
        if CrlRevocationCheck([one]).check(0, anchor, now=at, distribution_points=points).status is not None:
            return one
    return None
