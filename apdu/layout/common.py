"""共通カードAP (common application, 本人確認業務用領域).

Measured: soltia48/myna-card src/ap/common.rs.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from apdu import simple_tlv
from apdu.errors import LayoutError
from apdu.layout.facts import FREE, NEVER, Alphabet, FileFact, FileKind, PinFact, by_fid
from apdu.layout.record_tlv import digits

AID: Final = bytes.fromhex("D3921000310001010100")  # measured: soltia48/myna-card src/ap/common.rs

CARD_RECORD: Final = 0x0001
KEY_REFERENCE: Final = 0x0002
INTERNAL_KEY: Final = 0x0019
PIN: Final = 0x001C
INTERNAL_1E: Final = 0x001E

_MEASURED: Final = "measured: soltia48/myna-card src/ap/common.rs"

FILES: Final = by_fid(
    FileFact(
        fid=CARD_RECORD,
        kind=FileKind.RECORD,
        name_en="card record (serial number, municipality, expiry)",
        name_ja="カード管理情報 (製造番号・市区町村・有効期限)",
        access=FREE,
        source=_MEASURED,
        personal=True,
    ),
    FileFact(
        fid=KEY_REFERENCE,
        kind=FileKind.TRANSPARENT,
        name_en="key reference",
        name_ja="鍵参照",
        access=FREE,
        source=_MEASURED,
        size=16,
    ),
    FileFact(
        fid=INTERNAL_KEY,
        kind=FileKind.PRIVATE_KEY,
        name_en="internal-authentication key",
        name_ja="内部認証鍵",
        access=FREE,
        source=_MEASURED,
    ),
    FileFact(
        fid=PIN,
        kind=FileKind.PIN,
        name_en="Individual Number Card PIN",
        name_ja="個人番号カード用暗証番号",
        access=FREE,
        source=_MEASURED,
        pin=PinFact(
            min_length=4,
            max_length=4,
            alphabet=Alphabet.DIGITS,
            tries=3,
            source="kojinbango-card.go.jp, 4-digit PINs: three tries",
        ),
    ),
    FileFact(
        fid=INTERNAL_1E,
        kind=FileKind.INTERNAL,
        name_en="internal EF 001E",
        name_ja="内部EF 001E",
        access=NEVER,
        source=_MEASURED,
    ),
)

_RECORD_TAG: Final = 0x01
_RECORD_SIZE: Final = 28


@dataclass(frozen=True, slots=True, kw_only=True)
class CardRecord:
    """Record 1 of EF 0001: ``01 1C`` and 28 digits. ``expiry`` is YYYYMMDD."""

    serial: str = field(repr=False)
    municipality_code: str
    expiry: str

    def encode(self) -> bytes:
        """30 bytes."""
        text = (
            digits("the serial number", self.serial, 15)
            + digits("the municipality code", self.municipality_code, 5)
            + digits("the expiry date", self.expiry, 8)
        )
        return simple_tlv.SimpleTlv(_RECORD_TAG, text).encode()

    @classmethod
    def decode(cls, raw: bytes) -> CardRecord:
        """Read the record."""
        record = simple_tlv.decode(raw)
        if record.tag != _RECORD_TAG or len(record.value) != _RECORD_SIZE or not record.value.isdigit():
            raise LayoutError("the card record is 01 1C and 28 digits")
        text = record.value.decode("ascii")
        return cls(serial=text[:15], municipality_code=text[15:20], expiry=text[20:])
