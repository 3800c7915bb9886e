"""The reversed direction of vpcd, against the real driver."""

from __future__ import annotations

from pathlib import Path

import pytest

from readers.vpcd import VpcdListener
from tests.interop.desk import (
    PCSCD_PARTS,
    Desk,
    Pcscd,
    PcscdReaders,
    free_pair_of_ports,
    room_for_pcscd,
    short_directory,
)
from tests.interop.pki import Pki

pytestmark = pytest.mark.real_part("python:smartcard", *PCSCD_PARTS, "opensc-tool")


def test_driver_connects_to_cards_that_wait(pki: Pki, tmp_path: Path) -> None:
    # Driver 0.8 takes pcscd down with it unless it finds a card at both ports (measured).
    cards = [pki.card(profile="C2"), pki.card(profile="T2", person=1)]
    port = free_pair_of_ports()
    with (
        room_for_pcscd(),
        VpcdListener(cards[0], port=port),
        VpcdListener(cards[1], port=port + 1),
        short_directory() as directory,
        Pcscd(directory, port=port, cards_at="127.0.0.1") as reversed_pcscd,
    ):
        desk = Desk(tmp_path, PcscdReaders(reversed_pcscd))
        for slot, card in enumerate(cards):
            assert desk.run("opensc-tool", "--reader", desk.reader(slot), "-a").strip() == card.atr.hex(":")
            assert desk.run("opensc-tool", "--reader", desk.reader(slot), "-n").strip() == "jpki"
