"""How long the server waits for a client, and how much it takes from one."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """All of them are choices: plenty for an honest client, little for one that holds a connection and says nothing."""

    header_bytes: int = 16_384
    header_seconds: float = 10.0
    """From the connection, or the first byte of a later request, to the end of its header."""
    body_bytes: int = 65_536
    body_seconds: float = 10.0
    drained_bytes: int = 4_194_304
    """So much of a body that is too long is read away, so that its client hears why it was refused."""
    write_seconds: float = 30.0
    """For the client to take 64 KiB."""
    connections: int = 512
    idle_seconds: int = 15
    goodbye_seconds: int = 5
    """For requests that are being answered when the server is to end."""


DEFAULT_LIMITS = Limits()
