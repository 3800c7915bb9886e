"""券面事項確認AP (card face): images of the card's face and the age record.

Measured: soltia48/myna-card src/ap/surface.rs, unless a line says otherwise.
"""

from __future__ import annotations

from typing import Final

from apdu.layout.facts import FREE, NEVER, Alphabet, FileFact, FileKind, PinFact, after, by_fid

AID: Final = bytes.fromhex("D3921000310001010402")  # jpki/myna libmyna

AGE_RECORD: Final = 0x0001
FACE: Final = 0x0002
BASIC_INFORMATION: Final = 0x0003
CV_CERTIFICATE: Final = 0x0004
MY_NUMBER_IMAGE: Final = 0x0005
UNEXPLAINED_06: Final = 0x0006
BIRTH_PIN: Final = 0x0011
REFERENCE_B: Final = 0x0012
REFERENCE_A: Final = 0x0013
INTERNAL_KEY: Final = 0x001A
INTERNAL_1E: Final = 0x001E

_MEASURED: Final = "measured: soltia48/myna-card src/ap/surface.rs"

FILES: Final = by_fid(
    FileFact(
        fid=AGE_RECORD,
        kind=FileKind.TRANSPARENT,
        name_en="age record",
        name_ja="生年月日記録",
        access=after(BIRTH_PIN),
        source=_MEASURED,
        personal=True,
    ),
    FileFact(
        fid=FACE,
        kind=FileKind.TRANSPARENT,
        name_en="front of the card (name, address, photo)",
        name_ja="券面事項 (表面)",
        access=after(REFERENCE_A, REFERENCE_B),
        source=_MEASURED,
        personal=True,
    ),
    FileFact(
        fid=BASIC_INFORMATION,
        kind=FileKind.TRANSPARENT,
        name_en="basic information of the application",
        name_ja="AP基本情報",
        access=FREE,
        source=_MEASURED,
        personal=True,  # holds the municipality code
    ),
    FileFact(
        fid=CV_CERTIFICATE,
        kind=FileKind.TRANSPARENT,
        name_en="card-verifiable certificate",
        name_ja="CV証明書",
        access=FREE,
        source=_MEASURED,
        size=568,
    ),
    FileFact(
        fid=MY_NUMBER_IMAGE,
        kind=FileKind.TRANSPARENT,
        name_en="back of the card (image of the My Number)",
        name_ja="個人番号の画像 (裏面)",
        access=after(REFERENCE_A),
        source=_MEASURED,
        personal=True,
    ),
    FileFact(
        fid=UNEXPLAINED_06,
        kind=FileKind.TRANSPARENT,
        name_en="EF 0006 of unknown purpose",
        name_ja="用途不明のEF 0006",
        access=after(REFERENCE_A, REFERENCE_B),
        source=_MEASURED,
        size=16,
    ),
    FileFact(
        fid=BIRTH_PIN,
        kind=FileKind.PIN,
        name_en="birth-date PIN (YYMMDD of the era)",
        name_ja="生年月日 (和暦YYMMDD)",
        access=FREE,
        source=_MEASURED,
        pin=PinFact(min_length=6, max_length=6, alphabet=Alphabet.DIGITS, tries=None, source=_MEASURED),
    ),
    FileFact(
        fid=REFERENCE_B,
        kind=FileKind.PIN,
        name_en="reference number B, from the face of the card",
        name_ja="照合番号B",
        access=FREE,
        source=_MEASURED,
        pin=PinFact(
            min_length=14,
            max_length=14,
            alphabet=Alphabet.DIGITS,
            tries=10,
            source="services.digital.go.jp/mynumbercard/info-passcode: ten tries for the 14 digits",
        ),
    ),
    FileFact(
        fid=REFERENCE_A,
        kind=FileKind.PIN,
        name_en="reference number A, the My Number",
        name_ja="照合番号A",
        access=FREE,
        source=_MEASURED,
        pin=PinFact(min_length=12, max_length=12, alphabet=Alphabet.DIGITS, tries=10, source="mynatest"),
    ),
    FileFact(
        fid=INTERNAL_KEY,
        kind=FileKind.PRIVATE_KEY,
        name_en="the application's own signing key",
        name_ja="APの署名鍵",
        access=FREE,
        source=_MEASURED,
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
