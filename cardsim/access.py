"""Who may do what with which EF: file × operation × condition, made from the published layout.

What no row allows, nobody may.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from enum import IntEnum
from typing import TypeAlias

from apdu.layout.facts import NEVER, Access, FileFact, FileKind, after
from cardsim import sw
from cardsim.errors import StatusError


class Operation(IntEnum):
    """What a command does to an EF."""

    READ = 1
    SIGN = 2
    CHANGE = 3


AccessTable: TypeAlias = Mapping[tuple[int, Operation], Access]


def access_table(files: Iterable[FileFact]) -> AccessTable:
    """The rows of an application; a PIN is changed by whoever verified it (jpki/myna)."""
    table: dict[tuple[int, Operation], Access] = {}
    for file in files:
        if file.kind is FileKind.TRANSPARENT:
            table[file.fid, Operation.READ] = file.access
        elif file.kind is FileKind.PRIVATE_KEY:
            table[file.fid, Operation.SIGN] = file.access
        elif file.kind is FileKind.PIN:
            table[file.fid, Operation.CHANGE] = after(file.fid)
    return table


def require(table: AccessTable, fid: int, operation: Operation, verified: Set[int]) -> None:
    """``6982`` unless the row's condition holds for the PINs verified so far."""
    any_of = table.get((fid, operation), NEVER).any_of
    if any_of == () or (any_of is not None and not verified.isdisjoint(any_of)):
        return
    raise StatusError(sw.SECURITY_STATUS_NOT_SATISFIED)
