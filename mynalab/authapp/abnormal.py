"""The abnormal answers of the test-response mode, as one table: what a relying party has to survive.

The real sandbox's page offers some; which ones is known to those with a contract alone.
"""

from __future__ import annotations

import base64
import hmac
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Final

from joserfc import jwt
from joserfc.jwk import ECKey

from mynalab.authapp.tokens import TokenMaker, base64url

NORMAL: Final = "normal"
_WRONG: Final = "wrong"
_OTHER_HASH: Final = "A" * 22
"""Of the right length, so that it is compared."""
_HOUR: Final = 3600


class Stage(Enum):
    """Where the answer differs from a normal one; everything before is normal."""

    AUTHORIZE = "authorize"
    TOKEN = "token"
    ID_TOKEN = "id-token"
    USERINFO = "userinfo"
    SIGN = "sign"


Claims = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Abnormal:
    """One row. ``error`` and ``status`` are for answers that are errors, the rest for those that are wrong."""

    name: str
    stage: Stage
    en: str
    ja: str
    error: str = ""
    description: str = ""
    status: int = 400
    change: Callable[[Claims], Claims] | None = field(default=None, repr=False)
    """Of the redirect's parameters, of the ID token's claims, of userinfo, of the sign result's payload."""
    sign: Callable[[Claims, TokenMaker], str] | None = field(default=None, repr=False)
    """Instead of the provider's signature."""


def _errors(stage: Stage, rows: Mapping[str, tuple[int, str, str]]) -> tuple[Abnormal, ...]:
    """Answers that are an OAuth error each."""
    return tuple(
        Abnormal(name=f"{stage.value}-{error.replace('_', '-')}", stage=stage, en=en, ja=ja, error=error, status=status)
        for error, (status, en, ja) in rows.items()
    )


def _person(name: str, description: str, en: str, ja: str) -> Abnormal:
    """Something at the card or with its holder: the redirect says access_denied."""
    return Abnormal(name=name, stage=Stage.AUTHORIZE, en=en, ja=ja, error="access_denied", description=description)


def _without(name: str) -> Callable[[Claims], Claims]:
    return lambda claims: {key: value for key, value in claims.items() if key != name}


def _with(**changed: Any) -> Callable[[Claims], Claims]:
    return lambda claims: {**claims, **changed}


def _expired(claims: Claims) -> Claims:
    return {**claims, "iat": claims["iat"] - 2 * _HOUR, "exp": claims["iat"] - _HOUR}


def _future(claims: Claims) -> Claims:
    return {**claims, "iat": claims["iat"] + _HOUR, "nbf": claims["iat"] + _HOUR, "exp": claims["iat"] + 2 * _HOUR}


def _flipped(key: str) -> Callable[[Claims], Claims]:
    """A base64 member with one bit of its last whole byte changed."""

    def change(claims: Claims) -> Claims:
        raw = bytearray(base64.b64decode(claims[key]))
        raw[-1] ^= 1
        return {**claims, key: base64.b64encode(raw).decode()}

    return change


def _unsigned(claims: Claims, maker: TokenMaker) -> str:
    """alg none: three parts, the last one empty (RFC 7519 clause 6)."""
    del maker
    return f"{_joined({'alg': 'none', 'typ': 'JWT'}, claims)}."


def _by_public_key(claims: Claims, maker: TokenMaker) -> str:
    """HS256 with the public key's text as the secret, for who lets the token choose; no library would make it."""
    key = maker.keys.id_token
    signed = _joined({"alg": "HS256", "typ": "JWT", "kid": key.kid}, claims)
    digest = hmac.digest(key.as_pem(private=False), signed.encode("ascii"), "sha256")
    return f"{signed}.{base64url(digest)}"


def _joined(header: Claims, claims: Claims) -> str:
    return ".".join(base64url(json.dumps(each).encode()) for each in (header, claims))


