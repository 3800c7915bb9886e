"""A card that was opened by force: it ends before the attempt returns, and nothing brings it back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from cardsim.card import VirtualCard
from cardsim.errors import StoreError
from cardsim.state import CardImage, LifeCycle
from cardsim.store import FileStore, MemoryStore, read_image

COMMANDS = ["00A4040C0AD392F000260100000001", "00CA004500", "0020008004" + "31323334", "80CA9F7F00", "0084000008", "00"]


class FailingStore(MemoryStore):
    def commit(self, image: CardImage) -> None:
        raise StoreError(None, "no")


def chance(count: int) -> bytes:
    return bytes(count)


@pytest.fixture
def path(image: CardImage, tmp_path: Path) -> Path:
    FileStore.create(tmp_path / "card", image)
    return tmp_path / "card"


def opened(path: Path) -> VirtualCard:
    return VirtualCard(FileStore(path), rng=chance)


@pytest.mark.parametrize("raw", COMMANDS)
def test_tampered_card_refuses_everything_at_once_after_reset_and_after_a_restart(path: Path, raw: str) -> None:
    answers = []
    with opened(path) as card:
        card.tamper()
        answers.append(card.process(bytes.fromhex(raw)))
        card.reset()
        answers.append(card.process(bytes.fromhex(raw)))
    with opened(path) as card:
        answers.append(card.process(bytes.fromhex(raw)))
    assert [answer.hex() for answer in answers] == ["6985"] * 3


def test_tampered_card_still_answers_its_reset(path: Path) -> None:
    with opened(path) as card:
        atr = card.atr
        card.tamper()
        card.reset()
        assert card.atr == atr


def test_file_is_written_before_tamper_returns_and_holds_no_secret(path: Path) -> None:
    with opened(path) as card:
        card.tamper()
        image = read_image(path)
    assert (image.life_cycle, image.free_area) == (LifeCycle.TERMINATED, None)
    assert not any(one.pins or one.keys or one.files or one.records for one in image.applications.values())


def test_card_whose_store_fails_is_dead_all_the_same(image: CardImage, make_hand: Callable[..., object]) -> None:
    card = VirtualCard(FailingStore(image), rng=chance)
    with pytest.raises(StoreError):
        card.tamper()
    assert card.process(bytes.fromhex(COMMANDS[0])).hex() == "6985"
