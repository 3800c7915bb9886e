"""Both directions of vpcd against a driver that behaves as libifdvpcd.so does on its socket."""

from __future__ import annotations

import errno
import socket
import threading
from collections.abc import Iterator

import pytest

from readers.errors import NoReaderError, ReaderClosedError, SocketInUseError
from readers.vpcd import VpcdClient, VpcdListener, serve
from readers.vpcd_wire import encode_frame

ATR = bytes.fromhex("3BE000FF8131FE4514")
DEADLINE_S = 5.0


class RecordingCard:
    """Writes down what it is asked; echoes every command before 9000."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.atr = ATR
        self.answer: bytes | None = None
        self.entered = threading.Event()
        self.may_answer = threading.Event()
        self.may_answer.set()

    def power_off(self) -> None:
        self.calls.append("power_off")

    def reset(self) -> None:
        self.calls.append("reset")

    def process(self, raw: bytes) -> bytes:
        self.calls.append(raw.hex())
        self.entered.set()
        assert self.may_answer.wait(DEADLINE_S)
        return raw + b"\x90\x00" if self.answer is None else self.answer


class Driver:
    """The driver's end of a connection."""

    def __init__(self, link: socket.socket) -> None:
        self.link = link
        link.settimeout(DEADLINE_S)

    def send(self, payload: bytes) -> None:
        """Header and body in two writes, as driver 0.8 does."""
        self.link.sendall(len(payload).to_bytes(2))
        self.link.sendall(payload)

    def ask(self, payload: bytes) -> bytes:
        self.send(payload)
        return self.answer()

    def answer(self) -> bytes:
        return self._read(int.from_bytes(self._read(2)))

    def _read(self, count: int) -> bytes:
        data = b""
        while len(data) < count:
            chunk = self.link.recv(count - len(data))
            assert chunk, "the card hung up"
            data += chunk
        return data


@pytest.fixture
def card() -> RecordingCard:
    return RecordingCard()


@pytest.fixture
def port_of_driver() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(DEADLINE_S)
        yield server


@pytest.fixture(params=["client", "listener"])
def inserted(
    request: pytest.FixtureRequest, card: RecordingCard, port_of_driver: socket.socket
) -> Iterator[tuple[VpcdClient | VpcdListener, Driver]]:
    """An endpoint in either direction and the driver that it talks to."""
    if request.param == "client":
        with VpcdClient(card, port=port_of_driver.getsockname()[1]) as client:
            link, _ = port_of_driver.accept()
            with link:
                yield client, Driver(link)
    else:
        with VpcdListener(card) as listener, socket.create_connection(("127.0.0.1", listener.port)) as link:
            yield listener, Driver(link)


Inserted = tuple[VpcdClient | VpcdListener, Driver]


def test_atr_is_given_when_asked(inserted: Inserted) -> None:
    assert inserted[1].ask(b"\x04") == ATR


def test_apdu_is_answered(inserted: Inserted) -> None:
    assert inserted[1].ask(b"\x00\x20\x00\x80") == b"\x00\x20\x00\x80\x90\x00"


def test_merged_controls_are_obeyed_in_order(inserted: Inserted, card: RecordingCard) -> None:
    driver = inserted[1]
    driver.link.sendall(b"".join(map(encode_frame, (b"\x00", b"\x01", b"\x02", b"\x04"))))
    assert driver.answer() == ATR
    assert card.calls == ["power_off", "reset", "reset"]


def test_frame_in_single_bytes(inserted: Inserted) -> None:
    driver = inserted[1]
    driver.link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for byte in encode_frame(b"\x00\xa4\x04\x0c"):
        driver.link.sendall(bytes((byte,)))
    assert driver.answer() == b"\x00\xa4\x04\x0c\x90\x00"


def test_longest_answer_that_has_a_frame(inserted: Inserted, card: RecordingCard) -> None:
    card.answer = bytes(65_533) + b"\x90\x00"
    assert inserted[1].ask(b"\x00\xb0\x00\x00\x00\x00\x00") == card.answer


def test_mute_card_is_one_that_left(inserted: Inserted, card: RecordingCard) -> None:
    """A fault's doing: no card answers without a byte, and no frame has none."""
    endpoint, driver = inserted
    card.answer = b""
    driver.link.sendall(encode_frame(b"\x00\xb0\x00\x00"))
    assert driver.link.recv(1) == b""
    assert endpoint.error is None


