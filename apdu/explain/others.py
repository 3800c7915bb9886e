"""GET DATA, commands for the reader itself, and every command that is only known by name."""

from __future__ import annotations

from collections.abc import Callable
from types import MappingProxyType
from typing import Final

from apdu.command import Command
from apdu.explain.position import Position
from apdu.explain.text import NOTHING, Text, both, count, remark
from apdu.explain.told import Role, Told
from apdu.layout.card_manager import DATA_OBJECTS

# commands of general clients that the card has to refuse; sent byte for byte so: OpenSC's card detection
KNOWN_PROBES: Final = MappingProxyType(
    {
        bytes.fromhex("00CADF3005"): Text("OpenSC's probe for SetCOS", "OpenSCのSetCOS検出"),
        bytes.fromhex("00CB3FFF035C017E08"): Text("OpenSC's probe for PIV discovery", "OpenSCのPIV検出"),
    }
)

# (INS, P1) of pseudo-APDUs that a reader takes for itself: PC/SC specification part 3 (CA); ACS ACR122U API (52)
READER_COMMANDS: Final = MappingProxyType(
    {
        (0xCA, 0x00): Text("asks the reader for the UID of the card", "リーダーにカードのUIDを問い合わせる"),
        (0xCA, 0x01): Text(
            "asks the reader for the card's historical bytes", "リーダーにカードの履歴バイトを問い合わせる"
        ),
        (0x00, 0x52): Text("switches the buzzer of an ACS reader", "ACSリーダーのブザーを切り替える"),
    }
)

# (bit 8 of the class, INS) of the commands that are only named, always or under secure messaging
NAMES: Final = MappingProxyType(
    {
        (0x00, 0x0E): "ERASE BINARY",  # ISO/IEC 7816-4 clause 11
        (0x00, 0x20): "VERIFY",  # clause 11
        (0x00, 0x22): "MANAGE SECURITY ENVIRONMENT",  # clause 11
        (0x00, 0x2A): "PERFORM SECURITY OPERATION",  # ISO/IEC 7816-8 clause 11; the card wants CLA 80
        (0x00, 0x70): "MANAGE CHANNEL",  # ISO/IEC 7816-4 clause 11
        (0x00, 0x82): "EXTERNAL AUTHENTICATE",  # clause 11
        (0x00, 0x87): "GENERAL AUTHENTICATE",  # clause 11
        (0x00, 0xA4): "SELECT",  # clause 11.2.2
        (0x00, 0xB0): "READ BINARY",  # clause 11
        (0x00, 0xB1): "READ BINARY (odd INS)",  # clause 11
        (0x00, 0xC0): "GET RESPONSE",  # clause 11
        (0x00, 0xCB): "GET DATA (odd INS)",  # clause 11
        (0x00, 0xD0): "WRITE BINARY",  # clause 11
        (0x00, 0xD2): "WRITE RECORD",  # clause 11
        (0x00, 0xD6): "UPDATE BINARY",  # clause 11
        (0x00, 0xDA): "PUT DATA",  # clause 11
        (0x00, 0xDC): "UPDATE RECORD",  # clause 11
        (0x00, 0xE2): "APPEND RECORD",  # clause 11
        (0x80, 0x06): "ERASE ALL RECORDS",  # JICSAP 1.1 through soltia48/myna-card
        (0x80, 0x50): "LOCK DF",  # JICSAP 1.1 through soltia48/myna-card
        (0x80, 0x52): "UNLOCK DF",  # JICSAP 1.1 through soltia48/myna-card
        (0x80, 0x8A): "MANAGE ATTRIBUTES",  # JICSAP 1.1 through soltia48/myna-card
        (0x80, 0xA2): "SET PUBLIC IC KEY",  # measured: soltia48/myna-card
        (0x80, 0xFC): "LAST COMMAND INDICATOR (iPhone only)",  # measured: soltia48/myna-card
    }
)


def explain_get_data(command: Command, position: Position) -> Told:
    """Which data object (ISO/IEC 7816-4 clause 11); the card answers only while no application is selected."""
    fact = DATA_OBJECTS.get(command.p1p2)
    name = (
        Text(f"{command.p1p2:04X}, {fact.name_en}", f"{command.p1p2:04X} ({fact.name_ja})")
        if fact
        else Text(f"{command.p1p2:04X}, unknown on this card", f"{command.p1p2:04X} (このカードでは未知)")
    )
    return Told(
        name="GET DATA",
        text=Text(f"GET DATA: the object {name.en}", f"GET DATA: データオブジェクト{name.ja}"),
        role=Role.GET_DATA,
        after=position,
        answer=_object(personal=fact is None or fact.personal),
    )


def explain_session_key(command: Command, position: Position) -> Told:
    """SET SESSION KEY, the start of secure messaging (measured: soltia48/myna-card src/sm.rs)."""
    size = count(command.nc)
    return Told(
        name="SET SESSION KEY",
        text=Text(f"SET SESSION KEY: {size.en} of encrypted seed", f"SET SESSION KEY: 暗号化された鍵の種{size.ja}"),
        role=Role.SESSION_KEY,
        after=position,
        redacted=bool(command.data),
    )


def explain_reader(command: Command, position: Position) -> Told:
    """A pseudo-APDU of class FF, meant for the reader; a card that gets it refuses."""
    what = READER_COMMANDS.get((command.ins, command.p1), both(f"INS {command.ins:02X}"))
    return Told(
        name="READER COMMAND",
        text=Text(
            f"a command for the reader, not for the card: {what.en}", f"カードではなくリーダーへのコマンド: {what.ja}"
        ),
        role=Role.OTHER,
        after=position,
        redacted=bool(command.data),
        answer=_object(personal=True),  # a UID may identify
    )


def explain_other(command: Command, position: Position) -> Told:
    """A command known by name alone, or not at all."""
    known = None if command.cla & 0x60 else NAMES.get((command.cla & 0x80, command.ins))
    header = f"CLA {command.cla:02X} INS {command.ins:02X}"
    name = both(known) if known else Text(f"unknown command {header}", f"未知のコマンド {header}")
    parameters = both(f", P1 {command.p1:02X} P2 {command.p2:02X}")
    body = count(command.nc, of=Text("of data", "データ")) if command.data else NOTHING
    hidden = remark(body + Text(", not shown", "、内容は表示しない")) if command.data else NOTHING
    return Told(
        name=known or "UNKNOWN",
        text=name + parameters + hidden,
        role=Role.OTHER,
        after=position,
        redacted=bool(command.data),
        answer=_object(personal=True),
    )


def _object(*, personal: bool) -> Callable[[bytes], tuple[Text, bool]]:
    def describe(data: bytes) -> tuple[Text, bool]:
        withheld = personal and bool(data)
        return count(len(data)) + (Text(", not shown", " (内容は表示しない)") if withheld else NOTHING), withheld

    return describe
