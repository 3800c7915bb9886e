"""Traces, read: what ``readers.trace`` wrote, line by line, or as a Channel or a Card that plays them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from apdu.status import StatusWord
from readers.errors import (
    CardRemovedError,
    CardResetError,
    CardTimeoutError,
    NoReaderError,
    ProtocolError,
    ReaderError,
    TraceError,
)
from readers.trace import NO_ANSWER, SCHEMA

_SHOWN: Final = 4  # CLA INS P1 P2
_ERRORS: Final = {
    kind.__name__: kind for kind in (CardRemovedError, CardResetError, CardTimeoutError, NoReaderError, ProtocolError)
} | {NO_ANSWER: CardTimeoutError}
_OTHER_WAY: Final = bytes(StatusWord(0x6F00))
_TEXTS: Final = ("card", "command", "response", "error", "atr", "fault", "event")


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceLine:
    """One line after the first: an exchange, a failure, a reset or a fault. Hexadecimal stands as it was written."""

    number: int
    card: str | None = None
    command: str | None = None
    response: str | None = None
    error: str | None = None
    atr: str | None = None
    fault: str | None = None
    event: str | None = None

    def bytes_of(self, text: str | None) -> bytes:
        """Hexadecimal of this line, with zeros for what is hidden."""
        try:
            if text is not None:
                return bytes.fromhex(text.replace("*", "0"))
        except ValueError:
            pass
        raise TraceError(f"line {self.number} of the trace has no bytes where there should be some")


def read_trace(lines: Iterable[str]) -> Iterator[TraceLine]:
    """Every line after the first; ``TraceError`` for what belongs to no trace."""
    number = 0
    for number, text in enumerate(lines, start=1):
        try:
            line = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise TraceError(f"line {number} of the trace is no JSON") from error
        if not isinstance(line, dict) or (number == 1 and line != {"trace": SCHEMA}):
            raise TraceError(f"line {number} does not belong to a trace of schema {SCHEMA}")
        if number > 1:
            yield _line(number, line)
    if not number:
        raise TraceError("the trace is empty")


def _line(number: int, line: dict[str, Any]) -> TraceLine:
    """Texts that a terminal can show; other fields are of no use here."""
    found = {name: line[name] for name in _TEXTS if name in line}
    if not all(isinstance(value, str) and value.isprintable() for value in found.values()):
        raise TraceError(f"line {number} of the trace has a field that is no text")
    return TraceLine(number=number, **found)


class ReplayCard:
    """The card of a recorded trace, for a reader that other programs use. ``TraceError`` where it was never powered on.

    The client's resets need not be the recorded ones. A client that goes another way is answered 6F00 from there on,
    and ``complaint`` says where that was.
    """

    def __init__(self, lines: Sequence[TraceLine]) -> None:
        self._lines = iter([line for line in lines if line.fault is None and line.atr is None])
        self._atr = next((line.bytes_of(line.atr) for line in lines if line.atr is not None), b"")
        if not self._atr:
            raise TraceError("the trace has no ATR", hint="record it from the beginning: mynalab run --trace FILE")
        self.complaint = ""

    @property
    def atr(self) -> bytes:
        """The first that was recorded."""
        return self._atr

    def power_off(self) -> None:
        """Nothing is lost."""

    def reset(self) -> None:
        """Nothing is lost."""

    def close(self) -> None:
        """Nothing is kept."""

    def process(self, raw: bytes) -> bytes:
        """The recorded response, if this is the recorded command; no byte where the recorded one failed."""
        line = None if self.complaint else next(self._lines, None)
        if line is None:
            self.complaint = self.complaint or "the trace ended before the client did"
            return _OTHER_WAY
        if line.command is None or not _matches(line.command, raw):
            self.complaint = f"line {line.number} of the trace is not the command {raw[:_SHOWN].hex().upper()}…"
            return _OTHER_WAY
        return b"" if line.error is not None else line.bytes_of(line.response)


def by_card(lines: Iterable[str]) -> dict[str | None, list[TraceLine]]:
    """The lines of each card of a trace, whole, in the order in which the cards appear; there is one at least."""
    found: dict[str | None, list[TraceLine]] = {}
    for line in read_trace(lines):
        found.setdefault(line.card, []).append(line)
    if not found:
        raise TraceError("the trace has nothing but its first line", hint="nothing passed while it was recorded")
    return found


class ReplayChannel:
    """The card's side of a recorded trace. ``TraceError`` when the client goes another way than the recorded one.

    Hidden bytes of a command match any, those of a response come as 00. ``card`` is whose lines to play, where the
    trace is of several.
    """

    def __init__(self, lines: Iterable[str], *, card: str | None = None) -> None:
        self._lines = (line for line in read_trace(lines) if line.fault is None and card in (None, line.card))

    def transmit(self, raw: bytes) -> bytes:
        """The recorded response, if this is the recorded command."""
        line = self._next()
        if line.command is None or not _matches(line.command, raw):
            # Only the header of what came: its body may be a PIN.
            raise TraceError(f"line {line.number} of the trace is not the command {raw[:_SHOWN].hex().upper()}…")
        if line.error is not None:
            kind = _ERRORS.get(line.error, ReaderError)
            raise kind(f"line {line.number} of the trace failed so when it was recorded: {line.error}")
        return line.bytes_of(line.response)

    def reset(self) -> bytes:
        """The recorded ATR, if this is where the recorded card was reset."""
        line = self._next()
        if line.atr is None:
            raise TraceError(f"line {line.number} of the trace is no reset")
        return line.bytes_of(line.atr)

    def _next(self) -> TraceLine:
        try:
            return next(self._lines)
        except StopIteration:
            raise TraceError("the trace ends here", hint="the client sends more than was recorded") from None


def _matches(wanted: str, raw: bytes) -> bool:
    text = raw.hex().upper()
    return len(wanted) == len(text) and all(each in ("*", found) for each, found in zip(wanted, text, strict=True))
