"""The host's side of both secure channels, written from their descriptions and not with the card's modules.

Secure messaging of the text application: measured, soltia48/myna-card src/sm.rs. SCP03: GlobalPlatform Card
Specification Amendment D v1.1.2.
"""

from __future__ import annotations

import hashlib
from functools import cache
from typing import Final

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.cmac import CMAC
from cryptography.hazmat.primitives.serialization import load_der_private_key

from apdu.command import Command
from apdu.scp03 import StaticKeys
from fuzz import cards

SEEDS: Final = 4
_BLOCK: Final = 16
_MAC: Final = 8
_HASH: Final = 32


# --- secure messaging of the text application


@cache
def cryptograms() -> dict[bytes, bytes]:
    """Cryptograms of SET SESSION KEY and the AES key that each agrees on; always the same ones, so that they replay."""
    return {
        _oaep(b"\xa0\x22\x80\x20" + cards.content(f"seed {n}", 32), n): cards.content(f"seed {n}", 16)
        for n in range(SEEDS)
    }


@cache
def session_modulus() -> int:
    """The modulus of the session key."""
    return _session_numbers()[0]


def encrypt(key: bytes, number: int, data: bytes) -> bytes:
    """Object 86 of command or response N."""
    padded = data + b"\x80" + bytes(-(len(data) + 1) % _BLOCK)
    context = _cbc(key, number).encryptor()
    value = b"\x01" + context.update(padded) + context.finalize()
    return b"\x86" + _length(len(value)) + value


def decrypt(key: bytes, number: int, raw: bytes) -> bytes | None:
    """What is in object 86, or None when it is none."""
    value = _value(raw, 0x86)
    if value is None or value[:1] != b"\x01" or len(value) < 1 + _BLOCK or (len(value) - 1) % _BLOCK:
        return None
    context = _cbc(key, number).decryptor()
    padded = context.update(value[1:]) + context.finalize()
    body = padded.rstrip(b"\x00")
    if body[-1:] != b"\x80" or len(padded) - len(body) >= _BLOCK:
        return None
    return body[:-1]


def expected_length(raw: bytes) -> int | None:
    """What object 96 wants, or None when it is none."""
    value = _value(raw, 0x96)
    if value is None or len(value) != 3 or value[0]:
        return None
    return int.from_bytes(value[1:]) or 1 << 16


def _value(raw: bytes, tag: int) -> bytes | None:
    """The value of the one object that ``raw`` is, its length in the shortest form."""
    for head in range(2, 5):
        value = raw[head:]
        if raw[:head] == bytes((tag,)) + _length(len(value)):
            return value
    return None


def _length(length: int) -> bytes:
    if length < 0x80:
        return bytes((length,))
    return bytes((0x81, length)) if length < 0x100 else b"\x82" + length.to_bytes(2)


def _cbc(key: bytes, number: int) -> Cipher[modes.CBC]:
    context = Cipher(algorithms.AES(key), modes.ECB()).encryptor()  # noqa: S305 -- one block, to make an IV
    vector = context.update(number.to_bytes(_BLOCK)) + context.finalize()
    return Cipher(algorithms.AES(key), modes.CBC(vector))


def _session_numbers() -> tuple[int, int]:
    key = load_der_private_key(cards.session_key(), None)
    assert isinstance(key, RSAPrivateKey)
    numbers = key.public_key().public_numbers()
    return numbers.n, numbers.e


def _oaep(message: bytes, number: int) -> bytes:
    """RSAES-OAEP with SHA-256 and a seed that is always the same: RFC 8017 clause 7.1.1."""
    modulus, exponent = _session_numbers()
    size = 256
    seed = cards.content(f"OAEP {number}", _HASH)
    block = hashlib.sha256(b"").digest() + bytes(size - len(message) - 2 * _HASH - 2) + b"\x01" + message
    masked = _xor(block, _mask(seed, size - _HASH - 1))
    encoded = b"\x00" + _xor(seed, _mask(masked, _HASH)) + masked
    return pow(int.from_bytes(encoded), exponent, modulus).to_bytes(size)


def _mask(seed: bytes, size: int) -> bytes:
    blocks = (hashlib.sha256(seed + number.to_bytes(4)).digest() for number in range(-(-size // _HASH)))
    return b"".join(blocks)[:size]


def _xor(left: bytes, right: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(left, right, strict=True))


# --- SCP03


def cmac(key: bytes, message: bytes) -> bytes:
    """AES-CMAC: NIST SP 800-38B."""
    context = CMAC(algorithms.AES(key))
    context.update(message)
    return context.finalize()


class Witness:
    """Says of every command of a channel whether somebody who knows the keys sent it, and in this place."""

    def __init__(self, keys: StaticKeys, host_challenge: bytes, card_challenge: bytes) -> None:
        self._context = host_challenge + card_challenge
        self._mac_key = self._derive(keys.mac, 0x06, 8 * len(keys.mac))
        self._chaining = bytes(_BLOCK)

    def proves_host(self, command: Command) -> bool:
        """True for the host's cryptogram of this channel: clause 6.2.2.3."""
        return command.data[:-_MAC] == self._derive(self._mac_key, 0x01, 64)

    def proves_card(self, cryptogram: bytes) -> bool:
        """True for the card's cryptogram of this channel: clause 6.2.2.2."""
        return cryptogram == self._derive(self._mac_key, 0x00, 64)

    def accepts(self, command: Command) -> bool:
        """True when the last eight bytes are the MAC of the command behind those before it: clause 6.2.4."""
        length = command.nc
        lc = b"\x00" + length.to_bytes(2) if command.extended or length > 255 else bytes((length,))
        header = bytes((command.cla, command.ins, command.p1, command.p2))
        mac = cmac(self._mac_key, self._chaining + header + lc + command.data[:-_MAC])
        self._chaining = mac
        return length >= _MAC and mac[:_MAC] == command.data[-_MAC:]

    def _derive(self, key: bytes, constant: int, bits: int) -> bytes:
        """Clause 4.1.5; keys of sixteen bytes and cryptograms need one block."""
        message = bytes(11) + bytes((constant, 0)) + bits.to_bytes(2) + b"\x01" + self._context
        return cmac(key, message)[: bits // 8]
