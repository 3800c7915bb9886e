"""Faults as text and as TOML: what is read, and how each mistake is named."""

from __future__ import annotations

import pytest

from apdu.errors import FaultPlanError
from apdu.faults.effects import EFFECTS, Moment, Remove
from apdu.faults.plan import ONCE, RESET, Event, Fault, Trigger
from apdu.faults.read import parse_fault, parse_plan

SHORT = {
    "remove after READ BINARY 3": "remove after READ BINARY 3, once",
    "remove before command 7, always": "remove before command 7, always",
    "REMOVE during compute digital  signature": "remove during COMPUTE DIGITAL SIGNATURE 1, once",
    "vanish after INS b0 2": "vanish after INS B0 2, once",
    "reset between VERIFY and COMPUTE DIGITAL SIGNATURE": "reset between VERIFY and COMPUTE DIGITAL SIGNATURE, once",
    "reset between SELECT and READ BINARY 2": "reset between SELECT and READ BINARY 2, once",
    "delay 700 ms during COMPUTE DIGITAL SIGNATURE": "delay 700 ms during COMPUTE DIGITAL SIGNATURE 1, once",
    "delay nfc, always": "delay nfc during command 1, always",
    "answer 6f00 before VERIFY": "answer 6F00 before VERIFY 1, once",
    "answer 6581 during VERIFY 2, until reset": "answer 6581 during VERIFY 2, until reset",
    "truncate to 10 during READ BINARY 2, 3 times": "truncate to 10 during READ BINARY 2, 3 times",
    "truncate": "truncate to 1 during command 1, once",
    "corrupt 3 bits during READ BINARY, 1 time": "corrupt 3 bits during READ BINARY 1, once",
    "corrupt": "corrupt during command 1, once",
    "duplicate during command 4": "duplicate during command 4, once",
    "drop during SELECT": "drop during SELECT 1, once",
    "hang": "hang 5000 ms during command 1, once",
    "hang 20 ms before command 2": "hang 20 ms before command 2, once",
    "atr 3B00": "atr 3B00 during reset 1, once",
    "atr 3b021450 during reset 2, always": "atr 3B021450 during reset 2, always",
}


@pytest.mark.parametrize(("text", "said"), SHORT.items())
def test_short_text_is_read_and_written_alike(text: str, said: str) -> None:
    assert str(parse_fault(text)) == said
    assert parse_fault(said) == parse_fault(text)


def test_every_effect_has_a_short_text() -> None:
    assert {text.split()[0].lower() for text in SHORT} == set(EFFECTS)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "cannot be read"),
        ("explode", "cannot be read"),
        ("remove sometimes", "'sometimes' does not go with remove"),
        ("remove after READ BINRY 3", "'READ BINRY' is nothing to wait for"),
        ("remove after INS 1FF", "'INS 1FF' is nothing to wait for"),
        ("remove after command 0", "number has to be from 1 to 1000000, not 0"),
        ("truncate after READ BINARY 1", "truncate cannot happen after a command"),
        ("reset during VERIFY", "reset cannot happen during a command"),
        ("delay during VERIFY", "'' does not go with delay"),
        ("delay 0 ms", "a delay has either ms or profile"),
        ("delay 600001 ms", "ms has to be a number from 1 to 600000, not 600001"),
        ("delay lte", "profile has to be nfc, not 'lte'"),
        ("answer 90", "'90' does not go with answer"),
        ("corrupt 0 bits", "bits has to be a number from 1 to 64, not 0"),
        ("truncate to 0", "keep has to be a number of bytes, at least 1, not 0"),
        ("atr 3B", "atr has to be 2 to 33 bytes"),
        ("atr 3B0", "atr has to be bytes in hexadecimal digits"),
        ("atr 3B00 during VERIFY", "a wrong ATR, and nothing else, happens during a reset"),
        ("remove before reset 1", "a wrong ATR, and nothing else, happens during a reset"),
        ("remove between reset and VERIFY", "between has to name two commands"),
        ("truncate between VERIFY and SELECT", "truncate cannot happen before a command"),
        ("remove, twice", "cease has to be once, until reset, always"),
        ("remove, 0 times", "times has to be from 1 to 1000000, not 0"),
    ],
)
def test_mistake_in_a_short_text_is_named_with_the_text(text: str, complaint: str) -> None:
    with pytest.raises(FaultPlanError) as caught:
        parse_fault(text)
    assert str(caught.value).startswith(f"fault {text!r}")
    assert complaint in str(caught.value)


