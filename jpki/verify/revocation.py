"""Step 7: is the certificate revoked? Answered by CRLs (and by OCSP, in ``ocsp``), or not asked at all, which has
to be said out loud.

Whatever is not certain refuses: no list, a list that cannot be read, of another CA, of another key, badly signed,
of another partition, stale, from the future, or with a critical extension that this verifier does not know.
"""

from __future__ import annotations

import threading
import warnings
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Protocol

from jpki.verify.crl_frame import CrlUnreadableError, RevocationList, RevokedEntry
from jpki.verify.crl_index import CrlCache
from jpki.verify.errors import UnsafeVerificationWarning
from jpki.verify.findings import Finding, finding, moment_text
from jpki.verify.material import CrlMaterial, Freshness, RevocationMaterial
from jpki.verify.ocsp_status import OcspRevocationStatus
from jpki.verify.trust import TrustAnchor

# Clocks of a CA and of its relying parties differ. Web eID allows 15 minutes between OCSP responder and verifier;
# a list is renewed once a day, so five are plenty.
DEFAULT_CLOCK_SKEW: Final = timedelta(minutes=5)
_LONG_AGO: Final = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class RevocationStatus:
    """On what the answer stands: the list that was asked, and its entry if there is one."""

    crl_number: int | None
    this_update: datetime
    next_update: datetime | None
    entry: RevokedEntry | None

    @property
    def evidence(self) -> str:
        """What was asked, in a word or two that both languages have."""
        return "CRL" if self.crl_number is None else f"CRL {self.crl_number}"

    def as_dict(self) -> dict[str, Any]:
        """For machines: plain values only."""
        reason = self.entry.reason if self.entry else None
        return {
            "method": "crl",
            "crl_number": self.crl_number,
            "this_update": moment_text(self.this_update),
            "next_update": moment_text(self.next_update) if self.next_update else None,
            "revoked": self.entry is not None,
            "revoked_at": moment_text(self.entry.revoked_at) if self.entry else None,
            "reason": reason.rfc_name if reason else None,
        }


@dataclass(frozen=True, slots=True)
class RevocationAnswer:
    """Findings, and the status where a usable list or response gave one; ``materials`` is what was asked."""

    findings: tuple[Finding, ...]
    status: RevocationStatus | OcspRevocationStatus | None = None
    materials: tuple[RevocationMaterial, ...] = field(default=(), repr=False, compare=False)


class RevocationCheck(Protocol):
    """How revocation is looked up; one object serves many verifications and threads."""

    def check(
        self, serial: int, issuer: TrustAnchor, *, now: datetime, distribution_points: Collection[bytes] = ()
    ) -> RevocationAnswer:
        """Is the certificate with this serial number, issued by ``issuer``, revoked at ``now``?

        ``distribution_points`` are those that the certificate names, each a GeneralName in DER.
        """
        ...


class LiveList(Protocol):
    """A list that is replaced while it is in use, such as ``jpki.revocation_index.current.CurrentIndex``."""

    def current(self) -> RevocationList:
        """The one that is in force; ``CrlUnreadableError`` when it cannot be had."""
        ...


class UnsafeNoRevocationCheck:
    """Asks nobody. Warns when it is made, and every verdict that it took part in says so."""

    def __init__(self) -> None:
        warnings.warn("revoked certificates will be accepted", UnsafeVerificationWarning, stacklevel=2)

    def check(self, *_: object, **__: object) -> RevocationAnswer:
        """No look-up; the warning finding that there was none."""
        return RevocationAnswer((finding("jpki.revocation.not-checked"),))


class _Chosen:
    """A list that can be used from ``begin`` to ``end``, and what it says of whatever it does not list."""

    __slots__ = ("_material", "_unlisted", "begin", "end")

    def __init__(self, material: CrlMaterial, warnings: tuple[Finding, ...], begin: datetime, end: datetime) -> None:
        self._material = material
        self.begin, self.end = begin, end
        self._unlisted = self._answer(warnings, None)

    def look_up(self, serial: int) -> RevocationAnswer:
        """What the list says of this certificate."""
        try:
            entry = self._material.asked.entry(serial)
        except CrlUnreadableError:
            return RevocationAnswer((finding("jpki.revocation.crl-unreadable"),))
        return self._unlisted if entry is None else self._answer(self._unlisted.findings, entry)

    def _answer(self, warnings: tuple[Finding, ...], entry: RevokedEntry | None) -> RevocationAnswer:
        frame = self._material.asked.frame
        status = RevocationStatus(
            crl_number=frame.number, this_update=frame.this_update, next_update=frame.next_update, entry=entry
        )
        return RevocationAnswer((*warnings, *what_it_says(status)), status, (self._material,))


