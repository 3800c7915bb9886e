"""The issuer's security domain (GlobalPlatform): current after power-on; GET DATA objects of the card itself.

The objects answer only while no application is selected. Measured: soltia48/myna-card src/mf.rs.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from apdu.layout.facts import Lang

AID: Final = bytes.fromhex("A0000001510000")  # GlobalPlatform Card Specification 2.3.1; measured: soltia48/myna-card

IIN: Final = 0x0042  # GlobalPlatform Card Specification 2.3.1
CIN: Final = 0x0045  # GlobalPlatform Card Specification 2.3.1
CARD_RECOGNITION_DATA: Final = 0x0066  # GlobalPlatform Card Specification 2.3.1
MUNICIPALITY_CODE: Final = 0x00F0  # measured: soltia48/myna-card src/mf.rs
EXPIRY: Final = 0x00F2  # measured: soltia48/myna-card src/mf.rs
UNEXPLAINED_F3: Final = 0x00F3  # probed by mynatest
INTERMEDIATE_KEY_ID: Final = 0x00F7  # measured: soltia48/myna-card src/mf.rs
ROOT_CV_CERTIFICATE: Final = 0x00F8  # measured: soltia48/myna-card src/mf.rs
CV_CERTIFICATE: Final = 0x7F21  # measured: soltia48/myna-card src/mf.rs; absent on some cards (6A88)
CONTACT_ATR: Final = 0x5F51  # measured: soltia48/myna-card src/card.rs; ISO/IEC 7816-6, answer to reset


@dataclass(frozen=True, slots=True, kw_only=True)
class DataObjectFact:
    """One data object of GET DATA by its tag."""

    tag: int
    name_en: str
    name_ja: str
    source: str
    personal: bool = False

    def name(self, lang: Lang) -> str:
        """The name in one language."""
        return self.name_ja if lang == "ja" else self.name_en


_MEASURED: Final = "measured: soltia48/myna-card src/mf.rs"

DATA_OBJECTS: Final = MappingProxyType(
    {
        fact.tag: fact
        for fact in (
            DataObjectFact(
                tag=IIN,
                name_en="issuer identification number (a 16-byte key reference)",
                name_ja="発行者識別番号 IIN (16バイトの鍵参照)",
                source=_MEASURED,
            ),
            DataObjectFact(
                tag=CIN,
                name_en="card identification number",
                name_ja="カード識別番号 CIN",
                source=_MEASURED,
                personal=True,
            ),
            DataObjectFact(
                tag=CARD_RECOGNITION_DATA,
                name_en="GlobalPlatform card recognition data",
                name_ja="GlobalPlatformカード認識データ",
                source=_MEASURED,
            ),
            DataObjectFact(
                tag=MUNICIPALITY_CODE,
                name_en="municipality code, 5 digits",
                name_ja="市区町村コード (5桁)",
                source=_MEASURED,
                personal=True,
            ),
            DataObjectFact(
                tag=EXPIRY,
                name_en="expiry date of the card, YYYYMMDD",
                name_ja="カードの有効期限 (YYYYMMDD)",
                source=_MEASURED,
                personal=True,
            ),
            DataObjectFact(
                tag=UNEXPLAINED_F3,
                name_en="object 00F3 of unknown purpose",
                name_ja="用途不明のデータオブジェクト00F3",
                source="probed by mynatest",
            ),
            DataObjectFact(
                tag=INTERMEDIATE_KEY_ID,
                name_en="key id of the intermediate that signs object 7F21",
                name_ja="7F21に署名した中間鍵の識別子",
                source=_MEASURED,
            ),
            DataObjectFact(
                tag=ROOT_CV_CERTIFICATE,
                name_en="card-verifiable certificate, root to intermediate",
                name_ja="CV証明書 (ルートから中間)",
                source=_MEASURED,
            ),
            DataObjectFact(
                tag=CV_CERTIFICATE,
                name_en="card-verifiable certificate, intermediate to below",
                name_ja="CV証明書 (中間から下位)",
                source=_MEASURED,
            ),
            DataObjectFact(
                tag=CONTACT_ATR,
                name_en="answer to reset of the contacts, without its first byte",
                name_ja="接触インタフェースのATR (TSを除く)",
                source="measured: soltia48/myna-card src/card.rs",
            ),
        )
    }
)
