"""Card management: GlobalPlatform Card Specification 2.3.1 (GPCS) over SCP03 (its Amendment D).

In clear, and behind a channel that does not encrypt, what a command is about is told; keys, PINs and what is loaded
never are. Of an encrypted command only its name and its parameters are known.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from types import MappingProxyType
from typing import Final, TypeAlias

from apdu import globalplatform as gp
from apdu import scp03
from apdu.command import Command
from apdu.errors import ApduError, TlvError
from apdu.explain import management_answers as answers
from apdu.explain.others import explain_get_data, explain_other
from apdu.explain.position import Position
from apdu.explain.text import NOTHING, Text, both, count, remark
from apdu.explain.told import Role, Told
from apdu.layout import applications
from apdu.tlv import decode_all, find

SECURED_CLASS: Final = 0x84  # GPCS clause 11.1.4
_STORE_DATA: Final = 0xE2

_LEVELS: Final = MappingProxyType(
    {
        scp03.SecurityLevel.C_MAC: "C-MAC",
        scp03.SecurityLevel.C_DECRYPTION: "C-DECRYPTION",
        scp03.SecurityLevel.R_MAC: "R-MAC",
        scp03.SecurityLevel.R_ENCRYPTION: "R-ENCRYPTION",
    }
)
_INSTALL_FOR: Final = MappingProxyType(  # GPCS table 11-41
    {
        gp.FOR_LOAD: "for load",
        gp.FOR_INSTALL: "for install",
        gp.FOR_MAKE_SELECTABLE: "for make selectable",
        gp.FOR_INSTALL_AND_MAKE_SELECTABLE: "for install and make selectable",
    }
)
_LISTED: Final = MappingProxyType(  # GPCS table 11-33
    {
        gp.ISSUER_DOMAIN: Text("the issuer's domain", "発行者のセキュリティドメイン"),
        gp.DOMAINS_AND_APPLICATIONS: Text("the domains and applications", "セキュリティドメインとアプリケーション"),
        gp.LOAD_FILES: Text("the packages", "パッケージ"),
        0x10: Text("the packages and their modules", "パッケージとモジュール"),
    }
)
_MANAGED: Final = MappingProxyType(  # GPCS table 11-86
    {
        gp.DOMAINS_AND_APPLICATIONS: Text("the application", "アプリケーション"),
        gp.ISSUER_DOMAIN: Text("the card", "カード"),
        0x60: Text("the domain and its applications", "セキュリティドメインとそのアプリケーション"),
    }
)
_HIDDEN: Final = Text(", not shown", "、内容は表示しない")

_Body: TypeAlias = bytes | None
"""The data field without MAC, or None where it is encrypted, or the channel's level is not known."""
_Teller: TypeAlias = Callable[[Command, Position, _Body], Told]


def explain_management(command: Command, position: Position) -> Told:
    """A command of class 80 or 84 that belongs to card management, or is known by name alone."""
    secured = command.cla == SECURED_CLASS
    teller = _TELLERS.get(command.ins)
    if command.ins == gp.EXTERNAL_AUTHENTICATE:
        return _external_authenticate(command, position)
    if teller is None:
        return explain_other(command, position)
    told = teller(command, position, _body(command, position))
    if not secured:
        return told
    in_clear = position.channel_level and not position.channel_level & scp03.SecurityLevel.R_ENCRYPTION
    return replace(
        told,
        text=told.text + remark(Text("over SCP03", "SCP03経由")),
        answer=answers.without_mac(told.answer, position) if in_clear else answers.unknown,
    )


def explain_initialize_update(command: Command, position: Position) -> Told:
    """INITIALIZE UPDATE: Amendment D v1.1.2 clause 7.1.1; LOCK DF has the same instruction."""
    if command.p2 != 0 or command.nc != scp03.CHALLENGE_SIZE:
        return explain_other(command, position)
    version = (
        Text(f"key version {command.p1:02X}", f"鍵バージョン{command.p1:02X}")
        if command.p1
        else Text("the key version that the card prefers", "カード既定の鍵バージョン")
    )
    return Told(
        name="INITIALIZE UPDATE",
        text=Text(
            f"INITIALIZE UPDATE: begins a secure channel with {version.en}, host challenge of 8 bytes",
            f"INITIALIZE UPDATE: {version.ja}でセキュアチャネルを開始、ホストのチャレンジ8バイト",
        ),
        role=Role.MANAGE,
        after=replace(position, channel_level=0),
        answer=answers.initialize_answer,
    )


