"""A terminal of a free-area application: a gate, a till, a library desk. Over any Channel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from apdu.command import Command
from apdu.errors import ResponseError
from apdu.layout import free_area as layout
from apdu.layout.free_area import Stage
from apdu.ports import Channel
from apdu.response import Response
from jpki.client.errors import MalformedAnswerError
from jpki.issuer.errors import ManagementRefusedError, NoFreeAreaError
from jpki.issuer.keys import cmac

_AGAIN: Final = "ask again, a transaction under the same name: it is done once"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """A ticket as the card shows it."""

    stage: Stage
    text: bytes


class Terminal:
    """A session with one application. ``open`` it; ``ManagementRefusedError`` carries the card's status.

    ``MalformedAnswerError`` when the card's bytes cannot be the answer: it is never taken for one.

    ``transaction`` names what must happen once: after a power cut, ask for the same under the same name.
    """

    def __init__(self, channel: Channel, aid: bytes) -> None:
        self._channel = channel
        self._aid = aid

    @classmethod
    def open(cls, channel: Channel, aid: bytes) -> Terminal:
        """Select the application; ``NoFreeAreaError`` on a card that has it not."""
        terminal = cls(channel, aid)
        answer = terminal.send(Command(cla=0x00, ins=0xA4, p1=0x04, p2=0x0C, data=aid))
        if not answer.sw.is_ok:
            raise NoFreeAreaError(f"the card has no application {aid.hex().upper()} ({answer.sw})")
        return terminal

    def send(self, command: Command) -> Response:
        """One command; any status passes."""
        try:
            return Response.decode(self._channel.transmit(command.encode()))
        except ResponseError as error:
            raise MalformedAnswerError(str(error), hint=error.hint) from error

    def authenticate(self, reference: int, key: bytes) -> None:
        """Prove a key of the application: GET CHALLENGE, EXTERNAL AUTHENTICATE."""
        challenge = self._do(Command(cla=0x00, ins=0x84, p1=0, p2=0, ne=layout.CHALLENGE_SIZE), "a challenge").data
        if len(challenge) != layout.CHALLENGE_SIZE:  # a proof over it would cost a try of the key
            raise MalformedAnswerError(f"a challenge has {layout.CHALLENGE_SIZE} bytes, the card gave {len(challenge)}")
        proof = cmac(key, layout.authentication_message(self._aid, reference, challenge))
        self._do(Command(cla=0x00, ins=0x82, p1=0, p2=0x80 | reference, data=proof), "a proof of the key")

    def verify(self, reference: int, pin: str) -> None:
        """Show the holder's PIN."""
        self._do(Command(cla=0x00, ins=0x20, p1=0, p2=0x80 | reference, data=pin.encode()), "a PIN")

    def set_pin(self, reference: int, pin: str) -> None:
        """Give a PIN a new value, as who may."""
        self._do(Command(cla=0x00, ins=0x24, p1=0x01, p2=0x80 | reference, data=pin.encode()), "a new PIN")

    def read(self, fid: int) -> bytes:
        """A transparent EF from its beginning, 256 bytes at most."""
        return self._do(Command(cla=0x00, ins=0xB0, p1=0x80 | fid, p2=0, ne=256), "reading").data

    def update(self, fid: int, data: bytes) -> None:
        """Overwrite the beginning of a transparent EF."""
        self._do(Command(cla=0x00, ins=0xD6, p1=0x80 | fid, p2=0, data=data), "updating")

    def record(self, fid: int, number: int) -> bytes:
        """One record."""
        return self._do(Command(cla=0x00, ins=0xB2, p1=number, p2=fid << 3 | 0x04, ne=256), "reading a record").data

    def append(self, fid: int, record: bytes) -> None:
        """One record more."""
        self._do(Command(cla=0x00, ins=0xE2, p1=0, p2=fid << 3, data=record), "appending a record")

    def update_record(self, fid: int, number: int, record: bytes) -> None:
        """Replace a record."""
        self._do(Command(cla=0x00, ins=0xDC, p1=number, p2=fid << 3 | 0x04, data=record), "updating a record")

    def value(self, fid: int) -> int:
        """A counter or a balance."""
        return _amount(self._show(fid))

    def ticket(self, fid: int) -> Ticket:
        """A ticket."""
        return _ticket(self._show(fid), *Stage)

    def count(self, fid: int, amount: int, *, transaction: bytes) -> int:
        """Move a counter up; its new value."""
        return _amount(self._transact(layout.COUNT, fid, transaction, amount.to_bytes(4)))

    def credit(self, fid: int, amount: int, *, transaction: bytes) -> int:
        """Put value into a purse; its new balance."""
        return _amount(self._transact(layout.CREDIT, fid, transaction, amount.to_bytes(4)))

    def debit(self, fid: int, amount: int, *, transaction: bytes) -> int:
        """Take value out of a purse; its new balance."""
        return _amount(self._transact(layout.DEBIT, fid, transaction, amount.to_bytes(4)))

    def issue(self, fid: int, text: bytes, *, transaction: bytes) -> Ticket:
        """Put a ticket on the card."""
        return _ticket(self._transact(layout.ISSUE, fid, transaction, text), Stage.ISSUED)

    def redeem(self, fid: int, *, transaction: bytes) -> Ticket:
        """Use the ticket up: whoever gets an answer lets the holder in."""
        return _ticket(self._transact(layout.REDEEM, fid, transaction, b""), Stage.REDEEMED)

    def _show(self, fid: int) -> bytes:
        return self._do(Command(cla=0x80, ins=layout.GET_VALUE, p1=0, p2=0x80 | fid, ne=256), "showing a value").data

    def _transact(self, instruction: int, fid: int, transaction: bytes, body: bytes) -> bytes:
        command = Command(cla=0x80, ins=instruction, p1=0, p2=0x80 | fid, data=transaction + body, ne=256)
        doing = f"a transaction ({layout.TRANSACTIONS[instruction].name.lower()})"
        return self._do(command, doing, hint=f"if an answer was lost before, {_AGAIN}").data

    def _do(self, command: Command, doing: str, *, hint: str = "") -> Response:
        answer = self.send(command)
        if not answer.sw.is_ok:
            raise ManagementRefusedError(f"the card answered {answer.sw} to {doing}", sw=answer.sw, hint=hint)
        return answer


def _amount(raw: bytes) -> int:
    if len(raw) != layout.AMOUNT_SIZE:
        raise MalformedAnswerError(f"a value has {layout.AMOUNT_SIZE} bytes, the card gave {len(raw)}", hint=_AGAIN)
    return int.from_bytes(raw)


def _ticket(raw: bytes, *stages: Stage) -> Ticket:
    """A ticket in one of these stages; in any other, nobody may be let in on it."""
    if not raw or raw[0] not in stages:
        raise MalformedAnswerError("the card's answer is no ticket as it should be now", hint=_AGAIN)
    return Ticket(stage=Stage(raw[0]), text=raw[1:])
