"""Commands killed at random moments, many times in one lab: what may never happen, and that the lab goes on."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from cryptography import x509

from cardsim.inspect import describe
from cardsim.store import read_image
from jpki.verify.crl_index import CrlIndex
from mynalab.lab.cards import anything_unfinished
from mynalab.lab.lab import Lab
from mynalab.lab.register import open_register
from tests.mynalab.conftest import NOW, Bench
from tests.mynalab.lab.test_interrupted import CRAMPED, KILLED, assert_refused, run

STEPS = 9
KILLS = int(os.environ.get("MYNALAB_KILLS", "8"))

# A process that has imported everything forks for each command, and kills the child when its time is over.
ZYGOTE = """
import json, os, signal, sys, time
from mynalab.cli.main import _run
import mynalab.cli.card, mynalab.cli.counter, mynalab.cli.lab, mynalab.cli.pki, mynalab.cli.revoke
import mynalab.lab.counter, mynalab.lab.issue, mynalab.lab.outside, mynalab.lab.revoke
import jpki.registry.storage.register
for line in sys.stdin:
    words, delay = json.loads(line)
    begun = time.monotonic()
    child = os.fork()
    if not child:
        null = os.open(os.devnull, os.O_RDWR)
        for descriptor in (0, 1, 2):
            os.dup2(null, descriptor)
        os._exit(_run(words))
    if delay is not None:
        time.sleep(delay)
        os.kill(child, signal.SIGKILL)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    print(json.dumps([status, time.monotonic() - begun]), flush=True)
"""


@dataclass
class Killer:
    """Runs commands on a lab, some of them not to their end."""

    process: subprocess.Popen[str]
    lab: Lab
    days: int = 0
    numbers: dict[str, int] = field(default_factory=dict)

    def run(self, *words: str, delay: float | None = None) -> tuple[int, float]:
        """The exit status, -9 when it was killed, and how long it took. Every command has a day of its own."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.days += 1
        now = f"{NOW + timedelta(days=self.days):%Y-%m-%dT%H:%M:%SZ}"
        line = [*words, "--lab", str(self.lab.paths.root), "--now", now]
        print(json.dumps([line, delay]), file=self.process.stdin, flush=True)
        status, seconds = json.loads(self.process.stdout.readline())
        return status, seconds

    def check(self) -> None:
        """What may never happen."""
        with open_register(self.lab) as register:
            known = {one.certificate_der for one in register.certificates()}
            on_cards = set(_on_cards(self.lab))
            assert on_cards <= known, "a certificate is on a card that the register does not know"
            cas = {one.certificate_der for one in register.authorities()}
            _check_serials(self.lab, known | on_cards | cas)
        for path in self.lab.paths.public.glob("*.crl"):
            number = CrlIndex(path.read_bytes()).frame.number or 0
            assert number >= self.numbers.get(path.name, 0), f"the number of {path.name} fell"
            self.numbers[path.name] = number


def _on_cards(lab: Lab) -> Iterator[bytes]:
    for name in lab.paths.card_names():
        told = describe(read_image(lab.paths.card(name))).certificates
        yield from (told[kind] for kind in ("sign", "auth") if kind in told)


def _check_serials(lab: Lab, certificates: set[bytes]) -> None:
    """No number of one CA's name on two certificates, wherever they are."""
    published = {path.read_bytes() for path in lab.paths.public.rglob("*.cer")}
    by_number: dict[tuple[x509.Name, int], bytes] = {}
    for der in certificates | published:
        read = x509.load_der_x509_certificate(der)
        assert by_number.setdefault((read.issuer, read.serial_number), der) == der, f"{read.serial_number} twice"


