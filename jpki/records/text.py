"""Making the files of 券面事項入力補助AP: EFs 0001 to 0007, signed by a municipality's key."""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256
from typing import Final

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from apdu.layout import text
from apdu.layout.record_tlv import FILLER, SIGNATURE_SIZE, LengthForm
from apdu.layout.text_records import (
    Attributes,
    BasicInformation,
    IntegrityRecord,
    PublicKeyRecord,
    attributes_hash_input,
    encode_my_number,
    encode_session_key,
)
from apdu.ports import RandomBytes
from jpki.attributes import Sex
from jpki.cv.authority import CvAuthority, public_key_of
from jpki.cv.key_id import LAB_TEXT_REFERENCE
from jpki.holder import Holder

# ISO/IEC 5218, as measured in EF 0002: soltia48/myna-card. The certificate has other digits for what is not known.
SEX_DIGITS: Final = {Sex.MALE: "1", Sex.FEMALE: "2", Sex.UNKNOWN: "0", Sex.NOT_APPLICABLE: "9"}
_OPAQUE_SIZE: Final = 32  # DF43: 32 bytes that nobody has explained and 96 of FF (measured: soltia48/myna-card)
_DF43_SIZE: Final = 128
_UNSIGNED: Final = bytes(SIGNATURE_SIZE)


def plain_birth(holder: Holder) -> str:
    """The birth date as YYYYMMDD; zeros for what the register does not know, as in the certificate."""
    return holder.birth_date.encode()[1:]


def issue_text_files(
    *,
    holder: Holder,
    my_number: str,
    signer: CvAuthority,
    internal_key: RSAPublicKey,
    session_key: RSAPublicKey,
    form: LengthForm,
    rng: RandomBytes,
) -> dict[int, bytes]:
    """The seven files by EF id, of physical size. ``internal_key`` is that of EF 0013.

    Choice: the name and the address are those of the certificate, substitutes included; the register's own
    characters are in the pictures of the face application.
    """
    number_file = encode_my_number(my_number)
    attributes = holder.attributes()
    attributes_file = Attributes(
        name=attributes.name,
        address=attributes.address,
        birth=plain_birth(holder),
        sex=SEX_DIGITS[holder.sex],
    ).encode(form)
    return {
        text.MY_NUMBER: number_file,
        text.ATTRIBUTES: attributes_file,
        text.INTEGRITY_RECORD: _integrity(number_file, attributes_file, signer),
        text.CV_CERTIFICATE: signer.certificate.encode(),
        text.BASIC_INFORMATION: BasicInformation(
            key_id=LAB_TEXT_REFERENCE.encode(), authentication=rng(_OPAQUE_SIZE).ljust(_DF43_SIZE, FILLER)
        ).encode(),
        text.SESSION_PUBLIC_KEY: encode_session_key(public_key_of(session_key)),
        text.PUBLIC_KEY: _public_key(internal_key, signer),
    }


def _integrity(number_file: bytes, attributes_file: bytes, signer: CvAuthority) -> bytes:
    number_hash = sha256(number_file).digest()
    attributes_hash = sha256(attributes_hash_input(attributes_file)).digest()
    record = IntegrityRecord(number_hash=number_hash, attributes_hash=attributes_hash, signature=_UNSIGNED)
    return replace(record, signature=signer.sign(record.signed)).encode()


def _public_key(key: RSAPublicKey, signer: CvAuthority) -> bytes:
    record = PublicKeyRecord(key=public_key_of(key), signature=_UNSIGNED)
    return replace(record, signature=signer.sign(record.signed)).encode()
