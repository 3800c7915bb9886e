"""Card-verifiable certificates: 568 bytes that bind a key to an identifier, without a date and without a serial number.

Measured: soltia48/myna-card src/ap/text.rs, src/mf.rs; AokiApp/jsapdu::

    7F21 82 02 33
      5F4E 82 01 29   issuer's key id (16), subject's key id (16), 90 03 exponent, 91 82 01 00 modulus
      5F37 82 01 00   RSASSA-PKCS1-v1_5 with SHA-256 over the 297 bytes of 5F4E's value

GET DATA 00F8 gives the two objects without the template around them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final, Self

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey, RSAPublicNumbers

from apdu.errors import ApduError
from apdu.layout.record_tlv import PUBLIC_KEY_SIZE, SIGNATURE_SIZE, PublicKey
from apdu.tlv import Tlv, decode, decode_all
from jpki.cv.errors import CvFormatError
from jpki.cv.key_id import SIZE as KEY_ID_SIZE
from jpki.cv.key_id import KeyId

SIZE: Final = 568
BODY_SIZE: Final = 2 * KEY_ID_SIZE + PUBLIC_KEY_SIZE  # 297
_TEMPLATE: Final = 0x7F21
_BODY: Final = 0x5F4E
_SIGNATURE: Final = 0x5F37


@dataclass(frozen=True, slots=True, kw_only=True)
class CvCertificate:
    """Who (``subject``) has which key, as ``issuer`` says. Decoding trusts nothing: ``jpki.cv.chain`` does."""

    issuer: KeyId
    subject: KeyId
    public_key: PublicKey = field(repr=False)
    signature: bytes = field(repr=False)

    @classmethod
    def decode(cls, raw: bytes) -> Self:
        """Read the 568 bytes of an EF 0004 or of GET DATA 7F21; ``CvFormatError`` for anything else."""
        try:
            template = decode(raw)
        except ApduError as error:
            raise CvFormatError(f"this is no card-verifiable certificate: {error}") from error
        if template.tag != _TEMPLATE:
            raise CvFormatError(f"a card-verifiable certificate begins with 7F21, not with {template.tag:X}")
        return cls.decode_content(template.value)

    @classmethod
    def decode_content(cls, raw: bytes) -> Self:
        """Read what stands inside the template, as GET DATA 00F8 gives it."""
        try:
            objects = decode_all(raw)
            if [(tlv.tag, len(tlv.value)) for tlv in objects] != [(_BODY, BODY_SIZE), (_SIGNATURE, SIGNATURE_SIZE)]:
                raise CvFormatError(
                    f"a card-verifiable certificate is 5F4E of {BODY_SIZE} bytes and 5F37 of {SIGNATURE_SIZE}"
                )
            body, signature = (tlv.value for tlv in objects)
            public_key = PublicKey.decode(body[2 * KEY_ID_SIZE :])
        except ApduError as error:
            raise CvFormatError(f"this is no card-verifiable certificate: {error}") from error
        return cls(
            issuer=KeyId.decode(body[:KEY_ID_SIZE]),
            subject=KeyId.decode(body[KEY_ID_SIZE : 2 * KEY_ID_SIZE]),
            public_key=public_key,
            signature=signature,
        )

    @property
    def body(self) -> bytes:
        """The 297 bytes that the signature is over."""
        return encode_body(issuer=self.issuer, subject=self.subject, public_key=self.public_key)

    def encode(self) -> bytes:
        """The 568 bytes."""
        return _encode(self)

    def encode_content(self) -> bytes:
        """The same without the template, 563 bytes."""
        return _encode_content(self)

    def rsa_key(self) -> RSAPublicKey:
        """The subject's key; ``CvFormatError`` when no RSA key can have these numbers."""
        return rsa_key(self.public_key)


@lru_cache(maxsize=256)  # the same stand on every card of a municipality
def _encode(certificate: CvCertificate) -> bytes:
    return Tlv(_TEMPLATE, certificate.encode_content()).encode()


@lru_cache(maxsize=256)
def _encode_content(certificate: CvCertificate) -> bytes:
    return Tlv(_BODY, certificate.body).encode() + Tlv(_SIGNATURE, certificate.signature).encode()


def encode_body(*, issuer: KeyId, subject: KeyId, public_key: PublicKey) -> bytes:
    """What an issuer signs."""
    return issuer.encode() + subject.encode() + public_key.encode()


def rsa_key(public_key: PublicKey) -> RSAPublicKey:
    """The numbers as a key that verifies; ``CvFormatError`` when no RSA key can have them."""
    try:
        return RSAPublicNumbers(public_key.exponent, public_key.modulus).public_key()
    except ValueError as error:
        raise CvFormatError("the numbers of this key are those of no RSA key") from error
