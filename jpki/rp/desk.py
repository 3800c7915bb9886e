"""What all ceremonies with customers share: where, whom to trust, where to keep, with which key."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from apdu.ports import RandomBytes
from jpki.rp.ceremony import DEFAULT_TTL
from jpki.rp.interfaces import LinkSource, Store
from jpki.rp.vault import Vault
from jpki.verify.revocation import RevocationCheck
from jpki.verify.trust import TrustStore


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """One relying party at one origin. Built once, shared by threads."""

    origin: str
    trust: TrustStore
    revocation: RevocationCheck
    store: Store
    vault: Vault
    links: LinkSource
    name: str = ""
    ttl: timedelta = DEFAULT_TTL


def new_user_id(rng: RandomBytes) -> str:
    """160 random bits: nothing about the person, and nobody guesses another's."""
    return rng(20).hex()
