"""No crash point gives a free PIN try or loses the card."""

from __future__ import annotations

import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from apdu.layout import jpki as layout
from cardsim.errors import StoreUnwritableError
from cardsim.store import FileStore, MemoryStore, read_image

AUTH = 0x18


class PowerLoss(BaseException):
    """The supply is gone: nothing after this runs."""


class FailingStore(MemoryStore):
    """Fails at the n-th commit, before or after the write, with an error or with the supply."""

    def __init__(self, image, *, fails_at: int, written: bool, error: BaseException) -> None:
        super().__init__(image)
        self.left = fails_at
        self.written = written
        self.error = error

    def commit(self, image) -> None:
        self.left -= 1
        if self.left != 0 or self.written:
            super().commit(image)
        if self.left == 0:
            raise self.error


def with_tries(image, tries: int, *, limit: int = 3):
    pin = image.applications[layout.AID].pins[layout.AUTH_PIN]
    return image.with_pin(layout.AID, layout.AUTH_PIN, replace(pin, tries_left=tries, limit=limit))


def tries_of(image) -> int:
    return image.applications[layout.AID].pins[layout.AUTH_PIN].tries_left


ERRORS = {"refusing": lambda: StoreUnwritableError(None, "the disk says no"), "power-loss": PowerLoss}
every_failure = pytest.mark.parametrize("error", ERRORS.values(), ids=ERRORS)
every_moment = pytest.mark.parametrize("written", [False, True], ids=["before-write", "after-write"])


@every_failure
@every_moment
@pytest.mark.parametrize("n", [1, 2, 3])
def test_wrong_pins_never_gain_a_try(image, make_hand_over, n: int, written: bool, error) -> None:
    store = FailingStore(with_tries(image, 3), fails_at=n, written=written, error=error())
    hand = make_hand_over(store)
    hand.select_jpki()
    compared = 0
    try:
        for _ in range(3):
            before = tries_of(store.load())
            answer = hand.verify(AUTH, "0000").response.sw
            assert str(answer) == "6581" or answer.tries_left == tries_of(store.load()) == before - 1
            compared += str(answer) != "6581"
    except PowerLoss:
        pass
    assert tries_of(store.load()) <= 3 - compared
    again = make_hand_over(store)
    again.select_jpki().expect(0x9000)
    assert again.tries(AUTH) == tries_of(store.load())


@every_failure
@every_moment
@pytest.mark.parametrize("n", [1, 2])
def test_the_right_pin_is_granted_only_when_all_is_durable(image, make_hand_over, n: int, written: bool, error) -> None:
    store = FailingStore(with_tries(image, 2), fails_at=n, written=written, error=error())
    hand = make_hand_over(store)
    hand.select_jpki()
    try:
        hand.verify(AUTH, "1234").expect(0x6581)
        hand.sign(0x17, b"m").expect(0x6982)
        assert hand.tries(AUTH) == tries_of(store.load())
        hand.verify(AUTH, "1234").expect(0x9000)
        assert tries_of(store.load()) == 3
    except PowerLoss:
        # commit 1 spends; commit 2, with the right PIN known, restores
        assert tries_of(store.load()) == {(1, False): 2, (1, True): 1, (2, False): 1, (2, True): 3}[n, written]
    again = make_hand_over(store)
    again.select_jpki()
    again.verify(AUTH, "1234").expect(0x9000)


@every_failure
@every_moment
@pytest.mark.parametrize("n", [1, 2, 3])
def test_a_change_is_whole_or_not_at_all(image, make_hand_over, n: int, written: bool, error) -> None:
    store = FailingStore(image, fails_at=n, written=written, error=error())
    hand = make_hand_over(store)
    hand.select_jpki()
    try:
        if str(hand.verify(AUTH, "1234").response.sw) == "9000":
            hand.change(AUTH, "9999").expect(0x6581)
    except PowerLoss:
        pass
    now = "9999" if (n, written) == (3, True) else "1234"
    assert tries_of(store.load()) <= 3
    again = make_hand_over(store)
    again.select_jpki()
    again.verify(AUTH, now).expect(0x9000)


@pytest.mark.parametrize("pin", ["0000", "1234"], ids=["wrong", "right"])
def test_a_store_that_never_writes_answers_no_guess(image, make_hand_over, pin: str) -> None:
    class ReadOnly(MemoryStore):
        def commit(self, image) -> None:
            raise StoreUnwritableError(None, "the disk says no")

    hand = make_hand_over(ReadOnly(image))
    hand.select_jpki()
    hand.verify(AUTH, pin).expect(0x6581)
    hand.verify(AUTH, pin).expect(0x6581)
    assert hand.tries(AUTH) == 3


def test_a_store_that_can_neither_write_nor_read_does_not_stop_the_card(image, make_hand_over) -> None:
    class Gone(MemoryStore):
        dead = False

        def load(self):
            if self.dead:
                raise StoreUnwritableError(None, "the disk is gone")
            return super().load()

        def commit(self, image) -> None:
            self.dead = True
            raise StoreUnwritableError(None, "the disk is gone")

    hand = make_hand_over(Gone(image))
    hand.select_jpki()
    hand.verify(AUTH, "0000").expect(0x6581)
    assert hand.tries(AUTH) == 3
    hand.select(0x0006).expect(0x9000)


STORM = """
import sys
from cardsim.card import VirtualCard
from cardsim.store import FileStore
card = VirtualCard(FileStore(sys.argv[1]), rng=bytes)
card.process(bytes.fromhex("00A4040C0AD392F000260100000001"))
while True:
    sys.stdout.write(card.process(bytes.fromhex("002000980430303030")).hex() + chr(10))
    sys.stdout.flush()
"""


@pytest.mark.parametrize("delay_ms", [0, 0.3, 0.7, 1.1, 1.9, 2.9, 4.3, 7.1])
def test_a_process_killed_in_a_storm_of_wrong_pins(tmp_path: Path, image, delay_ms: float) -> None:
    path = tmp_path / "card.json"
    FileStore.create(path, with_tries(image, 15, limit=15))
    root = str(Path(__file__).parents[2])
    with subprocess.Popen(
        [sys.executable, "-c", STORM, str(path)], stdout=subprocess.PIPE, cwd=root, text=True
    ) as storm:
        assert storm.stdout is not None
        first = storm.stdout.readline()
        time.sleep(delay_ms / 1000)
        storm.kill()
        answers = [first, *storm.stdout.readlines()]
    told = [int(answer.strip(), 16) for answer in answers if len(answer) == 5]
    compared = sum(sw & 0xFFF0 == 0x63C0 for sw in told)
    assert compared >= 1
    # every answer was durable before it left; at most one more try was spent and not told
    assert tries_of(read_image(path)) in (15 - compared, max(14 - compared, 0))
    with FileStore(path) as store:  # the dead process gave its lock back
        assert tries_of(store.load()) <= 15 - compared
