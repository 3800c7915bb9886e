"""Authlib's grants with the provider's records behind them."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from authlib.oauth2.rfc6749 import AuthorizationServer, OAuth2Error, OAuth2Request, grants
from authlib.oauth2.rfc6749.errors import InvalidGrantError
from authlib.oauth2.rfc6749.requests import BasicOAuth2Payload
from authlib.oauth2.rfc7636 import CodeChallenge

from mynalab.authapp.abnormal import spoil_id_token, token_error
from mynalab.authapp.assertion import METHOD, ClientAssertion, ClientRefusedError
from mynalab.authapp.clients import Client
from mynalab.authapp.config import ServiceConfig
from mynalab.authapp.records import Access, Code, Granted, Refresh
from mynalab.authapp.state import State
from mynalab.authapp.tokens import TokenMaker

Answer = tuple[int, Any, list[tuple[str, str]]]
logging.getLogger("authlib.oauth2.rfc6749.grants").setLevel(logging.INFO)  # at DEBUG it writes tokens out
_SOME_SECURE_ADDRESS: Final = "https://authapp.mynalab.invalid/"
"""Authlib wants to hear of https or loopback; who may reach the server is the guard's to say."""


class Request(OAuth2Request):  # type: ignore[misc]
    """What was sent, in the query or in the body and never in both."""

    def __init__(self, method: str, values: Mapping[str, str], *, extra: Any = None) -> None:
        super().__init__(method, _SOME_SECURE_ADDRESS)
        self._values = dict(values)
        self.payload = BasicOAuth2Payload(self._values)
        self.extra = extra

    @property
    def args(self) -> Mapping[str, str]:
        """Of an authorization request."""
        return self._values

    @property
    def form(self) -> Mapping[str, str]:
        """Of a token request."""
        return self._values


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientAdapter:
    """A client as Authlib asks about it."""

    client: Client
    refresh: bool

    @property
    def client_id(self) -> str:
        """Its id."""
        return self.client.client_id

    def check_grant_type(self, grant_type: str) -> bool:
        """All that there are, for everybody."""
        return grant_type != "refresh_token" or self.refresh

    def check_response_type(self, response_type: str) -> bool:
        """code."""
        return response_type == "code"

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        """Exactly as registered (RFC 9700 clause 2.1)."""
        return redirect_uri in self.client.redirect_uris

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        """private_key_jwt at the token endpoint."""
        return (method, endpoint) == (METHOD, "token")

    def get_allowed_scope(self, scope: str) -> str:
        """What was asked for: more than is registered was refused before."""
        return scope


class ProviderServer(AuthorizationServer):  # type: ignore[misc]
    """Authlib's server on the records of a ``State``."""

    def __init__(
        self,
        *,
        config: ServiceConfig,
        clients: Callable[[], Mapping[str, Client]],
        state: State,
        maker: TokenMaker,
        clock: Callable[[], datetime],
        issuer: Callable[[], str],
        token_url: Callable[[], str],
    ) -> None:
        super().__init__()
        self.config, self.clients, self.state, self.maker = config, clients, state, maker
        self.clock, self.issuer = clock, issuer
        self.register_client_auth_method(
            METHOD, ClientAssertion(config=config, used=state.assertions, audience=token_url, clock=clock)
        )
        self.register_grant(AuthorizationCode, [Challenge(required=True)])
        self.register_grant(RefreshToken)
        self.register_grant(ClientCredentials)

    def query_client(self, client_id: str) -> ClientAdapter | None:
        """By its id."""
        client = self.clients().get(client_id)
        return None if client is None else ClientAdapter(client=client, refresh=self.config.refresh_token_issued)

    def authenticate_client(self, request: OAuth2Request, methods: list[str], endpoint: str = "token") -> Any:
        """By its assertion alone; ``ClientRefusedError``."""
        if not request.form.get("client_assertion"):
            raise ClientRefusedError("Missing form parameter: client_assertion")
        return super().authenticate_client(request, methods, endpoint)

    def create_oauth2_request(self, request: Request) -> Request:
        """It is one already."""
        return request

    def send_signal(self, name: str, *args: object, **kwargs: object) -> None:
        """Nobody listens."""

    def save_token(self, token: Mapping[str, Any], request: OAuth2Request) -> None:
        """The grants keep what they give out."""

    def handle_response(self, status: int, body: Any, headers: list[tuple[str, str]]) -> Answer:
        """For whatever framework."""
        return status, body, headers


