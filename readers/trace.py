"""Traces: a Channel → Channel recorder that writes JSON lines, and a file → Channel replayer.

    line 1    {"trace": 1}
    exchange  {"ms": 12, "command": "00A4…", "response": "9000", "says": "SELECT …"}
    reset     {"ms": 13, "atr": "3B…"}
    failure   {"ms": 14, "command": "…", "error": "CardRemovedError"}

``ms`` counts from the first line. What ``apdu.explain`` withholds (PINs, the number, the attributes, images, and all
of which nobody knows that it is harmless) stands there as asterisks, two for a byte, so that lengths remain.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final, TypeAlias

from apdu.command import Command
from apdu.errors import CommandError
from apdu.explain import Explainer
from apdu.ports import Channel
from readers.errors import (
    CardRemovedError,
    CardResetError,
    CardTimeoutError,
    NoReaderError,
    ProtocolError,
    ReaderError,
    TraceError,
)

SCHEMA: Final = 1
HIDDEN: Final = "**"
_HEADER_SIZE: Final = 4  # CLA INS P1 P2
_SW_SIZE: Final = 2

_ERRORS: Final = {
    kind.__name__: kind for kind in (CardRemovedError, CardResetError, CardTimeoutError, NoReaderError, ProtocolError)
}

WriteLine: TypeAlias = Callable[[str], object]
Monotonic: TypeAlias = Callable[[], float]
"""Seconds since some moment: ``time.monotonic``, or a test's own."""


class RecordingChannel:
    """``channel``, with a line for every exchange. Without ``write`` nothing is recorded, and nothing in the way.

    ``unsafe_keep_secrets`` writes PINs and personal data as they are.
    """

    def __init__(
        self, channel: Channel, write: WriteLine | None, *, clock: Monotonic, unsafe_keep_secrets: bool = False
    ) -> None:
        self._channel = channel
        self._write = write
        self._clock = clock
        self._start = clock()
        self._unsafe_keep_secrets = unsafe_keep_secrets
        self._explainer = Explainer()
        self.transmit = channel.transmit if write is None else self._record
        """Send one command APDU, return the response APDU."""
        self._put({"trace": SCHEMA})

    def reset(self) -> bytes:
        """Reset the card and return its ATR."""
        atr = self._channel.reset()
        self._explainer.reset()
        self._put({"ms": self._ms(), "atr": atr.hex().upper()})
        return atr

    def _record(self, raw: bytes) -> bytes:
        try:
            response = self._channel.transmit(raw)
        except ReaderError as error:
            hide = self._explainer.explain(raw).redacted
            self._put({"ms": self._ms(), "command": self._command(raw, hide=hide), "error": type(error).__name__})
            raise
        said = self._explainer.explain(raw, response)
        self._put(
            {
                "ms": self._ms(),
                "command": self._command(raw, hide=said.redacted),
                "response": self._response(response, hide=said.redacted),
                "says": said.sentence,
            }
        )
        return response

    def _put(self, line: dict[str, Any]) -> None:
        if self._write is not None:
            self._write(json.dumps(line, ensure_ascii=False) + "\n")

    def _ms(self) -> int:
        return round((self._clock() - self._start) * 1000)

    def _command(self, raw: bytes, *, hide: bool) -> str:
        """The header always, and of the rest Lc and Le at most, where the body is hidden."""
        text = raw.hex().upper()
        if not hide or self._unsafe_keep_secrets:
            return text
        try:
            command = Command.decode(raw)
        except CommandError:
            return text[: 2 * _HEADER_SIZE] + HIDDEN * (len(raw) - _HEADER_SIZE)
        start = _HEADER_SIZE + (3 if command.extended else 1)
        end = start + command.nc
        return text[: 2 * start] + HIDDEN * command.nc + text[2 * end :] if command.nc else text

    def _response(self, response: bytes, *, hide: bool) -> str:
        text = response.hex().upper()
        if not hide or self._unsafe_keep_secrets:
            return text
        size = max(0, len(response) - _SW_SIZE)
        return HIDDEN * size + text[2 * size :]


class ReplayChannel:
    """The card's side of a recorded trace. ``TraceError`` when the client goes another way than the recorded one.

    Hidden bytes of a command match any, those of a response come as 00.
    """

    def __init__(self, lines: Iterable[str]) -> None:
        self._lines = _read(lines)

    def transmit(self, raw: bytes) -> bytes:
        """The recorded response, if this is the recorded command."""
        number, line = self._next()
        wanted = line.get("command")
        if not isinstance(wanted, str) or not _matches(wanted, raw):
            # Only the header of what came: its body may be a PIN.
            raise TraceError(f"line {number} of the trace is not the command {raw[:_HEADER_SIZE].hex().upper()}…")
        if "error" in line:
            kind = _ERRORS.get(str(line["error"]), ReaderError)
            raise kind(f"line {number} of the trace failed so when it was recorded: {line['error']}")
        return _bytes(line.get("response"), number)

    def reset(self) -> bytes:
        """The recorded ATR, if this is where the recorded card was reset."""
        number, line = self._next()
        if "atr" not in line:
            raise TraceError(f"line {number} of the trace is no reset")
        return _bytes(line["atr"], number)

    def _next(self) -> tuple[int, dict[str, Any]]:
        try:
            return next(self._lines)
        except StopIteration:
            raise TraceError("the trace ends here", hint="the client sends more than was recorded") from None


def _read(lines: Iterable[str]) -> Iterator[tuple[int, dict[str, Any]]]:
    """Numbered lines after the first."""
    number = 0
    for number, text in enumerate(lines, start=1):
        try:
            line = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise TraceError(f"line {number} of the trace is no JSON") from error
        if not isinstance(line, dict) or (number == 1 and line != {"trace": SCHEMA}):
            raise TraceError(f"line {number} does not belong to a trace of schema {SCHEMA}")
        if number > 1:
            yield number, line
    if not number:
        raise TraceError("the trace is empty")


def _matches(wanted: str, raw: bytes) -> bool:
    text = raw.hex().upper()
    return len(wanted) == len(text) and all(each in ("*", found) for each, found in zip(wanted, text, strict=True))


def _bytes(text: object, number: int) -> bytes:
    try:
        if isinstance(text, str):
            return bytes.fromhex(text.replace("*", "0"))
    except ValueError:
        pass
    raise TraceError(f"line {number} of the trace has no bytes where there should be some")
