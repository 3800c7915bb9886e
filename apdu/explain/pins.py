"""VERIFY and the commands that change a PIN. The bodies of all of them are secret: only their length is told.

ISO/IEC 7816-4 clause 11; what the card does with P2: measured, soltia48/myna-card README.md.
"""

from __future__ import annotations

from apdu.command import Command
from apdu.explain.position import Position, file_name
from apdu.explain.text import NOTHING, Text, count, remark
from apdu.explain.told import Role, Told
from apdu.layout.facts import FileFact


def key_fid(p2: int, position: Position) -> int | None:
    """The EF that P2 means: 80 the current one, 80|n by short id; other values name none."""
    if not p2 & 0x80:
        return None
    return p2 & 0x1F or position.fid


def explain_verify(command: Command, position: Position) -> Told:
    """A query when no data are there, else one try."""
    fid = key_fid(command.p2, position)
    name = _pin_name(position, fid, command.p2)
    after = Position(application=position.application, fid=fid if fid is not None else position.fid)
    if not command.data:
        return Told(
            name="VERIFY",
            text=Text(
                f"VERIFY without data: asks how many tries are left for {name.en}",
                f"VERIFY (データなし): {name.ja}の残り試行回数を問い合わせる",
            ),
            role=Role.QUERY,
            after=after,
            file=position.fact(fid),
        )
    text = Text(f"VERIFY {name.en}", f"VERIFY: {name.ja}を照合") + _hidden(command, position.fact(fid))
    if fid is not None and fid == position.failed_pin:
        text += remark(
            Text(
                "directly after a wrong one: some clients send every command twice",
                "失敗の直後: コマンドを二重に送信するクライアントがある",
            )
        )
    return Told(name="VERIFY", text=text, role=Role.VERIFY, after=after, file=position.fact(fid), redacted=True)


def explain_change(command: Command, position: Position) -> Told:
    """P1 01: the new PIN alone, after VERIFY of the old one; P1 00: old and new."""
    both_there = command.p1 == 0x00
    return _secret_change(
        command,
        position,
        "CHANGE REFERENCE DATA",
        Text("sets a new value for {}, old and new given", "{}を変更 (新旧の値を送信)")
        if both_there
        else Text("sets a new value for {}", "{}を変更"),
    )


def explain_change_key(command: Command, position: Position) -> Told:
    """The resident registry's and the common application's way to change a PIN."""
    return _secret_change(command, position, "CHANGE KEY", Text("sets a new value for {}", "{}を変更"))


def explain_reset_counter(command: Command, position: Position) -> Told:
    """Unblocking, which no public client does."""
    return _secret_change(command, position, "RESET RETRY COUNTER", Text("unblocks {}", "{}の閉塞を解除"))


def explain_unlock_key(command: Command, position: Position) -> Told:
    """Unblocking after JICSAP, which no public client does."""
    return _secret_change(command, position, "UNLOCK KEY", Text("unblocks {}", "{}の閉塞を解除"))


def _secret_change(command: Command, position: Position, name: str, what: Text) -> Told:
    fid = key_fid(command.p2, position)
    target = _pin_name(position, fid, command.p2)
    text = Text(f"{name}: {what.en.format(target.en)}", f"{name}: {what.ja.format(target.ja)}")
    return Told(
        name=name,
        text=text + (_hidden(command, None) if command.data else NOTHING),
        role=Role.CHANGE,
        after=Position(application=position.application, fid=fid if fid is not None else position.fid),
        file=position.fact(fid),
        redacted=bool(command.data),
    )


def _pin_name(position: Position, fid: int | None, p2: int) -> Text:
    if fid is None and p2 != 0x80:
        return Text(f"reference {p2:02X}", f"参照番号{p2:02X}")
    if fid is None:
        return Text("the currently selected PIN", "選択中のPIN")
    return file_name(position, fid)


def _hidden(command: Command, fact: FileFact | None) -> Text:
    size = count(command.nc)
    text = Text(f": {size.en}, not shown", f": {size.ja} (内容は表示しない)")
    limits = fact.pin if fact is not None else None
    if limits is None or limits.min_length <= command.nc <= limits.max_length:
        return text
    span = (
        f"{limits.min_length}"
        if limits.min_length == limits.max_length
        else (f"{limits.min_length} to {limits.max_length}")
    )
    return text + remark(Text(f"this PIN has {span} characters", f"このPINは{span.replace(' to ', '〜')}文字"))
