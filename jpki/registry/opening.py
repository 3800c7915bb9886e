"""Opening a register. SQLAlchemy is imported when that happens: programs that need no register do not wait for it."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from jpki.registry.interfaces import Register

WAIT_S: Final = 10.0
"""How long another process's write is waited for before ``RegistryLockedError``."""


def create_register(place: Path | str, *, wait_s: float = WAIT_S) -> Register:
    """Begin a register in a new file, or in a database given as ``postgresql://…``."""
    from jpki.registry.storage.register import SqlRegister

    return SqlRegister.create(place, wait_s=wait_s)


def open_register(place: Path | str, *, wait_s: float = WAIT_S) -> Register:
    """Open the register in a file or a database; one of an older schema is brought up to the present one."""
    from jpki.registry.storage.register import SqlRegister

    return SqlRegister.open(place, wait_s=wait_s)
