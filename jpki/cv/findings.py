"""Findings about signed records, and the verdict that they make."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal

from jpki.cv.catalogue import CV_CATALOGUE, CvStep
from jpki.cv.key_id import KeyId


@dataclass(frozen=True, slots=True, kw_only=True)
class CvFinding:
    """One thing that refuses, under a stable code of the catalogue."""

    code: str
    step: CvStep
    detail: Mapping[str, str | int] = field(default_factory=dict, hash=False)

    def message_in(self, lang: Literal["en", "ja"]) -> str:
        """The sentence in one language."""
        rule = CV_CATALOGUE[self.code]
        return (rule.en if lang == "en" else rule.ja).format_map(self.detail)

    @property
    def message(self) -> str:
        """The English sentence."""
        return self.message_in("en")

    def as_dict(self) -> dict[str, Any]:
        """For machines: plain values only."""
        return {
            "code": self.code,
            "step": int(self.step),
            "message": self.message,
            "message_ja": self.message_in("ja"),
            "detail": dict(self.detail),
        }


def cv_finding(code: str, **detail: str | int) -> CvFinding:
    """The finding of this code; ``detail`` fills its sentences and goes along."""
    return CvFinding(code=code, step=CV_CATALOGUE[code].step, detail=MappingProxyType(detail))


@dataclass(frozen=True, slots=True, kw_only=True)
class CvVerdict:
    """The outcome. ``verified`` names the files that are as the signer signed them; empty unless ``ok``."""

    findings: tuple[CvFinding, ...]
    signer: KeyId | None = None
    verified: tuple[int, ...] = ()

    @property
    def ok(self) -> bool:
        """True when something was verified and nothing refuses."""
        return bool(self.verified) and not self.findings

    @property
    def codes(self) -> tuple[str, ...]:
        """The codes of all findings, in the order of the steps."""
        return tuple(item.code for item in self.findings)

    def as_dict(self) -> dict[str, Any]:
        """For machines: plain values only, and nothing of the holder."""
        return {
            "ok": self.ok,
            "signer": str(self.signer) if self.signer else None,
            "verified": [f"{fid:04X}" for fid in self.verified],
            "findings": [item.as_dict() for item in self.findings],
        }
