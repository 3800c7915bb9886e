"""Every vector of fixtures/vectors/comparison, and what holds for comparisons of any text."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jpki.attributes import HolderAttributes, Sex
from jpki.birthdate import BirthDate
from jpki.rp.comparing.birth import compare_birth_date
from jpki.rp.comparing.compare import compare
from jpki.rp.comparing.entry import CustomerEntry
from jpki.rp.comparing.numbers import kanji_number
from jpki.rp.comparing.outcome import Comparison, FieldComparison, Outcome, Reason
from jpki.rp.comparing.page import reasons_as_markdown, steps_as_markdown
from jpki.rp.comparing.sexes import compare_sex
from jpki.rp.comparing.steps import CHARACTER_STEPS
from jpki.rp.comparing.texts import compare_address, compare_name

ROOT = Path(__file__).parents[4]
FILES = ROOT / "fixtures/vectors/comparison"


def cases(name: str) -> list[Any]:
    vectors = tomllib.loads((FILES / name).read_text("utf-8"))["case"]
    return [pytest.param(vector, id=vector["id"]) for vector in vectors]


def check(found: FieldComparison, vector: dict[str, Any]) -> None:
    assert (found.outcome.value, found.reason and found.reason.value) == (vector["expect"], vector.get("reason"))
    if "steps" in vector:
        assert list(found.steps) == vector["steps"]
    assert bool(found.steps) is (found.outcome is Outcome.DIFFERS_IN_FORM)


@pytest.mark.parametrize("vector", cases("names.toml"))
def test_name(vector: dict[str, Any]) -> None:
    certificate = vector["certificate"]
    check(compare_name(certificate, "0" * len(certificate), vector["entry"]), vector)


@pytest.mark.parametrize("vector", cases("addresses.toml"))
def test_address(vector: dict[str, Any]) -> None:
    certificate = vector["certificate"]
    check(compare_address(certificate, "0" * len(certificate), vector["entry"]), vector)


@pytest.mark.parametrize("vector", cases("addresses.toml"))
def test_address_is_compared_alike_in_both_directions(vector: dict[str, Any]) -> None:
    """Without substitutes and with entries that a certificate could carry, nobody is on the better side."""
    ours, theirs = vector["certificate"], vector["entry"]
    if vector.get("reason") in ("missing", "unreadable"):
        return
    assert compare_address(theirs, "0" * len(theirs), ours).outcome.value == vector["expect"]


@pytest.mark.parametrize("vector", cases("substitutes.toml"))
def test_substitutes(vector: dict[str, Any]) -> None:
    compare_field = {"name": compare_name, "address": compare_address}[vector["field"]]
    found = compare_field(vector["certificate"], vector["flags"], vector["entry"])
    check(found, vector)
    marked = "1" in vector["flags"] or bool({"〓", "●"} & set(vector["certificate"]))
    assert found.has_substitutes is marked


@pytest.mark.parametrize("vector", cases("birth_dates.toml"))
def test_birth_date(vector: dict[str, Any]) -> None:
    check(compare_birth_date(BirthDate.decode(vector["certificate"]), vector["entry"]), vector)


@pytest.mark.parametrize("vector", cases("sexes.toml"))
def test_sex(vector: dict[str, Any]) -> None:
    check(compare_sex(Sex(vector["certificate"]), vector["entry"]), vector)


ATTRIBUTES = HolderAttributes(
    name="見本　花子",
    name_substitutions="00000",
    birth_date=BirthDate.decode("419900415"),
    sex=Sex.FEMALE,
    address="見本県見本市中央一丁目２番３号",
    address_substitutions="0" * 15,
)
ENTRY = CustomerEntry(name="見本 花子", address="見本県見本市中央1-2-3", birth_date="1990-04-15", sex="女")


def test_the_worst_field_decides() -> None:
    found = compare(ATTRIBUTES, ENTRY)
    assert found.overall is Outcome.DIFFERS_IN_FORM
    assert {name: one.outcome for name, one in found.fields.items()} == {
        "name": Outcome.DIFFERS_IN_FORM,
        "address": Outcome.DIFFERS_IN_FORM,
        "birth_date": Outcome.MATCH,
        "sex": Outcome.MATCH,
    }
    assert found.differing == ()


def test_what_was_not_asked_for_is_not_compared() -> None:
    assert set(compare(ATTRIBUTES, CustomerEntry(name="見本　花子")).fields) == {"name"}


def test_nothing_compared_is_nothing_confirmed() -> None:
    assert compare(ATTRIBUTES, CustomerEntry()).overall is Outcome.DIFFERS


@pytest.mark.parametrize(
    "shown", [repr(ENTRY), repr(compare(ATTRIBUTES, ENTRY)), str(compare(ATTRIBUTES, ENTRY).as_dict())]
)
def test_no_personal_data_is_shown(shown: str) -> None:
    assert not any(word in shown for word in ("見本", "花子", "1990", "女"))


@given(st.text(max_size=450))
def test_any_entry_is_answered(text: str) -> None:
    everything = CustomerEntry(name=text, address=text, birth_date=text, sex=text)
    assert compare(ATTRIBUTES, everything).overall is Outcome.DIFFERS


@given(st.text(alphabet="見本中央一二三四五六七八九十百千〇123丁目番地号の-ー 条北西町", min_size=1, max_size=30))
def test_an_address_is_equal_to_itself_in_half_width(text: str) -> None:
    found = compare_address(text, "0" * len(text), text + " ")
    assert found.outcome is (Outcome.DIFFERS_IN_FORM if text.strip() else Outcome.DIFFERS)


@pytest.mark.parametrize("number", [1, 9, 10, 11, 19, 20, 23, 99, 100, 101, 110, 123, 345, 999, 1000, 1001, 2003, 9876])
def test_both_ways_of_writing_a_chinese_numeral(number: int) -> None:
    digits = "〇一二三四五六七八九"
    positional = "".join(digits[int(digit)] for digit in str(number))
    additive = ""
    for power, sign in ((1000, "千"), (100, "百"), (10, "十")):
        count = number // power % 10
        additive += ("" if count == 1 else digits[count]) + sign if count else ""
    additive += digits[number % 10] if number % 10 else ""
    assert kanji_number(positional) == number
    assert kanji_number(additive) == number


@pytest.mark.parametrize("text", ["十〇", "百千", "十十", "二三十", "千百十千"])
def test_no_numeral(text: str) -> None:
    assert kanji_number(text) is None


def test_the_document_has_every_step_and_reason() -> None:
    page = (ROOT / "docs/attribute-comparison.md").read_text("utf-8")
    assert steps_as_markdown() in page
    assert reasons_as_markdown() in page
    assert len(CHARACTER_STEPS) == 6
    assert len(Reason) == 8
    assert Comparison({}).as_dict() == {"overall": "differs", "fields": []}
