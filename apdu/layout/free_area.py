"""空き領域: what an interpreted application answers to beside ISO/IEC 7816-4. All of it is our design."""

from __future__ import annotations

from collections.abc import Set
from enum import IntEnum
from types import MappingProxyType
from typing import Final

from apdu.layout.facts import Access
from apdu.package import Action

COUNT: Final = 0x40
CREDIT: Final = 0x42
DEBIT: Final = 0x44
ISSUE: Final = 0x46
REDEEM: Final = 0x48
GET_VALUE: Final = 0x4A

TRANSACTIONS: Final = MappingProxyType(
    {
        COUNT: Action.COUNT,
        CREDIT: Action.CREDIT,
        DEBIT: Action.DEBIT,
        ISSUE: Action.ISSUE,
        REDEEM: Action.REDEEM,
    }
)
"""Instruction (class 80) → what it does. The data field begins with the name of the transaction."""

TRANSACTION_SIZE: Final = 8
"""Bytes of the name that the terminal gives to a transaction."""
AMOUNT_SIZE: Final = 4
CHALLENGE_SIZE: Final = 16


class Stage(IntEnum):
    """Where a ticket is in its life: the first byte that GET VALUE answers for it."""

    BLANK = 0
    ISSUED = 1
    REDEEMED = 2


def authentication_message(aid: bytes, reference: int, challenge: bytes) -> bytes:
    """What a terminal's key puts its AES-CMAC under, for EXTERNAL AUTHENTICATE."""
    return aid + bytes((reference,)) + challenge


def is_met(access: Access | None, shown: Set[int]) -> bool:
    """True when nobody has to show anything, or one of those who may has."""
    any_of = None if access is None else access.any_of
    return any_of == () or (any_of is not None and not shown.isdisjoint(any_of))
