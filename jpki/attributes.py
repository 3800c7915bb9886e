"""The holder's six attributes in a signing certificate's subjectAltName: the DER, both ways.

Each is an otherName ``[0] { OID, [0] EXPLICIT UTF8String }``; their order is .1, .4, .3, .5, .2, .6 (production signing
certificate, 2020; test card in soltia48/myna-card).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from asn1crypto import x509

from jpki import der, oids
from jpki.birthdate import BirthDate
from jpki.errors import DerError, HolderError

MAX_ADDRESS_CHARACTERS = 200  # hnakamur's blog of 2022-11-01, quoting the profile specification

_GENERAL_NAMES: Any = x509.GeneralNames  # asn1crypto is untyped

# (OID, field) in DER order.
_ORDER = (
    (oids.HOLDER_NAME, "name"),
    (oids.HOLDER_BIRTH_DATE, "birth_date"),
    (oids.HOLDER_SEX, "sex"),
    (oids.HOLDER_ADDRESS, "address"),
    (oids.HOLDER_NAME_SUBSTITUTIONS, "name_substitutions"),
    (oids.HOLDER_ADDRESS_SUBSTITUTIONS, "address_substitutions"),
)


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
        texts = {
            "name": self.name,
            "birth_date": self.birth_date.encode(),
            "sex": self.sex.value,
            "address": self.address,
            "name_substitutions": self.name_substitutions,
            "address_substitutions": self.address_substitutions,
        }
        return der.sequence(*(_other_name(oid, texts[attribute]) for oid, attribute in _ORDER))

    @classmethod
    def decode(cls, value: bytes) -> HolderAttributes:
        """Read the extension value: these six, in this order, in DER, nothing besides; ``DerError`` for all else."""
        pairs = _read_other_names(value)
        if [oid for oid, _ in pairs] != [oid for oid, _ in _ORDER]:
            raise DerError("subjectAltName does not hold the six attributes of a holder in the order of the profile")
        texts = {attribute: text for (_, attribute), (_, text) in zip(_ORDER, pairs, strict=True)}
        try:
            attributes = cls(
                name=texts["name"],
                name_substitutions=texts["name_substitutions"],
                birth_date=BirthDate.decode(texts["birth_date"]),
                sex=_read_sex(texts["sex"]),
                address=texts["address"],
                address_substitutions=texts["address_substitutions"],
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


def _other_name(oid: str, text: str) -> bytes:
    return der.explicit(0, der.oid(oid) + der.explicit(0, der.utf8_string(text)))


def _read_sex(digit: str) -> Sex:
    try:
        return Sex(digit)
    except ValueError:
        raise HolderError("the digit of the sex is none of 1, 2, 3, 9") from None


def _read_other_names(value: bytes) -> list[tuple[str, str]]:
    # asn1crypto parses lazily: every access below may be the one that finds the flaw.
    try:
        return [_read_other_name(name) for name in _GENERAL_NAMES.load(value, strict=True)]
    except (ValueError, TypeError) as error:
        raise DerError(f"subjectAltName is not readable: {error}") from error


def _read_other_name(name: Any) -> tuple[str, str]:
    if name.name != "other_name":
        raise DerError(f"subjectAltName holds a {name.name}, where the profile has otherNames alone")
    text = name.chosen["value"].parsed
    if text.tag != 12 or text.class_ != 0:
        raise DerError("an attribute of the holder is no UTF8String")
    return name.chosen["type_id"].dotted, text.native
