"""Recording: Channel → Channel and Card → Card wrappers that write an exchange a line, in JSON.

    line 1    {"trace": 1}
    exchange  {"ms": 12, "command": "00A4…", "response": "9000", "says": "SELECT …"}
    reset     {"ms": 13, "atr": "3B…"}
    failure   {"ms": 14, "command": "…", "error": "CardRemovedError"}
    fault     {"ms": 15, "fault": "reset before VERIFY 1, once", "event": "VERIFY", "number": 1}

``ms`` counts from the first line. Where cards share a trace, each line has the name of its ``card`` too. A fault stands
before the exchange that it struck. What ``apdu.explain`` withholds (PINs, the number, the attributes, images, and all
of which nobody knows that it is harmless) stands there as asterisks, two for a byte, so that lengths remain.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from threading import Lock
from typing import Any, Final, TypeAlias

from apdu.command import Command
from apdu.errors import CommandError
from apdu.explain import Explainer
from apdu.faults.engine import Firing
from apdu.ports import Card, Channel
from readers.errors import ReaderError

SCHEMA: Final = 1
HIDDEN: Final = "**"
NO_ANSWER: Final = "NoAnswer"
"""The failure of a card that answered without a byte, as only one with faults does."""
_HEADER_SIZE: Final = 4  # CLA INS P1 P2
_SW_SIZE: Final = 2

WriteLine: TypeAlias = Callable[[str], object]
Monotonic: TypeAlias = Callable[[], float]
"""Seconds since some moment: ``time.monotonic``, or a test's own."""


class Trace:
    """What lines go to, one whole line a call, from any thread. ``unsafe_keep_secrets`` writes everything as it is."""

    def __init__(self, write: WriteLine, *, clock: Monotonic, unsafe_keep_secrets: bool = False) -> None:
        self._write = write
        self._clock = clock
        self._start = clock()
        self._lock = Lock()
        self.unsafe_keep_secrets = unsafe_keep_secrets
        self._put({"trace": SCHEMA})

    def put(self, line: dict[str, Any]) -> None:
        """Write a line with its moment."""
        self._put({"ms": round((self._clock() - self._start) * 1000), **line})

    def _put(self, line: dict[str, Any]) -> None:
        text = json.dumps(line, ensure_ascii=False) + "\n"
        with self._lock:
            self._write(text)


class Scribe:
    """Writes down what passes between one card and its clients; knows what is selected, and so what to hide."""

    def __init__(self, trace: Trace, *, card: str | None = None) -> None:
        self._trace = trace
        self._label = {} if card is None else {"card": card}
        self._explainer = Explainer()

    def reset(self, atr: bytes) -> None:
        """The card was reset, or powered on."""
        self._explainer.reset()
        self._put({"atr": atr.hex().upper()})

    def exchange(self, raw: bytes, response: bytes) -> None:
        """A command and its response."""
        said = self._explainer.explain(raw, response)
        self._put(
            {
                "command": self._command(raw, hide=said.redacted),
                "response": self._response(response, hide=said.redacted),
                "says": said.sentence,
            }
        )

    def failure(self, raw: bytes, error: str) -> None:
        """A command without a response, and the name of the error."""
        hide = self._explainer.explain(raw).redacted
        self._put({"command": self._command(raw, hide=hide), "error": error})

    def fault(self, firing: Firing) -> None:
        """A fault struck."""
        self._put(firing.as_dict())

    def _put(self, line: dict[str, Any]) -> None:
        self._trace.put({**self._label, **line})

    def _command(self, raw: bytes, *, hide: bool) -> str:
        """The header always, and of the rest Lc and Le at most, where the body is hidden."""
        text = raw.hex().upper()
        if not hide or self._trace.unsafe_keep_secrets:
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
        if not hide or self._trace.unsafe_keep_secrets:
            return text
        size = max(0, len(response) - _SW_SIZE)
        return HIDDEN * size + text[2 * size :]


class RecordingChannel:
    """``channel``, with a line for every exchange. Without a ``scribe`` nothing is recorded, nor is in the way."""

    def __init__(self, channel: Channel, scribe: Scribe | None) -> None:
        self._channel = channel
        self._scribe = scribe
        self.transmit = channel.transmit if scribe is None else self._record
        """Send one command APDU, return the response APDU."""

    def reset(self) -> bytes:
        """Reset the card and return its ATR."""
        atr = self._channel.reset()
        if self._scribe is not None:
            self._scribe.reset(atr)
        return atr

    def _record(self, raw: bytes) -> bytes:
        assert self._scribe is not None
        try:
            response = self._channel.transmit(raw)
        except ReaderError as error:
            self._scribe.failure(raw, type(error).__name__)
            raise
        self._scribe.exchange(raw, response)
        return response


class RecordingCard:
    """``card`` for a reader that other programs use, with a line for every exchange."""

    def __init__(self, card: Card, scribe: Scribe) -> None:
        self._card = card
        self._scribe = scribe

    @property
    def atr(self) -> bytes:
        """The card's."""
        return self._card.atr

    def power_off(self) -> None:
        """Remove the supply."""
        self._card.power_off()

    def reset(self) -> None:
        """Reset the card."""
        self._card.reset()
        self._scribe.reset(self._card.atr)

    def process(self, raw: bytes) -> bytes:
        """Answer one command APDU."""
        response = self._card.process(raw)
        if response:
            self._scribe.exchange(raw, response)
        else:
            self._scribe.failure(raw, NO_ANSWER)
        return response
