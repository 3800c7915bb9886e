"""What a verification of signed records can find: a code, its step, its sentence in two languages, its source.

Codes are an interface: they are added, never renamed and never given another meaning. Every one of them refuses.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from types import MappingProxyType
from typing import Final


class CvStep(IntEnum):
    """The numbered steps of ``jpki.records.verify``."""

    READ = 1
    CHAIN = 2
    SIGNATURE = 3
    CONTENT = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class CvRule:
    """One row of the catalogue. The sentences name the details that a finding of this code carries."""

    code: str
    step: CvStep
    en: str
    ja: str
    source: str


_TEXT: Final = "measured: soltia48/myna-card src/ap/text.rs"
_FACE: Final = "measured: soltia48/myna-card src/ap/surface.rs"
_CA: Final = "measured: soltia48/myna-card src/ca.rs"

_RULES: Final = (
    CvRule(
        code="jpki.cv.nothing",
        step=CvStep.READ,
        en="there is no record to verify: {missing} was not read",
        ja="検証する記録がありません（{missing} が読み出されていません）",
        source="a verifier without input accepts everything",
    ),
    CvRule(
        code="jpki.cv.malformed",
        step=CvStep.READ,
        en="{record} has not the documented form: {why}",
        ja="{record} が定められた形式ではありません（{why}）",
        source=_TEXT,
    ),
    CvRule(
        code="jpki.cv.untrusted-root",
        step=CvStep.CHAIN,
        en="the chain of {subject} ends at the key {issuer}, which is no trusted root and in none of the certificates",
        ja="{subject} の証明書チェーンは鍵 {issuer} で途切れ、信頼するルートに至りません",
        source=_CA,
    ),
    CvRule(
        code="jpki.cv.certificate-signature",
        step=CvStep.CHAIN,
        en="the key {issuer} did not sign the certificate of {subject}",
        ja="{subject} の証明書の署名は鍵 {issuer} のものではありません",
        source=_CA,
    ),
    CvRule(
        code="jpki.cv.chain-too-long",
        step=CvStep.CHAIN,
        en="the chain of {subject} has more than {limit} certificates",
        ja="{subject} の証明書チェーンが {limit} 枚を超えています",
        source="a chain of three is what the card has; a loop must end",
    ),
    CvRule(
        code="jpki.cv.integrity-signature",
        step=CvStep.SIGNATURE,
        en="the key {signer} did not sign the integrity record (EF 0003)",
        ja="真正性記録（EF 0003）の署名が鍵 {signer} のものではありません",
        source=_TEXT,
    ),
    CvRule(
        code="jpki.cv.public-key-signature",
        step=CvStep.SIGNATURE,
        en="the key {signer} did not sign the application's public key (EF 0007)",
        ja="AP の公開鍵（EF 0007）の署名が鍵 {signer} のものではありません",
        source=_TEXT,
    ),
    CvRule(
        code="jpki.cv.age-signature",
        step=CvStep.SIGNATURE,
        en="the key {signer} did not sign the age record (EF 0001)",
        ja="生年月日記録（EF 0001）の署名が鍵 {signer} のものではありません",
        source=_FACE,
    ),
    CvRule(
        code="jpki.cv.face-signature",
        step=CvStep.SIGNATURE,
        en="the key {signer} did not sign the face record (EF 0002)",
        ja="券面事項（EF 0002）の署名が鍵 {signer} のものではありません",
        source=_FACE,
    ),
    CvRule(
        code="jpki.cv.number-image-signature",
        step=CvStep.SIGNATURE,
        en="the key {signer} did not sign the image of the My Number (EF 0005)",
        ja="個人番号の画像（EF 0005）の署名が鍵 {signer} のものではありません",
        source=_FACE,
    ),
    CvRule(
        code="jpki.cv.my-number-changed",
        step=CvStep.CONTENT,
        en="the My Number (EF 0001) is not the one whose digest was signed",
        ja="個人番号（EF 0001）が署名された内容と一致しません",
        source=_TEXT,
    ),
    CvRule(
        code="jpki.cv.attributes-changed",
        step=CvStep.CONTENT,
        en="the four attributes (EF 0002) are not those whose digest was signed",
        ja="基本4情報（EF 0002）が署名された内容と一致しません",
        source=_TEXT,
    ),
    CvRule(
        code="jpki.cv.person-changed",
        step=CvStep.CONTENT,
        en="birth date, sex or public key of the face record are not those whose digest was signed",
        ja="券面事項の生年月日・性別・公開鍵が署名された内容と一致しません",
        source=_FACE,
    ),
    CvRule(
        code="jpki.cv.name-or-address-changed",
        step=CvStep.CONTENT,
        en="the images of name and address are not those whose digest was signed",
        ja="氏名・住所の画像が署名された内容と一致しません",
        source=_FACE,
    ),
    CvRule(
        code="jpki.cv.photo-changed",
        step=CvStep.CONTENT,
        en="the photo is not the one whose digest was signed",
        ja="顔写真が署名された内容と一致しません",
        source=_FACE,
    ),
    CvRule(
        code="jpki.cv.key-differs",
        step=CvStep.CONTENT,
        en="the records name different public keys: they are not of one card",
        ja="記録ごとに公開鍵が異なり、同じカードのものではありません",
        source=_FACE,
    ),
)

CV_CATALOGUE: Final[Mapping[str, CvRule]] = MappingProxyType({rule.code: rule for rule in _RULES})