HEAD = 'schema = 1\nname = "n"\nwhy = "w"\n'
GOOD = HEAD + '[[fault]]\neffect = "remove"\n'


def test_plan_has_its_faults_in_order_and_the_name_for_a_seed() -> None:
    plan = parse_plan(
        GOOD + '[[fault]]\neffect = "delay"\nprofile = "nfc"\ncease = 2\n[[fault]]\neffect = "reset"\n'
        'between = ["VERIFY", "SELECT"]\ncease = "until reset"\n',
        origin="x.toml",
    )
    assert [str(fault) for fault in plan.faults] == [
        "remove before command 1, once",
        "delay nfc during command 1, 2 times",
        "reset between VERIFY and SELECT, until reset",
    ]
    assert plan.seed == "n"
    assert bool(plan)


@pytest.mark.parametrize(
    ("source", "complaint"),
    [
        ("x", "x.toml: not TOML: "),
        (GOOD.replace("1", "2", 1), "x.toml: schema has to be the number 1"),
        (GOOD.replace("schema = 1\n", ""), "x.toml: schema has to be the number 1"),
        (GOOD.replace('"w"', "3"), "x.toml: why has to be a sentence"),
        (HEAD, "x.toml: fault has to be at least one table [[fault]]"),
        (HEAD + "fault = []", "x.toml: fault has to be at least one table [[fault]]"),
        (HEAD + "fault = [3]", "x.toml: [[fault]] 1 has to be a table"),
        ("colour = 1\n" + GOOD, "x.toml: colour is no field of a plan"),
        ("seed = 7\n" + GOOD, "x.toml: seed has to be a text"),
        (GOOD + "wehn = 1", "x.toml: [[fault]] 1: wehn is no field of a fault"),
        (GOOD + "ms = 7", "x.toml: [[fault]] 1: ms is no field of remove"),
        (GOOD + 'number = "7"', "x.toml: [[fault]] 1: number has to be a number without quotes, not '7'"),
        (GOOD + "number = true", "x.toml: [[fault]] 1: number has to be a number without quotes, not True"),
        (GOOD + 'before = "VERIFY"\nafter = "VERIFY"', "x.toml: [[fault]] 1: before and after stand together"),
        (GOOD + 'between = ["VERIFY"]', "x.toml: [[fault]] 1: between has to be two names of commands"),
        (GOOD + 'cease = ["once"]', "x.toml: [[fault]] 1: cease has to be"),
        (GOOD + "[[fault]]\nnumber = 2", "x.toml: [[fault]] 2: effect is missing"),
        (GOOD + '[[fault]]\neffect = "answer"', "x.toml: [[fault]] 2: status is missing"),
        (GOOD + '[[fault]]\neffect = "answer"\nstatus = "6F0"', "x.toml: [[fault]] 2: status has to be four hexa"),
        (GOOD + '[[fault]]\neffect = ["answer"]', "x.toml: [[fault]] 2: effect has to be one of"),
        (GOOD + '[[fault]]\neffect = "delay"', "x.toml: [[fault]] 2: a delay has either ms or profile"),
    ],
)
def test_mistake_in_a_plan_is_named_with_file_table_and_field(source: str, complaint: str) -> None:
    with pytest.raises(FaultPlanError) as caught:
        parse_plan(source, origin="x.toml")
    assert str(caught.value).startswith(complaint)


def test_fault_can_be_made_without_any_text() -> None:
    fault = Fault(effect=Remove(), trigger=Trigger(moment=Moment.AFTER, event=Event.named("READ BINARY"), number=3))
    assert fault == parse_fault("remove after READ BINARY 3")
    assert (fault.cessation, Event.named("Reset") is RESET) == (ONCE, True)