class CrlRevocationCheck:
    """Asks the lists that it was given: the newest usable one that covers the certificate.

    A list is a full one, or that of a partition, which covers the certificates that name its distribution point. Of
    one scope the highest number is the newest; numbers of two scopes say nothing of each other, there thisUpdate does.
    ``max_age`` refuses lists that are older, though their next one is not due yet. ``clock_skew`` is forgiven at
    both ends of a list's time. ``overdue`` is for machines without a network: a list may be in use for so long after
    the next one was due, which a warning then says. Lists are given as DER and indexed here, once for the same bytes,
    or are indexes already; of ``live`` ones, the index that is in force is asked for anew for each certificate.
    """

    def __init__(
        self,
        crls: Iterable[bytes | RevocationList] = (),
        *,
        live: Iterable[LiveList] = (),
        clock_skew: timedelta = DEFAULT_CLOCK_SKEW,
        max_age: timedelta | None = None,
        overdue: timedelta = timedelta(0),
    ) -> None:
        self._clock_skew = clock_skew
        self._max_age = max_age
        self._overdue = overdue
        self._freshness = Freshness(clock_skew=clock_skew, max_age=max_age, overdue=overdue)
        self._chosen: dict[tuple[bytes, frozenset[bytes]], _Chosen] = {}
        self._cache = CrlCache()
        self._lock = threading.Lock()
        self._live = tuple(live)
        self._lists: tuple[RevocationList | None, ...] = ()
        self._shelves: dict[tuple[bytes, bytes | None], list[RevocationList]] = {}
        self.replace(crls)

    def replace(self, crls: Iterable[bytes | RevocationList]) -> None:
        """Use these lists from now on; verifications that are under way end with the old ones."""
        with self._lock:
            lists = tuple(self._read(given) if isinstance(given, bytes) else given for given in crls)
            self._lists, self._shelves, self._chosen = lists, _shelves(lists), {}

    def check(
        self, serial: int, issuer: TrustAnchor, *, now: datetime, distribution_points: Collection[bytes] = ()
    ) -> RevocationAnswer:
        """Is the certificate with this serial number, issued by ``issuer``, revoked at ``now``?"""
        points = frozenset(distribution_points)
        chosen = self._chosen.get((issuer.key_id, points))
        if chosen is not None and chosen.begin <= now <= chosen.end:
            return chosen.look_up(serial)
        refusals: tuple[Finding, ...] = ()
        remembered = self._chosen  # that of these lists: they may be replaced while they are looked at
        candidates = sorted(self._candidates(issuer, points), key=lambda index: _rank(index, issuer), reverse=True)
        usable: dict[frozenset[bytes] | None, tuple[RevocationList, tuple[Finding, ...]]] = {}
        for candidate in candidates:
            if candidate is not None and candidate.frame.partition in usable:
                continue  # there is a newer one of its scope
            flaws = tuple(self._flaws(candidate, issuer, now, points))
            if candidate is not None and not any(each.is_error for each in flaws):
                usable[candidate.frame.partition] = candidate, flaws
            refusals = refusals or flaws  # of the list that came closest
        if not usable:
            return RevocationAnswer(refusals or (finding("jpki.revocation.no-crl"),))
        found, warnings = max(usable.values(), key=lambda each: _age(each[0]))
        chosen = self._choose(found, warnings)
        if not warnings and not self._live and found is _best(candidates, issuer):  # no better one can come in its time
            remembered[issuer.key_id, points] = chosen
        return chosen.look_up(serial)

    def _choose(self, index: RevocationList, warnings: tuple[Finding, ...]) -> _Chosen:
        frame = index.frame
        ends = [frame.next_update or _LONG_AGO]
        if self._max_age is not None:
            ends.append(frame.this_update + self._max_age)
        material = CrlMaterial(index, self._freshness)
        return _Chosen(material, warnings, frame.this_update - self._clock_skew, min(ends) + self._clock_skew)

    def _candidates(
        self, issuer: TrustAnchor, distribution_points: Collection[bytes]
    ) -> Collection[RevocationList | None]:
        """The issuer's lists that cover the certificate, found without looking at all; every list if there is none."""
        live = [_current(each) for each in self._live]
        near = [
            *(found for point in (None, *distribution_points) for found in self._shelves.get((issuer.name, point), ())),
            *(found for found in live if found is not None and _is_near(found, issuer, distribution_points)),
        ]
        return near or [*self._lists, *live]

    def _read(self, der: bytes) -> RevocationList | None:
        try:
            return self._cache.index(der)
        except CrlUnreadableError:
            return None

    def _flaws(
        self, index: RevocationList | None, issuer: TrustAnchor, now: datetime, distribution_points: Collection[bytes]
    ) -> Iterator[Finding]:
        """Why this list cannot be used. The first flaw of its origin hides the rest: its dates are nobody's word."""
        if index is None:
            yield finding("jpki.revocation.crl-unreadable")
            return
        origin = _flaw_of_origin(index, issuer)
        if origin is not None:
            yield origin
            return
        if not index.frame.covers(distribution_points):
            yield finding("jpki.revocation.crl-of-other-partition")
        if index.critical_extension is not None:
            yield finding("jpki.revocation.crl-critical-extension", extension=index.critical_extension)
        yield from self._flaws_of_time(index, now)

    def _flaws_of_time(self, index: RevocationList, now: datetime) -> Iterator[Finding]:
        this_update, next_update = index.frame.this_update, index.frame.next_update
        if this_update > now + self._clock_skew:
            yield finding("jpki.revocation.crl-not-yet-valid", this_update=moment_text(this_update))
        if next_update is None:
            yield finding("jpki.revocation.crl-no-next-update")
        elif now > next_update + self._clock_skew:
            late = now > next_update + self._clock_skew + self._overdue
            code = "jpki.revocation.crl-stale" if late else "jpki.revocation.crl-overdue"
            yield finding(code, next_update=moment_text(next_update))
        if self._max_age is not None and now - this_update > self._max_age + self._clock_skew:
            yield finding("jpki.revocation.crl-too-old", this_update=moment_text(this_update))


