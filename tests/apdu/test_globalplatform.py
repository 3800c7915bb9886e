"""The data fields of card management, both ways and cut anywhere."""

from __future__ import annotations

import pytest

from apdu import globalplatform as gp
from apdu.errors import PackageError, TlvError
from apdu.globalplatform import EncipheredKey, Entry, InstallForInstall, InstallForLoad, LoadFile

LOAD = InstallForLoad(load_aid=b"\xf0LOAD", domain=b"\xf0DOMA", digest=bytes(range(32)))
INSTALL = InstallForInstall(
    load_aid=b"\xf0LOAD", module=b"\xf0MODU", instance=b"\xf0INST", secrets=((1, b"1234"), (2, bytes(16))), memory=4096
)
KEYS = tuple(EncipheredKey(16, bytes((number,)) * 16, b"\x01\x02\x03") for number in range(3))
ENTRY = Entry(aid=b"\xf0INST", state=7, domain=b"\xf0DOMA", load_aid=b"\xf0LOAD")
FILE = LoadFile(provider=b"\xf0DOMA", signature=b"signature", block=b"block")


def test_install_for_load() -> None:
    # GPCS table 11-42: five fields, each behind its length
    assert LOAD.encode().hex().upper() == f"05F04C4F414405F0444F4D4120{bytes(range(32)).hex().upper()}0000"
    assert InstallForLoad.decode(LOAD.encode()) == LOAD


def test_install_for_install() -> None:
    assert InstallForInstall.decode(INSTALL.encode()) == INSTALL
    assert "1234" not in repr(INSTALL)


def test_key_set() -> None:
    raw = gp.encode_key_set(0x30, KEYS)
    # Amendment D v1.1.2 clause 7.2: type 88, length of what follows, length of the key, the key; check value of 3 bytes
    assert raw[:5].hex().upper() == "3088111000"
    assert gp.decode_key_set(raw) == (0x30, KEYS)


def test_provider_key() -> None:
    point = b"\x04" + bytes(range(64))
    assert gp.decode_provider_key(gp.encode_provider_key(point)) == point


def test_entry() -> None:
    assert Entry.decode_all(ENTRY.encode() * 2) == (ENTRY, ENTRY)


def test_load_file() -> None:
    assert LoadFile.decode(FILE.encode()) == FILE


def truncations(raw: bytes) -> list[bytes]:
    return [raw[:size] for size in range(len(raw))]


@pytest.mark.parametrize("raw", truncations(LOAD.encode()), ids=len)
def test_cut_install_for_load(raw: bytes) -> None:
    with pytest.raises(TlvError):
        InstallForLoad.decode(raw)


@pytest.mark.parametrize("raw", truncations(INSTALL.encode()), ids=len)
def test_cut_install_for_install(raw: bytes) -> None:
    with pytest.raises(TlvError):
        InstallForInstall.decode(raw)


@pytest.mark.parametrize(
    "raw", [*truncations(gp.encode_key_set(0x30, KEYS)), gp.encode_key_set(1, KEYS) + b"\0"], ids=len
)
def test_cut_key_set(raw: bytes) -> None:
    with pytest.raises(TlvError):
        gp.decode_key_set(raw)


@pytest.mark.parametrize("raw", truncations(gp.encode_provider_key(b"\x04" + bytes(64))), ids=len)
def test_cut_provider_key(raw: bytes) -> None:
    with pytest.raises(TlvError):
        gp.decode_provider_key(raw)


@pytest.mark.parametrize("raw", [*truncations(FILE.encode()), FILE.encode() + b"\xc4\x00"], ids=len)
def test_cut_load_file(raw: bytes) -> None:
    with pytest.raises(PackageError):
        LoadFile.decode(raw)


@pytest.mark.parametrize("raw", [b"\xe3\x00", ENTRY.encode()[:-1], b"\x00", b"\xe3\x02\x4f\x00"], ids=bytes.hex)
def test_cut_entries(raw: bytes) -> None:
    with pytest.raises(TlvError):
        Entry.decode_all(raw)
