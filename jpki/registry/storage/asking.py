"""How the questions reach the database: each of them asks ``rows`` or ``stream``, and knows nothing of connections."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from typing import TypeAlias

from sqlalchemy.sql import Executable

from jpki.errors import UnknownEntryError
from jpki.registry.storage.rows import AnyRow

Parameters: TypeAlias = Mapping[str, object]


class Asking(ABC):
    """What a question needs."""

    @abstractmethod
    def rows(self, statement: Executable, parameters: Parameters | None = None) -> Sequence[AnyRow]:
        """All rows at once."""

    @abstractmethod
    def stream(self, statement: Executable, parameters: Parameters | None = None) -> Iterator[AnyRow]:
        """One row after the other, however many there are, in constant memory."""

    def row(self, statement: Executable, parameters: Parameters, *, missing: str, hint: str = "") -> AnyRow:
        """The one row, or ``UnknownEntryError``."""
        rows = self.rows(statement, parameters)
        if not rows:
            raise UnknownEntryError(missing, hint=hint)
        return rows[0]
