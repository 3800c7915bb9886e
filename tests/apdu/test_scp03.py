"""Whole sessions as the pySim project recorded them, from both sides."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.cmac import CMAC

from apdu import scp03
from apdu.command import Command
from apdu.errors import SecureChannelError
from apdu.response import Response
from apdu.status import StatusWord

VECTORS = tomllib.loads((Path(__file__).parents[2] / "fixtures/vectors/scp03/pysim.toml").read_text("utf-8"))
SESSIONS = [pytest.param(session, id=session["id"]) for session in VECTORS["session"]]


def cmac(key: bytes, message: bytes) -> bytes:
    context = CMAC(algorithms.AES(key))
    context.update(message)
    return context.finalize()


def cbc(key: bytes, icv: bytes, blocks: bytes) -> bytes:
    return Cipher(algorithms.AES(key), modes.CBC(icv)).encryptor().update(blocks)


def uncbc(key: bytes, icv: bytes, blocks: bytes) -> bytes:
    return Cipher(algorithms.AES(key), modes.CBC(icv)).decryptor().update(blocks)


AES = scp03.Aes(cmac=cmac, encrypt=cbc, decrypt=uncbc)


class Recorded:
    """One recorded session, and both ends of it."""

    def __init__(self, session: dict[str, Any]) -> None:
        self.session = session
        size = session["key_size"]
        raw = [bytes(range(start, start + 16)) for start in (0x00, 0x10, 0x20)]
        self.static = scp03.StaticKeys(
            **dict(zip(("enc", "mac", "dek"), ((key * 2)[:size] for key in raw), strict=True))
        )
        self.host_challenge = bytes.fromhex(session["initialize"])[5:13]
        self.answer = scp03.InitializeUpdateAnswer.decode(bytes.fromhex(session["initialized"]))
        self.keys = scp03.session_keys(AES, self.static, self.host_challenge, self.answer.challenge)
        self.authenticate = Command.decode(bytes.fromhex(session["authenticate"]))

    @property
    def level(self) -> int:
        return self.authenticate.p1

    def host(self) -> scp03.SecureChannel:
        channel = scp03.SecureChannel(AES, self.keys)
        cryptogram = scp03.host_cryptogram(AES, self.keys, self.host_challenge, self.answer.challenge)
        wrapped = channel.wrap(Command(cla=0x80, ins=0x82, p1=self.level, p2=0, data=cryptogram))
        assert wrapped.encode().hex().upper() == self.session["authenticate"]
        channel.raise_level(self.level)
        return channel

    def card(self) -> scp03.SecureChannel:
        channel = scp03.SecureChannel(AES, self.keys)
        channel.accept(self.authenticate)
        channel.raise_level(self.level)
        return channel


def plain() -> list[Command]:
    return [Command.decode(bytes.fromhex(raw)) for raw in VECTORS["plain"]]


@pytest.fixture
def recorded(request) -> Recorded:
    return Recorded(request.param)


every_session = pytest.mark.parametrize("recorded", SESSIONS, indirect=True)


@every_session
def test_card_cryptogram(recorded: Recorded) -> None:
    cryptogram = scp03.card_cryptogram(AES, recorded.keys, recorded.host_challenge, recorded.answer.challenge)
    assert cryptogram == recorded.answer.cryptogram


@every_session
def test_answer_to_initialize_update_round_trips(recorded: Recorded) -> None:
    assert recorded.answer.encode().hex().upper() == recorded.session["initialized"]


@every_session
def test_host_secures_every_command(recorded: Recorded) -> None:
    channel = recorded.host()
    secured = []
    for command in plain():
        secured.append(channel.wrap(command).encode().hex().upper())
        channel._counter += 1  # the recording has only the first answer
    assert secured == recorded.session["secured"]


@every_session
def test_host_reads_the_answer(recorded: Recorded) -> None:
    channel = recorded.host()
    channel.wrap(plain()[0])
    answer = channel.unwrap(Response(StatusWord.OK, bytes.fromhex(recorded.session["answer"])))
    assert answer.data.hex().upper() == VECTORS["answer_plain"]


@every_session
def test_card_reads_every_command_and_protects_the_answer(recorded: Recorded) -> None:
    channel = recorded.card()
    read = []
    protected = []
    for raw in recorded.session["secured"]:
        command = channel.accept(Command.decode(bytes.fromhex(raw)))
        read.append(command.encode().hex().upper())
        protected.append(channel.protect(Response(StatusWord.OK, bytes.fromhex(VECTORS["answer_plain"]))))
    assert read == VECTORS["plain"]
    assert protected[0].data.hex().upper() == recorded.session["answer"]


@every_session
def test_pseudo_random_challenge(recorded: Recorded) -> None:
    challenge = scp03.card_challenge(
        AES, recorded.static.enc, recorded.answer.sequence, bytes.fromhex(VECTORS["invoker"])
    )
    assert challenge == recorded.answer.challenge


@every_session
@pytest.mark.parametrize("at", [0, 2, 3, 5, -1], ids=["class", "p1", "p2", "data", "mac"])
def test_card_refuses_a_changed_command(recorded: Recorded, at: int) -> None:
    raw = bytearray.fromhex(recorded.session["secured"][3])
    raw[at] ^= 0x01
    channel = recorded.card()
    for before in recorded.session["secured"][:3]:
        channel.accept(Command.decode(bytes.fromhex(before)))
        channel.protect(Response(StatusWord.OK))
    with pytest.raises(SecureChannelError, match="MAC"):
        channel.accept(Command.decode(bytes(raw)))


@every_session
def test_card_refuses_a_replay(recorded: Recorded) -> None:
    channel = recorded.card()
    first = Command.decode(bytes.fromhex(recorded.session["secured"][0]))
    channel.accept(first)
    channel.protect(Response(StatusWord.OK))
    with pytest.raises(SecureChannelError, match="MAC"):
        channel.accept(first)


@every_session
def test_card_refuses_commands_out_of_order(recorded: Recorded) -> None:
    with pytest.raises(SecureChannelError, match="MAC"):
        recorded.card().accept(Command.decode(bytes.fromhex(recorded.session["secured"][1])))


@pytest.mark.parametrize("recorded", [s for s in SESSIONS if "cenc" not in s.id], indirect=True)
@pytest.mark.parametrize("at", [0, -1], ids=["data", "mac"])
def test_host_refuses_a_changed_answer(recorded: Recorded, at: int) -> None:
    channel = recorded.host()
    channel.wrap(plain()[0])
    data = bytearray.fromhex(recorded.session["answer"])
    data[at] ^= 0x80
    with pytest.raises(SecureChannelError, match="MAC"):
        channel.unwrap(Response(StatusWord.OK, bytes(data)))


@pytest.mark.parametrize(
    "data", [b"", bytes(16), b"\x80" + bytes(16), b"\x01" * 16], ids=["empty", "zeros", "17", "ones"]
)
def test_wrong_padding(data: bytes) -> None:
    with pytest.raises(SecureChannelError, match="padding"):
        scp03.unpad(data)


@pytest.mark.parametrize("size", range(34))
def test_padding_fills_blocks_and_comes_off(size: int) -> None:
    padded = scp03.pad(b"\x80" * size)
    assert len(padded) % 16 == 0
    assert len(padded) > size
    assert scp03.unpad(padded) == b"\x80" * size


@pytest.mark.parametrize("raw", [bytes(29), bytes(32), bytes(11) + b"\x02\x70" + bytes(19), bytes(33)], ids=len)
def test_other_protocols_are_named(raw: bytes) -> None:
    with pytest.raises(SecureChannelError, match="SCP03"):
        scp03.InitializeUpdateAnswer.decode(raw)


def test_a_level_that_secures_nothing_is_none() -> None:
    keys = scp03.SessionKeys(enc=bytes(16), mac=bytes(16), rmac=bytes(16))
    with pytest.raises(SecureChannelError, match="level"):
        scp03.SecureChannel(AES, keys).raise_level(0)


def test_keys_do_not_show() -> None:
    assert "11" not in repr(scp03.StaticKeys(enc=b"\x11" * 16, mac=b"\x11" * 16, dek=b"\x11" * 16))
