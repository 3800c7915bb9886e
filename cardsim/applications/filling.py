"""What the fresh images of several applications have in common."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from apdu.layout.facts import FileFact, FileKind, PinFact
from cardsim.errors import OrderError
from cardsim.state import Pin

FILLER: Final = b"\xff"


def pin_facts(files: Iterable[FileFact]) -> dict[int, PinFact]:
    """The limits of an application's PINs by EF id."""
    return {file.fid: file.pin for file in files if file.pin is not None}


def new_pin(fact: PinFact, value: bytes, *, tries_if_unknown: int = 0) -> Pin:
    """A PIN EF of a fresh card; without a value it is blocked."""
    limit = tries_if_unknown if fact.tries is None else fact.tries
    return Pin(value=value, tries_left=limit if value else 0, limit=limit)


def checked_pin(fact: PinFact, pin: str) -> bytes:
    """The bytes of a PIN; ``OrderError`` when it has not the form that its EF demands."""
    value = pin.encode("utf-8")
    if not fact.accepts(value):
        length = f"{fact.min_length}" if fact.min_length == fact.max_length else f"{fact.min_length}-{fact.max_length}"
        raise OrderError(f"a PIN of the order is not {length} characters out of {fact.alphabet.value}")
    return value


def internal_efs(files: Iterable[FileFact]) -> frozenset[int]:
    """The EFs that can be selected and do nothing more."""
    return frozenset(file.fid for file in files if file.kind is FileKind.INTERNAL)


def checked_files(what: str, layout: Mapping[int, FileFact], given: Mapping[int, bytes]) -> dict[int, bytes]:
    """The transparent EFs of an order, and those of filler that it leaves out; ``OrderError`` names what is amiss."""
    files = {}
    for fid, fact in layout.items():
        if fact.kind is not FileKind.TRANSPARENT:
            continue
        content = given.get(fid)
        if content is None and fact.name_en.endswith("of unknown purpose") and fact.size:
            content = FILLER * fact.size  # sixteen FF: measured, soltia48/myna-card
        if not content or (fact.size is not None and len(content) != fact.size):
            size = "some" if fact.size is None else fact.size
            raise OrderError(f"EF {fid:04X} of the {what} contents has {size} bytes, not {len(content or b'')}")
        files[fid] = content
    if unknown := given.keys() - files.keys():
        raise OrderError(f"the {what} application has no file {', '.join(f'{fid:04X}' for fid in sorted(unknown))}")
    return files
