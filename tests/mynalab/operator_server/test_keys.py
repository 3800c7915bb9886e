"""The operator's key and what it opens."""

from __future__ import annotations

import json
import stat
from base64 import b64encode
from typing import Any

import pytest
from joserfc import jwe
from joserfc.jwk import KeySet, OctKey, RSAKey

from mynalab.errors import LabBrokenError
from mynalab.lab.lab import Lab
from mynalab.operator_server.keys import (
    MAX_JWE,
    SignResultError,
    open_sign_result,
    operator_keys,
    public_keys,
)

PAYLOAD = {"certificate": b64encode(b"c").decode(), "signature": b64encode(b"s").decode(), "data": ""}
HEADER = {"alg": "RSA-OAEP-256", "enc": "A256GCM", "cty": "application/json"}


@pytest.fixture
def keys(lab: Lab) -> KeySet:
    return operator_keys(lab)


def sealed(keys: KeySet, payload: Any = None, **header: Any) -> str:
    public = KeySet.import_key_set(public_keys(keys)).keys[0]
    algorithms = ["RSA-OAEP-256", "RSA-OAEP", "A256GCM", "A128CBC-HS256", "DEF"]
    return jwe.encrypt_compact(
        HEADER | header, json.dumps(PAYLOAD if payload is None else payload), public, algorithms=algorithms
    )


def test_the_key_is_made_once_and_for_its_owner_alone(lab: Lab, keys: KeySet) -> None:
    assert public_keys(operator_keys(lab)) == public_keys(keys)
    assert stat.S_IMODE((lab.paths.root / "operator" / "jwks.json").stat().st_mode) == 0o600


def test_what_is_published_has_no_private_part(keys: KeySet) -> None:
    (key,) = public_keys(keys)["keys"]
    assert set(key) == {"kty", "n", "e", "use", "alg", "kid"}
    assert (key["use"], key["alg"]) == ("enc", "RSA-OAEP-256")


def test_a_damaged_file_is_said_so(lab: Lab, keys: KeySet) -> None:
    (lab.paths.root / "operator" / "jwks.json").write_text("{}")
    with pytest.raises(LabBrokenError, match="holds no keys"):
        operator_keys(lab)


def test_a_sign_result_opens(keys: KeySet) -> None:
    opened = open_sign_result(sealed(keys, kid=keys.keys[0].kid), keys)
    assert (opened.certificate, opened.signature, opened.data) == (b"c", b"s", b"")
    assert "b'c'" not in repr(opened)


def strangers(keys: KeySet) -> str:
    return sealed(KeySet([RSAKey.generate_key(2048)]))


def symmetric(keys: KeySet) -> str:
    """The published key's bytes as a secret: key confusion."""
    secret = OctKey.import_key(json.dumps(public_keys(keys))[:32].encode())
    return jwe.encrypt_compact(
        {"alg": "dir", "enc": "A256GCM"}, json.dumps(PAYLOAD), secret, algorithms=["dir", "A256GCM"]
    )


REFUSED = {
    "empty": lambda _: "",
    "no-jwe": lambda _: "a.b.c.d.e",
    "truncated": lambda keys: sealed(keys)[:-4],
    "tampered": lambda keys: sealed(keys)[:-6] + "AAAAAA",
    "too-long": lambda _: "a" * (MAX_JWE + 1),
    "another-key": strangers,
    "symmetric": symmetric,
    "rsa-oaep-with-sha-1": lambda keys: sealed(keys, alg="RSA-OAEP"),
    "another-encryption": lambda keys: sealed(keys, enc="A128CBC-HS256"),
    "compressed": lambda keys: sealed(keys, zip="DEF"),
    "no-object": lambda keys: sealed(keys, [1]),
    "no-json": lambda keys: jwe.encrypt_compact(HEADER, b"\xff", keys.keys[0], algorithms=["RSA-OAEP-256", "A256GCM"]),
    "no-data": lambda keys: sealed(keys, {name: PAYLOAD[name] for name in ("certificate", "signature")}),
    "no-base64": lambda keys: sealed(keys, PAYLOAD | {"data": "*"}),
    "no-text": lambda keys: sealed(keys, PAYLOAD | {"data": 7}),
}


@pytest.mark.parametrize("make", REFUSED.values(), ids=REFUSED)
def test_everything_else_is_refused(keys: KeySet, make: Any) -> None:
    with pytest.raises(SignResultError):
        open_sign_result(make(keys), keys)
