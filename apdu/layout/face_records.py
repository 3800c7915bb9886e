"""The records in the EFs of 券面事項確認AP: bytes from fields and back, no cryptography, no pictures.

Layouts measured: soltia48/myna-card src/ap/surface.rs, unless a line says otherwise. The pictures are opaque here:
PNG of one bit (name, address, security code, My Number) and a grey JPEG 2000 (photo).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Final, Protocol, TypeVar

from apdu.errors import LayoutError
from apdu.layout.record_tlv import (
    SIGNATURE_SIZE,
    LengthForm,
    PublicKey,
    check_index,
    digits,
    fixed,
    indexed,
    members,
    require_size,
    sex_digit,
    text_of,
    variable,
    wide,
)

SPECIFICATION: Final = bytes.fromhex("06030E01")
"""As in the text application, whose first byte is 01."""

_KEY_ID_SIZE: Final = 16
_AUTHENTICATION_SIZE: Final = 272  # a 16-byte key id and 256 opaque bytes
_INDEX: Final = 0xDF21
_FACE_TAGS: Final = (0xDF22, 0xDF23, 0xDF24, 0xDF25, 0xDF26, 0xDF27, 0xDF28, 0xDF29, 0xDF2A)


def _signature(tag: int, value: bytes) -> bytes:
    return wide(tag, require_size("a signature", value, SIGNATURE_SIZE))


@dataclass(frozen=True, slots=True, kw_only=True)
class AgeRecord:
    """EF 0001: the birth date, YYYYMMDD, and a public key, signed with the key of EF 0004."""

    birth: str = field(repr=False)
    key: PublicKey
    signature: bytes = field(repr=False)

    @property
    def signed(self) -> bytes:
        """The objects that the signature covers."""
        return fixed(0xDF11, digits("the birth date", self.birth, 8)) + wide(0xDF12, self.key.encode())

    def encode(self) -> bytes:
        """547 bytes."""
        return wide(0xFF10, self.signed + _signature(0xDF13, self.signature))

    @classmethod
    def decode(cls, raw: bytes) -> AgeRecord:
        """Read the record."""
        birth, key, signature = members(raw, 0xFF10, 0xDF11, 0xDF12, 0xDF13)
        record = cls(birth=text_of("the birth date", birth), key=PublicKey.decode(key), signature=signature)
        record.encode()
        return record


@dataclass(frozen=True, slots=True, kw_only=True)
class FaceRecord:
    """EF 0002: what stands on the front. The last two, the expiry and its neighbour, are not signed.

    ``security_code_image`` shows the four digits that 照合番号B needs.
    """

    birth: str = field(repr=False)
    sex: str = field(repr=False)
    key: PublicKey
    name_image: bytes = field(repr=False)
    address_image: bytes = field(repr=False)
    photo: bytes = field(repr=False)
    signature: bytes = field(repr=False)
    expiry: str
    security_code_image: bytes = field(repr=False)
    form: LengthForm = LengthForm.SHORT

    @property
    def signed_parts(self) -> tuple[bytes, bytes, bytes]:
        """What the three hashes of the signature are of: DF22 to DF24, DF25 and DF26, DF27, as written."""
        objects = self._unsigned()
        return b"".join(objects[:3]), b"".join(objects[3:5]), objects[5]

    def encode(self) -> bytes:
        """The record, its outer length always ``82 hi lo``."""
        closing = (
            _signature(0xDF28, self.signature),
            fixed(0xDF29, digits("the expiry date", self.expiry, 8)),
            variable(0xDF2A, self.security_code_image, self.form),
        )
        return indexed(0xFF20, _INDEX, (*self._unsigned(), *closing), LengthForm.LONG)

    def _unsigned(self) -> tuple[bytes, ...]:
        return (
            fixed(0xDF22, digits("the birth date", self.birth, 8)),
            fixed(0xDF23, sex_digit(self.sex)),
            wide(0xDF24, self.key.encode()),
            variable(0xDF25, self.name_image, self.form),
            variable(0xDF26, self.address_image, self.form),
            variable(0xDF27, self.photo, self.form),
        )

    @classmethod
    def decode(cls, raw: bytes) -> FaceRecord:
        """Read the record; a face whose lengths are in no form of this card is refused."""
        index, birth, sex, key, name, address, photo, signature, expiry, code = members(
            raw, 0xFF20, _INDEX, *_FACE_TAGS
        )
        check_index(raw, index, *_FACE_TAGS)
        record = cls(
            birth=text_of("the birth date", birth),
            sex=text_of("the sex", sex),
            key=PublicKey.decode(key),
            name_image=name,
            address_image=address,
            photo=photo,
            signature=signature,
            expiry=text_of("the expiry date", expiry),
            security_code_image=code,
        )
        return _as_written(raw, record, replace(record, form=LengthForm.LONG))


@dataclass(frozen=True, slots=True, kw_only=True)
class BasicInformation:
    """AP基本情報, EF 0003. ``authentication``: a 16-byte key id and 256 bytes of unknown meaning."""

    key_id: bytes
    municipality_code: str
    authentication: bytes = field(repr=False)
    specification: bytes = SPECIFICATION
    version: bytes = b"\x00"

    def encode(self) -> bytes:
        """320 bytes."""
        return wide(
            0xFF30,
            fixed(0xDF31, require_size("the specification", self.specification, 4))
            + fixed(0xDF32, require_size("a key id", self.key_id, _KEY_ID_SIZE))
            + fixed(0xDF33, require_size("the version", self.version, 1))
            + fixed(0xDF34, digits("the municipality code", self.municipality_code, 5))
            + wide(0xDF35, require_size("object DF35", self.authentication, _AUTHENTICATION_SIZE)),
        )

    @classmethod
    def decode(cls, raw: bytes) -> BasicInformation:
        """Read the record."""
        specification, key_id, version, code, authentication = members(
            raw, 0xFF30, 0xDF31, 0xDF32, 0xDF33, 0xDF34, 0xDF35
        )
        record = cls(
            key_id=key_id,
            municipality_code=text_of("the municipality code", code),
            authentication=authentication,
            specification=specification,
            version=version,
        )
        record.encode()
        return record


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberImageRecord:
    """EF 0005: the picture of the My Number and a public key, signed with the key of EF 0004."""

    image: bytes = field(repr=False)
    key: PublicKey
    signature: bytes = field(repr=False)
    form: LengthForm = LengthForm.SHORT

    @property
    def signed(self) -> bytes:
        """The objects that the signature covers, as written."""
        return variable(0xDF41, self.image, self.form) + wide(0xDF42, self.key.encode())

    def encode(self) -> bytes:
        """The record."""
        return wide(0xFF40, self.signed + _signature(0xDF43, self.signature))

    @classmethod
    def decode(cls, raw: bytes) -> NumberImageRecord:
        """Read the record; one whose lengths are in no form of this card is refused."""
        image, key, signature = members(raw, 0xFF40, 0xDF41, 0xDF42, 0xDF43)
        record = cls(image=image, key=PublicKey.decode(key), signature=signature)
        return _as_written(raw, record, replace(record, form=LengthForm.LONG))


class _Record(Protocol):
    def encode(self) -> bytes: ...


_R = TypeVar("_R", bound=_Record)


def _as_written(raw: bytes, *candidates: _R) -> _R:
    """The one of the records that is written as the file is: what a signature covers has to come back to the byte."""
    for record in candidates:
        if raw.startswith(record.encode()):
            return record
    raise LayoutError("the lengths of the record are in no form of this card")
