"""From a CRL to its index, and from one day's index to the next's.

    update_index(Path("auth.idx"), pieces_of(Path("auth.crl")), issuer=anchor)

The list is read once, in memory that holds its columns and one block. The file appears whole or not at all.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from jpki.revocation_index.crl_stream import BLOCK_SIZE, MAX_CRL_SIZE, CrlIssuer, CrlStream, StreamedCrl
from jpki.revocation_index.difference import IndexUpdate, compare, is_same_list
from jpki.revocation_index.errors import CrlFlaw, CrlRefusedError, IndexMissingError
from jpki.revocation_index.layout import IndexHeader
from jpki.revocation_index.mapped import MappedIndex, key_fingerprint
from jpki.revocation_index.storage import IndexFile, sections_of, writing

if TYPE_CHECKING:
    from jpki.revocation_index.table import Table


def pieces_of(path: Path) -> Iterator[bytes]:
    """The bytes of a file, a block at a time."""
    with path.open("rb", buffering=0) as file:
        while piece := file.read(BLOCK_SIZE):
            yield piece


def build_index(path: Path, chunks: Iterable[bytes], *, issuer: CrlIssuer, max_size: int = MAX_CRL_SIZE) -> MappedIndex:
    """Make the index of a CRL, whatever stands at ``path``.

    ``CrlRefusedError`` where the bytes are no CRL of the issuer; nothing at ``path`` has changed then.
    """
    with writing(path) as file:
        return _publish(file, *read_crl(chunks, issuer=issuer, max_size=max_size), issuer)


def update_index(
    path: Path, chunks: Iterable[bytes], *, issuer: CrlIssuer, max_size: int = MAX_CRL_SIZE
) -> IndexUpdate:
    """Replace the index by that of the next CRL, under its readers, and tell what has changed.

    ``CrlRolledBackError`` where the CRL is older than the index. Where there is no index yet, one is made.
    """
    with writing(path) as file:
        before = _opened(path)
        if before is not None and before.header.issuer_key != key_fingerprint(issuer):
            raise CrlRefusedError(CrlFlaw.OTHER_KEY, "the index is of a list that another key signed")
        crl, table = read_crl(chunks, issuer=issuer, max_size=max_size)
        if before is not None and is_same_list(before, crl):
            return IndexUpdate(before=before, index=before, difference=compare(before, before))
        index = _publish(file, crl, table, issuer)
    return IndexUpdate(before=before, index=index, difference=compare(before, index))


def read_crl(
    chunks: Iterable[bytes], *, issuer: CrlIssuer, max_size: int = MAX_CRL_SIZE, block_size: int = BLOCK_SIZE
) -> tuple[StreamedCrl, Table]:
    """Read a CRL in one pass and check it whole; ``CrlRefusedError`` if it is none of the issuer."""
    from jpki.revocation_index.blocks import EntryBlocks  # numpy takes a tenth of a second: only who builds pays it
    from jpki.revocation_index.table import make_table

    stream = CrlStream(chunks, issuer=issuer, max_size=max_size, block_size=block_size)
    blocks = EntryBlocks(stream.head.entries_at)
    for piece in stream.entries():
        blocks.feed(piece)
    crl = stream.finish()
    blocks.finish()
    critical = crl.frame.critical_extension or blocks.critical_extension
    return replace(crl, frame=replace(crl.frame, critical_extension=critical)), make_table(blocks)


def _opened(path: Path) -> MappedIndex | None:
    try:
        return MappedIndex.open(path)
    except IndexMissingError:
        if path.exists():
            raise
        return None


def _publish(file: IndexFile, crl: StreamedCrl, table: Table, issuer: CrlIssuer) -> MappedIndex:
    columns = table.columns()
    header = IndexHeader(
        frame=crl.frame,
        issuer_key=key_fingerprint(issuer),
        crl_sha256=crl.sha256,
        crl_size=crl.size,
        base=table.base,
        shift=table.shift,
        sections=sections_of(columns),
    )
    file.publish(header.encode(), columns)
    return MappedIndex.open(file.path)
