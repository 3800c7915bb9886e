"""The file of results: whole chunks, once, of one job, under one lock."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import pytest

from jpki.executing.errors import JobBusyError, JobFileError, ResultsIncompleteError
from jpki.executing.results import ResultFile, Standing

STATES = ("good", "bad")


def of(*states: str) -> list[dict[str, str]]:
    return [{"state": state} for state in states]


def test_what_is_committed_is_there_when_it_is_opened_again(results: Any) -> None:
    with results() as file:
        file.commit(1, 2, of("bad"), states=STATES)
        file.commit(0, 0, of("good", "bad"), states=STATES)
    with results() as file:
        assert file.done() == {0, 1}
        assert file.standing() == Standing(rows=3, counts={"good": 1, "bad": 2})
        assert [one["state"] for one in file.results()] == ["good", "bad", "bad"]
        assert file.require_complete(3, states=STATES) == {"good": 1, "bad": 2}


def test_a_chunk_is_committed_once(results: Any) -> None:
    with results() as file:
        file.commit(0, 0, of("good"), states=STATES)
        with pytest.raises(JobFileError, match="UNIQUE"):
            file.commit(0, 0, of("bad"), states=STATES)
        assert file.standing().counts == {"good": 1}


def test_two_cannot_be_at_one_job(results: Any) -> None:
    with results(), pytest.raises(JobBusyError), results():
        pass
    with results():
        pass


def test_the_results_of_another_job_are_refused(results: Any) -> None:
    with results("one"):
        pass
    with pytest.raises(JobFileError, match="another job"), results("other"):
        pass
    with results("one"):
        pass


@pytest.mark.parametrize("content", [b"text, and no database at all" * 50, b"SQLite format 3\x00"], ids=["text", "cut"])
def test_a_file_that_is_no_file_of_results_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "file").write_bytes(content)
    with pytest.raises(JobFileError):
        ResultFile(tmp_path / "file", identity="x")
    assert (tmp_path / "file").read_bytes() == content


def test_another_database_is_refused(tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / "file")
    connection.execute("CREATE TABLE customers (name TEXT)")
    connection.close()
    with pytest.raises(JobFileError, match="no file of results"):
        ResultFile(tmp_path / "file", identity="x")


def test_a_directory_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(JobFileError, match="unable to open"):
        ResultFile(tmp_path / "nowhere" / "file", identity="x")


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        ("DELETE FROM chunks WHERE number = 0", "chunk 0 is missing"),
        ("DELETE FROM chunks WHERE number = 1", "2 came out"),
        ("UPDATE chunks SET first = 1 WHERE number = 1", "chunk 1 is missing"),
        ("""UPDATE chunks SET results = '{"state":"good"}' WHERE number = 0""", "2 came out"),
        ("""UPDATE chunks SET results = '{"state":"bad"}' WHERE number = 1""", "counted twice"),
        ("""UPDATE chunks SET results = '{"state":"else"}' WHERE number = 1""", "2 came out"),
    ],
)
def test_what_does_not_add_up_is_noticed(results: Any, tmp_path: Path, statement: str, told: str) -> None:
    with results() as file:
        file.commit(0, 0, of("good", "bad"), states=STATES)
        file.commit(1, 2, of("good"), states=STATES)
    connection = sqlite3.connect(tmp_path / "results.db", isolation_level=None)
    connection.execute(statement)
    connection.close()
    with results() as file, pytest.raises(ResultsIncompleteError, match=told):
        file.require_complete(3, states=STATES)
