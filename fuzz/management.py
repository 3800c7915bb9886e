"""What is sent to security domains: SCP03 with right and wrong keys, and card management behind it."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Final

from apdu import globalplatform as gp
from apdu import scp03
from apdu.command import Command
from apdu.globalplatform import EncipheredKey, InstallForInstall, InstallForLoad
from apdu.layout import card_manager, jpki
from apdu.response import Response
from apdu.scp03 import SecureChannel, StaticKeys
from apdu.status import StatusWord
from apdu.tlv import Tlv
from cardsim.free_area.state import FreeArea
from fuzz import cards
from fuzz.free_area import DomainModel
from fuzz.model import Model
from jpki.issuer import keys
from jpki.issuer.keys import AES

_LEVELS: Final = (0x33, 0x33, 0x33, 0x13, 0x11, 0x03, 0x01, 0x00)
_OTHER_AID: Final = bytes.fromhex("F04D594E414C414203EE")
_AN_ERROR: Final = Response(StatusWord(0x6985))  # moves the host's counter on, as any answer does


class Issuer:
    """Whoever has the keys of a domain, and sometimes somebody who has not."""

    def __init__(self, rng: random.Random, model: Model) -> None:
        self._rng = rng
        self._model = model
        self._channel: SecureChannel | None = None
        self._domain = b""

    @property
    def is_open(self) -> bool:
        """True while the model says that our channel is open."""
        area = self._model.session.area
        return isinstance(area, DomainModel) and area.is_open and self._channel is not None

    def open(self) -> Iterator[bytes]:
        """Select a domain, open its channel, and work."""
        rng, area = self._rng, self._model.image.free_area
        if area is None:
            return
        self._domain = rng.choice(list(area.domains))
        yield Command(cla=0, ins=0xA4, p1=0x04, p2=0x0C, data=self._domain).encode()
        challenge = rng.randbytes(8)
        yield Command(cla=0x80, ins=gp.INITIALIZE_UPDATE, p1=0, p2=0, data=challenge, ne=256).encode()
        domain = self._model.session.area
        if not isinstance(domain, DomainModel) or domain.answer is None:
            return
        known = _keys(area, self._domain)
        if rng.random() < 0.04:
            known = replace(known, mac=bytes(16))
        session = scp03.session_keys(AES, known, challenge, domain.answer.challenge)
        channel = self._channel = SecureChannel(AES, session)
        level = rng.choice(_LEVELS)
        cryptogram = scp03.host_cryptogram(AES, session, challenge, domain.answer.challenge)
        if rng.random() < 0.03:
            cryptogram = bytes(8)
        command = Command(cla=0x80, ins=gp.EXTERNAL_AUTHENTICATE, p1=level, p2=0, data=cryptogram)
        yield channel.wrap(command).encode()
        if level in scp03.LEVELS:
            channel.raise_level(level)
        for _ in range(rng.randint(1, 5)):
            yield from self.commands()

    def commands(self) -> Iterator[bytes]:
        """A few commands that belong together, secured."""
        area = self._model.image.free_area
        if not self.is_open or area is None or self._channel is None:
            return
        for command in self._rng.choices(_WORK, cum_weights=_WEIGHTS)[0](self, area):
            yield self._channel.wrap(command).encode()
            self._channel.unwrap(_AN_ERROR)

    # --- work

    def _get_status(self, _area: FreeArea) -> Iterator[Command]:
        which = self._rng.choice((0x40, 0x40, 0x80, 0x20, 0x10))
        for p2 in self._rng.choice(((2,), (2, 3, 3), (3,), (0,))):
            yield _managing(
                gp.GET_STATUS, which, p2, self._rng.choice((b"\x4f\x00", b"\x4f\x01\xf0", b"", b"\x50\x00"))
            )

    def _get_data(self, _area: FreeArea) -> Iterator[Command]:
        yield _managing(gp.GET_DATA, *self._rng.choice(((0xFF, 0x21), (0x00, 0x66))), b"")

    def _delete(self, area: FreeArea) -> Iterator[Command]:
        yield _managing(gp.DELETE, 0, self._rng.choice((0x00, 0x80)), Tlv(0x4F, self._any_aid(area)).encode())

    def _set_status(self, area: FreeArea) -> Iterator[Command]:
        yield _managing(gp.SET_STATUS, self._rng.choice((0x40, 0x40, 0x80)), self._rng.choice((0x07, 0x87, 0x0F)),
                        self._any_aid(area))  # fmt: skip

    def _new_domain(self, _area: FreeArea) -> Iterator[Command]:
        rng = self._rng
        request = InstallForInstall(
            load_aid=gp.DOMAIN_LOAD_FILE,
            module=gp.DOMAIN_MODULE,
            instance=rng.choice((_OTHER_AID, jpki.AID, *(file.provider for file in cards.load_files()))),
            privileges=rng.choice((b"\x80", b"\x80", b"\x80", b"\x00")),
            memory=rng.choice((None, 1024)),
        )
        yield _managing(gp.INSTALL, gp.FOR_INSTALL_AND_MAKE_SELECTABLE, 0, request.encode())

    def _put_keys(self, area: FreeArea) -> Iterator[Command]:
        rng = self._rng
        known, dek = cards.domain_keys(self._domain), _keys(area, self._domain).dek
        enciphered = [_enciphered(dek, key) for key in (known.enc, known.mac, known.dek)]
        version = rng.choice((0x30, 0x31, 0x00))
        data = gp.encode_key_set(version, enciphered)
        if rng.random() < 0.1:
            data = data[:-1] + rng.randbytes(1)
        yield _managing(gp.PUT_KEY, rng.choice((0, 0, 0x30, 0x31)), 0x81, data)

    def _put_provider_key(self, _area: FreeArea) -> Iterator[Command]:
        point = keys.public_point(keys.provider_key(cards.SECRET, self._domain))
        if self._rng.random() < 0.1:
            point = point[:-1] + self._rng.randbytes(1)
        yield _managing(gp.PUT_KEY, 0, 0x01, gp.encode_provider_key(point))

    def _load(self, area: FreeArea) -> Iterator[Command]:
        """Announce a package and send it, whole, cut, out of order or touched."""
        rng = self._rng
        mine = [file for file in cards.load_files() if file.provider == self._domain]
        file = rng.choice(mine if mine and rng.random() < 0.9 else cards.load_files())
        load_aid, kind = file.package.load_aid, rng.random()
        if kind < 0.2:
            file = cards.forged(file)
        elif kind < 0.3:
            file = replace(file, signature=file.signature[:-1] + rng.randbytes(1))
        content = file.encode()
        if load_aid in area.loaded and rng.random() < 0.7:
            yield _managing(gp.DELETE, 0, 0x80, Tlv(0x4F, load_aid).encode())
        request = InstallForLoad(load_aid=load_aid, domain=file.provider, digest=hashlib.sha256(file.block).digest())
        yield _managing(gp.INSTALL, gp.FOR_LOAD, 0, request.encode())
        blocks = [content[start : start + gp.BLOCK_SIZE] for start in range(0, len(content), gp.BLOCK_SIZE)]
        if rng.random() < 0.1:
            blocks.pop(rng.randrange(len(blocks)))
        for number, block in enumerate(blocks):
            yield _managing(gp.LOAD, gp.LAST_BLOCK if number == len(blocks) - 1 else 0, number, block)

    def _install(self, area: FreeArea) -> Iterator[Command]:
        rng = self._rng
        mine = [file for file in cards.load_files() if file.provider == self._domain]
        file = rng.choice(mine or cards.load_files())
        secrets = {} if rng.random() < 0.1 else cards.secrets_of(file)
        request = InstallForInstall(
            load_aid=file.package.load_aid,
            module=file.package.aid,
            instance=file.package.aid if rng.random() < 0.8 else self._any_aid(area),
            secrets=tuple(secrets.items()),
        )
        p1 = rng.choice((gp.FOR_INSTALL_AND_MAKE_SELECTABLE, gp.FOR_INSTALL, gp.FOR_MAKE_SELECTABLE, 0x20))
        yield _managing(gp.INSTALL, p1, 0, request.encode())

    def _unblock(self, area: FreeArea) -> Iterator[Command]:
        rng, image = self._rng, self._model.image
        aid = rng.choice((*image.applications, *area.instances))
        application = image.applications.get(aid)
        references = [1, 2] if application is None else [*application.pins, 0x18]
        data = Tlv(0x4F, aid).encode()
        p1 = rng.choice((0x02, 0x03))
        if p1 == 0x02:
            data += Tlv(0x81, rng.choice((b"1234", b"ABC123", b"12"))).encode()
        yield _managing(gp.RESET_RETRY_COUNTER, p1, 0x80 | rng.choice(references), data)

    def _unknown(self, _area: FreeArea) -> Iterator[Command]:
        ins = self._rng.choice((0xA4, 0xB0, 0x20, 0x2A, 0x50, self._rng.randrange(256)))
        yield _managing(ins, self._rng.randrange(256), self._rng.randrange(256), self._rng.randbytes(4))

    def _any_aid(self, area: FreeArea) -> bytes:
        return self._rng.choice((*area.domains, *area.loaded, *area.instances, *area.instances, jpki.AID, _OTHER_AID))


def _managing(ins: int, p1: int, p2: int, data: bytes) -> Command:
    return Command(cla=0x80, ins=ins, p1=p1, p2=p2, data=data, ne=256)


def _keys(area: FreeArea, domain: bytes) -> StaticKeys:
    """The newest keys of a domain, or the issuer's."""
    there = area.domains[domain].keys or area.domains[card_manager.AID].keys
    return there[max(there)]


def _enciphered(dek: bytes, key: bytes) -> EncipheredKey:
    check = AES.encrypt(key, bytes(16), b"\x01" * 16)[: gp.KEY_CHECK_SIZE]
    return EncipheredKey(size=len(key), enciphered=AES.encrypt(dek, bytes(16), key), check=check)


_WORK: Final[tuple[Callable[[Issuer, FreeArea], Iterator[Command]], ...]] = (
    Issuer._get_status,
    Issuer._get_data,
    Issuer._delete,
    Issuer._set_status,
    Issuer._new_domain,
    Issuer._put_keys,
    Issuer._put_provider_key,
    Issuer._load,
    Issuer._install,
    Issuer._unblock,
    Issuer._unknown,
)
_WEIGHTS: Final = (3, 4, 7, 9, 12, 14, 15, 21, 25, 29, 30)  # cumulated
