"""Applications of the free area (空き領域): what they answer to beside the card's own commands. Our design.

Which application has which files is in its package, not here: EFs and keys go by their numbers. What a holder has there
is personal, so no body and no answer is shown.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from apdu.command import Command
from apdu.explain.others import explain_other
from apdu.explain.pins import key_fid
from apdu.explain.position import Position, file_name
from apdu.explain.text import NOTHING, Text, both, count, remark
from apdu.explain.told import Role, Told
from apdu.layout import free_area as layout

_TRANSACTIONS: Final = MappingProxyType(
    {
        layout.COUNT: ("COUNT", Text("counts on", "の回数を加算")),
        layout.CREDIT: ("CREDIT", Text("loads the purse", "に入金")),
        layout.DEBIT: ("DEBIT", Text("pays from the purse", "から支払い")),
        layout.ISSUE: ("ISSUE", Text("issues the ticket", "のチケットを発行")),
        layout.REDEEM: ("REDEEM", Text("redeems the ticket", "のチケットを使用")),
    }
)
_HIDDEN: Final = Text(", not shown", "、内容は表示しない")


def explain_transaction(command: Command, position: Position) -> Told:
    """COUNT, CREDIT, DEBIT, ISSUE and REDEEM: a name that the terminal chose, then what it is about."""
    if not _is_reference(command):
        return explain_other(command, position)
    name, what = _TRANSACTIONS[command.ins]
    fid = key_fid(command.p2, position)
    file = file_name(position, fid)
    return Told(
        name=name,
        text=Text(f"{name}: {what.en} {file.en}", f"{name}: {file.ja}{what.ja}") + _body(command),
        role=Role.TRANSACT,
        after=Position(application=position.application, fid=fid),
        redacted=bool(command.data),
        answer=_withheld,
    )


def explain_get_value(command: Command, position: Position) -> Told:
    """A counter or balance, or stage and text of a ticket."""
    if not _is_reference(command):
        return explain_other(command, position)
    fid = key_fid(command.p2, position)
    file = file_name(position, fid)
    return Told(
        name="GET VALUE",
        text=Text(f"GET VALUE: the value, balance or ticket in {file.en}", f"GET VALUE: {file.ja}の値・残高・チケット"),
        role=Role.READ,
        after=Position(application=position.application, fid=fid),
        redacted=bool(command.data),
        answer=_withheld,
    )


def explain_authenticate(command: Command, position: Position) -> Told:
    """EXTERNAL AUTHENTICATE with a key of the application: ISO/IEC 7816-4 clause 11.6.4."""
    key = f"{command.p2 & 0x1F:02X}"
    return Told(
        name="EXTERNAL AUTHENTICATE",
        text=Text(
            f"EXTERNAL AUTHENTICATE: the terminal shows that it has key {key}",
            f"EXTERNAL AUTHENTICATE: 端末が鍵{key}の所持を証明",
        )
        + _body(command),
        role=Role.PROVE,
        after=position,
        redacted=bool(command.data),
        answer=_withheld,
    )


def explain_update_binary(command: Command, position: Position) -> Told:
    """UPDATE BINARY: ISO/IEC 7816-4 clause 11.3.5."""
    if command.p1 & 0x80:  # clause 11.3.2: a short EF id
        fid, offset = command.p1 & 0x1F or position.fid, command.p2
    else:
        fid, offset = position.fid, command.p1p2
    file = file_name(position, fid)
    what = Text(f"writes to {file.en}, from offset {offset}", f"{file.ja}のオフセット{offset}から書き込み")
    return _write(command, position, "UPDATE BINARY", fid, what)


def explain_update_record(command: Command, position: Position) -> Told:
    """UPDATE RECORD: ISO/IEC 7816-4 clause 11.4.5."""
    fid = command.p2 >> 3 or position.fid
    file = file_name(position, fid)
    what = Text(f"writes record {command.p1} of {file.en}", f"{file.ja}のレコード{command.p1}に書き込み")
    return _write(command, position, "UPDATE RECORD", fid, what)


def explain_append_record(command: Command, position: Position) -> Told:
    """APPEND RECORD: ISO/IEC 7816-4 clause 11.4.6."""
    fid = command.p2 >> 3 or position.fid
    file = file_name(position, fid)
    return _write(
        command, position, "APPEND RECORD", fid, Text(f"adds a record to {file.en}", f"{file.ja}にレコードを追加")
    )


def _write(command: Command, position: Position, name: str, fid: int | None, what: Text) -> Told:
    return Told(
        name=name,
        text=both(f"{name}: ") + what + _body(command),
        role=Role.TRANSACT,
        after=Position(application=position.application, fid=fid),
        file=position.fact(fid),
        redacted=bool(command.data),
        answer=_withheld,
    )


def _is_reference(command: Command) -> bool:
    return command.p1 == 0 and command.p2 & 0xE0 == 0x80


def _body(command: Command) -> Text:
    return remark(count(command.nc, of=Text("of data", "データ")) + _HIDDEN) if command.data else NOTHING


def _withheld(data: bytes) -> tuple[Text, bool]:
    return count(len(data)) + Text(", not shown", " (内容は表示しない)"), bool(data)
