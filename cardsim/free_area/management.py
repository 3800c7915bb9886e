"""The commands of an open channel beside INSTALL and LOAD: registry, keys, life cycle, blocked PINs."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from apdu import globalplatform as gp
from apdu.command import Command
from apdu.errors import ApduError, TlvError
from apdu.globalplatform import EncipheredKey, Entry
from apdu.layout import card_manager
from apdu.response import Response
from apdu.scp03 import KEY_SIZES, StaticKeys
from apdu.status import StatusWord
from apdu.tlv import Tlv, constructed, decode
from cardsim import sw
from cardsim.errors import StatusError
from cardsim.free_area.domain import DomainArea, Handlers, commit, free_area
from cardsim.free_area.loading import CONFIRMED, install, load
from cardsim.free_area.state import FreeArea
from cardsim.free_area.unblocking import reset_retry_counter
from cardsim.symmetric import AES, is_public_key

if TYPE_CHECKING:
    from cardsim.runtime import Runtime

_ROOM: Final = 200
"""Bytes of the registry in one answer: with padding and MAC they stay under 256."""
_MOST_KEY_VERSIONS: Final = 4


def get_status(runtime: Runtime, domain: DomainArea, command: Command) -> Response:
    """GET STATUS in its TLV form: GPCS clause 11.4. A domain sees itself and what is its own, the issuer all."""
    if command.p2 not in (0x02, 0x03):
        raise StatusError(sw.WRONG_P1P2)
    if command.p2 == 0x02:
        try:
            prefix = decode(command.data)
        except TlvError:
            raise StatusError(sw.WRONG_DATA) from None
        if prefix.tag != 0x4F:
            raise StatusError(sw.WRONG_DATA)
        domain.listing = _listing(free_area(runtime), domain.aid, command.p1, prefix.value)
    if not domain.listing:
        raise StatusError(sw.OBJECT_NOT_FOUND)
    data = b""
    while domain.listing and len(data) + len(domain.listing[0]) <= _ROOM:
        data += domain.listing.pop(0)
    return Response(sw.MORE_DATA if domain.listing else StatusWord.OK, data)


def _listing(area: FreeArea, viewer: bytes, which: int, prefix: bytes) -> list[bytes]:
    issuer = card_manager.AID
    domains = [
        Entry(aid=domain.aid, state=gp.PERSONALIZED if domain.keys else gp.SELECTABLE, domain=issuer, is_domain=True)
        for domain in area.domains.values()
    ]
    if which == gp.ISSUER_DOMAIN:
        entries = [entry for entry in domains if entry.aid == issuer]
    elif which == gp.DOMAINS_AND_APPLICATIONS:
        entries = [entry for entry in domains if entry.aid != issuer]
        entries += [
            Entry(
                aid=one.aid,
                state=gp.SELECTABLE | (gp.LOCKED_BIT if one.locked else 0),
                domain=one.domain,
                load_aid=one.load_aid,
            )
            for one in area.instances.values()
        ]
    elif which == gp.LOAD_FILES:
        entries = [Entry(aid=aid, state=gp.LOADED, domain=one.domain) for aid, one in area.loaded.items()]
    else:
        raise StatusError(sw.WRONG_P1P2)
    seen = [entry for entry in entries if viewer in (issuer, entry.domain, entry.aid)]
    return [entry.encode() for entry in seen if entry.aid.startswith(prefix)]


def get_data(runtime: Runtime, domain: DomainArea, command: Command) -> Response:
    """GET DATA of the resources alone: GPCS annex H.4. The other objects answer outside the channel."""
    if command.p1p2 != gp.RESOURCES:
        raise StatusError(sw.OBJECT_NOT_FOUND)
    area = free_area(runtime)
    count = sum(domain.aid in (card_manager.AID, one.domain) for one in area.instances.values())
    free = max(area.free(domain.aid), 0)
    parts = (Tlv(0x81, count.to_bytes(2)), Tlv(0x82, free.to_bytes(4)), Tlv(0x83, bytes(4)))
    return Response(StatusWord.OK, constructed(gp.RESOURCES, parts).encode())


def delete(runtime: Runtime, domain: DomainArea, command: Command) -> Response:
    """DELETE: GPCS clause 11.2. A package goes with its applications only when P2 says so; a domain only when empty."""
    if command.p1 != 0 or command.p2 not in (0x00, 0x80):
        raise StatusError(sw.WRONG_P1P2)
    try:
        aid = decode(command.data)
    except TlvError:
        raise StatusError(sw.WRONG_DATA) from None
    if aid.tag != 0x4F:
        raise StatusError(sw.WRONG_DATA)
    commit(runtime, _without(free_area(runtime), domain.aid, aid.value, related=command.p2 == 0x80))
    return CONFIRMED


def _without(area: FreeArea, owner: bytes, aid: bytes, *, related: bool) -> FreeArea:
    mine = (owner, card_manager.AID)
    instance, loaded = area.instances.get(aid), area.loaded.get(aid)
    if instance is not None and owner in (instance.domain, card_manager.AID):
        return replace(area, instances={key: one for key, one in area.instances.items() if key != aid})
    if loaded is not None and owner in (loaded.domain, card_manager.AID):
        made = {key for key, one in area.instances.items() if one.load_aid == aid}
        if made and not related:
            raise StatusError(sw.CONDITIONS_NOT_SATISFIED)
        return replace(
            area,
            loaded={key: one for key, one in area.loaded.items() if key != aid},
            instances={key: one for key, one in area.instances.items() if key not in made},
        )
    if aid in area.domains and owner == card_manager.AID and aid not in mine:
        if aid in area.owners:
            raise StatusError(sw.CONDITIONS_NOT_SATISFIED)
        return _without_domain(area, aid)
    raise StatusError(sw.OBJECT_NOT_FOUND)


def _without_domain(area: FreeArea, aid: bytes) -> FreeArea:
    """The counter stays with the issuer, so that a recorded session never fits the domain when it comes back."""
    issuer = area.domains[card_manager.AID]
    issuer = replace(issuer, sequence=max(issuer.sequence, area.domains[aid].sequence))
    left = {key: one for key, one in area.domains.items() if key != aid}
    return replace(area, domains=left).with_domain(issuer)


def put_key(runtime: Runtime, domain: DomainArea, command: Command) -> Response:
    """PUT KEY: three AES keys under the data encryption key, or the provider's public key. GPCS clause 11.8."""
    area = free_area(runtime)
    mine = area.domains[domain.aid]
    try:
        if command.p2 == 0x01:
            point = gp.decode_provider_key(command.data)
            if command.p1 not in (0, gp.PROVIDER_KEY_VERSION) or not is_public_key(point):
                raise StatusError(sw.WRONG_DATA)
            commit(runtime, area.with_domain(replace(mine, provider_key=point)))
            return Response(StatusWord.OK, bytes((gp.PROVIDER_KEY_VERSION,)))
        if command.p2 != 0x81:
            raise StatusError(sw.WRONG_P1P2)
        version, enciphered = gp.decode_key_set(command.data)
    except ApduError:
        raise StatusError(sw.WRONG_DATA) from None
    keys = _deciphered(domain.dek, enciphered)
    kept = {number: one for number, one in mine.keys.items() if number != command.p1}
    replaces_itself = version == command.p1
    if not 1 <= version <= 0x7F or (command.p1 and command.p1 not in mine.keys):
        raise StatusError(sw.WRONG_DATA)
    if (version in mine.keys and not replaces_itself) or len(kept) >= _MOST_KEY_VERSIONS:
        raise StatusError(sw.WRONG_DATA)
    commit(runtime, area.with_domain(replace(mine, keys={**kept, version: keys})))
    return Response(StatusWord.OK, bytes((version,)) + b"".join(key.check for key in enciphered))


