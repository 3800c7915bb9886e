"""The catalogue's rows of step 8 that speak of containers: CMS, PDF and XML around a document and its signature."""

from __future__ import annotations

from typing import Final

from jpki.verify.rule import FindingRule, Severity, Step

_STEP: Final = Step.SIGNATURE

DOCUMENT_RULES: Final = (
    FindingRule(
        code="jpki.document.too-large",
        step=_STEP,
        en="the {container} has {found} bytes, more than {limit}",
        ja="{container} が大きすぎます（{found} バイト、上限 {limit} バイト）",
        source="a limit of this verifier: jpki.signing.limits",
    ),
    FindingRule(
        code="jpki.document.unreadable",
        step=_STEP,
        en="the bytes are no signed {container}, or it is cut or damaged",
        ja="署名付きの {container} として読めません（切れているか、壊れています）",
        source="RFC 5652 clause 5; ISO 32000-1 clause 12.8; W3C xmldsig-core1 clause 4",
    ),
    FindingRule(
        code="jpki.document.unsigned",
        step=_STEP,
        en="the {container} has no signature",
        ja="{container} に署名がありません",
        source="what is not signed proves nothing",
    ),
    FindingRule(
        code="jpki.document.too-many-signatures",
        step=_STEP,
        en="the {container} has {found} signatures where {limit} are allowed",
        ja="{container} の署名が多すぎます（{found} 個、上限 {limit} 個）",
        source="a limit of this verifier: jpki.signing.limits",
    ),
    FindingRule(
        code="jpki.document.content-missing",
        step=_STEP,
        en="the signature is detached, and the document that it is about was not given",
        ja="分離署名ですが、署名対象の文書が指定されていません",
        source="RFC 5652 clause 5.2: eContent may be absent",
    ),
    FindingRule(
        code="jpki.document.content-twice",
        step=_STEP,
        en="the signature carries its document, and another one was given besides",
        ja="署名に文書が含まれていますが、別の文書も指定されています",
        source="which of the two was meant must not be guessed",
    ),
    FindingRule(
        code="jpki.document.certificate-missing",
        step=_STEP,
        en="the {container} carries no certificate of its signer, or more than one that could be it",
        ja="{container} に署名者の証明書がないか、一つに決まりません",
        source="RFC 5652 clauses 5.1 and 5.3; W3C xmldsig-core1 clause 4.5.4",
    ),
    FindingRule(
        code="jpki.document.algorithm",
        step=_STEP,
        en="the signature names {found}, which is not the algorithm of its certificate's key",
        ja="署名のアルゴリズム（{found}）が証明書の鍵のものではありません",
        source="a key has one algorithm, and an algorithm one hash (jpki.algorithms)",
    ),
    FindingRule(
        code="jpki.document.digest-mismatch",
        step=_STEP,
        en="the document was changed: it does not have the digest that was signed",
        ja="文書が署名時から変更されています（ハッシュ値が一致しません）",
        source="RFC 5652 clause 5.6; W3C xmldsig-core1 clause 3.2.1",
    ),
    FindingRule(
        code="jpki.document.signed-in-future",
        step=_STEP,
        en="the signature says that it was made at {signing_time}, which is still to come",
        ja="署名日時（{signing_time}）が未来です",
        source="RFC 5652 clause 11.3: the claim of the signer",
    ),
    FindingRule(
        code="jpki.document.signed-before-certificate",
        step=_STEP,
        en="the signature says that it was made at {signing_time}, before its certificate was valid",
        ja="署名日時（{signing_time}）が証明書の有効期間より前です",
        source="RFC 5652 clause 11.3: the claim of the signer",
    ),
    FindingRule(
        code="jpki.cms.attributes-missing",
        step=_STEP,
        en="the CMS signature has no signed attributes, so content and attributes can be taken for each other",
        ja="CMS 署名に署名属性（signedAttrs）がありません",
        source="RFC 5652 clause 5.3; Strenzke, 'ForgedAttributes', 2023",
    ),
    FindingRule(
        code="jpki.cms.attribute-wrong",
        step=_STEP,
        en="the signed attribute {attribute} is missing, there twice, or not what belongs there",
        ja="署名属性 {attribute} がないか、重複しているか、正しくありません",
        source="RFC 5652 clauses 5.3 and 11",
    ),
    FindingRule(
        code="jpki.cms.signing-certificate-mismatch",
        step=_STEP,
        en="the signed attribute signingCertificateV2 names another certificate than the one that came",
        ja="署名属性 signingCertificateV2 の示す証明書が、添付の証明書と異なります",
        source="RFC 5035 clause 3",
    ),
    FindingRule(
        code="jpki.cms.signing-certificate-absent",
        step=_STEP,
        severity=Severity.WARNING,
        en="the signature does not say which certificate its signer meant (signingCertificateV2)",
        ja="署名者が意図した証明書を示す署名属性（signingCertificateV2）がありません",
        source="RFC 5035 clause 3; published clients of the card leave it out",
    ),
    FindingRule(
        code="jpki.pdf.encrypted",
        step=_STEP,
        en="the PDF is encrypted, so what was signed cannot be seen",
        ja="PDF が暗号化されているため、署名対象を確認できません",
        source="ISO 32000-1 clause 7.6",
    ),
    FindingRule(
        code="jpki.pdf.subfilter",
        step=_STEP,
        en="the PDF signature is of the form {found}, not adbe.pkcs7.detached or ETSI.CAdES.detached",
        ja="PDF 署名の形式（{found}）に対応していません",
        source="ISO 32000-2 clause 12.8.3; ETSI EN 319 142-1 clause 6.3",
    ),
    FindingRule(
        code="jpki.pdf.byte-range",
        step=_STEP,
        en="the PDF signature leaves out more than itself: its ByteRange has a gap, an overlap or another begin",
        ja="PDF 署名の対象範囲（ByteRange）に、署名値以外の抜けや重なりがあります",
        source="ISO 32000-1 clause 12.8.1; Mainka et al., 'Attacking digitally signed PDF files' (USF, SWA)",
    ),
    FindingRule(
        code="jpki.pdf.changed-after-signing",
        step=_STEP,
        en="the PDF was changed after it was signed, by more than further signatures and their evidence",
        ja="PDF が署名後に変更されています（追加の署名と検証情報以外の変更）",
        source="ISO 32000-1 clause 12.8.2.2; Mainka et al., 'Shadow attacks' (ISA)",
    ),
    FindingRule(
        code="jpki.pdf.revocation-missing",
        step=_STEP,
        en="the PDF carries no revocation list or OCSP response, so the past cannot be judged from it",
        ja="PDF に失効情報（CRL・OCSP 応答）が埋め込まれていないため、過去の時点では検証できません",
        source="ETSI EN 319 142-1 clause 5.4.2",
    ),
    FindingRule(
        code="jpki.xml.document-type",
        step=_STEP,
        en="the XML declares a document type, which could pull in or make up content",
        ja="XML に文書型宣言（DOCTYPE）があるため受け付けません",
        source="W3C xmldsig-bestpractices clause 2.1.4",
    ),
    FindingRule(
        code="jpki.xml.structure",
        step=_STEP,
        en="the XML signature does not stand where it can cover the whole document, or is not of the accepted form",
        ja="XML 署名の位置または構造が、文書全体を対象とする形ではありません",
        source="W3C xmldsig-bestpractices clauses 2.3 and 2.4; McIntosh and Austel, signature wrapping, 2005",
    ),
    FindingRule(
        code="jpki.xml.reference",
        step=_STEP,
        en="the XML signature's reference leads to {found}, not to the whole document",
        ja="XML 署名の参照先（{found}）が文書全体ではありません",
        source="W3C xmldsig-core1 clause 4.4.3; W3C xmldsig-bestpractices clause 2.3.1",
    ),
    FindingRule(
        code="jpki.xml.transform",
        step=_STEP,
        en="the XML signature uses {found}: only the enveloped-signature transform and exclusive C14N are accepted",
        ja="XML 署名の変換（{found}）は受け付けません（enveloped-signature と排他的 C14N のみ）",
        source="W3C xmldsig-bestpractices clause 2.1; W3C xml-exc-c14n",
    ),
)
