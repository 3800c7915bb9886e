"""uvicorn's HTTP/1.1 protocol, with a deadline for the header and a hand on the connection."""

from __future__ import annotations

import asyncio
import socket
from dataclasses import dataclass
from typing import Any, Final

from uvicorn.protocols.http.h11_impl import H11Protocol

from mynalab.web.limits import Limits

CONNECTION: Final = "mynalab.connection"
"""Where in a request's ``state`` its ``Connection`` is."""

_TOO_LATE: Final = b"HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Connection:
    """What ASGI does not offer: to end a connection within an answer, or without one."""

    transport: asyncio.Transport

    def abort(self) -> None:
        """Now, and what was not sent yet never is."""
        self.transport.abort()

    def close(self) -> None:
        """After what was written is sent."""
        self.transport.close()


def guarded_protocol(limits: Limits) -> type[H11Protocol]:
    """The protocol class with these limits; uvicorn makes an object of it for each connection."""

    class GuardedProtocol(H11Protocol):
        _deadline: asyncio.TimerHandle | None = None

        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            # asyncio does it only for sockets that name their protocol; without it each answer waits for a delayed ACK.
            transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            super().connection_made(transport)
            self.app_state: dict[str, Any] = {**self.app_state, CONNECTION: Connection(transport)}
            self._set_deadline()

        def data_received(self, data: bytes) -> None:
            # asyncio reads 256 KiB at a time, and h11 measures a header only while it is not whole.
            size = limits.header_bytes + 1
            for begin in range(0, len(data), size):
                if not self.transport.is_closing():
                    super().data_received(data[begin : begin + size])
            if self.cycle is None or self.cycle.response_complete:
                self._set_deadline()  # part of a header
            else:
                self._drop_deadline()

        def connection_lost(self, exc: Exception | None) -> None:
            self._drop_deadline()
            super().connection_lost(exc)

        def _set_deadline(self) -> None:
            if self._deadline is None and not self.transport.is_closing():
                self._deadline = self.loop.call_later(limits.header_seconds, self._give_up)

        def _drop_deadline(self) -> None:
            if self._deadline is not None:
                self._deadline.cancel()
                self._deadline = None

        def _give_up(self) -> None:
            self._deadline = None
            if not self.transport.is_closing():
                self.transport.write(_TOO_LATE)
                self.transport.close()

    return GuardedProtocol
