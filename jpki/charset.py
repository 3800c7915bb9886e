"""The characters that a signing certificate may carry, and what takes the place of others.

JIS levels 1 and 2 (JIS X 0208) and the supplementary kanji (JIS X 0212); any other character of the resident register
is replaced by a substitute of a similar form, or kana where there is none, that the municipality chooses and the
holder may change (public pages of the cities of Kobe and Mito).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from jpki.errors import HolderError

# JIS X 0208 cell 2-14, GETA MARK, the printers' sign for a missing type. Choice: what the real service writes when
# nobody named a substitute is not public.
DEFAULT_SUBSTITUTE = "〓"

# Characters of JIS X 0208 that vendors map to another code point than Python's codec does: EM DASH, FULLWIDTH
# HYPHEN-MINUS, FULLWIDTH TILDE, PARALLEL TO, FULLWIDTH CENT, POUND and NOT SIGN (Unicode's JIS0208 and CP932 tables).
_VENDOR_FORMS = frozenset("—－～∥￠￡￢")


@lru_cache(maxsize=16_384)
def is_certifiable(character: str) -> bool:
    """Whether the character is in JIS X 0208 or JIS X 0212."""
    if character in _VENDOR_FORMS:
        return True
    try:
        encoded = character.encode("euc_jp")
    except UnicodeEncodeError:
        return False
    # EUC-JP: 1 byte is ASCII, a lead byte 8E half-width katakana, 2 others JIS X 0208, a lead byte 8F JIS X 0212.
    return len(encoded) > 1 and encoded[0] != 0x8E


@dataclass(frozen=True, slots=True)
class CertifiableText:
    """Text as the certificate carries it, and one '0' or '1' a character: '1' where a substitute stands."""

    text: str = field(repr=False)
    substitutions: str = field(repr=False)


def to_certifiable(text: str, substitutes: Mapping[str, str], *, what: str) -> CertifiableText:
    """Replace what the character set lacks; ``what`` names the text in an error."""
    return _to_certifiable(text, tuple(substitutes.items()), what)


@lru_cache(maxsize=64)  # asked three times for the card of one person
def _to_certifiable(text: str, pairs: tuple[tuple[str, str], ...], what: str) -> CertifiableText:
    substitutes = dict(pairs)
    for character in text:
        _refuse_half_width(character, what)
    replaced = [
        character if is_certifiable(character) else substitutes.get(character, DEFAULT_SUBSTITUTE) for character in text
    ]
    if not all(len(character) == 1 and is_certifiable(character) for character in replaced):
        raise HolderError(
            f"a substitute in the {what} is no single character of JIS X 0208 or 0212",
            hint="name one character of a similar form, or kana",
        )
    flags = "".join("0" if is_certifiable(character) else "1" for character in text)
    return CertifiableText("".join(replaced), flags)


@lru_cache(maxsize=16_384)
def _refuse_half_width(character: str, what: str) -> None:
    # The register writes full width only; a combining mark or variation selector would make the number of flags
    # differ from the number of characters that a reader sees.
    category = unicodedata.category(character)
    if character.isascii() or unicodedata.east_asian_width(character) == "H":
        raise HolderError(f"the {what} has a half-width character", hint="write letters, digits and spaces full width")
    if category[0] == "M" or category in {"Cc", "Cf", "Cs"}:
        raise HolderError(
            f"the {what} has the character U+{ord(character):04X}, which is none by itself",
            hint="compose the text (NFC) and leave variation selectors out",
        )
