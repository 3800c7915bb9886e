"""Two languages, and one document for machines."""

from __future__ import annotations

import json

import pytest

from mynalab.cli.output import Output, language_of, preferred_language


def test_words_go_to_people_only(capsys: pytest.CaptureFixture[str]) -> None:
    output = Output("en")
    output.say("hello", "やあ")
    output.note("by the way", "ところで")
    output.document({"a": 1})
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("hello\n", "by the way\n")


def test_machine_gets_the_document_alone(capsys: pytest.CaptureFixture[str]) -> None:
    output = Output("ja", as_json=True)
    output.say("hello", "やあ")
    output.note("by the way", "ところで")
    output.document({"a": "花子"})
    captured = capsys.readouterr()
    assert (json.loads(captured.out), captured.err) == ({"a": "花子"}, "")


@pytest.mark.parametrize(
    ("arguments", "language"),
    [
        ([], "en"),
        (["--lang", "ja"], "ja"),
        (["card", "--lang=ja"], "ja"),
        (["--lang", "ja", "--lang", "en"], "en"),
        (["--lang"], "en"),
        (["--lang", "fr"], "en"),
        (["--lang="], "en"),
    ],
    ids=str,
)
def test_language_of_a_command_line(arguments: list[str], language: str) -> None:
    assert language_of(arguments) == language


@pytest.mark.parametrize(
    ("locale", "language"),
    [("ja_JP.UTF-8", "ja"), ("ja", "ja"), ("en_US.UTF-8", "en"), ("C", "en"), ("jav_ID", "en"), ("", "en")],
)
def test_language_of_a_locale(monkeypatch: pytest.MonkeyPatch, locale: str, language: str) -> None:
    monkeypatch.setenv("LC_ALL", locale)
    monkeypatch.delenv("LANG", raising=False)
    assert preferred_language() == language
