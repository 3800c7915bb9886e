"""Faults in words and as fields: what is read, and how each mistake is named."""

from __future__ import annotations

from typing import Any

import pytest

from jpki.repository.errors import PkiFaultError
from jpki.repository.faults.effects import EFFECTS, SUBSTITUTES
from jpki.repository.faults.read import build_fault, parse_fault

SAID = {
    "down": "down",
    "down on=crl cease=always": "down on=crl cease=always",
    "unavailable retry_after_s=5": "unavailable status=503 retry_after_s=5",
    "slow bytes_per_second=9 ms=1": "slow ms=1 bytes_per_second=9",
    "truncate path=/ca/*": "truncate keep=100 path=/ca/*",
    "corrupt bits=2 number=3": "corrupt bits=2 number=3",
    "stale hours=48 on=ocsp ca=auth": "stale hours=48 on=ocsp ca=auth",
    "skew seconds=-60 percent=20 cease=7": "skew seconds=-60 percent=20 cease=7",
    "wrong-signer on=crl cease=once": "wrong-signer on=crl",
    "try-later cease=1": "try-later",
}


@pytest.mark.parametrize(("text", "said"), SAID.items())
def test_words_are_read_and_written_alike(text: str, said: str) -> None:
    assert str(parse_fault(text)) == said
    assert parse_fault(said) == parse_fault(text)


@pytest.mark.parametrize("word", [*EFFECTS, *SUBSTITUTES])
def test_every_effect_has_a_word_that_suffices(word: str) -> None:
    assert parse_fault(word) == build_fault({"effect": word})
    assert parse_fault(str(parse_fault(word))) == parse_fault(word)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "effect '' is not known"),
        ("explode", "effect 'explode' is not known"),
        ("stale hours", "hours such as hours=48"),
        ("stale hours=1 hours=2", "hours=2 such as hours=48, and each only once"),
        ("stale effect=down", "effect=down such as"),
        ("stale hours=two", "hours has to be a whole number"),
        (f"stale hours={'9' * 5000}", "hours has to be a whole number"),
        ("stale hours=0", "hours has to be from 1 to 87840, not 0"),
        ("stale ms=1", "ms is no field of stale"),
        ("stale on=ca", "on cannot be ca for stale"),
        ("other-ca on=ocsp", "on cannot be ocsp for other-ca"),
        ("try-later on=crl", "on cannot be crl for try-later"),
        ("try-later hours=1", "hours is no field of try-later"),
        ("down on=lists", "on has to be one of index, ca, crl, ocsp"),
        ("down ca=", "ca has to be a text"),
        ("down number=0", "number has to be from 1 to 1000000, not 0"),
        ("down percent=101", "percent has to be from 1 to 100, not 101"),
        ("down cease=twice", "cease has to be once, always"),
        ("down cease=0", "cease has to be from 1 to 1000000, not 0"),
        ("unavailable status=200", "status has to be from 500 to 599, not 200"),
        ("unavailable retry_after_s=-1", "retry_after_s has to be from 0 to 86400, not -1"),
        ("slow ms=600001", "ms has to be from 0 to 600000, not 600001"),
        ("slow bytes_per_second=-1", "bytes_per_second has to be from 0"),
        ("truncate keep=-1", "keep has to be from 0"),
        ("corrupt bits=65", "bits has to be from 1 to 64, not 65"),
        ("skew seconds=0", "seconds has to be from 1"),
    ],
)
def test_mistake_is_named_with_the_text(text: str, complaint: str) -> None:
    with pytest.raises(PkiFaultError) as caught:
        parse_fault(text)
    assert str(caught.value).startswith(f"fault {text!r}: {complaint}")


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({}, "effect"),
        ({"effect": 7}, "effect"),
        ({"effect": "down", "why": "x"}, "why"),
        ({"effect": "down", "number": True}, "number"),
        ({"effect": "down", "number": 1.0}, "number"),
        ({"effect": "down", "ca": 5}, "ca"),
        ({"effect": "down", "on": ["crl"]}, "on"),
        ({"effect": "down", "cease": None}, "cease"),
        ({"effect": "stale", "hours": 0}, "hours"),
        ({"effect": "other-ca", "on": "ca"}, "on"),
    ],
)
def test_mistake_in_fields_names_the_field(fields: dict[str, Any], field: str) -> None:
    with pytest.raises(PkiFaultError) as caught:
        build_fault(fields)
    assert caught.value.field == field
    assert str(caught.value).startswith(f"{field} ")
