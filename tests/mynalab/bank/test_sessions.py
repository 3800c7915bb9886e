"""Browser sessions."""

from __future__ import annotations

from datetime import timedelta

import pytest

from mynalab.bank import sessions as module
from mynalab.bank.oidc import Request
from mynalab.bank.papers import Purpose
from mynalab.bank.sessions import IDLE, PATIENCE, Sessions
from mynalab.chance import seeded_random
from tests.mynalab.bank.conftest import LabTime

REQUEST = Request(address="x", state="s" * 43, nonce="n", verifier="v")


@pytest.fixture
def time() -> LabTime:
    return LabTime()


@pytest.fixture
def sessions(time: LabTime) -> Sessions:
    return Sessions(clock=time, rng=seeded_random("tests", "sessions"))


def test_session_is_found_again(sessions: Sessions) -> None:
    made = sessions.of("")
    assert sessions.of(made.id) is made


@pytest.mark.parametrize("much", [IDLE, -timedelta(seconds=1)], ids=["idle", "clock-set-back"])
def test_session_ends(sessions: Sessions, time: LabTime, much: timedelta) -> None:
    made = sessions.of("")
    time.now += much
    assert sessions.of(made.id) is not made


def test_state_is_taken_once_and_only_by_itself(sessions: Sessions) -> None:
    made = sessions.of("")
    sessions.send(made, Purpose.LOG_IN, REQUEST)
    assert sessions.take(made, "other") is None
    assert sessions.take(made, REQUEST.state) is not None
    assert sessions.take(made, REQUEST.state) is None


def test_state_is_not_good_for_ever(sessions: Sessions, time: LabTime) -> None:
    made = sessions.of("")
    sessions.send(made, Purpose.LOG_IN, REQUEST)
    time.now += PATIENCE
    assert sessions.take(made, REQUEST.state) is None


def test_log_in_gives_another_name_and_token(sessions: Sessions) -> None:
    made = sessions.of("")
    before = made.id, made.csrf
    sessions.log_in(made, "1")
    assert made.id != before[0]
    assert sessions.at_page(made.id, before[1]) is None
    assert sessions.of(before[0]) is not made


def test_there_are_not_any_number_of_sessions(sessions: Sessions, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_MOST", 3)
    first, second = sessions.of(""), sessions.of("")
    sessions.of(first.id)
    sessions.of("")
    sessions.of("")
    assert sessions.of(first.id) is first
    assert sessions.of(second.id) is not second


def test_repr_tells_no_secret(sessions: Sessions) -> None:
    made = sessions.of("")
    made.form = {"name": "見本"}
    assert not any(secret in repr(made) for secret in (made.id, made.csrf, "見本"))
