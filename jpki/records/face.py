"""Making the files of 券面事項確認AP: EFs 0001 to 0005, signed by a municipality's key. Pictures come ready made."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date
from hashlib import sha256
from typing import Final

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from apdu.layout import face
from apdu.layout.face_records import AgeRecord, BasicInformation, FaceRecord, NumberImageRecord
from apdu.layout.record_tlv import SIGNATURE_SIZE, LengthForm
from apdu.ports import RandomBytes
from jpki.cv.authority import CvAuthority, public_key_of
from jpki.cv.key_id import LAB_FACE_REFERENCE
from jpki.holder import Holder
from jpki.records.text import SEX_DIGITS, plain_birth

# RFC 8017 clause 9.2: DER of a DigestInfo for SHA-256 up to the digest, with the length of three digests
# (measured: soltia48/myna-card src/ap/surface.rs).
FACE_DIGEST_INFO: Final = bytes.fromhex("3071300D060960864801650304020105000460")
_UNSIGNED: Final = bytes(SIGNATURE_SIZE)
_OPAQUE_SIZE: Final = 256  # DF35: a key id and 256 bytes that nobody has explained (soltia48/myna-card)


@dataclass(frozen=True, slots=True, kw_only=True)
class FacePictures:
    """The pictures of the face application: four PNG of one bit and a grey JPEG 2000."""

    name: bytes = field(repr=False)
    address: bytes = field(repr=False)
    photo: bytes = field(repr=False)
    security_code: bytes = field(repr=False)
    my_number: bytes = field(repr=False)


def issue_face_files(
    *,
    holder: Holder,
    pictures: FacePictures,
    expiry: date,
    signer: CvAuthority,
    internal_key: RSAPublicKey,
    form: LengthForm,
    rng: RandomBytes,
) -> dict[int, bytes]:
    """The five files by EF id. ``internal_key`` is that of EF 001A: its public half stands in three records."""
    key = public_key_of(internal_key)
    birth = plain_birth(holder)
    age = AgeRecord(birth=birth, key=key, signature=_UNSIGNED)
    front = FaceRecord(
        birth=birth,
        sex=SEX_DIGITS[holder.sex],
        key=key,
        name_image=pictures.name,
        address_image=pictures.address,
        photo=pictures.photo,
        signature=_UNSIGNED,
        expiry=f"{expiry:%Y%m%d}",
        security_code_image=pictures.security_code,
        form=form,
    )
    number = NumberImageRecord(image=pictures.my_number, key=key, signature=_UNSIGNED, form=form)
    return {
        face.AGE_RECORD: replace(age, signature=signer.sign(age.signed)).encode(),
        face.FACE: replace(front, signature=signer.sign_verbatim(face_block(front))).encode(),
        face.BASIC_INFORMATION: BasicInformation(
            key_id=LAB_FACE_REFERENCE.encode(),
            municipality_code=holder.municipality_code,
            authentication=LAB_FACE_REFERENCE.encode() + rng(_OPAQUE_SIZE),
        ).encode(),
        face.CV_CERTIFICATE: signer.certificate.encode(),
        face.MY_NUMBER_IMAGE: replace(number, signature=signer.sign(number.signed)).encode(),
    }


def face_block(record: FaceRecord) -> bytes:
    """What is padded and signed of the front: H1, H2 and H3 in one DigestInfo."""
    return FACE_DIGEST_INFO + b"".join(sha256(part).digest() for part in record.signed_parts)
