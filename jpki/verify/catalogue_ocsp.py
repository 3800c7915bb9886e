"""The catalogue's rows of step 7 that speak of OCSP."""

from __future__ import annotations

from typing import Final

from jpki.verify.rule import FindingRule, Step

_STEP: Final = Step.REVOCATION

OCSP_RULES: Final = (
    FindingRule(
        code="jpki.revocation.ocsp-unreachable",
        step=_STEP,
        en="no OCSP responder answered: {why}",
        ja="OCSP レスポンダから応答がありません（{why}）",
        source="RFC 6960 clause 5: without an answer nothing is known",
    ),
    FindingRule(
        code="jpki.revocation.ocsp-unreadable",
        step=_STEP,
        en="the answer is no OCSP response in DER",
        ja="OCSP 応答を読めません",
        source="RFC 6960 clause 4.2",
    ),
    FindingRule(
        code="jpki.revocation.ocsp-error",
        step=_STEP,
        en="the OCSP responder answered {status}",
        ja="OCSP レスポンダが {status} と応答しました",
        source="RFC 6960 clause 2.3",
    ),
    FindingRule(
        code="jpki.revocation.ocsp-other-certificate",
        step=_STEP,
        en="the OCSP response does not speak, once, of the certificate that was asked about",
        ja="OCSP 応答が照会した証明書についてのものではありません",
        source="RFC 6960 clause 3.2 item 1",
    ),
    FindingRule(
        code="jpki.revocation.ocsp-responder-missing",
        step=_STEP,
        en="the OCSP response names a signer whose certificate it does not bring along",
        ja="OCSP 応答に署名者の証明書が含まれていません",
        source="RFC 6960 clause 4.2.2.3",
    ),
    FindingRule(
        code="jpki.revocation.ocsp-responder-unauthorized",
        step=_STEP,
        en="the OCSP responder's certificate was not issued by the key that issued the certificate asked about",
        ja="OCSP レスポンダの証明書が、照会した証明書の発行者の鍵で発行されていません",
        source="RFC 6960 clauses 3.2 item 4 and 4.2.2.2; all generations of a JPKI CA share one name",
    ),
    FindingRule(
        code="jpki.revocation.ocsp-responder-usage",
        step=_STEP,
        en="the OCSP responder's certificate is not one for signing OCSP responses ({missing})",
        ja="OCSP レスポンダの証明書が OCSP 署名用ではありません（{missing}）",
        source="RFC 6960 clause 4.2.2.2",
    ),
    FindingRule(
        code="jpki.revocation.ocsp-responder-no-check",
        step=_STEP,
        en="the OCSP responder's certificate may itself be revoked, and nobody else can be asked (nocheck is missing)",
        ja="OCSP レスポンダの証明書の失効を確認する手段がありません（nocheck がありません）",
        source="RFC 6960 clause 4.2.2.2.1",
    ),
    FindingRule(
        code="jpki.revocation.ocsp-responder-not-valid",
        step=_STEP,
        en="the OCSP responder's certificate is valid from {not_before} to {not_after} only",
        ja="OCSP レスポンダの証明書の有効期間（{not_before} から {not_after} まで）の外です",
        source="RFC 6960 clause 3.2 item 4: currently authorized",
    ),
    FindingRule(
        code="jpki.revocation.ocsp-algorithm",
        step=_STEP,
        en="the OCSP response is signed with an algorithm that does not fit the responder's key",
        ja="OCSP 応答の署名アルゴリズムがレスポンダの鍵に合いません",
        source="every published JPKI certificate; RFC 6960 clause 4.3",
    ),
    FindingRule(
        code="jpki.revocation.ocsp-signature-invalid",
        step=_STEP,
        en="the OCSP responder's key did not sign the response",
        ja="OCSP 応答の署名がレスポンダの鍵で検証できません",
        source="RFC 6960 clause 3.2 item 2",
    ),
    FindingRule(
        code="jpki.revocation.ocsp-critical-extension",
        step=_STEP,
        en="the OCSP response has a critical extension that is not known here",
        ja="OCSP 応答に処理できないクリティカル拡張があります",
        source="RFC 6960 clause 4.4",
    ),
    FindingRule(
        code="jpki.revocation.ocsp-nonce-missing",
        step=_STEP,
        en="the OCSP response does not repeat the nonce of the request, so it may be an old one",
        ja="OCSP 応答にノンスがないため、過去の応答の再送かもしれません",
        source="RFC 9654 clause 2.1; a caller who allows caches asks without a nonce",
    ),
    FindingRule(
        code="jpki.revocation.ocsp-nonce-mismatch",
        step=_STEP,
        en="the OCSP response has another nonce than the request: it answers somebody else",
        ja="OCSP 応答のノンスが要求のものと一致しません",
        source="RFC 9654 clause 2.1",
    ),
    FindingRule(
        code="jpki.revocation.ocsp-not-yet-valid",
        step=_STEP,
        en="the OCSP response is from the future: thisUpdate is {this_update}, producedAt {produced_at}",
        ja="OCSP 応答の時刻が未来です（thisUpdate {this_update}、producedAt {produced_at}）",
        source="RFC 6960 clause 4.2.2.1",
    ),
    FindingRule(
        code="jpki.revocation.ocsp-stale",
        step=_STEP,
        en="the OCSP response is out of date: newer information was due at {next_update}",
        ja="OCSP 応答が古くなっています（次回更新予定 {next_update}）",
        source="RFC 6960 clauses 3.2 item 6 and 4.2.2.1",
    ),
    FindingRule(
        code="jpki.revocation.ocsp-too-old",
        step=_STEP,
        en="the OCSP response speaks of {this_update}, which is longer ago than the limits allow",
        ja="OCSP 応答（{this_update} 時点）が許容される期間より古いものです",
        source="RFC 6960 clause 3.2 item 5; the caller's limits",
    ),
    FindingRule(
        code="jpki.revocation.ocsp-unknown",
        step=_STEP,
        en="the OCSP responder does not know a certificate with serial number {serial} of that CA",
        ja="OCSP レスポンダは発行番号 {serial} の証明書を知りません",
        source="RFC 6960 clause 2.2: unknown is no good; Web eID refuses it too",
    ),
)
"""Every code that a check by OCSP alone can give."""
