"""Where the bank is, and whom it asks."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from joserfc.jwk import RSAKey

NAME_JA: Final = "見本銀行"
NAME_EN: Final = "Mihon Bank"


@dataclass(frozen=True, slots=True, kw_only=True)
class BankConfig:
    """All that differs between a lab and production. Addresses have no slash at their end."""

    url: str
    """The bank's own origin, as its customers' browsers write it."""
    issuer: str
    """The Digital Authentication App's service: where discovery begins, and what ID tokens have to say."""
    sign_url: str
    """Where the same service starts sign transactions."""
    operator_url: str
    operator_token: str = field(repr=False)
    client_id: str
    client_key: RSAKey = field(repr=False)
    """Its public half is registered at the service."""
    acr_values: str = "crl"
    """By the lists, which are published every night. The responder (``ocsp``) is newer by hours, but does not know a
    certificate in its first quarter of an hour."""

    @property
    def callback(self) -> str:
        """The one redirect_uri that is registered."""
        return f"{self.url}/callback"

    @property
    def webhook(self) -> str:
        """Where the operator tells of changes."""
        return f"{self.url}/notices"
