"""Secure messaging of the text application: AES-128 over what a command or a response carries, without a MAC.

Measured: soltia48/myna-card src/sm.rs, unless a line says otherwise. SET SESSION KEY brings a seed, encrypted for the
public key of EF 0006. Then, in class 08, command N (from 1) has its initialisation vector from N and the key.
"""

from __future__ import annotations

from typing import Final

from apdu.command import Command
from apdu.errors import TlvError
from apdu.layout import secure_messaging as layout
from apdu.tlv import Tlv, decode
from cardsim import keys, sw
from cardsim.access import Operation, require
from cardsim.commands import SetSessionKey
from cardsim.errors import StatusError
from cardsim.runtime import Runtime
from cardsim.state import SecureSession

SECURED_CLASSES: Final = (0x08, 0x0C)
_SELECT: Final = 0xA4
_MOST: Final = 1 << 16


def set_session_key(runtime: Runtime, command: SetSessionKey) -> bytes:
    """A key agreed again replaces the one before; N starts at 1."""
    fid = runtime.rules.session_key
    der = None if fid is None else runtime.application.hidden.get(fid)
    if fid is None or der is None:
        raise StatusError(sw.NO_SECURITY_ENVIRONMENT)
    require(runtime.rules.access, fid, Operation.AGREE, runtime.session.verified)
    try:
        plain = keys.decrypt_oaep(runtime.key(fid, der), command.cryptogram)
    except OverflowError:
        raise StatusError(sw.CRYPTOGRAM_TOO_LARGE) from None
    if plain is None or len(plain) != layout.SEED_OBJECT_SIZE or not plain.startswith(layout.SEED_HEADER):
        raise StatusError(sw.WRONG_DATA)
    seed = plain[len(layout.SEED_HEADER) :]
    runtime.session.secure = SecureSession(seed[: layout.KEY_SIZE])
    return b""


def open_command(runtime: Runtime, command: Command) -> tuple[Command, SecureSession, int]:
    """The plain command, its session and its N, which has moved on whatever becomes of the command."""
    session = runtime.session.secure
    if session is None:
        first = command.ins == _SELECT and command.cla == layout.CLA
        raise StatusError(sw.SECURE_MESSAGING_NOT_SUPPORTED if first else sw.NO_SECURE_SESSION)
    number = session.number
    session.number += 1
    wanted = layout.OBJECT_OF_INSTRUCTION.get(command.ins)
    if command.cla == layout.CLA and wanted is None:
        raise StatusError(sw.SECURE_MESSAGING_NOT_SUPPORTED)
    try:
        if command.cla != layout.CLA:
            raise StatusError(sw.SECURED_DATA_MISSING)
        content = _only_object(command.data, wanted)
        if wanted == layout.EXPECTED_LENGTH:
            return _plain(command, b"", _expected(content)), session, number
        return _plain(command, _decrypt(session.key, number, content), None), session, number
    except StatusError:
        runtime.session.secure = None
        raise


def seal_response(session: SecureSession, number: int, data: bytes) -> bytes:
    """Response data as a cryptogram, under the vector of its command."""
    padded = layout.pad(data)
    cryptogram = keys.encrypt_cbc(session.key, _vector(session.key, number), padded)
    return Tlv(layout.CRYPTOGRAM, layout.PADDING_INDICATOR + cryptogram).encode()


def _plain(command: Command, data: bytes, ne: int | None) -> Command:
    return Command(cla=0x00, ins=command.ins, p1=command.p1, p2=command.p2, data=data, ne=ne)


def _only_object(raw: bytes, tag: int | None) -> bytes:
    try:
        found = decode(raw)
    except TlvError:
        raise StatusError(sw.SECURED_DATA_WRONG) from None
    if found.tag != tag:
        raise StatusError(sw.SECURED_DATA_WRONG)
    return found.value


def _expected(content: bytes) -> int:
    """``00`` and two bytes; 0000 is everything there is."""
    if len(content) != 3 or content[0] != 0:
        raise StatusError(sw.SECURED_DATA_WRONG)
    return int.from_bytes(content[1:]) or _MOST


def _decrypt(key: bytes, number: int, content: bytes) -> bytes:
    indicator, cryptogram = content[:1], content[1:]
    if indicator != layout.PADDING_INDICATOR or not cryptogram or len(cryptogram) % layout.BLOCK_SIZE:
        raise StatusError(sw.SECURED_DATA_WRONG)
    plain = layout.unpad(keys.decrypt_cbc(key, _vector(key, number), cryptogram))
    if plain is None:
        raise StatusError(sw.SECURED_DATA_WRONG)
    return plain


def _vector(key: bytes, number: int) -> bytes:
    return keys.encrypt_block(key, number.to_bytes(layout.BLOCK_SIZE))
