"""Where keys come from."""

from __future__ import annotations

from pathlib import Path

import pytest

from jpki.keys import load_private_key
from mynalab import keysource
from mynalab.errors import LabBrokenError
from mynalab.keysource import CA_KEYS, fresh_keys, pooled_application_keys, pooled_keys
from mynalab.resources import application_key_pool_file, key_pool_file

POOL = [line for line in key_pool_file().read_text("ascii").splitlines() if not line.startswith("#")]
APPLICATION_POOL = [line for line in application_key_pool_file().read_text("ascii").splitlines() if line[0] != "#"]


@pytest.mark.parametrize("number", range(len(POOL)))
def test_every_shipped_key_loads(number: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    single = tmp_path / "pool.txt"
    single.write_text("\n".join([POOL[number]] * (CA_KEYS + 1)))
    monkeypatch.setattr(keysource, "key_pool_file", lambda: single)
    assert load_private_key(pooled_keys("any")(2)).key_size == 2048


def test_shipped_keys_are_all_different() -> None:
    assert len(set(POOL)) == len(POOL) == 96


@pytest.mark.parametrize("seed", ["a", "b", "classroom", "x" * 64])
def test_no_card_ever_holds_the_key_of_a_ca(seed: str) -> None:
    take = pooled_keys(seed)
    authorities = {take(0), take(1)}
    assert len(authorities) == 2
    assert not authorities & {take(number) for number in range(2, 2 + 2 * len(POOL))}


def test_forty_four_cards_have_keys_of_their_own() -> None:
    take = pooled_keys("classroom")
    assert len({take(number) for number in range(2, 2 + 88)}) == 88


def test_seed_rotates_the_pool() -> None:
    assert [pooled_keys("a")(number) for number in (0, 2)] != [pooled_keys("b")(number) for number in (0, 2)]


@pytest.mark.parametrize("number", range(40))
def test_every_key_of_the_applications_loads(number: int) -> None:
    assert load_private_key(pooled_application_keys("any")(number)).key_size == 2048


def test_the_applications_keys_are_different_and_nobody_elses() -> None:
    assert len(set(APPLICATION_POOL)) == len(APPLICATION_POOL) == 40
    assert not set(APPLICATION_POOL) & set(POOL)


def test_no_application_holds_the_key_of_a_cv_authority() -> None:
    take = pooled_application_keys("classroom")
    authorities = {take(number) for number in range(CA_KEYS)}
    assert len(authorities) == CA_KEYS
    assert not authorities & {take(number) for number in range(CA_KEYS, 200)}


def test_damaged_pool_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    damaged = tmp_path / "pool.txt"
    damaged.write_text("?\n" * (CA_KEYS + 1))
    monkeypatch.setattr(keysource, "key_pool_file", lambda: damaged)
    with pytest.raises(LabBrokenError, match="shipped pool is damaged") as caught:
        pooled_keys("a")(0)
    assert caught.value.hint == "install mynalab again"


def test_fresh_keys_are_new_each_time() -> None:
    take = fresh_keys()
    assert take(0) != take(0)