def _shelves(lists: Iterable[RevocationList | None]) -> dict[tuple[bytes, bytes | None], list[RevocationList]]:
    """Lists by issuer and distribution point, None for full ones: there may be one for each municipality."""
    shelves: dict[tuple[bytes, bytes | None], list[RevocationList]] = {}
    for each in lists:
        if each is not None:
            for point in (None,) if each.frame.partition is None else each.frame.partition:
                shelves.setdefault((each.frame.issuer, point), []).append(each)
    return shelves


def _current(live: LiveList) -> RevocationList | None:
    try:
        return live.current()
    except CrlUnreadableError:
        return None


def _is_near(index: RevocationList, issuer: TrustAnchor, distribution_points: Collection[bytes]) -> bool:
    return index.frame.issuer == issuer.name and index.frame.covers(distribution_points)


def _rank(index: RevocationList | None, issuer: TrustAnchor) -> tuple[bool, bool, bool, int, datetime, int]:
    """Closeness to what is looked for: readable, of this CA, of this key, newest.

    Of two lists with one number, which no CA should issue, the longer is newer: nothing is ever taken off a list.
    """
    if index is None:
        return (False, False, False, 0, _LONG_AGO, 0)
    frame = index.frame
    of_issuer = (frame.issuer == issuer.name, frame.key_id == issuer.key_id)
    return (True, *of_issuer, frame.number or 0, frame.this_update, len(index))


def _age(index: RevocationList) -> tuple[datetime, int, int]:
    """The newest of lists with different scopes: each scope counts its lists for itself (RFC 5280 clause 5.2.3)."""
    return (index.frame.this_update, index.frame.number or 0, len(index))


def _best(ranked: Iterable[RevocationList | None], issuer: TrustAnchor) -> RevocationList | None:
    """The one of this CA's lists that none of the others can outdo when its time comes."""
    first: dict[frozenset[bytes] | None, RevocationList] = {}
    for index in ranked:
        if index is not None and _flaw_of_origin(index, issuer) is None:
            first.setdefault(index.frame.partition, index)
    return max(first.values(), key=_age, default=None)


def _flaw_of_origin(index: RevocationList, issuer: TrustAnchor) -> Finding | None:
    frame = index.frame
    if frame.issuer != issuer.name:
        return finding("jpki.revocation.crl-of-other-ca")
    if frame.key_id is not None and frame.key_id != issuer.key_id:
        return finding("jpki.revocation.crl-of-other-key", found=frame.key_id.hex(), wanted=issuer.key_id.hex())
    if index.algorithm is not issuer.algorithm:
        return finding(
            "jpki.revocation.crl-algorithm", algorithm=frame.algorithm, wanted=issuer.algorithm.signature_name
        )
    if not index.is_signed_by(issuer):
        return finding("jpki.revocation.crl-signature-invalid")
    return None


def what_it_says(status: RevocationStatus | OcspRevocationStatus) -> tuple[Finding, ...]:
    """That the certificate is revoked, if the list or response says so."""
    entry = status.entry
    if entry is None:
        return ()
    reason = entry.reason
    revoked = finding(
        "jpki.revocation.revoked",
        serial=entry.serial,
        revoked_at=moment_text(entry.revoked_at),
        reason=reason.rfc_name if reason else f"reason {entry.reason_code}",
        meaning_en=reason.meaning_en if reason else "a reason that JPKI does not use",
        meaning_ja=reason.meaning_ja if reason else "JPKI では使われない理由",
        evidence=status.evidence,
        this_update=moment_text(status.this_update),
    )
    return (revoked,)
