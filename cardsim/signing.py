"""COMPUTE DIGITAL SIGNATURE."""

from __future__ import annotations

from cardsim import keys, sw
from cardsim.access import Operation, require
from cardsim.commands import DEFAULT_KEY, Sign
from cardsim.errors import StatusError
from cardsim.filesystem import resolve
from cardsim.runtime import Runtime


def compute_digital_signature(runtime: Runtime, command: Sign) -> bytes:
    """Signs as often as asked after one VERIFY; the data is padded as it comes (measured: soltia48/myna-card)."""
    fid = _default_key(runtime) if command.ef == DEFAULT_KEY else resolve(runtime, command.ef)
    der = runtime.application.keys.get(fid)
    if der is None:
        raise StatusError(sw.INCOMPATIBLE_FILE)
    require(runtime.rules.access, fid, Operation.SIGN, runtime.session.verified)
    if not command.operation.accepts(len(command.data)):
        raise StatusError(sw.CONDITIONS_NOT_SATISFIED)
    try:
        key = runtime.keyring.key(runtime.session.aid, fid, der)
    except ValueError:
        raise StatusError(sw.EXECUTION_ERROR) from None
    return keys.sign(key, command.operation, command.data)


def _default_key(runtime: Runtime) -> int:
    fid = runtime.rules.default_key
    if fid is None:
        raise StatusError(sw.OBJECT_NOT_FOUND)
    return fid
