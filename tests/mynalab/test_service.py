"""The control socket: asked properly, asked nonsense, and not there at all."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from mynalab.errors import CardNameError, LabUnwritableError, ServiceError
from mynalab.service import ControlServer, ask, private_directory


def answer(request: Mapping[str, Any]) -> dict[str, Any]:
    """Echo, or fail as the request wishes."""
    match request.get("operation"):
        case "refuse":
            raise CardNameError("no such card", hint="make it")
        case "break":
            raise PermissionError(13, "Permission denied")
    return {"echo": request}


@pytest.fixture
def path(home: Path) -> Path:
    return private_directory(Path(os.environ["XDG_RUNTIME_DIR"]) / "lab") / "control"


@pytest.fixture
def server(path: Path) -> Iterator[ControlServer]:
    control = ControlServer(path, answer)
    yield control
    control.stop()


def talk(path: Path, line: bytes) -> dict[str, Any]:
    """Send bytes as they are, and read the answer."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(5)
        connection.connect(str(path))
        connection.sendall(line)
        connection.shutdown(socket.SHUT_WR)
        reply: dict[str, Any] = json.loads(connection.makefile("rb").read())
        return reply


def test_request_is_answered(path: Path, server: ControlServer) -> None:
    assert ask(path, {"card": "alice"}) == {"echo": {"card": "alice"}}


def test_refusal_keeps_message_and_hint(path: Path, server: ControlServer) -> None:
    with pytest.raises(ServiceError, match="no such card") as caught:
        ask(path, {"operation": "refuse"})
    assert caught.value.hint == "make it"


def test_file_system_that_refuses_is_told(path: Path, server: ControlServer) -> None:
    with pytest.raises(ServiceError, match="Permission denied"):
        ask(path, {"operation": "break"})


@pytest.mark.parametrize(
    "line",
    [b"", b"\n", b"hello\n", b"[]\n", b"7\n", b"null\n", b'{"card": ', b"\xff\xfe\n", b"[" * 60_000, b"x" * 60_000],
    ids=["nothing", "empty", "word", "list", "number", "null", "cut", "not-utf8", "deep", "long"],
)
def test_garbage_is_refused_and_the_next_request_answered(
    path: Path, server: ControlServer, line: bytes, capfd: pytest.CaptureFixture[str]
) -> None:
    assert talk(path, line) == {"error": "the request is no line with a JSON object"}
    assert ask(path, {"card": "bob"}) == {"echo": {"card": "bob"}}
    assert capfd.readouterr().err == ""


def test_line_without_end_is_not_kept(path: Path, server: ControlServer) -> None:
    with socket.socket(socket.AF_UNIX) as connection, contextlib.suppress(OSError):
        connection.settimeout(5)
        connection.connect(str(path))
        connection.sendall(b"x" * 2_000_000)
        pytest.fail("the service read on and on")
    assert ask(path, {"card": "bob"}) == {"echo": {"card": "bob"}}


def test_client_that_vanishes_leaves_no_trace(
    path: Path, server: ControlServer, capfd: pytest.CaptureFixture[str]
) -> None:
    for _ in range(20):
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(str(path))
            connection.sendall(b'{"operation": "list"}\n')
    assert ask(path, {"card": "bob"}) == {"echo": {"card": "bob"}}
    assert capfd.readouterr().err == ""


def test_client_that_stalls_keeps_nobody_else_waiting(path: Path, server: ControlServer) -> None:
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(str(path))
        connection.sendall(b'{"card"')
        assert ask(path, {"card": "bob"}) == {"echo": {"card": "bob"}}


def test_stop_removes_the_socket(path: Path) -> None:
    ControlServer(path, answer).stop()
    assert not path.exists()


def test_stale_socket_is_replaced(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(path))
    control = ControlServer(path, answer)
    assert ask(path, {}) == {"echo": {}}
    control.stop()


def test_no_server_says_how_to_start_one(path: Path) -> None:
    with pytest.raises(ServiceError, match="no readers are being served") as caught:
        ask(path, {})
    assert "mynalab serve" in caught.value.hint


@pytest.mark.parametrize("reply", [b"", b"5\n", b"[]\n", b'{"reader": "00"', b"\xff\n", b"[" * 60_000])
def test_server_that_answers_nonsense_is_no_crash(path: Path, reply: bytes) -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen(1)

        def serve() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(65_536)
                connection.sendall(reply)

        thread = threading.Thread(target=serve)
        thread.start()
        with pytest.raises(ServiceError, match="no whole answer"):
            ask(path, {"operation": "list"})
        thread.join()


def test_directory_is_made_for_this_user_alone(home: Path) -> None:
    directory = private_directory(home / "a" / "b")
    assert directory.stat().st_mode & 0o777 == 0o700


def test_directory_of_others_is_refused(home: Path) -> None:
    (home / "a").symlink_to("/usr")
    with pytest.raises(LabUnwritableError, match="belongs to someone else"):
        private_directory(home / "a" / "b")


def test_file_in_the_way_is_refused(home: Path) -> None:
    (home / "a").write_text("")
    with pytest.raises(LabUnwritableError) as caught:
        private_directory(home / "a" / "b")
    assert "XDG_RUNTIME_DIR" in caught.value.hint
