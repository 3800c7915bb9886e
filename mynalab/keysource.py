"""Where a lab's RSA keys come from: the shipped public pool, or fresh ones."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from typing import TypeAlias

from mynalab.chance import seeded_number
from mynalab.errors import LabBrokenError
from mynalab.resources import key_pool_file

KeySource: TypeAlias = Callable[[int], bytes]
"""Gives the PKCS #8 DER of the n-th key of a lab."""

# The first keys of the pool are kept for CAs, so that no card ever holds the key of one.
CA_KEYS = 8


def pooled_keys(seed: str) -> KeySource:
    """The shipped keys in an order that ``seed`` rotates. Numbers below 2 are the CAs'.

    The pool holds 96 keys: a lab with more than 44 cards gives some of them the same key pairs, which
    only ``--fresh-keys`` avoids.
    """
    encoded = [line for line in key_pool_file().read_text("ascii").splitlines() if line and not line.startswith("#")]
    ca_start = seeded_number(seed, "keys/ca", CA_KEYS)
    card_start = seeded_number(seed, "keys/card", len(encoded) - CA_KEYS)

    def take(number: int) -> bytes:
        if number < 2:
            index = (ca_start + number) % CA_KEYS
        else:
            index = CA_KEYS + (card_start + number - 2) % (len(encoded) - CA_KEYS)
        try:
            return base64.b64decode(encoded[index], validate=True)
        except binascii.Error as error:
            raise LabBrokenError(f"key {index} of the shipped pool is damaged", hint="install mynalab again") from error

    return take


def fresh_keys(_number: int) -> bytes:
    """A new RSA-2048 key at every call. A lab with fresh keys is not reproducible."""
    from jpki.keys import generate_private_key

    return generate_private_key()
