"""An index in use: the file is mapped, shared by all processes that read it, and nothing of it is read beforehand."""

from __future__ import annotations

import mmap
import os
import sys
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from jpki.algorithms import KEY_ALGORITHMS, KeyAlgorithm
from jpki.revocation_index.crl_stream import CrlIssuer
from jpki.revocation_index.errors import IndexDamagedError, IndexMissingError
from jpki.revocation_index.layout import MAX_HEADER_SIZE, PAGE, SECTIONS, IndexHeader, decode_header, header_size
from jpki.revocation_index.words import FLAG_INVALIDITY, MOMENT_SHIFT, REASON_MASK, moment_of
from jpki.verify.crl_frame import CrlFrame, RevokedEntry

_ITEM_SIZES: Final = {"I": 4, "Q": 8}
_LOW: Final = (1 << 64) - 1
_NARROW: Final = 1 << 63
"""Above all serial numbers of eight octets: the first bit of an INTEGER is its sign."""
_IMPOSSIBLE: Final = (IndexError, ValueError, OverflowError, OSError)
"""What a look-up raises when the numbers in the file make no sense."""


class MappedIndex:
    """Made by ``open``. A ``RevocationList`` of ``jpki.verify``; threads and processes share it freely.

    The file is the caller's own and trusted as such: the signature of the CRL was checked when it was built.
    """

    def __init__(self, path: Path, mapped: mmap.mmap, header: IndexHeader, start: int) -> None:
        self.path = path
        self.header = header
        self._map = mapped
        self._start = start
        self._views = {name: self._view(name) for name in SECTIONS}
        self._serials = self._views["serials"]
        self._words = self._views["words"]
        self._buckets = self._views["buckets"]
        self._wide = [self._views[name] for name in ("wide_high", "wide_middle", "wide_low")]
        self._base, self._shift = header.base, header.shift
        self._last_bucket = len(self._buckets) - 2
        self._signed_by: dict[bytes, bool] = {}
        self._check_sizes()

    @classmethod
    def open(cls, path: Path) -> Self:
        """Map the file; an ``IndexUnreadableError`` if it is none, is cut or is of another schema."""
        try:
            with path.open("rb") as file:
                size = os.fstat(file.fileno()).st_size
                if not size:
                    raise IndexDamagedError(f"{path} is empty", path=path)
                mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        except OSError as error:
            raise IndexMissingError(f"{path} cannot be read: {error.strerror or error}", path=path) from error
        if sys.byteorder != "little":
            raise IndexDamagedError(f"{path} has little-endian numbers, this machine is not", path=path)
        raw_size = header_size(mapped[:PAGE], path=path)
        header = decode_header(mapped[: min(raw_size, MAX_HEADER_SIZE)], path=path)
        return cls(path, mapped, header, -(-raw_size // PAGE) * PAGE)

    @property
    def frame(self) -> CrlFrame:
        """The list without its entries."""
        return self.header.frame

    @property
    def algorithm(self) -> KeyAlgorithm | None:
        """What the list is signed with; one of JPKI's, as no other list becomes an index."""
        return next((row for row in KEY_ALGORITHMS if row.signature_oid == self.header.frame.algorithm), None)

    @property
    def crl_sha256(self) -> bytes:
        """The SHA-256 of the list that the index was made of."""
        return self.header.crl_sha256

    @property
    def der(self) -> None:
        """An index has the list's entries, not its bytes."""

    @property
    def critical_extension(self) -> str | None:
        """A critical extension, of the list or of any entry, that is not known here (RFC 5280 clause 5.3)."""
        return self.header.frame.critical_extension

    def is_signed_by(self, anchor: CrlIssuer) -> bool:
        """True when the list was found to be signed by this anchor's key when it was read."""
        if anchor.key_id not in self._signed_by:
            self._signed_by[anchor.key_id] = key_fingerprint(anchor) == self.header.issuer_key
        return self._signed_by[anchor.key_id]

    def __len__(self) -> int:
        return len(self._words) + len(self._views["wide_words"])

    def entry(self, serial: int) -> RevokedEntry | None:
        """The entry of this serial number, or None; ``IndexDamagedError`` where the file makes no sense."""
        try:
            if serial >= _NARROW:
                return self._wide_entry(serial)
            bucket = serial - self._base >> self._shift
            if not 0 <= bucket <= self._last_bucket:
                return None
            serials, buckets = self._serials, self._buckets
            end = buckets[bucket + 1]
            row = bisect_left(serials, serial, buckets[bucket], end)
            if row == end or serials[row] != serial:
                return None
            return self._decode(serial, self._words[row], row)
        except _IMPOSSIBLE as error:
            raise self._damaged("its numbers make no sense") from error

    def entries(self) -> Iterator[RevokedEntry]:
        """All entries: those of narrow serial numbers in ascending order, then those of wide ones."""
        return map(self.row, range(len(self)))

    def row(self, row: int) -> RevokedEntry:
        """The entry in one row; ``IndexDamagedError`` where the file makes no sense."""
        try:
            narrow = len(self._words)
            if row < narrow:
                return self._decode(self._serials[row], self._words[row], row)
            high, middle, low = (column[row - narrow] for column in self._wide)
            return self._decode(high << 128 | middle << 64 | low, self._views["wide_words"][row - narrow], row)
        except _IMPOSSIBLE as error:
            raise self._damaged("its numbers make no sense") from error

    def verify(self) -> None:
        """Read every byte; ``IndexDamagedError`` unless all are as they were written."""
        for name, section in self.header.sections.items():
            begin = self._start + section.offset
            with memoryview(self._map) as view, view[begin : begin + section.size] as part:
                if sha256(part).hexdigest() != section.sha256:
                    raise self._damaged(f"its section {name!r} was changed")

    def column(self, name: str) -> memoryview:
        """One column of numbers, where it is mapped."""
        return self._views[name]

    def close(self) -> None:
        """Let go of the file. Only for whoever opened it: an index that others may still be asking is left alone."""
        for view in self._views.values():
            view.release()
        self._map.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _wide_entry(self, serial: int) -> RevokedEntry | None:
        begin, end = 0, len(self._views["wide_words"])
        if serial >> 192:
            return None
        for part, column in zip((serial >> 128, serial >> 64 & _LOW, serial & _LOW), self._wide, strict=True):
            begin, end = bisect_left(column, part, begin, end), bisect_right(column, part, begin, end)
        if begin == end:
            return None
        return self._decode(serial, self._views["wide_words"][begin], len(self._words) + begin)

    def _decode(self, serial: int, word: int, row: int) -> RevokedEntry:
        invalid_since = self._invalid_since(row) if word & FLAG_INVALIDITY else None
        return RevokedEntry(serial, moment_of(word >> MOMENT_SHIFT), word & REASON_MASK, invalid_since)

    def _invalid_since(self, row: int) -> datetime:
        rows = self._views["invalid_rows"]
        place = bisect_left(rows, row)
        if rows[place] != row:
            raise self._damaged("an entry's invalidityDate is missing")
        return moment_of(self._views["invalid_since"][place])

    def _view(self, name: str) -> memoryview:
        section = self.header.sections[name]
        begin = self._start + section.offset
        if section.letter not in SECTIONS[name] or section.offset % PAGE or section.size % _ITEM_SIZES[section.letter]:
            raise self._damaged(f"its section {name!r} is none")
        if begin + section.size > len(self._map):
            raise self._damaged("it was cut")
        part = memoryview(self._map)[begin : begin + section.size]
        return part.cast("I") if section.letter == "I" else part.cast("Q")

    def _check_sizes(self) -> None:
        sizes = {name: len(view) for name, view in self._views.items()}
        end = max(section.offset + section.size for section in self.header.sections.values())
        alike = (
            sizes["serials"] == sizes["words"]
            and len({sizes[name] for name in ("wide_high", "wide_middle", "wide_low", "wide_words")}) == 1
            and sizes["invalid_rows"] == sizes["invalid_since"]
            and sizes["buckets"] > 0
        )
        if not alike or len(self._map) != self._start + -(-end // PAGE) * PAGE:
            raise self._damaged("its sections do not fit each other")

    def _damaged(self, why: str) -> IndexDamagedError:
        return IndexDamagedError(f"{self.path} is damaged: {why}", path=self.path)


def key_fingerprint(issuer: CrlIssuer) -> bytes:
    """SHA-256 of the key's SubjectPublicKeyInfo."""
    return sha256(issuer.key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).digest()
