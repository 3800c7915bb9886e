"""The catalogue of findings: a code, how bad it is, the step that finds it, its sentence in two languages, its source.

Codes are an interface: they are added, never renamed and never given another meaning.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from jpki.verify.catalogue_documents import DOCUMENT_RULES
from jpki.verify.catalogue_evidence import EVIDENCE_RULES
from jpki.verify.catalogue_ocsp import OCSP_RULES
from jpki.verify.catalogue_sources import SOURCE_RULES
from jpki.verify.rule import FindingRule, Severity, Step

__all__ = ["CATALOGUE", "FindingRule", "Severity", "Step"]

_WEB_EID: Final = "Web eID architecture, authentication token: challenge nonce"

_RULES: Final = (
    FindingRule(
        code="jpki.challenge.unknown",
        step=Step.CHALLENGE,
        en="this server never gave out that challenge, or gave it to another session",
        ja="このサーバーが出したチャレンジではありません",
        source=_WEB_EID,
    ),
    FindingRule(
        code="jpki.challenge.used",
        step=Step.CHALLENGE,
        en="the challenge has been answered before; each works once",
        ja="チャレンジは使用済みです（一度しか使えません）",
        source=_WEB_EID,
    ),
    FindingRule(
        code="jpki.challenge.expired",
        step=Step.CHALLENGE,
        en="the challenge ended at {expires_at}",
        ja="チャレンジの有効期限（{expires_at}）が過ぎています",
        source=_WEB_EID,
    ),
    FindingRule(
        code="jpki.challenge.not-yet-valid",
        step=Step.CHALLENGE,
        en="the challenge begins only at {begun_at}: a clock was set back",
        ja="チャレンジはまだ有効ではありません（開始 {begun_at}）",
        source=_WEB_EID,
    ),
    FindingRule(
        code="jpki.challenge.wrong-ceremony",
        step=Step.CHALLENGE,
        en="the challenge belongs to another purpose or another origin",
        ja="別の目的または別のオリジンのチャレンジです",
        source="domain separation: Web eID architecture, hash(origin) || hash(challenge)",
    ),
    FindingRule(
        code="jpki.policy.empty",
        step=Step.POLICY,
        en="the policy demands nothing about {missing}, so nothing can satisfy it",
        ja="検証ポリシーに {missing} の指定がありません",
        source="a verifier without demands accepts everything",
    ),
    FindingRule(
        code="jpki.certificate.unreadable",
        step=Step.CERTIFICATE,
        en="the bytes are no X.509 version 3 certificate in DER",
        ja="X.509 v3 証明書として読めません",
        source="RFC 5280 clause 4.1",
    ),
    FindingRule(
        code="jpki.certificate.key-unsupported",
        step=Step.CERTIFICATE,
        en="the certificate's key is neither {wanted}",
        ja="証明書の公開鍵が許可された種類（{wanted}）ではありません",
        source="every published JPKI certificate; 施行規則 Art. 2; announced for the next generation",
    ),
    FindingRule(
        code="jpki.certificate.algorithm",
        step=Step.CERTIFICATE,
        en="the certificate is signed with {algorithm}, not with {wanted}",
        ja="証明書の署名アルゴリズムが {wanted} ではありません（{algorithm}）",
        source="every published JPKI certificate; announced for the next generation",
    ),
    FindingRule(
        code="jpki.path.authority-key-missing",
        step=Step.PATH,
        en="the certificate does not name its issuer's key (authorityKeyIdentifier)",
        ja="発行者の鍵識別子（authorityKeyIdentifier）がありません",
        source="RFC 5280 clause 4.2.1.1; the profiles of both end-entity certificates",
    ),
    FindingRule(
        code="jpki.path.issuer-not-found",
        step=Step.PATH,
        en="no trust anchor has the key {key_id} that issued the certificate",
        ja="発行者の鍵 {key_id} は信頼されていません",
        source="RFC 5280 clause 6.1.1 (d); all generations of a JPKI CA share one name, so the key decides",
    ),
    FindingRule(
        code="jpki.path.issuer-mismatch",
        step=Step.PATH,
        en="the certificate's issuer name is not that of the CA whose key it points to",
        ja="証明書の発行者名が、鍵の示す認証局の名前と一致しません",
        source="RFC 5280 clause 6.1.3 (a)(4)",
    ),
    FindingRule(
        code="jpki.path.authority-serial-mismatch",
        step=Step.PATH,
        en="the certificate names another certificate of its issuer (authorityCertIssuer, authorityCertSerialNumber)",
        ja="発行者証明書の指定（authorityCertIssuer・authorityCertSerialNumber）が一致しません",
        source="RFC 5280 clause 4.2.1.1",
    ),
    FindingRule(
        code="jpki.path.signature-invalid",
        step=Step.PATH,
        en="the issuer's key did not sign the certificate, or not in its algorithm",
        ja="証明書の署名が発行者の鍵で検証できません",
        source="RFC 5280 clause 6.1.3 (a)(1)",
    ),
    FindingRule(
        code="jpki.path.issuer-not-yet-valid",
        step=Step.PATH,
        en="the CA certificate is valid only from {not_before}",
        ja="認証局の証明書はまだ有効ではありません（{not_before} から）",
        source="a lab's choice: RFC 5280 clause 6.1.1 leaves the anchor's dates to the verifier",
    ),
    FindingRule(
        code="jpki.path.issuer-expired",
        step=Step.PATH,
        en="the CA certificate ended at {not_after}",
        ja="認証局の証明書の有効期間（{not_after} まで）が過ぎています",
        source="a lab's choice: RFC 5280 clause 6.1.1 leaves the anchor's dates to the verifier",
    ),
    FindingRule(
        code="jpki.purpose.wrong-ca",
        step=Step.PROFILE,
        en="a certificate of the {found} CA was used where one of the {wanted} CA is wanted",
        ja="目的に合わない証明書です（{found} 用が提示され、{wanted} 用が必要です）",
        source="two independent CAs: the signing key says what one wills, the authentication key who one is",
    ),
    FindingRule(
        code="jpki.purpose.key-usage",
        step=Step.PROFILE,
        en="keyUsage allows {found}, the profile has {wanted}",
        ja="鍵用途（keyUsage）が {found} で、{wanted} ではありません",
        source="RFC 5280 clause 4.2.1.3",
    ),
    FindingRule(
        code="jpki.purpose.extended-key-usage",
        step=Step.PROFILE,
        en="extendedKeyUsage is {found}, the profile has {wanted}",
        ja="拡張鍵用途（extendedKeyUsage）が {found} で、{wanted} ではありません",
        source="RFC 5280 clause 4.2.1.12",
    ),
    FindingRule(
        code="jpki.purpose.policy",
        step=Step.PROFILE,
        en="the certificate was issued under the policies {found}, not under {wanted}",
        ja="証明書ポリシーが {found} で、{wanted} ではありません",
        source="RFC 5280 clause 4.2.1.4",
    ),
    FindingRule(
        code="jpki.profile.extension-missing",
        step=Step.PROFILE,
        en="the extension {extension} is missing",
        ja="拡張 {extension} がありません",
        source="the profile tables",
    ),
    FindingRule(
        code="jpki.profile.extension-forbidden",
        step=Step.PROFILE,
        en="the extension {extension} does not belong into such a certificate",
        ja="この証明書にあってはならない拡張 {extension} があります",
        source="the profile tables",
    ),
    FindingRule(
        code="jpki.profile.extension-criticality",
        step=Step.PROFILE,
        en="the extension {extension} has critical={found}, the profile has critical={wanted}",
        ja="拡張 {extension} の critical が {found} で、{wanted} ではありません",
        source="the profile tables",
    ),
    FindingRule(
        code="jpki.profile.extension-unknown-critical",
        step=Step.PROFILE,
        en="the extension {extension} is critical and unknown here",
        ja="未知のクリティカル拡張 {extension} があります",
        source="RFC 5280 clause 4.2",
    ),
    FindingRule(
        code="jpki.profile.extension-unknown",
        step=Step.PROFILE,
        severity=Severity.WARNING,
        en="the extension {extension} is not of the profile; it is not critical",
        ja="プロファイルにない拡張 {extension} があります（クリティカルではありません）",
        source="RFC 5280 clause 4.2",
    ),
    FindingRule(
        code="jpki.profile.extension-order",
        step=Step.PROFILE,
        severity=Severity.WARNING,
        en="the extensions are in another order than the real ones",
        ja="拡張の順序が実際の証明書と異なります",
        source="production certificates; X.509 gives the order no meaning",
    ),
    FindingRule(
        code="jpki.profile.is-ca",
        step=Step.PROFILE,
        en="the certificate is one of a CA (basicConstraints)",
        ja="認証局の証明書です（basicConstraints）",
        source="RFC 5280 clause 4.2.1.9; JPKI has no intermediate CAs",
    ),
    FindingRule(
        code="jpki.profile.subject-key-mismatch",
        step=Step.PROFILE,
        en="subjectKeyIdentifier is not that of the certificate's key",
        ja="主体者鍵識別子（subjectKeyIdentifier）が公開鍵と一致しません",
        source="RFC 5280 clause 4.2.1.2, method 1; true of every published certificate",
    ),
    FindingRule(
        code="jpki.profile.attributes-unreadable",
        step=Step.PROFILE,
        en="subjectAltName does not hold the holder's six attributes as the profile has them",
        ja="基本4情報（subjectAltName）をプロファイルどおりに読めません",
        source="kjur/jsrsasign-oid-jpki; soltia48/myna-card, from a test card",
    ),
    FindingRule(
        code="jpki.validity.not-yet-valid",
        step=Step.VALIDITY,
        en="the certificate is valid only from {not_before}",
        ja="証明書はまだ有効ではありません（{not_before} から）",
        source="RFC 5280 clause 6.1.3 (a)(2); certificates are issued in the night after the card was made",
    ),
    FindingRule(
        code="jpki.validity.expired",
        step=Step.VALIDITY,
        en="the certificate ended at {not_after}",
        ja="証明書の有効期間（{not_after} まで）が過ぎています",
        source="RFC 5280 clause 6.1.3 (a)(2)",
    ),
    FindingRule(
        code="jpki.revocation.revoked",
        step=Step.REVOCATION,
        en="the certificate with serial number {serial} was revoked at {revoked_at}, {reason}: {meaning_en}"
        " ({evidence} of {this_update})",
        ja="発行番号 {serial} の証明書は {revoked_at} に失効しました。{reason}：{meaning_ja}"
        "（{evidence}、{this_update} 発行）",
        source="RFC 5280 clause 6.3; both CAs' practice statements, clause 4.9.9",
    ),
    FindingRule(
        code="jpki.revocation.not-checked",
        step=Step.REVOCATION,
        severity=Severity.WARNING,
        en="whether the certificate is revoked was not checked, as the policy says",
        ja="ポリシーにより失効確認を行っていません",
        source="公的個人認証法 Arts. 20 and 21: a verifier has to check",
    ),
    FindingRule(
        code="jpki.revocation.no-crl",
        step=Step.REVOCATION,
        en="there is no revocation list to check against",
        ja="失効リスト（CRL）がありません",
        source="RFC 5280 clause 6.3.3",
    ),
    FindingRule(
        code="jpki.revocation.crl-unreadable",
        step=Step.REVOCATION,
        en="a revocation list is no X.509 CRL in DER",
        ja="失効リスト（CRL）を読めません",
        source="RFC 5280 clause 5.1",
    ),
    FindingRule(
        code="jpki.revocation.crl-of-other-ca",
        step=Step.REVOCATION,
        en="the revocation list is that of another CA",
        ja="別の認証局の失効リスト（CRL）です",
        source="RFC 5280 clause 6.3.3 (b)(1)",
    ),
    FindingRule(
        code="jpki.revocation.crl-of-other-key",
        step=Step.REVOCATION,
        en="the revocation list was signed by the key {found} of that CA, the certificate by {wanted}",
        ja="失効リスト（CRL）の発行鍵 {found} が証明書の発行鍵 {wanted} と異なります",
        source="RFC 5280 clause 5.2.1; all generations of a JPKI CA share one name",
    ),
    FindingRule(
        code="jpki.revocation.crl-algorithm",
        step=Step.REVOCATION,
        en="the revocation list is signed with {algorithm}, its issuer signs with {wanted}",
        ja="失効リスト（CRL）の署名アルゴリズムが発行者の {wanted} ではありません（{algorithm}）",
        source="RFC 5280 clause 6.3.3 (g); a key has one algorithm",
    ),
    FindingRule(
        code="jpki.revocation.crl-signature-invalid",
        step=Step.REVOCATION,
        en="the issuer's key did not sign the revocation list",
        ja="失効リスト（CRL）の署名が発行者の鍵で検証できません",
        source="RFC 5280 clause 6.3.3 (g)",
    ),
    FindingRule(
        code="jpki.revocation.crl-of-other-partition",
        step=Step.REVOCATION,
        en="the revocation list is that of another distribution point than the certificate's",
        ja="失効リスト（CRL）が証明書の CRL 配布点のものではありません",
        source="RFC 5280 clause 6.3.3 (b)(2)(i)",
    ),
    FindingRule(
        code="jpki.revocation.crl-critical-extension",
        step=Step.REVOCATION,
        en="the revocation list has the critical extension {extension}, so what it covers is not known here",
        ja="失効リスト（CRL）に処理できないクリティカル拡張 {extension} があります",
        source="RFC 5280 clauses 5.2 and 5.3: such a list must not be used; 5.2.4, 5.2.5 and 5.3.3 name three that are"
        " critical whatever the list says",
    ),
    FindingRule(
        code="jpki.revocation.crl-not-yet-valid",
        step=Step.REVOCATION,
        en="the revocation list is from the future: thisUpdate is {this_update}",
        ja="失効リスト（CRL）の発行時刻 {this_update} が未来です",
        source="RFC 5280 clause 5.1.2.4",
    ),
    FindingRule(
        code="jpki.revocation.crl-no-next-update",
        step=Step.REVOCATION,
        en="the revocation list does not say when the next one comes",
        ja="失効リスト（CRL）に次回更新日時（nextUpdate）がありません",
        source="RFC 5280 clause 5.1.2.5: a conforming CA says it",
    ),
    FindingRule(
        code="jpki.revocation.crl-stale",
        step=Step.REVOCATION,
        en="the revocation list is out of date: the next one was due at {next_update}",
        ja="失効リスト（CRL）が古くなっています（次回更新予定 {next_update}）",
        source="RFC 5280 clause 6.3.3 (a)",
    ),
    FindingRule(
        code="jpki.revocation.crl-too-old",
        step=Step.REVOCATION,
        en="the revocation list of {this_update} is older than the policy allows",
        ja="失効リスト（CRL、{this_update} 発行）がポリシーの許す期間より古いものです",
        source="the caller's policy",
    ),
    FindingRule(
        code="jpki.signature.malformed",
        step=Step.SIGNATURE,
        en="a signature by the certificate's key is {wanted}, these {found} bytes are none",
        ja="署名が証明書の鍵の形式（{wanted}）ではありません（{found} バイト）",
        source="RFC 8017 clause 8.2.2 step 1; RFC 5480 appendix A",
    ),
    FindingRule(
        code="jpki.signature.invalid",
        step=Step.SIGNATURE,
        en="the certificate's key did not sign what this server asked for (challenge, origin, purpose or text differ)",
        ja="署名を検証できません（チャレンジ・オリジン・目的・文書のいずれかが異なります）",
        source="RFC 8017 clause 8.2.2, RSASSA-PKCS1-v1_5 with SHA-256; FIPS 186-5 clause 6.4.2, ECDSA with SHA-384",
    ),
)

CATALOGUE: Final[Mapping[str, FindingRule]] = MappingProxyType(
    {rule.code: rule for rule in (*_RULES, *OCSP_RULES, *DOCUMENT_RULES, *SOURCE_RULES, *EVIDENCE_RULES)}
)
"""Every code that a finding can have."""
