"""A DER writer (ITU-T X.690): each function answers one complete encoding. Reading DER is left to libraries, and to
``jpki.der_walk`` where the bytes themselves matter.

The profiles are byte-exact, so what stands here is what stands in the certificate: no schema, no defaults.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache, lru_cache

from jpki.errors import DerError

# X.690 clause 8.1.2 and X.680 clause 8.4: universal tags, with the constructed bit where it applies.
_BOOLEAN = 0x01
_INTEGER = 0x02
_BIT_STRING = 0x03
_OCTET_STRING = 0x04
_NULL = 0x05
_OID = 0x06
_ENUMERATED = 0x0A
_UTF8_STRING = 0x0C
_PRINTABLE_STRING = 0x13
_IA5_STRING = 0x16
_UTC_TIME = 0x17
_GENERALIZED_TIME = 0x18
_SEQUENCE = 0x30
_SET = 0x31
_CONTEXT = 0x80
_CONTEXT_CONSTRUCTED = 0xA0

_MOMENTS_KEPT = 4096
"""Certificates are issued in the same second, and all of a year end on one of 366 days."""

# X.680 clause 41.4, table 10.
_PRINTABLE = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789 '()+,-./:=?")


def tlv(tag: int, content: bytes) -> bytes:
    """Identifier octet, shortest definite length (X.690 clause 10.1), content."""
    length = len(content)
    return (bytes((tag, length)) if length < 0x80 else header(tag, length)) + content


def header(tag: int, length: int) -> bytes:
    """Identifier octet and length of a content that follows, or is too long to be held."""
    if length < 0x80:
        return bytes((tag, length))
    octets = length.to_bytes((length.bit_length() + 7) // 8)
    return bytes((tag, 0x80 | len(octets))) + octets


def sequence_header(length: int) -> bytes:
    """What stands before ``length`` octets of a SEQUENCE."""
    return header(_SEQUENCE, length)


def integer_header(length: int) -> bytes:
    """What stands before the ``length`` octets of an INTEGER."""
    return header(_INTEGER, length)


def sequence(*parts: bytes) -> bytes:
    """SEQUENCE, or SEQUENCE OF."""
    return tlv(_SEQUENCE, b"".join(parts))


def set_of(*parts: bytes) -> bytes:
    """SET OF, its elements in ascending order (X.690 clause 11.6)."""
    return tlv(_SET, b"".join(sorted(parts)))


def boolean_true() -> bytes:
    """BOOLEAN TRUE (X.690 clause 11.1). FALSE is every profile's default, hence never encoded."""
    return tlv(_BOOLEAN, b"\xff")


def integer_content(value: int) -> bytes:
    """The shortest two's complement of a number that is not negative (X.690 clause 8.3)."""
    if value < 0:
        raise DerError(f"no profile has a negative number, {value} is one")
    return value.to_bytes(value.bit_length() // 8 + 1)


def integer(value: int) -> bytes:
    """INTEGER."""
    return tlv(_INTEGER, integer_content(value))


def enumerated(value: int) -> bytes:
    """ENUMERATED."""
    return tlv(_ENUMERATED, integer_content(value))


def null() -> bytes:
    """NULL."""
    return tlv(_NULL, b"")


@cache
def oid(dotted: str) -> bytes:
    """OBJECT IDENTIFIER (X.690 clause 8.19)."""
    first, second, *rest = (int(arc) for arc in dotted.split("."))
    return tlv(_OID, b"".join(_base128(arc) for arc in (first * 40 + second, *rest)))


def _base128(number: int) -> bytes:
    octets = [number & 0x7F]
    while number := number >> 7:
        octets.append(number & 0x7F | 0x80)
    return bytes(reversed(octets))


def octet_string(content: bytes) -> bytes:
    """OCTET STRING."""
    return tlv(_OCTET_STRING, content)


def bit_string(content: bytes) -> bytes:
    """BIT STRING of whole octets."""
    return tlv(_BIT_STRING, b"\x00" + content)


def named_bits(*positions: int) -> bytes:
    """BIT STRING of a named-bit list: bit 0 is the first, trailing zero bits are cut (X.690 clause 11.2.2)."""
    size = max(positions) + 1
    unused = -size % 8
    value = sum(1 << (size - 1 - position) for position in set(positions)) << unused
    return tlv(_BIT_STRING, bytes((unused,)) + value.to_bytes((size + unused) // 8))


def utf8_string(text: str) -> bytes:
    """UTF8String."""
    try:
        return tlv(_UTF8_STRING, text.encode())
    except UnicodeEncodeError as error:
        raise DerError("a lone surrogate has no UTF-8 form") from error


def printable_string(text: str) -> bytes:
    """PrintableString."""
    if not _PRINTABLE.issuperset(text):
        raise DerError(f"{text!r} has characters that PrintableString lacks")
    return tlv(_PRINTABLE_STRING, text.encode("ascii"))


def ia5_string(text: str) -> bytes:
    """IA5String."""
    return tlv(_IA5_STRING, ia5_content(text))


def ia5_content(text: str) -> bytes:
    """The octets of an IA5String, for implicit tags."""
    if not text.isascii():
        raise DerError(f"{text!r} has characters that IA5String lacks")
    return text.encode("ascii")


@lru_cache(maxsize=_MOMENTS_KEPT)
def time(moment: datetime) -> bytes:
    """Time: UTCTime through 2049, GeneralizedTime after it (RFC 5280 clause 4.1.2.5), always in UTC to the second."""
    if moment.tzinfo is None:
        raise DerError("a moment without a time zone is no moment")
    moment = moment.astimezone(UTC)
    if 1950 <= moment.year <= 2049:
        return tlv(_UTC_TIME, f"{moment:%y%m%d%H%M%S}Z".encode())
    return generalized_time(moment)


def generalized_time(moment: datetime) -> bytes:
    """GeneralizedTime, which OCSP has for every year (RFC 6960 clause 4.2.2.1), in UTC to the second."""
    if moment.tzinfo is None:
        raise DerError("a moment without a time zone is no moment")
    moment = moment.astimezone(UTC)
    return tlv(_GENERALIZED_TIME, f"{moment.year:04}{moment:%m%d%H%M%S}Z".encode())


def explicit(number: int, content: bytes) -> bytes:
    """A context tag around a whole encoding; also an implicit tag on a constructed type's content."""
    return tlv(_CONTEXT_CONSTRUCTED | number, content)


def implicit(number: int, content: bytes) -> bytes:
    """A context tag in place of a primitive type's own."""
    return tlv(_CONTEXT | number, content)
