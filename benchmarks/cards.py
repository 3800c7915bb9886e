"""The two cards that take turns: the lab's, and one that does nothing."""

from __future__ import annotations

import base64
import hashlib
import os
from datetime import date

from apdu.command import Command
from apdu.layout import jpki
from cardsim.card import VirtualCard
from cardsim.personalise import CardOrder, KeyAndCertificate, personalise
from cardsim.profiles import DEFAULT_PROFILE, profile_named
from cardsim.state import CardImage
from cardsim.store import MemoryStore
from mynalab.resources import key_pool_file

AUTH_PIN = "1234"
_SIGN_PIN = "ABC123"
# Clients take the length from the first four bytes; the rest of a certificate is all the same to the card.
_CERTIFICATE = b"\x30\x82\x06\x00" + bytes(0x600)


def select_file(fid: int) -> bytes:
    """SELECT of an EF, with no answer wanted."""
    return Command(cla=0x00, ins=0xA4, p1=0x02, p2=0x0C, data=fid.to_bytes(2)).encode()


SELECT_JPKI = Command(cla=0x00, ins=0xA4, p1=0x04, p2=0x0C, data=jpki.AID).encode()
READ_256 = Command(cla=0x00, ins=0xB0, p1=0x00, p2=0x00, ne=256).encode()
BEFORE_READING = (SELECT_JPKI, select_file(jpki.AUTH_CERTIFICATE))
"""The certificate for authentication may be read without a PIN."""


OK = b"\x90\x00"


class NullCard:
    """Answers 9000 to everything: what is left is the path. ``data`` is its answer to ``READ_256`` besides."""

    atr = profile_named(DEFAULT_PROFILE).atr
    data = b""

    def power_off(self) -> None:
        """Nothing to forget."""

    def reset(self) -> None:
        """Nothing to forget."""

    def process(self, raw: bytes) -> bytes:
        """Next to no work."""
        return self.data + OK if raw == READ_256 else OK


def lab_key() -> bytes:
    """A key of the shipped pool, PKCS #8 DER."""
    lines = key_pool_file().read_text("ascii").splitlines()
    return base64.b64decode(next(line for line in lines if line and not line.startswith("#")))


def lab_image() -> CardImage:
    """A card with both keys."""
    pair = KeyAndCertificate(private_key=lab_key(), certificate=_CERTIFICATE)
    return personalise(
        CardOrder(
            serial="000000000000001",
            profile=DEFAULT_PROFILE,
            municipality_code="13101",
            card_expiry=date(2035, 1, 1),
            sign=pair,
            auth=pair,
            sign_ca=_CERTIFICATE,
            auth_ca=_CERTIFICATE,
            sign_pin=_SIGN_PIN,
            auth_pin=AUTH_PIN,
        )
    )


def lab_card() -> VirtualCard:
    """The lab's card, in memory."""
    return VirtualCard(MemoryStore(lab_image()), rng=os.urandom)


BEFORE_SIGNING = (
    SELECT_JPKI,
    select_file(jpki.AUTH_PIN),
    Command(cla=0x00, ins=0x20, p1=0x00, p2=0x80, data=AUTH_PIN.encode()).encode(),
    select_file(jpki.AUTH_KEY),
)
# DigestInfo of SHA-256 (RFC 8017 section 9.2 note 1), then a digest: 51 bytes that the card pads as they come.
BLOCK = bytes.fromhex("3031300D060960864801650304020105000420") + hashlib.sha256(b"mynalab").digest()
SIGN_BLOCK = Command(cla=0x80, ins=0x2A, p1=0x00, p2=0x80, data=BLOCK, ne=256).encode()
