"""Certificate revocation lists, version 2 (RFC 5280 clause 5): the full list of a CA, or that of one partition.

The bytes of the real CRL are not public. Choices: see ``profiles.CRL_RULES`` for its extensions, ``CRL_LIFETIME`` for
nextUpdate; entries stand in the order of their serial numbers; a revocation stays listed after the certificate has
expired, so that old signatures can be judged; a hold is listed with its reason and no instruction code.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from operator import attrgetter
from pathlib import Path
from typing import IO

from jpki import der, oids
from jpki.ca import encoding
from jpki.ca.authority import Authority
from jpki.ca.crl_entries import CrlEntry, encode_entries
from jpki.errors import CrlUnwritableError, IssueError
from jpki.names import Name
from jpki.profiles import CRL_RULES, PARTITION_CRL_RULES, ExtensionRule
from jpki.validity import to_whole_seconds

__all__ = ["CRL_LIFETIME", "CRL_PERIOD", "CrlEntry", "build_crl", "crl_number_at", "write_crl"]

# The list is renewed every day (Digital Agency, JPKI introduction for private businesses, clause 5.1.2).
CRL_PERIOD = timedelta(hours=24)
# Choice: while today's list is on its way yesterday's may be used (PocketSign's documentation of 失効確認), so a list
# outlives its successor's publication by one period.
CRL_LIFETIME = 2 * CRL_PERIOD

_PIECE = 1 << 20


def crl_number_at(this_update: datetime) -> int:
    """A CRL number that grows with time and needs no counter: seconds since 1970 (RFC 5280 clause 5.2.3).

    It makes "the CRL of that CA at that moment" one sequence of bytes.
    """
    return int(to_whole_seconds(this_update).timestamp())


def build_crl(
    authority: Authority,
    *,
    entries: Iterable[CrlEntry],
    number: int,
    this_update: datetime,
    next_update: datetime,
    distribution_point: Name | None = None,
) -> bytes:
    """The CRL in DER. The same arguments give the same bytes, in whichever order the entries come.

    With a ``distribution_point`` it is the list of that partition, whose entries are the caller's to choose.
    """
    frame = _frame(authority, number=number, this_update=this_update, next_update=next_update, point=distribution_point)
    ordered = sorted(entries, key=attrgetter("serial"))
    listed = b"".join(encode_entries(ordered, this_update=frame.this_update))
    tbs = frame.head(len(listed)) + listed + frame.extensions
    return encoding.sign(authority.signer, tbs)


def write_crl(
    path: Path,
    authority: Authority,
    *,
    entries: Iterable[CrlEntry],
    number: int,
    this_update: datetime,
    next_update: datetime,
    distribution_point: Name | None = None,
) -> int:
    """Write the CRL to ``path``, whole or not at all, and return the number of its entries.

    The bytes are those of ``build_crl``, but nothing is held in memory: the entries come in ascending order of their
    serial numbers, from a database for example, and are signed by their hash.
    """
    frame = _frame(authority, number=number, this_update=this_update, next_update=next_update, point=distribution_point)
    counted = _Counted(entries)
    with _replaced(path) as file, tempfile.TemporaryFile(dir=path.parent) as spool:
        # A length stands before its content, so the entries have to be seen whole before the first byte is written.
        for batch in encode_entries(counted, this_update=frame.this_update):
            spool.write(batch)
        _assemble(file, frame, spool, authority)
    return counted.count


def _assemble(file: IO[bytes], frame: _Frame, spool: IO[bytes], authority: Authority) -> None:
    size = spool.tell()
    spool.seek(0)
    head = frame.head(size)
    signed_size = len(head) + size + len(frame.extensions)
    # A signature of one key always has the same length only for RSA; so the outermost header waits for it as well.
    digest = authority.signer.algorithm.new_hash()
    digest.update(head)
    for piece in iter(lambda: spool.read(_PIECE), b""):
        digest.update(piece)
    digest.update(frame.extensions)
    tail = encoding.sign_digest(authority.signer, digest.digest())
    spool.seek(0)
    file.write(der.sequence_header(signed_size + len(tail)) + head)
    shutil.copyfileobj(spool, file, _PIECE)
    file.write(frame.extensions + tail)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Frame:
    """TBSCertList around its entries."""

    this_update: datetime
    before: bytes
    extensions: bytes

    def head(self, listed_size: int) -> bytes:
        """Everything of the signed part before the first entry."""
        # RFC 5280 clause 5.1.2.6: the list is absent when nothing is revoked.
        before = self.before + (der.sequence_header(listed_size) if listed_size else b"")
        return der.sequence_header(len(before) + listed_size + len(self.extensions)) + before


def _frame(
    authority: Authority, *, number: int, this_update: datetime, next_update: datetime, point: Name | None
) -> _Frame:
    this_update, next_update = to_whole_seconds(this_update), to_whole_seconds(next_update)
    if next_update <= this_update:
        raise IssueError("nextUpdate is after thisUpdate")
    if not 0 <= number <= encoding.MAX_SERIAL:
        raise IssueError("a CRL number is not negative and has at most 20 octets")
    values = {
        oids.AUTHORITY_KEY_IDENTIFIER: der.sequence(der.implicit(0, authority.key_id)),
        oids.CRL_NUMBER: der.integer(number),
    }
    rules: Sequence[ExtensionRule] = CRL_RULES
    if point is not None:
        rules = PARTITION_CRL_RULES
        values[oids.ISSUING_DISTRIBUTION_POINT] = encoding.issuing_distribution_point(point)
    return _Frame(
        this_update=this_update,
        before=b"".join(
            (
                der.integer(1),  # version 2
                authority.signer.algorithm.identifier,
                authority.name.encode(),
                der.time(this_update),
                der.time(next_update),
            )
        ),
        extensions=der.explicit(0, encoding.extensions(rules, values)),
    )


class _Counted:
    def __init__(self, entries: Iterable[CrlEntry]) -> None:
        self._entries = entries
        self.count = 0

    def __iter__(self) -> Iterator[CrlEntry]:
        for self.count, entry in enumerate(self._entries, 1):  # noqa: B020 - counts what was given out
            yield entry


@contextmanager
def _replaced(path: Path) -> Iterator[IO[bytes]]:
    """A file that becomes ``path`` when all went well, and is gone otherwise."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.new")
    try:
        try:
            with temporary.open("wb") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        raise CrlUnwritableError(path=path, why=error.strerror or str(error)) from error
