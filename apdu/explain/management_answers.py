"""What a card answers to card management, in clear: GlobalPlatform Card Specification 2.3.1 (GPCS)."""

from __future__ import annotations

from collections.abc import Callable
from types import MappingProxyType
from typing import Final, TypeAlias

from apdu import globalplatform as gp
from apdu import scp03
from apdu.errors import ApduError, TlvError
from apdu.explain.position import Position
from apdu.explain.text import Text, both, count
from apdu.tlv import Tlv, decode_all, find

Answer: TypeAlias = Callable[[bytes], tuple[Text, bool]]
"""Describes the data of a response, and says whether any of it was withheld."""

_STATES: Final = MappingProxyType(  # GPCS tables 11-3 to 11-5
    {
        gp.LOADED: Text("loaded", "ロード済み"),
        gp.INSTALLED: Text("installed", "インストール済み"),
        gp.SELECTABLE: Text("selectable", "選択可能"),
        gp.PERSONALIZED: Text("personalized", "個人化済み"),
    }
)


def initialize_answer(data: bytes) -> tuple[Text, bool]:
    try:
        answer = scp03.InitializeUpdateAnswer.decode(data)
    except ApduError:
        return unknown(data)
    return Text(
        f"SCP03, key version {answer.key_version:02X}, counter {answer.sequence}, card challenge and cryptogram",
        f"SCP03、鍵バージョン{answer.key_version:02X}、カウンタ{answer.sequence}、カードのチャレンジとクリプトグラム",
    ), any(answer.diversification)  # which may tell one card from another


def entries(data: bytes) -> tuple[Text, bool]:
    try:
        entries = gp.Entry.decode_all(data)
    except TlvError:
        return unknown(data)
    lines = [both(entry.aid.hex().upper() + " ") + _state(entry.state) for entry in entries]
    return Text(", ".join(line.en for line in lines), "、".join(line.ja for line in lines)), False


def _state(state: int) -> Text:
    if state & gp.LOCKED_BIT:
        return Text("locked", "ロック中")
    return _STATES.get(state, both(f"{state:02X}"))


def confirmed(data: bytes) -> tuple[Text, bool]:
    """No receipt: GPCS clause 11.5.3.1."""
    return (Text("confirmed", "確認"), False) if data == b"\x00" else unknown(data)


def check_values(_data: bytes) -> tuple[Text, bool]:
    return Text("key version and check values", "鍵バージョンとチェック値"), False


def resources(data: bytes) -> tuple[Text, bool]:
    try:
        outer = find(decode_all(data), gp.RESOURCES)
        inner: tuple[Tlv, ...] = () if outer is None else tuple(outer.children())
    except TlvError:
        return unknown(data)
    number, free = find(inner, 0x81), find(inner, 0x82)
    if number is None or free is None:
        return unknown(data)
    installed, left = int.from_bytes(number.value), int.from_bytes(free.value)
    return Text(
        f"{installed} application{'' if installed == 1 else 's'}, {left:,} bytes free",
        f"アプリケーション{installed}個、空き{left:,}バイト",
    ), False


def unknown(data: bytes) -> tuple[Text, bool]:
    return count(len(data)) + Text(", not shown", " (内容は表示しない)"), bool(data)


def without_mac(answer: Answer | None, position: Position) -> Answer | None:
    """The same for a response with its MAC behind it: Amendment D v1.1.2 clause 6.2.5."""
    if answer is None or not position.channel_level & scp03.SecurityLevel.R_MAC:
        return answer

    def describe(data: bytes) -> tuple[Text, bool]:
        plain = data[: -scp03.MAC_SIZE]
        return answer(plain) if plain else (both("R-MAC"), False)

    return describe
