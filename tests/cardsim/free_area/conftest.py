"""A card with a free area, and an issuer who works on it."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from apdu import globalplatform as gp
from apdu.command import Command
from apdu.globalplatform import LoadFile
from apdu.layout import card_manager
from apdu.package import Package, SecretKind
from apdu.response import Response
from apdu.scp03 import StaticKeys
from cardsim.card import VirtualCard
from cardsim.free_area.state import FreeArea
from cardsim.personalise import personalise
from cardsim.store import MemoryStore, Store
from jpki.issuer import keys
from jpki.issuer.manager import DomainSession
from jpki.issuer.package import compile_package, sign_package
from jpki.issuer.terminal import Terminal

SECRET = b"the issuer's secret"
PACKAGES = Path(__file__).parents[3] / "fixtures" / "packages"


class Bench:
    """A card, the issuer's keys, and verbs."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.rng = random.Random(5).randbytes
        self.card = VirtualCard(store, rng=random.Random(7).randbytes)
        self.trace: list[bytes] = []

    def transmit(self, raw: bytes) -> bytes:
        self.trace.append(raw)
        return self.card.process(raw)

    def reset(self) -> bytes:
        self.card.reset()
        return self.card.atr

    def restarted(self) -> Bench:
        """The same memory after a power cut."""
        return Bench(self.store)

    def send(self, raw: str | bytes) -> Response:
        return Response.decode(self.transmit(bytes.fromhex(raw) if isinstance(raw, str) else raw))

    def command(self, cla: int, ins: int, p1: int, p2: int, data: bytes = b"", ne: int | None = None) -> str:
        return str(self.send(Command(cla=cla, ins=ins, p1=p1, p2=p2, data=data, ne=ne).encode()).sw)

    def keys(self, domain: bytes = card_manager.AID) -> StaticKeys:
        return keys.static_keys(SECRET, "card", domain)

    def issuer(self, *, level: int = 0x33) -> DomainSession:
        return DomainSession.open(self, keys=self.keys(), rng=self.rng, level=level)

    def domain(self, aid: bytes, *, level: int = 0x33) -> DomainSession:
        return DomainSession.open(self, keys=self.keys(aid), rng=self.rng, domain=aid, level=level)

    def new_domain(self, aid: bytes, *, memory: int | None = None) -> None:
        """A domain with its own keys and its provider's key."""
        self.issuer().create_domain(aid, memory=memory)
        session = DomainSession.open(self, keys=self.keys(), rng=self.rng, domain=aid)
        session.put_keys(gp.KEY_VERSION, self.keys(aid))
        self.domain(aid).put_provider_key(keys.public_point(keys.provider_key(SECRET, aid)))

    def install(self, file: LoadFile, *, pin: bytes = b"1234") -> None:
        session = self.domain(file.provider)
        session.load(file)
        session.install(file, secrets=self.secrets(file.package, pin))

    def secrets(self, package: Package, pin: bytes = b"1234") -> dict[int, bytes]:
        return {
            one.reference: pin if one.kind is SecretKind.PIN else self.key(package, one.reference)
            for one in package.secrets
        }

    def key(self, package: Package, reference: int) -> bytes:
        return keys.application_key(SECRET, package.aid, reference)

    def terminal(self, package: Package, *shown: int) -> Terminal:
        """The application selected, after showing some keys."""
        terminal = Terminal.open(self, package.aid)
        for reference in shown:
            terminal.authenticate(reference, self.key(package, reference))
        return terminal


def package_named(name: str) -> Package:
    path = PACKAGES / f"{name}.toml"
    return compile_package(path.read_text("utf-8"), origin=path.name)


def signed(package: Package) -> LoadFile:
    return sign_package(package, keys.provider_key(SECRET, package.provider))


@pytest.fixture(scope="session")
def free_image(order):
    """A personalised card with an empty free area."""
    return personalise(replace(order, issuer_keys=keys.static_keys(SECRET, "card", card_manager.AID)))


@pytest.fixture
def bench(free_image) -> Bench:
    return Bench(MemoryStore(free_image))


@pytest.fixture(scope="session")
def make_bench() -> Callable[[Store], Bench]:
    return Bench


@pytest.fixture(scope="session")
def small_image(free_image):
    """The same with room for one domain and little more."""
    area: FreeArea = free_image.free_area
    return replace(free_image, free_area=replace(area, memory=1024))


@pytest.fixture(scope="session")
def named() -> Callable[[str], Package]:
    """A shipped package."""
    return package_named


@pytest.fixture(scope="session")
def sign() -> Callable[[Package], LoadFile]:
    """Sign as the provider."""
    return signed


@pytest.fixture
def ready(bench: Bench) -> Callable[[str], Package]:
    """Install a shipped package, with its domain."""

    def install(name: str) -> Package:
        package = package_named(name)
        bench.new_domain(package.provider)
        bench.install(signed(package))
        return package

    return install
