"""A uvicorn server in a thread of its own, on a socket that was bound before anybody is told of it."""

from __future__ import annotations

import errno
import ipaddress
import socket
import threading
from types import TracebackType
from typing import Final, Self

import uvicorn
from starlette.types import ASGIApp

from mynalab.errors import PortInUseError, ServerAddressError
from mynalab.web.limits import DEFAULT_LIMITS, Limits
from mynalab.web.protocol import guarded_protocol

DEFAULT_HOST: Final = "127.0.0.1"
DEFAULT_PORT: Final = 8780


class LoopbackServer:
    """Serves an application until it is stopped. Port 0 takes any that is free: ``url`` says which."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        host: str = DEFAULT_HOST,
        port: int = DEFAULT_PORT,
        limits: Limits = DEFAULT_LIMITS,
        unsafe_any_address: bool = False,
    ) -> None:
        check_address(host, unsafe_any_address=unsafe_any_address)
        self._socket = _bind(host, port)
        self._server = uvicorn.Server(
            uvicorn.Config(
                app,
                http=guarded_protocol(limits),
                ws="none",
                lifespan="off",
                loop="asyncio",
                log_config=None,
                log_level="error",
                access_log=False,
                server_header=False,
                date_header=False,  # the repository's own Date tells the lab's time
                proxy_headers=False,
                h11_max_incomplete_event_size=limits.header_bytes,
                limit_concurrency=limits.connections,
                timeout_keep_alive=limits.idle_seconds,
                timeout_graceful_shutdown=limits.goodbye_seconds,
            )
        )
        self._thread = threading.Thread(
            target=self._server.run, args=([self._socket],), name="mynalab-pki-server", daemon=True
        )
        address = self._socket.getsockname()
        self.host, self.port = str(address[0]), int(address[1])
        self._thread.start()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://[{self.host}]:{self.port}" if ":" in self.host else f"http://{self.host}:{self.port}"

    @property
    def alive(self) -> bool:
        """Whether it serves still."""
        return self._thread.is_alive()

    def end(self) -> None:
        """Begin to stop, without waiting for it: of several servers, each goes while the others do."""
        self._server.should_exit = True

    def stop(self) -> None:
        """Take no more connections, finish what is being answered, end."""
        self.end()
        self._thread.join()
        self._socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def check_address(host: str, *, unsafe_any_address: bool) -> None:
    """``ServerAddressError`` for every address but loopback, unless told otherwise."""
    try:
        address = ipaddress.ip_address("127.0.0.1" if host == "localhost" else host)
    except ValueError as error:
        raise ServerAddressError(f"{host!r} is no address", hint="127.0.0.1, ::1 or localhost") from error
    if not address.is_loopback and not unsafe_any_address:
        raise ServerAddressError(
            f"{host} can be reached by others",
            hint="a lab's keys are public: serve on 127.0.0.1, or say --unsafe-any-address",
        )


def _bind(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=128)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise PortInUseError(
                f"port {port} of {host} is in use",
                hint="end what listens there, or take another port; any that is free: --port 0",
            ) from error
        raise ServerAddressError(
            f"{host} port {port} cannot be served: {error.strerror}", hint="127.0.0.1 and a port above 1023"
        ) from error
