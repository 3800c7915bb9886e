"""A plan at work on a target that writes down what is done to it."""

from __future__ import annotations

import pytest

from apdu.faults.engine import Departure, FaultEngine, idle_engine
from apdu.faults.gate import Gate
from apdu.faults.plan import FaultPlan
from apdu.faults.read import parse_fault

SELECT, VERIFY, READ, SIGN = (bytes((0, ins, 0, 0)) for ins in (0xA4, 0x20, 0xB0, 0x2A))
ANSWER = bytes(range(8)) + b"\x90\x00"


class Target(Gate):
    """Answers ``ANSWER`` with the number of the command in its first byte, and stays although it is told to leave."""

    def __init__(self, *faults: str, seed: str = "s") -> None:
        self.log: list[str] = []
        self.engine = FaultEngine(
            FaultPlan(faults=tuple(map(parse_fault, faults)), seed=seed),
            sleep=lambda seconds: self.log.append(f"sleep {seconds:.3f}"),
        )
        self.sent = self.asked = 0
        self.fired_at: list[int] = []
        super().__init__(self.answer, self.engine)

    def transmit(self, raw: bytes) -> bytes:
        before = len(self.engine.fired)
        response = self.through(raw)
        self.asked += 1
        self.fired_at += [self.asked] * (len(self.engine.fired) - before)
        return response

    def answer(self, raw: bytes) -> bytes:
        self.sent += 1
        self.log.append(f"send {raw[1:2].hex().upper()}")
        return bytes((self.sent,)) + ANSWER[1:]

    def reset_card(self) -> None:
        self.log.append("reset")

    def leave(self, departure: Departure, *, answered: bool) -> None:
        self.log.append(f"{departure.value} leaves{' after the answer' if answered else ''}")

    def refuse(self) -> bytes:
        self.log.append("refuse")
        return b""

    def lose(self) -> bytes:
        self.log.append("lose")
        return b""

    def time_out(self) -> bytes:
        self.log.append("time out")
        return b""

    def play(self, *commands: bytes) -> list[int]:
        """Send them; the lengths of the answers."""
        return [len(self.transmit(raw)) for raw in commands]

    def _refuse(self, raw: bytes) -> bytes:
        raise AssertionError("this target stays")


@pytest.mark.parametrize(
    ("fault", "log"),
    [
        ("remove before READ BINARY", ["card leaves", "refuse"]),
        ("remove during READ BINARY", ["send B0", "card leaves", "refuse"]),
        ("remove after READ BINARY", ["send B0", "card leaves after the answer"]),
        ("vanish before READ BINARY", ["reader leaves", "refuse"]),
        ("vanish during READ BINARY", ["send B0", "reader leaves", "refuse"]),
        ("vanish after READ BINARY", ["send B0", "reader leaves after the answer"]),
        ("reset before READ BINARY", ["reset", "send B0"]),
        ("reset after READ BINARY", ["send B0", "reset"]),
        ("delay 250 ms during READ BINARY", ["send B0", "sleep 0.250"]),
        ("answer 6F00 before READ BINARY", []),
        ("answer 6F00 during READ BINARY", ["send B0"]),
        ("truncate to 3 during READ BINARY", ["send B0"]),
        ("corrupt during READ BINARY", ["send B0"]),
        ("duplicate during READ BINARY", ["send B0"]),
        ("drop during READ BINARY", ["send B0", "lose"]),
        ("hang 2000 ms before READ BINARY", ["sleep 2.000", "time out"]),
        ("hang 2000 ms during READ BINARY", ["send B0", "sleep 2.000", "time out"]),
    ],
)
def test_effect_does_this_to_the_target(fault: str, log: list[str]) -> None:
    target = Target(fault)
    target.play(READ)
    assert target.log == log
    assert [firing.as_dict() for firing in target.engine.fired] == [
        {"fault": str(parse_fault(fault)), "event": "READ BINARY", "number": 1}
    ]


@pytest.mark.parametrize(
    ("fault", "answer"),
    [
        ("answer 6581 before READ BINARY", "6581"),
        ("answer 6581 during READ BINARY", "6581"),
        ("truncate to 3 during READ BINARY", "010102"),
        ("truncate to 99 during READ BINARY", "01010203040506079000"),
        ("drop during READ BINARY", ""),
    ],
)
def test_response_comes_through_as(fault: str, answer: str) -> None:
    assert Target(fault).transmit(READ).hex() == answer


@pytest.mark.parametrize("bits", [1, 2, 64])
def test_as_many_bits_flip_as_were_asked_for(bits: int) -> None:
    changed = Target(f"corrupt {bits} bits").transmit(READ)
    right = bytes((1,)) + ANSWER[1:]
    assert (int.from_bytes(changed) ^ int.from_bytes(right)).bit_count() == bits


def test_seed_decides_which_bits_and_each_strike_has_others() -> None:
    runs = [[Target("corrupt, always", seed=seed) for _ in range(2)] for seed in ("a", "b")]
    answers = [[[each.transmit(READ)[1:] for _ in range(8)] for each in run] for run in runs]
    assert answers[0][0] == answers[0][1] != answers[1][0]
    assert len(set(answers[0][0])) > 1


def test_duplicate_takes_the_place_of_the_next_answer_alone() -> None:
    target = Target("duplicate during READ BINARY 2")
    assert [target.transmit(raw)[0] for raw in (READ, SELECT, READ, SELECT, READ)] == [1, 2, 3, 3, 5]


def test_answer_before_a_reset_does_not_come_again() -> None:
    target = Target("duplicate during READ BINARY")
    target.transmit(READ)
    target.engine.reset(b"")
    assert target.transmit(READ)[0] == 2


