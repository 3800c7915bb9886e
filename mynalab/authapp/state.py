"""All that one provider remembers, and how families of tokens end."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from mynalab.authapp.records import Access, Code, Refresh
from mynalab.authapp.store import MemoryStore, Store

_BEFORE_ALL: Final = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """Stores by kind; each could be another process's."""

    pending: Store[Any] = field(default_factory=lambda: MemoryStore(most=10_000))
    """Authorization requests whose person is at the page, by the id in the form."""
    codes: Store[Code] = field(default_factory=MemoryStore)
    used_codes: Store[str] = field(default_factory=MemoryStore)
    """Family by code, as long as its tokens may live."""
    access: Store[Access] = field(default_factory=MemoryStore)
    refresh: Store[Refresh] = field(default_factory=MemoryStore)
    used_refresh: Store[str] = field(default_factory=MemoryStore)
    assertions: Store[bool] = field(default_factory=lambda: MemoryStore(refuses=True))
    """A jti that was forgotten could be used again, so none is before its time."""
    revoked: Store[bool] = field(default_factory=lambda: MemoryStore(refuses=True))
    """Families that have ended early."""
    transactions: Store[Any] = field(default_factory=MemoryStore)

    def is_revoked(self, family: str) -> bool:
        """Whether a family has ended. That stays so, wherever the lab's clock is put."""
        return self.revoked.get(family, now=_BEFORE_ALL) is not None

    def revoke(self, family: str, *, lifetime: timedelta, now: datetime) -> None:
        """End a family: no token of it is worth anything any more."""
        self.revoked.put(family, True, until=now + lifetime, now=now)
