"""The operator's key for what only it may open: results of the Digital Authentication App, as JWE (RFC 7516).

The private key lies in the lab, for its owner alone, and is made at the first use. Whoever is in the same lab may take
it from here; others ask for ``/key/jwks.json``.
"""

from __future__ import annotations

import binascii
import json
from base64 import b64decode
from dataclasses import dataclass, field
from typing import Any, Final

from joserfc import jwe
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, RSAKey

from mynalab.errors import LabBrokenError
from mynalab.lab.files import read_part, taking_turns, write_atomically
from mynalab.lab.lab import Lab
from mynalab.lab.operator_files import operator_directory

KEY_MANAGEMENT: Final = "RSA-OAEP-256"  # RFC 7518 clause 4.3
ENCRYPTION: Final = "A256GCM"  # RFC 7518 clause 5.3
_KEY_BITS: Final = 2048
MAX_JWE: Final = 65_536
_HEADER: Final = {"alg", "enc", "kid", "cty", "typ"}
"""No ``zip``, whose output has no bound; no ``jwk`` and no ``jku``, for no key comes from a message."""


class SignResultError(ValueError):
    """The text is no sign result for this key. Its message has nothing of the text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignResult:
    """What the app put into the JWE: ``data`` is what the card padded and signed, as the business gave it."""

    certificate: bytes = field(repr=False)
    signature: bytes = field(repr=False)
    data: bytes = field(repr=False)


def operator_keys(lab: Lab) -> KeySet:
    """The private keys, the newest first; one is made where there is none."""
    path = operator_directory(lab) / "jwks.json"
    with taking_turns(path.parent):
        if not path.exists():
            key = RSAKey.generate_key(_KEY_BITS, {"use": "enc", "alg": KEY_MANAGEMENT}, auto_kid=True)
            document = json.dumps(KeySet([key]).as_dict(private=True))
            write_atomically(path, document.encode(), mode=0o600)
    try:
        return KeySet.import_key_set(json.loads(read_part(path)))
    except (JoseError, ValueError, KeyError, TypeError) as error:
        raise LabBrokenError(f"{path} holds no keys", hint="remove the file: another is made in its place") from error


def public_keys(keys: KeySet) -> dict[str, Any]:
    """The JWK Set (RFC 7517 clause 5) to be published."""
    return dict(keys.as_dict(private=False))


def open_sign_result(text: str, keys: KeySet) -> SignResult:
    """Decrypt and read; ``SignResultError`` for everything that is not exactly what the app makes."""
    if len(text) > MAX_JWE:
        raise SignResultError(f"a sign result has at most {MAX_JWE} characters")
    try:
        opened = jwe.decrypt_compact(text, keys, algorithms=[KEY_MANAGEMENT, ENCRYPTION])
        header = opened.headers()
        payload = json.loads(opened.plaintext or b"")
    except (JoseError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise SignResultError("the text is no JWE for a key of this operator") from error
    if not set(header) <= _HEADER:
        raise SignResultError("the JWE has a header that a sign result does not have")
    if not isinstance(payload, dict):
        raise SignResultError("the JWE holds no JSON object")
    return SignResult(**{name: _bytes(payload, name) for name in ("certificate", "signature", "data")})


def _bytes(payload: dict[str, Any], name: str) -> bytes:
    value = payload.get(name)
    try:
        return b64decode(value if isinstance(value, str) else "*", validate=True)
    except (binascii.Error, ValueError) as error:
        raise SignResultError(f"the sign result has no {name} in Base64") from error
