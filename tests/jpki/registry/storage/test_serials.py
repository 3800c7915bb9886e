"""Serial numbers: one counter for each CA, durable before they are used, none given out twice."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import datetime

import pytest

from jpki.errors import RegistryError
from jpki.kinds import CaKind
from jpki.registry.interfaces import Register, UnitOfWork
from jpki.registry.opening import open_register
from jpki.registry.storage.schema import MAX_SERIAL
from jpki.registry.storage.serials import SerialPool

SIGN, AUTH = CaKind.SIGN, CaKind.AUTH


def test_one_counter_for_each_ca(register: Register) -> None:
    assert [list(register.reserve(SIGN, count)) for count in (1, 3, 1)] == [[1], [2, 3, 4], [5]]
    assert list(register.reserve(AUTH)) == [1]


@pytest.mark.parametrize(
    ("at_least", "expected"),
    [
        pytest.param(20_169_545, 20_169_545, id="skips"),
        pytest.param(4, 4, id="the-next"),
        pytest.param(2, 4, id="has-passed"),
    ],
)
def test_at_least(register: Register, at_least: int, expected: int) -> None:
    register.reserve(AUTH, 3)
    assert register.reserve(AUTH, at_least=at_least)[0] == expected
    assert register.reserve(AUTH)[0] == expected + 1


@pytest.mark.parametrize(("count", "at_least"), [(0, 1), (-1, 1), (1, 0), (1, MAX_SERIAL), (MAX_SERIAL, 1)], ids=str)
def test_reservation_that_makes_no_sense(register: Register, count: int, at_least: int) -> None:
    with pytest.raises(RegistryError, match="serial numbers are reserved"):
        register.reserve(SIGN, count, at_least=at_least)


def test_reservation_is_durable_at_once(register: Register, place: object) -> None:
    register.reserve(SIGN, 10)
    with open_register(place) as other:  # type: ignore[arg-type]
        assert other.reserve(SIGN)[0] == 11


def _take(unit: UnitOfWork, kind: CaKind, count: int) -> list[int]:
    return [unit.take_serial(kind) for _ in range(count)]


def test_unit_takes_what_was_reserved_for_it(register: Register, now: datetime) -> None:
    with register.transaction(now=now, serials={SIGN: 2}) as unit:
        assert _take(unit, SIGN, 2) == [1, 2]
        with pytest.raises(RegistryError, match="no serial number of the sign CA is left"):
            unit.take_serial(SIGN)
        with pytest.raises(RegistryError, match="no serial number of the auth CA is left"):
            unit.take_serial(AUTH)


def test_unused_numbers_serve_the_next_unit(register: Register, now: datetime) -> None:
    with register.transaction(now=now, serials={SIGN: 3}) as unit:
        assert _take(unit, SIGN, 1) == [1]
    with register.transaction(now=now, serials={SIGN: 3}) as unit:
        assert _take(unit, SIGN, 3) == [2, 3, 4]


def _take_and_fail(register: Register, now: datetime) -> None:
    with register.transaction(now=now, serials={SIGN: 2}) as unit:
        unit.take_serial(SIGN)
        raise InterruptedError


def test_number_of_a_unit_that_failed_is_burnt(register: Register, now: datetime) -> None:
    """Something may have been signed with it."""
    with pytest.raises(InterruptedError):
        _take_and_fail(register, now)
    with register.transaction(now=now, serials={SIGN: 1}) as unit:
        assert _take(unit, SIGN, 1) == [2]


def test_forked_process_takes_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the parent holds in memory is not the child's."""
    given = iter([range(1, 3), range(3, 5)])

    def reserve(counts: Mapping[CaKind, int]) -> Mapping[CaKind, range]:
        return {SIGN: next(given)}

    pool = SerialPool(reserve)
    assert pool.draw({SIGN: 1}) == {SIGN: [1]}
    monkeypatch.setattr(os, "getpid", lambda: -1)
    assert pool.draw({SIGN: 1}) == {SIGN: [3]}
