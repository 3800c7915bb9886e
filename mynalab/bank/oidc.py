"""The bank's side of OpenID Connect: send somebody to be authenticated, and read what comes back.

Everything that OAuth's current practice asks of a client (RFC 9700) is here: PKCE, a state and a nonce of their own for
each request, one registered redirect_uri, the issuer checked in the answer and in the ID token.
"""

from __future__ import annotations

import warnings
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import httpx
from authlib.integrations.base_client import OAuthError
from authlib.oauth2.rfc7523 import PrivateKeyJWT
from authlib.oauth2.rfc7523.assertion import private_key_jwt_sign
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from apdu.ports import RandomBytes
from mynalab.bank.config import BankConfig
from mynalab.bank.refusals import refused, refused_by_app

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # Authlib 1.9 would rather find httpx2
    from authlib.integrations.httpx_client import OAuth2Client

ALGORITHM: Final = "ES256"
"""Of ID tokens; a token's own header does not choose (RFC 8725 clause 3.1)."""
_ASSERTION_S: Final = 60
_LEEWAY_S: Final = 60
_SECRET_BYTES: Final = 32
_TIMEOUT_S: Final = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What has to be remembered, in the browser's session alone, until the answer comes."""

    address: str = field(repr=False)
    """Where the browser is sent."""
    state: str = field(repr=False)
    nonce: str = field(repr=False)
    verifier: str = field(repr=False)
    transaction: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Authenticated:
    """Who it is: ``sub`` stands for the person at this bank alone."""

    sub: str
    access_token: str = field(repr=False)


