"""Signatures, challenges and the card's own keys."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from apdu.command import Command
from apdu.explain.pins import key_fid
from apdu.explain.position import Position, file_name
from apdu.explain.text import NOTHING, Text, count, remark
from apdu.explain.told import Role, Told
from apdu.layout import next_generation
from apdu.layout.digest_info import recognise
from apdu.layout.signature import SIGN_OPERATIONS, SignOperation

_HASHES: Final = MappingProxyType({32: "SHA-256", 48: "SHA-384"})
_OPERATIONS: Final = MappingProxyType({next_generation.AUTH_AID: next_generation.SIGN_OPERATIONS})
"""By the AID of the application, where they are not those of all."""
_RANDOMNESS: Final = Text("of randomness", "乱数")


def explain_sign(command: Command, position: Position) -> Told:
    """COMPUTE DIGITAL SIGNATURE: P1 the operation, P2 the key (measured: soltia48/myna-card README.md)."""
    fid = key_fid(command.p2, position)
    key = _key_name(position, fid, command.p2)
    operations = _operations(position)
    operation = operations.get(command.p1)
    how = (
        Text(operation.name_en, operation.name_ja)
        if operation
        else Text(
            f"P1 {command.p1:02X} is none of {min(operations):02X}..{max(operations):02X}",
            f"P1 {command.p1:02X} は{min(operations):02X}〜{max(operations):02X}以外",
        )
    )
    what = _signed_data(command)
    text = Text(
        f"PSO COMPUTE DIGITAL SIGNATURE with {key.en} over {what.en}; {how.en}",
        f"PSO COMPUTE DIGITAL SIGNATURE: {what.ja}を{key.ja}で署名; {how.ja}",
    )
    return Told(
        name="PSO COMPUTE DIGITAL SIGNATURE",
        text=text + _length_remark(command, operation) + _le_remark(command),
        role=Role.SIGN,
        after=Position(application=position.application, fid=fid if fid is not None else position.fid),
        file=position.fact(fid),
        answer=_signature,
    )


def explain_challenge(command: Command, position: Position) -> Told:
    """GET CHALLENGE (ISO/IEC 7816-4 clause 11)."""
    size = count(command.ne, of=_RANDOMNESS) if command.ne else Text("nothing (Le is missing)", "0バイト (Leがない)")
    return Told(
        name="GET CHALLENGE",
        text=Text(f"GET CHALLENGE: asks for {size.en}", f"GET CHALLENGE: {size.ja}を要求"),
        role=Role.CHALLENGE,
        after=position,
        answer=lambda data: (count(len(data), of=_RANDOMNESS), False),
    )


def explain_internal_authenticate(command: Command, position: Position) -> Told:
    """INTERNAL AUTHENTICATE (ISO/IEC 7816-4 clause 11)."""
    fid = key_fid(command.p2, position)
    key = _key_name(position, fid, command.p2)
    size = count(command.nc)
    return Told(
        name="INTERNAL AUTHENTICATE",
        text=Text(
            f"INTERNAL AUTHENTICATE: the card signs a challenge of {size.en} with {key.en}",
            f"INTERNAL AUTHENTICATE: {size.ja}のチャレンジを{key.ja}で署名",
        ),
        role=Role.SIGN,
        after=position,
        file=position.fact(fid),
        answer=_signature,
    )


def _key_name(position: Position, fid: int | None, p2: int) -> Text:
    if p2 == 0x00:
        return Text("the application's default key", "APの既定の鍵")
    if fid is None and p2 == 0x80:
        return Text("the currently selected key", "選択中の鍵")
    if fid is None:
        return Text(f"key reference {p2:02X}", f"鍵参照{p2:02X}")
    return file_name(position, fid)


def _signed_data(command: Command) -> Text:
    """What the data field is: a DigestInfo, a bare hash, or so many bytes."""
    match = recognise(command.data)
    size = count(command.nc)
    if match is not None:
        text = Text(f"a DigestInfo of {match.fact.name} ({size.en})", f"{match.fact.name}のDigestInfo ({size.ja})")
        if not match.has_null:
            text += Text(
                " without NULL parameters, a known client bug: verifiers refuse the signature",
                " (NULLパラメータなし: 既知のクライアントの不具合。検証で拒否される)",
            )
        return text
    if command.p1 == 0x00 and command.data[:1] == b"\x30":
        return size + remark(Text("looks like a DigestInfo, but is none", "DigestInfoに似ているが正しくない"))
    if command.p1 == 0x00 and command.data:
        return size + Text(" without a DigestInfo", " (DigestInfoなし)")
    if command.nc in _HASHES:
        name = _HASHES[command.nc]
        return size + remark(Text(f"as long as a {name} hash", f"{name}ハッシュと同じ長さ"))
    return size


def _operations(position: Position) -> Mapping[int, SignOperation]:
    """What P1 may ask for: the next generation's card has operations of its own (our design)."""
    application = position.application
    return _OPERATIONS.get(application.aid, SIGN_OPERATIONS) if application is not None else SIGN_OPERATIONS


def _length_remark(command: Command, operation: SignOperation | None) -> Text:
    if operation is None or operation.accepts(command.nc):
        return NOTHING
    if operation.min_length == operation.max_length:
        span = f"{operation.min_length}"
    else:
        span = f"{operation.min_length}..{operation.max_length}"
    return remark(Text(f"the card takes {span} bytes here", f"カードが受け付けるのは{span}バイト"))


def _le_remark(command: Command) -> Text:
    if command.ne is not None:
        return NOTHING
    return remark(Text("Le is missing, so no signature is asked for", "Leがないため署名は返らない"))


def _signature(data: bytes) -> tuple[Text, bool]:
    return Text("a signature of ", "署名") + count(len(data)), False
