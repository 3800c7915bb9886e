"""What refuses a ceremony after the verifier had nothing to say: stable codes, sentences in both languages.

Codes are an interface: they are added, never renamed and never given another meaning. No detail is personal.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final

from jpki.verify.findings import Lang


@dataclass(frozen=True, slots=True, kw_only=True)
class RpRule:
    """A code with its sentences, and what to do next."""

    code: str
    en: str
    ja: str
    hint: str


_RULES: Final = (
    RpRule(
        code="rp.customer.not-enrolled",
        en="no customer has this certificate, nor one that it took the place of",
        ja="この証明書（または更新前の証明書）で登録された利用者はいません",
        hint="enrol first",
    ),
    RpRule(
        code="rp.customer.already-enrolled",
        en="both certificates are a customer's already",
        ja="この証明書はすでに登録されています",
        hint="log in instead",
    ),
    RpRule(
        code="rp.customer.unknown",
        en="there is no such customer, or no longer",
        ja="その利用者は登録されていないか、削除されています",
        hint="enrol first",
    ),
    RpRule(
        code="rp.customer.other",
        en="the certificate is another customer's",
        ja="別の利用者の証明書です",
        hint="sign with the card of who is logged in",
    ),
    RpRule(
        code="rp.certificate.replaced",
        en="a newer certificate took this one's place here",
        ja="すでに新しい証明書に切り替わっています",
        hint="use the newer card or certificate",
    ),
    RpRule(
        code="rp.pair.unknown",
        en="nobody knows with which authentication certificate this signing certificate was issued",
        ja="証明書の紐付け情報がありません",
        hint="a link may take some hours after a certificate was issued; try again later",
    ),
    RpRule(
        code="rp.pair.mismatch",
        en="the two certificates were not issued to one person together",
        ja="署名用と利用者証明用の証明書が同一人の対ではありません",
        hint="both have to be of one card",
    ),
    RpRule(
        code="rp.entry.incomplete",
        en="the entry has no {fields}, which this ceremony compares",
        ja="入力に {fields} がありません",
        hint="ask for all fields",
    ),
    RpRule(
        code="rp.entry.differs",
        en="the entry is not what the certificate says: {fields}",
        ja="入力内容が証明書の記載と一致しません（{fields}）",
        hint="correct the entry; where the reason is a substitute character, a person has to look",
    ),
    RpRule(
        code="rp.entry.differs-in-form",
        en="the entry is written in another form than the certificate: {fields}",
        ja="入力内容と証明書の表記が異なります（{fields}）",
        hint="take the certificate's form over, or allow differences in form",
    ),
    RpRule(
        code="rp.consent.none",
        en="the customer never agreed to have the latest attributes asked for",
        ja="最新の4情報の提供への同意がありません",
        hint="ask for consent",
    ),
    RpRule(
        code="rp.consent.ended",
        en="the consent ended at {ends_at}",
        ja="同意の有効期間（{ends_at} まで）が過ぎています",
        hint="ask for consent again",
    ),
    RpRule(
        code="rp.consent.withdrawn",
        en="the customer withdrew the consent",
        ja="同意は取り消されています",
        hint="ask for consent again, or do without",
    ),
    RpRule(
        code="rp.latest.no-certificate",
        en="the customer has no good signing certificate yet, so there are no latest attributes",
        ja="有効な新しい署名用電子証明書がないため、最新の4情報は提供されません",
        hint="try again when a new signing certificate was issued",
    ),
)
RP_CATALOGUE: Final[Mapping[str, RpRule]] = MappingProxyType({rule.code: rule for rule in _RULES})
"""Every code that a ceremony can refuse with, beside those of ``jpki.verify.catalogue``."""


@dataclass(frozen=True, slots=True)
class RpFinding:
    """Why a ceremony was refused, with nothing stored."""

    code: str
    detail: Mapping[str, str] = field(default_factory=dict, hash=False)

    @property
    def message(self) -> str:
        """The sentence in English."""
        return self.message_in("en")

    def message_in(self, lang: Lang) -> str:
        """The sentence in one language."""
        rule = RP_CATALOGUE[self.code]
        return (rule.en if lang == "en" else rule.ja).format_map(self.detail)

    def as_dict(self) -> dict[str, Any]:
        """For machines: plain values only."""
        return {
            "code": self.code,
            "message": self.message,
            "message_ja": self.message_in("ja"),
            "hint": RP_CATALOGUE[self.code].hint,
            "detail": dict(self.detail),
        }


def rp_finding(code: str, **detail: str) -> RpFinding:
    """The finding of this code; ``detail`` fills its sentences."""
    return RpFinding(RP_CATALOGUE[code].code, MappingProxyType(detail))
