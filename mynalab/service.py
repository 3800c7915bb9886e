"""The control socket of `mynalab serve`: one JSON object a line, one answer a line, the user's own eyes only."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import socketserver
import stat
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from mynalab.errors import EXPECTED_ERRORS, LabUnwritableError, ServiceError

CONTROL_NAME = "control"
_TIMEOUT_SECONDS = 10.0
_LONGEST_LINE = 65_536
_LOOK_EVERY_SECONDS = 0.05  # whether to stop

Answer = Callable[[Mapping[str, Any]], dict[str, Any]]


def private_directory(path: Path) -> Path:
    """Make ``path`` (and its parent) for this user alone; refuse one that others own or can enter."""
    for directory in (path.parent, path):
        try:
            directory.mkdir(mode=0o700, exist_ok=True)
            found = directory.stat(follow_symlinks=False)
        except OSError as error:
            raise LabUnwritableError(
                f"{directory} cannot be made: {error.strerror}", hint="set XDG_RUNTIME_DIR to a directory of yours"
            ) from error
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid():
            raise LabUnwritableError(
                f"{directory} belongs to someone else", hint="set XDG_RUNTIME_DIR to a directory of yours"
            )
    path.chmod(0o700)
    return path


class ControlServer:
    """Answers requests on ``path`` until it is stopped. ``answer`` may raise ``LabError``: the peer is told."""

    def __init__(self, path: Path, answer: Answer) -> None:
        path.unlink(missing_ok=True)
        self._path = path
        self._server = _server(path, answer)
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(_LOOK_EVERY_SECONDS,), name="mynalab-control", daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """Stop answering and remove the socket."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
        self._path.unlink(missing_ok=True)


def ask(path: Path, request: Mapping[str, Any]) -> dict[str, Any]:
    """Send one request to a running `mynalab serve`; ``ServiceError`` when there is none, or it refuses."""
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(_TIMEOUT_SECONDS)
            connection.connect(os.fspath(path))
            connection.sendall(json.dumps(request).encode() + b"\n")
            line = connection.makefile("rb").readline(_LONGEST_LINE)
    except OSError as error:
        raise ServiceError(
            "no readers are being served for this lab", hint="start them in another terminal: mynalab serve"
        ) from error
    answer = _json_object(line)
    if answer is None:
        raise ServiceError("`mynalab serve` gave no whole answer", hint="look at the terminal it runs in")
    if "error" in answer:
        raise ServiceError(str(answer["error"]), hint=str(answer.get("hint", "")))
    return answer


def _json_object(line: bytes) -> dict[str, Any] | None:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):  # UnicodeDecodeError and JSONDecodeError are ValueErrors
        return None
    return value if isinstance(value, dict) else None


def _server(path: Path, answer: Answer) -> socketserver.ThreadingUnixStreamServer:
    lock = threading.Lock()

    class Handler(socketserver.StreamRequestHandler):
        timeout = _TIMEOUT_SECONDS

        def handle(self) -> None:
            # A peer that stalls or vanishes is left to itself; the next one is served all the same.
            with contextlib.suppress(OSError):
                reply = self._reply(self.rfile.readline(_LONGEST_LINE))
                self.wfile.write(json.dumps(reply).encode() + b"\n")

        def _reply(self, line: bytes) -> dict[str, Any]:
            request = _json_object(line)
            if request is None:
                return {"error": "the request is no line with a JSON object"}
            try:
                with lock:
                    return answer(request)
            except EXPECTED_ERRORS as error:
                return {"error": str(error), "hint": error.hint}
            except OSError as error:
                return {"error": f"the file system refused: {error}", "hint": "look at the lab's directory"}

    class Server(socketserver.ThreadingUnixStreamServer):
        daemon_threads = True
        request_queue_size = 128  # socketserver's 5 refuses the sixth command of a script that starts many at once

    return Server(os.fspath(path), Handler)
