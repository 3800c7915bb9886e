"""What the operator says, as tables: results of verifications, and why it refuses, each with a status of HTTP.

Codes are an interface: they are added, never renamed and never given another meaning. No sentence is personal.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from types import MappingProxyType
from typing import Any, Final

from jpki.reasons import RevocationReason
from jpki.rp.operator.refusal_words import WORDS, Word
from jpki.verify.catalogue import CATALOGUE
from jpki.verify.findings import Finding

WITHHELD: Final = "…"
"""In the place of a serial number: only verifiers may handle those (公的個人認証法 Art. 52), businesses get ids."""
TOLD: Final = frozenset(
    [
        "algorithm",
        "attribute",
        "begun_at",
        "codes",
        "container",
        "evidence",
        "expires_at",
        "extension",
        "first",
        "found",
        "key_id",
        "limit",
        "meaning_en",
        "meaning_ja",
        "missing",
        "next_update",
        "not_after",
        "not_before",
        "other",
        "produced_at",
        "reason",
        "recorded",
        "revoked_at",
        "revoking",
        "sha256",
        "signing_time",
        "status",
        "then",
        "this_update",
        "wanted",
        "what",
    ]
)
"""The details of findings that businesses are told; of any other nobody has said that it is harmless. ``why`` is not:
it may quote another finding, or a question to a responder, with the serial number.
"""


class Result(Enum):
    """What a verification comes to, in the order in which one hides another."""

    INVALID_CERTIFICATE = "INVALID_CERTIFICATE"
    UNSUPPORTED_CERTIFICATE = "UNSUPPORTED_CERTIFICATE"
    CERTIFICATE_NOT_YET_VALID = "CERTIFICATE_NOT_YET_VALID"
    CERTIFICATE_EXPIRED = "CERTIFICATE_EXPIRED"
    SIGNATURE_MISMATCH = "SIGNATURE_MISMATCH"
    CERTIFICATE_ON_HOLD = "CERTIFICATE_ON_HOLD"
    CERTIFICATE_REVOKED = "CERTIFICATE_REVOKED"
    STATUS_UNKNOWN = "STATUS_UNKNOWN"
    OK = "OK"


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultRow:
    """The findings, by the beginning of their codes, that make a result; ``refusal`` is what a ceremony then says."""

    result: Result
    codes: tuple[str, ...]
    refusal: str
    on_hold: bool = False


RESULTS: Final = (
    ResultRow(
        result=Result.INVALID_CERTIFICATE,
        codes=("jpki.certificate.unreadable",),
        refusal="operator.certificate.invalid",
    ),
    ResultRow(
        result=Result.UNSUPPORTED_CERTIFICATE,
        codes=("jpki.certificate.", "jpki.path.", "jpki.purpose.", "jpki.profile.", "jpki.attributes.", "jpki.policy."),
        refusal="operator.certificate.unsupported",
    ),
    ResultRow(
        result=Result.CERTIFICATE_NOT_YET_VALID,
        codes=("jpki.validity.not-yet-valid",),
        refusal="operator.certificate.not-yet-valid",
    ),
    ResultRow(
        result=Result.CERTIFICATE_EXPIRED, codes=("jpki.validity.expired",), refusal="operator.certificate.expired"
    ),
    ResultRow(result=Result.SIGNATURE_MISMATCH, codes=("jpki.signature.",), refusal="operator.signature.mismatch"),
    ResultRow(
        result=Result.CERTIFICATE_ON_HOLD,
        codes=("jpki.revocation.revoked",),
        refusal="operator.certificate.on-hold",
        on_hold=True,
    ),
    ResultRow(
        result=Result.CERTIFICATE_REVOKED, codes=("jpki.revocation.revoked",), refusal="operator.certificate.revoked"
    ),
    ResultRow(result=Result.STATUS_UNKNOWN, codes=("",), refusal="operator.status.unknown"),
)
"""The first row that a finding fits counts: the chain, the dates, the signature, then revocation."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why not. Nothing was changed, but for a challenge that is used up."""

    code: str
    detail: Mapping[str, str] = field(default_factory=dict, hash=False)
    findings: tuple[Finding, ...] = ()

    @property
    def word(self) -> Word:
        """Its row in the table."""
        return WORDS[self.code]

    def as_problem(self) -> dict[str, Any]:
        """As problem details (RFC 9457 clause 3), with no serial number and no attribute."""
        word = self.word
        problem: dict[str, Any] = {
            "type": "about:blank",
            "title": word.title,
            "status": word.status,
            "code": word.code,
            "detail": word.en.format_map(self.detail),
            "detail_ja": word.ja.format_map(self.detail),
            "hint": word.hint,
        }
        return problem | ({"findings": public_findings(self.findings)} if self.findings else {})


def refusal(code: str, **detail: str) -> Refusal:
    """The refusal of this code; ``detail`` fills its sentences."""
    return Refusal(WORDS[code].code, MappingProxyType(detail))


def refused_by(findings: tuple[Finding, ...]) -> Refusal:
    """What a ceremony says about a verdict that is not good."""
    return Refusal(row_of(findings).refusal, findings=findings)


def result_of(findings: Iterable[Finding]) -> Result:
    """What these findings make of a verification."""
    errors = tuple(one for one in findings if one.is_error)
    return row_of(errors).result if errors else Result.OK


def row_of(findings: Iterable[Finding]) -> ResultRow:
    """The row that counts of all that these errors fit."""
    errors = [one for one in findings if one.is_error]
    return next(row for row in RESULTS if any(_fits(row, one) for one in errors))


def public_findings(findings: Iterable[Finding]) -> list[dict[str, Any]]:
    """Findings for a business: their sentences with no detail but those that are told."""
    return [_public(one) for one in findings]


def _fits(row: ResultRow, one: Finding) -> bool:
    is_hold = one.detail.get("reason") == RevocationReason.CERTIFICATE_HOLD.rfc_name
    return one.code.startswith(row.codes) and (is_hold or not row.on_hold)


def _public(one: Finding) -> dict[str, Any]:
    rule = CATALOGUE[one.code]
    detail = {name: value if name in TOLD else WITHHELD for name, value in one.detail.items()}
    return {
        "code": one.code,
        "severity": one.severity.value,
        "step": int(one.step),
        "place": one.place,
        "message": rule.en.format_map(detail),
        "message_ja": rule.ja.format_map(detail),
    }
