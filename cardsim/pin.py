"""VERIFY and CHANGE REFERENCE DATA: spend a try → commit → compare → restore → commit, and only then answer."""

from __future__ import annotations

import hmac
from dataclasses import replace

from apdu.status import StatusWord
from cardsim import sw
from cardsim.access import require
from cardsim.commands import ChangePin, QueryTries, Verify
from cardsim.errors import StatusError
from cardsim.filesystem import resolve
from cardsim.runtime import Runtime
from cardsim.state import Pin


def verify(runtime: Runtime, command: Verify) -> bytes:
    """Any value of any length is a try. A failure also takes back an earlier success."""
    fid, pin = _pin(runtime, command.ef)
    runtime.session.verified.discard(fid)
    if pin.tries_left == 0:
        raise StatusError(sw.REFERENCE_BLOCKED)
    spent = replace(pin, tries_left=pin.tries_left - 1)
    runtime.commit_pin(fid, spent)
    if not hmac.compare_digest(pin.value, command.value):
        raise StatusError(StatusWord.with_tries_left(spent.tries_left))
    runtime.commit_pin(fid, replace(pin, tries_left=pin.limit))
    runtime.session.verified.add(fid)
    return b""


def query_tries(runtime: Runtime, command: QueryTries) -> bytes:
    """Always 63Cx: 9000 after a VERIFY, or 6984 when blocked, would keep OpenSC from binding the card."""
    _, pin = _pin(runtime, command.ef)
    raise StatusError(StatusWord.with_tries_left(pin.tries_left))


def change_pin(runtime: Runtime, command: ChangePin) -> bytes:
    """The PIN must be verified, and the new one of the form that the application demands."""
    fid, pin = _pin(runtime, command.ef)
    rules = runtime.rules
    require(rules.access, fid, command.operation, runtime.session.verified)
    if not rules.pins[fid].accepts(command.value):
        raise StatusError(sw.WRONG_DATA)
    runtime.commit_pin(fid, replace(pin, value=command.value))
    return b""


def _pin(runtime: Runtime, ef: int | None) -> tuple[int, Pin]:
    fid = resolve(runtime, ef)
    pin = runtime.image.applications[runtime.pin_home].pins.get(fid)
    if pin is None:
        raise StatusError(sw.INCOMPATIBLE_FILE)
    return fid, pin
