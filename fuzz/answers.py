"""What holds for an answer by itself: which status words there are, and what secure messaging hides."""

from __future__ import annotations

from typing import Final

from apdu.command import Command
from fuzz import secured
from fuzz.exchange import Violation

_FAULT: Final = 0x6F00

STATUSES: Final = frozenset(
    bytes.fromhex(
        "9000 6300 6310 66F1 6700 6881 6882 6884 6981 6982 6984 6985 6986 6987 6988 69FC"
        "6A80 6A81 6A82 6A83 6A84 6A86 6A88 6B00 6D00 6E00"
    )[index : index + 2]
    for index in range(0, 52, 2)
)
"""What the page of choices and the free area's page know, without 63Cx; 6400 and 6581 come from damaged memory only."""


def status(raw: bytes, answer: bytes, *, in_text: bool) -> int:
    """The status word, when it is one that the card has, and when data comes with success alone."""
    if len(answer) < 2:
        raise Violation("answer.short", f"{len(answer)} bytes")
    sw = int.from_bytes(answer[-2:])
    if sw == _FAULT:
        cryptogram = raw[5:261] if len(raw) < 262 else raw[7:263]
        by_choice = in_text and raw[:2] == b"\x80\xae"  # choice sm.fault-code
        if not (by_choice and int.from_bytes(cryptogram) >= secured.session_modulus()):
            raise Violation("answer.fault", f"6F00 to {raw[:4].hex()}")
    elif answer[-2:] not in STATUSES and sw & 0xFFF0 != 0x63C0:
        raise Violation("answer.status", f"{sw:04X} is no status word of this card")
    if len(answer) > 2 and sw not in (0x9000, 0x6310) and sw & 0xFF00 != 0x6300:
        raise Violation("answer.data", f"{sw:04X} came with data")
    return sw


def opened(key: bytes, number: int, command: Command) -> Command | None:
    """The command under secure messaging, or None when it is not rightly secured."""
    if command.cla != 0x08:
        return None
    if command.ins == 0xB0:
        ne = secured.expected_length(command.data)
        return None if ne is None else Command(cla=0, ins=0xB0, p1=command.p1, p2=command.p2, ne=ne)
    if command.ins not in (0x20, 0xA4):
        return None
    data = secured.decrypt(key, number, command.data)
    return None if data is None else Command(cla=0, ins=command.ins, p1=command.p1, p2=command.p2, data=data)
