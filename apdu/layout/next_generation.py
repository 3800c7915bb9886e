"""次期個人番号カード, the next generation of cards: OUR DESIGN, not a published one.

Announced (次期個人番号カードタスクフォース最終とりまとめ, Digital Agency, March 2024): ECDSA on P-384 with SHA-384, two
applications (認証AP and 券面等AP, both working titles), two PINs (4 digits; 6 to 16 letters and digits, which also
opens what stands on the card), a reference number of six digits (照合番号). AIDs, EF ids, commands and what each secret
opens are this project's, after the card of today.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from apdu.layout import jpki
from apdu.layout.facts import FREE, Alphabet, FileFact, FileKind, PinFact, after, by_fid
from apdu.layout.signature import Padding, SignOperation

AUTH_AID: Final = bytes.fromhex("F04D594E414C414201")  # F0: not registered, ISO/IEC 7816-4 clause 12; "MYNALAB", 1
FACE_AID: Final = bytes.fromhex("F04D594E414C414202")

_OURS: Final = "mynalab's design"

REFERENCE: Final = 0x0015  # the EF of 照合番号B today, which it takes the place of
_REFERENCE_FILE: Final = FileFact(
    fid=REFERENCE,
    kind=FileKind.PIN,
    name_en="reference number",
    name_ja="照合番号",
    access=FREE,
    source=_OURS,
    pin=PinFact(
        min_length=6,
        max_length=6,
        alphabet=Alphabet.DIGITS,
        tries=10,
        source="six digits: 次期個人番号カードタスクフォース, 2024, through ITmedia; the tries of 照合番号B today",
    ),
)

AUTH_FILES: Final = by_fid(
    *(jpki.FILES[fid] for fid in (jpki.SIGN_CERTIFICATE, jpki.SIGN_CA_CERTIFICATE)),
    *(jpki.FILES[fid] for fid in (jpki.AUTH_CERTIFICATE, jpki.AUTH_CA_CERTIFICATE)),
    *(jpki.FILES[fid] for fid in (jpki.AUTH_KEY, jpki.AUTH_PIN, jpki.SIGN_KEY, jpki.SIGN_PIN)),
    _REFERENCE_FILE,
)
"""認証AP: the EFs of today's JPKI application that clients use, and the reference number, which opens nothing here."""

MY_NUMBER: Final = 0x0001
ATTRIBUTES: Final = 0x0002

FACE_FILES: Final = by_fid(
    FileFact(
        fid=MY_NUMBER,
        kind=FileKind.TRANSPARENT,
        name_en="My Number",
        name_ja="個人番号",
        access=after(jpki.SIGN_PIN),
        source=_OURS,
        size=17,
        personal=True,
    ),
    FileFact(
        fid=ATTRIBUTES,
        kind=FileKind.TRANSPARENT,
        name_en="four attributes",
        name_ja="基本4情報",
        access=after(jpki.AUTH_PIN, jpki.SIGN_PIN, REFERENCE),
        source=_OURS,
        personal=True,
    ),
    *(
        FileFact(
            fid=fid,
            kind=FileKind.PIN,
            name_en=jpki.FILES[fid].name_en,
            name_ja=jpki.FILES[fid].name_ja,
            access=FREE,
            source=_OURS,
            pin=jpki.FILES[fid].pin,
        )
        for fid in (jpki.AUTH_PIN, jpki.SIGN_PIN)
    ),
    _REFERENCE_FILE,
)
"""券面等AP. Its secrets are those of 認証AP: one value and one counter each.

The reference number stands on the card, as 照合番号B does today, and opens what that opens: the attributes, not the
number.
"""

SIGNATURE_SIZE: Final = 96  # r and s, 48 bytes each

SIGN_OPERATIONS: Final = MappingProxyType(
    {
        operation.p1: operation
        for operation in (
            SignOperation(
                p1=0x02,
                min_length=48,
                max_length=48,
                hashes=False,
                wraps=False,
                padding=Padding.ECDSA,
                name_en="ECDSA over the caller's SHA-384 hash",
                name_ja="渡されたSHA-384ハッシュにECDSA",
            ),
            SignOperation(
                p1=0x03,
                min_length=1,
                max_length=255,
                hashes=True,
                wraps=False,
                padding=Padding.ECDSA,
                name_en="the card hashes with SHA-384, ECDSA",
                name_ja="カードがSHA-384を計算してECDSA",
            ),
        )
    }
)
