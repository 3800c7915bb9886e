"""The service itself: a Unix socket, a thread that accepts, a thread for each client with blocking reads.

A thread for each client is what makes a slow card slow for its own users only, and blocking reads with one send for
each reply are the quickest that CPython does.
"""

from __future__ import annotations

import contextlib
import fcntl
import logging
import os
import socket
import stat
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType

from apdu.ports import Card
from readers.errors import ProtocolError, ReaderClosedError, ReaderError, SocketInUseError, SocketPathError
from readers.pcsclite.constants import MAX_CLIENTS
from readers.pcsclite.operations import CardService
from readers.pcsclite.session import Session
from readers.pcsclite.table import ReaderTable

ENVIRONMENT_VARIABLE = "PCSCLITE_CSOCK_NAME"  # winscard_msg.c
MAX_PATH_BYTES = 107  # sockaddr_un.sun_path has 108, the NUL included (unix(7))
STOP_TIMEOUT_S = 2.0
_RECEIVE_BYTES = 66_000  # one whole TRANSMIT of the largest size
_EAGER_S = 50e-6
_SHORT_OF_S = 0.05  # out of descriptors or memory: clients that leave give some back
_log = logging.getLogger(__name__)


class PcscLiteServer:
    """Readers and cards of one process, for every program that is started with ``environment``.

    Readers and cards may come and go before ``start``, while clients wait, and until ``stop``. A server is started
    once. ``socket_path`` lies in a directory that the caller made private; the socket itself has mode 0600.
    """

    def __init__(self, socket_path: Path, *, max_clients: int = MAX_CLIENTS) -> None:
        self._path = socket_path
        self._max_clients = max_clients
        self._table = ReaderTable()
        self._service = CardService(self._table)
        self._lock = threading.Lock()
        self._clients: dict[socket.socket, threading.Thread] = {}
        self._listener: socket.socket | None = None
        self._acceptor: threading.Thread | None = None
        self._inode: tuple[int, int] | None = None
        self._stopped = False

    # --- readers and cards

    @property
    def readers(self) -> tuple[str, ...]:
        """The names of the readers, in the order clients list them."""
        return self._table.names

    def add_reader(self, name: str, card: Card | None = None) -> str:
        """Plug in a reader, with a card in it or empty; returns ``name``, its key in all other calls."""
        self._table.add(name)
        if card is not None:
            self.insert(name, card)
        return name

    def remove_reader(self, name: str) -> Card | None:
        """Unplug a reader; returns the card that was in it."""
        return self._table.drop(name)

    def insert(self, reader: str, card: Card) -> None:
        """Put a card into an empty reader. It is powered when the first client connects."""
        self._table.insert(reader, card)

    def remove(self, reader: str) -> Card:
        """Take the card out: handles that clients have on it are dead, and it is powered off.

        A card at work is not waited for here; before it is used elsewhere, ``await_idle``.
        """
        return self._table.remove(reader)

    def await_idle(self, card: Card) -> None:
        """Wait until a card taken out in mid-command is through with it; ``SlotError`` when that takes too long."""
        self._table.await_idle(card)

    # --- life

    @property
    def environment(self) -> dict[str, str]:
        """What to add to the environment of a program so that it finds these readers."""
        return {ENVIRONMENT_VARIABLE: str(self._path.absolute())}

    def start(self) -> None:
        """Listen. The readers can be used when this returns."""
        if self._listener is not None or self._stopped:
            raise ReaderClosedError("this server was started before", hint="make a new one")
        self._listener = _listen(self._path)
        found = os.stat(self._path)  # noqa: PTH116 - the same call as for the comparison in stop
        self._inode = (found.st_dev, found.st_ino)
        self._acceptor = threading.Thread(target=self._accept, args=(self._listener,), name="pcsclite", daemon=True)
        self._acceptor.start()

    def stop(self) -> None:
        """Drop all clients, power all cards off, remove the socket. A second call does nothing.

        A thread whose card hangs cannot be ended; it is left behind, as a daemon.
        """
        self._stopped = True
        listener, self._listener = self._listener, None
        if listener is not None and self._acceptor is not None:
            self._unlink()
            with contextlib.suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)  # wakes accept()
            self._acceptor.join(STOP_TIMEOUT_S)
            listener.close()
        with self._lock:
            clients = dict(self._clients)
        for client in clients:
            _hang_up(client)
        deadline = time.monotonic() + STOP_TIMEOUT_S
        for thread in clients.values():
            thread.join(max(0.0, deadline - time.monotonic()))
        for reader in self._table.names:
            self._table.drop(reader)

    def __enter__(self) -> PcscLiteServer:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    # --- inside

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                if self._stopped:
                    return
                time.sleep(_SHORT_OF_S)
                continue
            with self._lock:
                if self._stopped or len(self._clients) >= self._max_clients:
                    client.close()
                    continue
                thread = threading.Thread(target=self._serve, args=(client,), name="pcsclite-client", daemon=True)
                try:
                    thread.start()
                except RuntimeError:  # no room for one more thread
                    client.close()
                    continue
                self._clients[client] = thread

    def _serve(self, client: socket.socket) -> None:
        session = Session(
            self._table,
            self._service,
            send=client.sendall,
            signal=lambda message: _send_at_once(client, message),
            alive=lambda: _is_alive(client),
        )
        try:
            while received := _receive(client):
                session.receive(received)
        except ProtocolError as error:
            _log.warning("a client was dropped: %s", error)
        except OSError as error:
            _log.debug("a client vanished: %s", error)
        finally:
            _hang_up(client)
            try:
                session.close()
            finally:
                with self._lock:
                    del self._clients[client]
                client.close()

    def _unlink(self) -> None:
        """Remove the socket, unless another server has put its own in its place."""
        with contextlib.suppress(OSError):
            found = os.stat(self._path)  # noqa: PTH116
            if (found.st_dev, found.st_ino) == self._inode:
                self._path.unlink()


