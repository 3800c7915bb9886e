"""公的個人認証AP (JPKI): its files, PINs and keys, token information and certificate availability.

Every EF id is below 001F, so each has a short EF id. PINs are sent unpadded, as ASCII.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from apdu.errors import LayoutError
from apdu.layout.facts import FREE, NEVER, Alphabet, FileFact, FileKind, PinFact, after, by_fid, unknown_file

AID: Final = bytes.fromhex("D392F000260100000001")  # OpenSC card-jpki.c

SIGN_CERTIFICATE: Final = 0x0001  # OpenSC pkcs15-jpki.c
SIGN_CA_CERTIFICATE: Final = 0x0002  # OpenSC pkcs15-jpki.c
TOKEN_INFORMATION: Final = 0x0006  # jpki/myna libmyna
CERTIFICATE_AVAILABILITY: Final = 0x0008  # measured: soltia48/myna-card src/ap/jpki.rs
PROTECTED_09: Final = 0x0009  # measured: soltia48/myna-card src/ap/jpki.rs
AUTH_CERTIFICATE: Final = 0x000A  # OpenSC pkcs15-jpki.c
AUTH_CA_CERTIFICATE: Final = 0x000B  # OpenSC pkcs15-jpki.c
TERMINAL_CA_KEY: Final = 0x0016  # measured: soltia48/myna-card; the key that 80 A2 selects first
AUTH_KEY: Final = 0x0017  # OpenSC pkcs15-jpki.c
AUTH_PIN: Final = 0x0018  # OpenSC pkcs15-jpki.c
SIGN_KEY: Final = 0x001A  # OpenSC pkcs15-jpki.c
SIGN_PIN: Final = 0x001B  # OpenSC pkcs15-jpki.c
INTERNAL_1E: Final = 0x001E  # measured: soltia48/myna-card src/mf.rs

AUTH_PIN_LIMITS: Final = PinFact(
    min_length=4,
    max_length=4,
    alphabet=Alphabet.DIGITS,
    tries=3,
    source="OpenSC pkcs15-jpki.c; kojinbango-card.go.jp, 4-digit PINs: three tries",
)
SIGN_PIN_LIMITS: Final = PinFact(
    min_length=6,
    max_length=16,
    alphabet=Alphabet.UPPER_ALPHANUMERIC,
    tries=5,
    source="OpenSC pkcs15-jpki.c; kojinbango-card.go.jp, signature password: five tries",
)

FILES: Final = by_fid(
    FileFact(
        fid=SIGN_CERTIFICATE,
        kind=FileKind.TRANSPARENT,
        name_en="signature certificate",
        name_ja="署名用電子証明書",
        access=after(SIGN_PIN),
        source="OpenSC pkcs15-jpki.c; 6982 before the password: every public client",
        personal=True,
    ),
    FileFact(
        fid=SIGN_CA_CERTIFICATE,
        kind=FileKind.TRANSPARENT,
        name_en="CA certificate for signature",
        name_ja="署名用CA証明書",
        access=FREE,
        source="OpenSC pkcs15-jpki.c",
    ),
    unknown_file(0x0005, "AokiApp/jsapdu packages/mynacard/src/constants.ts"),
    FileFact(
        fid=TOKEN_INFORMATION,
        kind=FileKind.TRANSPARENT,
        name_en="token information",
        name_ja="トークン情報",
        access=FREE,
        source="jpki/myna libmyna; measured: soltia48/myna-card src/ap/jpki.rs",
        size=160,
    ),
    FileFact(
        fid=CERTIFICATE_AVAILABILITY,
        kind=FileKind.TRANSPARENT,
        name_en="certificate availability",
        name_ja="電子証明書の有無",
        access=FREE,
        source="measured: soltia48/myna-card src/ap/jpki.rs",
        size=3,
    ),
    FileFact(
        fid=PROTECTED_09,
        kind=FileKind.TRANSPARENT,
        name_en="protected EF 0009 of unknown purpose",
        name_ja="用途不明の保護されたEF 0009",
        access=NEVER,
        source="measured: soltia48/myna-card README.md: sixteen FF; no user PIN opens it",
        size=16,
    ),
    FileFact(
        fid=AUTH_CERTIFICATE,
        kind=FileKind.TRANSPARENT,
        name_en="user-authentication certificate",
        name_ja="利用者証明用電子証明書",
        access=FREE,
        source="OpenSC pkcs15-jpki.c; free on the plastic card: every public client",
    ),
    FileFact(
        fid=AUTH_CA_CERTIFICATE,
        kind=FileKind.TRANSPARENT,
        name_en="CA certificate for user authentication",
        name_ja="利用者証明用CA証明書",
        access=FREE,
        source="OpenSC pkcs15-jpki.c",
    ),
    unknown_file(0x0010, "queried by soltia48/myna-card examples/fuzz_card.rs"),
    FileFact(
        fid=TERMINAL_CA_KEY,
        kind=FileKind.INTERNAL,
        name_en="CA key for terminal certificates",
        name_ja="端末用CA公開鍵",
        access=FREE,
        source="measured: soltia48/myna-card; selected before 80 A2",
    ),
    FileFact(
        fid=AUTH_KEY,
        kind=FileKind.PRIVATE_KEY,
        name_en="user-authentication key",
        name_ja="利用者証明用秘密鍵",
        access=after(AUTH_PIN),
        source="OpenSC pkcs15-jpki.c",
    ),
    FileFact(
        fid=AUTH_PIN,
        kind=FileKind.PIN,
        name_en="user-authentication PIN",
        name_ja="利用者証明用暗証番号",
        access=FREE,
        source="OpenSC pkcs15-jpki.c",
        pin=AUTH_PIN_LIMITS,
    ),
    unknown_file(0x0019, "AokiApp/jsapdu packages/mynacard/src/constants.ts"),
    FileFact(
        fid=SIGN_KEY,
        kind=FileKind.PRIVATE_KEY,
        name_en="signature key",
        name_ja="署名用秘密鍵",
        access=after(SIGN_PIN),
        source="OpenSC pkcs15-jpki.c",
    ),
    FileFact(
        fid=SIGN_PIN,
        kind=FileKind.PIN,
        name_en="signature password",
        name_ja="署名用パスワード",
        access=FREE,
        source="OpenSC pkcs15-jpki.c",
        pin=SIGN_PIN_LIMITS,
    ),
    unknown_file(0x001C, "AokiApp/jsapdu packages/mynacard/src/constants.ts"),
    FileFact(
        fid=INTERNAL_1E,
        kind=FileKind.INTERNAL,
        name_en="internal EF 001E",
        name_ja="内部EF 001E",
        access=NEVER,
        source="measured: soltia48/myna-card src/mf.rs: READ gives 6981",
    ),
)

PIN_OF_KEY: Final = {AUTH_KEY: AUTH_PIN, SIGN_KEY: SIGN_PIN}

KEY_BITS: Final = 2048  # OpenSC pkcs15-jpki.c; every certificate seen
SIGNATURE_SIZE: Final = KEY_BITS // 8

CERTIFICATE_PRESENT: Final = 0x8F  # measured: soltia48/myna-card src/ap/jpki.rs
CERTIFICATE_ABSENT: Final = 0x00  # the form a child's card has: soltia48/myna-card test vector, not measured


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateAvailability:
    """EF 0008: three bytes, no filler. The purpose of the third is unknown; every card seen has 00 there."""

    signature: bool
    authentication: bool
    third_byte: int = 0

    def encode(self) -> bytes:
        """The three bytes of the file."""
        flags = (
            CERTIFICATE_PRESENT if there else CERTIFICATE_ABSENT for there in (self.signature, self.authentication)
        )
        return bytes((*flags, self.third_byte))

    @classmethod
    def decode(cls, raw: bytes) -> CertificateAvailability:
        """Read the file; ``LayoutError`` for another length or another flag."""
        if len(raw) != 3:
            raise LayoutError(f"certificate availability has 3 bytes, not {len(raw)}")
        if any(flag not in (CERTIFICATE_PRESENT, CERTIFICATE_ABSENT) for flag in raw[:2]):
            raise LayoutError(f"certificate availability knows 8F and 00, not {raw[:2].hex()}")
        present = [flag == CERTIFICATE_PRESENT for flag in raw[:2]]
        return cls(signature=present[0], authentication=present[1], third_byte=raw[2])
