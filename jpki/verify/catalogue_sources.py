"""The catalogue's rows of step 7 that speak of a choice: CRL, OCSP or both, an old list or none."""

from __future__ import annotations

from typing import Final

from jpki.verify.rule import FindingRule, Severity, Step

_STEP: Final = Step.REVOCATION

SOURCE_RULES: Final = (
    FindingRule(
        code="jpki.revocation.crl-overdue",
        step=_STEP,
        severity=Severity.WARNING,
        en="the revocation list is the newest that is known here; the next one was due at {next_update}",
        ja="手元で最新の失効リスト（CRL）ですが、次回更新予定（{next_update}）を過ぎています",
        source="the caller's policy for machines without a network",
    ),
    FindingRule(
        code="jpki.revocation.fell-back",
        step=_STEP,
        severity=Severity.WARNING,
        en="{first} gave no answer ({why}), so {then} was asked, as the policy says",
        ja="{first} から回答がないため（{why}）、ポリシーにより {then} で確認しました",
        source="the caller's preference; 18F/identity-pki: OCSP first, then the list",
    ),
    FindingRule(
        code="jpki.revocation.sources-differ",
        step=_STEP,
        severity=Severity.WARNING,
        en="{revoking} calls the certificate revoked, {other} does not; revoked counts",
        ja="{revoking} では失効していますが {other} では失効していません（失効として扱います）",
        source="docs.p8n.app: list and responder have one source and different times",
    ),
)