def _deciphered(dek: bytes, enciphered: tuple[EncipheredKey, ...]) -> StaticKeys:
    values = []
    for one in enciphered:
        if one.size not in KEY_SIZES or len(one.enciphered) != (one.size + 15) // 16 * 16:
            raise StatusError(sw.WRONG_DATA)
        key = AES.decrypt(dek, bytes(16), one.enciphered)[: one.size]
        if AES.encrypt(key, bytes(16), b"\x01" * 16)[: gp.KEY_CHECK_SIZE] != one.check:
            raise StatusError(sw.WRONG_DATA)
        values.append(key)
    try:
        return StaticKeys(enc=values[0], mac=values[1], dek=values[2])
    except ApduError:
        raise StatusError(sw.WRONG_DATA) from None


def set_status(runtime: Runtime, domain: DomainArea, command: Command) -> Response:
    """SET STATUS: an application is locked and unlocked. GPCS clause 11.10. The card's own life has no command.

    What the issuer locked, the issuer alone unlocks: GPCS clauses 9.6 and 11.10.
    """
    if command.p1 != gp.DOMAINS_AND_APPLICATIONS or command.p2 not in (gp.SELECTABLE, gp.SELECTABLE | gp.LOCKED_BIT):
        raise StatusError(sw.WRONG_P1P2)
    area = free_area(runtime)
    instance = area.instances.get(command.data)
    if instance is None or domain.aid not in (instance.domain, card_manager.AID):
        raise StatusError(sw.OBJECT_NOT_FOUND)
    locks = bool(command.p2 & gp.LOCKED_BIT)
    if instance.locked_by == card_manager.AID != domain.aid:
        if not locks:
            raise StatusError(sw.CONDITIONS_NOT_SATISFIED)
        return Response(StatusWord.OK)
    commit(runtime, area.with_instance(replace(instance, locked_by=domain.aid if locks else b"")))
    return Response(StatusWord.OK)


HANDLERS: Final[Handlers] = MappingProxyType(
    {
        gp.INSTALL: install,
        gp.LOAD: load,
        gp.DELETE: delete,
        gp.PUT_KEY: put_key,
        gp.SET_STATUS: set_status,
        gp.GET_STATUS: get_status,
        gp.GET_DATA: get_data,
        gp.RESET_RETRY_COUNTER: reset_retry_counter,
    }
)
"""Every command of an open channel by its instruction."""
