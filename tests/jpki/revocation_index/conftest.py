"""An issuer with both kinds of keys, and the parts to forge any list from."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256, SHA384

from jpki import der, oids
from jpki.algorithms import P_384, RSA_2048, KeyAlgorithm

NOW = datetime(2026, 5, 1, 3, 0, tzinfo=UTC)
VECTORS = tomllib.loads((Path(__file__).parents[3] / "fixtures/vectors/jpki/crl_entries.toml").read_text("utf-8"))
RSA_SHA256 = bytes.fromhex("300D06092A864886F70D01010B0500")
ECDSA_SHA384 = bytes.fromhex("300A06082A8648CE3D040303")
ANY = bytes.fromhex("300D06092A864886F70D01010C0500")  # sha384WithRSAEncryption


def name(common: str) -> bytes:
    """A distinguished name."""
    return der.sequence(der.set_of(der.sequence(der.oid(oids.COMMON_NAME), der.utf8_string(common))))


def extension(oid: str, value: bytes, *, critical: bool = False) -> bytes:
    """One Extension."""
    return der.sequence(der.oid(oid), der.boolean_true() if critical else b"", der.octet_string(value))


def reason(code: int) -> bytes:
    """A block of entry extensions with a reason alone."""
    return der.sequence(extension(oids.CRL_REASON, der.enumerated(code)))


def entry(serial: int, when: datetime = NOW, block: bytes = b"") -> bytes:
    """One entry."""
    return der.sequence(der.integer(serial), der.time(when), block)


def partition(point: str) -> bytes:
    """The extension that makes a list that of a partition."""
    names = der.explicit(0, der.explicit(4, name(point)))
    return extension(oids.ISSUING_DISTRIBUTION_POINT, der.sequence(der.explicit(0, names)), critical=True)


@dataclass(frozen=True)
class Forge:
    """An issuer (it has what ``CrlIssuer`` asks for) that signs whatever it is told to."""

    private: RSAPrivateKey | ec.EllipticCurvePrivateKey
    name: bytes = name("issuer")

    @property
    def key(self) -> Any:
        return self.private.public_key()

    @property
    def key_id(self) -> bytes:
        return hashlib.sha1(self.identifier, usedforsecurity=False).digest()

    @property
    def algorithm(self) -> KeyAlgorithm:
        return RSA_2048 if isinstance(self.private, RSAPrivateKey) else P_384

    @property
    def identifier(self) -> bytes:
        return RSA_SHA256 if isinstance(self.private, RSAPrivateKey) else ECDSA_SHA384

    def sign(self, tbs: bytes) -> bytes:
        if isinstance(self.private, RSAPrivateKey):
            return self.private.sign(tbs, padding.PKCS1v15(), SHA256())
        return self.private.sign(tbs, ec.ECDSA(SHA384(), deterministic_signing=True))

    def crl(self, entries: Iterable[bytes] = (), **changes: Any) -> bytes:
        """A list; any of its parts changed. Parts that are None are left out."""
        parts: dict[str, Any] = {
            "version": der.integer(1),
            "inner": self.identifier,
            "outer": self.identifier,
            "issuer": self.name,
            "this_update": der.time(NOW),
            "next_update": der.time(NOW + timedelta(days=2)),
            "number": 42,
            "key_id": self.key_id,
            "extensions": b"",
        } | changes
        rows = b""
        if parts["key_id"] is not None:
            rows += extension(oids.AUTHORITY_KEY_IDENTIFIER, der.sequence(der.implicit(0, parts["key_id"])))
        if parts["number"] is not None:
            rows += extension(oids.CRL_NUMBER, der.integer(parts["number"]))
        rows += parts["extensions"]
        listed = b"".join(entries)
        fields = (parts[part] or b"" for part in ("version", "inner", "issuer", "this_update", "next_update"))
        tbs = der.sequence(
            *fields,
            der.sequence(listed) if listed else b"",
            der.explicit(0, der.sequence(rows)) if rows else b"",
        )
        return der.sequence(tbs, parts["outer"], der.bit_string(self.sign(tbs)))


@pytest.fixture(scope="session")
def forge(keys: list[RSAPrivateKey]) -> Forge:
    """An issuer with an RSA key, as all of today."""
    return Forge(keys[0])


@pytest.fixture(scope="session")
def next_forge() -> Forge:
    """An issuer with a key on P-384, whose private number is public on purpose."""
    return Forge(ec.derive_private_key(0x1D, ec.SECP384R1()))
