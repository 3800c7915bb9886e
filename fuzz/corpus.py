"""Scripts that are kept: one JSON object a line, {"profile", "condition", "seed", "why", "steps"}.

``reached.jsonl`` goes wherever the fuzzer has been: each application, kind of card and status word. ``found.jsonl`` has
what once broke a rule, shrunk; it stays when the card is mended. Steps are commands in hexadecimal digits, and words.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

from cardsim.profiles import PROFILES
from fuzz.cards import CONDITIONS, Start
from fuzz.grammar import Event, Step
from fuzz.play import Bench, Finding, Script, Seen
from fuzz.rules import NAMES

DIRECTORY: Final = Path(__file__).parent.parent / "fixtures" / "corpus"
REACHED: Final = "reached.jsonl"
FOUND: Final = "found.jsonl"
_EVENTS: Final = {event.value: event for event in Event}

Place = tuple[str, str, int]
"""A kind of card, what was selected, a status word: what ``reached.jsonl`` has one script for."""


class CorpusError(ValueError):
    """A line of a corpus that is none."""


def load(path: Path) -> list[Script]:
    """The scripts of a file, in order; none when there is no such file."""
    if not path.exists():
        return []
    return [_decode(line, f"{path.name}:{number}") for number, line in enumerate(_lines(path), 1)]


def load_all(directory: Path = DIRECTORY) -> list[Script]:
    """Everything that is kept."""
    return [script for path in sorted(directory.glob("*.jsonl")) for script in load(path)]


def save(path: Path, scripts: Iterable[tuple[Script, str]]) -> None:
    """Write a file anew."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(encode(script, why) + "\n" for script, why in scripts), "utf-8")


def append(path: Path, script: Script, why: str) -> None:
    """Add a script, unless it is there."""
    line = encode(script, why)
    known = _lines(path) if path.exists() else []
    if line not in known:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(one + "\n" for one in (*known, line)), "utf-8")


def encode(script: Script, why: str) -> str:
    """One line."""
    steps = [step.hex().upper() if isinstance(step, bytes) else step.value for step in script.steps]
    document = {
        "profile": script.start.profile,
        "condition": script.start.condition,
        "seed": script.seed,
        "why": why,
        "steps": steps,
    }
    text: str = json.dumps(document, ensure_ascii=False)
    return text


def place_of(seen: Seen) -> Place:
    """Where something was seen, in the grain of the corpus: kinds of card, and all counters as one."""
    profile, label, _, sw = seen
    kind = PROFILES[profile].device.value if label in NAMES.values() else "any"
    return kind, label, 0x63C0 if sw & 0xFFF0 == 0x63C0 else sw


def shrink(finding: Finding) -> Finding:
    """The same rule broken in fewer steps: whatever can be left out is."""
    bench = Bench()
    with bench.watching(hangs=True):
        size = len(finding.script.steps) // 2
        while size:
            finding = _without_pieces(bench, finding, size)
            size //= 2
    return finding


def _without_pieces(bench: Bench, finding: Finding, size: int) -> Finding:
    end = len(finding.script.steps)
    while end > 0:
        steps = finding.script.steps
        shorter = Script(
            start=finding.script.start, seed=finding.script.seed, steps=steps[: max(end - size, 0)] + steps[end:]
        )
        again = bench.replay(shorter)
        if again is not None and again.rule == finding.rule:
            finding = again
        end = min(end - size, len(finding.script.steps))
    return finding


def _lines(path: Path) -> list[str]:
    return path.read_text("utf-8").splitlines()


def _decode(line: str, where: str) -> Script:
    try:
        document: dict[str, Any] = json.loads(line)
        start = Start(document["profile"], document["condition"])
        script = Script(start=start, seed=int(document["seed"]), steps=tuple(map(_step, document["steps"])))
    except (ValueError, KeyError, TypeError) as error:
        raise CorpusError(f"{where} is no script: {error!r}") from error
    if start.profile not in PROFILES or start.condition not in CONDITIONS:
        raise CorpusError(f"{where}: there is no card {start.profile} {start.condition}")
    return script


def _step(text: str) -> Step:
    return _EVENTS[text] if text in _EVENTS else bytes.fromhex(text)
