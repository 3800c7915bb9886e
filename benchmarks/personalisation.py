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
from mynalab.lab.issue import CARDS_AT_ONCE, IssuingDesk
from mynalab.lab.register import open_register
from mynalab.persona import Persona, parse_persona
from mynalab.personas.residents import resident
from mynalab.personas.write import to_toml

SIGNATURES = 7
"""In one card: two certificates, two records of the text application, three of the card face."""
FIRST = "issued, the first of a lab"
ISSUED, KEYS_TOO, BARE = "issued, keys from the pool", "issued, keys generated", "the signatures alone"
_CARDS_A_CALL = {FIRST: CARDS_AT_ONCE, ISSUED: CARDS_AT_ONCE, KEYS_TOO: 1, BARE: CARDS_AT_ONCE}
LIVE_CARDS = 10_000
MOST_KIB = 64
_ROUNDS = 21
_CALLS = 2
_WARM_UP = 32
"""Calls, of which each makes several cards. Of the faces that thousands show, 50 cards draw three in ten, 200 seven,
500 all but a few."""
_WARM_UP_WITH_KEYS = 3
_NOW = datetime(2026, 4, 1, tzinfo=UTC)
_SEED = "bench"
_TEXT = f"""Residents from a seed get their cards: person, card and two certificates entered in the register, {
    CARDS_AT_ONCE
}
cards in one transaction, records and pictures of every application, persona and image in their files, everything
flushed. The lab lies in memory (`/dev/shm`), since flushing is the disk's work. Beside it, {SIGNATURES} bare RSA-2048
signatures, which is what a card contains; with key generation, six keys a card besides. The first {
    _WARM_UP * CARDS_AT_ONCE
} cards of the lab are shown apart: there each municipality's chain is made, and each letter and nearly
every face of the lab is drawn for the first time (64 faces at each of three ages, 3 to 5 ms each). A live card's
image is what its file holds, decoded, each card its own; beyond it is what a card adds that has read behind a PIN,
signed, and keeps its log-in and its key."""


def _orders() -> Iterator[Persona]:
    """Residents who get both certificates and have no trouble, without end."""
    for number in count(1):
        document = resident(_SEED, number, today=_NOW.date())
        if list(document["expect"].values()) == ["accepted", "accepted"]:
            yield parse_persona(to_toml(document), origin=_SEED)


def _desk(directory: Path, *, fresh_keys: bool, orders: int, at_once: int) -> Callable[[], object]:
    """Issues ``at_once`` cards a call, each to somebody else; ``orders`` of them at most."""
    lab = create_lab(directory, now=_NOW, seed=_SEED, fresh_keys=fresh_keys)
    desk = IssuingDesk(lab, open_register(lab))
    waiting = iter([(persona.name, persona) for persona in islice(_orders(), orders)])
    return lambda: list(desk.issue_all(islice(waiting, at_once), now=_NOW))


def _signatures() -> Callable[[], object]:
    key = load_der_private_key(lab_key(), password=None)
    assert isinstance(key, RSAPrivateKey)
    scheme, algorithm = padding.PKCS1v15(), SHA256()
    return lambda: [key.sign(b"mynalab", scheme, algorithm) for _ in range(SIGNATURES * CARDS_AT_ONCE)]


def run(effort: Effort) -> Section:
    """Measure in turns; then the living cards in a process of their own."""
    memory = "/dev/shm" if Path("/dev/shm").is_dir() else None
    rounds_wanted, calls, warm_up = min(effort.rounds, _ROUNDS), effort.calls(_CALLS), effort.calls(_WARM_UP)
    with tempfile.TemporaryDirectory(prefix="mynalab-bench-", dir=memory) as directory:
        from_pool = _desk(
            Path(directory) / "pool",
            fresh_keys=False,
            orders=(warm_up + rounds_wanted * calls) * CARDS_AT_ONCE,
            at_once=CARDS_AT_ONCE,
        )
        with_keys = _desk(
            Path(directory) / "fresh", fresh_keys=True, orders=_WARM_UP_WITH_KEYS + rounds_wanted, at_once=1
        )
        workers = {ISSUED: (from_pool, calls), KEYS_TOO: (with_keys, 1), BARE: (_signatures(), calls)}
        results: dict[str, list[Round]] = {FIRST: [time_calls(from_pool, warm_up)]}
        time_calls(with_keys, _WARM_UP_WITH_KEYS)
        results |= {name: [] for name in workers}
        for _ in range(rounds_wanted):
            for name, (call, times) in workers.items():
                results[name].append(time_calls(call, times))
    cards = {name: [each * _CARDS_A_CALL[name] for each in rates(rounds)] for name, rounds in results.items()}
    medians = {name: Spread.of(rounds).median for name, rounds in cards.items()}
    live = _live(effort.calls(LIVE_CARDS))
    kib = live["bytes_a_card"] / 1024
    return Section(
        title="Personalisation",
        text=_TEXT,
        header=["work", "cards/s", "ms a card"],
        rows=[[name, f"{median:.1f}", f"{1000 / median:.2f}"] for name, median in medians.items()],
        comparisons=[
            Comparison(
                what=f"{name} / {BARE}",
                value=rate(medians[name]),
                baseline=rate(medians[BARE]),
                figure=ratios(cards[name], cards[BARE]),
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
