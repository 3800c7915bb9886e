"""What a selected part of the free area is to the dispatcher."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from cardsim.runtime import Runtime


class Area(Protocol):
    """A security domain with an open channel, or an application: it answers every command but SELECT by name."""

    def answer(self, runtime: Runtime, raw: bytes) -> bytes:
        """The response APDU. Raises ``StatusError`` and ``CommandError`` as handlers do."""
        ...
