"""Run in a process of its own: does the PC/SC calls that come as JSON lines, through whatever libpcsclite it has.

libpcsclite reads the path of the socket once in a process's life, and one process has one libpcsclite.
"""

from __future__ import annotations

import json
import sys
import threading
from pathlib import Path
from typing import Any

from smartcard import scard

_writing = threading.Lock()


def _call(number: int, name: str, arguments: list[Any]) -> None:
    if name == "SCardGetStatusChange":
        arguments[2] = [tuple(state) for state in arguments[2]]
    result = _libraries() if name == "libraries" else getattr(scard, name)(*arguments)
    with _writing:
        print(json.dumps([number, result]), flush=True)


def _libraries() -> list[str]:
    maps = Path("/proc/self/maps").read_text(encoding="ascii")
    return sorted({line.split()[-1] for line in maps.splitlines() if "libpcsclite" in line})


def main() -> None:
    """Each line is ``[number, function, arguments]``; every call has its own thread, so that one may cancel another."""
    for line in sys.stdin:
        threading.Thread(target=_call, args=json.loads(line), daemon=True).start()


if __name__ == "__main__":
    main()
