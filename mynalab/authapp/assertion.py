"""private_key_jwt: a client proves who it is by a JWT that it signed (RFC 7523; OpenID Connect Core clause 9).

Not Authlib's ``JWTBearerClientAssertion``: docs/design-choices.md says why. Plugged into its authorization server.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Protocol

from authlib.oauth2.rfc6749 import OAuth2Error, OAuth2Request
from joserfc import jws
from joserfc.errors import JoseError

from mynalab.authapp.clients import ASSERTION_ALGORITHMS, Client
from mynalab.authapp.config import ServiceConfig
from mynalab.authapp.store import Store

METHOD: Final = "private_key_jwt"
TYPE: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
MOST: Final = 8192
"""Characters of an assertion: a choice, many times what one needs."""
_MOST_JTI: Final = 255
_HEADER: Final = frozenset({"alg", "kid", "typ"})
"""jwk, jku, x5u, x5c and crit would let the sender choose the key or the rules."""


class ClientRefusedError(OAuth2Error):  # type: ignore[misc]
    """The client did not prove who it is (RFC 6749 clause 5.2)."""

    error = "invalid_client"
    status_code = 401


class HasClient(Protocol):
    """What the server looks clients up as."""

    @property
    def client(self) -> Client: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientAssertion:
    """A client authentication method of Authlib's server. ``used`` keeps each jti until its assertion has expired."""

    config: ServiceConfig
    used: Store[bool] = field(repr=False)
    audience: Callable[[], str]
    clock: Callable[[], datetime]

    def __call__(self, query_client: Callable[[str], HasClient | None], request: OAuth2Request) -> HasClient | None:
        """The client; None when the request has no assertion, ``ClientRefusedError`` when it has a bad one."""
        form: Mapping[str, str] = request.form
        assertion = form.get("client_assertion", "")
        if not assertion:
            return None
        if form.get("client_assertion_type") != TYPE:
            raise ClientRefusedError("Invalid client_assertion_type")
        if len(assertion) > MOST:
            raise ClientRefusedError("Invalid client_assertion: too long")
        header, claims = _read(assertion)
        client_id = claims.get("sub")
        found = query_client(client_id) if isinstance(client_id, str) else None
        if found is None:
            raise ClientRefusedError("Invalid client_assertion: sub is no client")
        client = found.client
        if form.get("client_id", client.client_id) != client.client_id:
            raise ClientRefusedError("client_id is not the client of the assertion")
        _check_signature(assertion, header, client)
        self._check_claims(claims, client)
        return found

    def _check_claims(self, claims: Mapping[str, Any], client: Client) -> None:
        now = self.clock()
        if claims.get("iss") != client.client_id:
            raise ClientRefusedError("Invalid client_assertion: iss is not sub")
        # One audience: a JWT that several take could be passed on by one of them (RFC 7523 clause 3).
        if claims.get("aud") not in (self.audience(), [self.audience()]):
            raise ClientRefusedError("Invalid client_assertion: aud is not the token endpoint")
        ends = _moment(claims, "exp")
        leeway = timedelta(seconds=self.config.assertion_leeway_seconds)
        if ends is None or ends + leeway <= now:
            raise ClientRefusedError("Invalid client_assertion: expired, or without exp")
        if ends > now + timedelta(seconds=self.config.assertion_max_seconds) + leeway:
            raise ClientRefusedError("Invalid client_assertion: exp is too far ahead")
        for name in ("iat", "nbf"):
            begins = _moment(claims, name)
            if name in claims and (begins is None or begins > now + leeway):
                raise ClientRefusedError(f"Invalid client_assertion: {name} is in the future")
        jti = claims.get("jti")
        if not isinstance(jti, str) or not 0 < len(jti) <= _MOST_JTI:
            raise ClientRefusedError("Invalid client_assertion: no jti")
        if not self.used.first(f"{client.client_id} {jti}", True, until=ends + leeway, now=now):
            raise ClientRefusedError("Invalid client_assertion: jti was used before")


def _read(assertion: str) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """Header and claims, believed by nobody yet."""
    try:
        token = jws.extract_compact(assertion.encode("ascii"))
        claims = json.loads(token.payload)
    except (JoseError, ValueError, TypeError, RecursionError) as error:  # brackets within brackets recur
        raise ClientRefusedError("Invalid client_assertion: no signed JWT") from error
    if not isinstance(claims, dict):
        raise ClientRefusedError("Invalid client_assertion: no signed JWT")
    return token.headers(), claims


def _check_signature(assertion: str, header: Mapping[str, Any], client: Client) -> None:
    """By a registered key, in the one algorithm that goes with it; the header may at most say which key it is."""
    if set(header) - _HEADER:
        raise ClientRefusedError("Invalid client_assertion: a header with more than alg, kid and typ")
    kid = header.get("kid")
    for key in client.keys:
        algorithm = ASSERTION_ALGORITHMS[key.key_type]
        if header.get("alg") != algorithm or (kid is not None and key.kid not in (None, kid)):
            continue
        try:
            jws.deserialize_compact(assertion, key, algorithms=[algorithm])
        except (JoseError, ValueError):
            continue
        return
    raise ClientRefusedError("Invalid client_assertion: no registered key made it")


def _moment(claims: Mapping[str, Any], name: str) -> datetime | None:
    """A NumericDate within what a calendar has (RFC 7519 clause 2); None for all else."""
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return datetime.fromtimestamp(value, UTC)
    except (ValueError, OverflowError, OSError):
        return None
