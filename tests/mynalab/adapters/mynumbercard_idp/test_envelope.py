"""What is opened, and what stays closed: with a JOSE library's JWEs as well as the provider's."""

from __future__ import annotations

import json
import zlib
from typing import Any

import pytest
from joserfc import jwe
from joserfc.jwk import KeySet, OctKey, RSAKey

from mynalab.adapters.mynumbercard_idp.envelope import MAX_PEM, EnvelopeError, Inflating, open_envelope
from tests.mynalab.adapters.mynumbercard_idp.conftest import keycloak_jwe

PEM = "-----BEGIN CERTIFICATE-----\nYWJj\nZGVm\n-----END CERTIFICATE-----\n"
DER = b"abcdef"
HEADER = {"alg": "RSA-OAEP-256", "enc": "A128CBC-HS256"}
FIRST, SECOND, FOREIGN = (RSAKey.generate_key(2048, auto_kid=True) for _ in range(3))
KEYS = KeySet([FIRST, SECOND])
ALL = ["RSA-OAEP-256", "RSA-OAEP", "A128CBC-HS256", "A256GCM", "A256CBC-HS512", "DEF", "dir"]


def sealed(content: str | bytes = PEM, key: Any = FIRST, **header: Any) -> str:
    return jwe.encrypt_compact(HEADER | header, content, key, algorithms=ALL)


OPENED = {
    "as-the-code-writes-it": lambda: keycloak_jwe(PEM.encode(), FIRST.as_dict(private=False)),
    "compressed": lambda: sealed(zip="DEF"),
    "not-compressed": sealed,
    "as-the-document-has-it": lambda: sealed(enc="A256GCM"),
    "by-the-first-keys-name": lambda: sealed(kid=FIRST.kid),
    "by-another-of-our-keys-name": lambda: sealed(key=SECOND, kid=SECOND.kid),
    "one-line": lambda: sealed(PEM.replace("YWJj\nZGVm", "YWJjZGVm").strip()),
    "lines-of-windows": lambda: sealed(PEM.replace("\n", "\r\n")),
}


@pytest.mark.parametrize("make", OPENED.values(), ids=OPENED)
def test_these_open(make: Any) -> None:
    assert open_envelope(make(), KEYS) == DER


def bomb() -> bytes:
    """A mebibyte of blanks in about a thousand bytes."""
    return PEM.encode() + b" " * 1_048_576


CLOSED = {
    "another-key": lambda: sealed(key=FOREIGN),
    "our-second-key-without-its-name": lambda: sealed(key=SECOND),
    "our-first-keys-name-on-another": lambda: sealed(key=FOREIGN, kid=FIRST.kid),
    "foreign-name": lambda: sealed(kid="another"),
    "symmetric": lambda: jwe.encrypt_compact(
        {"alg": "dir", "enc": "A256GCM"},
        PEM,
        OctKey.import_key(json.dumps(FIRST.as_dict(private=False))[:32].encode()),
        algorithms=ALL,
    ),
    "rsa-oaep-with-sha-1": lambda: sealed(alg="RSA-OAEP"),
    "another-encryption": lambda: sealed(enc="A256CBC-HS512"),
    "bomb": lambda: sealed(bomb(), zip="DEF"),
    "no-text": lambda: sealed(b"\xff" + PEM.encode()),
    "no-pem": lambda: sealed("YWJj"),
    "empty": lambda: sealed(b""),
    "bare": lambda: PEM,
    "nothing": lambda: "",
}


@pytest.mark.parametrize("make", CLOSED.values(), ids=CLOSED)
def test_these_do_not(make: Any) -> None:
    with pytest.raises(EnvelopeError) as caught:
        open_envelope(make(), KEYS)
    assert "YWJj" not in str(caught.value)


@pytest.mark.parametrize("cut", range(1, 60, 7))
def test_none_opens_truncated(cut: int) -> None:
    with pytest.raises(EnvelopeError):
        open_envelope(sealed(zip="DEF")[:-cut], KEYS)


def test_bare_is_a_choice() -> None:
    assert open_envelope(PEM, KEYS, unsafe_bare=True) == DER
    assert open_envelope(sealed(), KEYS, unsafe_bare=True) == DER
    with pytest.raises(EnvelopeError):
        open_envelope(PEM[:-3], KEYS, unsafe_bare=True)


def deflated(content: bytes) -> bytes:
    made = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return made.compress(content) + made.flush()


def test_inflating_ends_in_time() -> None:
    assert Inflating().decompress(deflated(b"a" * MAX_PEM)) == b"a" * MAX_PEM


NOT_DEFLATED = {
    "too-long": deflated(b"a" * (MAX_PEM + 1)),
    "cut-off": deflated(PEM.encode())[:-2],
    "more-behind": deflated(PEM.encode()) + b"more",
    "noise": b"\xff\xff\xff",
    "with-a-header": zlib.compress(PEM.encode()),
}


@pytest.mark.parametrize("content", NOT_DEFLATED.values(), ids=NOT_DEFLATED)
def test_what_does_not_inflate(content: bytes) -> None:
    with pytest.raises(ValueError, match=r"compressed|too long"):
        Inflating().decompress(content)
