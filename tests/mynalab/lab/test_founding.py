"""Generations come into being by steps: the key, the register's entry, the certificate. A kill may come between any."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from jpki.algorithms import P_384, KeyAlgorithm
from jpki.errors import OperationRefusedError
from jpki.kinds import CaKind
from jpki.registry.interfaces import Register
from mynalab.lab import founding
from mynalab.lab.create import create_lab
from mynalab.lab.founding import finish, roll_over
from mynalab.lab.generations import ca_at, standing_cas
from mynalab.lab.issue import issue_card
from mynalab.lab.lab import Lab
from mynalab.lab.publish import publish_crls
from mynalab.lab.register import open_register
from mynalab.persona import load_persona

NOW = datetime(2026, 11, 20, tzinfo=UTC)
LATER = NOW + timedelta(days=30)
Tree = Callable[[Path], dict[str, bytes]]


def begun(register: Register, kind: CaKind) -> int:
    return len(register.authorities(kind))


@pytest.mark.parametrize("kind", CaKind)
def test_rollover_issues_from_then_on(lab: Lab, kind: CaKind) -> None:
    with open_register(lab) as register:
        label = roll_over(lab, kind, register, now=LATER)
    assert label == f"{kind.value}-4"
    issuing = [ca_at(standing_cas(lab), kind, moment) for moment in (LATER - timedelta(days=1), LATER)]
    assert [ca and ca.label for ca in issuing] == [kind.value, label]
    assert lab.paths.ca_key(label).stat().st_mode & 0o777 == 0o600
    assert lab.paths.crl(label) in publish_crls(lab, now=LATER)


def test_card_after_a_rollover_is_of_the_new_ca(lab: Lab) -> None:
    with open_register(lab) as register:
        roll_over(lab, CaKind.AUTH, register, now=LATER)
        newest = register.authorities(CaKind.AUTH)[-1]
    issue_card(lab, name="bob", persona=load_persona("adult-resident"), now=LATER)
    with open_register(lab) as register:
        keys = [register.certificates(kind=CaKind.AUTH, card=card)[0].key_id for card in ("alice", "bob")]
    assert (keys[0] != newest.key_id, keys[1]) == (True, newest.key_id)


def test_every_generation_has_a_key_of_its_own(lab: Lab) -> None:
    with open_register(lab) as register:
        for number in range(1, 4):  # the shipped pool has keys for four generations in all
            for kind in CaKind:
                roll_over(lab, kind, register, now=NOW + timedelta(days=number))
    cas = standing_cas(lab)
    assert len(cas) == len({ca.key_id for ca in cas}) == 12


@pytest.mark.parametrize("algorithm", [P_384], ids=lambda algorithm: algorithm.name)
def test_rollover_to_another_algorithm(lab: Lab, algorithm: KeyAlgorithm) -> None:
    with open_register(lab) as register:
        label = roll_over(lab, CaKind.SIGN, register, now=LATER, algorithm=algorithm)
    made = next(ca for ca in standing_cas(lab) if ca.label == label)
    assert made.algorithm is algorithm


def test_rollover_into_the_past_is_refused(lab: Lab) -> None:
    with open_register(lab) as register:
        with pytest.raises(OperationRefusedError):
            roll_over(lab, CaKind.SIGN, register, now=NOW - timedelta(days=3000))
        assert begun(register, CaKind.SIGN) == 3
    assert len(standing_cas(lab)) == 6


@pytest.mark.parametrize(
    ("step", "known"),
    [
        pytest.param("write_atomically", 3, id="before-the-key"),
        pytest.param("rollover", 3, id="before-the-register"),
        pytest.param("publish_certificate", 4, id="before-the-certificate"),
    ],
)
def test_killed_rollover_is_finished_or_done_again(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, step: str, known: int
) -> None:
    def die(*_: object, **__: object) -> None:
        raise InterruptedError

    with monkeypatch.context() as patched, open_register(lab) as register:
        patched.setattr(founding, step, die)
        with pytest.raises(InterruptedError):
            roll_over(lab, CaKind.SIGN, register, now=LATER)
    with open_register(lab) as register:
        assert begun(register, CaKind.SIGN) == known
        finish(lab, register)
        assert len([ca for ca in standing_cas(lab) if ca.kind is CaKind.SIGN]) == known
        again = roll_over(lab, CaKind.SIGN, register, now=LATER + timedelta(days=1))
        keys = {one.key_id for one in register.authorities(CaKind.SIGN)}
    assert (again, len(keys)) == (f"sign-{known + 1}", known + 1)
    assert {ca.key_id for ca in standing_cas(lab) if ca.kind is CaKind.SIGN} == keys


@pytest.mark.parametrize("fresh_keys", [False, True])
@pytest.mark.parametrize("step", ["rollover", "publish_certificate"])
def test_killed_founding_is_finished_by_the_next_card(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str, fresh_keys: bool
) -> None:
    """The CAs of the next cards come into being with the first such card; a new key would not be the register's."""

    def die(*_: object, **__: object) -> None:
        raise InterruptedError

    lab = create_lab(tmp_path / "lab", now=NOW, seed="founding", fresh_keys=fresh_keys)
    with monkeypatch.context() as patched:
        patched.setattr(founding, step, die)
        with pytest.raises(InterruptedError):
            issue_card(lab, name="bob", persona=load_persona("adult-resident"), now=NOW, profile="next")
    issue_card(lab, name="carol", persona=load_persona("adult-resident"), now=NOW, profile="next")
    with open_register(lab) as register:
        known = {one.key_id for one in register.authorities()}
    assert {ca.key_id for ca in standing_cas(lab)} == known
    assert len(known) == 8


def test_finishing_what_is_whole_changes_nothing(lab: Lab, tree: Tree) -> None:
    before = tree(lab.paths.root)
    with open_register(lab) as register:
        finish(lab, register)
    assert tree(lab.paths.root) == before
