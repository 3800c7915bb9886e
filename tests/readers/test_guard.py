"""The PIN guard: what passes, what a budget buys, and that the last try is never spent."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

import pytest

from readers.errors import CardRemovedError, PinGuardError
from readers.guard import PinGuard

CASES = tomllib.loads((Path(__file__).parents[2] / "fixtures/vectors/readers/guard.toml").read_text("utf-8"))["case"]
QUERY = bytes.fromhex("00200080")
VERIFY = bytes.fromhex("002000800431323334")
OK = bytes.fromhex("9000")
WRONG = bytes.fromhex("63C1")


class Recorder:
    """A channel that keeps what reaches it and answers from a script; the query has its own answer."""

    def __init__(self, *answers: bytes, query: bytes = bytes.fromhex("63C3")) -> None:
        self.sent: list[bytes] = []
        self.answers = list(answers)
        self.query = query

    def transmit(self, raw: bytes) -> bytes:
        self.sent.append(raw)
        if raw[:3] == QUERY[:3] and len(raw) <= 5:
            return self.query
        return self.answers.pop(0) if self.answers else OK

    def reset(self) -> bytes:
        return bytes.fromhex("3B00")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_without_a_budget_only_free_commands_reach_the_card(case: dict[str, str]) -> None:
    raw = bytes.fromhex(case["apdu"])
    card = Recorder()
    guard = PinGuard(card)
    if case["passage"] == "free":
        guard.transmit(raw)
        assert card.sent == [raw]
    else:
        with pytest.raises(PinGuardError, match=case.get("reason", "no failed attempt is allowed")):
            guard.transmit(raw)
        assert card.sent == []


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_a_budget_lets_counted_commands_pass_after_a_query_and_no_others(case: dict[str, str]) -> None:
    raw = bytes.fromhex(case["apdu"])
    card = Recorder()
    guard = PinGuard(card, budget=5)
    if case["passage"] == "counted":
        guard.transmit(raw)
        assert card.sent == [bytes((0x00, 0x20, 0x00, raw[3])), raw]
    elif case["passage"] == "refused":
        with pytest.raises(PinGuardError, match=case["reason"]):
            guard.transmit(raw)
        assert card.sent == []


@pytest.mark.parametrize("tries", range(16), ids="tries-{}".format)
def test_the_last_try_is_never_spent(tries: int) -> None:
    card = Recorder(query=bytes((0x63, 0xC0 | tries)))
    guard = PinGuard(card, budget=5)
    if tries > 1:
        assert guard.transmit(VERIFY) == OK
        return
    with pytest.raises(PinGuardError) as caught:
        guard.transmit(VERIFY)
    assert caught.value.tries_left == tries
    assert card.sent == [QUERY]
    assert guard.budget == 5


@pytest.mark.parametrize(
    "answer", ["9000", "6300", "6984", "6983", "6A82", "6986", "6282", ""], ids=lambda sw: sw or "0 bytes"
)
def test_a_counter_that_the_card_does_not_tell_is_not_lowered(answer: str) -> None:
    card = Recorder(query=bytes.fromhex(answer))
    with pytest.raises(PinGuardError) as caught:
        PinGuard(card, budget=5).transmit(VERIFY)
    assert caught.value.tries_left is None
    assert card.sent == [QUERY]


@pytest.mark.parametrize(("answer", "hint"), [("9000", "verified already"), ("6A82", "select the PIN first")])
def test_the_next_step_fits_what_the_card_said(answer: str, hint: str) -> None:
    with pytest.raises(PinGuardError) as caught:
        PinGuard(Recorder(query=bytes.fromhex(answer)), budget=5).transmit(VERIFY)
    assert hint in caught.value.hint


def test_a_wrong_answer_costs_budget_and_a_right_one_does_not() -> None:
    card = Recorder(OK, WRONG, OK, WRONG)
    guard = PinGuard(card, budget=2)
    budgets = []
    for _ in range(4):
        guard.transmit(VERIFY)
        budgets.append(guard.budget)
    assert budgets == [2, 1, 1, 0]
    with pytest.raises(PinGuardError, match="no failed attempt is allowed"):
        guard.transmit(VERIFY)


def test_an_attempt_without_an_answer_costs_budget() -> None:
    class Vanishing(Recorder):
        def transmit(self, raw: bytes) -> bytes:
            if raw == VERIFY:
                raise CardRemovedError("gone")
            return super().transmit(raw)

    guard = PinGuard(Vanishing(), budget=2)
    with pytest.raises(CardRemovedError):
        guard.transmit(VERIFY)
    assert guard.budget == 1


def test_query_and_attempt_share_one_transaction() -> None:
    card = Recorder()

    @contextmanager
    def transaction() -> Iterator[None]:
        card.sent.append(b"begin")
        yield
        card.sent.append(b"end")

    PinGuard(card, budget=1, transaction=transaction).transmit(VERIFY)
    assert card.sent == [b"begin", QUERY, VERIFY, b"end"]


def test_threads_cannot_overspend_the_budget() -> None:
    card = Recorder(*[WRONG] * 16)
    guard = PinGuard(card, budget=3)
    refused: list[PinGuardError] = []

    def attempt() -> None:
        try:
            guard.transmit(VERIFY)
        except PinGuardError as error:
            refused.append(error)

    threads = [Thread(target=attempt) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert card.sent.count(VERIFY) == 3
    assert len(refused) == 13


def test_reset_passes() -> None:
    assert PinGuard(Recorder()).reset() == bytes.fromhex("3B00")


def test_a_negative_budget_is_the_callers_mistake() -> None:
    with pytest.raises(ValueError, match="number of tries"):
        PinGuard(Recorder(), budget=-1)


@pytest.mark.parametrize("raw", ["0020008006414243313233", "00200080064142433132", "8020008006414243313233"])
def test_no_refusal_shows_a_pin(raw: str) -> None:
    with pytest.raises(PinGuardError) as caught:
        PinGuard(Recorder()).transmit(bytes.fromhex(raw))
    text = repr(caught.value) + caught.value.hint + repr(caught.value.__cause__)
    assert "ABC" not in text
    assert "414243" not in text
