"""What can come of using a card, told in both languages; for the relying party there is the code alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from cardsim.errors import CardSimError
from jpki.client.errors import (
    CardClientError,
    NoApplicationError,
    NoCertificateError,
    NotJpkiCardError,
    PinBlockedError,
    PinFormatError,
    WrongPinError,
)
from jpki.errors import JpkiError
from jpki.reasons import RevocationReason
from jpki.verify.procedure import Verdict
from mynalab.errors import LabError
from readers.errors import PinGuardError, ReaderError

CardTrouble = (JpkiError, CardSimError, LabError, ReaderError)
"""What is caught around a card: what it does, and what whoever is asked about it does (the register may be busy)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """One outcome in words. ``again``: the person may try again at the page."""

    code: str
    en: str
    ja: str
    again: bool = False


SENTENCES: Final = {
    row.code: row
    for row in (
        Sentence(code="pin-wrong", en="The PIN is wrong.", ja="暗証番号が違います。", again=True),
        Sentence(
            code="pin-format",
            en="This cannot be the PIN; it was not sent to the card, so no try was lost.",
            ja="暗証番号の形式ではありません。カードには送っていないので、残り回数は減っていません。",
            again=True,
        ),
        Sentence(
            code="pin-blocked",
            en="The PIN is blocked. For a real card the municipal office resets it.",
            ja="暗証番号がロックされています。実際のカードでは市区町村の窓口で初期化します。",
        ),
        Sentence(
            code="pin-guard",
            en="Nothing was sent: the last try of a physical card is never spent here.",
            ja="カードには送っていません。実際のカードの最後の1回は、ここでは使いません。",
        ),
        Sentence(
            code="too-many-tries",
            en="Too many tries in a short time. Wait a minute.",
            ja="短い時間に何度も入力されました。1分ほど待ってください。",
            again=True,
        ),
        Sentence(
            code="no-certificate",
            en="The card holds no certificate for this.",
            ja="このカードには、この手続きに使う電子証明書がありません。",
            again=True,
        ),
        Sentence(
            code="not-jpki-card",
            en="This is no Individual Number Card.",
            ja="マイナンバーカードではありません。",
            again=True,
        ),
        Sentence(
            code="attributes-unavailable",
            en="The card has no signed record of the four attributes.",
            ja="このカードからは署名付きの基本4情報を読み取れません。",
            again=True,
        ),
        Sentence(
            code="attributes-refused",
            en="The record of the four attributes is not signed as it has to be.",
            ja="基本4情報の真正性を確認できませんでした。",
        ),
        Sentence(
            code="wrong-key", en="The card's key cannot sign this.", ja="このカードの鍵では署名できません。", again=True
        ),
        Sentence(code="certificate-revoked", en="The certificate is revoked.", ja="電子証明書は失効しています。"),
        Sentence(
            code="certificate-held",
            en="The certificate is on hold: the card was reported lost.",
            ja="電子証明書は一時停止されています。カードの紛失の届出があります。",
        ),
        Sentence(
            code="certificate-expired", en="The certificate has expired.", ja="電子証明書の有効期限が切れています。"
        ),
        Sentence(
            code="certificate-not-yet-valid",
            en="The certificate is not valid yet.",
            ja="電子証明書の有効期間がまだ始まっていません。",
        ),
        Sentence(code="certificate-refused", en="The certificate is refused.", ja="電子証明書を確認できませんでした。"),
        Sentence(
            code="card-trouble",
            en="The card or its reader cannot be used: is it in use elsewhere?",
            ja="カードまたはリーダーを使えません。ほかで使われていないか確かめてください。",
            again=True,
        ),
        Sentence(
            code="service-trouble",
            en="The service cannot look after this now. Try again a little later.",
            ja="現在、確認の処理ができません。少し待ってからもう一度お試しください。",
            again=True,
        ),
        Sentence(
            code="transaction-over",
            en="This signature was made already, or came too late.",
            ja="この署名はすでに行われたか、期限が過ぎています。",
        ),
        Sentence(code="cancelled", en="You went back.", ja="取りやめました。"),
    )
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """What went wrong with a card. ``finding`` is the verifier's code, where it was the verifier."""

    code: str
    tries_left: int | None = None
    finding: str = ""

    @property
    def sentence(self) -> Sentence:
        """It in words."""
        return SENTENCES[self.code]


class CardRefusedError(Exception):
    """Ends a ceremony at the page."""

    def __init__(self, trouble: Trouble) -> None:
        super().__init__(trouble.code)
        self.trouble = trouble


_OF_ERRORS: Final = (
    (PinFormatError, "pin-format"),
    (PinBlockedError, "pin-blocked"),
    (PinGuardError, "pin-guard"),
    (NoCertificateError, "no-certificate"),
    (NotJpkiCardError, "not-jpki-card"),
    (NoApplicationError, "attributes-unavailable"),
    (CardClientError, "card-trouble"),
    (JpkiError, "service-trouble"),
)
_OF_FINDINGS: Final = {
    "jpki.revocation.revoked": "certificate-revoked",
    "jpki.validity.expired": "certificate-expired",
    "jpki.validity.not-yet-valid": "certificate-not-yet-valid",
}


def trouble_of(error: Exception) -> Trouble:
    """What an error of ``CardTrouble`` comes to."""
    if isinstance(error, WrongPinError):
        code = "pin-blocked" if error.tries_left == 0 else "pin-wrong"
        return Trouble(code=code, tries_left=error.tries_left)
    return Trouble(code=next((code for kind, code in _OF_ERRORS if isinstance(error, kind)), "card-trouble"))


def trouble_in(verdict: Verdict) -> Trouble:
    """What a verdict that refuses comes to: by its first error. Its sentences may hold a serial number, so no more."""
    first = next(item for item in verdict.findings if item.is_error)
    code = _OF_FINDINGS.get(first.code, "certificate-refused")
    if code == "certificate-revoked" and first.detail.get("reason") == RevocationReason.CERTIFICATE_HOLD.rfc_name:
        code = "certificate-held"
    return Trouble(code=code, finding=first.code)
