"""The channel: opened by both sides' keys, ended by whatever is wrong with a secured command."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apdu import globalplatform as gp
from apdu import scp03
from apdu.command import Command
from apdu.layout import card_manager
from apdu.response import Response
from cardsim.store import MemoryStore
from jpki.issuer.errors import ChannelRefusedError, NoFreeAreaError
from jpki.issuer.keys import AES
from jpki.issuer.manager import DomainSession

# Each command of an open channel, with nothing wrong about its form: (instruction, P1, P2, data).
SECURED = {
    "install": (gp.INSTALL, gp.FOR_LOAD, 0, gp.encode_lengths(b"\xf0AAAA", b"", bytes(32), b"", b"")),
    "load": (gp.LOAD, gp.LAST_BLOCK, 0, b"\xc4\x00"),
    "delete": (gp.DELETE, 0, 0, b"\x4f\x05\xf0AAAA"),
    "put-key": (gp.PUT_KEY, 0, 0x81, b"\x31"),
    "set-status": (gp.SET_STATUS, gp.DOMAINS_AND_APPLICATIONS, gp.SELECTABLE, b"\xf0AAAA"),
    "get-status": (gp.GET_STATUS, gp.DOMAINS_AND_APPLICATIONS, 0x02, b"\x4f\x00"),
    "get-data": (gp.GET_DATA, 0xFF, 0x21, b""),
    "reset-retry-counter": (gp.RESET_RETRY_COUNTER, 0x03, 0x98, b"\x4f\x0a" + bytes.fromhex("D392F000260100000001")),
    "unknown": (0x11, 0, 0, b""),
}
CITY = b"\xf0CITY01"

every_command = pytest.mark.parametrize("command", SECURED.values(), ids=SECURED)
every_level = pytest.mark.parametrize("level", sorted(scp03.LEVELS), ids=lambda level: f"{level:02X}")


def plain(command: tuple[int, int, int, bytes]) -> Command:
    ins, p1, p2, data = command
    return Command(cla=0x80, ins=ins, p1=p1, p2=p2, data=data, ne=256)


def is_closed(bench, session: DomainSession) -> bool:
    """A good command of the old channel is refused like any other."""
    wrapped = session._secured.wrap(plain(SECURED["get-data"]))
    return str(bench.send(wrapped.encode()).sw) in ("6982", "6882")


@every_level
@every_command
def test_a_right_command_is_understood(bench, command, level: int) -> None:
    session = bench.issuer(level=level)
    assert str(session.send(plain(command)).sw) != "6982"
    assert session.resources().free > 0


def test_every_command_of_the_card_is_in_the_list() -> None:
    from cardsim.free_area.management import HANDLERS

    assert {ins for ins, *_ in SECURED.values()} - {0x11} == set(HANDLERS)


@every_level
@every_command
@pytest.mark.parametrize("at", [1, 2, 3, -1], ids=["ins", "p1", "p2", "mac"])
def test_a_changed_command_ends_the_channel(bench, command, level: int, at: int) -> None:
    session = bench.issuer(level=level)
    before = bench.card.image
    wrapped = session._secured.wrap(plain(command))
    raw = bytearray(wrapped.encode())
    raw[at if at >= 0 else 5 + wrapped.nc - 1] ^= 0x01
    assert bench.send(bytes(raw)).encode() == b"\x69\x82"
    assert bench.card.image is before
    assert is_closed(bench, session)


@every_level
@every_command
def test_a_replay_ends_the_channel(bench, command, level: int) -> None:
    session = bench.issuer(level=level)
    session.send(plain(command))
    before = bench.card.image
    assert bench.send(bench.trace[-1]).encode() == b"\x69\x82"
    assert bench.card.image is before
    assert is_closed(bench, session)


@every_level
@every_command
def test_a_command_out_of_order_ends_the_channel(bench, command, level: int) -> None:
    session = bench.issuer(level=level)
    session._secured.wrap(plain(SECURED["get-data"]))  # the one that never arrives
    session._secured.unwrap(Response.decode(b"\x69\x85"))
    before = bench.card.image
    assert bench.send(session._secured.wrap(plain(command)).encode()).encode() == b"\x69\x82"
    assert bench.card.image is before
    assert is_closed(bench, session)


@every_command
def test_a_command_in_clear_ends_the_channel(bench, command) -> None:
    session = bench.issuer()
    assert bench.send(plain(command).encode()).encode() == b"\x69\x82"
    assert is_closed(bench, session)


@every_command
def test_a_command_without_a_mac_ends_the_channel(bench, command) -> None:
    session = bench.issuer()
    ins, p1, p2, _ = command
    assert bench.command(0x84, ins, p1, p2, bytes(7)) == "6982"
    assert is_closed(bench, session)


@every_command
def test_no_secured_command_without_a_channel(bench, command) -> None:
    ins, p1, p2, data = command
    assert bench.command(0x84, ins, p1, p2, data + bytes(8)) == "6882"


@pytest.mark.parametrize(
    "ending", ["00A4040C07A0000001510000", "00A4040C0AD392F000260100000001", "reset"], ids=["select", "other", "reset"]
)
def test_selection_and_reset_end_the_channel(bench, ending: str) -> None:
    session = bench.issuer()
    bench.reset() if ending == "reset" else bench.send(ending)
    assert is_closed(bench, session)


def initialize(bench, p1: int = 0, p2: int = 0, challenge: bytes = bytes(8), ne: int | None = 256) -> Response:
    return bench.send(Command(cla=0x80, ins=gp.INITIALIZE_UPDATE, p1=p1, p2=p2, data=challenge, ne=ne).encode())


def test_a_challenge_never_comes_twice(bench) -> None:
    challenges = [scp03.InitializeUpdateAnswer.decode(initialize(bench).data).challenge for _ in range(4)]
    challenges.append(scp03.InitializeUpdateAnswer.decode(initialize(bench.restarted()).data).challenge)
    assert len(set(challenges)) == 5


def test_the_counter_ends(bench, free_image, make_bench) -> None:
    from dataclasses import replace

    area = free_image.free_area
    issuer = replace(area.domains[card_manager.AID], sequence=0xFFFFFF)
    last = make_bench(MemoryStore(replace(free_image, free_area=area.with_domain(issuer))))
    assert str(initialize(last).sw) == "6985"


@pytest.mark.parametrize(
    ("options", "status"),
    [
        ({"p1": 0x31}, "6A88"),
        ({"p2": 1}, "6A86"),
        ({"challenge": bytes(7)}, "6700"),
        ({"challenge": bytes(16)}, "6700"),
        ({"ne": None}, "6700"),
        ({"ne": 31}, "6700"),
        ({"ne": 32}, "9000"),
        ({"p1": 0x30}, "9000"),
    ],
    ids=["version", "p2", "short", "long", "no-le", "little-le", "enough-le", "right"],
)
def test_initialize_update(bench, options, status: str) -> None:
    assert str(initialize(bench, **options).sw) == status


def test_initialize_update_belongs_to_domains(bench) -> None:
    bench.send("00A4040C0AD392F000260100000001")
    assert str(initialize(bench).sw) == "6982"  # LOCK DF of the JPKI application has this code


def test_a_card_without_a_free_area_opens_nothing(image, make_bench) -> None:
    with pytest.raises(NoFreeAreaError, match="6D00"):
        make_bench(MemoryStore(image)).issuer()


def test_host_refuses_a_card_with_other_keys(bench) -> None:
    with pytest.raises(ChannelRefusedError, match="keys of this lab"):
        DomainSession.open(bench, keys=bench.keys(b"other"), rng=bench.rng)


def begin(bench) -> tuple[scp03.SecureChannel, bytes]:
    answer = scp03.InitializeUpdateAnswer.decode(initialize(bench).data)
    session = scp03.session_keys(AES, bench.keys(), bytes(8), answer.challenge)
    return scp03.SecureChannel(AES, session), scp03.host_cryptogram(AES, session, bytes(8), answer.challenge)


def authenticate(bench, channel: scp03.SecureChannel, cryptogram: bytes, p1: int = 0x33, p2: int = 0) -> str:
    command = Command(cla=0x80, ins=gp.EXTERNAL_AUTHENTICATE, p1=p1, p2=p2, data=cryptogram)
    return str(bench.send(channel.wrap(command).encode()).sw)


def test_a_wrong_cryptogram_has_one_chance(bench) -> None:
    channel, cryptogram = begin(bench)
    assert authenticate(bench, channel, bytes(8)) == "6300"
    assert authenticate(bench, channel, cryptogram) == "6882"


@pytest.mark.parametrize(("p1", "p2"), [(0x00, 0), (0x02, 0), (0x30, 0), (0x33, 1)], ids=["00", "02", "30", "p2"])
def test_levels_that_there_are_not(bench, p1: int, p2: int) -> None:
    assert authenticate(bench, *begin(bench), p1=p1, p2=p2) == "6A86"


def test_authentication_before_its_challenge(bench) -> None:
    assert bench.command(0x84, gp.EXTERNAL_AUTHENTICATE, 0x33, 0, bytes(16)) == "6882"


def test_any_other_command_between_the_two_ends_it(bench) -> None:
    channel, cryptogram = begin(bench)
    assert bench.command(0x80, gp.GET_DATA, 0, 0x45, ne=256) == "6982"
    assert authenticate(bench, channel, cryptogram) == "6882"


@given(raw=st.binary(max_size=80))
def test_any_bytes_are_answered_while_a_channel_is_open(free_image, make_bench, raw: bytes) -> None:
    bench = make_bench(MemoryStore(free_image))
    bench.issuer()
    assert len(bench.send(raw).encode()) >= 2


@given(ins=st.integers(0, 255), p1=st.integers(0, 255), p2=st.integers(0, 255), data=st.binary(max_size=200))
def test_any_secured_command_is_answered(free_image, make_bench, ins: int, p1: int, p2: int, data: bytes) -> None:
    bench = make_bench(MemoryStore(free_image))
    session = bench.issuer()
    session.send(Command(cla=0x80, ins=ins, p1=p1, p2=p2, data=data, ne=256))
    assert session.resources().free <= 16384


@given(data=st.binary(max_size=200), command=st.sampled_from(sorted(SECURED)))
def test_any_data_of_a_known_command_is_answered(free_image, make_bench, data: bytes, command: str) -> None:
    bench = make_bench(MemoryStore(free_image))
    session = bench.issuer()
    ins, p1, p2, _ = SECURED[command]
    session.send(Command(cla=0x80, ins=ins, p1=p1, p2=p2, data=data, ne=256))
    assert session.resources().free <= 16384


def replayed(bench, recorded: list[bytes]) -> list[str]:
    """What a card answers to the authentications of a recording, asked for many challenges."""
    answers = []
    for _ in range(20):
        for raw in recorded[:2]:
            bench.send(raw)
        answers.append(str(bench.send(recorded[2]).sw))
    return answers


@pytest.mark.parametrize("has_keys", [False, True], ids=["issuers-keys", "own-keys"])
def test_a_recording_never_fits_a_domain_that_was_deleted_and_came_back(bench, has_keys: bool) -> None:
    def make() -> None:
        bench.new_domain(CITY) if has_keys else bench.issuer().create_domain(CITY)

    make()
    opened = {"keys": bench.keys(CITY) if has_keys else bench.keys(), "rng": bench.rng, "domain": CITY}
    for _ in range(9):
        bench.trace.clear()
        DomainSession.open(bench, **opened)
    recorded = list(bench.trace)
    bench.issuer().delete(CITY)
    make()
    assert "9000" not in replayed(bench, recorded)


def test_keys_come_under_those_that_opened_the_channel(bench) -> None:
    bench.issuer().create_domain(CITY)
    session = DomainSession.open(bench, keys=bench.keys(), rng=bench.rng, domain=CITY)
    session.put_keys(0x30, bench.keys(CITY))
    session.put_keys(0x31, bench.keys(b"other"))
    assert set(bench.card.image.free_area.domains[CITY].keys) == {0x30, 0x31}


@pytest.mark.parametrize("ne", [None, 40], ids=["none", "too-little"])
@every_level
def test_without_room_for_the_answer_nothing_is_done(bench, level: int, ne: int | None) -> None:
    bench.issuer().create_domain(CITY)
    session = bench.issuer(level=level)
    command = Command(cla=0x80, ins=gp.DELETE, p1=0, p2=0, data=b"\x4f\x07" + CITY, ne=ne)
    assert str(session.send(command).sw) == "6700"
    assert CITY in bench.card.image.free_area.domains
    assert session.resources().free > 0


@pytest.mark.parametrize("level", [0x11, 0x13, 0x33], ids=lambda level: f"{level:02X}")
def test_host_ends_a_channel_whose_answer_was_touched(bench, level: int) -> None:
    session = bench.issuer(level=level)
    right = bench.transmit
    bench.transmit = lambda raw: bytes(byte ^ (at == 0) for at, byte in enumerate(right(raw)))
    with pytest.raises(ChannelRefusedError, match="MAC of the answer is wrong"):
        session.resources()
    bench.transmit = right
    with pytest.raises(ChannelRefusedError, match="could not be trusted"):
        session.resources()
