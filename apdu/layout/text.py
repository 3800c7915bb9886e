"""券面事項入力補助AP (text entry): the My Number and the four attributes as text.

Measured: soltia48/myna-card src/ap/text.rs, unless a line says otherwise.
"""

from __future__ import annotations

from typing import Final

from apdu.layout.facts import FREE, NEVER, Alphabet, FileFact, FileKind, PinFact, after, by_fid

AID: Final = bytes.fromhex("D3921000310001010408")  # jpki/myna libmyna

MY_NUMBER: Final = 0x0001
ATTRIBUTES: Final = 0x0002
INTEGRITY_RECORD: Final = 0x0003
CV_CERTIFICATE: Final = 0x0004
BASIC_INFORMATION: Final = 0x0005
SESSION_PUBLIC_KEY: Final = 0x0006
PUBLIC_KEY: Final = 0x0007
UNEXPLAINED_08: Final = 0x0008
BLOCKED_KEY: Final = 0x0012
INTERNAL_KEY: Final = 0x0013
PIN: Final = 0x0011
REFERENCE_A: Final = 0x0014
REFERENCE_B: Final = 0x0015
INTERNAL_1E: Final = 0x001E

_MEASURED: Final = "measured: soltia48/myna-card src/ap/text.rs"
_REFERENCE_TRIES: Final = "services.digital.go.jp/mynumbercard/info-passcode: ten tries for the 14 digits"

FILES: Final = by_fid(
    FileFact(
        fid=MY_NUMBER,
        kind=FileKind.TRANSPARENT,
        name_en="My Number",
        name_ja="個人番号",
        access=after(PIN, REFERENCE_A),
        source=_MEASURED,
        size=17,
        personal=True,
    ),
    FileFact(
        fid=ATTRIBUTES,
        kind=FileKind.TRANSPARENT,
        name_en="four attributes",
        name_ja="基本4情報",
        access=after(PIN, REFERENCE_B),
        source=_MEASURED,
        personal=True,
    ),
    FileFact(
        fid=INTEGRITY_RECORD,
        kind=FileKind.TRANSPARENT,
        name_en="integrity record (hashes and signature of the two files before)",
        name_ja="真正性記録 (個人番号と基本4情報のハッシュと署名)",
        access=after(PIN, REFERENCE_A, REFERENCE_B),
        source=_MEASURED,
        size=336,
        personal=True,
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
        fid=BASIC_INFORMATION,
        kind=FileKind.TRANSPARENT,
        name_en="basic information of the application",
        name_ja="AP基本情報",
        access=FREE,
        source=_MEASURED,
        size=256,  # jpki/myna libmyna wants exactly 256 bytes of one READ BINARY
    ),
    FileFact(
        fid=SESSION_PUBLIC_KEY,
        kind=FileKind.TRANSPARENT,
        name_en="public key for session keys",
        name_ja="セッション鍵用公開鍵",
        access=after(PIN, REFERENCE_A, REFERENCE_B),
        source=_MEASURED,
    ),
    FileFact(
        fid=PUBLIC_KEY,
        kind=FileKind.TRANSPARENT,
        name_en="public key of EF 0013",
        name_ja="EF 0013の公開鍵",
        access=after(PIN, REFERENCE_A, REFERENCE_B),
        source=_MEASURED,
    ),
    FileFact(
        fid=UNEXPLAINED_08,
        kind=FileKind.TRANSPARENT,
        name_en="EF 0008 of unknown purpose",
        name_ja="用途不明のEF 0008",
        access=NEVER,  # its content is measured, not what opens it
        source=_MEASURED,
        size=16,
    ),
    FileFact(
        fid=PIN,
        kind=FileKind.PIN,
        name_en="text-entry PIN",
        name_ja="券面事項入力補助用暗証番号",
        access=FREE,
        source="jpki/myna libmyna; kojinbango-card.go.jp, 4-digit PINs: three tries",
        pin=PinFact(min_length=4, max_length=4, alphabet=Alphabet.DIGITS, tries=3, source="jpki/myna libmyna"),
    ),
    FileFact(
        fid=BLOCKED_KEY,
        kind=FileKind.PIN,
        name_en="key EF 0012, blocked as issued",
        name_ja="発行時から閉塞している鍵EF 0012",
        access=FREE,
        source=_MEASURED,
        pin=PinFact(min_length=1, max_length=16, alphabet=Alphabet.UPPER_ALPHANUMERIC, tries=0, source=_MEASURED),
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
        fid=REFERENCE_A,
        kind=FileKind.PIN,
        name_en="reference number A, the My Number",
        name_ja="照合番号A",
        access=FREE,
        source="jpki/myna libmyna; AokiApp/jsapdu",
        pin=PinFact(min_length=12, max_length=12, alphabet=Alphabet.DIGITS, tries=10, source="mynatest"),
    ),
    FileFact(
        fid=REFERENCE_B,
        kind=FileKind.PIN,
        name_en="reference number B, from the face of the card",
        name_ja="照合番号B",
        access=FREE,
        source="measured: soltia48/myna-card src/data.rs",
        pin=PinFact(min_length=14, max_length=14, alphabet=Alphabet.DIGITS, tries=10, source=_REFERENCE_TRIES),
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
