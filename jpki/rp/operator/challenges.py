"""Challenges that the operator gives out: for one tenant, one purpose, one origin, once, and not for long.

What the card signs is this, so that it can mean nothing else:

    label               "mynalab operator <purpose> v1", ASCII, ends with 00
    SHA-256(tenant)     32 bytes
    SHA-256(origin)     32 bytes; of the business's own page
    SHA-256(nonce)      32 bytes
    expiry              8 bytes, big-endian: seconds since 1970-01-01T00:00:00Z
    SHA-256(text)       32 bytes; of what the holder is shown, empty where nothing is
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final

from apdu.ports import RandomBytes
from jpki.rp.consent import consent_text
from jpki.rp.operator.desk import TenantDesk
from jpki.rp.operator.records import Act, GivenChallenge
from jpki.rp.origin import require_origin

NONCE_SIZE: Final = 32
_MEMORY: Final = timedelta(hours=1)
"""For so long a replay is told from a challenge that was never given out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewChallenge:
    """What the tenant gets. ``message`` is what the card has to sign, ``text`` what its holder has to be shown."""

    act: Act
    nonce: bytes = field(repr=False)
    message: bytes = field(repr=False)
    text: str
    expires_at: datetime


def give_challenge(desk: TenantDesk, act: Act, origin: str, now: datetime, rng: RandomBytes) -> NewChallenge:
    """It is in the store when this returns; ``OriginError`` for what is no origin."""
    nonce = rng(NONCE_SIZE)
    given = GivenChallenge(
        nonce_hash=nonce_hash(nonce),
        act=act,
        origin=require_origin(origin),
        text=consent_text(desk.tenant) if act is Act.CONSENT else "",
        begun_at=now.replace(microsecond=0),
        expires_at=(now + desk.operator.challenge_ttl).replace(microsecond=0),
    )
    with desk.store.unit() as unit:
        unit.forget_challenges(before=now - _MEMORY)
        unit.put_challenge(given)
    message = challenge_message(desk.tenant, given, nonce)
    return NewChallenge(act=act, nonce=nonce, message=message, text=given.text, expires_at=given.expires_at)


def challenge_message(tenant: str, given: GivenChallenge, nonce: bytes) -> bytes:
    """Exactly the bytes that are signed."""
    return b"".join(
        (
            f"mynalab operator {given.act.value} v1".encode("ascii") + b"\x00",
            sha256(tenant.encode()).digest(),
            sha256(given.origin.encode()).digest(),
            sha256(nonce).digest(),
            int(given.expires_at.timestamp()).to_bytes(8),
            sha256(given.text.encode()).digest(),
        )
    )


def nonce_hash(nonce: bytes) -> bytes:
    """What names a challenge in the store: whoever reads it there cannot answer."""
    return sha256(b"mynalab operator challenge " + nonce).digest()
