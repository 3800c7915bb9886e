"""The interpreter: who may do what with which EF, and what each command does."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apdu.command import Command
from apdu.layout import free_area as layout
from apdu.layout.facts import FREE, NEVER, Access
from apdu.package import ACTIONS, Action, FileKind, FileRule, Package, SecretKind, SecretRule
from cardsim.store import MemoryStore

PROVIDER = bytes.fromhex("F0AAAAAAAA")
PIN, KEY, OTHER = 1, 2, 3
TRANSACTION = b"TERMINAL"
FIDS = {kind: int(kind) for kind in FileKind}


def package_with(access: Access) -> Package:
    """An application with an EF of each kind, all under one rule; ids are the numbers of the kinds."""
    shape = {
        FileKind.TRANSPARENT: {"size": 8, "initial": b"ABCDEFGH"},
        FileKind.LINEAR: {"size": 8, "count": 2},
        FileKind.CYCLIC: {"size": 8, "count": 2},
        FileKind.COUNTER: {"maximum": 10, "step": 4},
        FileKind.PURSE: {"maximum": 100, "step": 60},
        FileKind.TICKET: {"size": 8},
    }
    return Package(
        aid=bytes.fromhex("F0AAAAAAAA01"),
        load_aid=bytes.fromhex("F0AAAAAAAA02"),
        provider=PROVIDER,
        label="everything",
        version=1,
        secrets=(
            SecretRule(
                reference=PIN, kind=SecretKind.PIN, name="pin", tries=3, shortest=4, longest=6, change=Access((KEY,))
            ),
            SecretRule(reference=KEY, kind=SecretKind.KEY, name="key", tries=3),
            SecretRule(reference=OTHER, kind=SecretKind.KEY, name="other", tries=3),
        ),
        files=tuple(
            FileRule(fid=fid, kind=kind, name=kind.name, rules=dict.fromkeys(ACTIONS[kind], access), **shape[kind])
            for kind, fid in FIDS.items()
        ),
    )


OPEN = package_with(FREE)


@pytest.fixture
def with_package(bench, sign) -> Callable:
    def make(package: Package):
        bench.new_domain(PROVIDER)
        bench.install(sign(package))
        return bench.terminal(package)

    return make


@pytest.fixture
def terminal(with_package):
    """An application where everything is free."""
    return with_package(OPEN)


def status(terminal, cla: int, ins: int, p1: int, p2: int, data: bytes = b"", ne: int | None = None) -> str:
    return str(terminal.send(Command(cla=cla, ins=ins, p1=p1, p2=p2, data=data, ne=ne)).sw)


# What each action is on the wire, for an EF where it makes sense.
ATTEMPTS = {
    (FileKind.TRANSPARENT, Action.READ): (0x00, 0xB0, 0x81, 0, b"", 256),
    (FileKind.TRANSPARENT, Action.UPDATE): (0x00, 0xD6, 0x81, 0, b"x", None),
    (FileKind.LINEAR, Action.READ): (0x00, 0xB2, 1, 2 << 3 | 4, b"", 256),
    (FileKind.LINEAR, Action.APPEND): (0x00, 0xE2, 0, 2 << 3, b"x", None),
    (FileKind.LINEAR, Action.UPDATE): (0x00, 0xDC, 1, 2 << 3 | 4, b"x", None),
    (FileKind.CYCLIC, Action.READ): (0x00, 0xB2, 1, 3 << 3 | 4, b"", 256),
    (FileKind.CYCLIC, Action.APPEND): (0x00, 0xE2, 0, 3 << 3, b"x", None),
    (FileKind.COUNTER, Action.READ): (0x80, layout.GET_VALUE, 0, 0x84, b"", 256),
    (FileKind.COUNTER, Action.COUNT): (0x80, layout.COUNT, 0, 0x84, TRANSACTION + bytes(3) + b"\x01", 256),
    (FileKind.PURSE, Action.READ): (0x80, layout.GET_VALUE, 0, 0x85, b"", 256),
    (FileKind.PURSE, Action.CREDIT): (0x80, layout.CREDIT, 0, 0x85, TRANSACTION + bytes(3) + b"\x01", 256),
    (FileKind.PURSE, Action.DEBIT): (0x80, layout.DEBIT, 0, 0x85, TRANSACTION + bytes(3) + b"\x01", 256),
    (FileKind.TICKET, Action.READ): (0x80, layout.GET_VALUE, 0, 0x86, b"", 256),
    (FileKind.TICKET, Action.ISSUE): (0x80, layout.ISSUE, 0, 0x86, TRANSACTION + b"x", 256),
    (FileKind.TICKET, Action.REDEEM): (0x80, layout.REDEEM, 0, 0x86, TRANSACTION, 256),
}
every_attempt = pytest.mark.parametrize(
    "attempt", ATTEMPTS.values(), ids=[f"{kind.name}-{action.name}".lower() for kind, action in ATTEMPTS]
)


def test_every_action_is_attempted() -> None:
    assert set(ATTEMPTS) == {(kind, action) for kind, actions in ACTIONS.items() for action in actions}


@every_attempt
def test_nobody_may_what_no_rule_allows(with_package, attempt) -> None:
    terminal = with_package(package_with(NEVER))
    terminal.authenticate(KEY, terminal._channel.key(OPEN, KEY))
    assert status(terminal, *attempt) == "6982"


@every_attempt
def test_one_of_the_secrets_opens(with_package, attempt) -> None:
    terminal = with_package(package_with(Access((PIN, KEY))))
    assert status(terminal, *attempt) == "6982"
    terminal.authenticate(OTHER, terminal._channel.key(OPEN, OTHER))
    assert status(terminal, *attempt) == "6982"
    terminal.verify(PIN, "1234")
    assert status(terminal, *attempt) != "6982"


@every_attempt
def test_selection_takes_it_back(with_package, attempt) -> None:
    package = package_with(Access((KEY,)))
    terminal = with_package(package)
    terminal.authenticate(KEY, terminal._channel.key(package, KEY))
    assert status(terminal, *attempt) != "6982"
    again = terminal._channel.terminal(package)
    assert status(again, *attempt) == "6982"


@every_attempt
@pytest.mark.parametrize("kind", FileKind, ids=lambda kind: kind.name.lower())
def test_an_action_of_another_kind_is_refused(terminal, attempt, kind: FileKind) -> None:
    cla, ins, p1, p2, data, ne = attempt
    if cla == 0x80:
        known, p2 = p2 & 0x1F, 0x80 | FIDS[kind]
    elif ins in (0xB0, 0xD6):
        known, p1 = p1 & 0x1F, 0x80 | FIDS[kind]
    else:
        known, p2 = p2 >> 3, FIDS[kind] << 3 | p2 & 0x07
    action = next(action for (of, action), one in ATTEMPTS.items() if one == attempt)
    answered = status(terminal, cla, ins, p1, p2, data, ne)
    if known != FIDS[kind] and action not in ACTIONS[kind]:
        assert answered == "6981"
    assert answered != "6F00"


def test_transparent(terminal) -> None:
    assert terminal.read(1) == b"ABCDEFGH"
    terminal.update(1, b"xy")
    assert terminal.read(1) == b"xyCDEFGH"
    assert status(terminal, 0x00, 0xD6, 0, 7, b"zz") == "6B00"
    assert status(terminal, 0x00, 0xD6, 0, 0) == "6700"
    assert status(terminal, 0x00, 0xB0, 0, 8, ne=1) == "6B00"
    assert status(terminal, 0x00, 0xB0, 0, 0) == "6700"
    assert status(terminal, 0x00, 0xB0, 0xE1, 0, ne=1) == "6A86"


def test_linear(terminal) -> None:
    for record in (b"one", b"two"):
        terminal.append(2, record)
    assert status(terminal, 0x00, 0xE2, 0, 2 << 3, b"three") == "6A84"
    terminal.update_record(2, 1, b"uno")
    assert [terminal.record(2, number) for number in (1, 2)] == [b"uno", b"two"]
    assert status(terminal, 0x00, 0xB2, 3, 2 << 3 | 4, ne=256) == "6A83"
    assert status(terminal, 0x00, 0xDC, 3, 2 << 3 | 4, b"x") == "6A83"
    assert status(terminal, 0x00, 0xB2, 0, 2 << 3 | 4, ne=256) == "6A86"
    assert status(terminal, 0x00, 0xB2, 1, 2 << 3 | 4, ne=2) == "6700"


def test_cyclic(terminal) -> None:
    for record in (b"one", b"two", b"three"):
        terminal.append(3, record)
    assert [terminal.record(3, number) for number in (1, 2)] == [b"three", b"two"]
    assert status(terminal, 0x00, 0xB2, 3, 3 << 3 | 4, ne=256) == "6A83"


@pytest.mark.parametrize("record", [b"", b"123456789"], ids=["empty", "long"])
@pytest.mark.parametrize("fid", [2, 3], ids=["linear", "cyclic"])
def test_records_fit(terminal, fid: int, record: bytes) -> None:
    assert status(terminal, 0x00, 0xE2, 0, fid << 3, record) == "6700"


def transact(terminal, ins: int, fid: int, body: bytes, name: bytes = TRANSACTION) -> str:
    return status(terminal, 0x80, ins, 0, 0x80 | fid, name + body, 256)


@pytest.mark.parametrize(
    ("amount", "answered"), [(0, "6A80"), (1, "9000"), (4, "9000"), (5, "6A80")], ids=lambda value: str(value)
)
def test_a_counter_moves_by_its_step_at_most(terminal, amount: int, answered: str) -> None:
    assert transact(terminal, layout.COUNT, 4, amount.to_bytes(4)) == answered
    assert terminal.value(4) == (amount if answered == "9000" else 0)


def test_a_counter_never_goes_down_and_ends(terminal) -> None:
    for number in range(2):
        terminal.count(4, 4, transaction=bytes(7) + bytes((number + 1,)))
    assert transact(terminal, layout.COUNT, 4, b"\0\0\0\3") == "6985"
    assert terminal.count(4, 2, transaction=TRANSACTION) == 10
    assert transact(terminal, layout.DEBIT, 4, b"\0\0\0\1") == "6981"


def test_a_purse_keeps_between_nothing_and_its_limit(terminal) -> None:
    assert transact(terminal, layout.DEBIT, 5, b"\0\0\0\1") == "6985"
    assert terminal.credit(5, 60, transaction=b"00000001") == 60
    assert transact(terminal, layout.CREDIT, 5, b"\0\0\0\x29") == "6985"
    assert transact(terminal, layout.CREDIT, 5, b"\0\0\0\x3d") == "6A80"
    assert terminal.credit(5, 40, transaction=b"00000002") == 100
    assert terminal.debit(5, 60, transaction=b"00000003") == 40
    assert transact(terminal, layout.DEBIT, 5, b"\0\0\0\x29") == "6985"
    assert terminal.value(5) == 40


def test_the_last_transaction_may_be_asked_for_again_and_is_done_once(terminal) -> None:
    assert terminal.credit(5, 10, transaction=TRANSACTION) == 10
    assert terminal.credit(5, 10, transaction=TRANSACTION) == 10
    assert transact(terminal, layout.CREDIT, 5, b"\0\0\0\x0b") == "6A80"
    assert transact(terminal, layout.DEBIT, 5, b"\0\0\0\x0a") == "6A80"
    assert terminal.credit(5, 10, transaction=b"another!") == 20


def test_a_ticket_lives_once(terminal) -> None:
    assert transact(terminal, layout.REDEEM, 6, b"") == "6985"
    assert terminal.issue(6, b"seat 7", transaction=b"issue001").text == b"seat 7"
    assert transact(terminal, layout.ISSUE, 6, b"seat 8") == "6985"
    assert transact(terminal, layout.REDEEM, 6, b"x") == "6700"
    assert terminal.ticket(6).stage is layout.Stage.ISSUED
    assert terminal.redeem(6, transaction=b"gate0001").stage is layout.Stage.REDEEMED
    assert transact(terminal, layout.REDEEM, 6, b"", b"gate0002") == "6985"
    assert terminal.redeem(6, transaction=b"gate0001").text == b"seat 7"
    assert terminal.issue(6, b"seat 8", transaction=b"issue002").stage is layout.Stage.ISSUED


@pytest.mark.parametrize("data", [b"", b"1234567", TRANSACTION + b"\0\0\1"], ids=["none", "short", "amount"])
def test_transactions_have_a_form(terminal, data: bytes) -> None:
    assert status(terminal, 0x80, layout.CREDIT, 0, 0x85, data, 256) == "6700"


@pytest.mark.parametrize("ne", [None, 3], ids=["none", "too-little"])
def test_without_room_for_the_answer_nothing_is_done(terminal, ne: int | None) -> None:
    data = TRANSACTION + b"\0\0\0\1"
    assert status(terminal, 0x80, layout.CREDIT, 0, 0x85, data, ne) == "6700"
    assert status(terminal, 0x80, layout.GET_VALUE, 0, 0x85, b"", ne) == "6700"
    assert terminal.value(5) == 0


def test_a_pin_is_spent_before_it_is_compared(terminal) -> None:
    assert [status(terminal, 0x00, 0x20, 0, 0x81, b"0000") for _ in range(4)] == ["63C2", "63C1", "63C0", "6984"]
    assert status(terminal, 0x00, 0x20, 0, 0x81) == "63C0"
    assert status(terminal, 0x00, 0x20, 0, 0x81, b"1234") == "6984"
    assert str(terminal._channel.restarted().terminal(OPEN).send(Command(cla=0, ins=0x20, p1=0, p2=0x81)).sw) == "63C0"


def test_a_wrong_pin_takes_back_a_right_one(with_package) -> None:
    terminal = with_package(package_with(Access((PIN,))))
    terminal.verify(PIN, "1234")
    assert terminal.value(5) == 0
    assert status(terminal, 0x00, 0x20, 0, 0x81, b"0000") == "63C2"
    assert status(terminal, 0x80, layout.GET_VALUE, 0, 0x85, ne=256) == "6982"


def test_a_key_is_spent_too(terminal) -> None:
    def attempt() -> str:
        status(terminal, 0x00, 0x84, 0, 0, ne=16)
        return status(terminal, 0x00, 0x82, 0, 0x82, bytes(16))

    assert [attempt() for _ in range(4)] == ["63C2", "63C1", "63C0", "6984"]


def test_a_challenge_is_good_once_and_for_one_key(terminal) -> None:
    from jpki.issuer.keys import cmac

    key = terminal._channel.key(OPEN, KEY)
    challenge = terminal.send(Command(cla=0, ins=0x84, p1=0, p2=0, ne=16)).data
    proof = cmac(key, layout.authentication_message(OPEN.aid, KEY, challenge))
    assert status(terminal, 0x00, 0x82, 0, 0x83, proof) == "63C2"
    assert status(terminal, 0x00, 0x82, 0, 0x82, proof) == "6985"


@pytest.mark.parametrize("ne", [None, 8, 17, 256], ids=str)
def test_challenges_have_one_length(terminal, ne: int | None) -> None:
    assert status(terminal, 0x00, 0x84, 0, 0, ne=ne) == "6700"


def test_pins_and_keys_are_not_each_other(terminal) -> None:
    assert status(terminal, 0x00, 0x20, 0, 0x82, bytes(16)) == "6A88"
    assert status(terminal, 0x00, 0x20, 0, 0x82) == "6A88"
    status(terminal, 0x00, 0x84, 0, 0, ne=16)
    assert status(terminal, 0x00, 0x82, 0, 0x81, bytes(16)) == "6A88"


def test_a_pin_is_changed_by_whoever_may(terminal) -> None:
    assert status(terminal, 0x00, 0x24, 1, 0x81, b"5678") == "6982"
    terminal.authenticate(KEY, terminal._channel.key(OPEN, KEY))
    assert status(terminal, 0x00, 0x24, 1, 0x81, b"567") == "6A80"
    assert status(terminal, 0x00, 0x24, 0, 0x81, b"5678") == "6A86"
    assert status(terminal, 0x00, 0x24, 1, 0x82, bytes(16)) == "6982"
    terminal.set_pin(PIN, "5678")
    terminal.verify(PIN, "5678")


def test_a_file_is_selected_and_stays_current(terminal) -> None:
    assert status(terminal, 0x00, 0xB0, 0, 0, ne=8) == "6986"
    assert status(terminal, 0x00, 0xA4, 0x02, 0x0C, b"\x00\x01") == "9000"
    assert status(terminal, 0x00, 0xB0, 0, 0, ne=8) == "9000"
    assert status(terminal, 0x00, 0xA4, 0x02, 0x0C, b"\x00\x1e") == "6A82"
    assert status(terminal, 0x00, 0xB0, 0, 0, ne=8) == "9000"
    assert status(terminal, 0x00, 0xA4, 0x02, 0x00, b"\x00\x01") == "6A86"


@pytest.mark.parametrize(
    ("cla", "ins", "answered"),
    [(0x84, 0xB0, "6E00"), (0x10, 0xB0, "6E00"), (0x00, 0x2A, "6D00"), (0x80, 0x2A, "6D00"), (0x80, 0x50, "6D00")],
)
def test_what_an_application_does_not_know(terminal, cla: int, ins: int, answered: str) -> None:
    assert status(terminal, cla, ins, 0, 0) == answered


def test_secrets_never_show(terminal) -> None:
    image = terminal._channel.card.image
    shown = repr(image.free_area)
    assert terminal._channel.key(OPEN, KEY).hex() not in shown
    assert "1234" not in shown


@given(raw=st.binary(max_size=40))
def test_any_bytes_are_answered(any_bytes_bench, raw: bytes) -> None:
    any_bytes_bench.terminal(OPEN)
    assert any_bytes_bench.send(raw).encode() != b"\x6f\x00"


@given(
    cla=st.sampled_from([0x00, 0x80]),
    ins=st.sampled_from([0xA4, 0xB0, 0xB2, 0xD6, 0xDC, 0xE2, 0x20, 0x24, 0x82, 0x84, *range(0x40, 0x4C, 2)]),
    p1=st.integers(0, 255),
    p2=st.integers(0, 255),
    data=st.binary(max_size=20),
    ne=st.sampled_from([None, 1, 16, 256]),
)
def test_any_known_command_is_answered(any_bytes_bench, cla, ins, p1, p2, data, ne) -> None:
    any_bytes_bench.terminal(OPEN)
    response = any_bytes_bench.send(Command(cla=cla, ins=ins, p1=p1, p2=p2, data=data, ne=ne).encode())
    assert response.encode() != b"\x6f\x00"


@pytest.fixture(scope="module")
def any_bytes_bench(free_image, make_bench, sign):
    bench = make_bench(MemoryStore(free_image))
    bench.new_domain(PROVIDER)
    bench.install(sign(OPEN))
    return bench
