"""The PIN guard: a Channel → Channel wrapper for cards that are not the lab's own.

A wrong PIN on a real card costs its owner a visit to the municipal office, so nothing passes here unless it is
known to leave every counter alone. The rule is a list of what may pass, never of what may not: instructions that
the list does not know (proprietary ones, EXTERNAL AUTHENTICATE, RESET RETRY COUNTER, UNLOCK KEY, …), secure
messaging, command chaining, logical channels and bytes that are no command APDU are refused whatever the budget,
because this wrapper cannot tell which counter they lower.

Three commands name the counter that they may lower. With a budget they pass, after the card itself has said that
more than one try is left; the last try is never spent.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from enum import Enum, auto
from threading import Lock

from apdu.command import Case, Command
from apdu.errors import CommandError, ResponseError
from apdu.ports import Channel
from apdu.response import Response
from apdu.status import StatusWord
from readers.errors import PinGuardError

_FREE = frozenset(
    {
        # ISO/IEC 7816-4: instructions that select, read, ask or sign; none compares reference data.
        (0x00, 0xA4),  # SELECT, clause 11.2.2
        (0x00, 0xB0),  # READ BINARY, clause 11.3.3
        (0x00, 0xB2),  # READ RECORD, clause 11.4.3
        (0x00, 0xCA),  # GET DATA, clause 11.5.3
        (0x00, 0xCB),  # GET DATA, odd instruction (the PIV probe of OpenSC)
        (0x00, 0x84),  # GET CHALLENGE, clause 11.6.3
        (0x00, 0x88),  # INTERNAL AUTHENTICATE, clause 11.6.2: a key of the card, no PIN
        (0x00, 0xC0),  # GET RESPONSE, clause 11.7.1
        (0x80, 0xC0),  # GET RESPONSE after a command of class 80
        (0x80, 0xCA),  # GET DATA of GlobalPlatform Card Specification clause 11.3
        # COMPUTE DIGITAL SIGNATURE as this card has it (OpenSC card-jpki.c). The class of ISO/IEC 7816-8 is not here:
        # beneath its one instruction lie VERIFY CERTIFICATE and others, of which nobody says what a failure costs.
        (0x80, 0x2A),
        (0xFF, 0xCA),  # PC/SC part 3 clause 3.2.2.1.3: answered by the reader, never sent to the card
    }
)

# Instruction → name and the values of P1 that are published; nobody says which counter another one lowers.
_COUNTED = {
    (0x00, 0x20): ("VERIFY", frozenset({0x00})),  # ISO/IEC 7816-4 clause 11.6.6
    (0x00, 0x24): ("CHANGE REFERENCE DATA", frozenset({0x00, 0x01})),  # clause 11.6.7
    (0x80, 0x32): ("CHANGE KEY", frozenset({0x00})),  # JICSAP v1.1 (measured: soltia48/myna-card)
}

_LAST_TRY = 1


class _Passage(Enum):
    """How a command gets past the guard."""

    FREE = auto()
    COUNTED = auto()


@dataclass(frozen=True, slots=True)
class _Refusal:
    reason: str
    hint: str = "run it against a card of the lab, or read the card without its PIN"


class PinGuard:
    """A ``Channel`` that refuses, with ``PinGuardError``, whatever could lower a counter of the card behind it.

    ``budget`` is the number of failed attempts that the caller is ready to spend on this channel. Every attempt
    takes one and a plain success (9000) gives it back. ``transaction`` holds the reader while the counter is asked
    and the attempt is made, so that no other program moves the card in between.
    """

    def __init__(
        self,
        channel: Channel,
        *,
        budget: int = 0,
        transaction: Callable[[], AbstractContextManager[object]] = nullcontext,
    ) -> None:
        if budget < 0:
            raise ValueError(f"a budget is a number of tries, not {budget}")
        self._channel = channel
        self._budget = budget
        self._transaction = transaction
        self._lock = Lock()

    @property
    def budget(self) -> int:
        """Failed attempts that may still be spent."""
        return self._budget

    def transmit(self, raw: bytes) -> bytes:
        """Send a command that leaves the counters alone, or one attempt that the budget covers."""
        passage = _classify(raw)
        if isinstance(passage, _Refusal):
            raise PinGuardError(f"not sent to the card: {passage.reason}", hint=passage.hint)
        with self._lock:
            return self._channel.transmit(raw) if passage is _Passage.FREE else self._attempt(raw)

    def reset(self) -> bytes:
        """Reset the card and return its ATR; no counter changes."""
        with self._lock:
            return self._channel.reset()

    def _attempt(self, raw: bytes) -> bytes:
        if self._budget == 0:
            raise PinGuardError(
                "not sent to the card: it could lower the counter of a PIN, and no failed attempt is allowed here",
                hint="pass an explicit budget of failed attempts if the card is yours to risk",
            )
        with self._transaction():
            self._require_spare_try(reference=raw[3])
            self._budget -= 1
            answer = self._channel.transmit(raw)
        if answer == b"\x90\x00":
            self._budget += 1
        return answer

    def _require_spare_try(self, *, reference: int) -> None:
        query = Command(cla=0x00, ins=0x20, p1=0x00, p2=reference).encode()
        try:
            status = Response.decode(self._channel.transmit(query)).sw
        except ResponseError as error:
            raise PinGuardError("not sent: the card did not say how many tries are left", hint=error.hint) from error
        tries = status.tries_left
        if tries is None:
            raise PinGuardError(
                f"not sent: the card did not say how many tries are left (it answered {status})",
                hint=_next_step(status),
            )
        if tries <= _LAST_TRY:
            raise PinGuardError(
                f"not sent: {tries} {'try is' if tries == 1 else 'tries are'} left, and the last one is never spent",
                tries_left=tries,
                hint="enter the PIN with the card owner's own software; a blocked PIN is reset at the municipal office",
            )


def _next_step(status: StatusWord) -> str:
    if status.is_ok:  # measured: soltia48/myna-card, the query after a successful VERIFY
        return "the PIN is verified already: go on without, or reset the card first"
    return "select the PIN first; the number of tries must be known before one is spent"


def _classify(raw: bytes) -> _Passage | _Refusal:
    try:
        command = Command.decode(raw)
    except CommandError as error:
        # A card may read differently what this decoder cannot read at all.
        return _Refusal(f"it is no command APDU ({error})", "send one of the seven cases of ISO/IEC 7816-3")
    if _is_query(raw):
        return _Passage.FREE
    kind = (command.cla, command.ins)
    if kind in _FREE:
        return _Passage.FREE
    if kind not in _COUNTED:
        return _Refusal(f"{command.cla:02X} {command.ins:02X} is not known to leave the counters of the card alone")
    if command.case is not Case.CASE_3S:
        # Cards differ in how they take other encodings of the same attempt, so only the common one is an attempt.
        return _Refusal("an attempt at a PIN has its data in one short command, without Le")
    name, known = _COUNTED[kind]
    if command.p1 not in known:
        return _Refusal(f"P1 of {name} is {' or '.join(f'{p1:02X}' for p1 in sorted(known))}, not {command.p1:02X}")
    return _Passage.COUNTED


def _is_query(raw: bytes) -> bool:
    """The two published forms of asking for the tries left: ``00 20 00 P2`` and the same with Le 00 (jpki-rs)."""
    return raw[:3] == b"\x00\x20\x00" and (len(raw) == 4 or (len(raw) == 5 and raw[4] == 0x00))
