"""The kept sequences break no rule, nor do some new ones; and the fuzzer repeats itself."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from cardsim.profiles import PROFILES
from fuzz import campaign, cards, corpus
from fuzz.__main__ import main, summary
from fuzz.cards import Start
from fuzz.corpus import CorpusError
from fuzz.grammar import Event
from fuzz.play import Bench, Script

KEPT = [
    pytest.param(script, id=f"{path.stem}-{number}")
    for path in sorted(corpus.DIRECTORY.glob("*.jsonl"))
    for number, script in enumerate(corpus.load(path), 1)
]
SCRIPT = Script(start=Start("C2", "loaded"), seed=7, steps=(bytes.fromhex("00A4040C00"), Event.RESET, b"\x00"))
NEW = 1200  # ten on each card
JUDGES = ("answers", "exchange", "free_area", "interpreted", "model", "rules", "secured")
DATA = {"cardsim.state", "cardsim.profiles", "cardsim.free_area.state"}


@pytest.fixture(scope="module")
def report() -> campaign.Report:
    """A short run in this process."""
    return campaign.play_batch(0, NEW, 20260401, keep_scripts=True)


@pytest.mark.parametrize("script", KEPT)
def test_a_kept_sequence_breaks_no_rule(script: Script) -> None:
    bench = Bench()
    with bench.watching(hangs=False):
        assert bench.replay(script) is None


def test_the_corpus_has_both_a_map_and_a_few_dozen_lines() -> None:
    assert 30 <= len(corpus.load(corpus.DIRECTORY / corpus.REACHED)) <= 150


def test_new_sequences_break_no_rule(report: campaign.Report) -> None:
    assert {rule: str(finding) for rule, finding in report.findings.items()} == {}
    assert report.sequences == NEW


def test_every_profile_and_every_application_is_met(report: campaign.Report) -> None:
    assert {profile for profile, *_ in report.seen} == set(PROFILES)
    met = {label for _, label, *_ in report.seen}
    plastic = {"manager", "jpki", "text", "face", "juki", "common", "issuer", "domain", "terminated"}
    assert met == plastic | {"next-auth", "next-face", "app:01", "app:02", "app:03", "app:04"}


def test_what_is_kept_leads_wherever_the_run_has_been(report: campaign.Report) -> None:
    chosen = campaign.cover(report.scripts)
    places = {corpus.place_of(seen) for seen in report.seen}
    assert frozenset[corpus.Place]().union(*(campaign.visited(script) for script, _ in chosen)) == places
    assert len(chosen) < len(report.scripts)


def test_the_same_seed_plays_the_same() -> None:
    first, again, other = (campaign.play_batch(0, 30, seed).seen for seed in (1, 1, 2))
    assert first == again != other


def test_it_matters_not_who_plays() -> None:
    parts = campaign.run(count=30, seed=3, jobs=2)
    assert (parts.sequences, parts.seen) == (30, campaign.play_batch(0, 30, 3).seen)


def test_a_generated_sequence_replays() -> None:
    bench = Bench()
    with bench.watching(hangs=False):
        script, _ = bench.generate(Start("C2", "loaded"), 11)
        first = dict(bench.seen)
        bench.replay(script)
    assert {seen: 2 * number for seen, number in first.items()} == dict(bench.seen)


def test_the_summary_counts(report: campaign.Report) -> None:
    lines = summary(report).splitlines()
    assert lines[0].startswith(f"{NEW:,} sequences, {report.commands:,} commands")
    assert lines[-1] == "rules broken: none"


def test_a_corpus_is_written_and_read(tmp_path: Path) -> None:
    path = tmp_path / "some.jsonl"
    corpus.append(path, SCRIPT, "why")
    corpus.append(path, SCRIPT, "why")
    assert corpus.load(path) == corpus.load_all(tmp_path) == [SCRIPT]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"steps": ["XY"]}, "is no script"),
        ({"steps": None}, "is no script"),
        ({"profile": "C9"}, "no card C9 loaded"),
        ({"condition": "lost"}, "no card C2 lost"),
    ],
    ids=["hexadecimal", "steps", "profile", "condition"],
)
def test_a_bad_line_is_named(tmp_path: Path, change: dict[str, object], message: str) -> None:
    path = tmp_path / "bad.jsonl"
    path.write_text(json.dumps({**json.loads(corpus.encode(SCRIPT, "")), **change}) + "\n")
    with pytest.raises(CorpusError, match=f"bad.jsonl:1.*{message}"):
        corpus.load(path)


def test_a_file_is_replayed_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "one.jsonl"
    corpus.append(path, SCRIPT, "")
    assert main(["--replay", str(path)]) == 0
    assert capsys.readouterr().out == "1 kept sequences played, 0 of them broke a rule\n"


@pytest.mark.parametrize("name", JUDGES)
def test_the_model_takes_nothing_from_the_card_but_the_shape_of_its_data(name: str) -> None:
    source = (corpus.DIRECTORY.parents[1] / "fuzz" / f"{name}.py").read_text("utf-8")
    assert set(re.findall(r"^from (cardsim\S*)", source, re.MULTILINE)) <= DATA


def test_the_cards_are_every_profile_in_every_condition() -> None:
    assert len(cards.every_start()) == len(PROFILES) * len(cards.CONDITIONS)
