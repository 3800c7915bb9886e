"""READ BINARY and READ RECORD (ISO/IEC 7816-4 clause 11)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from apdu.command import Command
from apdu.errors import LayoutError, TlvError
from apdu.explain.position import Position, file_name
from apdu.explain.text import NOTHING, Text, both, count, remark
from apdu.explain.told import Role, Told
from apdu.layout import jpki
from apdu.layout.facts import FileFact
from apdu.tlv import header_size

_SFI_FORM: Final = 0x80  # clause 11: bit 8 of P1 says that bits 5..1 are a short EF id
_LABEL_SIZE: Final = 32  # PKCS #11 v2.40 CK_TOKEN_INFO label


def explain_read_binary(command: Command, position: Position) -> Told:
    """How many bytes of which file, from where."""
    if command.p1 & _SFI_FORM:
        fid, offset = command.p1 & 0x1F or position.fid, command.p2
        after = Position(application=position.application, fid=fid)
        form = Text(" by its short id", " (短縮EF識別子)")
    else:
        fid, offset = position.fid, command.p1p2
        after = position
        form = NOTHING
    name = file_name(position, fid)
    size = _amount(command.ne)
    return Told(
        name="READ BINARY",
        text=Text(
            f"READ BINARY: {size.en} of {name.en}{form.en}, from offset {offset}",
            f"READ BINARY: {name.ja}{form.ja}のオフセット{offset}から{size.ja}を読む",
        ),
        role=Role.READ,
        after=after,
        file=position.fact(fid),
        answer=_content(position.fact(fid), offset, command.ne),
    )


def explain_read_record(command: Command, position: Position) -> Told:
    """Which record of which file."""
    sfi = command.p2 >> 3
    fid = sfi or position.fid
    name = file_name(position, fid)
    which = Text(f"record {command.p1}", f"レコード{command.p1}")
    if command.p2 & 0x07 == 0x05:  # clause 11, READ RECORD, coding of P2
        which = Text(f"all records from number {command.p1}", f"レコード{command.p1}以降のすべて")
    return Told(
        name="READ RECORD",
        text=Text(f"READ RECORD: {which.en} of {name.en}", f"READ RECORD: {name.ja}の{which.ja}を読む"),
        role=Role.READ_RECORD,
        after=Position(application=position.application, fid=fid),
        file=position.fact(fid),
        answer=_content(position.fact(fid), None, None),
    )


def _amount(ne: int | None) -> Text:
    if ne is None:
        return Text("no bytes (Le is missing)", "0バイト (Leがない)")
    return Text("up to ", "最大") + count(ne)


def _content(fact: FileFact | None, offset: int | None, ne: int | None) -> Callable[[bytes], tuple[Text, bool]]:
    def describe(data: bytes) -> tuple[Text, bool]:
        text = count(len(data))
        withheld = bool(data) and (fact is None or fact.personal)
        if withheld:
            text += Text(", not shown", " (内容は表示しない)")
        if offset == 0:
            text += _head(fact, data)
        if ne is not None and len(data) < ne:
            text += Text(", fewer than asked: the file ends here", " (要求より少ない: ファイルの終わり)")
        return text, withheld

    return describe


def _head(fact: FileFact | None, data: bytes) -> Text:
    """What the first bytes say of the file, without a word of its content when that is personal."""
    if fact is jpki.FILES[jpki.TOKEN_INFORMATION]:
        label = data[:_LABEL_SIZE].decode("ascii", errors="replace").strip(" ")
        # what a hostile card sends must not drive the terminal
        return Text(f", label {label!r}", f"、ラベル「{label}」") if label.isprintable() else NOTHING
    if fact is jpki.FILES[jpki.CERTIFICATE_AVAILABILITY]:
        return _availability(data)
    try:
        head, length = header_size(data, minimal_lengths=False)
    except TlvError:
        return NOTHING
    if length <= len(data) - head:
        return NOTHING
    return remark(Text(f"an object of {head + length:,} bytes begins here", f"{head + length:,}バイトのデータの先頭"))


def _availability(data: bytes) -> Text:
    try:
        there = jpki.CertificateAvailability.decode(data)
    except LayoutError:
        return NOTHING
    parts = [
        Text(f"{name.en} {'present' if present else 'absent'}", f"{name.ja}{'あり' if present else 'なし'}")
        for name, present in (
            (Text("signature certificate", "署名用証明書"), there.signature),
            (Text("user-authentication certificate", "利用者証明用証明書"), there.authentication),
        )
    ]
    return both(": ") + parts[0] + Text(", ", "、") + parts[1]
