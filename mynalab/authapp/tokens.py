"""The tokens themselves: ES256 ID tokens, RS256 access tokens, and the pairwise subject."""

from __future__ import annotations

import base64
import hmac
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Final

from joserfc import jwt
from joserfc.errors import JoseError

from apdu.ports import RandomBytes
from mynalab.authapp.config import ServiceConfig
from mynalab.authapp.keys import ProviderKeys
from mynalab.authapp.records import Granted

MOST: Final = 4096
"""Characters of an access token that is looked at."""
_SECRET_SIZE: Final = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenMaker:
    """Signs with the provider's keys."""

    config: ServiceConfig
    keys: ProviderKeys = field(repr=False)
    rng: RandomBytes = field(repr=False)

    def secret(self) -> str:
        """256 random bits, base64url: codes, refresh tokens, ids."""
        return base64url(self.rng(_SECRET_SIZE))

    def sub(self, sector: str, handle: bytes) -> str:
        """Pairwise (OpenID Connect Core clause 8.1): a keyed hash, from which nobody learns person or sector."""
        digest = hmac.digest(self.keys.salt, sector.encode() + b"\0" + handle, "sha256")
        return str(uuid.UUID(bytes=digest[:16], version=4)) if self.config.sub_encoding == "uuid" else base64url(digest)

    def access_token(
        self, *, issuer: str, client_id: str, sub: str, scope: str, now: datetime, session_state: str = ""
    ) -> tuple[str, str]:
        """The token and its jti."""
        jti = str(uuid.UUID(bytes=self.rng(16), version=4))
        claims = {
            "iss": issuer,
            "sub": sub,
            "aud": issuer,
            "azp": client_id,
            "typ": "Bearer",
            "scope": scope,
            "jti": jti,
            "iat": int(now.timestamp()),
            "exp": int((now + timedelta(seconds=self.config.access_token_seconds)).timestamp()),
        }
        if session_state:
            claims["session_state"] = session_state
        header = {"alg": "RS256", "kid": self.keys.access_token.kid}
        return jwt.encode(header, claims, self.keys.access_token, ["RS256"]), jti

    def jti_of(self, token: str, *, issuer: str, now: datetime) -> str | None:
        """The jti of an access token of ours that has not expired; None for anything else."""
        if len(token) > MOST or not token.isascii():
            return None
        try:
            read = jwt.decode(token, self.keys.access_token, algorithms=["RS256"])
        except (JoseError, ValueError, RecursionError):
            return None
        claims = read.claims
        return str(claims["jti"]) if claims["iss"] == issuer and claims["exp"] > now.timestamp() else None

    def id_token(
        self, granted: Granted, *, issuer: str, access_token: str, now: datetime, nonce: str = ""
    ) -> dict[str, Any]:
        """The claims of an ID token; ``signed`` makes one of them."""
        claims: dict[str, Any] = {
            "iss": issuer,
            "sub": granted.sub,
            "aud": granted.client_id,
            "azp": granted.client_id,
            "iat": int(now.timestamp()),
            "exp": int((now + timedelta(seconds=self.config.id_token_seconds)).timestamp()),
            "auth_time": int(granted.auth_time.timestamp()),
            "at_hash": at_hash(access_token),
            "session_state": granted.session_state,
        }
        if nonce:
            claims["nonce"] = nonce
        if granted.acr:
            claims["acr"] = granted.acr
        if self.config.claims_in_id_token:
            claims |= allowed_claims(granted)
        return claims

    def signed(self, claims: Mapping[str, Any]) -> str:
        """ES256."""
        key = self.keys.id_token
        return jwt.encode({"alg": "ES256", "kid": key.kid}, dict(claims), key, ["ES256"])


def allowed_claims(granted: Granted, scope: str | None = None) -> dict[str, str]:
    """What of the four attributes the scope opens."""
    scopes = (granted.scope if scope is None else scope).split()
    return {name: value for name, value in granted.person.claims.items() if name in scopes}


def at_hash(access_token: str) -> str:
    """OpenID Connect Core clause 3.1.3.6, for ES256 as for RS256."""
    return base64url(sha256(access_token.encode("ascii")).digest()[:16])


def base64url(raw: bytes) -> str:
    """RFC 7515 clause 2: without padding."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")
