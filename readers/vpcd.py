"""A card in a slot of a real pcscd: Card → TCP → the driver libifdvpcd.so.

The driver listens and the card connects (``VpcdClient``), or, with ``DEVICENAME host:port`` in reader.conf, the
card listens and the driver connects (``VpcdListener``). A connected socket is an inserted card; a closed one an
empty slot. pcscd looks every 400 ms, so a card that comes back sooner was never away.
"""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from abc import ABC, abstractmethod
from typing import Self

from apdu.ports import Card
from apdu.status import StatusWord
from readers.errors import NoReaderError, ProtocolError, ReaderClosedError, SocketInUseError
from readers.vpcd_wire import MAX_PAYLOAD, Apdu, Control, Event, FrameParser, encode_frame

DEFAULT_PORT = 0x8C7B  # slot n is at this port + n (vsmartcard src/vpcd/vpcd.h, VPCDPORT)
LOOPBACK = "127.0.0.1"
CONNECT_DEADLINE_S = 10.0
JOIN_DEADLINE_S = 5.0
_RETRY_INTERVAL_S = 0.05
_RECEIVE_SIZE = MAX_PAYLOAD + 2
_QUICKACK: int | None = getattr(socket, "TCP_QUICKACK", None)  # Linux alone has it
_DOES_NOT_FIT = bytes(StatusWord(0x6700))  # the card's answer has no frame: Ne was too large for this path


class _VpcdEndpoint(ABC):
    """What both directions share: one thread, at most one connection, an orderly end."""

    def __init__(self, card: Card) -> None:
        self._card = card
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._link: socket.socket | None = None
        self._lock = threading.Lock()
        self._error: ProtocolError | None = None

    @property
    def error(self) -> ProtocolError | None:
        """Why the last connection ended, when it was the driver's bytes."""
        return self._error

    @property
    def is_running(self) -> bool:
        """True while the thread serves or waits for the driver."""
        return self._thread is not None and self._thread.is_alive()

    def wait(self, timeout_s: float | None = None) -> bool:
        """Wait until the thread has ended (the driver hung up, or ``stop``); False on timeout."""
        if self._thread is None:
            return True
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def stop(self) -> None:
        """Take the card out: answer what is in flight, close, power the card off. May be called twice."""
        self._stopping.set()
        with self._lock:
            # Reading ends, writing does not: a card that closes in mid-exchange makes pcscd report an empty
            # response as a success (measured with driver 0.8).
            _shutdown(self._link, socket.SHUT_RD)
        if not self.wait(JOIN_DEADLINE_S):
            with self._lock:
                _shutdown(self._link, socket.SHUT_RDWR)

    @abstractmethod
    def start(self) -> None:
        """Put the card in, then serve in a thread."""

    @abstractmethod
    def _run(self) -> None:
        """What the thread does."""

    def _launch(self, name: str) -> None:
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def _check_fresh(self) -> None:
        if self._thread is not None or self._stopping.is_set():
            raise ReaderClosedError(
                "this endpoint was started or stopped before", hint="make a new one for each insertion"
            )

    def _serve_link(self, link: socket.socket) -> None:
        with self._lock:
            self._link = link
            if self._stopping.is_set():
                _shutdown(link, socket.SHUT_RD)
        self._error = None
        try:
            serve(self._card, link)
        except ProtocolError as error:
            if not self._stopping.is_set():  # a stop may well cut a frame: that is not the driver's fault
                self._error = error
        finally:
            with self._lock:
                self._link = None
                link.close()
            self._card.power_off()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.stop()


class VpcdClient(_VpcdEndpoint):
    """Inserts ``card`` into the slot that a pcscd's vpcd driver has at ``host``:``port``."""

    def __init__(self, card: Card, *, host: str = LOOPBACK, port: int = DEFAULT_PORT) -> None:
        super().__init__(card)
        self._address = (host, port)

    def start(self, *, deadline_s: float = CONNECT_DEADLINE_S) -> None:
        """Connect, trying again until ``deadline_s`` has passed (pcscd may be starting), then serve in a thread.

        ``NoReaderError`` when nobody listens by then.
        """
        self._check_fresh()
        self._link = self._connect(time.monotonic() + deadline_s)
        self._launch(f"vpcd {self._address[0]}:{self._address[1]}")

    def _connect(self, deadline: float) -> socket.socket:
        while True:
            try:
                return _connect_once(self._address, timeout_s=max(deadline - time.monotonic(), 0.1))
            except OSError as error:
                if time.monotonic() >= deadline or self._stopping.is_set():
                    raise self._unreachable(error) from error
            self._stopping.wait(_RETRY_INTERVAL_S)

    def _unreachable(self, error: OSError) -> NoReaderError:
        host, port = self._address
        return NoReaderError(
            f"no vpcd driver answers at {host}:{port}: {error.strerror or error}",
            hint="start pcscd first; the package vsmartcard-vpcd gives it the driver and "
            f"/etc/reader.conf.d/vpcd its port ({DEFAULT_PORT} and the next one as shipped)",
        )

    def _run(self) -> None:
        link = self._link
        assert link is not None  # start() connected before it launched this thread
        self._serve_link(link)


