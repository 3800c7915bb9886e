"""What an issuer puts into the applications beside JPKI: bytes of EFs ready made, PINs and private keys.

The card looks at nothing in them but their sizes: records and their signatures are the issuer's affair.
EF ids are those of ``apdu.layout``; private keys are PKCS #8 DER, RSA of 2048 bits.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class TextContents:
    """券面事項入力補助AP. ``files``: EFs 0001 to 0007 of ``apdu.layout.text``, filler included."""

    files: Mapping[int, bytes] = field(repr=False)
    pin: str = field(repr=False)
    reference_a: str = field(repr=False)
    """照合番号A: the 12 digits of the My Number."""
    reference_b: str = field(repr=False)
    """照合番号B: birth date as YYMMDD of the era, expiry year, security code: 14 digits."""
    internal_key: bytes = field(repr=False)
    """The private key of EF 0013, whose public half EF 0007 shows."""
    session_key: bytes = field(repr=False)
    """The private half of the public key in EF 0006, for SET SESSION KEY."""
    reference: str = field(default="", repr=False)
    """照合番号 of the next generation's card, 6 digits; empty for it blocked. No card of today has it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FaceContents:
    """券面事項確認AP. ``files``: EFs 0001 to 0005 of ``apdu.layout.face``."""

    files: Mapping[int, bytes] = field(repr=False)
    birth_pin: str = field(repr=False)
    """Birth date as YYMMDD of the era."""
    reference_a: str = field(repr=False)
    reference_b: str = field(repr=False)
    internal_key: bytes = field(repr=False)
    """The private key of EF 001A."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CommonContents:
    """共通カードAP. The card record (EF 0001) is made from the order."""

    key_reference: bytes
    """EF 0002, 16 bytes; the same in the resident registry."""
    pin: str = field(repr=False)
    internal_key: bytes = field(repr=False)
    """The private key of EF 0019, for INTERNAL AUTHENTICATE."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JukiContents:
    """住民基本台帳AP."""

    key_reference: bytes
    pin: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ManagerContents:
    """Data objects of the card manager, by tag, that replace or join those that the order makes itself.

    Meant for 0042, 00F7, 00F8 and 7F21 (``apdu.layout.card_manager``).
    """

    objects: Mapping[int, bytes] = field(repr=False)
