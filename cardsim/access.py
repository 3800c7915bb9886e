"""Who may do what with which EF: file × operation × condition, made from the published layout.

What no row allows, nobody may.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from enum import IntEnum
from typing import Final, TypeAlias

from apdu.layout.facts import NEVER, Access, FileFact, FileKind, after
from cardsim import sw
from cardsim.errors import StatusError


class Operation(IntEnum):
    """What a command does to an EF."""

    READ = 1
    SIGN = 2
    CHANGE = 3
    """CHANGE REFERENCE DATA."""
    CHANGE_KEY = 4
    """CHANGE KEY of JICSAP, which some applications have in its place."""
    AUTHENTICATE = 5
    """INTERNAL AUTHENTICATE."""
    AGREE = 6
    """SET SESSION KEY."""


AccessTable: TypeAlias = Mapping[tuple[int, Operation], Access]


_OPERATION_OF: Final = {
    FileKind.TRANSPARENT: Operation.READ,
    FileKind.RECORD: Operation.READ,
    FileKind.PRIVATE_KEY: Operation.SIGN,
}


def access_table(
    files: Iterable[FileFact], *, changes: Mapping[int, Operation], rows: AccessTable | None = None
) -> AccessTable:
    """The rows of an application, ``rows`` of its own last.

    A PIN in ``changes`` is changed that way by whoever verified it (jpki/myna); the others cannot be.
    """
    table = {(file.fid, _OPERATION_OF[file.kind]): file.access for file in files if file.kind in _OPERATION_OF}
    table |= {(fid, operation): after(fid) for fid, operation in changes.items()}
    return table | dict(rows or {})


def require(table: AccessTable, fid: int, operation: Operation, verified: Set[int]) -> None:
    """``6982`` unless the row's condition holds for the PINs verified so far."""
    any_of = table.get((fid, operation), NEVER).any_of
    if any_of == () or (any_of is not None and not verified.isdisjoint(any_of)):
        return
    raise StatusError(sw.SECURITY_STATUS_NOT_SATISFIED)
