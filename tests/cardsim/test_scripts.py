"""The published sequences of real clients, byte for byte, each on a fresh card."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

VECTORS = Path(__file__).parents[2] / "fixtures/vectors/cardsim"
SCRIPTS = [
    pytest.param(script, id=f"{path.stem}-{script['id']}")
    for path in sorted(VECTORS.glob("*.toml"))
    for script in tomllib.loads(path.read_text("utf-8"))["script"]
]


def meets(answer: str, wanted: str) -> bool:
    """``answer`` is hexadecimal with the status word last; ``wanted`` is the right side of a step."""
    if wanted == "not 9000":
        return not answer.endswith("9000")
    if counted := re.fullmatch(r"\[(\d+)\] ([0-9A-F]{4})", wanted):
        return answer.endswith(counted[2]) and len(answer) == 2 * int(counted[1]) + 4
    return answer == wanted.replace(" ", "")


@pytest.mark.parametrize("script", SCRIPTS)
def test_a_published_sequence(make_hand, script: dict[str, Any]) -> None:
    card = make_hand(profile=script.get("profile", "C2")).card
    for number, step in enumerate(script["steps"], 1):
        command, _, wanted = step.partition(" -> ")
        if command == "RESET":
            card.reset()
            continue
        answer = card.process(bytes.fromhex(command)).hex().upper()
        assert meets(answer, wanted), f"step {number}: {step}: got {answer[-4:]} after {len(answer) // 2 - 2} bytes"


@pytest.mark.parametrize(
    ("answer", "wanted"),
    [("6A82", "9000"), ("9000", "not 9000"), ("00009000", "[1] 9000"), ("006982", "[1] 9000"), ("019000", "00 9000")],
)
def test_the_comparison_can_fail(answer: str, wanted: str) -> None:
    assert not meets(answer, wanted)
