"""The card as a reader sees it."""

from __future__ import annotations

import logging
from dataclasses import replace

import pytest

from apdu.ports import Card
from cardsim.card import VirtualCard
from cardsim.errors import ImageError, ProfileError, StoreLockedError
from cardsim.state import ApplicationImage, LifeCycle, Pin
from cardsim.store import FileStore, MemoryStore

MANAGER = bytes.fromhex("A0000001510000")
JPKI = bytes.fromhex("D392F000260100000001")


def test_it_is_a_card(image) -> None:
    card: Card = VirtualCard(MemoryStore(image), rng=bytes)
    assert card.atr == bytes.fromhex("3BDA13FF8131FB468012392F31C173C601C03B")


@pytest.mark.parametrize("restart", ["reset", "power_off"])
def test_a_restart_selects_the_card_manager_and_changes_nothing_else(jpki, restart: str) -> None:
    before = jpki.card.image
    getattr(jpki.card, restart)()
    jpki.select(0x0018).expect(0x6A82)
    assert jpki.card.image is before


def test_a_card_taken_out_frees_its_file(tmp_path, image) -> None:
    FileStore.create(tmp_path / "card.json", image)
    with VirtualCard(FileStore(tmp_path / "card.json"), rng=bytes) as card:
        with pytest.raises(StoreLockedError):
            FileStore(tmp_path / "card.json")
        card.process(bytes.fromhex("00A4040C0AD392F000260100000001"))
        assert card.process(bytes.fromhex("002000980430303030")).hex() == "63c2"
    with VirtualCard(FileStore(tmp_path / "card.json"), rng=bytes) as card:
        card.process(bytes.fromhex("00A4040C0AD392F000260100000001"))
        assert card.process(bytes.fromhex("00200098")).hex() == "63c2"


def test_a_card_taken_out_forgets_its_session(jpki) -> None:
    jpki.verify(0x1B, "ABC123").expect(0x9000)
    jpki.card.close()
    jpki.select(0x0001).expect(0x6A82)
    jpki.select_jpki().expect(0x9000)
    jpki.send("00B0810004").expect(0x6982)


def test_an_unknown_profile_is_no_card(image) -> None:
    with pytest.raises(ProfileError):
        VirtualCard(MemoryStore(replace(image, profile="X1")), rng=bytes)


def without_manager(image):
    return {JPKI: image.applications[JPKI]}


def with_stranger(image):
    return {**image.applications, b"stranger": ApplicationImage(aid=b"stranger")}


def with_strange_pin(image):
    pins = {0x11: Pin(value=b"1", tries_left=1, limit=1)}
    return {**image.applications, MANAGER: replace(image.applications[MANAGER], pins=pins)}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (without_manager, "no card manager"),
        (with_stranger, "737472616E676572"),
        (with_strange_pin, "a PIN that its application does not know"),
    ],
)
def test_an_image_that_this_version_cannot_serve(image, change, message: str) -> None:
    with pytest.raises(ImageError, match=message):
        VirtualCard(MemoryStore(replace(image, applications=change(image))), rng=bytes)


def test_a_fault_of_ours_is_answered_logged_and_shows_no_pin(
    image, make_hand_over, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fault(_image: object) -> None:
        raise RuntimeError("broken on purpose")

    store = MemoryStore(image)
    hand = make_hand_over(store)
    hand.select_jpki()
    monkeypatch.setattr(store, "commit", fault)
    hand.verify(0x18, "1234").expect(0x6F00)
    assert "6F00" in caplog.text
    assert "1234" not in caplog.text
    assert [record.levelno for record in caplog.records] == [logging.ERROR]
    caplog.clear()


@pytest.mark.parametrize("raw", ["00A4040C0AD392F000260100000001", "00CA004500", "80CA", "FFCA000000", "0084000008"])
def test_a_terminated_card_answers_nothing_but_that(make_hand, image, raw: str) -> None:
    make_hand(image=replace(image, life_cycle=LifeCycle.TERMINATED)).send(raw).expect(0x6985, b"")
