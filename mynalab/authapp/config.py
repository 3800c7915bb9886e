"""What nobody outside knows of the real service, as values: each of them a choice of ours until somebody is told.

A lab's ``authapp.toml`` changes them, in the table ``[service]``. docs/authapp.md lists them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Final

from mynalab.errors import AuthAppConfigError

UNVERIFIED: Final = "unverified against the real service"
_MEANING: Final = "meaning"


def _unknown(default: Any, meaning: str) -> Any:
    return field(default=default, metadata={_MEANING: meaning})


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceConfig:
    """One value an unknown. Lifetimes are in seconds."""

    realm_path: str = _unknown("/api/realms/main", "where the realm is; the issuer is the host with this path")
    sign_path: str = _unknown("/api/sign-transactions", "where sign transactions are")
    has_discovery: bool = _unknown(True, "whether /.well-known/openid-configuration answers")
    has_iss_in_response: bool = _unknown(False, "whether the redirect carries iss (RFC 9207)")
    acr_known: tuple[str, ...] = _unknown(("aal2", "aal3", "crl", "ocsp"), "tokens that acr_values may have")
    acr_unknown_refused: bool = _unknown(False, "whether another token is invalid_request, or is not heeded")
    acr_default: str = _unknown("aal3", "the acr claim when nothing is asked for; empty for no claim")
    acr_sign: str = _unknown("aal3", "the acr claim after a signature; empty for no claim")
    code_seconds: int = _unknown(60, "lifetime of an authorization code")
    access_token_seconds: int = _unknown(300, "lifetime of an access token")
    id_token_seconds: int = _unknown(300, "lifetime of an ID token")
    refresh_token_seconds: int = _unknown(1800, "lifetime of a refresh token and of all that come of it")
    refresh_token_issued: bool = _unknown(True, "whether a log-in gives a refresh token")
    refresh_has_id_token: bool = _unknown(True, "whether a refresh gives an ID token")
    page_seconds: int = _unknown(600, "how long the page waits for the person")
    transaction_seconds: int = _unknown(600, "lifetime of a sign transaction, from its start to its last reading")
    client_credentials_scope: str = _unknown("sign", "scope of the client_credentials token")
    assertion_max_seconds: int = _unknown(86_400, "how far ahead exp of a client assertion may be")
    assertion_leeway_seconds: int = _unknown(60, "how far clocks may differ")
    client_error_status: int = _unknown(401, "HTTP status of invalid_client")
    error_descriptions: bool = _unknown(True, "whether errors carry error_description")
    card_error: str = _unknown("access_denied", "the error of a card or certificate that is refused")
    sub_encoding: str = _unknown("uuid", "form of sub: uuid or base64url")
    birthdate_format: str = _unknown("%Y-%m-%d", "birthdate as strftime writes it; unknown parts are zeros")
    gender_male: str = _unknown("1", "gender for 男")
    gender_female: str = _unknown("2", "gender for 女")
    gender_unknown: str = _unknown("0", "gender for 不明")
    gender_not_applicable: str = _unknown("9", "gender for 適用不能")
    claims_in_id_token: bool = _unknown(False, "whether the ID token carries the four attributes, too")
    sign_start_data_key: str = _unknown("data", "JSON key of what is to be signed")
    sign_start_id_key: str = _unknown("sign_transaction_id", "JSON key of the id in the answer")
    sign_start_status: int = _unknown(201, "HTTP status of that answer")
    sign_result_key: str = _unknown("sign_certificate_jwe", "JSON key of the JWE in the result")
    sign_result_reads: int = _unknown(10, "how often a result can be read")
    sign_payload_certificate_key: str = _unknown("certificate", "key of the certificate inside the JWE, base64 DER")
    sign_payload_signature_key: str = _unknown("signature", "key of the signature inside the JWE, base64")
    sign_payload_data_key: str = _unknown("data", "key of the signed data inside the JWE, base64 as given")
    jwe_alg: str = _unknown("RSA-OAEP-256", "alg of the JWE: RSA-OAEP-256 or RSA-OAEP")
    jwe_enc: str = _unknown("A256GCM", "enc of the JWE")
    digest_info_allowed: bool = _unknown(True, "whether data may be a DER DigestInfo of SHA-256")

    def __post_init__(self) -> None:
        for one in fields(self):
            value = getattr(self, one.name)
            if isinstance(value, int) and not isinstance(value, bool) and value < 1:
                raise AuthAppConfigError(f"{one.name} is {value}", hint="give a number above zero")
        for name, allowed in _ONE_OF.items():
            if getattr(self, name) not in allowed:
                raise AuthAppConfigError(f"{name} is {getattr(self, name)!r}", hint=f"one of {', '.join(allowed)}")

    @classmethod
    def read(cls, table: Mapping[str, Any]) -> ServiceConfig:
        """From the table of a TOML file; ``AuthAppConfigError`` for a name that is none or a value of another type."""
        known = {one.name: one for one in fields(cls)}
        values: dict[str, Any] = {}
        for name, value in table.items():
            if name not in known:
                raise AuthAppConfigError(f"[service] has no {name!r}", hint="docs/authapp.md lists what there is")
            given = tuple(value) if isinstance(value, list) else value
            if type(given) is not type(known[name].default):
                kind = type(known[name].default).__name__
                raise AuthAppConfigError(f"[service] {name} is no {kind}", hint="docs/authapp.md has the defaults")
            values[name] = given
        return cls(**values)


_ONE_OF: Final = {
    "sub_encoding": ("uuid", "base64url"),
    "jwe_alg": ("RSA-OAEP-256", "RSA-OAEP"),
    "jwe_enc": ("A128GCM", "A192GCM", "A256GCM", "A128CBC-HS256", "A256CBC-HS512"),
}


def unknowns() -> list[tuple[str, str, str]]:
    """Name, default and meaning of each, for the documents."""
    return [(one.name, _shown(one.default), one.metadata[_MEANING]) for one in fields(ServiceConfig)]


def _shown(value: Any) -> str:
    if isinstance(value, tuple):
        return " ".join(value)
    return str(value).lower() if isinstance(value, bool) else str(value)
