"""One entry of a CRL, read strictly and slowly: what ``blocks`` leaves because it has no common shape.

Extensions of entries: reasonCode and invalidityDate are kept, others passed over unless they are critical
(RFC 5280 clause 5.3). An entry of another issuer (certificateIssuer, clause 5.3.3) refuses the list.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from asn1crypto import core

from jpki.der_time import GENERALIZED_TIME_SIZE, UTC_TIME_SIZE, read_moment
from jpki.der_walk import ENUMERATED, GENERALIZED_TIME, INTEGER, OBJECT_IDENTIFIER, OCTET_STRING, SEQUENCE, UTC_TIME
from jpki.der_walk import element as read_element
from jpki.revocation_index.words import MAX_SERIAL_SIZE, seconds_of

TIME_SIZES: Final = {UTC_TIME: UTC_TIME_SIZE, GENERALIZED_TIME: GENERALIZED_TIME_SIZE}  # RFC 5280 clause 5.1.2.6
_TRUE: Final = bytes.fromhex("0101FF")
_REASON: Final = bytes.fromhex("551D15")  # id-ce 21
_INVALIDITY: Final = bytes.fromhex("551D18")  # id-ce 24
_CERTIFICATE_ISSUER: Final = bytes.fromhex("551D1D")  # id-ce 29
_OBJECT_IDENTIFIER: Any = core.ObjectIdentifier  # asn1crypto is untyped


class IndirectError(ValueError):
    """The entry is of a certificate that another CA issued."""


@dataclass(frozen=True, slots=True)
class EntryExtensions:
    """What is kept of an entry's extensions; ``critical`` is one that is not known here."""

    reason: int = 0  # RFC 5280 clause 5.3.1: no reason is "unspecified"
    invalid_since: int | None = None
    critical: str | None = None


@dataclass(frozen=True, slots=True)
class OddEntry:
    """An entry; moments are seconds as ``words`` counts them."""

    serial: int
    serial_size: int
    revoked_at: int
    extensions: EntryExtensions


def read_entry(data: bytes, at: int, end: int) -> OddEntry:
    """The entry whose bytes are ``data[at:end]``; ``ValueError`` or ``IndexError`` where it is none."""
    content, entry_end = read_element(data, at, SEQUENCE)
    if entry_end != end:
        raise ValueError("the entry has another length")
    serial, serial_end = read_element(data, content, INTEGER)
    check_serial(data[serial:serial_end])
    time_end = serial_end + 2 + TIME_SIZES.get(data[serial_end], 0)
    if time_end > end:
        raise ValueError("the date is cut")
    revoked_at = read_time(data[serial_end:time_end])
    extensions = read_extensions(data[time_end:end]) if time_end < end else EntryExtensions()
    return OddEntry(int.from_bytes(data[serial:serial_end]), serial_end - serial, revoked_at, extensions)


def check_serial(content: bytes) -> None:
    """``ValueError`` unless these are the octets of a serial number, in the shortest form."""
    if not 0 < len(content) <= MAX_SERIAL_SIZE:
        raise ValueError(f"a serial number has 1..{MAX_SERIAL_SIZE} octets, not {len(content)}")
    if content[0] & 0x80:
        raise ValueError("the serial number is negative")
    if len(content) > 1 and content[0] == 0 and not content[1] & 0x80:
        raise ValueError("the serial number is not in its shortest form")


def read_extensions(block: bytes) -> EntryExtensions:
    """A block of entry extensions; ``ValueError`` or ``IndexError`` where it is none."""
    at, end = read_element(block, 0, SEQUENCE)
    if end != len(block) or at == end:
        raise ValueError("the extensions are none, or have another length")
    found: dict[bytes, tuple[bytes, bool]] = {}
    while at < end:
        content, following = read_element(block[:end], at, SEQUENCE)
        oid, oid_end = read_element(block[:following], content, OBJECT_IDENTIFIER)
        critical = block.startswith(_TRUE, oid_end)
        value, value_end = read_element(block[:following], oid_end + critical * len(_TRUE), OCTET_STRING)
        if value_end != following or block[oid:oid_end] in found:
            raise ValueError("an extension is there twice, or has another length")
        found[block[oid:oid_end]] = (block[value:value_end], critical)
        at = following
    return _judge(found)


def _judge(found: dict[bytes, tuple[bytes, bool]]) -> EntryExtensions:
    if _CERTIFICATE_ISSUER in found:
        raise IndirectError("the entry is of a certificate of another CA")
    reason, _ = found.pop(_REASON, (b"", False))
    invalidity, _ = found.pop(_INVALIDITY, (b"", False))
    if invalidity and invalidity[0] != GENERALIZED_TIME:
        raise ValueError("invalidityDate is a GeneralizedTime (RFC 5280 clause 5.3.2)")
    critical = [oid for oid, (_, is_critical) in found.items() if is_critical]
    return EntryExtensions(
        reason=_read_reason(reason) if reason else 0,
        invalid_since=read_time(invalidity) if invalidity else None,
        critical=_dotted(critical[0]) if critical else None,
    )


def _read_reason(value: bytes) -> int:
    at, end = read_element(value, 0, ENUMERATED)
    if (end - at, end) != (1, len(value)) or value[at] & 0x80:
        raise ValueError("the reason is no small number")
    return value[at]


def read_time(value: bytes) -> int:
    """UTCTime or GeneralizedTime as RFC 5280 has them, in seconds; ``ValueError`` for anything else."""
    size = TIME_SIZES.get(value[0])
    if size is None or value[1] != size or len(value) != 2 + size:
        raise ValueError("a time is digits and Z")
    return seconds_of(read_moment(value[2:]))


def _dotted(content: bytes) -> str:
    return str(_OBJECT_IDENTIFIER(contents=content).dotted)