class App:
    """The Digital Authentication App's service, as the bank uses it. What goes wrong is a ``RefusedError``."""

    def __init__(self, config: BankConfig, *, clock: Callable[[], datetime], rng: RandomBytes) -> None:
        self._config, self._clock, self._rng = config, clock, rng
        self._http = httpx.Client(timeout=_TIMEOUT_S, follow_redirects=False, trust_env=False)

    def close(self) -> None:
        """Let go of the connections."""
        self._http.close()

    def request(self, scope: str, *, language: str, transaction: str = "") -> Request:
        """A new authentication request."""
        state, nonce, verifier = self._secret(), self._secret(), self._secret()
        more = {"sign_transaction_id": transaction} if transaction else {}
        with self._client(scope) as client:
            address, _ = client.create_authorization_url(
                self._metadata()["authorization_endpoint"],
                state=state,
                code_verifier=verifier,
                nonce=nonce,
                acr_values=self._config.acr_values,
                ui_locales=language,
                **more,
            )
        return Request(address=address, state=state, nonce=nonce, verifier=verifier, transaction=transaction)

    def authenticated(self, request: Request, answer: Mapping[str, str]) -> Authenticated:
        """What the answer at the callback comes to; its state is the request's, which the session has looked up."""
        metadata = self._metadata()
        told = bool(metadata.get("authorization_response_iss_parameter_supported"))
        if answer.get("iss", None if told else self._config.issuer) != self._config.issuer:  # RFC 9207 clause 2.4
            raise refused("bank.callback.other-issuer")
        if "error" in answer:
            raise refused_by_app(answer.get("error_description", ""))
        tokens = self._tokens(metadata, grant_type="authorization_code", code=answer.get("code", ""), request=request)
        try:
            return self._read(tokens, request.nonce, metadata)
        except (JoseError, ValueError, KeyError, TypeError) as error:
            raise refused("bank.token.refused", status=502) from error

    def begin_signature(self, data: bytes) -> str:
        """A sign transaction, started with the bank's own token; its id."""
        tokens = self._tokens(self._metadata(), grant_type="client_credentials")
        body = {"data": b64encode(data).decode()}
        answer = self._ask("POST", self._config.sign_url, tokens["access_token"], json=body)
        return str(answer["sign_transaction_id"])

    def sign_result(self, transaction: str, person: Authenticated) -> str:
        """A JWE that the operator alone opens: the bank never sees a certificate."""
        answer = self._ask("GET", f"{self._config.sign_url}/{transaction}/result", person.access_token)
        return str(answer["sign_certificate_jwe"])

    def _client(self, scope: str = "") -> OAuth2Client:
        return OAuth2Client(
            self._config.client_id,
            self._config.client_key,
            token_endpoint_auth_method=_Assertion(self._clock),
            redirect_uri=self._config.callback,
            scope=scope,
            code_challenge_method="S256",
            timeout=_TIMEOUT_S,
            trust_env=False,
        )

    def _tokens(
        self, metadata: Mapping[str, Any], *, grant_type: str, code: str = "", request: Request | None = None
    ) -> Mapping[str, Any]:
        brought = {} if request is None else {"code": code, "code_verifier": request.verifier}
        try:
            with self._client() as client:
                tokens: Mapping[str, Any] = client.fetch_token(
                    metadata["token_endpoint"], grant_type=grant_type, **brought
                )
            return tokens
        except httpx.HTTPError as error:
            raise refused("bank.app.unreachable", status=502) from error
        except (OAuthError, ValueError, KeyError) as error:
            raise refused("bank.token.refused", status=502) from error

    def _read(self, tokens: Mapping[str, Any], nonce: str, metadata: Mapping[str, Any]) -> Authenticated:
        """OpenID Connect Core clause 3.1.3.7: signed by the issuer, for us, now, and for this request."""
        keys = KeySet.import_key_set(self._fetched(metadata["jwks_uri"]))  # type: ignore[arg-type]
        token = jwt.decode(tokens["id_token"], keys, algorithms=[ALGORITHM])
        claims = CodeIDToken(
            token.claims,
            token.header,
            options={
                "iss": {"essential": True, "value": self._config.issuer},
                "aud": {"essential": True, "value": self._config.client_id},
                "at_hash": {"essential": True},
            },
            params={
                "client_id": self._config.client_id,
                "nonce": nonce,
                "access_token": tokens["access_token"],
            },
        )
        claims.validate(now=int(self._clock().timestamp()), leeway=_LEEWAY_S)
        return Authenticated(sub=str(claims["sub"]), access_token=str(tokens["access_token"]))

    def _metadata(self) -> Mapping[str, Any]:
        """OpenID Connect Discovery clause 4: the document has to say that it is the issuer's."""
        found = self._fetched(f"{self._config.issuer}/.well-known/openid-configuration")
        if found.get("issuer") != self._config.issuer:
            raise refused("bank.callback.other-issuer", status=502)
        return found

    def _fetched(self, address: str) -> Mapping[str, Any]:
        return self._json(self._http.build_request("GET", address))

    def _ask(self, method: str, address: str, token: str, **content: Any) -> Mapping[str, Any]:
        headers = {"Authorization": f"Bearer {token}"}
        return self._json(self._http.build_request(method, address, headers=headers, **content))

    def _json(self, request: httpx.Request) -> Mapping[str, Any]:
        try:
            answer = self._http.send(request)
            answer.raise_for_status()
            found = answer.json()
        except (httpx.HTTPError, ValueError) as error:
            raise refused("bank.app.unreachable", status=502) from error
        if not isinstance(found, dict):
            raise refused("bank.app.unreachable", status=502)
        return found

    def _secret(self) -> str:
        return urlsafe_b64encode(self._rng(_SECRET_BYTES)).decode().rstrip("=")


class _Assertion(PrivateKeyJWT):  # type: ignore[misc]
    """private_key_jwt (RFC 7523 clause 2.2) at the lab's time; Authlib's own is of the system's clock."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        super().__init__()
        self._clock = clock

    def sign(self, auth: Any, token_endpoint: str) -> str:
        now = int(self._clock().timestamp())
        assertion: str = private_key_jwt_sign(
            auth.client_secret,
            client_id=auth.client_id,
            token_endpoint=token_endpoint,
            header={"kid": auth.client_secret.kid},
            issued_at=now,
            expires_at=now + _ASSERTION_S,
            alg=self.alg,
        )
        return assertion
