"""Seats and slots on their own: what the wire does not show at once."""

from __future__ import annotations

import pytest

from readers.pcsclite.constants import Protocol, Rv
from readers.pcsclite.slots import Handle, Seat, Slot
from tests.readers.pcsclite.client import TellingCard


@pytest.fixture
def slot() -> Slot:
    slot = Slot("Lab", 0)
    slot.seat_card(Seat(TellingCard()))
    return slot


def _handle(slot: Slot) -> Handle:
    handle = Handle(1, slot, slot.seat)
    slot.handles.append(handle)
    slot.contexts += 1
    return handle


def test_event_counter_never_is_zero(slot: Slot) -> None:
    slot.event_counter = 0xFFFE
    slot.count_event()
    assert slot.event_counter == 0xFFFF
    slot.count_event()
    assert slot.event_counter == 1


def test_reset_spares_who_made_it_and_who_lost_the_card(slot: Slot) -> None:
    stale = _handle(slot)
    slot.seat_card(None)
    slot.seat_card(Seat(TellingCard()))
    maker, bystander = _handle(slot), _handle(slot)
    slot.note_reset(spare=maker)
    assert [stale.fault, maker.fault, bystander.fault] == [Rv.REMOVED_CARD, 0, Rv.RESET_CARD]
    assert slot.protocol is Protocol.UNDEFINED


def test_last_handle_of_the_seat_owes_a_power_off(slot: Slot) -> None:
    assert slot.seat is not None
    slot.seat.power_up()
    first, second = _handle(slot), _handle(slot)
    assert not slot.release(first)
    assert slot.release(second)
    assert not slot.seat.powered  # whoever comes before the power-off is done starts with a reset


def test_unlocking_by_another_is_refused(slot: Slot) -> None:
    holder, other = _handle(slot), _handle(slot)
    slot.lock_for(holder)
    assert slot.unlock_for(other) is Rv.SHARING_VIOLATION
    assert slot.unlock_for(holder) is Rv.SUCCESS


def test_retired_seat_is_stopped_once(slot: Slot) -> None:
    card = TellingCard()
    seat = Seat(card)
    with seat:
        seat.power_up()
        assert not seat.retire()
        assert card.log == ["reset"]
    assert card.log == ["reset", "off"]
    assert seat.settle()
    assert card.log == ["reset", "off"]
