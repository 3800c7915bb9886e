"""Which parts of the free area SELECT finds, and what answers once one is selected."""

from __future__ import annotations

from typing import TYPE_CHECKING

from apdu.command import Command
from apdu.layout import card_manager
from cardsim import sw
from cardsim.errors import StatusError
from cardsim.free_area.application import ApplicationArea
from cardsim.free_area.area import Area
from cardsim.free_area.domain import DomainArea
from cardsim.free_area.management import HANDLERS
from cardsim.free_area.state import FreeArea

if TYPE_CHECKING:
    from cardsim.runtime import Runtime


def selectable(area: FreeArea | None) -> list[bytes]:
    """Domains, then applications that are not locked. The issuer's domain is the card manager, found before."""
    if area is None:
        return []
    domains = [aid for aid in area.domains if aid != card_manager.AID]
    return domains + [instance.aid for instance in area.instances.values() if not instance.locked]


def area_of(area: FreeArea | None, aid: bytes) -> Area | None:
    """What answers while ``aid`` is selected, or None: the card itself."""
    if area is None or aid == card_manager.AID:
        return None
    if aid in area.domains:
        return DomainArea(aid, HANDLERS)
    return ApplicationArea(aid) if aid in area.instances else None


def begin_issuer_channel(runtime: Runtime, command: Command) -> bytes:
    """INITIALIZE UPDATE at the card manager, which otherwise answers by itself; 6D00 on a card without a free area."""
    if command.cla != 0x80 or runtime.image.free_area is None:
        raise StatusError(sw.INS_NOT_SUPPORTED)
    return DomainArea(card_manager.AID, HANDLERS).initialize(runtime, command)
