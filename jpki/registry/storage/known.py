"""What a process has learnt of a register and no other can change: it saves asking again."""

from __future__ import annotations

from dataclasses import dataclass, field

from jpki.kinds import CaKind


@dataclass(slots=True)
class Known:
    """Only what was committed goes in. Threads may race here: each would write the same."""

    authorities: dict[tuple[CaKind, bytes], int] = field(default_factory=dict)
    """(CA, key identifier) → row number."""
    last_serial: dict[CaKind, int] = field(default_factory=dict)
    """A number up to which the counter has certainly come."""

    def met_serial(self, kind: CaKind, last: int) -> None:
        """The counter was seen at this number."""
        self.last_serial[kind] = max(last, self.last_serial.get(kind, 0))
