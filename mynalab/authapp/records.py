"""What stands behind the strings that the provider gives out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Who used a card. ``handle`` is the same over renewals and never leaves; ``claims`` are personal data."""

    handle: bytes = field(repr=False)
    claims: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Granted:
    """What a person granted a client, once: the root of a family of tokens, revoked as one."""

    family: str
    client_id: str
    sub: str
    scope: str
    person: Person
    nonce: str = field(repr=False)
    session_state: str
    auth_time: datetime
    ends_at: datetime
    acr: str = ""
    sign_transaction_id: str = ""
    abnormal: str = ""
    """The name of the abnormal answer that a later step is to give."""

    def get_scope(self) -> str:
        """Authlib asks so."""
        return self.scope


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """An authorization code."""

    granted: Granted
    redirect_uri: str
    code_challenge: str = field(repr=False)
    code_challenge_method: str = "S256"

    def get_redirect_uri(self) -> str:
        """Authlib asks so, as for the next."""
        return self.redirect_uri

    def get_scope(self) -> str:
        """What was granted."""
        return self.granted.scope


@dataclass(frozen=True, slots=True, kw_only=True)
class Refresh:
    """A refresh token; its text is what the store knows it by."""

    text: str = field(repr=False)
    granted: Granted

    def get_scope(self) -> str:
        """Authlib asks so, as for the next."""
        return self.granted.scope

    def check_client(self, client: object) -> bool:
        """Whether it is this client's."""
        return getattr(client, "client_id", None) == self.granted.client_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """An access token: of a person's grant, or of a client alone (``granted`` is None)."""

    client_id: str
    scope: str
    granted: Granted | None = None

    @property
    def scopes(self) -> frozenset[str]:
        """One by one."""
        return frozenset(self.scope.split())
