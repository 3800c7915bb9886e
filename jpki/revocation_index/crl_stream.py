"""A CRL as a stream: what stands before its entries, what stands after them, and whether the issuer signed it.

The lengths at the beginning say where everything will be; nothing is believed that the bytes do not bear out.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final, Protocol

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm

from apdu.tlv import header_size
from jpki import der
from jpki.algorithms import KeyAlgorithm, PublicKey
from jpki.der_walk import BIT_STRING, GENERALIZED_TIME, MAX_HEADER_SIZE, SEQUENCE, UTC_TIME, element
from jpki.revocation_index.errors import CrlFlaw, CrlRefusedError
from jpki.verify.certificate import UNREADABLE
from jpki.verify.crl_frame import CrlFrame, read_frame

BLOCK_SIZE: Final = 1 << 20
MAX_HEAD_SIZE: Final = 1 << 14  # ours: name and dates have some 200 bytes
MAX_TAIL_SIZE: Final = 1 << 16  # ours: extensions and signature have some 350 bytes
MAX_CRL_SIZE: Final = 1 << 30
"""Ours: 29 million entries of the usual 37 bytes. Callers that trust their source may raise it."""

_VERSION_2: Final = bytes.fromhex("020101")
_WHOLE_OCTETS: Final = 0  # no unused bits: X.690 clause 8.6.2.2
_TIMES: Final = (UTC_TIME, GENERALIZED_TIME)
_BAD_DER: Final = (*UNREADABLE, UnsupportedAlgorithm, x509.InvalidVersion)


class CrlIssuer(Protocol):
    """Who has to have signed the list; ``jpki.verify.trust.TrustAnchor`` is one."""

    @property
    def name(self) -> bytes:
        """The issuer's name in DER."""
        ...

    @property
    def key_id(self) -> bytes:
        """The identifier of the issuer's key."""
        ...

    @property
    def key(self) -> PublicKey:
        """The issuer's key."""
        ...

    @property
    def algorithm(self) -> KeyAlgorithm:
        """How that key signs."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class CrlHead:
    """What stands before the first entry. Offsets are those of the whole list."""

    fields: bytes = field(repr=False)
    """Version to nextUpdate."""
    signed_at: int
    entries_at: int
    entries_end: int
    signed_end: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamedCrl:
    """What a list that its issuer signed says, but for the entries."""

    frame: CrlFrame
    sha256: bytes
    size: int


class CrlStream:
    """One pass over a list. ``entries`` yields the bytes of the entries in pieces; ``finish`` then judges the whole."""

    def __init__(
        self,
        chunks: Iterable[bytes],
        *,
        issuer: CrlIssuer,
        max_size: int = MAX_CRL_SIZE,
        block_size: int = BLOCK_SIZE,
    ) -> None:
        self._blocks = _blocks(chunks, block_size)
        self._issuer = issuer
        self._algorithm = issuer.algorithm.identifier
        self._whole, self._signed = hashlib.sha256(), issuer.algorithm.new_hash()
        self._at = 0
        self._tail = b""
        start = self._read_head(max_size)
        self._first = start

    def _read_head(self, max_size: int) -> bytes:
        start = b""
        for block in self._blocks:
            start += block
            head = _read_head(start, self._algorithm, self._issuer)
            if head is not None:
                break
        else:
            raise _truncated(len(start), None)
        if head.end > max_size:
            raise CrlRefusedError(CrlFlaw.TOO_LARGE, f"the list has {head.end} bytes, {max_size} are allowed")
        self.head = head
        return start

    def entries(self) -> Iterator[memoryview]:
        """The bytes of the entries, in pieces of any size."""
        head = self.head
        for block in self._all_blocks():
            begin, end = self._at, self._at + len(block)
            if end > head.end:
                raise CrlRefusedError(CrlFlaw.TRAILING_BYTES, "bytes follow the signature", offset=head.end)
            self._whole.update(block)
            view = memoryview(block)
            self._signed.update(_part(view, begin, head.signed_at, head.signed_end))
            listed = _part(view, begin, head.entries_at, head.entries_end)
            self._tail += _part(view, begin, head.entries_end, head.end)
            self._at = end
            if len(listed):
                yield listed

    def finish(self) -> StreamedCrl:
        """Check that the list is whole, and the issuer's; ``CrlRefusedError`` if not."""
        head = self.head
        if self._at < head.end:
            raise _truncated(self._at, head.end)
        try:
            extensions, signature = _read_tail(self._tail, head.signed_end - head.entries_end, self._algorithm)
            rest = self._tail[len(extensions) :]
            frame = _read_frame(head.fields + extensions, rest, self._issuer.name)
        except _BAD_DER as error:
            raise CrlRefusedError(CrlFlaw.MALFORMED, f"the end of the list cannot be read: {error}") from error
        if frame.key_id is not None and frame.key_id != self._issuer.key_id:
            raise CrlRefusedError(CrlFlaw.OTHER_KEY, f"the list was signed by the key {frame.key_id.hex()}")
        if not self._issuer.algorithm.verifies_digest(self._issuer.key, self._signed.digest(), signature):
            raise CrlRefusedError(CrlFlaw.SIGNATURE_INVALID, "the issuer's key did not sign the list")
        return StreamedCrl(frame=frame, sha256=self._whole.digest(), size=head.end)

    def _all_blocks(self) -> Iterator[bytes]:
        yield self._first
        self._first = b""
        yield from self._blocks


