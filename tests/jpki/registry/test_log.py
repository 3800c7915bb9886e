"""The log in memory."""

from __future__ import annotations

import pytest

from jpki.registry.log import LogEntry, MemoryLog


def test_each_reader_reads_each_event_once() -> None:
    """Two logs over one list are two processes over one file."""
    writer = MemoryLog()
    reader = MemoryLog(writer.events)
    with writer.exclusive():
        writer.append({"a": 1})
        writer.append({"b": 2})
    assert reader.read_new() == [LogEntry(0, {"a": 1}), LogEntry(1, {"b": 2})]
    assert reader.read_new() == []
    assert writer.read_new() == [], "who appended knows what"
    assert writer.unfinished_bytes == 0


def test_append_without_reading_first() -> None:
    """What others added would be passed over."""
    log = MemoryLog([{"a": 1}])
    with log.exclusive(), pytest.raises(RuntimeError, match="read_new"):
        log.append({"b": 2})


def test_corrupt_names_the_event() -> None:
    """As a file names its line."""
    assert str(MemoryLog().corrupt(3, "why")) == "event 3: why"
