"""What SQLite and PostgreSQL say when they refuse, as the register's own errors."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from sqlalchemy.exc import DataError, DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from jpki.errors import (
    RegistryCorruptError,
    RegistryError,
    RegistryLockedError,
    RegistryNotFoundError,
    RegistryStorageError,
    RegistryUnreachableError,
)
from jpki.registry.storage.target import Target

_LOCKED_HINT: Final = "nothing was changed; try again when it has ended"

# https://www.sqlite.org/rescode.html, primary result codes.
_SQLITE_LOCKED: Final = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
_SQLITE_CORRUPT: Final = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
_SQLITE_MISSING_REFERENCE: Final = sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY

# https://www.postgresql.org/docs/15/errcodes-appendix.html
_PG_LOCKED: Final = {"55P03", "57014", "40001", "40P01"}
_PG_MISSING_REFERENCE: Final = "23503"
_PG_NO_DATABASE: Final = "3D000"
_PG_NO_SCHEMA: Final = "3F000"
_PG_NO_TABLE: Final = "42P01"
_PG_STORAGE_CLASSES: Final = ("53", "58", "42501", "25006")  # resources, I/O, privilege, read only
_PG_CORRUPT_CLASS: Final = "XX"


@contextmanager
def refusals_explained(target: Target) -> Iterator[None]:
    """Turn what the database says into a ``RegistryError``.

    ``IntegrityError`` passes: what it means depends on what was being entered.
    """
    try:
        yield
    except IntegrityError:
        raise
    except (DataError, UnicodeEncodeError):
        # NUL in PostgreSQL, half a surrogate pair in both. The text itself may be personal.
        raise RegistryError("a text holds what no register can hold: NUL, or half a character") from None
    except DBAPIError as error:
        raise _explained(target, error) from error
    except PoolTimeoutError as error:
        raise RegistryLockedError(
            f"every connection to {target.shown} is in use", path=target.shown, hint=_LOCKED_HINT
        ) from error


def is_missing_reference(error: IntegrityError) -> bool:
    """Whether it was a row that is not there, and not one that is there already."""
    state = getattr(error.orig, "sqlstate", None)
    return state == _PG_MISSING_REFERENCE or _sqlite_code(error, extended=True) == _SQLITE_MISSING_REFERENCE


def _explained(target: Target, error: DBAPIError) -> RegistryError:
    return _of_sqlite(target, error) if target.path is not None else _of_postgresql(target, error)


def _sqlite_code(error: DBAPIError, *, extended: bool = False) -> int:
    code: int = getattr(error.orig, "sqlite_errorcode", 0)
    return code if extended else code & 0xFF


def _of_sqlite(target: Target, error: DBAPIError) -> RegistryError:
    code, where = _sqlite_code(error), target.shown
    if code in _SQLITE_LOCKED:
        return RegistryLockedError(f"another process is writing {where}", path=where, hint=_LOCKED_HINT)
    if code in _SQLITE_CORRUPT or "no such table" in str(error.orig):
        return RegistryCorruptError(f"this is no register, or a damaged one ({error.orig})", path=where)
    return RegistryStorageError(
        f"{where}: {error.orig}",
        path=where,
        hint="check the permissions and the free space of that directory; nothing was changed",
    )


def _of_postgresql(target: Target, error: DBAPIError) -> RegistryError:
    state, where = getattr(error.orig, "sqlstate", None) or "", target.shown
    if state in _PG_LOCKED:
        return RegistryLockedError(f"another process is writing {where}", path=where, hint=_LOCKED_HINT)
    if state == _PG_NO_TABLE or state.startswith(_PG_CORRUPT_CLASS):
        return RegistryCorruptError(f"this is no register, or a damaged one ({state})", path=where)
    said = str(error.orig).partition("\n")[0]
    if state == _PG_NO_DATABASE or ('database "' in said and "does not exist" in said):
        return RegistryNotFoundError(f"{where}: {said}", path=where, hint="create the database first: createdb NAME")
    if state == _PG_NO_SCHEMA:
        hint = "create the schema of the search_path first: CREATE SCHEMA NAME"
        return RegistryNotFoundError(f"{where}: {said}", path=where, hint=hint)
    if state.startswith(_PG_STORAGE_CLASSES):
        return RegistryStorageError(
            f"{where}: {said}", path=where, hint="ask the administrator of that database; nothing was changed"
        )
    return RegistryUnreachableError(
        f"{where}: {said}", path=where, hint="check that the server runs, and the address, the user and the password"
    )
