"""Readers that come up, cards that come and go, and locks that never stay behind."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from apdu.faults.plan import FaultPlan
from apdu.faults.read import parse_fault
from apdu.ports import Card
from cardsim.errors import StoreDamagedError, StoreLockedError
from cardsim.state import CardImage
from cardsim.store import FileStore
from mynalab.errors import CardNameError, ServiceError
from mynalab.lab.cards import open_card
from mynalab.lab.issue import issue_card
from mynalab.lab.lab import Lab
from mynalab.persona import load_persona
from mynalab.virtual_readers import VirtualReaders
from readers.errors import SlotError
from readers.pcsclite import MAX_READERS
from tests.readers.pcsclite.client import RawClient

SELECT_JPKI = bytes.fromhex("00A4040C0AD392F000260100000001")
SELECT_AUTH_PIN = bytes.fromhex("00A4020C020018")
WRONG_PIN = bytes.fromhex("002000800439393939")
FIRST, SECOND = "mynalab Virtual Reader 00 00", "mynalab Virtual Reader 01 00"


@pytest.fixture
def readers(lab: Lab) -> Iterator[VirtualReaders]:
    issue_card(lab, name="bob", persona=load_persona("adult-resident"), now=lab.settings.created)
    path = Path(os.environ["XDG_RUNTIME_DIR"]) / "pcscd.comm"
    with VirtualReaders(path, lambda name: open_card(lab.paths, name)) as readers:
        yield readers
    assert not path.exists()


def assert_free(lab: Lab, name: str) -> None:
    open_card(lab.paths, name).close()


def test_readers_are_numbered_and_hold_their_cards(readers: VirtualReaders) -> None:
    assert [readers.add_reader("alice"), readers.add_reader()] == [FIRST, SECOND]
    assert readers.contents == {FIRST: "alice", SECOND: None}


def test_card_goes_into_the_first_empty_reader(readers: VirtualReaders) -> None:
    readers.add_reader("alice")
    readers.add_reader()
    assert readers.insert("bob") == SECOND


def test_card_goes_into_the_reader_that_was_named(readers: VirtualReaders) -> None:
    readers.add_reader()
    readers.add_reader()
    assert readers.insert("bob", SECOND) == SECOND
    assert readers.contents == {FIRST: None, SECOND: "bob"}


def test_card_in_a_reader_is_locked_and_free_again_afterwards(lab: Lab, readers: VirtualReaders) -> None:
    readers.add_reader("alice")
    with pytest.raises(StoreLockedError):
        open_card(lab.paths, "alice")
    assert readers.remove("alice") == FIRST
    assert_free(lab, "alice")


def test_card_that_leaves_in_mid_command_is_locked_until_its_try_is_spent(
    lab: Lab, readers: VirtualReaders, monkeypatch: pytest.MonkeyPatch
) -> None:
    entered, let_go, commit = threading.Event(), threading.Event(), FileStore.commit

    def slow_commit(store: FileStore, image: CardImage) -> None:
        entered.set()
        assert let_go.wait(5.0)
        commit(store, image)

    monkeypatch.setattr(FileStore, "commit", slow_commit)
    reader = readers.add_reader("alice")
    removal = threading.Thread(target=readers.remove, args=("alice",))
    with RawClient(readers.socket_path) as client:
        client.establish()
        handle = client.connect(reader)
        for command in (SELECT_JPKI, SELECT_AUTH_PIN):
            assert client.transmit(handle, command) == (0, b"\x90\x00")
        client.send_transmit(handle, WRONG_PIN)
        assert entered.wait(5.0)
        removal.start()
        removal.join(0.1)
        with pytest.raises(StoreLockedError):
            open_card(lab.paths, "alice")
        let_go.set()
        removal.join(5.0)
    with open_card(lab.paths, "alice") as card:
        assert [card.process(raw) for raw in (SELECT_JPKI, SELECT_AUTH_PIN, b"\x00\x20\x00\x80")][-1] == b"\x63\xc2"


def test_leaving_gives_every_card_back(lab: Lab) -> None:
    with VirtualReaders(lab.paths.root / "s", lambda name: open_card(lab.paths, name)) as readers:
        readers.add_reader("alice")
    assert_free(lab, "alice")


def test_same_card_twice_is_refused_by_name_and_reader(readers: VirtualReaders) -> None:
    readers.add_reader("alice")
    with pytest.raises(ServiceError, match=rf"^alice is in {FIRST} already$"):
        readers.add_reader("alice")
    readers.add_reader()
    with pytest.raises(ServiceError, match="already"):
        readers.insert("alice")


@pytest.mark.parametrize("reader", [None, FIRST, "no such reader"])
def test_no_empty_reader_says_what_to_do(readers: VirtualReaders, reader: str | None) -> None:
    readers.add_reader("alice")
    with pytest.raises(ServiceError, match="occupied or does not exist") as caught:
        readers.insert("bob", reader)
    assert "mynalab card remove" in caught.value.hint


def test_card_that_is_in_no_reader_cannot_be_removed(readers: VirtualReaders) -> None:
    readers.add_reader("alice")
    with pytest.raises(ServiceError, match="no reader holds 'bob'"):
        readers.remove("bob")


def test_seventeenth_reader_is_refused(readers: VirtualReaders) -> None:
    for _ in range(MAX_READERS):
        readers.add_reader()
    with pytest.raises(ServiceError, match="16 readers already"):
        readers.add_reader()


def test_unknown_card_leaves_the_reader_empty(readers: VirtualReaders) -> None:
    readers.add_reader()
    with pytest.raises(CardNameError, match="there is no card 'carol'"):
        readers.insert("carol")
    assert readers.contents == {FIRST: None}


def test_damaged_card_is_not_locked_by_the_attempt(lab: Lab, readers: VirtualReaders) -> None:
    readers.add_reader()
    good = lab.paths.card("alice").read_bytes()
    lab.paths.card("alice").write_bytes(b"{")
    with pytest.raises(StoreDamagedError):
        readers.insert("alice")
    lab.paths.card("alice").write_bytes(good)
    assert readers.insert("alice") == FIRST


def test_reader_that_takes_no_card_gives_it_back(
    lab: Lab, readers: VirtualReaders, monkeypatch: pytest.MonkeyPatch
) -> None:
    readers.add_reader()

    def refuse(*_: object) -> None:
        raise SlotError("this reader takes no card")

    monkeypatch.setattr(readers._server, "insert", refuse)
    with pytest.raises(SlotError):
        readers.insert("alice")
    assert_free(lab, "alice")
    assert readers.contents == {FIRST: None}


def test_fault_that_comes_late_leaves_the_next_card_alone(lab: Lab) -> None:
    """The card goes after its answer; before it does, it is asked again, taken out at once, and put back."""
    plan = FaultPlan(faults=(parse_fault("remove after command 1"),))
    inserted: list[Card] = []
    with VirtualReaders(lab.paths.root / "s", lambda name: open_card(lab.paths, name), faults=plan) as readers:
        insert = readers._server.insert
        readers._server.insert = lambda reader, card: (inserted.append(card), insert(reader, card))  # type: ignore[method-assign]
        readers.add_reader("alice")
        assert [len(inserted[0].process(b"\x00\xca\x00\x45\x00")), inserted[0].process(b"\x00\xca\x00\x45\x00")] == [
            17,
            b"",
        ]
        assert readers.contents == {FIRST: None}
        readers.insert("alice")
        time.sleep(0.15)
        assert readers.contents == {FIRST: "alice"}
        assert readers.struck == [
            {"card": "alice", "fault": "remove after command 1, once", "event": "command", "number": 1}
        ]
    assert_free(lab, "alice")
