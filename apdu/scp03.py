"""Secure Channel Protocol 03 without its ciphers: GlobalPlatform Card Specification Amendment D v1.1.2, S8 mode.

Both ends share this: key derivation, cryptograms, MAC chaining, initial chaining values, padding. AES comes from the
caller as three functions, so that the card and the issuer's machine each keep their own.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from enum import IntFlag
from typing import Final

from apdu.command import MAX_SHORT_NC, Command
from apdu.errors import SecureChannelError
from apdu.response import Response
from apdu.status import StatusWord

IDENTIFIER: Final = 0x03  # second byte of the key information: Amendment D clause 7.1.1
I_PARAMETER: Final = 0x70  # pseudo-random card challenge, R-MAC and R-ENCRYPTION: Amendment D table 5-1
CHALLENGE_SIZE: Final = 8  # S8 mode
CRYPTOGRAM_SIZE: Final = 8
ANSWER_SIZE: Final = 32  # to INITIALIZE UPDATE with a pseudo-random challenge: Amendment D table 7-2
MAC_SIZE: Final = 8
BLOCK: Final = 16  # AES
KEY_SIZES: Final = (16, 24, 32)
SECURE_MESSAGING_BIT: Final = 0x04  # CLA 84: GlobalPlatform Card Specification 2.3.1 clause 11.1.4

# Derivation constants: Amendment D table 4-1
_CARD_CRYPTOGRAM: Final = 0x00
_HOST_CRYPTOGRAM: Final = 0x01
_CARD_CHALLENGE: Final = 0x02
_S_ENC: Final = 0x04
_S_MAC: Final = 0x06
_S_RMAC: Final = 0x07

_RESPONSE_ICV_BIT: Final = 0x80  # first byte of the counter block of a response: Amendment D clause 6.2.7


class SecurityLevel(IntFlag):
    """P1 of EXTERNAL AUTHENTICATE: Amendment D table 7-6."""

    C_MAC = 0x01
    C_DECRYPTION = 0x02
    R_MAC = 0x10
    R_ENCRYPTION = 0x20


LEVELS: Final = frozenset({0x01, 0x03, 0x11, 0x13, 0x33})
"""Table 7-6 without 00: a channel that secures nothing is no channel (ours)."""


@dataclass(frozen=True, slots=True)
class Aes:
    """The three functions of AES that the protocol needs. Keys first, then the data."""

    cmac: Callable[[bytes, bytes], bytes]
    """(key, message) -> 16 bytes: NIST SP 800-38B."""
    encrypt: Callable[[bytes, bytes, bytes], bytes]
    """(key, initial chaining value, blocks) -> blocks: CBC."""
    decrypt: Callable[[bytes, bytes, bytes], bytes]
    """(key, initial chaining value, blocks) -> blocks: CBC."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StaticKeys:
    """The three keys of a key version: Amendment D clause 4.1.3."""

    enc: bytes = field(repr=False)
    mac: bytes = field(repr=False)
    dek: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if len(self.enc) not in KEY_SIZES or not len(self.enc) == len(self.mac) == len(self.dek):
            raise SecureChannelError("the keys of a set are of one length, 16, 24 or 32 bytes")


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionKeys:
    """The keys of one session: Amendment D clause 6.2.1."""

    enc: bytes = field(repr=False)
    mac: bytes = field(repr=False)
    rmac: bytes = field(repr=False)