@pytest.mark.parametrize(
    ("fault", "fired_at"),
    [
        ("answer 6F00 before READ BINARY 2", [4]),
        ("answer 6F00 before READ BINARY 2, 2 times", [4, 5]),
        ("answer 6F00 before READ BINARY 2, always", [4, 5, 8, 10]),
        ("answer 6F00 before READ BINARY 2, until reset", [4, 5]),
        ("answer 6F00 before command 3", [3]),
        ("answer 6F00 before command 3, 2 times", [3, 4]),
        ("answer 6F00 before command 8, always", [8, 9, 10]),
        ("answer 6F00 before command 3, until reset", [3, 4, 5]),
        ("answer 6F00 before command 7, until reset", [7, 8, 9, 10]),
        ("answer 6F00 between SELECT and READ BINARY", [2]),
        ("answer 6F00 between SELECT and READ BINARY 2", [4]),
        ("answer 6F00 between SELECT and READ BINARY, always", [2, 4, 8, 10]),
        ("answer 6F00 between READ BINARY and command, always", [3, 5, 9]),
        ("answer 6F00 between VERIFY and COMPUTE DIGITAL SIGNATURE", []),
        ("answer 6F00 before INS A4 4", [9]),
    ],
)
def test_fault_strikes_at_these_commands(fault: str, fired_at: list[int]) -> None:
    """Ten commands, a reset after the fifth: select, read, select, read, read; sign, select, read, select, read."""
    target = Target(fault)
    target.play(SELECT, READ, SELECT, READ, READ)
    target.engine.reset(b"")
    target.play(SIGN, SELECT, READ, SELECT, READ)
    assert target.fired_at == fired_at
    assert target.sent == 10 - len(fired_at)


def test_command_of_less_than_two_bytes_counts_as_a_command_alone() -> None:
    target = Target("answer 6F00 before command 2", "answer 6F00 before INS 00")
    assert target.play(b"", b"\x00", b"\x00") == [10, 2, 10]


def test_faults_count_apart_and_say_at_which_of_their_events_they_struck() -> None:
    target = Target("delay 1 ms during READ BINARY, always", "answer 6F00 before command 4, 2 times")
    target.play(READ, SELECT, READ, READ, SELECT, READ)
    assert [(firing.event, firing.number) for firing in target.engine.fired] == [
        ("READ BINARY", 1),
        ("READ BINARY", 2),
        ("command", 4),
        ("command", 5),
        ("READ BINARY", 4),
    ]


def test_faults_due_together_strike_in_the_order_of_the_plan() -> None:
    target = Target("truncate to 4 during command 1", "delay 1 ms during command 1", "answer 6A82 during command 1")
    assert target.transmit(READ).hex() == "6a82"
    assert [firing.fault.split()[0] for firing in target.engine.fired] == ["truncate", "delay", "answer"]


def test_reset_by_a_fault_ends_what_lasts_until_reset() -> None:
    target = Target("answer 6F00 before SELECT, until reset", "reset before VERIFY")
    target.play(SELECT, VERIFY, SELECT)
    assert target.fired_at == [1, 2]


@pytest.mark.parametrize(
    ("fault", "atrs"),
    [
        ("atr 3B00", ["3b00", "3bff", "3bff"]),
        ("atr 3B00 during reset 2", ["3bff", "3b00", "3bff"]),
        ("atr 3B00, 2 times", ["3b00", "3b00", "3bff"]),
        ("atr 3B00 during reset 2, always", ["3bff", "3b00", "3b00"]),
        ("atr 3B00, until reset", ["3b00", "3bff", "3bff"]),
        ("remove before READ BINARY", ["3bff", "3bff", "3bff"]),
    ],
)
def test_resets_are_answered_with_these_atrs(fault: str, atrs: list[str]) -> None:
    engine = Target(fault).engine
    assert [engine.reset(b"\x3b\xff").hex() for _ in range(3)] == atrs
    assert [firing.number for firing in engine.fired] == [
        number for number, atr in enumerate(atrs, start=1) if atr == "3b00"
    ]


@pytest.mark.parametrize(
    ("raw", "response_size", "low_s", "high_s"),
    [(SIGN + bytes(53), 258, 0.65, 0.75), (READ + b"\0", 258, 0.2, 0.3), (SELECT + bytes(3), 2, 0.03, 0.05)],
    ids=["signature", "256-bytes", "select"],
)
def test_nfc_profile_is_as_slow_as_the_published_log(
    raw: bytes, response_size: int, low_s: float, high_s: float
) -> None:
    """mnbcard README: 0.7 s a signature; 1.5 to 1.9 s a certificate, which takes six or seven reads of 256 bytes."""
    waits: list[float] = []
    engine = FaultEngine(FaultPlan(faults=(parse_fault("delay nfc, always"),)), sleep=waits.append)
    target = Target()
    target.answer = lambda _raw: bytes(response_size)  # type: ignore[method-assign]
    Target.__base__.__init__(target, target.answer, engine)  # type: ignore[misc]
    target.through(raw)
    assert low_s <= waits[0] <= high_s


def test_idle_engine_never_looks() -> None:
    engine = idle_engine()
    assert (engine.countdown > 1 << 60, any(engine.watched), engine.fired) == (True, False, ())


def test_quick_way_is_open_until_a_fault_is_due_and_after_it() -> None:
    target = Target("answer 6F00 before command 100")
    assert (target.engine.countdown, any(target.engine.watched)) == (100, False)
    target.play(*[READ] * 100)
    assert (target.fired_at, target.engine.countdown > 1 << 60) == ([100], True)
