"""Channels that hide a transport's habits from the client above, one habit each; stack what the card needs.

The card itself answers whole over T=1 and T=CL; these are for other cards and for readers that speak T=0.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from apdu.command import MAX_SHORT_NC, Command
from apdu.errors import ChainingError, CommandError
from apdu.ports import Channel
from apdu.response import Response

CHAINING_BIT: Final = 0x10  # ISO/IEC 7816-4 clause 5.4.1: this command is not the last of a chain
_GET_RESPONSE: Final = 0xC0  # ISO/IEC 7816-4 clause 11
MAX_ROUNDS: Final = 512  # ours: 512 answers of 256 bytes are twice the longest response, 65,536 bytes


class _Wrapper:
    """What all three share: the channel below, and reset."""

    def __init__(self, below: Channel) -> None:
        self._below = below

    def reset(self) -> bytes:
        """Reset the card and return its ATR."""
        return self._below.reset()


class CommandChaining(_Wrapper):
    """Splits a data field that is longer than ``limit`` into a chain (ISO/IEC 7816-4 clause 5.3.3).

    A refused link ends the chain: its response is the answer. What is no command APDU passes unchanged.
    """

    def __init__(self, below: Channel, *, limit: int = MAX_SHORT_NC) -> None:
        if not 1 <= limit <= MAX_SHORT_NC:
            raise ValueError(f"a link of a chain holds 1..{MAX_SHORT_NC} bytes, not {limit}")
        super().__init__(below)
        self._limit = limit

    def transmit(self, raw: bytes) -> bytes:
        """Send one command APDU, as several when its data is long."""
        command = _decoded(raw)
        if command is None or command.nc <= self._limit:
            return self._below.transmit(raw)
        last = (command.nc - 1) // self._limit * self._limit
        for offset in range(0, last, self._limit):
            link = Command(
                cla=command.cla | CHAINING_BIT,
                ins=command.ins,
                p1=command.p1,
                p2=command.p2,
                data=command.data[offset : offset + self._limit],
            )
            answer = self._below.transmit(link.encode())
            if not Response.decode(answer).sw.is_ok:
                return answer
        return self._below.transmit(replace(command, data=command.data[last:], extended=False).encode())


class GetResponse(_Wrapper):
    """Fetches what ``61xx`` announces and answers it whole (ISO/IEC 7816-4 clauses 5.3.4 and 11, GET RESPONSE)."""

    def transmit(self, raw: bytes) -> bytes:
        """Send one command APDU; collect until the status is not 61xx, ``ChainingError`` without end."""
        response = Response.decode(self._below.transmit(raw))
        parts = [response.data]
        for _ in range(MAX_ROUNDS):
            more = response.sw.more_data
            if more is None:
                return Response(response.sw, b"".join(parts)).encode()
            # clause 5.4.1: the class says channel and security of the command whose response is fetched
            fetch = Command(cla=int.from_bytes(raw[:1]) & ~CHAINING_BIT, ins=_GET_RESPONSE, p1=0, p2=0, ne=more)
            response = Response.decode(self._below.transmit(fetch.encode()))
            parts.append(response.data)
        raise ChainingError(
            f"the card still announces data after {MAX_ROUNDS} GET RESPONSE commands",
            hint="the card or the reader is at fault: reset it",
        )


class ExactNe(_Wrapper):
    """Sends a command again, once, with the Ne that ``6Cxx`` asks for (ISO/IEC 7816-4 clause 5.6).

    A command without Ne is not repeated: 6Cxx to it makes no sense, and VERIFY would cost a second try.
    """

    def transmit(self, raw: bytes) -> bytes:
        """Send one command APDU; correct Ne at most once."""
        answer = self._below.transmit(raw)
        exact = Response.decode(answer).sw.exact_ne
        command = _decoded(raw)
        if exact is None or command is None or command.ne is None:
            return answer
        return self._below.transmit(replace(command, ne=exact).encode())


def _decoded(raw: bytes) -> Command | None:
    """The command, or None: what is none goes to the card as it is, which will refuse it."""
    try:
        return Command.decode(raw)
    except CommandError:
        return None