def _part(view: memoryview, at: int, begin: int, end: int) -> memoryview:
    """What of these bytes, which stand at ``at``, lies between two offsets."""
    return view[max(0, begin - at) : max(0, end - at)]


def _blocks(chunks: Iterable[bytes], size: int) -> Iterator[bytes]:
    """The same bytes in blocks of at most ``size``, and not much less but for the last."""
    waiting = bytearray()
    for chunk in chunks:
        if not waiting and len(chunk) == size:
            yield chunk
            continue
        view = memoryview(chunk)
        for at in range(0, len(view), size):
            waiting += view[at : at + size]
            while len(waiting) >= size:
                yield bytes(waiting[:size])
                del waiting[:size]
    if waiting:
        yield bytes(waiting)


def _read_head(start: bytes, algorithm: bytes, issuer: CrlIssuer) -> CrlHead | None:
    """The head of a list that begins with these bytes; None when more are needed to tell."""
    try:
        return _parse_head(start, algorithm, issuer)
    except UNREADABLE as error:
        if len(start) < MAX_HEAD_SIZE and _may_go_on(start):
            return None
        raise CrlRefusedError(CrlFlaw.MALFORMED, f"this is no CRL of version 2: {error}") from error


def _may_go_on(start: bytes) -> bool:
    """True while the outermost length does not say that this is all."""
    try:
        header, length = header_size(start[:MAX_HEADER_SIZE])
    except ValueError:
        return len(start) < MAX_HEADER_SIZE
    return len(start) < header + length


def _parse_head(start: bytes, algorithm: bytes, issuer: CrlIssuer) -> CrlHead:
    signed_at, end = _open(start, 0)
    version_at, signed_end = _open(start, signed_at)
    if not start.startswith(_VERSION_2, version_at):
        raise ValueError("the version is not 2")
    algorithm_at = version_at + len(_VERSION_2)
    _, issuer_at = element(start, algorithm_at, SEQUENCE)
    _, at = element(start, issuer_at, SEQUENCE)
    times_at = at
    while start[at] in _TIMES:
        _, at = element(start, at, start[at])
    if at == times_at:
        raise ValueError("there is no thisUpdate")
    entries_at = entries_end = fields_end = at
    if at < signed_end and start[at] == SEQUENCE:
        entries_at, entries_end = _open(start, at)
        if entries_at == entries_end:
            raise ValueError("the list of entries is there, but empty (RFC 5280 clause 5.1.2.6)")
    if not entries_end <= signed_end < end:
        raise ValueError("a length reaches past what holds it")
    if start[issuer_at:times_at] != issuer.name:
        raise CrlRefusedError(CrlFlaw.OTHER_ISSUER, "the list is that of another CA")
    if start[algorithm_at:issuer_at] != algorithm:
        raise CrlRefusedError(CrlFlaw.OTHER_ALGORITHM, "the list is not signed as the issuer's key signs")
    return CrlHead(
        fields=start[version_at:fields_end],
        signed_at=signed_at,
        entries_at=entries_at,
        entries_end=entries_end,
        signed_end=signed_end,
        end=end,
    )


def _open(start: bytes, at: int) -> tuple[int, int]:
    """Begin and end of a SEQUENCE that need not be there whole."""
    if start[at] != SEQUENCE:
        raise ValueError(f"byte {at} is {start[at]:02X} where a SEQUENCE begins")
    header, length = header_size(start[at : at + MAX_HEADER_SIZE])
    return at + header, at + header + length


def _read_tail(tail: bytes, extensions_size: int, algorithm: bytes) -> tuple[bytes, bytes]:
    """The extensions as they stand, and the signature."""
    if len(tail) > MAX_TAIL_SIZE:
        raise ValueError("more follows the entries than extensions and a signature")
    extensions, rest = tail[:extensions_size], tail[extensions_size:]
    if not rest.startswith(algorithm):
        # RFC 5280 clause 5.1.1.2: both places say the same.
        raise CrlRefusedError(
            CrlFlaw.OTHER_ALGORITHM, "the algorithm beside the signature is another than the signed one"
        )
    bits, end = element(rest, len(algorithm), BIT_STRING)
    if end != len(rest) or rest[bits] != _WHOLE_OCTETS:
        raise ValueError("the signature is no whole number of octets, or bytes follow it")
    return extensions, rest[bits + 1 :]


def _read_frame(fields: bytes, rest: bytes, issuer: bytes) -> CrlFrame:
    """Dates and extensions, read by the library that reads them in small lists: the list without its entries."""
    parsed = x509.load_der_x509_crl(der.sequence(der.sequence(fields), rest))
    if len(parsed):
        raise ValueError("entries stand where extensions belong")
    return read_frame(parsed, issuer=issuer)


def _truncated(found: int, expected: int | None) -> CrlRefusedError:
    whole = "" if expected is None else f" of {expected}"
    return CrlRefusedError(CrlFlaw.TRUNCATED, f"the list ends after {found}{whole} bytes")
