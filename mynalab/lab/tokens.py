"""CA keys on a PKCS #11 token: the lab's directory says which key on which token, and never its PIN."""

from __future__ import annotations

import getpass
import json
import os
import sys
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from jpki.algorithms import KeyAlgorithm
from jpki.errors import TokenError, TokenPinError
from jpki.tokens.keys import TokenKeyName
from jpki.tokens.token import Pkcs11Signer, Pkcs11Token
from mynalab.chance import system_random
from mynalab.errors import LabBrokenError
from mynalab.lab.files import read_part, write_atomically
from mynalab.lab.settings import TokenPlace

PIN_VARIABLE: Final = "MYNALAB_PKCS11_PIN"
_ID_SIZE: Final = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyPlace:
    """Where one key is."""

    token: TokenPlace
    key: TokenKeyName

    def to_toml(self) -> str:
        """The text of ``ca/LABEL.token.toml``."""
        return (
            "# The key of a CA is on a PKCS #11 token; its PIN is nowhere in the lab.\n"
            f"module = {json.dumps(self.token.module)}\n"
            f"token = {json.dumps(self.token.label)}\n"
            f"key_label = {json.dumps(self.key.label)}\n"
            f'key_id = "{self.key.id.hex()}"\n'
        )

    @classmethod
    def read(cls, path: Path) -> KeyPlace:
        """``LabBrokenError`` when the file is not what a lab writes."""
        try:
            document = tomllib.loads(read_part(path).decode())
            module, token, label, id_ = (_text(document[name]) for name in ("module", "token", "key_label", "key_id"))
            key = TokenKeyName(label=label, id=bytes.fromhex(id_))
            return cls(token=TokenPlace(module=module, label=token), key=key)
        except (KeyError, ValueError) as error:  # UnicodeDecodeError and TOMLDecodeError are ValueErrors
            raise LabBrokenError(
                f"{path}: it does not say which key on which token", hint="restore the file, or make another lab"
            ) from error


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{value!r} is no text")
    return value


def token_at(place: TokenPlace) -> Pkcs11Token:
    """The one object of this process for a token: it is logged in to once."""
    return _token(place.module, place.label)


def signer_at(path: Path) -> Pkcs11Signer:
    """What signs with the key that the file tells of."""
    place = KeyPlace.read(path)
    return token_at(place.token).signer(place.key)


def make_key(path: Path, token: TokenPlace, label: str, algorithm: KeyAlgorithm) -> Pkcs11Signer:
    """Make a key on the token and tell of it in the file; one that waits there for its certificate is taken."""
    if path.exists():  # the process before died in between
        waiting = signer_at(path)
        if waiting.algorithm is algorithm:
            return waiting
    place = KeyPlace(token=token, key=TokenKeyName(label=f"mynalab {label}", id=system_random(_ID_SIZE)))
    signer = token_at(token).generate(place.key, algorithm)
    write_atomically(path, place.to_toml().encode(), mode=0o600)
    return signer


def discard_key(path: Path) -> None:
    """Remove a key for which there is no certificate, and the file; what the token says to that does not matter."""
    place = KeyPlace.read(path)
    try:
        token_at(place.token).destroy(place.key)
    except TokenError:
        return  # the file stays, too: it tells of the key that is left over
    path.unlink()


@cache
def _token(module: str, label: str) -> Pkcs11Token:
    return Pkcs11Token(module, label, pin=lambda: _pin(label))


def _pin(label: str) -> str:
    """Never from the command line, which others can read, and never stored."""
    told = os.environ.get(PIN_VARIABLE)
    if told:  # an empty one would cost a try
        return told
    if not sys.stdin.isatty():
        raise TokenPinError(
            f"the token {label!r} wants its PIN",
            token=label,
            hint=f"put it into the environment variable {PIN_VARIABLE}, or begin in a terminal, which asks for it",
        )
    return getpass.getpass(f"PIN of the token / トークンの PIN ({label}): ")
