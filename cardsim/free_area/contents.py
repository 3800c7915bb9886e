"""What commands do to the content of an EF. Pure: old content in, new content out, or a status."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from apdu.layout.free_area import AMOUNT_SIZE, TRANSACTION_SIZE, Stage
from apdu.package import Action, FileKind, FileRule
from cardsim import sw
from cardsim.errors import StatusError
from cardsim.free_area.state import Content, transaction

_WITH_RECORDS: Final = (FileKind.LINEAR, FileKind.CYCLIC)


def read_binary(rule: FileRule, content: Content, offset: int, ne: int) -> bytes:
    """What is there of the range; never nothing with 9000."""
    _require_kind(rule, FileKind.TRANSPARENT)
    if offset >= len(content.data):
        raise StatusError(sw.OFFSET_OUTSIDE)
    return content.data[offset : offset + ne]


def update_binary(rule: FileRule, content: Content, offset: int, data: bytes) -> Content:
    """All of the data or nothing."""
    _require_kind(rule, FileKind.TRANSPARENT)
    if not data:
        raise StatusError(sw.WRONG_LENGTH)
    if offset + len(data) > rule.size:
        raise StatusError(sw.OFFSET_OUTSIDE)
    return replace(content, data=content.data[:offset] + data + content.data[offset + len(data) :])


def read_record(rule: FileRule, content: Content, number: int) -> bytes:
    """Record 1 is the oldest of a linear EF and the newest of a cyclic one: ISO/IEC 7816-4 clause 7.3.3."""
    _require_kind(rule, *_WITH_RECORDS)
    if number > len(content.records):
        raise StatusError(sw.RECORD_NOT_FOUND)
    return content.records[number - 1]


def update_record(rule: FileRule, content: Content, number: int, data: bytes) -> Content:
    """Replace one record of a linear EF."""
    _require_kind(rule, FileKind.LINEAR)
    _require_fits(rule, data)
    if number > len(content.records):
        raise StatusError(sw.RECORD_NOT_FOUND)
    return replace(content, records=(*content.records[: number - 1], data, *content.records[number:]))


def append_record(rule: FileRule, content: Content, data: bytes) -> Content:
    """Behind the last of a linear EF, or before the newest of a cyclic one, whose oldest goes when it is full."""
    _require_kind(rule, *_WITH_RECORDS)
    _require_fits(rule, data)
    if rule.kind is FileKind.CYCLIC:
        return replace(content, records=(data, *content.records)[: rule.count])
    if len(content.records) >= rule.count:
        raise StatusError(sw.NOT_ENOUGH_MEMORY)
    return replace(content, records=(*content.records, data))


def show(rule: FileRule, content: Content) -> bytes:
    """Four bytes of a counter or balance; stage and text of a ticket."""
    if rule.kind is FileKind.TICKET:
        return bytes((content.number,)) + content.data
    _require_kind(rule, FileKind.COUNTER, FileKind.PURSE)
    return content.number.to_bytes(AMOUNT_SIZE)


def transact(rule: FileRule, content: Content, action: Action, request: bytes) -> Content:
    """The content after a transaction; the very same when this one was the last and is asked for again.

    6A80 when the name stands for another request, or the amount is none that the package allows at a time; 6985 when
    the value or the ticket is not in a state for it.
    """
    name, body = request[:TRANSACTION_SIZE], request[TRANSACTION_SIZE:]
    if len(name) != TRANSACTION_SIZE:
        raise StatusError(sw.WRONG_LENGTH)
    last = transaction(name, action, body)
    if content.last[:TRANSACTION_SIZE] == name:
        if content.last != last:
            raise StatusError(sw.WRONG_DATA)
        return content
    if rule.kind is FileKind.TICKET:
        changed = _punched(rule, content, action, body)
    else:
        changed = replace(content, number=_moved(rule, content.number, action, body))
    return replace(changed, last=last)


def _moved(rule: FileRule, number: int, action: Action, body: bytes) -> int:
    if len(body) != AMOUNT_SIZE:
        raise StatusError(sw.WRONG_LENGTH)
    amount = int.from_bytes(body)
    if not 1 <= amount <= rule.step:
        raise StatusError(sw.WRONG_DATA)
    moved = number - amount if action is Action.DEBIT else number + amount
    if not 0 <= moved <= rule.maximum:
        raise StatusError(sw.CONDITIONS_NOT_SATISFIED)
    return moved


def _punched(rule: FileRule, content: Content, action: Action, body: bytes) -> Content:
    """A ticket is issued when it is blank or used up, and redeemed when it is issued."""
    if action is Action.ISSUE:
        _require_fits(rule, body)
        if content.number == Stage.ISSUED:
            raise StatusError(sw.CONDITIONS_NOT_SATISFIED)
        return replace(content, number=Stage.ISSUED, data=body)
    if body:
        raise StatusError(sw.WRONG_LENGTH)
    if content.number != Stage.ISSUED:
        raise StatusError(sw.CONDITIONS_NOT_SATISFIED)
    return replace(content, number=Stage.REDEEMED)


def _require_kind(rule: FileRule, *kinds: FileKind) -> None:
    if rule.kind not in kinds:
        raise StatusError(sw.INCOMPATIBLE_FILE)


def _require_fits(rule: FileRule, data: bytes) -> None:
    if not 1 <= len(data) <= rule.size:
        raise StatusError(sw.WRONG_LENGTH)
