"""What the workers of these tests do; a module of its own, for they import it by its name."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from jpki.executing.chunks import Chunk, Result, Row

AT = datetime(2026, 5, 1, tzinfo=UTC)


def clock() -> datetime:
    return AT


def rows(count: int, **special: Sequence[int]) -> list[dict[str, Any]]:
    """``rows(9, raises=[4])``: nine rows, of which the fifth raises."""
    ways = {number: way for way, numbers in special.items() for number in numbers}
    return [{"n": number, "way": ways.get(number, "")} for number in range(count)]


@dataclass(frozen=True)
class Square:
    """The square of each row, odd or even; a file for each chunk that is begun, and what a row may do to its worker."""

    notes: Path
    slow_s: float = 0.0
    states: tuple[str, ...] = ("even", "odd", "spoilt")

    def __call__(self, chunk: Chunk) -> list[Result]:
        name = f"{chunk.number:04}-{chunk.first:05}-{len(chunk.rows)}-{os.getpid()}-{time.monotonic_ns()}"
        (self.notes / name).touch()
        return [result for row in chunk.rows for result in self.one(row)]

    def one(self, row: Row) -> list[Result]:
        time.sleep(self.slow_s)
        number = row["n"]
        match row["way"]:
            case "raises":
                raise KeyError("a name that must not be told")
            case "kills":
                os.kill(os.getpid(), signal.SIGKILL)
            case "kills-once" if not (self.notes.parent / f"killed-{number}").exists():
                (self.notes.parent / f"killed-{number}").touch()
                os.kill(os.getpid(), signal.SIGKILL)
            case "nothing":
                return []
            case "nonsense":
                return [{"state": "nonsense"}]
            case _:
                pass
        return [{"n": number, "square": number * number, "state": "odd" if number % 2 else "even"}]

    def spoilt(self, row: Row, *, number: int, why: str) -> Result:
        assert number == row["n"]
        return {"n": row["n"], "state": "spoilt", "why": why}

    def kill_in_the_middle(self, after: int) -> threading.Thread:
        """Begin to wait for so many chunks that are begun; then the worker of the newest, just begun, is killed."""

        def wait_and_kill() -> None:
            while len(begun := sorted(self.notes.iterdir(), key=lambda path: path.name.rpartition("-")[2])) < after:
                time.sleep(0.002)
            process = int(begun[-1].name.split("-")[3])
            os.kill(process, signal.SIGKILL)
            (self.notes.parent / "killed").write_text(str(process))

        thread = threading.Thread(target=wait_and_kill, daemon=True)
        thread.start()
        return thread

    def begun(self) -> list[tuple[int, int, int, int]]:
        """Number, first row, size and process of each chunk that was begun, in the order of their numbers."""
        parts = (path.name.split("-") for path in sorted(self.notes.iterdir()))
        return [(int(one[0]), int(one[1]), int(one[2]), int(one[3])) for one in parts]
