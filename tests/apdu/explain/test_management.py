"""Card management and applications of the free area, step by step; keys, PINs and packages are never told."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apdu import globalplatform as gp
from apdu.command import Command
from apdu.explain import Explainer

VECTORS = Path(__file__).parents[3] / "fixtures/vectors/apdu"
SEQUENCES = tomllib.loads((VECTORS / "management.toml").read_text("utf-8"))["sequence"]
STEPS = [
    pytest.param(sequence["steps"][: number + 1], id=f"{sequence['id']}-{number}")
    for sequence in SEQUENCES
    for number in range(len(sequence["steps"]))
]


@pytest.mark.parametrize("lang", ["en", "ja"])
@pytest.mark.parametrize("steps", STEPS)
def test_step(steps: list[dict[str, Any]], lang: str) -> None:
    explainer = Explainer(lang="ja" if lang == "ja" else "en")
    said = [explainer.explain(bytes.fromhex(step["c"]), bytes.fromhex(step["r"])) for step in steps]
    assert (said[-1].sentence, said[-1].redacted) == (steps[-1][lang], steps[-1].get("redacted", False))


OPEN = bytes.fromhex("8482010010") + bytes(16)


@given(
    level=st.sampled_from([0x00, 0x01, 0x03, 0x11, 0x13, 0x33]),
    ins=st.sampled_from([0x2C, 0x50, 0x82, 0xCA, 0xD8, 0xE2, 0xE4, 0xE6, 0xE8, 0xF0, 0xF2]),
    p1=st.integers(0, 255),
    p2=st.integers(0, 255),
    data=st.binary(max_size=80) | st.binary(max_size=60).map(lambda rest: b"\x4f\x05abcde" + rest),
    answer=st.binary(max_size=80),
)
def test_every_exchange_behind_a_channel_has_a_sentence(
    level: int, ins: int, p1: int, p2: int, data: bytes, answer: bytes
) -> None:
    explainer = Explainer()
    explainer.exchange(OPEN[:2] + bytes((level,)) + OPEN[3:], b"\x90\x00")
    command = Command(cla=0x84, ins=ins, p1=p1, p2=p2, data=data, ne=256)
    assert explainer.exchange(command.encode(), answer + b"\x90\x00")


@pytest.mark.parametrize("secrets", [((1, b"86421357"),), ((1, b"86421357"), (2, bytes(range(0x61, 0x71))))])
def test_first_pins_and_keys_are_not_told_behind_a_mac_alone(secrets: tuple[tuple[int, bytes], ...]) -> None:
    explainer = Explainer()
    explainer.exchange(OPEN, b"\x90\x00")
    body = gp.InstallForInstall(load_aid=b"abcde", module=b"abcde", instance=b"abcdf", secrets=secrets).encode()
    command = Command(cla=0x84, ins=gp.INSTALL, p1=0x04, p2=0, data=body + bytes(8), ne=256)
    said = explainer.explain(command.encode(), b"\x00\x90\x00")
    shown = str(said.as_dict())
    assert said.redacted
    assert [value for _, value in secrets if value.hex() in shown.lower() or value.decode() in shown] == []
