"""Each shipped persona is its own test: issued on any day, it logs in and signs as its file says."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from apdu.ports import Channel
from jpki.client.errors import CardClientError
from mynalab.lab.cards import open_card
from mynalab.lab.create import create_lab
from mynalab.lab.issue import issue_card
from mynalab.lab.lab import Lab
from mynalab.lab.relying_party import log_in, sign_contract
from mynalab.persona import Persona, load_persona
from mynalab.resources import persona_files
from readers.inprocess import InProcessChannel

# An ordinary day, and the last minutes of a leap day in Japan.
DAYS = (datetime(2026, 11, 20, tzinfo=UTC), datetime(2028, 2, 29, 14, 58, tzinfo=UTC))
PERSONAS = [load_persona(name) for name in persona_files()]


@pytest.fixture(scope="module", params=DAYS, ids=[f"{day:%Y-%m-%d}" for day in DAYS])
def lab_and_day(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Lab, datetime]:
    day: datetime = request.param
    return create_lab(tmp_path_factory.mktemp("personas") / "lab", now=day, seed="personas"), day


def outcome(act: Callable[[], Any]) -> str:
    """In the words of ``expect``; several findings are joined."""
    try:
        result = act()
    except CardClientError as error:
        return type(error).__name__
    return "accepted" if result.ok else " ".join(result.verdict.codes)


def deeds(lab: Lab, persona: Persona, now: datetime, channel: Channel) -> dict[str, Callable[[], Any]]:
    return {
        "log_in": lambda: log_in(lab, channel, persona.authentication_pin, now=now),
        "sign": lambda: sign_contract(lab, channel, persona.signature_pin, "契約", now=now),
    }


@pytest.mark.parametrize("deed", ["log_in", "sign"])
@pytest.mark.parametrize("persona", PERSONAS, ids=lambda persona: persona.name)
def test_comes_out_as_the_file_says(lab_and_day: tuple[Lab, datetime], persona: Persona, deed: str) -> None:
    lab, now = lab_and_day
    if not lab.paths.card(persona.name).exists():
        issue_card(lab, name=persona.name, persona=persona, now=now)
    with closing(open_card(lab.paths, persona.name)) as card, InProcessChannel(card) as channel:
        assert outcome(deeds(lab, persona, now, channel)[deed]) == persona.expect[deed]


@pytest.mark.parametrize("persona", PERSONAS, ids=lambda persona: persona.name)
def test_says_in_a_sentence_why_it_exists(persona: Persona) -> None:
    assert persona.why.endswith(".")
    assert len(persona.why) <= 140
    assert Path(persona.origin).stem == persona.name


def test_no_two_exist_for_the_same_reason() -> None:
    assert len({persona.why for persona in PERSONAS}) == len(PERSONAS) >= 24


@pytest.mark.parametrize("persona", PERSONAS, ids=lambda persona: persona.name)
def test_nobody_lives_there(persona: Persona) -> None:
    """Codes of municipalities begin with the number of a prefecture, 01 to 47 (JIS X 0401)."""
    assert persona.municipality_code.startswith("99")