def _external_authenticate(command: Command, position: Position) -> Told:
    """Amendment D v1.1.2 clause 7.1.2: P1 is the level of everything that follows."""
    names = ", ".join(name for bit, name in _LEVELS.items() if command.p1 & bit)
    return Told(
        name="EXTERNAL AUTHENTICATE",
        text=Text(
            f"EXTERNAL AUTHENTICATE: opens the secure channel at level {command.p1:02X}, {names or 'no security'}",
            f"EXTERNAL AUTHENTICATE: レベル{command.p1:02X} ({names or '保護なし'})でセキュアチャネルを確立",
        ),
        role=Role.MANAGE,
        after=replace(position, channel_level=command.p1),
        answer=answers.unknown,
    )


def _body(command: Command, position: Position) -> _Body:
    if command.cla != SECURED_CLASS:
        return command.data
    level = position.channel_level
    if not level & scp03.SecurityLevel.C_MAC or level & scp03.SecurityLevel.C_DECRYPTION:
        return None
    return command.data[: -scp03.MAC_SIZE]


def _told(name: str, text: Text, position: Position, *, redacted: bool) -> Told:
    return Told(
        name=name,
        text=both(f"{name}: ") + text,
        role=Role.MANAGE,
        after=position,
        redacted=redacted,
        answer=answers.confirmed,
    )


def _closed(command: Command) -> Text:
    """Of a body that cannot be read."""
    if not command.data:
        return NOTHING
    return remark(count(command.nc, of=Text("of data", "データ")) + _HIDDEN)


def _name_of(aid: bytes) -> Text:
    fact = applications.by_aid(aid)
    shown = aid.hex().upper()
    return both(shown) if fact is None else Text(f"{shown}, {fact.name_en}", f"{shown} ({fact.name_ja})")


def _aid_in(body: _Body) -> bytes | None:
    """The AID in the object 4F, which is all there is."""
    if body is None:
        return None
    try:
        found = find(decode_all(body), 0x4F)
    except TlvError:
        return None
    return None if found is None else found.value


def _get_status(command: Command, position: Position, body: _Body) -> Told:
    """GPCS clause 11.4."""
    what = _LISTED.get(command.p1, Text(f"P1 {command.p1:02X}, unknown", f"不明なP1 {command.p1:02X}"))
    prefix = _aid_in(body)
    which = (
        Text(f" whose AID begins {prefix.hex().upper()}", f" (AIDが{prefix.hex().upper()}で始まるもの)")
        if prefix
        else NOTHING
    )
    more = Text(", goes on", "の続き") if command.p2 & 0x01 else NOTHING
    told = _told(
        "GET STATUS",
        Text("lists ", "") + what + which + more + Text("", "の一覧"),
        position,
        redacted=body is None and bool(command.data),
    )
    return replace(told, answer=answers.entries)


def _install(command: Command, position: Position, body: _Body) -> Told:
    """GPCS clause 11.5. The parameters may have the first PINs and keys: our design."""
    purpose = _INSTALL_FOR.get(command.p1, f"P1 {command.p1:02X}")
    name = f"INSTALL [{purpose}]"
    try:
        text, redacted = _installed(command.p1, b"" if body is None else body)
    except ApduError:
        return replace(_told(name, NOTHING, position, redacted=True), text=both(name) + _closed(command))
    return _told(name, text, position, redacted=redacted)


def _installed(purpose: int, body: bytes) -> tuple[Text, bool]:
    if purpose == gp.FOR_LOAD:
        load = gp.InstallForLoad.decode(body)
        package, domain = _name_of(load.load_aid), _name_of(load.domain) if load.domain else None
        into = Text(f" into the domain {domain.en}", f"をドメイン{domain.ja}に") if domain else Text("", "を")
        return Text("announces the package ", "パッケージ") + package + into + Text("", "ロードする予告"), False
    fields = gp.InstallForInstall.decode(body)
    instance = _name_of(fields.instance)
    if purpose == gp.FOR_MAKE_SELECTABLE:
        return Text("the application ", "アプリケーション") + instance, bool(fields.secrets)
    kind = (
        Text("a security domain, ", "セキュリティドメイン")
        if fields.load_aid == gp.DOMAIN_LOAD_FILE
        else Text(
            f"from the package {fields.load_aid.hex().upper()}, ", f"パッケージ{fields.load_aid.hex().upper()}から"
        )
    )
    number = len(fields.secrets)
    secrets = (
        remark(
            Text(
                f"with {number} PIN{'s' if number > 1 else ''} or key{'s' if number > 1 else ''}, not shown",
                f"PINと鍵{number}個、内容は表示しない",
            )
        )
        if number
        else NOTHING
    )
    return kind + instance + secrets, bool(number)


