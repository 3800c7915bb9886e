"""The catalogue's rows about evidence records: what is seen when one is read again."""

from __future__ import annotations

from typing import Final

from jpki.verify.rule import FindingRule, Severity, Step

_STEP: Final = Step.EVIDENCE
_OURS: Final = "docs/design-choices.md: evidence records"

EVIDENCE_RULES: Final = (
    FindingRule(
        code="jpki.evidence.unreadable",
        step=_STEP,
        en="the bytes are no evidence record in its canonical form: {why}",
        ja="検証記録として読めません（{why}）",
        source=_OURS,
    ),
    FindingRule(
        code="jpki.evidence.seal-invalid",
        step=_STEP,
        en="the record was changed, or sealed with another key",
        ja="検証記録が変更されているか、別の鍵で封印されています",
        source=_OURS,
    ),
    FindingRule(
        code="jpki.evidence.seal-not-checked",
        step=_STEP,
        severity=Severity.WARNING,
        en="no key was given to check the record's seal with",
        ja="封印を確認する鍵が指定されていません",
        source=_OURS,
    ),
    FindingRule(
        code="jpki.evidence.data-missing",
        step=_STEP,
        en="the {what} with the SHA-256 {sha256} is neither in the record nor in the archive",
        ja="{what}（SHA-256 {sha256}）が検証記録にも保管庫にもありません",
        source=_OURS,
    ),
    FindingRule(
        code="jpki.evidence.data-changed",
        step=_STEP,
        en="the {what} has not the SHA-256 {sha256} that the record says",
        ja="{what} が検証記録のハッシュ値（SHA-256 {sha256}）と一致しません",
        source=_OURS,
    ),
    FindingRule(
        code="jpki.evidence.anchor-unknown",
        step=_STEP,
        en="the record stands on a root that is not among the trust anchors of today's verifier: {sha256}",
        ja="検証記録のルート証明書（{sha256}）は信頼されていません",
        source=_OURS,
    ),
    FindingRule(
        code="jpki.evidence.anchor-not-compared",
        step=_STEP,
        severity=Severity.WARNING,
        en="no trust anchors were given: the record's own root was believed",
        ja="信頼するルート証明書が指定されていないため、検証記録のものを使いました",
        source=_OURS,
    ),
    FindingRule(
        code="jpki.evidence.verdict-differs",
        step=_STEP,
        en="the recorded data give another verdict: recorded {recorded}, found {found}",
        ja="記録されたデータから得られる結果が異なります（記録 {recorded}、再検証 {found}）",
        source=_OURS,
    ),
    FindingRule(
        code="jpki.evidence.not-reproducible",
        step=_STEP,
        severity=Severity.WARNING,
        en="nothing was kept that shows {codes} again; the record's word stands",
        ja="{codes} を再現できるデータはありません（記録のまま扱います）",
        source=_OURS,
    ),
)
