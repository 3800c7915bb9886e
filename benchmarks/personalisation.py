"""Cards issued: a resident entered in the register, two certificates, every application filled; and how many can live
in one process.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import count, islice
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_private_key

from benchmarks.cards import lab_key
from benchmarks.common import ROOT, Effort, Round, Spread, effort_from_arguments, rates, ratios, time_calls
from benchmarks.report import Comparison, Section, rate
from mynalab.lab.create import create_lab
from mynalab.lab.issue import IssuingDesk
from mynalab.lab.register import open_register
from mynalab.persona import Persona, parse_persona
from mynalab.personas.residents import resident
from mynalab.personas.write import to_toml

SIGNATURES = 7
"""In one card: two certificates, two records of the text application, three of the card face."""
FIRST = "issued, the first of a lab"
ISSUED, KEYS_TOO, BARE = "issued, keys from the pool", "issued, keys generated", "the signatures alone"
LIVE_CARDS = 10_000
MOST_KIB = 64
_ROUNDS = 21
_CALLS = 20
_WARM_UP = 500
"""Counted: of the faces that thousands show, 50 cards draw three in ten, 200 seven, 500 all but a few."""
_WARM_UP_WITH_KEYS = 3
_NOW = datetime(2026, 4, 1, tzinfo=UTC)
_SEED = "bench"
_TEXT = f"""Residents from a seed get their cards: person, card and two certificates entered in the register in one
transaction, records and pictures of every application, persona and image in their files, everything flushed. Serial
numbers are reserved for 64 cards at a time. The lab lies in memory (`/dev/shm`), since flushing is the disk's work.
Beside it, {SIGNATURES} bare RSA-2048 signatures, which is what a card contains; with key generation, six keys a card
besides. The first {_WARM_UP} cards of the lab are shown apart: there each municipality's chain is made, and each letter
and nearly every face of the lab is drawn for the first time (64 faces at each of three ages, 3 to 5 ms each). A live
card's image is what its file holds, decoded, each card its own; beyond it is what a card adds that has read behind a
PIN, signed, and keeps its log-in and its key."""


def _orders() -> Iterator[Persona]:
    """Residents who get both certificates and have no trouble, without end."""
    for number in count(1):
        document = resident(_SEED, number, today=_NOW.date())
        if list(document["expect"].values()) == ["accepted", "accepted"]:
            yield parse_persona(to_toml(document), origin=_SEED)


def _desk(directory: Path, *, fresh_keys: bool, orders: int) -> Callable[[], object]:
    """Issues one card after another, each to somebody else; ``orders`` of them at most."""
    lab = create_lab(directory, now=_NOW, seed=_SEED, fresh_keys=fresh_keys)
    desk = IssuingDesk(lab, open_register(lab), expected=orders)
    waiting = list(islice(_orders(), orders))

    def issue() -> object:
        persona = waiting.pop()
        return desk.issue(name=persona.name, persona=persona, now=_NOW)

    return issue


def _signatures() -> Callable[[], object]:
    key = load_der_private_key(lab_key(), password=None)
    assert isinstance(key, RSAPrivateKey)
    scheme, algorithm = padding.PKCS1v15(), SHA256()
    return lambda: [key.sign(b"mynalab", scheme, algorithm) for _ in range(SIGNATURES)]


def run(effort: Effort) -> Section:
    """Measure in turns; then the living cards in a process of their own."""
    memory = "/dev/shm" if Path("/dev/shm").is_dir() else None
    rounds_wanted, calls, warm_up = min(effort.rounds, _ROUNDS), effort.calls(_CALLS), effort.calls(_WARM_UP)
    with tempfile.TemporaryDirectory(prefix="mynalab-bench-", dir=memory) as directory:
        workers = {
            ISSUED: (_desk(Path(directory) / "pool", fresh_keys=False, orders=warm_up + rounds_wanted * calls), calls),
            KEYS_TOO: (
                _desk(Path(directory) / "fresh", fresh_keys=True, orders=_WARM_UP_WITH_KEYS + rounds_wanted),
                1,
            ),
            BARE: (_signatures(), calls),
        }
        results: dict[str, list[Round]] = {FIRST: [time_calls(workers[ISSUED][0], warm_up)]}
        time_calls(workers[KEYS_TOO][0], _WARM_UP_WITH_KEYS)
        results |= {name: [] for name in workers}
        for _ in range(rounds_wanted):
            for name, (call, times) in workers.items():
                results[name].append(time_calls(call, times))
    medians = {name: Spread.of(rates(rounds)).median for name, rounds in results.items()}
    live = _live(effort.calls(LIVE_CARDS))
    kib = live["bytes_a_card"] / 1024
    return Section(
        title="Personalisation",
        text=_TEXT,
        header=["work", "cards/s", "p50 ms", "p99 ms"],
        rows=[
            [
                name,
                f"{medians[name]:.1f}",
                f"{Spread.of(each.p50_us / 1000 for each in rounds).median:.1f}",
                f"{Spread.of(each.p99_us / 1000 for each in rounds).median:.1f}",
            ]
            for name, rounds in results.items()
        ],
        comparisons=[
            Comparison(
                what=f"{name} / {BARE}",
                value=rate(medians[name]),
                baseline=rate(medians[BARE]),
                figure=ratios(rates(results[name]), rates(results[BARE])),
                target=target,
            )
            for name, target in ((ISSUED, 0.5), (KEYS_TOO, None))
        ]
        + [
            Comparison(
                what=f"{live['cards']:,.0f} live cards, filled and in use, memory of each beyond its image",
                value=f"{kib:.1f} KiB",
                baseline=f"image {live['image_bytes'] / 1024:.1f} KiB, file {live['file_bytes'] / 1024:.1f} KiB",
                figure=Spread(kib, kib, kib),
                target=MOST_KIB,
                at_most=True,
                unit=" KiB",
            )
        ],
    )


def _live(cards: int) -> dict[str, float]:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.live_cards", str(cards)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    answer: dict[str, float] = json.loads(done.stdout)
    return answer


if __name__ == "__main__":
    print(run(effort_from_arguments(__doc__)).markdown())