@pytest.fixture
def killer(lab: Lab) -> Iterator[Killer]:
    with subprocess.Popen(
        [sys.executable, "-c", ZYGOTE], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        yield Killer(process, lab)


# What is killed, and what is done before it each time, whatever its status.
CASES = [
    pytest.param(("card", "new", "bob{n}"), (), id="card-new"),
    pytest.param(
        ("counter", "find-card", "--card", "alice"), ("counter", "lose-card", "--card", "alice"), id="counter"
    ),
    pytest.param(
        ("counter", "move", "--card", "alice", "--address", "見本県見本市{n}番"),
        ("counter", "sign-anew", "--card", "alice"),
        id="counter-move",
    ),
    pytest.param(("revoke", "--card", "bob{n}"), ("card", "new", "bob{n}"), id="revoke"),
    pytest.param(("lab", "publish"), (), id="publish"),
    pytest.param(("pki", "rollover"), (), id="rollover"),
    pytest.param(("pki", "ocsp", "--card", "alice"), (), id="responder-certificate"),
]


@pytest.mark.timeout(60 + 4 * KILLS)
@pytest.mark.parametrize(("words", "before"), CASES)
def test_killed_at_any_moment(killer: Killer, words: tuple[str, ...], before: tuple[str, ...]) -> None:
    chance = random.Random(" ".join(words))
    kills = 0
    longest = 0.0
    for n in range(KILLS):
        if before:
            killer.run(*(word.format(n=n) for word in before))
        whole = n == 0 or not longest
        delay = None if whole else chance.uniform(0, longest)
        status, seconds = killer.run(*(word.format(n=n) for word in words), delay=delay)
        if status == -9:
            kills += 1
        else:  # how long it takes now: other work on the machine comes and goes
            longest = seconds
        assert status in (-9, 0, 1), f"the lab did not go on: {status}"
        killer.check()
    assert kills > KILLS // 3, "hardly anything was killed"
    _goes_on(killer)


def _goes_on(killer: Killer) -> None:
    """Without repair, all that a lab is for."""
    assert killer.run("card", "new", "zoe")[0] == 0
    assert killer.run("login", "--card", "zoe")[0] == 0
    assert killer.run("counter", "lose-card", "--card", "zoe")[0] == 0
    assert killer.run("login", "--card", "zoe")[0] == 1
    assert killer.run("counter", "find-card", "--card", "zoe")[0] == 0
    assert killer.run("login", "--card", "zoe")[0] == 0
    assert killer.run("lab", "publish")[0] == 0
    assert killer.run("pki", "rollover")[0] == 0
    killer.check()
    with open_register(killer.lab) as register:
        cards = {one.card: one for one in register.certificates()}
    on_cards = set(_on_cards(killer.lab))
    assert cards["zoe"].certificate_der in on_cards


@pytest.mark.timeout(60 + 4 * KILLS)
def test_a_card_follows_the_register_after_every_kill(killer: Killer, lab: Lab) -> None:
    """What the counter did in the register is on the card as soon as the card is used."""
    chance = random.Random("follows")
    killer.run("counter", "lose-card", "--card", "alice")
    longest = killer.run("counter", "find-card", "--card", "alice")[1]
    for _ in range(KILLS):
        killer.run("counter", "lose-card", "--card", "alice")
        killer.run("counter", "find-card", "--card", "alice", delay=chance.uniform(longest / 3, longest))
        status, _ = killer.run("login", "--card", "alice")
        with open_register(lab) as register:
            newest = {one.id.kind: one.certificate_der for one in register.certificates(card="alice")}
        in_use = set(newest.values()) == set(_on_cards(lab))
        assert in_use, "the card is behind the register"
        if status:  # killed before the register knew: she is found once more
            assert killer.run("counter", "find-card", "--card", "alice")[0] == 0


def test_every_published_file_is_whole(lab: Lab, killer: Killer) -> None:
    longest = killer.run("lab", "publish")[1]
    chance = random.Random("whole")
    for _ in range(KILLS):
        killer.run("lab", "publish", delay=chance.uniform(0, longest))
        for path in lab.paths.public.glob("*.crl"):
            assert CrlIndex(path.read_bytes()).frame.number
    assert len(list(lab.paths.root.rglob(".*.new"))) <= KILLS  # one a kill at most, under a name that nothing reads


@pytest.mark.parametrize("n", range(1, STEPS + 1))
def test_a_card_follows_the_register_from_every_step(lab: Lab, bench: Bench, n: int) -> None:
    """Killed in place of the n-th call that makes something durable."""
    where = ("--lab", str(lab.paths.root))
    assert bench("counter", "lose-card", "--card", "alice", *where, "--now", "2026-11-21").status == 0
    finding = ("counter", "find-card", "--card", "alice", *where, "--now", "2026-11-22")
    assert run(KILLED, n, *finding).returncode == -9, "finding a card has fewer steps than this test believes"
    logged_in = bench("login", "--card", "alice", *where, "--now", "2026-11-23")
    with open_register(lab) as register:
        newest = {one.id.kind: one.certificate_der for one in register.certificates(card="alice")}
        found = len(register.certificates(card="alice")) == 4
    assert set(newest.values()) == set(_on_cards(lab))
    assert (logged_in.status == 0) == found
    assert not anything_unfinished(lab.paths)


def test_finding_a_card_has_no_more_steps(lab: Lab, bench: Bench) -> None:
    where = ("--lab", str(lab.paths.root))
    bench("counter", "lose-card", "--card", "alice", *where, "--now", "2026-11-21")
    finding = ("counter", "find-card", "--card", "alice", *where, "--now", "2026-11-22")
    assert run(KILLED, STEPS + 1, *finding).returncode == 0


@pytest.mark.parametrize("limit", [0, 500, 3000, 8000])
@pytest.mark.parametrize(
    "words",
    [
        pytest.param(("counter", "find-card", "--card", "alice"), id="find-card"),
        pytest.param(("pki", "rollover"), id="rollover"),
        pytest.param(("lab", "publish"), id="publish"),
    ],
)
def test_full_disk_loses_nothing(lab: Lab, bench: Bench, killer: Killer, words: tuple[str, ...], limit: int) -> None:
    where = ("--lab", str(lab.paths.root))
    assert bench("counter", "lose-card", "--card", "alice", *where, "--now", "2026-11-21").status == 0
    killer.check()
    assert_refused(run(CRAMPED, limit, *words, *where, "--now", "2026-11-22"))
    killer.check()
    assert bench(*words, *where, "--now", "2026-11-23").status in (0, 1)  # 1: the register had it done
    assert bench("login", "--card", "alice", *where, "--now", "2026-11-24").status == ("counter" not in words)
    killer.check()
