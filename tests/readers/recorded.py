"""A recorded session of a scripted card."""

from __future__ import annotations

import io
from collections.abc import Iterator

from readers.errors import ReaderError
from readers.trace import RecordingChannel, Scribe, Trace

SELECT_JPKI = "00A4040C0AD392F000260100000001"
SELECT_TEXT = "00A4040C0AD3921000310001010408"
SELECT_0A, SELECT_01, SELECT_06 = "00A4020C02000A", "00A4020C020001", "00A4020C020006"
READ = "00B0000004"
DATA = "3082061F9000"


class Script:
    """Answers in order; an exception is raised."""

    def __init__(self, *answers: str | Exception) -> None:
        self.answers: Iterator[str | Exception] = iter(answers)

    def transmit(self, raw: bytes) -> bytes:
        answer = next(self.answers)
        if isinstance(answer, Exception):
            raise answer
        return bytes.fromhex(answer)

    def reset(self) -> bytes:
        return b"\x3b\x00"


def record(*exchanges: tuple[str, str | Exception], unsafe: bool = False) -> list[str]:
    """The lines of a session after a reset."""
    file = io.StringIO()
    ticks = iter(range(100))
    trace = Trace(file.write, clock=lambda: next(ticks) / 1000, unsafe_keep_secrets=unsafe)
    channel = RecordingChannel(Script(*(answer for _, answer in exchanges)), Scribe(trace))
    channel.reset()
    for command, _ in exchanges:
        try:
            channel.transmit(bytes.fromhex(command))
        except ReaderError:
            continue
    return file.getvalue().splitlines()


IN_JPKI, IN_TEXT = (SELECT_JPKI, "9000"), (SELECT_TEXT, "9000")
