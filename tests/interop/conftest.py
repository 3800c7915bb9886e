"""The two paths to a card, each a parameter of every test here."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.interop.artefacts import World, standing_world
from tests.interop.desk import (
    PCSCD_PARTS,
    Desk,
    Pcscd,
    PcscdReaders,
    RootlessReaders,
    WatchedCard,
    free_pair_of_ports,
    machine_has_namespaces,
    room_for_pcscd,
    short_directory,
)
from tests.interop.identity import Identity, standing_identity
from tests.interop.pki import Pki, make_pki


@pytest.fixture(scope="session")
def pki() -> Pki:
    """Two CAs and two people, issued once."""
    return make_pki()


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A lab in which everything has happened, and its repository."""
    with standing_world(tmp_path_factory.mktemp("world")) as standing:
        yield standing


@pytest.fixture(scope="session")
def production_world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The same with the names, policies and pointers of the real CAs."""
    with standing_world(tmp_path_factory.mktemp("production-world"), production_names=True) as standing:
        yield standing


@pytest.fixture(scope="session")
def identity(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Identity]:
    """The authentication app's service, and a card for every persona."""
    with standing_identity(tmp_path_factory.mktemp("identity")) as standing:
        yield standing


@pytest.fixture(scope="session")
def lasting_pcscd() -> Iterator[Pcscd]:
    """One pcscd for all tests of this process, in a namespace of its own."""
    with short_directory() as directory, Pcscd(directory, port=free_pair_of_ports()) as pcscd:
        yield pcscd


@pytest.fixture
def pcscd(request: pytest.FixtureRequest) -> Iterator[Pcscd]:
    """The lasting one; where the machine has room for a single pcscd, one for this test, in its turn."""
    if machine_has_namespaces():
        yield request.getfixturevalue("lasting_pcscd")
        return
    with room_for_pcscd(), short_directory() as directory, Pcscd(directory, port=free_pair_of_ports()) as pcscd:
        yield pcscd


@pytest.fixture(params=["rootless", pytest.param("pcscd", marks=pytest.mark.real_part(*PCSCD_PARTS))])
def desk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Desk]:
    """A desk with an empty reader, on either path."""
    if request.param == "pcscd":
        with PcscdReaders(request.getfixturevalue("pcscd")) as slots:
            yield Desk(tmp_path, slots)
        return
    with short_directory() as directory, RootlessReaders(directory) as readers:
        yield Desk(tmp_path, readers)


@pytest.fixture
def card(pki: Pki) -> WatchedCard:
    """A fresh card of the first person."""
    return WatchedCard(pki.card())


@pytest.fixture
def ready(desk: Desk, card: WatchedCard, pki: Pki) -> Desk:
    """A desk with that card in its reader, and the certificates and CRLs as PEM files."""
    pki.write_pem(desk.home)
    desk.insert(card)
    return desk


@pytest.fixture(scope="session")
def pkcs11_module() -> Path:
    """OpenSC's PKCS #11 module, wherever this architecture has it."""
    found = [*Path("/usr/lib").glob("*/opensc-pkcs11.so"), *Path("/usr/lib").glob("opensc-pkcs11.so")]
    if not found:
        pytest.skip("not on this machine: opensc-pkcs11.so (tools/system-packages.sh says how to install)")
    return found[0]
