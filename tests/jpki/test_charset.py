"""Characters of a certificate and their substitutes."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from jpki.charset import is_certifiable, to_certifiable
from jpki.errors import HolderError

VECTORS = tomllib.loads((Path(__file__).parents[2] / "fixtures/vectors/jpki/holder.toml").read_text("utf-8"))


@pytest.mark.parametrize("vector", [pytest.param(v, id=v["id"]) for v in VECTORS["character"]])
def test_character_set(vector: dict[str, Any]) -> None:
    """JIS X 0208 and JIS X 0212, nothing else."""
    assert is_certifiable(vector["text"]) is vector["certifiable"]


@pytest.mark.parametrize("vector", [pytest.param(v, id=v["id"]) for v in VECTORS["substitution"]])
def test_substitution(vector: dict[str, Any]) -> None:
    """One flag a character, set where a substitute stands."""
    result = to_certifiable(vector["register"], vector["substitutes"], what="name")
    assert (result.text, result.substitutions) == (vector["certificate"], vector["flags"])
    assert len(result.substitutions) == len(result.text) == len(vector["register"])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("見本 花子", "half-width", id="ascii-space"),
        pytest.param("見本　Ａb", "half-width", id="ascii-letter"),
        pytest.param("ﾐﾎﾝ", "half-width", id="half-width-katakana"),
        pytest.param("葛\U000e0100城", r"U\+E0100", id="variation-selector"),
        pytest.param("か\u3099", r"U\+3099", id="combining-mark"),
        pytest.param("見\u200b本", r"U\+200B", id="zero-width-space"),
        pytest.param("見\ud842本", r"U\+D842", id="lone-surrogate"),
    ],
)
def test_refused(text: str, message: str) -> None:
    """What the register would not write, or what would break one flag a character."""
    with pytest.raises(HolderError, match=message) as caught:
        to_certifiable(text, {}, what="name")
    assert text not in str(caught.value)
    assert caught.value.hint


@pytest.mark.parametrize(
    "substitute",
    [
        pytest.param("", id="none"),
        pytest.param("高高", id="two"),
        pytest.param("﨑", id="not-certifiable"),
        pytest.param("T", id="half-width"),
    ],
)
def test_bad_substitutes(substitute: str) -> None:
    """A substitute is one character that the certificate can carry."""
    with pytest.raises(HolderError, match="substitute in the address"):
        to_certifiable("髙山", {"髙": substitute}, what="address")


def test_substitute_of_a_certifiable_character_is_not_used() -> None:
    """Only what cannot be written is replaced."""
    assert to_certifiable("高山", {"高": "低"}, what="name").text == "高山"
