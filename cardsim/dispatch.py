"""From the bytes of a command to its handler; beyond here nobody sees CLA, P1 or P2."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from apdu.command import Command
from apdu.errors import CommandError
from apdu.globalplatform import INITIALIZE_UPDATE
from apdu.layout import card_manager
from apdu.status import StatusWord
from cardsim import sw
from cardsim.commands import (
    PARSERS,
    ChangePin,
    GetChallenge,
    GetData,
    InternalAuthenticate,
    LastCommand,
    QueryTries,
    ReadBinary,
    ReadRecord,
    SelectApplication,
    SelectFile,
    SelectMasterFile,
    SetSessionKey,
    Sign,
    Verify,
)
from cardsim.data_objects import get_challenge, get_data
from cardsim.errors import StatusError
from cardsim.filesystem import read_binary, read_record, select_application, select_file, select_master_file
from cardsim.free_area.selection import begin_issuer_channel
from cardsim.pin import change_pin, query_tries, verify
from cardsim.runtime import Runtime
from cardsim.secure_messaging import SECURED_CLASSES, open_command, seal_response, set_session_key
from cardsim.signing import compute_digital_signature, internal_authenticate
from cardsim.state import LifeCycle

SELECT_BY_NAME: Final = b"\x00\xa4\x04"
_OK: Final = b"\x90\x00"

HANDLERS: Final[dict[type, Callable[[Runtime, Any], bytes]]] = {
    SelectApplication: select_application,
    SelectFile: select_file,
    SelectMasterFile: select_master_file,
    ReadBinary: read_binary,
    ReadRecord: read_record,
    Verify: verify,
    QueryTries: query_tries,
    ChangePin: change_pin,
    Sign: compute_digital_signature,
    InternalAuthenticate: internal_authenticate,
    SetSessionKey: set_session_key,
    LastCommand: lambda _runtime, _command: b"",
    GetChallenge: get_challenge,
    GetData: get_data,
}


def _class_refusal(cla: int) -> StatusWord | None:
    """Bits of CLA: ISO/IEC 7816-4 clause 5.4.1; 8x alike: GlobalPlatform Card Specification 2.3.1 clause 11.1.4."""
    if cla in (0x00, 0x80):
        return None
    if cla & 0x60 == 0:  # b8 x00 c ss ll: chaining, secure messaging, channel
        if cla & 0x03:
            return sw.CHANNEL_NOT_SUPPORTED
        return sw.SECURE_MESSAGING_NOT_SUPPORTED if cla & 0x0C else sw.CHAINING_NOT_SUPPORTED
    if 0x40 <= cla < 0x80:  # channels 4 to 19
        return sw.CHANNEL_NOT_SUPPORTED
    return sw.CLA_NOT_SUPPORTED


CLASS_REFUSALS: Final = tuple(_class_refusal(cla) for cla in range(256))
"""How each CLA is refused, None for the two that are served."""


def answer(runtime: Runtime, raw: bytes) -> bytes:
    """The response APDU to a command APDU."""
    if runtime.image.life_cycle is LifeCycle.TERMINATED:
        return bytes(sw.TERMINATED)
    try:
        area = runtime.session.area
        if area is not None and raw[:3] != SELECT_BY_NAME:
            return area.answer(runtime, raw)
        return _answer(runtime, raw) + _OK
    except StatusError as error:
        return bytes(error.sw)
    except CommandError:
        return bytes(sw.WRONG_LENGTH)


def _answer(runtime: Runtime, raw: bytes) -> bytes:
    command = Command.decode(raw)
    refusal = CLASS_REFUSALS[command.cla]
    if refusal is not None:
        return _secured(runtime, command, refusal)
    if command.extended and not runtime.profile.extended_length:
        raise StatusError(sw.WRONG_LENGTH)
    return _serve(runtime, command)


def _serve(runtime: Runtime, command: Command) -> bytes:
    code = command.cla << 8 | command.ins
    parser = PARSERS.get(code) or runtime.rules.commands.get(code)
    if parser is None:
        if runtime.session.aid == card_manager.AID and command.ins == INITIALIZE_UPDATE:
            return begin_issuer_channel(runtime, command)
        raise StatusError(_unserved(runtime, command))
    typed = parser(command)
    return HANDLERS[type(typed)](runtime, typed)


def _secured(runtime: Runtime, command: Command, refusal: StatusWord) -> bytes:
    """A command of a class that is refused, unless the application knows secure messaging."""
    if runtime.rules.session_key is None or command.cla not in SECURED_CLASSES:
        raise StatusError(refusal)
    if command.extended and not runtime.profile.extended_length:
        raise StatusError(sw.WRONG_LENGTH)
    plain, session, number = open_command(runtime, command)
    data = _serve(runtime, plain)
    return seal_response(session, number, data) if data else b""


def _unserved(runtime: Runtime, command: Command) -> StatusWord:
    refusal = runtime.rules.refusals.get(command.cla << 8 | command.ins)
    if refusal is None:
        return sw.INS_NOT_SUPPORTED
    return refusal.by_p1p2.get(command.p1p2, refusal.otherwise)
