"""Relying parties as they are registered: in ``authapp.toml`` of the lab, edited by people and ``client add``."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey

from mynalab.authapp.config import ServiceConfig
from mynalab.errors import AuthAppConfigError
from mynalab.lab.files import reading_explained, taking_turns, write_atomically
from mynalab.lab.lab import Lab

FILE: Final = "authapp.toml"
SCOPES: Final = ("openid", "name", "address", "birthdate", "gender", "sign")
ASSERTION_ALGORITHMS: Final = {"RSA": "RS256", "EC": "ES256"}
"""What a key of this type signs assertions with; there is no other."""
_CLIENT_ID: Final = re.compile(r"[0-9A-Za-z]{1,255}")  # DA-auth: client_id
_MIN_RSA_BITS: Final = 2048
_PEM: Final = b"-----BEGIN "
_KEY_HINT: Final = "a JWKS in JSON, or one key in PEM: public, RSA or P-256"


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """One relying party. ``keys`` are public, each with its algorithm; ``sector`` is what sub is made for."""

    client_id: str
    name: str
    redirect_uris: tuple[str, ...]
    keys: tuple[RSAKey | ECKey, ...] = field(repr=False)
    sector: str
    scopes: tuple[str, ...] = SCOPES
    test_responses: bool = False
    """The test-response page instead of a card, as a client of the real sandbox has either."""

    def origins(self) -> tuple[str, ...]:
        """Where its redirects lead, for the page's form-action."""
        parts = (urlsplit(uri) for uri in self.redirect_uris)
        return tuple(sorted({f"{each.scheme}://{each.netloc}" for each in parts}))


@dataclass(frozen=True, slots=True)
class Registered:
    """All that ``authapp.toml`` says."""

    config: ServiceConfig
    clients: Mapping[str, Client]


def read_registered(lab: Lab) -> Registered:
    """What is registered now; nothing when there is no file yet."""
    document = _read(lab)
    clients = {}
    for client_id, table in document.get("client", {}).items():
        clients[client_id] = _client(client_id, table)
    return Registered(ServiceConfig.read(document.get("service", {})), clients)


def register_client(
    lab: Lab,
    client_id: str,
    *,
    redirect_uris: tuple[str, ...],
    jwks: Mapping[str, Any],
    name: str = "",
    sector: str = "",
    scopes: tuple[str, ...] = SCOPES,
    test_responses: bool = False,
) -> Client:
    """Register a client, or replace the one of this id. ``jwks`` may hold private keys: the public halves are kept."""
    table: dict[str, Any] = {
        "name": name or client_id,
        "redirect_uris": list(redirect_uris),
        "scopes": list(scopes),
        "test_responses": test_responses,
        "jwks": json.dumps(_public(jwks), separators=(",", ":")),
    }
    if sector:
        table["sector"] = sector
    client = _client(client_id, table)
    with taking_turns(lab.paths.root):
        document = _read(lab)
        document.setdefault("client", {})[client_id] = table
        write_atomically(lab.paths.root / FILE, _toml(document).encode(), mode=0o644)
    return client


def read_jwks(path: Path) -> dict[str, Any]:
    """A key set in a file, or one key in PEM, which is what programs of C want."""
    try:
        raw = path.read_bytes()
        document = _of_pem(raw) if raw.startswith(_PEM) else json.loads(raw)
    except (OSError, ValueError, RecursionError) as error:
        raise AuthAppConfigError(f"{path} is no key set: {error}", hint=_KEY_HINT) from error
    if not isinstance(document, dict):
        raise AuthAppConfigError(f"{path} is no key set", hint=_KEY_HINT)
    return document


def _of_pem(raw: bytes) -> dict[str, Any]:
    """The public half of an RSA or EC key; ``ValueError`` for every other."""
    for kind in (RSAKey, ECKey):
        with suppress(JoseError, ValueError, TypeError):
            return {"keys": [kind.import_key(raw).as_dict(private=False)]}
    raise ValueError("the PEM holds neither an RSA nor an EC key that can be read")


def new_key(path: Path) -> dict[str, Any]:
    """A new RSA key, written to a new file that its owner alone can read; ``AuthAppConfigError`` when there is one."""
    if path.exists():
        raise AuthAppConfigError(f"{path} is there already", hint="name a new file, or give its public half: --jwks")
    key = RSAKey.generate_key(_MIN_RSA_BITS, {"use": "sig", "alg": "RS256"}, auto_kid=True)
    document = {"keys": [key.as_dict(private=True)]}
    write_atomically(path, json.dumps(document, indent=2).encode(), mode=0o600)
    return document


