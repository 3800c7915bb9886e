"""Typed commands: what is left of a command APDU once P1 and P2 are understood.

A parser raises ``StatusError`` for parameters that mean nothing. An ``ef`` of None is the current EF.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple, TypeAlias

from apdu.command import MAX_SHORT_NE, Command
from apdu.layout.jpki import SIGNATURE_SIZE
from apdu.layout.signature import SIGN_OPERATIONS, SignOperation
from apdu.status import StatusWord
from cardsim import sw
from cardsim.access import Operation
from cardsim.errors import StatusError

_LONGEST_CHALLENGE: Final = 255
DEFAULT_KEY: Final = 0  # P2 00 of COMPUTE DIGITAL SIGNATURE; no EF has this id

_BY_NAME: Final = 0x04  # P1 of SELECT: ISO/IEC 7816-4 clause 11.2.2, table 62
_EF_UNDER_CURRENT_DF: Final = 0x02
_BY_IDENTIFIER: Final = 0x00
_NAME_P2: Final = {0x00: (False, True), 0x02: (True, True), 0x0C: (False, False), 0x0E: (True, False)}
"""P2 of SELECT by name -> (next occurrence, FCI wanted): ISO/IEC 7816-4 clause 11.2.2, table 63."""
_FILE_P2: Final = {0x00: True, 0x0C: False}


class SelectApplication(NamedTuple):
    """SELECT by a DF name, which may be the beginning of one; empty is the card manager."""

    name: bytes
    next_occurrence: bool
    fci_ne: int | None
    """Room for the file control information; None when it is not wanted."""


class SelectFile(NamedTuple):
    """SELECT an EF of the current application."""

    fid: int
    fci_ne: int | None


class SelectMasterFile(NamedTuple):
    """SELECT with no data: the master file that this card does not have."""


class ReadBinary(NamedTuple):
    """READ BINARY of at most ``ne`` bytes."""

    ef: int | None
    offset: int
    ne: int


class ReadRecord(NamedTuple):
    """READ RECORD by number, at most ``ne`` bytes of it."""

    ef: int | None
    number: int
    ne: int


class Verify(NamedTuple):
    """VERIFY with a value."""

    ef: int | None
    value: bytes

    def __repr__(self) -> str:
        return f"Verify(ef={self.ef!r}, value=…)"


class QueryTries(NamedTuple):
    """VERIFY without a value: how many tries are left."""

    ef: int | None


class ChangePin(NamedTuple):
    """CHANGE REFERENCE DATA, or CHANGE KEY, with the new value alone."""

    ef: int | None
    value: bytes
    operation: Operation

    def __repr__(self) -> str:
        return f"ChangePin(ef={self.ef!r}, value=…, operation={self.operation!r})"


class Sign(NamedTuple):
    """COMPUTE DIGITAL SIGNATURE; ``ef`` may be ``DEFAULT_KEY``."""

    ef: int | None
    operation: SignOperation
    data: bytes


class InternalAuthenticate(NamedTuple):
    """INTERNAL AUTHENTICATE: the card signs a challenge."""

    ef: int | None
    challenge: bytes


class SetSessionKey(NamedTuple):
    """SET SESSION KEY: the start of secure messaging."""

    cryptogram: bytes


class LastCommand(NamedTuple):
    """The hint of an iPhone's client that it needs nothing more."""


class GetChallenge(NamedTuple):
    """GET CHALLENGE of exactly ``ne`` bytes."""

    ne: int


class GetData(NamedTuple):
    """GET DATA of the object with this tag, when it fits in ``ne`` bytes."""

    tag: int
    ne: int


TypedCommand: TypeAlias = (
    SelectApplication
    | SelectFile
    | SelectMasterFile
    | ReadBinary
    | ReadRecord
    | Verify
    | QueryTries
    | ChangePin
    | Sign
    | InternalAuthenticate
    | SetSessionKey
    | LastCommand
    | GetChallenge
    | GetData
)


def _require(condition: bool, status: StatusWord) -> None:
    if not condition:
        raise StatusError(status)


def _ef_of_p2(p2: int) -> int | None:
    """P2 80: the current EF; 80|sfi: that one (JICSAP IC card specification; measured: soltia48/myna-card)."""
    _require(p2 & 0xE0 == 0x80, sw.WRONG_P1P2)
    return p2 & 0x1F or None


def _parse_select(command: Command) -> TypedCommand:
    if command.p1 == _BY_NAME:
        _require(command.p2 in _NAME_P2, sw.WRONG_P1P2)
        next_occurrence, fci = _NAME_P2[command.p2]
        return SelectApplication(command.data, next_occurrence, command.ne if fci else None)
    _require(command.p1 in (_EF_UNDER_CURRENT_DF, _BY_IDENTIFIER) and command.p2 in _FILE_P2, sw.WRONG_P1P2)
    if not command.data and command.p1 == _BY_IDENTIFIER:
        return SelectMasterFile()
    _require(len(command.data) == 2, sw.WRONG_LENGTH)
    return SelectFile(int.from_bytes(command.data), command.ne if _FILE_P2[command.p2] else None)


