"""Programs on bare PC/SC: they list, wait for a card and for its end, send APDUs, see two cards at once."""

from __future__ import annotations

import sys

import pytest

from apdu.layout.atr import ATRS
from jpki.kinds import CaKind
from tests.interop.desk import PROGRAMS, Desk, WatchedCard
from tests.interop.pki import Pki

pytestmark = pytest.mark.real_part("python:smartcard", "pcsc_scan", "scriptor", "ATR_analysis", "pkcs15-tool")


def spaced(raw: bytes) -> str:
    return raw.hex(" ").upper()


def test_pcsc_scan_sees_the_card_come_and_go(desk: Desk, card: WatchedCard) -> None:
    with desk.running("pcsc_scan", "-n") as scan:
        scan.wait_for("Card state:")
        desk.insert(card)
        assert desk.reader() in scan.wait_for("Card inserted")
        assert spaced(card.atr) in scan.wait_for(spaced(card.atr))
        desk.remove()
        scan.wait_for("Card removed")


def test_pcsc_scan_knows_the_card_by_its_atr(ready: Desk, card: WatchedCard) -> None:
    with ready.running("pcsc_scan") as scan:
        scan.wait_for(f"ATR: {spaced(card.atr)}")
        scan.wait_for("My Number Card")


def test_scriptor(ready: Desk) -> None:
    (ready.home / "script").write_text(
        "reset\n00 A4 04 0C 0A D3 92 F0 00 26 01 00 00 00 01\n00 A4 02 0C 02 00 18\n00 20 00 80\n"
    )
    said = ready.run("scriptor", "-r", ready.reader(), "script")
    assert "< 90 00 : Normal processing." in said
    assert "< 63 C3 : " in said


def test_extended_length_reads_a_certificate_at_once(ready: Desk, pki: Pki) -> None:
    commands = ("00 A4 04 0C 0A D3 92 F0 00 26 01 00 00 00 01", "00 A4 02 0C 02 00 0A", "00 B0 00 00 00 00 00")
    (ready.home / "script").write_text("\n".join(commands) + "\n")
    said = ready.run("scriptor", "-r", ready.reader(), "script")
    answer = said.rpartition("<")[2].replace("\n", "")
    assert spaced(pki.people[0].certificates[CaKind.AUTH]) in answer
    assert "90 00 : Normal processing." in answer


def test_pyscard_monitor_sees_insertion_and_removal_again_and_again(desk: Desk, card: WatchedCard) -> None:
    with desk.running(sys.executable, PROGRAMS / "watch_cards.py") as watch:
        watch.wait_for("watching")
        for _ in range(2):
            desk.insert(card)
            watch.wait_for(f"inserted {desk.reader()} {card.atr.hex().upper()}")
            desk.remove()
            watch.wait_for(f"removed {desk.reader()}")


def test_pyscard_waits_for_a_card_and_its_removal(desk: Desk, card: WatchedCard) -> None:
    with desk.running(sys.executable, PROGRAMS / "request_card.py") as request:
        request.wait_for("waiting")
        desk.insert(card)
        request.wait_for("00200080 -> 63C3")
        desk.remove()
        request.wait_for("gone")


def test_two_cards_in_two_readers(desk: Desk, pki: Pki) -> None:
    for slot, profile in enumerate(("C2", "T2")):
        desk.insert(pki.card(profile=profile, person=slot), slot)
    for slot, profile in enumerate(("C2", "T2")):
        pki.write_pem(desk.home, person=slot)
        assert desk.run("opensc-tool", "--reader", desk.reader(slot), "-a").strip() == ATRS[profile].value.hex(":")
        desk.run("pkcs15-tool", "--reader", desk.reader(slot), "--read-certificate", "1", "-o", "read.pem")
        assert (desk.home / "read.pem").read_text() == (desk.home / "auth.pem").read_text()


def test_another_card_in_the_same_reader_is_another_card(desk: Desk, pki: Pki) -> None:
    for person in range(2):
        desk.insert(pki.card(person=person))
        pki.write_pem(desk.home, person=person)
        desk.run("pkcs15-tool", "--read-certificate", "1", "-o", "read.pem")
        assert (desk.home / "read.pem").read_text() == (desk.home / "auth.pem").read_text()
        desk.remove()
