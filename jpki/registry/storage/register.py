"""The register: opening it, asking it, and its units of work."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from sqlalchemy import Connection, Engine, Executable

from jpki.errors import RegistryExistsError, RegistryStorageError
from jpki.kinds import CaKind
from jpki.registry.records import CertificateId, CrlPoint, TimelineEntry
from jpki.registry.storage.asking import Parameters
from jpki.registry.storage.crl_numbers import next_crl_number
from jpki.registry.storage.known import Known
from jpki.registry.storage.migrations import make_tables, migrate, schema_of
from jpki.registry.storage.refusals import refusals_explained
from jpki.registry.storage.rows import AnyRow
from jpki.registry.storage.schema import SCHEMA, SERIALS
from jpki.registry.storage.serials import SerialPool, advance, check_count
from jpki.registry.storage.target import Target
from jpki.registry.storage.timeline import TimelineQuestions
from jpki.registry.storage.unit import BoundQuestions
from jpki.registry.storage.unit_of_trust import SqlUnit
from jpki.registry.storage.watch import ChangeWatch

_MODE: Final = 0o600  # it holds names and addresses
_READ: Final = "BEGIN"
# A writer asks for the lock first: a read transaction that becomes a writing one may fail at once, however long it
# would wait (https://www.sqlite.org/lang_transaction.html).
_WRITE: Final = "BEGIN IMMEDIATE"


class SqlRegister(TimelineQuestions):
    """See ``jpki.registry.interfaces.Register``. Made by ``create`` and ``open``."""

    def __init__(self, target: Target, engine: Engine) -> None:
        self.target = target
        self._engine = engine
        self._snapshots = target.snapshots(engine)
        self._known = Known()
        self._pool = SerialPool(self._reserve)
        self._watch = ChangeWatch(engine) if target.path is not None else None

    @classmethod
    def create(cls, place: Path | str, *, wait_s: float) -> Self:
        """Begin a register where there is none."""
        target = Target.of(place)
        if target.path is not None:
            _create_file(target, target.path)
            return cls.open(place, wait_s=wait_s)
        register = cls(target, target.engine(wait_s=wait_s))
        with _closing_unless_whole(register), register.writing() as connection:
            make_tables(connection, target)
        return register

    @classmethod
    def open(cls, place: Path | str, *, wait_s: float) -> Self:
        """The register that is there, brought to the present schema."""
        target = Target.of(place)
        register = cls(target, target.engine(wait_s=wait_s))
        with _closing_unless_whole(register):
            with register.connection() as connection:
                found = schema_of(connection, target)
            if found != SCHEMA:
                with register.writing() as connection:
                    migrate(connection, target)
        return register

    def close(self) -> None:
        """Let go of the file or the connections."""
        if self._watch is not None:
            self._watch.close()
        self._engine.dispose()

    @property
    def changes(self) -> int:
        """See ``jpki.registry.interfaces.Questions``; asked before every answer of a responder."""
        watched = self._watch.changes() if self._watch is not None else None
        return super().changes if watched is None else watched

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @contextmanager
    def reading(self) -> Iterator[BoundQuestions]:
        """Questions that all see the register as it was at the first of them."""
        with refusals_explained(self.target), self._snapshots.connect() as connection:
            self._begin(connection, _READ)
            yield BoundQuestions(connection)

    @contextmanager
    def transaction(self, *, now: datetime, serials: Mapping[CaKind, int] | None = None) -> Iterator[SqlUnit]:
        """A unit of work. ``serials``: how many numbers of each CA it may need at most; unused ones serve the next."""
        numbers = self._pool.draw(serials or {})
        try:
            with self.writing() as connection:
                unit = SqlUnit(connection, now=now, serials=numbers, known=self._known)
                yield unit
                unit.check_whole()
        finally:
            self._pool.give_back(numbers)

    def reserve(self, kind: CaKind, count: int = 1, *, at_least: int = 1) -> range:
        """Take numbers from a CA's one counter; durable on return, and never given out again, used or not."""
        check_count(count, at_least)
        return self._reserve({kind: count}, at_least=at_least)[kind]

    def next_crl_number(self, kind: CaKind, key_id: bytes, *, point: CrlPoint | None = None, at_least: int = 0) -> int:
        """Take the next number of a list, greater than every one before it, also when the clock was set back."""
        with self.writing() as connection:
            authority = BoundQuestions(connection).authority_row(kind, key_id).id
            return next_crl_number(connection, authority, point, at_least=at_least)

    def rows(self, statement: Executable, parameters: Parameters | None = None) -> Sequence[AnyRow]:
        """The answer as of now."""
        with self.connection() as connection:
            return connection.execute(statement, parameters).all()

    def stream(self, statement: Executable, parameters: Parameters | None = None) -> Iterator[AnyRow]:
        """The answer as of the first row."""
        with self.reading() as questions:
            yield from questions.stream(statement, parameters)

    def timeline(
        self, *, person_id: str | None = None, certificate: CertificateId | None = None, until: datetime | None = None
    ) -> Sequence[TimelineEntry]:
        """All that happened to a person, or to one certificate: several questions, one picture."""
        with self.reading() as questions:
            return questions.timeline(person_id=person_id, certificate=certificate, until=until)

    @contextmanager
    def connection(self) -> Iterator[Connection]:
        """A connection to read with."""
        with refusals_explained(self.target), self._engine.connect() as connection:
            self._begin(connection, _READ)
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A connection in a transaction that is committed at the end, unless something raises."""
        with refusals_explained(self.target), self._engine.begin() as connection:
            self._begin(connection, _WRITE)
            yield connection

    def _reserve(self, counts: Mapping[CaKind, int], *, at_least: int = 1) -> Mapping[CaKind, range]:
        with self.writing() as connection:
            # In one order for all: PostgreSQL locks each counter until the commit.
            numbers = {
                kind: advance(connection, SERIALS[kind], counts[kind], at_least=at_least)
                for kind in CaKind
                if kind in counts
            }
        for kind, taken in numbers.items():
            self._known.met_serial(kind, taken[-1])
        return numbers

    def _begin(self, connection: Connection, word: str) -> None:
        if self.target.path is not None:
            connection.exec_driver_sql(word)


@contextmanager
def _closing_unless_whole(register: SqlRegister) -> Iterator[None]:
    with ExitStack() as stack:
        stack.callback(register.close)
        yield
        stack.pop_all()


def _create_file(target: Target, path: Path) -> None:
    """After a crash there is a whole register or no file."""
    draft = path.with_name(f".{path.name}.{os.getpid()}-{threading.get_ident()}.draft")
    try:
        _remove(draft)  # a crash may have left one, and a log beside it that fits no other file
        try:
            os.close(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _MODE))
            with refusals_explained(target):
                _fill_file(draft)
            path.hardlink_to(draft)
        finally:
            _remove(draft)
        _sync_directory(path.parent)
    except FileExistsError as error:
        raise RegistryExistsError(
            f"{path} exists already", path=path, hint="open it, or choose another directory"
        ) from error
    except (OSError, sqlite3.Error) as error:
        raise RegistryStorageError(
            f"{path}: {getattr(error, 'strerror', None) or error}",
            path=path,
            hint="check the permissions and the free space of that directory; nothing was changed",
        ) from error


def _fill_file(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
    target = Target(path, None)
    engine = target.engine(wait_s=0)
    try:
        with engine.begin() as made:
            made.exec_driver_sql(_WRITE)
            make_tables(made, target)
    finally:
        engine.dispose()  # the last connection to close writes the log beside the file into it


def _remove(path: Path) -> None:
    for ending in ("", "-wal", "-shm"):
        path.with_name(path.name + ending).unlink(missing_ok=True)


def _sync_directory(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
