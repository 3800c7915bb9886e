"""The journal in which the first releases kept their register: one JSON object a line, a header first. Read only.

A last line without its newline is an append that was cut short: it was never acknowledged, so it is passed over.
Anything else that no journal writes is an error that names file and line. The releases that wrote journals excluded
each other with flock(2), and so does who reads one.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from jpki.errors import RegistryCorruptError, RegistryNotFoundError, RegistrySchemaError, RegistryStorageError
from jpki.registry.holders import JsonObject

FORMAT = "mynalab-register"
SCHEMA = 1


@dataclass(frozen=True, slots=True)
class JournalLine:
    """One event and the number of its line."""

    number: int
    event: JsonObject


@contextmanager
def locked_journal(path: Path) -> Iterator[list[JournalLine]]:
    """The events of a journal, to which nobody adds before this ends."""
    with _opened(path) as fd:
        yield _read(path, fd)


@contextmanager
def _opened(path: Path) -> Iterator[int]:
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError as error:
        raise RegistryNotFoundError(
            f"there is no register at {path}", path=path, hint="begin a lab there first"
        ) from error
    except OSError as error:
        _storage_error(path, error)
    try:
        try:
            fcntl.flock(fd, fcntl.LOCK_EX)
        except OSError as error:
            _storage_error(path, error)
        yield fd
    finally:
        os.close(fd)  # and with it the lock


def _read(path: Path, fd: int) -> list[JournalLine]:
    try:
        with open(fd, "rb", closefd=False) as file:
            *lines, _unfinished = file.read().split(b"\n")
    except OSError as error:
        _storage_error(path, error)
    _require_header(path, lines)
    return [JournalLine(number, _event(path, number, line)) for number, line in enumerate(lines[1:], 2)]


def _require_header(path: Path, lines: list[bytes]) -> None:
    header = _parse(lines[0]) if lines else None
    if header is None or header.get("format") != FORMAT:
        raise RegistryCorruptError("this is no register: its header is missing or another program's", path=path, line=1)
    if header.get("schema") != SCHEMA:
        raise RegistrySchemaError(path=path, found=header.get("schema"), expected=SCHEMA)


def _event(path: Path, number: int, line: bytes) -> JsonObject:
    event = _parse(line)
    if event is None:
        raise RegistryCorruptError("this is no JSON object", path=path, line=number)
    if event.pop("n", None) != number:
        raise RegistryCorruptError(
            "the line is numbered otherwise: lines were lost, added or moved", path=path, line=number
        )
    return event


def _parse(line: bytes) -> JsonObject | None:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):  # UnicodeDecodeError and JSONDecodeError are ValueErrors
        return None
    return value if isinstance(value, dict) else None


def _storage_error(path: Path, error: OSError) -> NoReturn:
    raise RegistryStorageError(
        f"{path}: {error.strerror or error}",
        path=path,
        hint="check the permissions and the free space of that directory; nothing was changed",
    ) from error
