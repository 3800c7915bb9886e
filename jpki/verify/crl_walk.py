"""Walking the DER of a CRL: where the signed part lies, and where each serial number's entry begins.

pyca/cryptography finds a serial number by reading the list from its beginning, and reads a million entries'
extensions in seconds. This walk reads each entry once, strictly, and each distinct block of extensions once.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from asn1crypto import crl as asn1_crl

from apdu.tlv import header_size
from jpki import oids
from jpki.algorithms import KeyAlgorithm
from jpki.der_time import GENERALIZED_TIME_SIZE, UTC_TIME_SIZE, read_moment
from jpki.der_walk import GENERALIZED_TIME, INTEGER, MAX_HEADER_SIZE, SEQUENCE, UTC_TIME, element
from jpki.verify.signed import agreed_algorithm, open_signed

_TIME_SIZES: Final = {UTC_TIME: UTC_TIME_SIZE, GENERALIZED_TIME: GENERALIZED_TIME_SIZE}  # RFC 5280 clause 5.1.2.4
_VERSION_2: Final = bytes.fromhex("020101")
_ENTRY_EXTENSIONS: Any = asn1_crl.CRLEntryExtensions  # asn1crypto is untyped


@dataclass(frozen=True, slots=True, kw_only=True)
class WalkedCrl:
    """What the walk found. ``reasons`` has the CRLReason of each distinct block of entry extensions."""

    tbs: bytes
    signature: bytes
    issuer: bytes
    algorithm: KeyAlgorithm | None
    positions: dict[int, int]
    reasons: dict[bytes, int]
    critical_extension: str | None


def walk_crl(der: bytes) -> WalkedCrl:
    """Walk a CRL; ``ValueError`` or ``IndexError`` where the bytes are none."""
    signed = open_signed(der)
    if not der.startswith(_VERSION_2, signed.content):
        raise ValueError("the CRL is not of version 2")
    algorithm_at = signed.content + len(_VERSION_2)
    _, issuer_at = element(der, algorithm_at, SEQUENCE)
    _, at = element(der, issuer_at, SEQUENCE)
    issuer = der[issuer_at:at]
    while der[at] in _TIME_SIZES:
        at += 2 + der[at + 1]
    positions: dict[int, int] = {}
    blocks: set[bytes] = set()
    if at < signed.end and der[at] == SEQUENCE:
        first, last = element(der, at, SEQUENCE)
        if last > signed.end:
            raise ValueError("the entries reach past the list")
        _walk_entries(der, first, last, positions, blocks)
    reasons, critical = _read_blocks(blocks)
    return WalkedCrl(
        tbs=signed.tbs,
        signature=signed.signature,
        issuer=issuer,
        algorithm=agreed_algorithm(signed, der, algorithm_at),
        positions=positions,
        reasons=reasons,
        critical_extension=critical,
    )


def read_entry(der: bytes, position: int) -> tuple[datetime, bytes]:
    """Revocation date and block of extensions of the entry that begins at ``position``."""
    content, end = element(der, position, SEQUENCE)
    time_at = content + 2 + der[content + 1]
    block_at = time_at + 2 + der[time_at + 1]
    return read_moment(der[time_at + 2 : block_at]), der[block_at:end]


def _walk_entries(der: bytes, at: int, end: int, positions: dict[int, int], blocks: set[bytes]) -> None:
    # One flat loop without calls: a list has up to millions of entries.
    while at < end:
        content = at + 2
        length = der[at + 1]
        if length & 0x80:
            header, length = header_size(der[at : at + MAX_HEADER_SIZE])
            content = at + header
        following = content + length
        serial_at, size = content + 2, der[content + 1]
        time_at = serial_at + size
        block_at = time_at + 2 + der[time_at + 1]
        if (
            der[at] != SEQUENCE
            or der[content] != INTEGER
            or not 0 < size < 0x80
            or der[serial_at] & 0x80
            or _TIME_SIZES.get(der[time_at]) != der[time_at + 1]
            or not block_at <= following <= end
        ):
            raise ValueError(f"the entry at byte {at} is none")
        positions[int.from_bytes(der[serial_at:time_at])] = at
        if block_at != following:
            blocks.add(der[block_at:following])
        at = following


def _read_blocks(blocks: set[bytes]) -> tuple[dict[bytes, int], str | None]:
    reasons = {b"": 0}  # RFC 5280 clause 5.3.1: no reason is "unspecified"
    critical: str | None = None
    for block in blocks:
        reasons[block] = 0
        for extension in _ENTRY_EXTENSIONS.load(block, strict=True):
            oid = extension["extn_id"].dotted
            if oid == oids.CRL_REASON:
                reasons[block] = int.from_bytes(extension["extn_value"].parsed.contents)
            elif extension["critical"].native or oid == oids.CERTIFICATE_ISSUER:  # RFC 5280 clause 5.3.3: critical
                critical = oid
    return reasons, critical
