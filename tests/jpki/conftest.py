"""A small lab for the tests of ``jpki``: keys of the shipped pool, one holder, both authorities, an issuer."""

from __future__ import annotations

import base64
import hashlib
import warnings
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from apdu.ports import RandomBytes
from jpki.attributes import Sex
from jpki.birthdate import BirthDate
from jpki.ca.authority import Authority, CaKind
from jpki.ca.issue import issue_authentication, issue_signing
from jpki.holder import Holder
from jpki.keys import derive_p384_key, load_any_private_key, load_private_key
from jpki.profiles import TEST, Hierarchy, next_generation, unsafe_production_shaped
from jpki.signer import SoftwareSigner

FIXTURES = Path(__file__).parents[2] / "fixtures"
NOW = datetime(2026, 4, 1, 0, 30, tzinfo=UTC)
CA_BIRTH = datetime(2025, 1, 1, tzinfo=UTC)


def fixed_bytes(count: int) -> bytes:
    """A source of randomness that always says the same."""
    return hashlib.shake_128(b"tests of jpki").digest(count)


@pytest.fixture
def now() -> datetime:
    """A moment at which the authorities are valid."""
    return NOW


@pytest.fixture(scope="session")
def keys() -> list[RSAPrivateKey]:
    """Six keys of the pool."""
    lines = (FIXTURES / "keys" / "rsa2048.txt").read_text("utf-8").splitlines()
    encoded = [line for line in lines if not line.startswith("#")]
    return [load_private_key(base64.b64decode(line)) for line in encoded[:6]]


@pytest.fixture(scope="session")
def production() -> Hierarchy:
    """The production-shaped hierarchy, its warning heard elsewhere."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return unsafe_production_shaped()


@pytest.fixture(scope="session")
def make_authority(keys: list[RSAPrivateKey]) -> Callable[..., Authority]:
    """An authority of a kind; each kind has its key, and ``generation`` another."""

    def make(kind: CaKind, *, hierarchy: Hierarchy = TEST, generation: int = 0, now: datetime = CA_BIRTH) -> Authority:
        key = keys[(kind is CaKind.AUTH) + 2 * generation]
        return Authority.create_root(
            kind, hierarchy=hierarchy, signer=SoftwareSigner(key), serial=1 + 1000 * generation, now=now
        )

    return make


@pytest.fixture(scope="session")
def authorities(make_authority: Callable[..., Authority]) -> Mapping[CaKind, Authority]:
    """Both authorities of the test hierarchy, first generation."""
    return {kind: make_authority(kind) for kind in CaKind}


@pytest.fixture(scope="session")
def curve_keys() -> list[EllipticCurvePrivateKey]:
    """Six keys on P-384, the same each time."""
    keys = [load_any_private_key(derive_p384_key(_bytes_of(number))) for number in range(6)]
    return [key for key in keys if isinstance(key, EllipticCurvePrivateKey)]


def _bytes_of(number: int) -> RandomBytes:
    return lambda count: hashlib.shake_128(f"P-384/{number}".encode()).digest(count)


@pytest.fixture(scope="session")
def make_next_authority(curve_keys: list[EllipticCurvePrivateKey]) -> Callable[..., Authority]:
    """An authority of the next generation, each kind with its key."""

    def make(kind: CaKind, *, now: datetime = CA_BIRTH) -> Authority:
        signer = SoftwareSigner(curve_keys[kind is CaKind.AUTH])
        return Authority.create_root(kind, hierarchy=next_generation(TEST), signer=signer, serial=5001, now=now)

    return make


@pytest.fixture(scope="session")
def next_authorities(make_next_authority: Callable[..., Authority]) -> Mapping[CaKind, Authority]:
    """Both authorities of the next generation."""
    return {kind: make_next_authority(kind) for kind in CaKind}


@pytest.fixture(scope="session")
def next_issue(
    issue: Callable[..., bytes],
    next_authorities: Mapping[CaKind, Authority],
    curve_keys: list[EllipticCurvePrivateKey],
) -> Callable[..., bytes]:
    """Issue a certificate of the next generation, any argument changed."""

    def make(kind: CaKind, authority: Authority | None = None, **changes: Any) -> bytes:
        arguments: dict[str, Any] = {"public_key": curve_keys[4 + (kind is CaKind.AUTH)].public_key()}
        return issue(kind, authority or next_authorities[kind], **arguments | changes)

    return make


@pytest.fixture(scope="session")
def make_holder() -> Callable[..., Holder]:
    """The specimen person, with changes."""

    def make(**changes: Any) -> Holder:
        particulars: dict[str, Any] = {
            "name": "見本　花子",
            "birth_date": BirthDate.of(date(1990, 4, 15)),
            "sex": Sex.FEMALE,
            "address": "見本県見本市中央一丁目２番３号",
            "prefecture_romaji": "Mihon-ken",
            "municipality_romaji": "Mihon-shi",
            "municipality_code": "99201",
        }
        return Holder(**particulars | changes)

    return make


@pytest.fixture(scope="session")
def holder(make_holder: Callable[..., Holder]) -> Holder:
    """The specimen person."""
    return make_holder()


@pytest.fixture(scope="session")
def issue(authorities: Mapping[CaKind, Authority], holder: Holder, keys: list[RSAPrivateKey]) -> Callable[..., bytes]:
    """Issue a certificate of a kind, any argument changed."""

    def make(kind: CaKind, authority: Authority | None = None, **changes: Any) -> bytes:
        arguments: dict[str, Any] = {
            "holder": holder,
            "public_key": keys[4 + (kind is CaKind.AUTH)].public_key(),
            "serial": 7,
            "now": NOW,
            "card_expiry": date(2036, 4, 15),
            "rng": fixed_bytes,
        }
        chosen = authority or authorities[kind]
        if kind is CaKind.SIGN:
            arguments["request_time"] = changes.pop("request_time", NOW - timedelta(hours=10))
            return issue_signing(chosen, **arguments | changes)
        return issue_authentication(chosen, **arguments | changes)

    return make
