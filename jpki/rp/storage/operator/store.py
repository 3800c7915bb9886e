"""A tenant's store: customers, and what an operator keeps beside them. The book of tenants is one without customers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from sqlalchemy import Row, insert, select, update
from sqlalchemy.exc import IntegrityError

from jpki.registry.storage.rows import moment_of, seconds
from jpki.rp.operator.records import Tenant
from jpki.rp.storage.database import DEFAULT_WAIT_S
from jpki.rp.storage.operator.notices import NoticeRows
from jpki.rp.storage.operator.proofs import ProofRows
from jpki.rp.storage.operator.schema import tenants
from jpki.rp.storage.operator.tables import prepare
from jpki.rp.storage.store import SqlStore, SqlUnit


class SqlTenantUnit(SqlUnit, ProofRows, NoticeRows):
    """See ``jpki.rp.operator.interfaces.TenantUnit``."""


class SqlTenantStore(SqlStore):
    """See ``jpki.rp.operator.interfaces.TenantStore``. Where there are no tables yet, they are made."""

    def __init__(self, place: Path | str, *, wait_s: float = DEFAULT_WAIT_S) -> None:
        super().__init__(place, wait_s=wait_s)
        with ExitStack() as stack:
            stack.callback(self.close)
            prepare(self.database)
            stack.pop_all()

    @contextmanager
    def reading(self) -> Iterator[SqlTenantUnit]:
        """Questions alone."""
        with self.database.reading() as connection:
            yield SqlTenantUnit(connection)

    @contextmanager
    def unit(self) -> Iterator[SqlTenantUnit]:
        """A transaction that is committed at the end, unless something raises."""
        with self.database.writing() as connection:
            yield SqlTenantUnit(connection)


class SqlTenantBook:
    """See ``jpki.rp.operator.interfaces.TenantBook``. Shared by threads and processes."""

    def __init__(self, place: Path | str) -> None:
        self._store = SqlTenantStore(place)

    def add(self, tenant: Tenant) -> bool:
        """False when there is one of that name."""
        row = {"name": tenant.name, "token_hash": tenant.token_hash, "created_at": seconds(tenant.created_at)}
        try:
            with self._store.database.writing() as connection:
                connection.execute(insert(tenants), row)
        except IntegrityError:
            return False
        return True

    def replace_token(self, name: str, token_hash: bytes) -> bool:
        """False when there is no such tenant."""
        with self._store.database.writing() as connection:
            replaced = update(tenants).where(tenants.c.name == name).values(token_hash=token_hash)
            return connection.execute(replaced).rowcount > 0

    def by_token(self, token_hash: bytes) -> Tenant | None:
        """Whose token it is."""
        with self._store.database.reading() as connection:
            row = connection.execute(select(tenants).where(tenants.c.token_hash == token_hash)).one_or_none()
            return None if row is None else _tenant(row)

    def all(self) -> Sequence[Tenant]:
        """By name."""
        with self._store.database.reading() as connection:
            return [_tenant(row) for row in connection.execute(select(tenants).order_by(tenants.c.name))]

    def close(self) -> None:
        """Let go of the file or the connections."""
        self._store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _tenant(row: Row[Any]) -> Tenant:
    return Tenant(name=row.name, token_hash=row.token_hash, created_at=moment_of(row.created_at))