class AuthorizationCode(grants.AuthorizationCodeGrant):  # type: ignore[misc]
    """A code is given for a grant of a person, and taken once."""

    TOKEN_ENDPOINT_AUTH_METHODS: Final = [METHOD]

    def generate_authorization_code(self) -> str:
        """By the provider's own source of chance."""
        return str(self.server.maker.secret())

    def save_authorization_code(self, code: str, request: Request) -> None:
        """``request.user`` is what was granted."""
        server: ProviderServer = self.server
        now = server.clock()
        server.state.codes.put(
            code,
            Code(
                granted=request.user,
                redirect_uri=request.payload.redirect_uri,
                code_challenge=request.payload.data["code_challenge"],
            ),
            until=now + timedelta(seconds=server.config.code_seconds),
            now=now,
        )

    def query_authorization_code(self, code: str, client: ClientAdapter) -> Code | None:
        """Used up by being asked for by its own client; asked for again, its tokens are revoked (RFC 6749, 4.1.2)."""
        server: ProviderServer = self.server
        state, now = server.state, server.clock()
        lifetime = timedelta(seconds=server.config.refresh_token_seconds + server.config.access_token_seconds)
        found = state.codes.get(code, now=now)
        if found is not None and found.granted.client_id != client.client_id:
            return None
        if found is not None:
            # Before it is taken: whoever comes between the two has to find it in one place.
            state.used_codes.put(code, found.granted.family, until=now + lifetime, now=now)
            taken = state.codes.take(code, now=now)
            if taken is not None:
                return taken
        family = state.used_codes.get(code, now=now)
        if family is not None:
            state.revoke(family, lifetime=lifetime, now=now)
        return None

    def delete_authorization_code(self, authorization_code: Code) -> None:
        """It is gone."""

    def authenticate_user(self, authorization_code: Code) -> Granted:
        """Whose it is."""
        return authorization_code.granted

    def create_token_response(self) -> Answer:
        """The tokens of a person's grant."""
        code: Code = self.request.authorization_code
        refused = token_error(code.granted.abnormal)
        if refused is not None:
            return refused
        return 200, issue(self.server, code.granted, code.granted.scope), list(self.TOKEN_RESPONSE_HEADER)


class Challenge(CodeChallenge):  # type: ignore[misc]
    """S256 and nothing else (RFC 7636 clause 7.2)."""

    DEFAULT_CODE_CHALLENGE_METHOD: Final = "S256"
    SUPPORTED_CODE_CHALLENGE_METHOD: Final = ["S256"]
    CODE_CHALLENGE_METHODS: Final = {"S256": CodeChallenge.CODE_CHALLENGE_METHODS["S256"]}


