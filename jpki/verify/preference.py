"""Step 7 by lists, by OCSP or by both: a stated preference, as a table.

Whatever is preferred, a source that answers something wrong refuses: only silence makes another source speak.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Final

from jpki.ocsp.response import ResponseStatus
from jpki.verify.errors import PolicyError
from jpki.verify.findings import Finding, finding
from jpki.verify.revocation import RevocationAnswer, RevocationCheck
from jpki.verify.trust import TrustAnchor

# Freshness, as a policy may choose it for ``CrlRevocationCheck``.
TODAYS_LIST: Final = timedelta(days=1)
"""``max_age``: the lists come once a day (both CAs' practice statements, clause 4.9.7)."""
OFFLINE_OVERDUE: Final = timedelta(days=3)
"""``overdue``: ours. A long weekend without a network; what was revoked in it is accepted, so no more than that."""


class Preference(Enum):
    """Whom to ask, and who follows when nobody answers."""

    CRL_ONLY = "crl"
    OCSP_ONLY = "ocsp"
    OCSP_THEN_CRL = "ocsp-then-crl"
    CRL_THEN_OCSP = "crl-then-ocsp"
    BOTH = "both"


@dataclass(frozen=True, slots=True)
class _Order:
    """``sources`` in the order in which they are asked; all of them, or until one answers."""

    sources: tuple[str, ...]
    all_must_agree: bool = False


_CRL, _OCSP = "CRL", "OCSP"
_ORDERS: Final = {
    Preference.CRL_ONLY: _Order((_CRL,)),
    Preference.OCSP_ONLY: _Order((_OCSP,)),
    Preference.OCSP_THEN_CRL: _Order((_OCSP, _CRL)),
    Preference.CRL_THEN_OCSP: _Order((_CRL, _OCSP)),
    Preference.BOTH: _Order((_OCSP, _CRL), all_must_agree=True),
}

# RFC 6960 clause 2.3: the responder cannot answer now. The other errors speak of the request or of the asker.
_TRY_AGAIN: Final = frozenset({ResponseStatus.TRY_LATER.rfc_name, ResponseStatus.INTERNAL_ERROR.rfc_name})
# Lists that are not there, or are not of now. A list that is forged, damaged or of somebody else is no silence.
_SILENCE: Final = frozenset(
    {
        "jpki.revocation.ocsp-unreachable",
        "jpki.revocation.no-crl",
        "jpki.revocation.crl-stale",
        "jpki.revocation.crl-too-old",
    }
)


class PreferredRevocationCheck:
    """Asks lists and responder as the preference says; ``PolicyError`` when it wants one that is not given."""

    def __init__(
        self, preference: Preference, *, crl: RevocationCheck | None = None, ocsp: RevocationCheck | None = None
    ) -> None:
        given = {_CRL: crl, _OCSP: ocsp}
        order = _ORDERS[preference]
        self.preference = preference
        self._all_must_agree = order.all_must_agree
        self._checks: list[tuple[str, RevocationCheck]] = []
        for name in order.sources:
            check = given[name]
            if check is None:
                raise PolicyError(
                    f"the preference {preference.value!r} asks {name}, and no check by {name} was given",
                    hint=f"give one, or choose another preference: {', '.join(one.value for one in Preference)}",
                )
            self._checks.append((name, check))

    def check(
        self, serial: int, issuer: TrustAnchor, *, now: datetime, distribution_points: Collection[bytes] = ()
    ) -> RevocationAnswer:
        """Is the certificate with this serial number, issued by ``issuer``, revoked at ``now``?"""
        answers: list[tuple[str, RevocationAnswer]] = []
        for name, check in self._checks:
            answer = check.check(serial, issuer, now=now, distribution_points=distribution_points)
            answers.append((name, answer))
            if not self._all_must_agree and not _is_silent(answer):
                break
        return _agreed(answers) if self._all_must_agree else _last_word(answers)


def _is_silent(answer: RevocationAnswer) -> bool:
    errors = [each for each in answer.findings if each.is_error]
    return answer.status is None and bool(errors) and all(_is_silence(each) for each in errors)


def _is_silence(error: Finding) -> bool:
    if error.code == "jpki.revocation.ocsp-error":
        return error.detail["status"] in _TRY_AGAIN
    return error.code in _SILENCE


def _last_word(answers: list[tuple[str, RevocationAnswer]]) -> RevocationAnswer:
    """That of the source that answered. If none did, what each of them said: all of it refuses."""
    *silent, (name, last) = answers
    if _is_silent(last):
        findings = tuple(each for _, answer in answers for each in answer.findings)
        return RevocationAnswer(findings, materials=last.materials)
    turns = tuple(
        finding("jpki.revocation.fell-back", first=first, then=name, why=answer.findings[0].message)
        for first, answer in silent
    )
    return RevocationAnswer((*turns, *last.findings), last.status, last.materials)


def _agreed(answers: list[tuple[str, RevocationAnswer]]) -> RevocationAnswer:
    """All findings of all sources; of the statuses, one that revokes before one that does not."""
    findings = tuple(each for _, answer in answers for each in answer.findings)
    known = [(name, answer.status) for name, answer in answers if answer.status is not None]
    revoking = [(name, status) for name, status in known if status.entry is not None]
    other = [(name, status) for name, status in known if status.entry is None]
    if revoking and other:
        findings = (
            *findings,
            finding("jpki.revocation.sources-differ", revoking=revoking[0][0], other=other[0][0]),
        )
    chosen = (*revoking, *other)
    return RevocationAnswer(
        findings,
        chosen[0][1] if chosen else None,
        tuple(material for _, answer in answers for material in answer.materials),
    )
