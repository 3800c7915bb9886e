"""SELECT (ISO/IEC 7816-4 clause 11.2.2): applications, files, the MF."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from apdu.command import Command
from apdu.explain.position import NOWHERE, Position, file_name
from apdu.explain.text import NOTHING, Text, both, count, remark
from apdu.explain.told import Role, Told
from apdu.layout import applications
from apdu.layout.facts import ApplicationFact

MF: Final = 0x3F00  # ISO/IEC 7816-4 clause 7.3.2
MAX_AID: Final = 16  # ISO/IEC 7816-4 clause 12

# ISO/IEC 7816-4 clause 11.2.2, coding of P2, bits 4 and 3 of P2
_WANTED: Final = MappingProxyType(
    {
        0x00: Text("FCI wanted", "FCIを要求"),
        0x04: Text("FCP wanted", "FCPを要求"),
        0x08: Text("FMD wanted", "FMDを要求"),
        0x0C: Text("no FCI wanted", "FCI不要"),
    }
)
# bits 2 and 1 of P2
_OCCURRENCE: Final = MappingProxyType(
    {
        0x00: NOTHING,
        0x01: Text(", last occurrence", "、最後のもの"),
        0x02: Text(", next occurrence", "、次のもの"),
        0x03: Text(", previous occurrence", "、前のもの"),
    }
)
# coding of P1: the ways of P1 that no public client of the card uses
_OTHER_WAYS: Final = MappingProxyType(
    {
        0x01: Text("a child DF", "子DF"),
        0x03: Text("the parent DF", "親DF"),
        0x08: Text("a file by its path from the MF", "MFからのパスによるファイル"),
        0x09: Text("a file by its path from here", "カレントDFからのパスによるファイル"),
    }
)


def explain_select(command: Command, position: Position) -> Told:
    """Which application or file becomes the current one."""
    if command.p1 == 0x04:
        return _by_name(command)
    if command.p1 in (0x00, 0x02) and command.nc == 2:
        return _by_id(command, position)
    if command.p1 == 0x00 and not command.data:
        return _mf(command, position)
    way = _OTHER_WAYS.get(command.p1, Text("something", "何か"))
    return Told(
        name="SELECT",
        text=Text(f"SELECT {way.en}", f"SELECT: {way.ja}を選択") + _data_note(command) + _manner(command),
        role=Role.OTHER,
        after=NOWHERE,
        answer=_fci,
    )


def _by_name(command: Command) -> Told:
    text, after = _application(command.data)
    return Told(
        name="SELECT",
        text=text + _manner(command) + _probe_note(command.data),
        role=Role.SELECT_APPLICATION,
        after=after,
        answer=_fci,
    )


def _application(name: bytes) -> tuple[Text, Position]:
    """Which application is meant, and where the card stands when it agrees."""
    if not name:
        return Text("SELECT the default application (no name)", "SELECT: 名前なしで既定のAPを選択"), NOWHERE
    if len(name) > MAX_AID:
        size = count(len(name))
        return (
            Text(f"SELECT an application by {size.en}, too long for a name", f"SELECT: {size.ja}は名前として長すぎる"),
            NOWHERE,
        )
    shown = name.hex().upper()
    exact = applications.by_aid(name)
    if exact is not None:
        return (
            Text(
                f"SELECT the application {exact.name('en')} by its name {shown}",
                f"SELECT: 名前 {shown} でアプリケーション「{exact.name('ja')}」を選択",
            ),
            Position(application=exact),
        )
    return _by_prefix(name)


def _by_prefix(name: bytes) -> tuple[Text, Position]:
    shown = name.hex().upper()
    candidates = applications.by_prefix(name)
    if not candidates:
        return (
            Text(
                f"SELECT an unknown application by its name {shown}", f"SELECT: 未知のアプリケーション {shown} を選択"
            ),
            Position(application=_unknown(name)),
        )
    en = " or ".join(fact.name("en") for fact in candidates)
    ja = "または".join(fact.name("ja") for fact in candidates)
    return (
        Text(
            f"SELECT an application whose name begins {shown}: {en}",
            f"SELECT: 名前が {shown} で始まるアプリケーション (「{ja}」) を選択",
        ),
        Position(application=candidates[0] if len(candidates) == 1 else None),
    )


def _unknown(name: bytes) -> ApplicationFact:
    """One of the free area, say: its EFs are its own, whatever those of other applications are."""
    shown = name.hex().upper()
    return ApplicationFact(
        aid=name, name_en=shown, name_ja=shown, source="the trace", on_card=False, files=MappingProxyType({})
    )


def _probe_note(name: bytes) -> Text:
    fact = applications.by_aid(name)
    if fact is None or fact.on_card:
        return NOTHING
    return remark(
        Text(f"not on this card: {fact.probed_by} probes for it", f"このカードにはない。{fact.probed_by}が探すもの")
    )


def _by_id(command: Command, position: Position) -> Told:
    fid = int.from_bytes(command.data)
    if fid == MF:
        return _mf(command, position)
    named = file_name(position, fid)
    if position.fact(fid) is not None:
        named = both(f"EF {fid:04X}, ") + named
    return Told(
        name="SELECT",
        text=Text(f"SELECT {named.en}", f"SELECT: {named.ja}を選択") + _manner(command),
        role=Role.SELECT_FILE,
        after=Position(application=position.application, fid=fid),
        file=position.fact(fid),
        answer=_fci,
    )


def _mf(command: Command, position: Position) -> Told:
    return Told(
        name="SELECT",
        text=Text("SELECT the MF", "SELECT: MFを選択") + _manner(command),
        role=Role.SELECT_MF,
        after=position,  # measured: soltia48/myna-card src/card.rs: never an effect
        answer=_fci,
    )


def _manner(command: Command) -> Text:
    wanted = _WANTED[command.p2 & 0x0C]
    return _OCCURRENCE[command.p2 & 0x03] + Text(f", {wanted.en}", f"、{wanted.ja}")


def _data_note(command: Command) -> Text:
    return remark(count(command.nc, of=Text("of data", "データ"))) if command.data else NOTHING


def _fci(data: bytes) -> tuple[Text, bool]:
    return count(len(data), of=Text("of file control information", "ファイル制御情報")), False