def derive(aes: Aes, key: bytes, constant: int, context: bytes, size: int) -> bytes:
    """The KDF in counter mode (NIST SP 800-108) with the fields of Amendment D clause 4.1.5; ``size`` in bytes."""
    label = bytes(11) + bytes((constant,))
    length = (size * 8).to_bytes(2)
    blocks = (
        aes.cmac(key, label + b"\x00" + length + bytes((number,)) + context) for number in range(1, -(-size // 16) + 1)
    )
    return b"".join(blocks)[:size]


def session_keys(aes: Aes, keys: StaticKeys, host_challenge: bytes, card_challenge: bytes) -> SessionKeys:
    """Amendment D clause 6.2.1."""
    context = host_challenge + card_challenge
    return SessionKeys(
        enc=derive(aes, keys.enc, _S_ENC, context, len(keys.enc)),
        mac=derive(aes, keys.mac, _S_MAC, context, len(keys.mac)),
        rmac=derive(aes, keys.mac, _S_RMAC, context, len(keys.mac)),
    )


def card_challenge(aes: Aes, enc: bytes, sequence: int, aid: bytes) -> bytes:
    """The pseudo-random challenge of a card: Amendment D clause 6.2.2.1."""
    return derive(aes, enc, _CARD_CHALLENGE, sequence.to_bytes(3) + aid, CHALLENGE_SIZE)


def card_cryptogram(aes: Aes, keys: SessionKeys, host_challenge: bytes, challenge: bytes) -> bytes:
    """How the card proves its key: Amendment D clause 6.2.2.2."""
    return derive(aes, keys.mac, _CARD_CRYPTOGRAM, host_challenge + challenge, CRYPTOGRAM_SIZE)


def host_cryptogram(aes: Aes, keys: SessionKeys, host_challenge: bytes, challenge: bytes) -> bytes:
    """How the host proves its key: Amendment D clause 6.2.2.3."""
    return derive(aes, keys.mac, _HOST_CRYPTOGRAM, host_challenge + challenge, CRYPTOGRAM_SIZE)


@dataclass(frozen=True, slots=True, kw_only=True)
class InitializeUpdateAnswer:
    """What a card answers to INITIALIZE UPDATE: Amendment D table 7-2, with the counter of a pseudo-random one."""

    diversification: bytes
    key_version: int
    challenge: bytes
    cryptogram: bytes
    sequence: int

    def encode(self) -> bytes:
        """``ANSWER_SIZE`` bytes."""
        information = bytes((self.key_version, IDENTIFIER, I_PARAMETER))
        return self.diversification + information + self.challenge + self.cryptogram + self.sequence.to_bytes(3)

    @classmethod
    def decode(cls, raw: bytes) -> InitializeUpdateAnswer:
        """``SecureChannelError`` for another protocol or another mode of this one."""
        if len(raw) != ANSWER_SIZE or raw[11] != IDENTIFIER or raw[12] != I_PARAMETER:
            raise SecureChannelError(
                "the card does not open a channel of SCP03 with i=70", hint="it is no card of this lab"
            )
        return cls(
            diversification=raw[:10],
            key_version=raw[10],
            challenge=raw[13:21],
            cryptogram=raw[21:29],
            sequence=int.from_bytes(raw[29:]),
        )


class SecureChannel:
    """One side of an open channel: MAC chaining value and command counter.

    The host calls ``wrap`` and ``unwrap``, the card ``accept`` and ``protect``. The first command of both is
    EXTERNAL AUTHENTICATE, which ``level`` does not encrypt and whose answer it does not protect.
    """

    def __init__(self, aes: Aes, keys: SessionKeys) -> None:
        self._aes = aes
        self._keys = keys
        self._chaining = bytes(BLOCK)
        self._counter = 0
        self.level = SecurityLevel.C_MAC
        """Raised by the owner once EXTERNAL AUTHENTICATE is done."""

    def raise_level(self, level: int) -> None:
        """From here on commands and answers are secured so; counting starts: Amendment D clause 6.2.6."""
        if level not in LEVELS:
            raise SecureChannelError(f"{level:02X} is no security level of this card")
        self.level = SecurityLevel(level)
        self._counter = 1

    def wrap(self, command: Command) -> Command:
        """The command as it goes over the wire."""
        data = command.data
        if data and SecurityLevel.C_DECRYPTION in self.level:
            data = self._aes.encrypt(self._keys.enc, self._icv(0), pad(data))
        secured = replace(command, cla=command.cla | SECURE_MESSAGING_BIT, data=data)
        return replace(secured, data=data + self._chain(secured)[:MAC_SIZE])

    def accept(self, command: Command) -> Command:
        """The command behind its MAC, checked and decrypted; ``SecureChannelError`` ends the channel."""
        if command.nc < MAC_SIZE:
            raise SecureChannelError("the command has no MAC")
        data, mac = command.data[:-MAC_SIZE], command.data[-MAC_SIZE:]
        expected = self._chain(replace(command, data=data))[:MAC_SIZE]
        if not hmac.compare_digest(expected, mac):
            raise SecureChannelError("the MAC of the command is wrong")
        if data and SecurityLevel.C_DECRYPTION in self.level:
            data = self._decrypted(data, self._icv(0))
        return replace(command, cla=command.cla & ~SECURE_MESSAGING_BIT, data=data)

    def protect(self, response: Response) -> Response:
        """The answer as it goes over the wire; errors go bare: Amendment D clause 6.2.5."""
        if not _is_protected(response.sw):
            self._counter += 1
            return response
        data = response.data
        if data and SecurityLevel.R_ENCRYPTION in self.level:
            data = self._aes.encrypt(self._keys.enc, self._icv(_RESPONSE_ICV_BIT), pad(data))
        mac = self._response_mac(data, response.sw) if SecurityLevel.R_MAC in self.level else b""
        self._counter += 1
        return Response(response.sw, data + mac)

    def unwrap(self, response: Response) -> Response:
        """The answer behind its protection; ``SecureChannelError`` when somebody touched it."""
        data = response.data
        if _is_protected(response.sw) and SecurityLevel.R_MAC in self.level:
            data, mac = data[:-MAC_SIZE], data[-MAC_SIZE:]
            if not hmac.compare_digest(self._response_mac(data, response.sw), mac):
                raise SecureChannelError("the MAC of the answer is wrong", hint="somebody sits between card and host")
            if data and SecurityLevel.R_ENCRYPTION in self.level:
                data = self._decrypted(data, self._icv(_RESPONSE_ICV_BIT))
        self._counter += 1
        return Response(response.sw, data)

    def _chain(self, command: Command) -> bytes:
        """MAC of a command without one, which becomes the chaining value: Amendment D clause 6.2.4."""
        size = command.nc + MAC_SIZE
        lc = b"\x00" + size.to_bytes(2) if size > MAX_SHORT_NC or command.extended else bytes((size,))
        header = bytes((command.cla, command.ins, command.p1, command.p2))
        self._chaining = self._aes.cmac(self._keys.mac, self._chaining + header + lc + command.data)
        return self._chaining

    def _response_mac(self, data: bytes, sw: StatusWord) -> bytes:
        return self._aes.cmac(self._keys.rmac, self._chaining + data + bytes(sw))[:MAC_SIZE]

    def _icv(self, direction: int) -> bytes:
        """The counter, encrypted: Amendment D clauses 6.2.6 and 6.2.7."""
        block = bytes((direction,)) + self._counter.to_bytes(BLOCK - 1)
        return self._aes.encrypt(self._keys.enc, bytes(BLOCK), block)

    def _decrypted(self, data: bytes, icv: bytes) -> bytes:
        if len(data) % BLOCK:
            raise SecureChannelError("what is encrypted has not the length of whole blocks")
        return unpad(self._aes.decrypt(self._keys.enc, icv, data))


def pad(data: bytes) -> bytes:
    """80 and as many 00 as fill a block, at least the 80: Amendment D clause 4.1.4."""
    return data + b"\x80" + bytes(-(len(data) + 1) % BLOCK)


def unpad(data: bytes) -> bytes:
    """Back; ``SecureChannelError`` when there is no padding."""
    body = data.rstrip(b"\x00")
    if not body.endswith(b"\x80") or len(data) - len(body) >= BLOCK:
        raise SecureChannelError("the padding is wrong")
    return body[:-1]


def _is_protected(sw: StatusWord) -> bool:
    """Success and warnings: Amendment D clause 6.2.5."""
    return sw.is_ok or sw.sw1 in (0x62, 0x63)
