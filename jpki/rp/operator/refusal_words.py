"""Why the operator refuses: a stable code, the status of HTTP (RFC 9110 clause 15), two sentences, what to do next."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from types import MappingProxyType
from typing import Final

_TOO_MANY = HTTPStatus.TOO_MANY_REQUESTS  # RFC 6585 clause 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """One row."""

    code: str
    status: int
    en: str
    ja: str
    hint: str = ""

    @property
    def title(self) -> str:
        """The status in words."""
        return HTTPStatus(self.status).phrase


def _word(code: str, status: int, en: str, ja: str, hint: str) -> Word:
    return Word(code=f"operator.{code}", status=int(status), en=en, ja=ja, hint=hint)


_ROWS: Final = (
    # the request
    _word(
        "request.malformed", 422, "the request is not as the interface describes it: {fields}",
        "リクエストの形式が正しくありません（{fields}）", "see /openapi.json",
    ),
    _word(
        "request.not-found", 404, "there is nothing at this address", "そのアドレスには何もありません",
        "see /openapi.json",
    ),
    _word(
        "request.method", 405, "this address takes other methods", "このアドレスでは使えないメソッドです",
        "see /openapi.json",
    ),
    _word(
        "token.refused", 401, "no tenant has this token, or none was sent", "トークンがないか、正しくありません",
        "send it as: Authorization: Bearer TOKEN; the lab's own: mynalab rp tenant list",
    ),
    _word(
        "rate.exceeded", _TOO_MANY, "too many requests of this tenant", "リクエストが多すぎます",
        "wait as long as Retry-After says",
    ),
    _word(
        "sign-result.refused", 422, "the sign result does not open: {why}",
        "署名結果（JWE）を復号できません（{why}）", "encrypt it with the key of /key/jwks.json",
    ),
    _word(
        "sign-result.other-data", 422, "the sign result is about other data than those given",
        "署名結果の対象データが、指定されたデータと異なります", "give the data with which the transaction was begun",
    ),
    _word(
        "data.not-padded", 422, "the data are neither a SHA-256 hash nor a DigestInfo of one",
        "データは SHA-256 のハッシュ値でも DigestInfo でもありません", "give 32 bytes, or 51 with the DigestInfo",
    ),
    _word(
        "hash.unsupported", 422, "a hash of {found} bytes is none that this certificate's key signs",
        "この証明書の鍵では扱えない長さ（{found} バイト）のハッシュ値です", "RSA: SHA-256; P-384: SHA-384",
    ),
    _word(
        "store.busy",
        503,
        "others are writing, and did not end in time",
        "別の処理が記録に書き込んでいます",
        "try again",
    ),
    _word(
        "lab.trouble",
        500,
        "something that the operator needs is missing or broken: {kind}",
        "サーバー側に不具合があります（{kind}）",
        "look at the lab with: mynalab lab show",
    ),
    _word(
        "origin.malformed",
        422,
        "the origin is none in its canonical form",
        "オリジンの形式が正しくありません",
        "write https://host or https://host:port; plain http for this machine alone",
    ),
    # challenges
    _word(
        "challenge.required",
        422,
        "a consent is signed over the operator's own challenge, which has its text",
        "同意には、同意文を含む本サービスのチャレンジへの署名が必要です",
        "ask for one: POST /v1/challenges, purpose consent",
    ),
    _word(
        "challenge.unknown", 422, "this challenge was not given to this tenant for this purpose",
        "この目的でこのテナントに発行したチャレンジではありません", "ask for one: POST /v1/challenges",
    ),
    _word(
        "challenge.used", 409, "the challenge was used before; each works once",
        "チャレンジは使用済みです（一度しか使えません）", "ask for another one",
    ),
    _word(
        "challenge.expired", 422, "the challenge ended at {expires_at}",
        "チャレンジの有効期限（{expires_at}）が過ぎています", "ask for another one",
    ),
    _word(
        "data.used", 409, "these data were signed for this purpose before; each works once",
        "同じデータはこの目的ですでに使われています", "let a new nonce be signed",
    ),
    _word(
        "data.too-short", 422, "a nonce of one's own has {least} bytes at least",
        "自前のチャレンジは {least} バイト以上必要です", "draw more random bytes",
    ),
    # what was proved
    _word(
        "certificate.invalid", 422, "the bytes are no certificate", "証明書として読めません", "send it in DER",
    ),
    _word(
        "certificate.unsupported", 422, "the certificate is none of the CAs that are verified here, or not for this",
        "対象の認証局の証明書ではないか、用途が違います", "see the findings",
    ),
    _word(
        "certificate.not-yet-valid", 422, "the certificate is not yet valid", "証明書の有効期間が始まっていません",
        "try again later",
    ),
    _word(
        "certificate.expired", 422, "the certificate has expired", "証明書の有効期間が過ぎています",
        "ask for the renewed one",
    ),
    _word(
        "signature.mismatch", 422, "the certificate's key did not make this signature over this",
        "署名が一致しません", "see what was signed, and how it was padded",
    ),
    _word(
        "certificate.on-hold", 422, "the certificate is on hold: its card was reported lost",
        "証明書は一時保留中です（紛失の届出など）", "accept nothing of it; ask through another channel",
    ),
    _word(
        "certificate.revoked", 422, "the certificate is revoked", "証明書は失効しています",
        "ask for the newer one; the reason says what happened",
    ),
    _word(
        "status.unknown", 503, "whether the certificate is revoked cannot be found out now",
        "失効情報を確認できません", "try again later, or by another check_method",
    ),
    _word(
        "certificate.unknown", 404, "there is no such certificate here", "その証明書の記録はありません",
        "ids are those of this tenant's verifications",
    ),
    # who it is
    _word(
        "link.missing", 422, "nobody knows which other certificate this one belongs to",
        "証明書の紐付け情報がありません", "the user cannot be identified by this certificate",
    ),
    _word(
        "link.not-synced", 409, "the certificate is too new: its links are not known yet",
        "発行直後のため、証明書の紐付け情報がまだ反映されていません", "try again in some hours",
    ),
    _word(
        "user.not-registered", 404, "no user of this tenant has this certificate", "この証明書の利用者は未登録です",
        "register first",
    ),
    _word(
        "user.already-registered", 409, "the certificate is registered already", "この証明書は登録済みです",
        "log in instead",
    ),
    _word(
        "user.to-replace", 409, "the user is registered with an earlier certificate",
        "更新・変更前の証明書で登録済みです", "replace it: POST /v1/replacements",
    ),
    _word(
        "user.nothing-to-replace", 404, "no certificate before this one is registered",
        "この証明書より前の証明書は登録されていません", "register first",
    ),
    _word(
        "user.signing-certificate-ended", 410, "the signing certificate that the user registered with is {state}",
        "登録時の署名用電子証明書が有効ではありません（{state}）", "let the user replace it",
    ),
    _word(
        "certificate.replaced", 410, "a newer certificate took this one's place here",
        "すでに新しい証明書に切り替わっています", "use the newer card or certificate",
    ),
    _word(
        "user.unknown", 404, "there is no such user, or no longer", "その利用者はいないか、削除されています",
        "who was deleted comes back under another id",
    ),
    _word(
        "user.other", 409, "the certificate is another user's", "別の利用者の証明書です",
        "sign with the card of this user",
    ),
    # the latest attributes
    _word(
        "consent.none", 409, "the user never agreed", "最新の4情報の提供への同意がありません", "ask for consent",
    ),
    _word(
        "consent.ended", 409, "the consent ended at {ends_at}", "同意の有効期間（{ends_at} まで）が過ぎています",
        "ask for consent again",
    ),
    _word(
        "consent.withdrawn", 409, "the user withdrew the consent", "同意は取り消されています",
        "ask for consent again, or do without",
    ),
    _word(
        "latest.request-certificate-held", 409, "the certificate of the consent is on hold",
        "同意に使われた証明書が一時保留中です", "wait until it is revoked or released",
    ),
    _word(
        "latest.expired", 409, "the newest signing certificate has expired",
        "最新の署名用電子証明書の有効期間が過ぎています", "wait for a new one",
    ),
    _word(
        "latest.revoked-or-held", 409, "the newest signing certificate is revoked or on hold",
        "最新の署名用電子証明書は失効または一時保留中です", "wait for a new one",
    ),
    _word(
        "latest.unknown", 409, "the service does not know the certificate of the consent",
        "同意に使われた証明書が不明です", "ask for consent again",
    ),
    # records
    _word(
        "verification.unknown", 404, "there is no such verification", "その検証記録はありません",
        "ids are those of this tenant's verifications",
    ),
    # notices
    _word(
        "webhook.unknown", 404, "there is no such webhook", "その Webhook は登録されていません", "see GET /v1/webhooks",
    ),
    _word(
        "webhook.address", 422, "webhooks of a lab go to this machine: {why}",
        "Webhook の宛先はこのマシンに限られます（{why}）", "http://127.0.0.1:PORT/PATH",
    ),
    _word(
        "webhook.too-many", 409, "a tenant has {most} webhooks at most", "Webhook は {most} 件までです",
        "remove one first",
    ),
    _word(
        "event.unknown", 404, "there is no such event", "その通知はありません", "see GET /v1/events",
    ),
)  # fmt: skip
WORDS: Final[Mapping[str, Word]] = MappingProxyType({row.code: row for row in _ROWS})
"""Every refusal, by its code."""
