"""The counter of a lab: every operation on real card images, what it refuses, and what it finishes later."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from apdu.layout import face, text
from apdu.layout.face_records import AgeRecord
from apdu.layout.text_records import Attributes
from cardsim.errors import CardSimError, ProfileError, StoreFullError, StoreLockedError
from cardsim.store import FileStore, read_image
from jpki.client.errors import PinFormatError
from jpki.client.records import FACE, TEXT, RecordSession, read_intermediates
from jpki.errors import HolderError, IssueError, JpkiError, UnknownEntryError
from jpki.kinds import CaKind, RecordPin
from jpki.registry.records import CertificateId
from jpki.registry.request import Operation
from jpki.verify.certificate import ReadCertificate, read_certificate
from mynalab.errors import CardNameError, CardNameFormatError, CounterArgumentError, LabError, PersonaError
from mynalab.lab.cards import anything_unfinished, open_card
from mynalab.lab.counter import LabCounter
from mynalab.lab.counter_specs import SPECS
from mynalab.lab.cv import cv_trust
from mynalab.lab.lab import Lab
from mynalab.lab.unfinished import Unfinished
from readers.inprocess import InProcessChannel
from tests.mynalab.lab.town import Town

Tree = Callable[[Path], dict[str, bytes]]
CASES = tomllib.loads(
    (Path(__file__).parents[3] / "fixtures/vectors/counter/operations.toml").read_text(encoding="utf-8")
)["operation"]
ADDRESS = "東京都架空区架空町5丁目4番3号"
WRITTEN = "東京都架空区架空町５丁目４番３号"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_operation_on_the_cards(town: Town, case: dict[str, Any]) -> None:
    on, before = case.get("day", 5), case.get("before", [])
    if on > 5:
        town.roll_over(on - 1)  # a CA ends before certificates that are issued so late
    for number, step in enumerate(before):
        town.do(step["operation"], on - len(before) + number, **step["arguments"])
    done = town.do(case["id"], on, **case["arguments"])
    assert (done["operation"], done["person"]) == (case["id"], town.register.cards()[-1].person_id)
    used = {
        card: {"log_in": town.logs_in(card, on + 1), "sign": town.signs(card, on + 1)}
        for card in town.lab.paths.card_names()
    }
    assert used == case["cards"]
    assert not anything_unfinished(town.lab.paths)


def test_every_operation_is_there() -> None:
    assert {case["id"] for case in CASES} == {operation.value for operation in Operation} == {s.name for s in SPECS}


def test_renewed_certificates_are_new_on_the_card(town: Town) -> None:
    town.roll_over(1599)
    before = _certificates(town.lab, "alice")
    issued = {one["ca"]: one["serial"] for one in town.do("renew", 1600, card="alice")["issued"]}
    after = _certificates(town.lab, "alice")
    assert {kind: one.serial for kind, one in after.items()} == issued
    assert all(after[kind].key_id != before[kind].key_id for kind in after)


def test_records_after_a_move_say_the_new_address_and_verify(town: Town) -> None:
    town.do("move", 1, card="alice", address=ADDRESS, municipality_code="13113")
    with _reader(town.lab, "alice") as channel:
        between = read_intermediates(channel)
        session = RecordSession.open(channel, TEXT)
        session.verify_pin(RecordPin.TEXT, "1234")
        assert session.check(cv_trust(town.lab), between).codes == ()
        attributes = Attributes.decode(session.read(text.ATTRIBUTES))
    assert (attributes.name, attributes.address) == ("見本　花子", WRITTEN)


@pytest.mark.parametrize("state", ["in use", "made"])
def test_records_of_a_card_on_its_way_change_too(town: Town, state: str) -> None:
    town.do("apply", 1, persona="teenager", new_card="ken")
    town.do("issue", 2, card="ken")
    if state == "in use":
        town.do("deliver", 2, card="ken")
    town.do("move", 3, card="ken", address=ADDRESS)
    with _reader(town.lab, "ken") as channel:
        session = RecordSession.open(channel, TEXT)
        session.verify_pin(RecordPin.TEXT, "1234")
        assert Attributes.decode(session.read(text.ATTRIBUTES)).address == WRITTEN


def test_a_corrected_birth_date_opens_the_card(town: Town) -> None:
    """照合番号 B and the birth date are PINs of the card (券面事項確認AP): what opens is what is printed."""
    town.do("correct-record", 1, card="alice", birth_date="419900416")
    with _reader(town.lab, "alice") as channel:
        session = RecordSession.open(channel, FACE)
        session.verify_pin(RecordPin.BIRTH, "020416")
        assert AgeRecord.decode(session.read(face.AGE_RECORD)).birth == "19900416"
    pins = read_image(town.lab.paths.card("alice")).applications
    for aid, fid in ((text.AID, text.REFERENCE_B), (face.AID, face.REFERENCE_B)):
        assert pins[aid].pins[fid].value.startswith(b"020416")


def test_tries_stay_spent_through_a_move(town: Town) -> None:
    assert town.logs_in("alice", 1, pin="0000") == "WrongPinError"
    before = read_image(town.lab.paths.card("alice"))
    town.do("move", 2, card="alice", address=ADDRESS)
    after = read_image(town.lab.paths.card("alice"))
    assert {aid: one.pins for aid, one in after.applications.items()} == {
        aid: one.pins for aid, one in before.applications.items()
    }


def test_newcomer_gets_the_card_she_applied_for(town: Town) -> None:
    town.do("apply", 1, persona="child", new_card="hana", profile="T1")
    assert not town.lab.paths.card("hana").exists()
    issued = town.do("issue", 2, card="hana")["issued"]
    assert [one["ca"] for one in issued] == ["auth"]  # under 15 none for signing
    town.do("deliver", 3, person="000002")
    image = read_image(town.lab.paths.card("hana"))
    assert (image.profile, town.register.cards(name="hana")[0].number) == ("T1", image.serial)
    assert (town.logs_in("hana", 4), town.signs("hana", 4)) == ("accepted", "PinBlockedError")


def test_child_signs_from_the_fifteenth_birthday_on(town: Town) -> None:
    town.do("apply", 1, persona="child", new_card="hana")
    town.do("issue", 2, card="hana")
    town.do("deliver", 3, card="hana")
    assert town.refused("sign-anew", 4, card="hana") == "under-15"


def test_next_generation_goes_on_next_keys(town: Town) -> None:
    town.do("lose-card", 1, card="alice")
    town.do("reissue", 2, card="alice", new_card="nina", profile="next")
    town.do("issue", 3, card="nina")
    town.do("deliver", 4, card="nina")
    assert {one.key_algorithm.name for one in _certificates(town.lab, "nina").values()} == {"p-384"}
    assert (town.logs_in("nina", 5), town.signs("nina", 5)) == ("accepted", "accepted")
    town.do("move", 6, card="nina", address=ADDRESS)
    town.do("sign-anew", 7, card="nina")
    assert town.signs("nina", 8) == "accepted"
    town.do("stop", 9, card="nina")
    town.do("certify", 10, card="nina")
    assert (town.logs_in("nina", 11), town.signs("nina", 11)) == ("accepted", "accepted")


@pytest.mark.parametrize("card", ["alice", "nina"])
def test_reset_gives_tries_back_and_the_new_pin(town: Town, card: str) -> None:
    town.do("apply", 1, persona="adult-resident", new_card="nina", profile="next")
    town.do("issue", 1, card="nina")
    town.do("deliver", 1, card="nina")
    wrong = [town.logs_in(card, 2, pin="0000") for _ in range(4)]
    assert (wrong[-1], town.logs_in(card, 2)) == ("PinBlockedError", "PinBlockedError")
    town.do("reset-pin", 3, card=card, pin="auth", new_pin="7777")
    assert town.logs_in(card, 4, pin="7777") == "accepted"


def test_reissued_card_is_named_after_the_old_one(town: Town) -> None:
    town.do("lose-card", 1, card="alice")
    assert town.do("reissue", 2, card="alice")["card"] == "alice-2"
    assert town.do("discard", 3, card="alice-2")["card"] is None
    town.do("apply", 4, person="000001")
    assert [card.name for card in town.register.cards()] == ["alice", "alice-2", "000001"]


def test_answer_says_since_when_relying_parties_see_it(town: Town) -> None:
    assert town.do("stop", 1.1, card="alice")["visible"] == {
        "ocsp": "2026-11-21T02:30:00Z",
        "crl": "2026-11-21T18:00:00Z",  # 03:00 in Japan
    }


REFUSALS = [
    ("sign-anew", {"card": "alice"}, "signing-certificate-lives"),
    ("renew", {"card": "alice"}, "too-early-to-renew"),
    ("certify", {"card": "alice"}, "authentication-certificate-lives"),
    ("find-card", {"card": "alice"}, "card-not-suspended"),
    ("issue", {"card": "alice"}, "no-application"),
    ("find-phone", {"card": "alice"}, "no-phone"),
    ("apply", {"card": "alice", "new_card": "bob"}, "card-exists"),
    ("move", {"card": "alice", "address": "見本県見本市中央一丁目２番３号"}, "record-unchanged"),
    ("stop", {"card": "alice", "desk": "hot-line"}, "wrong-desk"),
]


@pytest.mark.parametrize(("name", "arguments", "code"), REFUSALS, ids=[each[0] for each in REFUSALS])
def test_refusal_leaves_everything_as_it_was(
    town: Town, tree: Tree, name: str, arguments: dict[str, str], code: str
) -> None:
    before = tree(town.lab.paths.root)
    assert town.refused(name, 1, **arguments) == code
    assert _kept(tree(town.lab.paths.root)) == _kept(before)


NONSENSE: list[tuple[str, dict[str, str], type[Exception]]] = [
    ("move", {}, CounterArgumentError),
    ("move", {"card": "alice", "person": "000001"}, CounterArgumentError),
    ("apply", {"card": "alice", "persona": "child"}, CounterArgumentError),
    ("move", {"card": "nobody"}, CardNameError),
    ("move", {"person": "000009"}, UnknownEntryError),
    ("move", {"card": "alice", "address": "あ" * 201}, HolderError),
    ("move", {"card": "alice", "municipality_code": "1"}, HolderError),
    ("correct-record", {"card": "alice", "birth_date": "1990-04-16"}, HolderError),
    ("apply", {"persona": "nobody-at-all"}, PersonaError),
    ("apply", {"persona": "child", "new_card": "alice"}, CardNameError),
    ("apply", {"persona": "child", "new_card": "../x"}, CardNameFormatError),
    ("apply", {"persona": "child", "profile": "android"}, CounterArgumentError),
    ("apply", {"persona": "child", "profile": "C9"}, ProfileError),
    ("apply", {"persona": "child", "card_expiry": "2026-11-20"}, CounterArgumentError),
    ("enrol-phone", {"card": "alice", "profile": "C2"}, CounterArgumentError),
    ("enrol-phone", {"card": "alice", "new_card": "alice"}, CardNameError),
    ("reset-pin", {"card": "alice", "pin": "auth", "new_pin": "abc"}, PinFormatError),
]


@pytest.mark.parametrize(
    ("name", "arguments", "error"), NONSENSE, ids=[f"{n}-{i}" for i, (n, *_) in enumerate(NONSENSE)]
)
def test_nonsense_leaves_everything_as_it_was(
    town: Town, tree: Tree, name: str, arguments: dict[str, str], error: type[Exception]
) -> None:
    before = tree(town.lab.paths.root)
    with pytest.raises(error) as caught:
        town.do(name, 1, **arguments)
    assert isinstance(caught.value, LabError | JpkiError | CardSimError)
    assert _kept(tree(town.lab.paths.root)) == _kept(before)


@pytest.mark.parametrize(
    ("name", "on", "arguments"),
    [
        ("move", 1, {"card": "alice", "address": ADDRESS}),
        ("renew", 1600, {"card": "alice"}),
        ("reset-pin", 1, {"card": "alice", "pin": "auth"}),
    ],
    ids=["move", "renew", "reset-pin"],
)
def test_card_in_a_reader_is_met_before_anything_is_done(
    town: Town, tree: Tree, name: str, on: float, arguments: dict[str, str]
) -> None:
    if on > 5:
        town.roll_over(on - 1)
    with FileStore(town.lab.paths.card("alice")):
        before = tree(town.lab.paths.root)
        with pytest.raises(StoreLockedError):
            town.do(name, on, **arguments)
        assert _kept(tree(town.lab.paths.root)) == _kept(before)
    town.do(name, on, **arguments)


def test_card_in_a_reader_is_no_matter_where_it_is_not_written_to(town: Town) -> None:
    with FileStore(town.lab.paths.card("alice")):
        assert town.do("lose-card", 1, card="alice")["revoked"]


@pytest.mark.parametrize("finisher", ["next operation", "finish"])
def test_a_card_that_could_not_be_written_follows_later(
    town: Town, monkeypatch: pytest.MonkeyPatch, finisher: str
) -> None:
    town.roll_over(1599)
    before = read_image(town.lab.paths.card("alice"))

    def full(_store: FileStore, _image: object) -> None:
        raise StoreFullError(Path("card"), "no room")

    with monkeypatch.context() as context:
        context.setattr(FileStore, "commit", full)
        with pytest.raises(StoreFullError) as caught:
            town.do("renew", 1600, card="alice")
    assert caught.value.__notes__ == [
        "the register has the operation; the card follows when it is used next, once that is mended"
    ]
    assert read_image(town.lab.paths.card("alice")) == before
    if finisher == "finish":
        LabCounter(town.lab, town.register).finish("alice")
    else:
        town.refused("renew", 1601, card="alice")
    assert (town.logs_in("alice", 1602), town.signs("alice", 1602)) == ("accepted", "accepted")
    assert not anything_unfinished(town.lab.paths)


def test_an_operation_that_fails_in_the_register_leaves_nothing(town: Town, tree: Tree) -> None:
    """The present CA ends on 2035-11-19, before a certificate renewed in 2031 would."""
    before = tree(town.lab.paths.root)
    with pytest.raises(IssueError, match="outlive its CA") as caught:
        town.do("renew", 1600, card="alice")
    assert "mynalab pki rollover" in caught.value.hint
    assert not anything_unfinished(town.lab.paths)
    after = tree(town.lab.paths.root)
    # Numbers that were reserved stay gaps.
    assert {k: v for k, v in after.items() if "register.db" not in k} == {
        k: v for k, v in before.items() if "register.db" not in k
    }
    town.roll_over(1601)
    town.do("renew", 1602, card="alice")
    assert town.logs_in("alice", 1603) == "accepted"


def test_keys_of_a_process_that_died_before_the_register_had_them_are_thrown_away(town: Town) -> None:
    before = read_image(town.lab.paths.card("alice"))
    unfinished = Unfinished(town.lab.paths, "000001")
    unfinished.begin(records=False)
    unfinished.keep(CertificateId(CaKind.SIGN, 77), b"a key")
    LabCounter(town.lab, town.register).finish("alice")
    assert not anything_unfinished(town.lab.paths)
    assert read_image(town.lab.paths.card("alice")) == before


def test_fresh_keys_survive_too(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """A lab whose keys no seed leads to: what lies beside the cards is all that there is of them."""
    town.roll_over(1599)
    monkeypatch.setattr("mynalab.lab.certify.keys_of", lambda *_: _fresh)
    with monkeypatch.context() as context:
        context.setattr(FileStore, "commit", lambda *_: (_ for _ in ()).throw(StoreFullError(Path("card"), "no room")))
        with pytest.raises(StoreFullError):
            town.do("renew", 1600, card="alice")
    LabCounter(town.lab, town.register).finish("alice")
    assert town.logs_in("alice", 1601) == "accepted"


def _kept(files: dict[str, bytes]) -> dict[str, bytes]:
    """Without SQLite's notes on who is reading."""
    return {name: content for name, content in files.items() if not name.endswith("-shm")}


def _fresh(_number: int) -> bytes:
    from mynalab.keysource import fresh_keys

    return fresh_keys()(0)


def _certificates(lab: Lab, card: str) -> dict[str, ReadCertificate]:
    from cardsim.inspect import describe

    told = describe(read_image(lab.paths.card(card))).certificates
    read = {kind.value: read_certificate(told[kind.value]) for kind in CaKind}
    assert all(isinstance(one, ReadCertificate) for one in read.values())
    return {kind: one for kind, one in read.items() if isinstance(one, ReadCertificate)}


def _reader(lab: Lab, name: str) -> InProcessChannel:
    return InProcessChannel(open_card(lab.paths, name))
