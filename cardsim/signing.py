"""COMPUTE DIGITAL SIGNATURE."""

from __future__ import annotations

from typing import Final

from apdu.layout.signature import SIGN_OPERATIONS
from cardsim import keys, sw
from cardsim.access import Operation, require
from cardsim.commands import DEFAULT_KEY, InternalAuthenticate, Sign
from cardsim.errors import StatusError
from cardsim.filesystem import resolve
from cardsim.runtime import Runtime

_HASH_AND_WRAP: Final = SIGN_OPERATIONS[0x03]


def compute_digital_signature(runtime: Runtime, command: Sign) -> bytes:
    """Signs as often as asked after one VERIFY; the data is padded as it comes (measured: soltia48/myna-card)."""
    fid = _default_key(runtime) if command.ef == DEFAULT_KEY else resolve(runtime, command.ef)
    der = runtime.application.keys.get(fid)
    if der is None:
        raise StatusError(sw.INCOMPATIBLE_FILE)
    require(runtime.rules.access, fid, Operation.SIGN, runtime.session.verified)
    operation = runtime.rules.sign_operations.get(command.operation.p1)
    if operation is None:
        raise StatusError(sw.WRONG_P1P2)
    if not operation.accepts(len(command.data)):
        raise StatusError(sw.CONDITIONS_NOT_SATISFIED)
    return keys.sign(runtime.key(fid, der), operation, command.data)


def internal_authenticate(runtime: Runtime, command: InternalAuthenticate) -> bytes:
    """SHA-256 with RSA over the challenge, without any PIN (measured: soltia48/myna-card src/ap/common.rs)."""
    fid = resolve(runtime, command.ef)
    der = runtime.application.keys.get(fid)
    if der is None:
        raise StatusError(sw.INCOMPATIBLE_FILE)
    require(runtime.rules.access, fid, Operation.AUTHENTICATE, runtime.session.verified)
    return keys.sign(runtime.key(fid, der), _HASH_AND_WRAP, command.challenge)


def _default_key(runtime: Runtime) -> int:
    fid = runtime.rules.default_key
    if fid is None:
        raise StatusError(sw.OBJECT_NOT_FOUND)
    return fid