def _by_strange_key(claims: Claims, maker: TokenMaker) -> str:
    """Another key under the name of ours."""
    return jwt.encode({"alg": "ES256", "kid": maker.keys.id_token.kid}, claims, ECKey.generate_key("P-256"), ["ES256"])


def _by_unknown_key(claims: Claims, maker: TokenMaker) -> str:
    """Another key under its own name, and its public half beside it."""
    del maker
    key = ECKey.generate_key("P-256", auto_kid=True)
    header = {"alg": "ES256", "kid": key.kid, "jwk": key.as_dict(private=False)}
    return jwt.encode(header, claims, key, ["ES256"])


def _changed(name: str, en: str, ja: str, change: Callable[[Claims], Claims], stage: Stage) -> Abnormal:
    return Abnormal(name=name, stage=stage, en=en, ja=ja, change=change)


def _forged(name: str, en: str, ja: str, sign: Callable[[Claims, TokenMaker], str]) -> Abnormal:
    return Abnormal(name=name, stage=Stage.ID_TOKEN, en=en, ja=ja, sign=sign)


ABNORMAL: Final = (
    _person("user-cancelled", "cancelled", "the person goes back", "利用者が取りやめた"),
    _person("pin-blocked", "pin-blocked", "the PIN is blocked", "暗証番号がロックされている"),
    _person("certificate-revoked", "certificate-revoked", "the certificate is revoked", "証明書が失効している"),
    _person("certificate-held", "certificate-held", "the certificate is on hold", "証明書が一時停止されている"),
    _person("certificate-expired", "certificate-expired", "the certificate is over", "証明書の期限が切れている"),
    *_errors(
        Stage.AUTHORIZE,
        {
            "access_denied": (302, "refused", "拒否された"),
            "invalid_request": (302, "the request is called wrong", "リクエストが不正とされた"),
            "invalid_scope": (302, "the scope is called wrong", "scope が不正とされた"),
            "unauthorized_client": (302, "the client may not ask so", "クライアントに権限がないとされた"),
            "unsupported_response_type": (302, "response_type is called wrong", "response_type が不正とされた"),
            "server_error": (302, "the provider fails", "サーバーの内部エラー"),
            "temporarily_unavailable": (302, "the provider is down for a while", "一時的に利用できない"),
            "login_required": (302, "nobody is logged in", "ログインが必要とされた"),
            "interaction_required": (302, "a person is needed", "利用者の操作が必要とされた"),
        },
    ),
    _changed("wrong-state", "state is another", "state が異なる", _with(state=_WRONG), Stage.AUTHORIZE),
    _changed("missing-state", "there is no state", "state がない", _without("state"), Stage.AUTHORIZE),
    _changed(
        "missing-session-state", "no session_state", "session_state がない", _without("session_state"), Stage.AUTHORIZE
    ),
    _changed(
        "wrong-iss",
        "iss is another's (mix-up)",
        "iss が別の OP のもの(ミックスアップ)",
        _with(iss="https://another.mynalab.invalid/api/realms/main"),
        Stage.AUTHORIZE,
    ),
    _changed("wrong-code", "the code is none", "code が無効", _with(code=_WRONG), Stage.AUTHORIZE),
    _changed("missing-code", "there is no code", "code がない", _without("code"), Stage.AUTHORIZE),
    *_errors(
        Stage.TOKEN,
        {
            "invalid_grant": (400, "the code is refused", "code が拒否された"),
            "invalid_client": (401, "the client is refused", "クライアント認証に失敗した"),
            "invalid_request": (400, "the request is called wrong", "リクエストが不正とされた"),
            "unauthorized_client": (400, "the client may not ask so", "クライアントに権限がないとされた"),
            "unsupported_grant_type": (400, "grant_type is called wrong", "grant_type が不正とされた"),
            "server_error": (500, "the provider fails", "サーバーの内部エラー"),
            "temporarily_unavailable": (503, "the provider is down for a while", "一時的に利用できない"),
        },
    ),
    _forged("id-token-bad-signature", "signed by another key", "別の鍵で署名されている", _by_strange_key),
    _forged("id-token-unknown-key", "signed by a key that it brings along", "自ら運ぶ鍵で署名", _by_unknown_key),
    _forged("id-token-alg-none", "not signed: alg none", "署名なし(alg none)", _unsigned),
    _forged("id-token-hs256", "HS256 with the public key", "公開鍵を秘密とする HS256", _by_public_key),
    _changed("id-token-wrong-nonce", "nonce is another", "nonce が異なる", _with(nonce=_WRONG), Stage.ID_TOKEN),
    _changed("id-token-missing-nonce", "there is no nonce", "nonce がない", _without("nonce"), Stage.ID_TOKEN),
    _changed("id-token-wrong-aud", "aud is another", "aud が異なる", _with(aud="other"), Stage.ID_TOKEN),
    _changed(
        "id-token-wrong-iss",
        "iss is another",
        "iss が異なる",
        _with(iss="https://another.mynalab.invalid/api/realms/main"),
        Stage.ID_TOKEN,
    ),
    _changed(
        "id-token-wrong-at-hash", "at_hash is another", "at_hash が異なる", _with(at_hash=_OTHER_HASH), Stage.ID_TOKEN
    ),
    _changed("id-token-missing-sub", "there is no sub", "sub がない", _without("sub"), Stage.ID_TOKEN),
    _changed("id-token-expired", "it has expired", "有効期限が切れている", _expired, Stage.ID_TOKEN),
    _changed("id-token-future", "it is of the future", "発行日時が未来である", _future, Stage.ID_TOKEN),
    *_errors(
        Stage.USERINFO,
        {
            "invalid_token": (401, "the token is refused", "トークンが拒否された"),
            "insufficient_scope": (403, "the scope is too small", "scope が不足とされた"),
            "server_error": (500, "the provider fails", "サーバーの内部エラー"),
        },
    ),
    _changed("userinfo-wrong-sub", "sub is another's", "sub が ID トークンと異なる", _with(sub=_WRONG), Stage.USERINFO),
    _changed(
        "userinfo-no-claims", "sub alone", "基本4情報がない", lambda claims: {"sub": claims["sub"]}, Stage.USERINFO
    ),
    *_errors(
        Stage.SIGN,
        {
            "not_ready": (404, "there is no result yet", "結果がまだない"),
            "server_error": (500, "the provider fails", "サーバーの内部エラー"),
        },
    ),
    _changed("sign-bad-signature", "the signature is broken", "署名値が壊れている", _flipped("signature"), Stage.SIGN),
    _changed("sign-bad-certificate", "the certificate is broken", "証明書の破損", _flipped("certificate"), Stage.SIGN),
    _changed("sign-other-data", "another data was signed", "別のデータへの署名である", _flipped("data"), Stage.SIGN),
    Abnormal(name="sign-broken-jwe", stage=Stage.SIGN, en="the JWE does not open", ja="JWE を復号できない"),
)

BY_NAME: Final = {row.name: row for row in ABNORMAL}


def row_of(name: str, stage: Stage) -> Abnormal | None:
    """The row, when it is about this stage."""
    row = BY_NAME.get(name)
    return row if row is not None and row.stage is stage else None


def token_error(name: str) -> tuple[int, Any, list[tuple[str, str]]] | None:
    """What the token endpoint answers instead of tokens."""
    row = row_of(name, Stage.TOKEN)
    if row is None:
        return None
    return row.status, {"error": row.error, "error_description": f"test response {row.name}"}, []


def spoil_id_token(name: str, claims: Claims, maker: TokenMaker) -> str:
    """An ID token, as wrong as the row says."""
    row = row_of(name, Stage.ID_TOKEN)
    if row is None:
        return maker.signed(claims)
    changed = row.change(claims) if row.change is not None else claims
    return maker.signed(changed) if row.sign is None else row.sign(changed, maker)
