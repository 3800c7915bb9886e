"""The form of secure messaging in the text application, without its cryptography: shared by card and client.

Measured: soltia48/myna-card src/sm.rs.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

CLA: Final = 0x08
KEY_SIZE: Final = 16
"""AES-128: the first half of the seed."""
SEED_SIZE: Final = 32
SEED_HEADER: Final = bytes.fromhex("A0228020")
SEED_OBJECT_SIZE: Final = len(SEED_HEADER) + SEED_SIZE
BLOCK_SIZE: Final = 16

CRYPTOGRAM: Final = 0x86
EXPECTED_LENGTH: Final = 0x96
PADDING_INDICATOR: Final = b"\x01"  # ISO/IEC 7816-4 clause 10.3: padded as below

OBJECT_OF_INSTRUCTION: Final = MappingProxyType({0x20: CRYPTOGRAM, 0xA4: CRYPTOGRAM, 0xB0: EXPECTED_LENGTH})
"""What a secured VERIFY, SELECT and READ BINARY carry; no other command was seen."""

_MARK: Final = b"\x80"


def pad(data: bytes) -> bytes:
    """``80`` and zeros up to whole blocks: ISO/IEC 7816-4 clause 10.2.3.1."""
    marked = data + _MARK
    return marked + bytes(-len(marked) % BLOCK_SIZE)


def unpad(blocks: bytes) -> bytes | None:
    """The data before the padding, or None when there is none."""
    data = blocks.rstrip(b"\x00")
    if not data.endswith(_MARK) or len(blocks) - len(data) >= BLOCK_SIZE:
        return None
    return data[:-1]
