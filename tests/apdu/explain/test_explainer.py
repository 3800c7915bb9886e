"""Sentences for published exchanges, in both languages; total on any bytes; nothing secret in any of them."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apdu.command import Command
from apdu.explain import Explainer, explain
from apdu.layout.applications import ON_CARD
from apdu.layout.facts import ApplicationFact

VECTORS = Path(__file__).parents[3] / "fixtures/vectors/apdu"
CASES = [pytest.param(case, id=case["id"]) for case in tomllib.loads((VECTORS / "explain.toml").read_text())["case"]]
SEQUENCES = tomllib.loads((VECTORS / "sequences.toml").read_text())["sequence"]
STEPS = [
    pytest.param(sequence["steps"][: number + 1], id=f"{sequence['id']}-{number}")
    for sequence in SEQUENCES
    for number in range(len(sequence["steps"]))
]


def response_of(step: dict[str, Any]) -> bytes | None:
    if "r" not in step:
        return None
    byte, times = step.get("repeat", ["", 0])
    return bytes.fromhex(byte) * times + bytes.fromhex(step["r"])


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("lang", ["en", "ja"])
def test_sentence(case: dict[str, Any], lang: str) -> None:
    got = explain(bytes.fromhex(case["c"]), response_of(case), lang="ja" if lang == "ja" else "en")
    assert got.sentence == case[lang]
    assert got.redacted is case.get("redacted", False)


@pytest.mark.parametrize("steps", STEPS)
def test_published_sequence(steps: list[dict[str, Any]]) -> None:
    """The last step, after those before it."""
    explainer = Explainer()
    explainer.reset()
    for step in steps[:-1]:
        explainer.exchange(bytes.fromhex(step["c"]), response_of(step) or b"")
    said = explainer.exchange(bytes.fromhex(steps[-1]["c"]), response_of(steps[-1]) or b"")
    assert [part for part in steps[-1]["says"] if part not in said] == [], said


SELECT_JPKI = bytes.fromhex("00A4040C0AD392F000260100000001")
SELECT_AUTH_PIN = bytes.fromhex("00A4020C020018")
QUERY = bytes.fromhex("00200080")
OK = bytes.fromhex("9000")


def test_refused_select_changes_nothing() -> None:
    explainer = Explainer()
    explainer.exchange(SELECT_JPKI, OK)
    explainer.exchange(SELECT_AUTH_PIN, OK)
    explainer.exchange(bytes.fromhex("00A4020C02001B"), bytes.fromhex("6A82"))
    explainer.exchange(bytes.fromhex("00A4040C0AD3921000310001010408"), bytes.fromhex("6A82"))
    assert "user-authentication PIN" in explainer.command(QUERY)


def test_commands_alone_are_taken_to_succeed() -> None:
    explainer = Explainer()
    explainer.command(SELECT_JPKI)
    explainer.command(SELECT_AUTH_PIN)
    assert "user-authentication PIN" in explainer.command(QUERY)


def test_selecting_an_application_forgets_the_file() -> None:
    explainer = Explainer()
    explainer.exchange(SELECT_JPKI, OK)
    explainer.exchange(SELECT_AUTH_PIN, OK)
    explainer.exchange(SELECT_JPKI, OK)
    assert "currently selected PIN" in explainer.command(QUERY)


def test_reset_forgets() -> None:
    explainer = Explainer()
    explainer.exchange(SELECT_JPKI, OK)
    explainer.reset()
    explanation = explainer.explain(SELECT_AUTH_PIN)
    assert explanation.application == "カードマネージャ (card manager, the issuer's security domain)"
    assert explanation.file is None


def test_short_id_selects_the_file() -> None:
    explainer = Explainer()
    explainer.exchange(SELECT_JPKI, OK)
    explainer.exchange(bytes.fromhex("00B0860004"), b"JPKI" + OK)
    assert "token information" in explainer.command(bytes.fromhex("00B0000404"))


@pytest.mark.parametrize(
    ("command", "sw"),
    [
        ("0020009B06414243313233", "6984"),
        ("00B0810004", "6982"),
        ("00B09A0004", "6981"),
        ("00B08600A0", "6B00"),
        ("802A009A016D00", "6982"),
        ("802A009A016D00", "6985"),
        ("0024019B06414243313233", "6982"),
        ("0024019B06414243313233", "6A80"),
        ("0020009B06414243313233", "6581"),
    ],
)
def test_whether_a_refused_short_id_selects_is_not_claimed(command: str, sw: str) -> None:
    """Naming the file from before would call the wrong PIN blocked."""
    explainer = Explainer()
    explainer.exchange(SELECT_JPKI, OK)
    explainer.exchange(SELECT_AUTH_PIN, OK)
    explainer.exchange(bytes.fromhex(command), bytes.fromhex(sw))
    explanation = explainer.explain(QUERY, bytes.fromhex("63C0"))
    assert "the currently selected PIN" in explanation.sentence
    assert explanation.application == "公的個人認証AP (JPKI)"


@pytest.mark.parametrize(
    ("command", "sw"),
    [
        ("0020009C0431323334", "6A82"),
        ("002000980431323334", "6984"),
        ("0020009B06414243313233", "6700"),
        ("00A4040C0AD3921000310001010408", "6985"),
        ("00B0000004", "6981"),
    ],
)
def test_other_refusals_leave_the_file_current(command: str, sw: str) -> None:
    explainer = Explainer()
    explainer.exchange(SELECT_JPKI, OK)
    explainer.exchange(SELECT_AUTH_PIN, OK)
    explainer.exchange(bytes.fromhex(command), bytes.fromhex(sw))
    assert "user-authentication PIN" in explainer.command(QUERY)


def test_another_command_between_is_no_doubled_verify() -> None:
    explainer = Explainer()
    explainer.exchange(SELECT_JPKI, OK)
    verify = bytes.fromhex("002000980430303030")
    explainer.exchange(verify, bytes.fromhex("63C2"))
    explainer.exchange(SELECT_AUTH_PIN, OK)
    assert "twice" not in explainer.exchange(verify, bytes.fromhex("63C1"))


@pytest.mark.parametrize(
    ("command", "response"),
    [("0020009B06414243313233", "9000"), ("0020009B", "63C5"), ("0020009B06414243313233", "6984")],
    ids=["right", "query", "blocked"],
)
def test_only_a_wrong_pin_makes_the_next_one_doubled(command: str, response: str) -> None:
    """OpenSC verifies the signature password twice on purpose, and queries between."""
    explainer = Explainer()
    explainer.exchange(SELECT_JPKI, OK)
    explainer.exchange(bytes.fromhex(command), bytes.fromhex(response))
    assert "twice" not in explainer.command(bytes.fromhex("0020009B06414243313233"))


@pytest.mark.parametrize(("command", "response"), [("00A4020002000A00", "6F00"), ("0084000002", "0102")])
def test_what_is_nobodys_secret_is_not_called_redacted(command: str, response: str) -> None:
    explainer = Explainer()
    explainer.exchange(SELECT_JPKI, OK)
    assert not explainer.explain(bytes.fromhex(command), bytes.fromhex(response) + OK).redacted


def test_another_channel_does_not_move_the_basic_one() -> None:
    """ISO/IEC 7816-4 clause 5.4.2: each logical channel selects for itself."""
    explainer = Explainer()
    explainer.exchange(SELECT_JPKI, OK)
    explainer.exchange(bytes.fromhex("01A4040C0AD3921000310001010408"), OK)
    assert explainer.explain(SELECT_AUTH_PIN).application == "公的個人認証AP (JPKI)"


def test_dictionary() -> None:
    explainer = Explainer()
    explainer.exchange(SELECT_JPKI, OK)
    got = explainer.explain(bytes.fromhex("002000980430303030"), bytes.fromhex("63C2")).as_dict()
    assert json.loads(json.dumps(got)) == {
        "sentence": "VERIFY 利用者証明用暗証番号 (user-authentication PIN): 4 bytes, not shown"
        " → 63C2: wrong: 2 tries remain",
        "command_name": "VERIFY",
        "application": "公的個人認証AP (JPKI)",
        "file": "利用者証明用暗証番号 (user-authentication PIN)",
        "sw": "63C2",
        "sw_meaning": "wrong: 2 tries remain",
        "redacted": True,
    }


def test_hostile_label_does_not_reach_the_terminal() -> None:
    explainer = Explainer(lang="ja")
    explainer.exchange(SELECT_JPKI, OK)
    assert "\x1b" not in explainer.exchange(bytes.fromhex("00B0860000"), b"\x1b[2Jlabel".ljust(32) + OK)


SECRET = b"ZQ77SECRET"
SECRET_COMMANDS = [
    pytest.param(0x00, 0x20, 0x00, 0x80, id="verify"),
    pytest.param(0x00, 0x20, 0x00, 0x9B, id="verify-short-id"),
    pytest.param(0x00, 0x20, 0x01, 0x00, id="verify-other-reference"),
    pytest.param(0x00, 0x21, 0x00, 0x80, id="verify-odd-ins"),
    pytest.param(0x00, 0x24, 0x01, 0x80, id="change"),
    pytest.param(0x00, 0x24, 0x00, 0x80, id="change-old-and-new"),
    pytest.param(0x00, 0x2C, 0x02, 0x80, id="reset-retry-counter"),
    pytest.param(0x80, 0x32, 0x00, 0x80, id="change-key"),
    pytest.param(0x80, 0x54, 0x00, 0x80, id="unlock-key"),
    pytest.param(0x80, 0x20, 0x00, 0x80, id="verify-of-another-class"),
    pytest.param(0x10, 0x20, 0x00, 0x80, id="verify-chained"),
    pytest.param(0x01, 0x20, 0x00, 0x80, id="verify-on-a-channel"),
    pytest.param(0x0C, 0x20, 0x00, 0x80, id="verify-secured"),
    pytest.param(0x00, 0xD6, 0x00, 0x00, id="update-binary"),
    pytest.param(0xFF, 0x82, 0x00, 0x00, id="key-for-the-reader"),
]


@pytest.mark.parametrize(("cla", "ins", "p1", "p2"), SECRET_COMMANDS)
@pytest.mark.parametrize("lang", ["en", "ja"])
def test_no_secret_in_a_sentence(cla: int, ins: int, p1: int, p2: int, lang: str) -> None:
    raw = Command(cla=cla, ins=ins, p1=p1, p2=p2, data=SECRET).encode()
    explainer = Explainer(lang="ja" if lang == "ja" else "en")
    explainer.exchange(SELECT_JPKI, OK)
    shown = repr([explainer.explain(raw), explainer.explain(raw, bytes.fromhex("63C2")), explainer.explain(raw[:-1])])
    assert SECRET.decode() not in shown
    assert SECRET.hex() not in shown.lower()
    assert explainer.explain(raw).redacted


PERSONAL = [
    pytest.param(application, fid, id=f"{application.aid.hex()}-{fid:04X}")
    for application in ON_CARD
    for fid, fact in application.files.items()
    if fact.personal
]


@pytest.mark.parametrize(("application", "fid"), PERSONAL)
def test_no_personal_data_in_a_sentence(application: ApplicationFact, fid: int) -> None:
    explainer = Explainer()
    explainer.exchange(bytes.fromhex("00A4040C0A") + application.aid, OK)
    explanation = explainer.explain(bytes((0x00, 0xB0, 0x80 | fid, 0x00, 0x00)), SECRET + OK)
    assert SECRET.decode() not in repr(explanation)
    assert SECRET.hex() not in repr(explanation).lower()
    assert explanation.redacted


@given(st.lists(st.tuples(st.binary(max_size=40), st.none() | st.binary(max_size=40)), max_size=6))
def test_any_bytes_have_an_explanation(exchanges: list[tuple[bytes, bytes | None]]) -> None:
    explainer = Explainer()
    assert all(explainer.explain(command, response).sentence for command, response in exchanges)


INTERESTING = st.sampled_from([0x20, 0x24, 0x2A, 0x2C, 0x32, 0x84, 0x88, 0xA4, 0xAE, 0xB0, 0xB2, 0xCA, 0xCB])


@given(
    cla=st.sampled_from([0x00, 0x01, 0x08, 0x0C, 0x10, 0x80, 0x90, 0xFF]),
    ins=INTERESTING,
    p1=st.integers(0, 255),
    p2=st.integers(0, 255),
    body=st.binary(max_size=20),
    response=st.binary(max_size=40),
)
def test_any_parameters_have_an_explanation(cla: int, ins: int, p1: int, p2: int, body: bytes, response: bytes) -> None:
    explainer = Explainer(lang="ja")
    explainer.exchange(SELECT_JPKI, OK)
    assert explainer.explain(bytes((cla, ins, p1, p2)) + body, response).sentence