def _parse_read_binary(command: Command) -> TypedCommand:
    p1 = command.p1
    if command.ne is None or command.data:
        raise StatusError(sw.WRONG_LENGTH)
    if p1 < 0x80:
        return ReadBinary(None, p1 << 8 | command.p2, command.ne)
    _require(p1 & 0xE0 == 0x80, sw.WRONG_P1P2)
    return ReadBinary(p1 & 0x1F or None, command.p2, command.ne)


def _parse_read_record(command: Command) -> TypedCommand:
    if command.ne is None or command.data:
        raise StatusError(sw.WRONG_LENGTH)
    # b3-b1 100: the record with the number in P1; several at once are not offered (JICSAP IC card specification)
    _require(command.p2 & 0x07 == 0x04, sw.FUNCTION_NOT_SUPPORTED)
    return ReadRecord(command.p2 >> 3 or None, command.p1, command.ne)


def _parse_verify(command: Command) -> TypedCommand:
    _require(command.p1 == 0, sw.WRONG_P1P2)
    ef = _ef_of_p2(command.p2)
    return Verify(ef, command.data) if command.data else QueryTries(ef)


def _parse_change_pin(command: Command) -> TypedCommand:
    # P1 01: the old value is not in the data field (ISO/IEC 7816-4 clause 11, CHANGE REFERENCE DATA; jpki/myna)
    _require(command.p1 == 0x01, sw.WRONG_P1P2)
    ef = _ef_of_p2(command.p2)
    _require(bool(command.data), sw.WRONG_LENGTH)
    return ChangePin(ef, command.data, Operation.CHANGE)


def parse_change_key(command: Command) -> TypedCommand:
    """CHANGE KEY: JICSAP IC card specification 1.1 through soltia48/myna-card."""
    _require(command.p1 == 0x00, sw.WRONG_P1P2)
    ef = _ef_of_p2(command.p2)
    _require(bool(command.data), sw.WRONG_LENGTH)
    return ChangePin(ef, command.data, Operation.CHANGE_KEY)


def parse_internal_authenticate(command: Command) -> TypedCommand:
    """Challenges of 1 to 255 bytes: measured, soltia48/myna-card src/ap/common.rs."""
    _require(command.p1 == 0x00, sw.WRONG_P1P2)
    ef = _ef_of_p2(command.p2)
    if not 1 <= command.nc <= _LONGEST_CHALLENGE or command.ne is None or command.ne < MAX_SHORT_NE:
        raise StatusError(sw.WRONG_LENGTH)
    return InternalAuthenticate(ef, command.data)


def parse_set_session_key(command: Command) -> TypedCommand:
    """One block of RSA-2048: measured, soltia48/myna-card src/sm.rs."""
    _require(command.p1p2 == 0, sw.WRONG_P1P2)
    _require(command.nc == SIGNATURE_SIZE, sw.WRONG_LENGTH)
    return SetSessionKey(command.data)


def parse_last_command(command: Command) -> TypedCommand:
    """Served by iPhones alone (soltia48/myna-card)."""
    _require(command.p1p2 == 0, sw.WRONG_P1P2)
    _require(not command.data, sw.WRONG_LENGTH)
    return LastCommand()


def _parse_sign(command: Command) -> TypedCommand:
    operation = SIGN_OPERATIONS.get(command.p1)
    if operation is None:
        raise StatusError(sw.WRONG_P1P2)
    ef = _ef_of_p2(command.p2) if command.p2 else DEFAULT_KEY
    if not command.data or command.ne is None or command.ne < MAX_SHORT_NE:
        raise StatusError(sw.WRONG_LENGTH)
    return Sign(ef, operation, command.data)


def _parse_get_challenge(command: Command) -> TypedCommand:
    _require(command.p1p2 == 0, sw.WRONG_P1P2)
    if command.ne is None or command.data:
        raise StatusError(sw.WRONG_LENGTH)
    _require(command.ne <= MAX_SHORT_NE, sw.CONDITIONS_NOT_SATISFIED)  # measured: soltia48/myna-card
    return GetChallenge(command.ne)


def _parse_get_data(command: Command) -> TypedCommand:
    if command.ne is None or command.data:
        raise StatusError(sw.WRONG_LENGTH)
    return GetData(command.p1p2, command.ne)


Parser: TypeAlias = Callable[[Command], TypedCommand]

PARSERS: Final[dict[int, Parser]] = {
    0x00A4: _parse_select,
    0x00B0: _parse_read_binary,
    0x00B2: _parse_read_record,
    0x0020: _parse_verify,
    0x0024: _parse_change_pin,
    0x802A: _parse_sign,
    0x002A: _parse_sign,
    0x0084: _parse_get_challenge,
    0x00CA: _parse_get_data,
}
"""By CLA and INS as one number."""
