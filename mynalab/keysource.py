"""Where a lab's keys come from: the shipped public pool, its seed, or fresh ones."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TypeAlias

from jpki.algorithms import RSA_2048, KeyAlgorithm
from mynalab.chance import seeded_number, seeded_random
from mynalab.errors import LabBrokenError
from mynalab.resources import application_key_pool_file, key_pool_file

KeySource: TypeAlias = Callable[[int], bytes]
"""Gives the PKCS #8 DER of the n-th key of a lab."""

# The first keys of the pool are kept for CAs, so that no card ever holds the key of one.
CA_KEYS = 8


def pooled_keys(seed: str) -> KeySource:
    """The shipped keys in an order that ``seed`` rotates. Numbers below 2 are the CAs'.

    The pool holds 96 keys: a lab with more than 44 cards gives some of them the same key pairs, which
    only ``--fresh-keys`` avoids.
    """
    return _pooled(key_pool_file(), seed, "keys", authorities=2)


def pooled_application_keys(seed: str) -> KeySource:
    """The shipped keys of the applications beside JPKI. Numbers below ``CA_KEYS`` are those of CV authorities.

    The pool holds 40: after eight cards the keys of the 券面 and common applications repeat.
    """
    return _pooled(application_key_pool_file(), seed, "application-keys", authorities=CA_KEYS)


def _pooled(pool: Path, seed: str, label: str, *, authorities: int) -> KeySource:
    encoded = [line for line in pool.read_text("ascii").splitlines() if line and not line.startswith("#")]
    ca_start = seeded_number(seed, f"{label}/ca", CA_KEYS)
    card_start = seeded_number(seed, f"{label}/card", len(encoded) - CA_KEYS)

    def take(number: int) -> bytes:
        if number < authorities:
            return decoded((ca_start + number) % CA_KEYS)
        return decoded(CA_KEYS + (card_start + number - authorities) % (len(encoded) - CA_KEYS))

    @cache
    def decoded(index: int) -> bytes:
        try:
            return base64.b64decode(encoded[index], validate=True)
        except binascii.Error as error:
            raise LabBrokenError(f"key {index} of the shipped pool is damaged", hint="install mynalab again") from error

    return take


def derived_keys(seed: str) -> KeySource:
    """Keys on P-384 out of the seed alone, each its own: such a key is any number, so no pool has to be shipped."""

    def take(number: int) -> bytes:
        from jpki.keys import derive_p384_key

        return derive_p384_key(seeded_random(seed, f"p-384/{number}"))

    return take


def fresh_keys(algorithm: KeyAlgorithm = RSA_2048) -> KeySource:
    """A new key at every call. A lab with fresh keys is not reproducible."""

    def take(_number: int) -> bytes:
        from jpki.keys import generate_private_key

        return generate_private_key(algorithm)

    return take