class RefreshToken(grants.RefreshTokenGrant):  # type: ignore[misc]
    """Each is good once; one that comes twice was stolen, or its successor was (RFC 9700 clause 4.14.2)."""

    TOKEN_ENDPOINT_AUTH_METHODS: Final = [METHOD]

    def authenticate_refresh_token(self, refresh_token: str) -> Refresh | None:
        """The record; for one that was used before, the end of its family."""
        server: ProviderServer = self.server
        state, now = server.state, server.clock()
        found = state.refresh.get(refresh_token, now=now)
        if found is not None:
            return None if state.is_revoked(found.granted.family) else found
        used = state.used_refresh.get(refresh_token, now=now)
        if used is not None:
            self._end(used)
        return None

    def authenticate_user(self, refresh_token: Refresh) -> Granted:
        """Whose it is."""
        return refresh_token.granted

    def issue_token(self, user: Granted, refresh_token: Refresh) -> dict[str, Any]:
        """Take the old one, give new ones."""
        server: ProviderServer = self.server
        state, now = server.state, server.clock()
        # Before it is taken: whoever comes between the two has to find it in one place.
        state.used_refresh.put(refresh_token.text, user.family, until=user.ends_at, now=now)
        if state.refresh.take(refresh_token.text, now=now) is None:  # somebody was quicker with the same token
            self._end(user.family)
            raise InvalidGrantError
        scope = self.request.payload.scope or user.scope
        return issue(server, user, scope, refreshed=True)

    def revoke_old_credential(self, refresh_token: Refresh) -> None:
        """It was taken."""

    def _end(self, family: str) -> None:
        server: ProviderServer = self.server
        lifetime = timedelta(seconds=server.config.refresh_token_seconds + server.config.access_token_seconds)
        server.state.revoke(family, lifetime=lifetime, now=server.clock())


class ClientCredentials(grants.ClientCredentialsGrant):  # type: ignore[misc]
    """A token of the client's own: it starts a sign transaction."""

    TOKEN_ENDPOINT_AUTH_METHODS: Final = [METHOD]

    def validate_requested_scope(self) -> None:
        """None, or the one there is."""
        server: ProviderServer = self.server
        if self.request.payload.scope not in (None, "", server.config.client_credentials_scope):
            raise OAuth2Error("Invalid scopes", error="invalid_scope")
        if "sign" not in self.request.client.client.scopes:
            raise OAuth2Error("The client is not registered for sign", error="unauthorized_client")

    def create_token_response(self) -> Answer:
        """Without a person."""
        server: ProviderServer = self.server
        client_id, scope = self.request.client.client_id, server.config.client_credentials_scope
        now = server.clock()
        text, jti = server.maker.access_token(
            issuer=server.issuer(), client_id=client_id, sub=client_id, scope=scope, now=now
        )
        seconds = server.config.access_token_seconds
        server.state.access.put(
            jti, Access(client_id=client_id, scope=scope), until=now + timedelta(seconds=seconds), now=now
        )
        body = {"access_token": text, "token_type": "Bearer", "expires_in": seconds, "scope": scope}
        return 200, body, list(self.TOKEN_RESPONSE_HEADER)


def issue(server: ProviderServer, granted: Granted, scope: str, *, refreshed: bool = False) -> dict[str, Any]:
    """Tokens of one grant."""
    config, state, now, issuer = server.config, server.state, server.clock(), server.issuer()
    text, jti = server.maker.access_token(
        issuer=issuer,
        client_id=granted.client_id,
        sub=granted.sub,
        scope=scope,
        now=now,
        session_state=granted.session_state,
    )
    access = Access(client_id=granted.client_id, scope=scope, granted=granted)
    state.access.put(jti, access, until=now + timedelta(seconds=config.access_token_seconds), now=now)
    body: dict[str, Any] = {
        "access_token": text,
        "token_type": "Bearer",
        "expires_in": config.access_token_seconds,
        "scope": scope,
        "session_state": granted.session_state,
        "not-before-policy": 0,
    }
    if not refreshed or config.refresh_has_id_token:
        nonce = "" if refreshed else granted.nonce
        claims = server.maker.id_token(granted, issuer=issuer, access_token=text, now=now, nonce=nonce)
        body["id_token"] = spoil_id_token(granted.abnormal, claims, server.maker)
    if config.refresh_token_issued and now < granted.ends_at:
        secret = server.maker.secret()
        state.refresh.put(secret, Refresh(text=secret, granted=replace(granted)), until=granted.ends_at, now=now)
        body["refresh_token"] = secret
        body["refresh_expires_in"] = int((granted.ends_at - now).total_seconds())
    return body