class VpcdListener(_VpcdEndpoint):
    """The reversed direction: ``card`` waits on loopback for a driver to connect, again after each one.

    Driver 0.8 connects once, to both of its ports: it takes pcscd down when one of them refuses, and does not come
    back after a loss (measured). So it needs two of these, at PORT and PORT + 1, and before pcscd starts.
    """

    def __init__(self, card: Card, *, port: int = 0) -> None:
        super().__init__(card)
        self._wanted_port = port
        self._server: socket.socket | None = None

    @property
    def port(self) -> int:
        """The port that the driver has to connect to."""
        if self._server is None:
            raise ReaderClosedError("the listener was not started")
        return int(self._server.getsockname()[1])

    def start(self) -> None:
        """Listen, then serve in a thread. ``SocketInUseError`` when the port is taken."""
        self._check_fresh()
        try:
            self._server = socket.create_server((LOOPBACK, self._wanted_port), backlog=1)
        except OSError as error:
            raise SocketInUseError(
                f"cannot listen at {LOOPBACK}:{self._wanted_port}: {error.strerror}",
                hint="choose another port, or 0 for any free one",
            ) from error
        self._launch(f"vpcd listener {self.port}")

    def stop(self) -> None:
        """Stop listening and take the card out."""
        self._stopping.set()
        _shutdown(self._server, socket.SHUT_RDWR)  # wakes accept() on Linux
        super().stop()

    def _run(self) -> None:
        server = self._server
        assert server is not None  # start() made it before it launched this thread
        with server:
            while not self._stopping.is_set():
                try:
                    link, _ = server.accept()
                except OSError:
                    return  # stop() shut the socket down
                self._serve_link(link)


def serve(card: Card, link: socket.socket) -> None:
    """Be ``card`` on ``link`` until the driver hangs up. ``ProtocolError`` when it does so inside a frame."""
    link.settimeout(None)
    link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    parser = FrameParser()
    try:
        while data := _receive(link):
            for event in parser.feed(data):
                answer = _answer(card, event)
                if answer == b"":
                    return  # a mute card: hanging up is how this protocol says that there is none
                if answer is not None:
                    link.sendall(encode_frame(answer))
    except OSError:
        return  # the driver or its host died, or the network between: for the card the same as hanging up
    parser.finish()


def _receive(link: socket.socket) -> bytes:
    # Driver 0.8 sends header and body apart, with Nagle's algorithm on: the body waits for the ACK of the header,
    # which Linux delays by 40 ms unless told so before every single recv (measured: 21 APDU/s against 17,000).
    if _QUICKACK is not None:
        link.setsockopt(socket.IPPROTO_TCP, _QUICKACK, 1)
    return link.recv(_RECEIVE_SIZE)


def _answer(card: Card, event: Event) -> bytes | None:
    """The payload that the driver waits for, or None where it waits for nothing."""
    if isinstance(event, Apdu):
        answer = card.process(event.raw)
        return answer if len(answer) <= MAX_PAYLOAD else _DOES_NOT_FIT
    if event is Control.GET_ATR:
        return card.atr
    if event is Control.POWER_OFF:
        card.power_off()
    else:  # pcscd powers a card on once or twice in a row: either way it starts afresh
        card.reset()
    return None


def _connect_once(address: tuple[str, int], *, timeout_s: float) -> socket.socket:
    link = socket.create_connection(address, timeout=timeout_s)
    if link.getsockname() == link.getpeername():
        # The port lies in Linux's range for outgoing connections, so with nobody listening TCP may connect the
        # socket to itself (RFC 9293 section 3.5, simultaneous open).
        link.close()
        raise ConnectionRefusedError("connected to itself")
    return link


def _shutdown(link: socket.socket | None, how: int) -> None:
    if link is not None:
        with contextlib.suppress(OSError):  # not connected any more
            link.shutdown(how)