def test_answer_too_long_for_a_frame_becomes_wrong_length(inserted: Inserted, card: RecordingCard) -> None:
    card.answer = bytes(65_536) + b"\x90\x00"
    assert inserted[1].ask(b"\x00\xb0\x00\x00\x00\x00\x00") == b"\x67\x00"


def test_hanging_up_takes_the_supply_away(card: RecordingCard, port_of_driver: socket.socket) -> None:
    with VpcdClient(card, port=port_of_driver.getsockname()[1]) as client:
        link, _ = port_of_driver.accept()
        link.close()
        assert client.wait(DEADLINE_S)
        assert not client.is_running
        assert client.error is None
    assert card.calls == ["power_off"]


@pytest.mark.parametrize(
    ("stream", "message"), [(b"\x00\x00", "length 0"), (b"\x00\x05\x00\xa4", "inside a frame, 4 bytes")]
)
def test_broken_stream_ends_the_connection_and_says_why(
    card: RecordingCard, port_of_driver: socket.socket, stream: bytes, message: str
) -> None:
    with VpcdClient(card, port=port_of_driver.getsockname()[1]) as client:
        link, _ = port_of_driver.accept()
        with link:
            link.sendall(stream)
            link.shutdown(socket.SHUT_WR)
            assert client.wait(DEADLINE_S)
        assert client.error is not None
        assert message in str(client.error)


def test_stop_answers_what_is_in_flight(inserted: Inserted, card: RecordingCard) -> None:
    endpoint, driver = inserted
    card.may_answer.clear()
    driver.send(b"\x00\x20\x00\x80")
    assert card.entered.wait(DEADLINE_S)
    stopper = threading.Thread(target=endpoint.stop)
    stopper.start()
    card.may_answer.set()
    assert driver.answer() == b"\x00\x20\x00\x80\x90\x00"
    stopper.join(DEADLINE_S)
    assert not endpoint.is_running
    assert driver.link.recv(1) == b""
    assert card.calls[-1] == "power_off"


def test_stop_twice(inserted: Inserted) -> None:
    inserted[0].stop()
    inserted[0].stop()
    assert not inserted[0].is_running


def test_endpoint_is_for_one_insertion(inserted: Inserted) -> None:
    inserted[0].stop()
    with pytest.raises(ReaderClosedError, match="started or stopped before"):
        inserted[0].start()


def test_listener_serves_the_next_driver(card: RecordingCard) -> None:
    with VpcdListener(card) as listener:
        for _ in range(2):
            with socket.create_connection(("127.0.0.1", listener.port)) as link:
                assert Driver(link).ask(b"\x04") == ATR


@pytest.mark.parametrize("error", [ConnectionResetError(), TimeoutError(), OSError(errno.EHOSTUNREACH, "no route")])
def test_a_connection_that_breaks_is_a_driver_that_hung_up(card: RecordingCard, error: OSError) -> None:
    """A driver on another host can vanish in more ways than by a reset."""

    class Broken(socket.socket):
        def recv(self, *_: int) -> bytes:
            raise error

    with Broken() as link:
        serve(card, link)
    assert card.calls == []


def test_listener_without_a_driver_stops(card: RecordingCard) -> None:
    listener = VpcdListener(card)
    listener.start()
    listener.stop()
    assert not listener.is_running


def test_listener_names_a_taken_port(card: RecordingCard, port_of_driver: socket.socket) -> None:
    port = port_of_driver.getsockname()[1]
    with pytest.raises(SocketInUseError, match=f"cannot listen at 127.0.0.1:{port}"):
        VpcdListener(card, port=port).start()


def test_port_of_a_listener_that_was_not_started(card: RecordingCard) -> None:
    with pytest.raises(ReaderClosedError, match="not started"):
        _ = VpcdListener(card).port


def test_nobody_listens(card: RecordingCard, port_of_driver: socket.socket) -> None:
    port = port_of_driver.getsockname()[1]
    port_of_driver.close()
    with pytest.raises(NoReaderError, match=f"127.0.0.1:{port}") as caught:
        VpcdClient(card, port=port).start(deadline_s=0.1)
    assert "pcscd" in caught.value.hint


def test_driver_that_comes_up_late(card: RecordingCard) -> None:
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))  # bound, not listening: connections are refused until listen()
        client = VpcdClient(card, port=reserved.getsockname()[1])
        late = threading.Timer(0.15, reserved.listen)
        late.start()
        with client:
            reserved.settimeout(DEADLINE_S)
            link, _ = reserved.accept()
            with link:
                assert Driver(link).ask(b"\x04") == ATR
        late.join()
