"""Several processes at one register, and processes that die: no number twice, nothing lost, nothing half there."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from jpki.kinds import CaKind
from jpki.registry.interfaces import Register
from tests.jpki.registry.stock import Stock

WORKER = Path(__file__).with_name("worker.py")
EACH = 60
PROCESSES = 2
KILLED = 3
DEADLINE_S = 100


def _start(place: Path | str, name: str, count: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-W", "error", WORKER, str(place), name, str(count)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def _numbers(lines: Sequence[str], *what: str) -> list[int]:
    prefix = " ".join(what) + " "
    return [int(line.removeprefix(prefix)) for line in lines if line.startswith(prefix)]


def _check(register: Register, lines: Sequence[str]) -> None:
    """Every number was signed with once, and every certificate that was acknowledged is whole in the register."""
    assert set(Counter(lines).values()) == {1}, "a number or a person twice"
    crl_numbers = _numbers(lines, "crl")
    assert len(set(crl_numbers)) == len(crl_numbers)
    acknowledged = {line.removeprefix("issued ") for line in lines if line.startswith("issued ")}
    with register.reading() as picture:
        registered = {person.person_id for person in picture.persons()}
        certificates = picture.certificates()
        linked = [picture.links(one.id, at=one.at) for one in certificates]
    assert acknowledged <= registered
    assert {len(links) for links in linked} <= {1}, "a certificate without its pair"
    for kind in CaKind:
        signed = _numbers(lines, "signed", kind.value)
        recorded = {one.id.serial for one in certificates if one.id.kind is kind}
        assert len(recorded) == len(registered), "a person without a certificate, or the reverse"
        assert recorded <= set(signed)
        assert register.reserve(kind)[0] > max(signed)


def _drained(process: subprocess.Popen[str]) -> list[str]:
    out, errors = process.communicate(timeout=DEADLINE_S)
    assert errors == ""
    return [line for line in out.splitlines() if line != "ready"]


def test_processes_hammer_one_register(stock: Stock, place: Path | str) -> None:
    processes = [_start(place, f"worker{number}", EACH) for number in range(PROCESSES)]
    outs = [_drained(process) for process in processes]
    assert [process.returncode for process in processes] == [0] * PROCESSES
    lines = [line for out in outs for line in out]
    assert sum(line.startswith("issued ") for line in lines) == EACH * PROCESSES
    assert sorted(_numbers(lines, "signed", "sign")) == list(range(2, 2 + EACH * PROCESSES))
    _check(stock.register, lines)
    for out in outs:
        assert _numbers(out, "crl") == sorted(_numbers(out, "crl"))


def test_threads_share_one_register(stock: Stock) -> None:
    def issue(thread: int) -> list[int]:
        return [id_.serial for number in range(15) for id_ in stock.issue(f"{thread}-{number}").values()]

    with ThreadPoolExecutor(4) as pool:
        serials = [serial for taken in pool.map(issue, range(4)) for serial in taken]
    assert sorted(serials) == sorted(2 * list(range(2, 62)))
    assert stock.register.count_persons() == 60


@pytest.mark.parametrize("moment", ["signed sign", "signed auth", "issued", "crl"])
def test_killed_while_issuing(stock: Stock, place: Path | str, moment: str) -> None:
    """kill -9, again and again, at one of the points where something is durable and something else is not yet."""
    lines: list[str] = []
    for number in range(KILLED):
        process = _start(place, f"life{number}", EACH)
        assert process.stdout is not None
        heard = 0
        for line in process.stdout:
            lines.append(line.rstrip("\n"))
            heard += line.startswith(moment)
            if heard > 3 * number:
                break
        process.kill()
        with process, process.stdout as out:
            rest = out.read()  # communicate() would leave out what the lines read so far have brought along
        whole = rest.rpartition("\n")[0]
        lines += whole.splitlines()
    lines = [line for line in lines if line != "ready"]
    assert _numbers(lines, "crl") == sorted(_numbers(lines, "crl"))
    _check(stock.register, lines)
    assert stock.issue("after-all")
