"""Tenants: businesses that let the operator verify. Each has a name and a token, of which a hash is kept."""

from __future__ import annotations

import re
from base64 import urlsafe_b64encode
from datetime import datetime
from hashlib import sha256
from typing import Final

from apdu.ports import RandomBytes
from jpki.rp.errors import TenantError
from jpki.rp.operator.interfaces import TenantBook
from jpki.rp.operator.records import Tenant

_NAME: Final = re.compile(r"[a-z](?:[a-z0-9-]{0,30}[a-z0-9])?")
_TOKEN_BYTES: Final = 32


def require_tenant_name(name: str) -> str:
    """The name, when it can be one; ``TenantError`` otherwise."""
    if not _NAME.fullmatch(name):
        raise TenantError(
            f"{name!r} cannot name a tenant", hint="use lower-case letters, digits and '-', 32 at most, a letter first"
        )
    return name


def add_tenant(book: TenantBook, name: str, *, now: datetime, rng: RandomBytes) -> str:
    """A new tenant; its token, which is told once."""
    token = new_token(rng)
    if not book.add(Tenant(name=require_tenant_name(name), token_hash=token_hash(token), created_at=now)):
        raise TenantError(f"there is a tenant {name} already", hint="give it a new token: mynalab rp tenant token")
    return token


def renew_token(book: TenantBook, name: str, *, rng: RandomBytes) -> str:
    """Another token; the old one is good for nothing from now on."""
    token = new_token(rng)
    if not book.replace_token(name, token_hash(token)):
        raise TenantError(f"there is no tenant {name!r}", hint="see which there are: mynalab rp tenant list")
    return token


def tenant_of(book: TenantBook, token: str) -> Tenant | None:
    """Whose token it is. Looked up by its hash: how long it takes says nothing about the token."""
    return book.by_token(token_hash(token))


def new_token(rng: RandomBytes) -> str:
    """256 random bits in Base64 for URLs, which a bearer token may have (RFC 6750 clause 2.1)."""
    return urlsafe_b64encode(rng(_TOKEN_BYTES)).decode().rstrip("=")


def token_hash(token: str) -> bytes:
    """What is kept of it. Such a token needs no slow hash: nobody counts through 256 bits."""
    return sha256(b"mynalab operator token " + token.encode()).digest()
