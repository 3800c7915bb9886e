"""Distinguished names as text (RFC 4514), and as one segment of a URL's path."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import quote, unquote_to_bytes

from jpki.errors import DerError
from jpki.names import LABELS, Name

_TYPES: Final = {label: attribute for attribute, label in LABELS.items()}
_SPECIAL: Final = re.compile(r'(^[ #]|["+,;<>\\]| $)')  # RFC 4514 clause 2.4
_PAIR: Final = re.compile(
    r'(?P<type>[A-Za-z]+)=(?P<value>(?:[^"+,;<>\\\0]|\\["+,;<>\\ #=]|(?:\\[0-9A-Fa-f]{2})+)+)'  # RFC 4514 clause 3
)
_ESCAPE: Final = re.compile(r"(?:\\[0-9A-Fa-f]{2})+|\\.")
_UNQUOTED: Final = ",="  # sub-delims that may stand in a segment (RFC 3986 clause 3.3)


def to_text(name: Name) -> str:
    """The name in RFC 4514's form: last RDN first, ``CN=…,OU=…,C=JP``."""
    return ",".join(f"{LABELS[attribute]}={_escape(value)}" for attribute, value in reversed(name.rdns))


def from_text(text: str) -> Name:
    """Read such a text; ``DerError`` for all that the names of JPKI never are (``+``, ``#``, other types)."""
    rdns: list[tuple[str, str]] = []
    position = 0
    while True:
        pair = _PAIR.match(text, position)
        if pair is None or pair["type"].upper() not in _TYPES or pair["value"][0] in " #" or _ends_in_space(pair):
            raise DerError(f"{text!r} is no distinguished name", hint="such as CN=Minato-ku CRLDP,OU=Tokyo,C=JP")
        rdns.append((_TYPES[pair["type"].upper()], _unescape(pair["value"])))
        position = pair.end()
        if position == len(text):
            return Name(tuple(reversed(rdns)))
        if text[position] != ",":
            raise DerError(f"{text!r} is no distinguished name", hint="RDNs are separated by commas")
        position += 1


def to_segment(name: Name) -> str:
    """The text, percent-encoded as one segment of a path."""
    return quote(to_text(name), safe=_UNQUOTED)


def from_segment(segment: str) -> Name:
    """Read a segment; ``DerError`` when it is none, or not in UTF-8."""
    try:
        return from_text(unquote_to_bytes(segment).decode("utf-8"))
    except UnicodeDecodeError as error:
        raise DerError("the name in this path is not in UTF-8") from error


def _escape(value: str) -> str:
    return _SPECIAL.sub(r"\\\1", value).replace("\0", "\\00")


def _ends_in_space(pair: re.Match[str]) -> bool:
    return pair["value"].endswith(" ") and not pair["value"].endswith("\\ ")


def _unescape(value: str) -> str:
    try:
        return _ESCAPE.sub(lambda found: _unescape_one(found[0]), value)
    except UnicodeDecodeError as error:
        raise DerError(f"{value!r} is not in UTF-8") from error


def _unescape_one(escape: str) -> str:
    if re.fullmatch(r"(?:\\[0-9A-Fa-f]{2})+", escape):
        return bytes.fromhex(escape.replace("\\", "")).decode("utf-8")
    return escape[1]
