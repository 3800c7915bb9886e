"""Why the bank says no: a stable code, a sentence in both languages, and the findings of whoever refused."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from jpki.rp.comparing.outcome import FieldComparison


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """What a page shows and a log may hold: nothing in it is personal."""

    code: str
    en: str
    ja: str
    findings: tuple[Mapping[str, Any], ...] = ()
    """Of the operator: ``code``, ``message`` and ``message_ja`` of each."""
    fields: tuple[FieldComparison, ...] = ()
    """Of a comparison: outcomes, no values."""


class RefusedError(Exception):
    """Ends whatever was being done. Nothing is stored."""

    def __init__(self, refusal: Refusal, *, status: int = 400) -> None:
        super().__init__(refusal.code)
        self.refusal, self.status = refusal, status


_OWN: Final = {
    "bank.form.expired": (
        "This page is too old, or of another browser. Begin again.",
        "ページの有効期限が切れたか、別のブラウザーのものです。最初からやり直してください。",
    ),
    "bank.callback.unknown": (
        "Nobody was sent to be authenticated for this answer, or it was used before. Begin again.",
        "この応答に対応する手続きがないか、すでに使われています。最初からやり直してください。",
    ),
    "bank.callback.other-issuer": (
        "The answer is from another service than the one that was asked.",
        "問い合わせた認証サービスとは別のサービスからの応答です。",
    ),
    "bank.token.refused": (
        "The authentication service did not accept its own code, or answers what cannot be trusted.",
        "認証サービスからトークンを受け取れないか、内容を信頼できません。",
    ),
    "bank.app.unreachable": (
        "The authentication service does not answer as it has to. Try again later.",
        "認証サービスに接続できません。しばらくしてからやり直してください。",
    ),
    "bank.operator.unreachable": (
        "Certificates cannot be verified now. Try again later.",
        "現在、電子証明書を検証できません。しばらくしてからやり直してください。",
    ),
    "bank.entry.differs": (
        "What you entered is not what your certificate says.",
        "入力された内容が、署名用電子証明書の内容と一致しません。",
    ),
    "bank.signature.refused": ("The signature is not accepted.", "電子署名を受け付けられません。"),
    "bank.account.exists": (
        "You have an account already: log in.",
        "口座はすでに開設されています。ログインしてください。",
    ),
    "bank.account.none": ("You have no account yet: open one first.", "口座がありません。先に口座を開設してください。"),
    "bank.account.other-person": ("The card is another person's.", "別の方のカードです。"),
    "bank.account.suspended": (
        "Your account is suspended: a certificate that it was opened with is on hold or in doubt.",
        "口座の利用を停止しています。登録された電子証明書が一時停止中か、安全を確認できません。",
    ),
    # error_description of the authentication service, after a card was refused there
    "app.cancelled": ("You went back without a card.", "手続きを取りやめました。"),
    "app.certificate-held": (
        "Your card was reported lost, and its certificate is on hold.",
        "カードの紛失の届出があり、電子証明書が一時停止されています。",
    ),
    "app.certificate-revoked": ("Your certificate is revoked.", "電子証明書は失効しています。"),
    "app.certificate-expired": (
        "Your certificate has expired. The municipal office renews it.",
        "電子証明書の有効期限が切れています。市区町村の窓口で更新できます。",
    ),
    "app.certificate-not-yet-valid": (
        "Your certificate is not valid yet.",
        "電子証明書の有効期間がまだ始まっていません。",
    ),
    "app.pin-blocked": (
        "The PIN is blocked. The municipal office resets it.",
        "暗証番号がロックされています。市区町村の窓口で初期化できます。",
    ),
    "app.refused": ("The authentication service refused.", "認証サービスで認証できませんでした。"),
}


@dataclass(frozen=True, slots=True)
class _Words:
    en: str
    ja: str


WORDS: Final = {code: _Words(en, ja) for code, (en, ja) in _OWN.items()}


def refused(code: str, *, status: int = 400, **details: Any) -> RefusedError:
    """By a code of the table."""
    words = WORDS[code]
    return RefusedError(Refusal(code=code, en=words.en, ja=words.ja, **details), status=status)


def refused_by_app(description: str) -> RefusedError:
    """By what stands in error_description; what is not in the table is shown to nobody."""
    code = f"app.{description}"
    return refused(code if code in WORDS else "app.refused", status=403)


def refused_by_operator(problem: Mapping[str, Any], *, status: int) -> RefusedError:
    """By the operator's problem details, which have sentences in both languages."""
    return RefusedError(
        Refusal(
            code=str(problem.get("code", "operator.refused")),
            en=str(problem.get("detail", "")),
            ja=str(problem.get("detail_ja") or problem.get("detail", "")),
            findings=tuple(problem.get("findings", ())),
        ),
        status=status,
    )