def _listen(path: Path) -> socket.socket:
    name = str(path)
    if len(os.fsencode(name)) > MAX_PATH_BYTES:
        raise SocketPathError(
            f"the path of a Unix socket has at most {MAX_PATH_BYTES} bytes, this one {len(os.fsencode(name))}",
            path=path,
            hint="choose a directory with a shorter name",
        )
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        with _alone_in(path.parent):
            _clear_stale(path)
            listener.bind(name)
            path.chmod(0o600)  # before listen(), so that nobody else was ever let in
            listener.listen(socket.SOMAXCONN)
    except OSError as error:
        listener.close()
        raise SocketPathError(
            f"cannot listen at {name}: {error.strerror}", path=path, hint="is the directory there and yours?"
        ) from error
    except ReaderError:
        listener.close()
        raise
    return listener


@contextlib.contextmanager
def _alone_in(directory: Path) -> Iterator[None]:
    """Let one server at a time begin here: a socket that is bound and not yet listened at looks like a dead one's."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        with contextlib.suppress(OSError):  # a file system without locks
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _clear_stale(path: Path) -> None:
    """Remove the socket of a server that died; refuse one that lives, and anything that is no socket."""
    try:
        mode = path.lstat().st_mode
    except OSError:
        return
    if not stat.S_ISSOCK(mode):
        raise SocketPathError(f"{path} is there and is not a socket", path=path, hint="choose another path")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        try:
            probe.connect(str(path))
        except ConnectionRefusedError:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise SocketPathError(f"cannot tell who listens at {path}: {error.strerror}", path=path) from error
        else:
            raise SocketInUseError(
                f"a server listens at {path} already", path=path, hint="stop it, or choose another path"
            )


def _receive(client: socket.socket) -> bytes:
    """What comes next, or nothing at the end.

    A client that works sends its next command within microseconds, and to look for it a little before going to sleep
    saves waking up, which costs more than all else here: 85,000 APDU/s where the two share a processor and 35,000 where
    they do not, instead of 13,000 (measured, a virtual machine with two processors).
    """
    until = time.monotonic() + _EAGER_S
    while True:
        try:
            return client.recv(_RECEIVE_BYTES, socket.MSG_DONTWAIT)
        except BlockingIOError:
            if time.monotonic() >= until:
                return client.recv(_RECEIVE_BYTES)
            os.sched_yield()


def _send_at_once(client: socket.socket, message: bytes) -> None:
    """Send without waiting; a client that does not read what it asked for is dropped."""
    try:
        sent = client.send(message, socket.MSG_DONTWAIT)
    except OSError:
        sent = 0
    if sent < len(message):
        _hang_up(client)


def _is_alive(client: socket.socket) -> bool:
    try:
        return bool(client.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT))
    except BlockingIOError:
        return True
    except OSError:
        return False


def _hang_up(client: socket.socket) -> None:
    """End both directions: a thread that reads or writes there wakes up."""
    with contextlib.suppress(OSError):
        client.shutdown(socket.SHUT_RDWR)