def _load(command: Command, position: Position, body: _Body) -> Told:
    """GPCS clause 11.6."""
    last = Text(", the last", " (最後)") if command.p1 & gp.LAST_BLOCK else NOTHING
    size = count(command.nc if body is None else len(body))
    return _told(
        "LOAD",
        Text(f"block {command.p2} of the package", f"パッケージのブロック{command.p2}") + last + remark(size + _HIDDEN),
        position,
        redacted=bool(command.data),
    )


def _delete(command: Command, position: Position, body: _Body) -> Told:
    """GPCS clause 11.2."""
    aid = _aid_in(body)
    related = Text(", and what was made from it", "と、そこから作られたもの") if command.p2 & 0x80 else NOTHING
    if aid is None:
        return _told("DELETE", Text("something", "削除") + related + _closed(command), position, redacted=True)
    return _told("DELETE", _name_of(aid) + related, position, redacted=False)


def _put_key(command: Command, position: Position, _body: _Body) -> Told:
    """GPCS clause 11.8. Which key is told, its bytes never are."""
    what = (
        Text("the public key of the provider", "提供者の公開鍵")
        if command.p2 == 0x01
        else Text("the keys of the domain", "セキュリティドメインの鍵")
    )
    how = (
        Text(f"replaces {what.en} of version {command.p1:02X}", f"{what.ja} (バージョン{command.p1:02X})を置き換え")
        if command.p1
        else Text(f"adds {what.en}", f"{what.ja}を追加")
    )
    return replace(
        _told("PUT KEY", how + _closed(command), position, redacted=bool(command.data)), answer=answers.check_values
    )


def _set_status(command: Command, position: Position, body: _Body) -> Told:
    """GPCS clause 11.10."""
    what = _MANAGED.get(command.p1, both(f"P1 {command.p1:02X} "))
    name = NOTHING if body is None or not body else both(" ") + _name_of(body)
    doing = Text("locks ", "をロック") if command.p2 & gp.LOCKED_BIT else Text("unlocks ", "のロックを解除")
    if command.p1 == gp.ISSUER_DOMAIN:
        doing = Text(f"state {command.p2:02X} for ", f"の状態を{command.p2:02X}に変更")
    return _told(
        "SET STATUS",
        Text(doing.en + what.en + name.en, what.ja + name.ja + doing.ja) + (NOTHING if name else _closed(command)),
        position,
        redacted=body is None and bool(command.data),
    )


def _get_data(command: Command, position: Position, _body: _Body) -> Told:
    """GPCS clause 11.3 and annex H.4."""
    if command.p1p2 != gp.RESOURCES:
        return explain_get_data(command, position)
    told = _told("GET DATA", Text("the memory that is left", "空きメモリ"), position, redacted=False)
    return replace(told, answer=answers.resources)


def _reset_retry_counter(command: Command, position: Position, body: _Body) -> Told:
    """As a municipal counter would; behind the channel: our design."""
    aid = _aid_in(body)
    name = f"PIN {command.p2 & 0x1F:02X}"
    pin = both(name)
    if aid is not None:
        application = _name_of(aid)
        pin = Text(f"{name} of {application.en}", f"{application.ja}の{name}")
    new = Text(", with a new value", "、新しい値を設定") if command.p1 == 0x02 else NOTHING
    return _told(
        "RESET RETRY COUNTER",
        Text(f"gives {pin.en} its tries back", f"{pin.ja}の試行回数を元に戻す") + new + _closed(command),
        position,
        redacted=bool(command.data),
    )


def _store_data(command: Command, position: Position, _body: _Body) -> Told:
    """GPCS clause 11.11; not on this card."""
    text = Text(f"block {command.p2}", f"ブロック{command.p2}") + _closed(command)
    return _told("STORE DATA", text, position, redacted=bool(command.data))


_TELLERS: Final = MappingProxyType[int, _Teller](
    {
        gp.GET_STATUS: _get_status,
        gp.SET_STATUS: _set_status,
        gp.INSTALL: _install,
        gp.LOAD: _load,
        gp.DELETE: _delete,
        gp.PUT_KEY: _put_key,
        gp.GET_DATA: _get_data,
        gp.RESET_RETRY_COUNTER: _reset_retry_counter,
        _STORE_DATA: _store_data,
    }
)
