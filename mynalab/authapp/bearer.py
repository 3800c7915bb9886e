"""Access tokens at the resources (RFC 6750): in the Authorization header and nowhere else."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import Request

from mynalab.authapp.provider import Provider
from mynalab.authapp.records import Access


@dataclass(frozen=True, slots=True)
class BearerRefusedError(Exception):
    """Clause 3.1. A request without any token is told no error (clause 3)."""

    status: int
    error: str = ""
    description: str = ""

    @property
    def challenge(self) -> str:
        """The WWW-Authenticate field."""
        if not self.error:
            return "Bearer"
        return f'Bearer error="{self.error}", error_description="{self.description}"'


def access_of(provider: Provider, request: Request, *, person: bool) -> Access:
    """What the token stands for; of a ``person``'s grant, or of a client alone. ``BearerRefusedError``."""
    given = request.headers.getlist("authorization")
    if not given:
        raise BearerRefusedError(401)
    scheme, _, token = given[0].partition(" ")
    if scheme.lower() != "bearer" or len(given) > 1:
        raise BearerRefusedError(401)
    now = provider.clock()
    jti = provider.maker.jti_of(token.strip(), issuer=provider.issuer, now=now)
    access = None if jti is None else provider.state.access.get(jti, now=now)
    granted = None if access is None else access.granted
    if access is None or (granted is not None and provider.state.is_revoked(granted.family)):
        raise BearerRefusedError(401, "invalid_token", "Token verification failed")
    if (granted is not None) is not person:
        raise BearerRefusedError(403, "insufficient_scope", "this token is for another endpoint")
    return access
