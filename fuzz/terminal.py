"""What is sent to the applications of the free area."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Final

from apdu.command import Command
from apdu.package import KEY_SIZE, FileKind, Package, SecretKind
from fuzz import secured
from fuzz.free_area import ApplicationModel
from fuzz.model import Model

_TRANSACTIONS: Final = (0x40, 0x42, 0x44, 0x46, 0x48)
# Most of what is sent suits the kind of the EF.
_SUITED: Final = {
    FileKind.COUNTER: (0x40, 0x4A),
    FileKind.PURSE: (0x42, 0x44, 0x42, 0x4A),
    FileKind.TICKET: (0x46, 0x48, 0x48, 0x4A),
    FileKind.TRANSPARENT: (0xB0, 0xD6),
    FileKind.LINEAR: (0xB2, 0xE2, 0xDC),
    FileKind.CYCLIC: (0xB2, 0xE2),
}
_INSTRUCTIONS: Final = (*_TRANSACTIONS, 0x4A, 0xB0, 0xD6, 0xB2, 0xDC, 0xE2)
_NAMES: Final = tuple(bytes(7) + bytes((number,)) for number in range(4))
_LENGTHS: Final = (*(256,) * 12, 4, 1, 65_536, None)
_AMOUNTS: Final = (0, 1, 1, 1, 10, 20, 21, 10_000, 10_001, 50_000, 0xFFFFFFFF)


class Terminal:
    """A gate, a till, a desk, or somebody who would like to be one."""

    def __init__(self, rng: random.Random, model: Model) -> None:
        self._rng = rng
        self._model = model

    def open(self) -> Iterator[bytes]:
        """Select an application and do something."""
        area = self._model.image.free_area
        if area is None or not area.instances:
            return
        aid = self._rng.choice(list(area.instances))
        yield Command(cla=0, ins=0xA4, p1=0x04, p2=0x0C, data=aid).encode()
        for _ in range(self._rng.randint(1, 5)):
            yield from self.commands()

    def commands(self) -> Iterator[bytes]:
        """Show a secret, or do something."""
        application = self._model.session.area
        if not isinstance(application, ApplicationModel):
            return
        choice = self._rng.random()
        if choice < 0.35:
            yield from self._show(application)
        elif choice < 0.42:
            yield self._verify(application).encode()
        elif choice < 0.46:
            yield self._change(application).encode()
        else:
            yield self._act(application.package).encode()

    def _show(self, application: ApplicationModel) -> Iterator[bytes]:
        """GET CHALLENGE and EXTERNAL AUTHENTICATE."""
        rng = self._rng
        if rng.random() < 0.95:
            yield Command(cla=0, ins=0x84, p1=0, p2=0, ne=16).encode()
        reference = self._reference(application.package, SecretKind.KEY)
        proof = rng.randbytes(16)
        secret = self._secret(application.aid, reference)
        if len(secret) == KEY_SIZE and rng.random() < 0.9:
            proof = secured.cmac(secret, application.aid + bytes((reference,)) + application.challenge)
        yield Command(cla=0, ins=0x82, p1=0, p2=0x80 | reference, data=proof).encode()

    def _verify(self, application: ApplicationModel) -> Command:
        reference = self._reference(application.package, SecretKind.PIN)
        value = self._rng.choice((self._secret(application.aid, reference), self._rng.randbytes(4), b"", b"1234"))
        return Command(cla=0, ins=0x20, p1=0, p2=0x80 | reference, data=value)

    def _change(self, application: ApplicationModel) -> Command:
        reference = self._reference(application.package, SecretKind.PIN)
        value = self._rng.choice((b"1234", b"9999", b"12345", b"", b"abcd"))
        return Command(cla=0, ins=0x24, p1=1, p2=0x80 | reference, data=value)

    def _act(self, package: Package) -> Command:
        rng = self._rng
        file = rng.choice(package.files)
        ins = rng.choice(_SUITED[file.kind] if rng.random() < 0.85 else _INSTRUCTIONS)
        if rng.random() < 0.05:
            return Command(cla=0, ins=0xA4, p1=2, p2=0x0C, data=file.fid.to_bytes(2))
        if ins in _TRANSACTIONS or ins == 0x4A:
            body = b"" if ins in (0x48, 0x4A) else rng.choice(_AMOUNTS).to_bytes(4) if ins != 0x46 else b"A-12"
            data = b"" if ins == 0x4A else rng.choice(_NAMES) + body
            return Command(cla=0x80, ins=ins, p1=0, p2=0x80 | file.fid, data=data, ne=rng.choice(_LENGTHS))
        if ins in (0xB0, 0xD6):
            data = b"" if ins == 0xB0 else rng.randbytes(rng.choice((1, 8, 16, 40)))
            p1 = 0x80 | file.fid if rng.random() < 0.9 else 0
            return Command(
                cla=0, ins=ins, p1=p1, p2=rng.choice((0, 0, 1, 15, 255)), data=data, ne=None if data else 256
            )
        number = 0 if ins == 0xE2 else rng.choice((1, 1, 2, 5, 0, 21))
        data = b"" if ins == 0xB2 else rng.randbytes(rng.choice((1, 8, 24, 40, 41)))
        p2 = file.fid << 3 | (0 if ins == 0xE2 else 4)
        return Command(cla=0, ins=ins, p1=number, p2=p2, data=data, ne=None if data else 256)

    def _reference(self, package: Package, kind: SecretKind) -> int:
        suited = [secret.reference for secret in package.secrets if secret.kind is kind]
        if not suited or self._rng.random() < 0.05:
            return self._rng.choice((1, 2, 3, 0))
        return self._rng.choice(suited)

    def _secret(self, aid: bytes, reference: int) -> bytes:
        area = self._model.image.free_area
        instance = None if area is None else area.instances.get(aid)
        secret = None if instance is None else instance.secrets.get(reference)
        return b"" if secret is None else secret.value
