"""The PC/SC channel against a scripted stand-in for pyscard; the real one is met in tests/interop."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

import pytest

from readers.errors import (
    CardRemovedError,
    CardResetError,
    NoCardError,
    NoReaderError,
    PcscUnavailableError,
    PinGuardError,
    ProtocolError,
    ReaderBusyError,
    ReaderClosedError,
    ReaderError,
)
from readers.pcsc import PcscChannel, list_readers

READER = "Example Reader 00 00"
ATR = bytes.fromhex("3BDA13FF8131FB468012392F31C173C601C03B")
VERIFY = bytes.fromhex("002000800431323334")
SELECT = bytes.fromhex("00A4020C020018")


class FakeScard(ModuleType):
    """The part of smartcard.scard that the channel uses; ``codes`` overrides the result of a call."""

    SCARD_SCOPE_USER = 0
    SCARD_SHARE_EXCLUSIVE = 1
    SCARD_SHARE_SHARED = 2
    SCARD_PROTOCOL_T0 = 1
    SCARD_PROTOCOL_T1 = 2
    SCARD_PCI_T0 = 1
    SCARD_PCI_T1 = 2
    SCARD_LEAVE_CARD = 0
    SCARD_RESET_CARD = 1

    def __init__(self) -> None:
        super().__init__("smartcard.scard")
        self.codes: dict[str, int] = {}
        self.calls: list[tuple[Any, ...]] = []
        self.readers = [READER]
        self.answers: dict[bytes, bytes] = {bytes.fromhex("00200080"): bytes.fromhex("63C3")}
        self.protocol = self.SCARD_PROTOCOL_T1

    def _note(self, name: str, *values: Any) -> int:
        self.calls.append((name, *values))
        return self.codes.get(name, 0)

    def names(self) -> list[str]:
        return [call[0] for call in self.calls]

    def SCardEstablishContext(self, scope: int) -> tuple[int, int]:  # noqa: N802 - the name is pyscard's
        return self._note("establish"), 77

    def SCardReleaseContext(self, context: int) -> int:  # noqa: N802
        return self._note("release")

    def SCardListReaders(self, context: int, groups: list[str]) -> tuple[int, list[str]]:  # noqa: N802
        return self._note("list"), self.readers

    def SCardConnect(self, context: int, reader: str, share: int, protocols: int) -> tuple[int, int, int]:  # noqa: N802
        return self._note("connect", reader, share), 88, self.protocol

    def SCardReconnect(self, handle: int, share: int, protocols: int, disposition: int) -> tuple[int, int]:  # noqa: N802
        return self._note("reconnect", disposition), self.protocol

    def SCardStatus(self, handle: int) -> tuple[int, str, int, int, list[int]]:  # noqa: N802
        return self._note("status"), READER, 0, 0, list(ATR)

    def SCardTransmit(self, handle: int, pci: int, data: list[int]) -> tuple[int, list[int]]:  # noqa: N802
        code = self._note("transmit", pci, bytes(data))
        return code, list(self.answers.get(bytes(data), b"\x90\x00"))

    def SCardBeginTransaction(self, handle: int) -> int:  # noqa: N802
        return self._note("begin")

    def SCardEndTransaction(self, handle: int, disposition: int) -> int:  # noqa: N802
        return self._note("end", disposition)

    def SCardDisconnect(self, handle: int, disposition: int) -> int:  # noqa: N802
        return self._note("disconnect", disposition)

    def SCardGetErrorMessage(self, code: int) -> str:  # noqa: N802
        return "as the system puts it"


@pytest.fixture
def scard(monkeypatch: pytest.MonkeyPatch) -> FakeScard:
    package, module = ModuleType("smartcard"), FakeScard()
    package.scard = module  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "smartcard", package)
    monkeypatch.setitem(sys.modules, "smartcard.scard", module)
    return module


def test_without_pyscard_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "smartcard", None)
    with pytest.raises(PcscUnavailableError) as caught:
        list_readers()
    assert "pip install 'mynalab[pcsc]'" in caught.value.hint


def test_readers_are_listed_and_the_context_released(scard: FakeScard) -> None:
    assert list_readers() == (READER,)
    assert scard.names() == ["establish", "list", "release"]


def test_no_reader_is_an_empty_list(scard: FakeScard) -> None:
    scard.codes["list"] = 0x8010002E
    assert list_readers() == ()


def test_a_command_goes_out_over_the_protocol_of_the_connection(scard: FakeScard) -> None:
    scard.answers[SELECT] = bytes.fromhex("6A82")
    with PcscChannel.open(READER) as channel:
        assert channel.transmit(SELECT) == bytes.fromhex("6A82")
    assert ("transmit", scard.SCARD_PCI_T1, SELECT) in scard.calls


def test_t0_is_spoken_where_the_card_speaks_it(scard: FakeScard) -> None:
    scard.protocol = scard.SCARD_PROTOCOL_T0
    with PcscChannel.open(READER) as channel:
        channel.transmit(SELECT)
    assert ("transmit", scard.SCARD_PCI_T0, SELECT) in scard.calls


@pytest.mark.parametrize(("exclusive", "share"), [(False, 2), (True, 1)], ids=["shared", "exclusive"])
def test_sharing_is_the_callers_choice(scard: FakeScard, exclusive: bool, share: int) -> None:
    PcscChannel.open(READER, exclusive=exclusive).close()
    assert ("connect", READER, share) in scard.calls


def test_the_reader_and_the_atr_are_told(scard: FakeScard) -> None:
    with PcscChannel.open(READER) as channel:
        assert (channel.reader, channel.atr) == (READER, ATR)


def test_reset_reconnects_and_gives_the_atr(scard: FakeScard) -> None:
    with PcscChannel.open(READER) as channel:
        assert channel.reset() == ATR
    assert ("reconnect", scard.SCARD_RESET_CARD) in scard.calls


def test_closing_resets_the_card_once_so_that_no_pin_stays_verified(scard: FakeScard) -> None:
    with PcscChannel.open(READER) as channel:
        channel.close()
    assert scard.calls[-2:] == [("disconnect", scard.SCARD_RESET_CARD), ("release",)]
    assert scard.names().count("disconnect") == 1


def test_a_closed_channel_refuses_commands(scard: FakeScard) -> None:
    channel = PcscChannel.open(READER)
    channel.close()
    with pytest.raises(ReaderClosedError):
        channel.transmit(SELECT)


def test_the_guard_is_there_unless_told_otherwise(scard: FakeScard) -> None:
    with PcscChannel.open(READER) as channel, pytest.raises(PinGuardError):
        channel.transmit(VERIFY)
    assert "transmit" not in scard.names()


def test_a_budget_is_spent_inside_a_transaction(scard: FakeScard) -> None:
    with PcscChannel.open(READER, pin_budget=1) as channel:
        assert channel.transmit(VERIFY) == b"\x90\x00"
    assert scard.names() == ["establish", "connect", "begin", "transmit", "transmit", "end", "disconnect", "release"]


def test_a_card_of_the_lab_has_no_guard(scard: FakeScard) -> None:
    with PcscChannel.open(READER, is_lab_card=True) as channel:
        assert channel.transmit(VERIFY) == b"\x90\x00"
    assert scard.names().count("transmit") == 1


def test_a_transaction_ends_when_its_block_fails(scard: FakeScard) -> None:
    with PcscChannel.open(READER) as channel, pytest.raises(KeyError), channel.transaction():
        raise KeyError
    assert ("end", scard.SCARD_LEAVE_CARD) in scard.calls


CONNECT_ERRORS = [
    (0x80100009, NoReaderError),
    (0x8010000B, ReaderBusyError),
    (0x8010000C, NoCardError),
    (0x8010000F, ProtocolError),
    (0x80100017, NoReaderError),
    (0x8010001D, PcscUnavailableError),
    (0x8010001E, PcscUnavailableError),
    (0x8010002E, NoReaderError),
    (0x80100066, NoCardError),
    (0x80100067, NoCardError),
    (0x80100069, CardRemovedError),
    (0x8010002A, ReaderError),
]


@pytest.mark.parametrize(
    ("code", "kind"), CONNECT_ERRORS, ids=lambda value: f"{value:08X}" if isinstance(value, int) else ""
)
def test_an_error_at_connecting_has_its_class_and_leaks_no_context(
    scard: FakeScard, code: int, kind: type[ReaderError]
) -> None:
    scard.codes["connect"] = code
    with pytest.raises(ReaderError) as caught:
        PcscChannel.open(READER)
    assert type(caught.value) is kind
    assert scard.names()[-1] == "release"


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (0x80100016, ProtocolError),
        (0x8010002F, ProtocolError),
        (0x80100068, CardResetError),
        (0x80100069, CardRemovedError),
        (-2146434967, CardRemovedError),  # 80100069 as platforms with signed codes give it
    ],
    ids=["not-transacted", "data-lost", "reset", "removed", "removed-signed"],
)
def test_an_error_in_an_exchange_has_its_class_and_the_reader(
    scard: FakeScard, code: int, kind: type[ReaderError]
) -> None:
    with PcscChannel.open(READER) as channel:
        scard.codes["transmit"] = code
        with pytest.raises(ReaderError) as caught:
            channel.transmit(SELECT)
    assert type(caught.value) is kind
    assert caught.value.reader == READER
    assert caught.value.hint


def test_an_unknown_reader_is_answered_with_the_known_ones(scard: FakeScard) -> None:
    scard.codes["connect"] = 0x80100009
    with pytest.raises(NoReaderError) as caught:
        PcscChannel.open("Nowhere")
    assert caught.value.available == (READER,)


def test_an_unknown_code_is_put_in_the_systems_words(scard: FakeScard) -> None:
    scard.codes["establish"] = 0x80100006
    with pytest.raises(ReaderError, match="0x80100006: as the system puts it"):
        list_readers()


def test_an_empty_answer_means_that_the_card_is_gone(scard: FakeScard) -> None:
    scard.answers[SELECT] = b""
    with PcscChannel.open(READER) as channel, pytest.raises(CardRemovedError, match="mid-exchange"):
        channel.transmit(SELECT)
