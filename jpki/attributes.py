"""The holder's six attributes in a signing certificate's subjectAltName: the DER, both ways.

Each is an otherName ``[0] { OID, [0] EXPLICIT UTF8String }``; their order is .1, .4, .3, .5, .2, .6 (production signing
certificate, 2020; test card in soltia48/myna-card).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import Final

from jpki import der, oids
from jpki.birthdate import BirthDate
from jpki.der_walk import OBJECT_IDENTIFIER, SEQUENCE, UTF8_STRING, element
from jpki.errors import DerError, HolderError

MAX_ADDRESS_CHARACTERS = 200  # hnakamur's blog of 2022-11-01, quoting the profile specification

_OTHER_NAME: Final = 0xA0  # GeneralName, otherName [0] IMPLICIT (RFC 5280 clause 4.2.1.6)
_OTHER_NAME_VALUE: Final = 0xA0  # OtherName, value [0] EXPLICIT

_NAME: Final = der.oid(oids.HOLDER_NAME)
_BIRTH_DATE: Final = der.oid(oids.HOLDER_BIRTH_DATE)
_SEX: Final = der.oid(oids.HOLDER_SEX)
_ADDRESS: Final = der.oid(oids.HOLDER_ADDRESS)
_NAME_SUBSTITUTIONS: Final = der.oid(oids.HOLDER_NAME_SUBSTITUTIONS)
_ADDRESS_SUBSTITUTIONS: Final = der.oid(oids.HOLDER_ADDRESS_SUBSTITUTIONS)
_ORDER: Final = [_NAME, _BIRTH_DATE, _SEX, _ADDRESS, _NAME_SUBSTITUTIONS, _ADDRESS_SUBSTITUTIONS]


class Sex(Enum):
    """The digit of 性別. 1 and 2 are certain; for the rest public sources disagree, so both are read."""

    MALE = "1"
    FEMALE = "2"
    UNKNOWN = "3"
    """不明, by hnakamur's blog of 2022-11-01; the lab issues this one."""
    NOT_APPLICABLE = "9"
    """適用不能, by soltia48/myna-card."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HolderAttributes:
    """The four attributes and the two strings of flags, as they stand in the certificate. Not shown by ``repr``."""

    name: str = field(repr=False)
    name_substitutions: str = field(repr=False)
    birth_date: BirthDate = field(repr=False)
    sex: Sex = field(repr=False)
    address: str = field(repr=False)
    address_substitutions: str = field(repr=False)

    def __post_init__(self) -> None:
        _check_flags(self.name, self.name_substitutions, "name")
        _check_flags(self.address, self.address_substitutions, "address")
        if len(self.address) > MAX_ADDRESS_CHARACTERS:
            raise HolderError(f"an address has at most {MAX_ADDRESS_CHARACTERS} characters, not {len(self.address)}")

    def encode(self) -> bytes:
        """The extension value: GeneralNames with six otherNames."""
        return der.sequence(
            _other_name(_NAME, self.name),
            _other_name(_BIRTH_DATE, self.birth_date.encode()),
            _other_name(_SEX, self.sex.value),
            _other_name(_ADDRESS, self.address),
            _other_name(_NAME_SUBSTITUTIONS, self.name_substitutions),
            _other_name(_ADDRESS_SUBSTITUTIONS, self.address_substitutions),
        )

    @classmethod
    def decode(cls, value: bytes) -> HolderAttributes:
        """Read the extension value: these six, in this order, in DER, nothing besides; ``DerError`` for all else."""
        pairs = _read_other_names(value)
        if [oid for oid, _ in pairs] != _ORDER:
            raise DerError("subjectAltName does not hold the six attributes of a holder in the order of the profile")
        texts = dict(pairs)
        try:
            attributes = cls(
                name=texts[_NAME],
                name_substitutions=texts[_NAME_SUBSTITUTIONS],
                birth_date=BirthDate.decode(texts[_BIRTH_DATE]),
                sex=_read_sex(texts[_SEX]),
                address=texts[_ADDRESS],
                address_substitutions=texts[_ADDRESS_SUBSTITUTIONS],
            )
        except HolderError as error:
            raise DerError(f"an attribute of the holder is not as the profile has it: {error}") from error
        if attributes.encode() != value:
            raise DerError("subjectAltName is not in DER")
        return attributes


def _check_flags(text: str, flags: str, what: str) -> None:
    if not text:
        raise HolderError(f"the {what} is empty")
    if len(flags) != len(text) or not set(flags) <= {"0", "1"}:
        raise HolderError(f"the {what} has {len(text)} characters, its substitution flags are {len(flags)} of 0 and 1")


def _other_name(oid: bytes, text: str) -> bytes:
    return der.tlv(_OTHER_NAME, oid + der.tlv(_OTHER_NAME_VALUE, der.utf8_string(text)))


def _read_sex(digit: str) -> Sex:
    try:
        return Sex(digit)
    except ValueError:
        raise HolderError("the digit of the sex is none of 1, 2, 3, 9") from None


def _read_other_names(value: bytes) -> list[tuple[bytes, str]]:
    """OID in DER and text of each name. ``decode`` finds whatever is loose here when it encodes what was read."""
    pairs = []
    try:
        at, end = element(value, 0, SEQUENCE)
        if end != len(value):
            raise ValueError("bytes follow it")
        while at < end:
            oid, text, at = _read_other_name(value, at)
            pairs.append((oid, text))
    except (ValueError, IndexError) as error:
        raise DerError(f"subjectAltName is not readable: {error}") from error
    return pairs


def _read_other_name(value: bytes, at: int) -> tuple[bytes, str, int]:
    if value[at] != _OTHER_NAME:
        raise DerError(f"subjectAltName holds a name with tag {value[at]:02X}, where the profile has otherNames alone")
    begin, end = element(value, at, _OTHER_NAME)
    _, oid_end = element(value, begin, OBJECT_IDENTIFIER)
    inside, _ = element(value, oid_end, _OTHER_NAME_VALUE)
    if value[inside] != UTF8_STRING:
        raise DerError("an attribute of the holder is no UTF8String")
    text, text_end = element(value, inside, UTF8_STRING)
    return value[begin:oid_end], value[text:text_end].decode(), end
