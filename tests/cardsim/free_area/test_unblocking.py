"""RESET RETRY COUNTER through the issuer's door, and through no other."""

from __future__ import annotations

from dataclasses import replace

import pytest

from apdu import globalplatform as gp
from apdu.command import Command
from apdu.layout import jpki
from apdu.tlv import Tlv
from cardsim.store import MemoryStore
from jpki.issuer.errors import ManagementRefusedError

AUTH, SIGN = 0x18, 0x1B


def verify(bench, pin: bytes, reference: int = AUTH) -> str:
    bench.send("00A4040C0AD392F000260100000001")
    return bench.command(0x00, 0x20, 0x00, 0x80 | reference, pin)


def block(bench) -> None:
    assert [verify(bench, b"0000") for _ in range(4)] == ["63C2", "63C1", "63C0", "6984"]


def test_a_blocked_pin_gets_its_tries_back(bench) -> None:
    block(bench)
    bench.issuer().unblock(jpki.AID, AUTH)
    assert verify(bench, b"1234") == "9000"


def test_a_new_pin_comes_with_it(bench) -> None:
    block(bench)
    bench.issuer().unblock(jpki.AID, AUTH, new_value=b"9876")
    assert verify(bench, b"1234") == "63C2"
    assert verify(bench, b"9876") == "9000"


def test_nobody_sees_the_new_pin_on_the_wire(bench) -> None:
    bench.trace.clear()
    bench.issuer().unblock(jpki.AID, SIGN, new_value=b"NEWPASSWORD1")
    assert not any(b"NEWPASSWORD1" in raw for raw in bench.trace)


@pytest.mark.parametrize("level", [0x01, 0x11], ids=["01", "11"])
def test_a_new_pin_in_the_clear_is_refused(bench, level: int) -> None:
    with pytest.raises(ManagementRefusedError, match="6982"):
        bench.issuer(level=level).unblock(jpki.AID, AUTH, new_value=b"9876")
    bench.issuer(level=level).unblock(jpki.AID, AUTH)


@pytest.mark.parametrize("value", [b"", b"123", b"12345", b"abcd"], ids=["none", "short", "long", "letters"])
def test_a_pin_of_another_form_is_refused(bench, value: bytes) -> None:
    with pytest.raises(ManagementRefusedError, match="6A80"):
        bench.issuer().unblock(jpki.AID, AUTH, new_value=value)
    assert verify(bench, b"1234") == "9000"


def test_a_pin_that_was_never_set_stays_so(free_image, make_bench) -> None:
    pin = free_image.applications[jpki.AID].pins[jpki.SIGN_PIN]
    child = free_image.with_pin(jpki.AID, jpki.SIGN_PIN, replace(pin, value=b"", tries_left=0))
    with pytest.raises(ManagementRefusedError, match="6985"):
        make_bench(MemoryStore(child)).issuer().unblock(jpki.AID, jpki.SIGN_PIN, new_value=b"ABC123")


@pytest.mark.parametrize("reference", [0x17, 0x01], ids=["key", "nothing"])
def test_what_is_no_pin(bench, reference: int) -> None:
    with pytest.raises(ManagementRefusedError, match="6A88"):
        bench.issuer().unblock(jpki.AID, reference)


@pytest.mark.parametrize(
    ("p1", "p2", "data", "status"),
    [
        (0x00, 0x98, b"", "6A86"),
        (0x01, 0x98, b"", "6A86"),
        (0x03, 0x18, b"", "6A86"),
        (0x03, 0x98, b"", "6A80"),
        (0x03, 0x98, b"\x4f\x0a", "6A80"),
        (0x03, 0x98, Tlv(0x4F, jpki.AID).encode() + b"\x81\x04\x39\x39\x39\x39", "6A80"),
        (0x02, 0x98, Tlv(0x4F, jpki.AID).encode(), "6A80"),
        (0x03, 0x98, b"\x4f\x05\xf0AAAA", "6A88"),
    ],
    ids=["p1-00", "p1-01", "p2", "empty", "cut", "too-much", "too-little", "unknown"],
)
def test_other_forms(bench, p1: int, p2: int, data: bytes, status: str) -> None:
    session = bench.issuer()
    command = Command(cla=0x80, ins=gp.RESET_RETRY_COUNTER, p1=p1, p2=p2, data=data, ne=256)
    assert str(session.send(command).sw) == status


@pytest.mark.parametrize("cla", [0x00, 0x80, 0x84], ids=["00", "80", "84"])
def test_no_way_around_the_channel(bench, cla: int) -> None:
    block(bench)
    data = Tlv(0x4F, jpki.AID).encode()
    for aid in ("A0000001510000", "D392F000260100000001"):
        bench.send(f"00A4040C{len(aid) // 2:02X}{aid}")
        assert bench.command(cla, gp.RESET_RETRY_COUNTER, 0x03, 0x98, data) in ("6982", "6D00", "6882")
    assert verify(bench, b"1234") == "6984"


def test_the_desk_of_a_library_resets_its_own_pin(bench, ready) -> None:
    package = ready("library-card")
    terminal = bench.terminal(package)
    for _ in range(5):
        terminal.send(Command(cla=0x00, ins=0x20, p1=0, p2=0x81, data=b"0000"))
    with pytest.raises(ManagementRefusedError, match="6984"):
        terminal.verify(1, "1234")
    bench.domain(package.provider).unblock(package.aid, 1, new_value=b"4321")
    bench.terminal(package).verify(1, "4321")


def test_keys_of_applications_are_not_reset(bench, ready) -> None:
    package = ready("library-card")
    with pytest.raises(ManagementRefusedError, match="6A88"):
        bench.domain(package.provider).unblock(package.aid, 2)
