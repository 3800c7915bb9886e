"""住民基本台帳AP (resident registry): what little is public.

Measured: soltia48/myna-card src/ap/juki.rs.
"""

from __future__ import annotations

from typing import Final

from apdu.layout.facts import FREE, NEVER, Alphabet, FileFact, FileKind, PinFact, by_fid

AID: Final = bytes.fromhex("D3921000310001010401")  # measured: soltia48/myna-card src/ap/juki.rs

KEY_REFERENCE: Final = 0x0002
PIN: Final = 0x001C
INTERNAL_1E: Final = 0x001E

_MEASURED: Final = "measured: soltia48/myna-card src/ap/juki.rs"

FILES: Final = by_fid(
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
        fid=PIN,
        kind=FileKind.PIN,
        name_en="resident-registry PIN",
        name_ja="住民基本台帳用暗証番号",
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
        source="measured: soltia48/myna-card src/mf.rs: READ gives 6981",
    ),
)
