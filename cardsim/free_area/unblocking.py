"""RESET RETRY COUNTER: what the municipal counter does for somebody whose PIN is blocked. Our design."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from apdu.command import Command
from apdu.errors import TlvError
from apdu.layout import card_manager
from apdu.package import SecretKind
from apdu.response import Response
from apdu.scp03 import SecurityLevel
from apdu.status import StatusWord
from apdu.tlv import decode_all
from cardsim import sw
from cardsim.errors import StatusError
from cardsim.free_area.domain import DomainArea, commit, free_area

if TYPE_CHECKING:
    from cardsim.runtime import Runtime

_WITH_NEW_VALUE: Final = 0x02  # P1: ISO/IEC 7816-4 clause 11, RESET RETRY COUNTER
_COUNTER_ALONE: Final = 0x03


def reset_retry_counter(runtime: Runtime, domain: DomainArea, command: Command) -> Response:
    """``4F`` names the application, P2 its PIN; ``81`` is a new value, which has to come encrypted.

    The issuer resets any PIN of the card, a domain those of its own applications. A PIN that was never set stays so.
    """
    if command.p1 not in (_WITH_NEW_VALUE, _COUNTER_ALONE) or command.p2 & 0xE0 != 0x80:
        raise StatusError(sw.WRONG_P1P2)
    tags = (0x4F, 0x81)[: 1 + (command.p1 == _WITH_NEW_VALUE)]
    try:
        objects = decode_all(command.data)
    except TlvError:
        raise StatusError(sw.WRONG_DATA) from None
    if tuple(tlv.tag for tlv in objects) != tags:
        raise StatusError(sw.WRONG_DATA)
    value = objects[1].value if len(objects) > 1 else None
    if value is not None and SecurityLevel.C_DECRYPTION not in domain.level:
        raise StatusError(sw.SECURITY_STATUS_NOT_SATISFIED)
    aid, reference = objects[0].value, command.p2 & 0x1F
    if aid in runtime.image.applications and domain.aid == card_manager.AID:
        _reset_pin(runtime, aid, reference, value)
    else:
        _reset_secret(runtime, domain.aid, aid, reference, value)
    return Response(StatusWord.OK)


def _reset_pin(runtime: Runtime, aid: bytes, fid: int, value: bytes | None) -> None:
    pin = runtime.image.applications[aid].pins.get(fid)
    if pin is None:
        raise StatusError(sw.OBJECT_NOT_FOUND)
    if not pin.value:
        raise StatusError(sw.CONDITIONS_NOT_SATISFIED)
    if value is not None and not runtime.all_rules[aid].pins[fid].accepts(value):
        raise StatusError(sw.WRONG_DATA)
    fresh = replace(pin, value=pin.value if value is None else value, tries_left=pin.limit)
    runtime.commit(runtime.image.with_pin(aid, fid, fresh))


def _reset_secret(runtime: Runtime, owner: bytes, aid: bytes, reference: int, value: bytes | None) -> None:
    area = free_area(runtime)
    instance = area.instances.get(aid)
    if instance is None or owner not in (instance.domain, card_manager.AID):
        raise StatusError(sw.OBJECT_NOT_FOUND)
    rule, secret = area.package(instance).secret(reference), instance.secrets.get(reference)
    if rule is None or secret is None or rule.kind is not SecretKind.PIN:
        raise StatusError(sw.OBJECT_NOT_FOUND)
    if value is not None and not rule.accepts(value):
        raise StatusError(sw.WRONG_DATA)
    if value is None and not secret.value:
        raise StatusError(sw.CONDITIONS_NOT_SATISFIED)
    fresh = replace(secret, value=secret.value if value is None else value, tries_left=secret.limit)
    commit(runtime, area.with_instance(instance.with_secret(reference, fresh)))
