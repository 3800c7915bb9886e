"""Findings: what a verification saw, each under a stable dotted code of the catalogue."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, Final, Literal, TypeAlias

from jpki.verify.catalogue import CATALOGUE, FindingRule, Severity, Step
from jpki.verify.catalogue_documents import DOCUMENT_RULES
from jpki.verify.catalogue_ocsp import OCSP_RULES
from jpki.verify.catalogue_sources import SOURCE_RULES

Lang: TypeAlias = Literal["en", "ja"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that a verification saw. ``place`` says where: certificate, crl, ocsp, signature, challenge,
    policy, document, cms, pdf, xml."""

    code: str
    severity: Severity
    step: Step
    place: str
    message: str
    detail: Mapping[str, str | int] = field(default_factory=dict, hash=False)

    @property
    def is_error(self) -> bool:
        """True when this finding alone refuses."""
        return self.severity is Severity.ERROR

    def message_in(self, lang: Lang) -> str:
        """The sentence in one language."""
        return _sentence(CATALOGUE[self.code], lang, self.detail)

    def as_dict(self) -> dict[str, Any]:
        """For machines: plain values only."""
        return {
            "code": self.code,
            "severity": self.severity.value,
            "step": int(self.step),
            "place": self.place,
            "message": self.message,
            "message_ja": self.message_in("ja"),
            "detail": dict(self.detail),
        }


def finding(code: str, **detail: str | int) -> Finding:
    """The finding of this code; ``detail`` fills its sentences and goes along."""
    rule = CATALOGUE[code]
    return Finding(
        code=code,
        severity=rule.severity,
        step=rule.step,
        place=_PLACES.get(code, _PLACE_OF_STEP[rule.step]),
        message=_sentence(rule, "en", detail),
        detail=MappingProxyType(detail),
    )


def moment_text(moment: datetime) -> str:
    """A moment as details carry it: ISO 8601, UTC, to the second."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def _sentence(rule: FindingRule, lang: Lang, detail: Mapping[str, str | int]) -> str:
    return (rule.en if lang == "en" else rule.ja).format_map(detail)


_PLACE_OF_STEP: Final = {
    Step.CHALLENGE: "challenge",
    Step.POLICY: "policy",
    Step.CERTIFICATE: "certificate",
    Step.PATH: "certificate",
    Step.PROFILE: "certificate",
    Step.VALIDITY: "certificate",
    Step.REVOCATION: "crl",
    Step.SIGNATURE: "signature",
    Step.EVIDENCE: "evidence",
}

_PLACES: Final = {
    **{rule.code: "ocsp" for rule in OCSP_RULES},
    **{rule.code: "revocation" for rule in SOURCE_RULES},
    **{rule.code: rule.code.split(".")[1] for rule in DOCUMENT_RULES},
    "jpki.path.issuer-not-yet-valid": "issuer",
    "jpki.path.issuer-expired": "issuer",
    "jpki.revocation.revoked": "certificate",
    "jpki.revocation.not-checked": "policy",
}