def _read(lab: Lab) -> dict[str, Any]:
    path = lab.paths.root / FILE
    if not path.exists():
        return {}
    with reading_explained(path):
        raw = path.read_bytes()
    try:
        return tomllib.loads(raw.decode())
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise AuthAppConfigError(f"{path}: not TOML: {error}", hint="mend it, or move it away") from error


def _public(jwks: Mapping[str, Any]) -> dict[str, Any]:
    """A key set without secrets; one key alone is a set of one."""
    keys = jwks.get("keys", [jwks])
    try:
        return {"keys": [_key(each).as_dict(private=False) for each in keys]}
    except (JoseError, ValueError, TypeError, AttributeError) as error:
        raise AuthAppConfigError(
            f"the key set cannot be read: {error}", hint='a JWKS is {"keys": [{"kty": "RSA", …}]}'
        ) from error


def _key(document: Any) -> RSAKey | ECKey:
    """An RSA or P-256 key; ``ValueError`` for every other: a shared secret most of all."""
    kty = document.get("kty")
    if kty == "RSA":
        rsa = RSAKey.import_key(document)
        if rsa.raw_value.key_size < _MIN_RSA_BITS:
            raise ValueError(f"an RSA key has {_MIN_RSA_BITS} bits at least")
        return rsa
    if kty == "EC" and document.get("crv") == "P-256":
        return ECKey.import_key(document)
    raise ValueError(f"a key of type {kty} signs neither RS256 nor ES256")


def _client(client_id: str, table: Mapping[str, Any]) -> Client:
    if not _CLIENT_ID.fullmatch(client_id):
        raise AuthAppConfigError(f"{client_id!r} is no client_id", hint="1 to 255 letters and digits")
    try:
        keys = tuple(_key(each) for each in json.loads(table["jwks"])["keys"])
        redirect_uris = tuple(str(each) for each in table["redirect_uris"])
        scopes = tuple(table.get("scopes", SCOPES))
    except (JoseError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise AuthAppConfigError(f"client {client_id}: {error}", hint="register it again: client add") from error
    if not keys or not redirect_uris:
        raise AuthAppConfigError(f"client {client_id} has no key or no redirect_uri", hint="register it again")
    for uri in redirect_uris:
        _check_redirect_uri(uri)
    unknown = sorted(set(scopes) - set(SCOPES))
    if unknown:
        raise AuthAppConfigError(f"client {client_id}: no scope {unknown[0]!r}", hint=f"scopes: {' '.join(SCOPES)}")
    return Client(
        client_id=client_id,
        name=str(table.get("name", client_id)),
        redirect_uris=redirect_uris,
        keys=keys,
        sector=str(table.get("sector") or _sector(client_id, redirect_uris)),
        scopes=scopes,
        test_responses=bool(table.get("test_responses", False)),
    )


def _sector(client_id: str, redirect_uris: tuple[str, ...]) -> str:
    """OpenID Connect Core clause 8.1: the host of the redirect_uris, which without a sector has to be one."""
    hosts = {urlsplit(uri).hostname or "" for uri in redirect_uris}
    if len(hosts) > 1:
        raise AuthAppConfigError(f"client {client_id} redirects to {len(hosts)} hosts", hint="say whose: --sector HOST")
    return hosts.pop()


def _check_redirect_uri(uri: str) -> None:
    try:
        parts = urlsplit(uri)
        whole = parts.scheme in ("http", "https") and parts.hostname and not parts.fragment and uri.isascii()
        port = parts.port
    except ValueError:
        whole, port = False, None
    if not whole or len(uri) > 255 or any(ord(each) <= 0x20 for each in uri) or "@" in parts.netloc or port == 0:
        raise AuthAppConfigError(
            f"{uri!r} is no redirect_uri", hint="http or https, a host, no fragment, 255 characters at most"
        )


def _toml(document: Mapping[str, Any]) -> str:
    """The whole file again. What is in it are tables of plain values, which TOML writes as JSON does."""
    lines = ["# Clients and settings of `mynalab authapp serve`. docs/authapp.md lists what [service] may have.", ""]
    if document.get("service"):
        lines += ["[service]", *_pairs(document["service"]), ""]
    for client_id, table in document.get("client", {}).items():
        lines += [f"[client.{client_id}]", *_pairs(table), ""]
    return "\n".join(lines)


def _pairs(table: Mapping[str, Any]) -> list[str]:
    return [f"{name} = {_value(value)}" for name, value in table.items()]


def _value(value: Any) -> str:
    """As JSON, but for the one character that JSON writes as it is and TOML does not read (DEL)."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007F")
