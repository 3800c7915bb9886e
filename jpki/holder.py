"""Whom a certificate is for: a person's particulars on the resident register, checked."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from jpki.attributes import MAX_ADDRESS_CHARACTERS, HolderAttributes, Sex
from jpki.birthdate import BirthDate
from jpki.charset import to_certifiable
from jpki.errors import HolderError

# Choice: as many as an address has. Without an end to it a certificate would be more than verifiers read.
MAX_NAME_CHARACTERS = 200

# JIS X 0401 prefecture and JIS X 0402 municipality, without the check digit. Codes that nobody has are welcome here.
_MUNICIPALITY_CODE = re.compile(r"[0-9]{5}")
# Measured in certificates: Tokyo-to, Shibuya-ku, Hokkaido, Yokohama-shi-Naka-ku. With " CRLDP" it fits a CN of 64.
_ROMAJI = re.compile(r"[A-Z][A-Za-z'-]{0,57}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """One person, as the resident register writes them; ``repr`` shows none of the four attributes.

    ``name`` has a full-width space between family and given name. ``substitutes`` maps characters that a certificate
    cannot carry to the one chosen in their place; what it does not name becomes ``charset.DEFAULT_SUBSTITUTE``.
    """

    name: str = field(repr=False)
    birth_date: BirthDate = field(repr=False)
    sex: Sex = field(repr=False)
    address: str = field(repr=False)
    prefecture_romaji: str
    municipality_romaji: str
    municipality_code: str
    substitutes: Mapping[str, str] = field(default_factory=dict, repr=False, hash=False)
    _attributes: HolderAttributes = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not _MUNICIPALITY_CODE.fullmatch(self.municipality_code):
            raise HolderError(
                "a municipality code is five digits, without the check digit", hint="write 13113 for 131130 (渋谷区)"
            )
        for what, text in (("prefecture", self.prefecture_romaji), ("municipality", self.municipality_romaji)):
            if not _ROMAJI.fullmatch(text):
                raise HolderError(f"{text!r} is no {what} in romaji", hint="write it as Tokyo-to or Shibuya-ku")
        if len(self.name) > MAX_NAME_CHARACTERS:
            raise HolderError(
                f"a name has at most {MAX_NAME_CHARACTERS} characters, not {len(self.name)}",
                hint="the resident register has none so long",
            )
        if len(self.address) > MAX_ADDRESS_CHARACTERS:
            raise HolderError(
                f"an address has at most {MAX_ADDRESS_CHARACTERS} characters, not {len(self.address)}",
                hint="leave out what the envelope does not need",
            )
        object.__setattr__(self, "_attributes", self._certifiable())

    def attributes(self) -> HolderAttributes:
        """What a signing certificate says of this person."""
        return self._attributes

    def _certifiable(self) -> HolderAttributes:
        name = to_certifiable(self.name, self.substitutes, what="name")
        address = to_certifiable(self.address, self.substitutes, what="address")
        return HolderAttributes(
            name=name.text,
            name_substitutions=name.substitutions,
            birth_date=self.birth_date,
            sex=self.sex,
            address=address.text,
            address_substitutions=address.substitutions,
        )
