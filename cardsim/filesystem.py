"""SELECT and READ: applications by name, EFs by identifier or short identifier."""

from __future__ import annotations

from apdu.layout import card_manager
from apdu.tlv import Tlv, constructed
from cardsim import sw
from cardsim.access import Operation, require
from cardsim.commands import ReadBinary, ReadRecord, SelectApplication, SelectFile, SelectMasterFile
from cardsim.errors import StatusError
from cardsim.free_area.selection import area_of, selectable
from cardsim.runtime import Runtime
from cardsim.state import ApplicationImage, Session


def select_application(runtime: Runtime, command: SelectApplication) -> bytes:
    """A failed SELECT changes nothing; another application drops the security status."""
    aid = _find(runtime, command.name or card_manager.AID, next_occurrence=command.next_occurrence)
    verified = runtime.session.verified
    keeps = runtime.profile.keeps_status and aid == runtime.session.aid
    fci = b"" if command.fci_ne is None else _fitting((Tlv(0x84, aid),), command.fci_ne)
    runtime.session = Session(
        aid=aid, verified=verified if keeps else set(), area=area_of(runtime.image.free_area, aid)
    )
    return fci


def select_file(runtime: Runtime, command: SelectFile) -> bytes:
    """Any EF may be selected, whoever may read or use it."""
    application = runtime.application
    if not application.holds(command.fid):
        raise StatusError(sw.FILE_NOT_FOUND)
    fci = b""
    if command.fci_ne is not None:
        fci = _fitting(_control_parameters(application, command.fid), command.fci_ne)
    runtime.session.current = command.fid
    return fci


def select_master_file(runtime: Runtime, _command: SelectMasterFile) -> bytes:
    """There is none: 6A86 at the card manager, accepted without effect in an application (measured: myna-card)."""
    if runtime.session.aid == card_manager.AID:
        raise StatusError(sw.WRONG_P1P2)
    return b""


def resolve(runtime: Runtime, ef: int | None) -> int:
    """The EF that a command means. A short identifier makes it current, whatever becomes of the command."""
    if ef is None:
        if runtime.session.current is None:
            raise StatusError(sw.NO_CURRENT_FILE)
        return runtime.session.current
    if not runtime.application.holds(ef):
        raise StatusError(sw.FILE_NOT_FOUND)
    runtime.session.current = ef
    return ef


def read_binary(runtime: Runtime, command: ReadBinary) -> bytes:
    """What is there of the range asked for; never nothing with 9000, which would loop clients for ever (jpki/myna)."""
    fid = resolve(runtime, command.ef)
    content = runtime.application.files.get(fid)
    if content is None:
        raise StatusError(sw.INCOMPATIBLE_FILE)
    require(runtime.rules.access, fid, Operation.READ, runtime.session.verified)
    if command.offset >= len(content):
        raise StatusError(sw.OFFSET_OUTSIDE)
    return content[command.offset : command.offset + command.ne]


def read_record(runtime: Runtime, command: ReadRecord) -> bytes:
    """The record of this number, or what fits of it."""
    fid = resolve(runtime, command.ef)
    records = runtime.application.records.get(fid)
    if records is None:
        raise StatusError(sw.INCOMPATIBLE_FILE)
    require(runtime.rules.access, fid, Operation.READ, runtime.session.verified)
    if not 1 <= command.number <= len(records):
        raise StatusError(sw.RECORD_NOT_FOUND)
    return records[command.number - 1][: command.ne]


def _find(runtime: Runtime, name: bytes, *, next_occurrence: bool) -> bytes:
    """The application of this AID, else the first whose AID starts with it, or the next after the selected one.

    The whole name goes first, or whoever loads a longer one could answer in its place.
    """
    aids = [*runtime.image.applications, *selectable(runtime.image.free_area)]
    if name in aids and not next_occurrence:
        return name
    start = aids.index(runtime.session.aid) + 1 if next_occurrence else 0
    for aid in aids[start:]:
        if aid.startswith(name):
            return aid
    raise StatusError(sw.FILE_NOT_FOUND)


def _control_parameters(application: ApplicationImage, fid: int) -> tuple[Tlv, ...]:
    """Descriptor 01: transparent working EF; 05: records of variable size in SIMPLE-TLV; 08: internal EF, whose size
    is nobody's (ISO/IEC 7816-4 clause 7.4.5).
    """
    if fid in application.records:
        return Tlv(0x82, b"\x05"), Tlv(0x83, fid.to_bytes(2))
    content = application.files.get(fid)
    if content is None:
        return Tlv(0x82, b"\x08"), Tlv(0x83, fid.to_bytes(2))
    size = len(content)
    width = 2 if size < 1 << 16 else 4  # clause 7.4.3: the size may have any number of bytes
    return Tlv(0x80, size.to_bytes(width)), Tlv(0x82, b"\x01"), Tlv(0x83, fid.to_bytes(2))


def _fitting(parameters: tuple[Tlv, ...], ne: int) -> bytes:
    """File control information, whole; 6700 rather than cut."""
    fci = constructed(0x6F, parameters).encode()
    if ne < len(fci):
        raise StatusError(sw.WRONG_LENGTH)
    return fci
