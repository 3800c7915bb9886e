"""The records in the EFs of 券面事項入力補助AP: bytes from fields and back, no cryptography.

Layouts and sizes measured: soltia48/myna-card src/ap/text.rs, unless a line says otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from apdu.errors import LayoutError
from apdu.layout.record_tlv import (
    FILLER,
    PUBLIC_KEY_SIZE,
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
    with_filler,
)

NUMBER_FILE_SIZE: Final = 17
INTEGRITY_FILE_SIZE: Final = 336  # also required by pymyna and jpki/myna libmyna
BASIC_INFORMATION_FILE_SIZE: Final = 256  # jpki/myna libmyna wants exactly 256 bytes of one READ BINARY
SPECIFICATION: Final = bytes.fromhex("01030E01")
"""Version of the specification, extended lengths, vendor, vendor's option: as measured."""

_HASH_SIZE: Final = 32
_KEY_ID_SIZE: Final = 16
_AUTHENTICATION_SIZE: Final = 128
_INDEX: Final = 0xDF21
_ATTRIBUTE_TAGS: Final = (0xDF22, 0xDF23, 0xDF24, 0xDF25)


def encode_my_number(number: str) -> bytes:
    """EF 0001: ``FF 10 0C``, twelve digits, two bytes of filler. The check digit is not looked at."""
    return with_filler(fixed(0xFF10, digits("the My Number", number, 12)), NUMBER_FILE_SIZE)


def decode_my_number(raw: bytes) -> str:
    """Read EF 0001 of 17 bytes."""
    head, number, filler = raw[:3], raw[3:15], raw[15:]
    if head != b"\xff\x10\x0c" or filler != FILLER * 2 or not number.isdigit():
        raise LayoutError("EF 0001 is FF 10 0C, twelve digits, FF FF")
    return number.decode("ascii")


@dataclass(frozen=True, slots=True, kw_only=True)
class Attributes:
    """基本4情報, EF 0002. ``birth`` is YYYYMMDD; ``sex`` 1 male, 2 female, 9 not applicable, 0 unknown."""

    name: str = field(repr=False)
    address: str = field(repr=False)
    birth: str = field(repr=False)
    sex: str = field(repr=False)

    def encode(self, form: LengthForm = LengthForm.SHORT) -> bytes:
        """The record, without filler."""
        objects = (
            variable(0xDF22, self.name.encode(), form),
            variable(0xDF23, self.address.encode(), form),
            fixed(0xDF24, digits("the birth date", self.birth, 8)),
            fixed(0xDF25, sex_digit(self.sex)),
        )
        return indexed(0xFF20, _INDEX, objects, form)

    @classmethod
    def decode(cls, raw: bytes) -> Attributes:
        """Read the record, whatever its length form; ``LayoutError`` when its offsets lead elsewhere."""
        return _read_attributes(raw)[1]


def _read_attributes(raw: bytes) -> tuple[bytes, Attributes]:
    """The offsets, and what they lead to."""
    index, *values = members(raw, 0xFF20, _INDEX, *_ATTRIBUTE_TAGS)
    check_index(raw, index, *_ATTRIBUTE_TAGS)
    name, address, birth, sex = (text_of("an attribute", value, "utf-8") for value in values)
    digits("the birth date", birth, 8)
    sex_digit(sex)
    return index, Attributes(name=name, address=address, birth=birth, sex=sex)


def attributes_hash_input(raw: bytes) -> bytes:
    """What the integrity record hashes of EF 0002: from DF22 to the end of the record, no filler."""
    index, _ = _read_attributes(raw)
    last = int.from_bytes(index[-2:])
    return raw[int.from_bytes(index[:2]) : last + 4]  # DF25 01 and one byte close it


@dataclass(frozen=True, slots=True, kw_only=True)
class IntegrityRecord:
    """EF 0003: SHA-256 of EF 0001 (17 bytes) and of the attributes, signed with the key of EF 0004."""

    number_hash: bytes = field(repr=False)
    attributes_hash: bytes = field(repr=False)
    signature: bytes = field(repr=False)

    @property
    def signed(self) -> bytes:
        """The two objects that the signature covers, 70 bytes."""
        hashes = ((0xDF31, self.number_hash), (0xDF32, self.attributes_hash))
        return b"".join(fixed(tag, require_size("a hash", value, _HASH_SIZE)) for tag, value in hashes)

    def encode(self) -> bytes:
        """336 bytes."""
        signature = wide(0xDF33, require_size("a signature", self.signature, SIGNATURE_SIZE))
        return wide(0xFF30, self.signed + signature)

    @classmethod
    def decode(cls, raw: bytes) -> IntegrityRecord:
        """Read the record."""
        number_hash, attributes_hash, signature = members(raw, 0xFF30, 0xDF31, 0xDF32, 0xDF33)
        record = cls(number_hash=number_hash, attributes_hash=attributes_hash, signature=signature)
        record.encode()
        return record


@dataclass(frozen=True, slots=True, kw_only=True)
class BasicInformation:
    """AP基本情報, EF 0005. ``authentication``: 32 bytes of unknown meaning, 96 of FF."""

    key_id: bytes
    authentication: bytes = field(repr=False)
    specification: bytes = SPECIFICATION

    def encode(self) -> bytes:
        """The file of 256 bytes; the record's 164 have lengths that are not minimal, as measured."""
        record = wide(
            0xFF40,
            fixed(0xDF41, require_size("the version", self.specification, 4))
            + fixed(0xDF42, require_size("a key id", self.key_id, _KEY_ID_SIZE))
            + wide(0xDF43, require_size("object DF43", self.authentication, _AUTHENTICATION_SIZE)),
        )
        return with_filler(record, BASIC_INFORMATION_FILE_SIZE)

    @classmethod
    def decode(cls, raw: bytes) -> BasicInformation:
        """Read the record."""
        specification, key_id, authentication = members(raw, 0xFF40, 0xDF41, 0xDF42, 0xDF43)
        record = cls(key_id=key_id, authentication=authentication, specification=specification)
        record.encode()
        return record


def encode_session_key(key: PublicKey) -> bytes:
    """EF 0006: ``A1 82 01 09`` and the key, unsigned."""
    return wide(0xA1, key.encode())


def decode_session_key(raw: bytes) -> PublicKey:
    """Read EF 0006."""
    if raw[:4] != wide(0xA1, bytes(PUBLIC_KEY_SIZE))[:4]:
        raise LayoutError("EF 0006 is A1 82 01 09 and a public key")
    return PublicKey.decode(raw[4 : 4 + PUBLIC_KEY_SIZE])


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicKeyRecord:
    """EF 0007: the public half of EF 0013, signed with the key of EF 0004."""

    key: PublicKey
    signature: bytes = field(repr=False)

    @property
    def signed(self) -> bytes:
        """The object that the signature covers."""
        return wide(0xDF51, self.key.encode())

    def encode(self) -> bytes:
        """536 bytes."""
        return wide(0xFF50, self.signed + wide(0xDF52, require_size("a signature", self.signature, SIGNATURE_SIZE)))

    @classmethod
    def decode(cls, raw: bytes) -> PublicKeyRecord:
        """Read the record."""
        key, signature = members(raw, 0xFF50, 0xDF51, 0xDF52)
        record = cls(key=PublicKey.decode(key), signature=signature)
        record.encode()
        return record
