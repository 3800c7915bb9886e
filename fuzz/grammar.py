"""What is sent to the card's own applications: right, nearly right, mangled and random, out of the layout tables."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from enum import Enum
from itertools import chain, islice, repeat
from typing import Final, TypeAlias

from apdu.command import Command
from apdu.layout import applications, card_manager, common, text
from fuzz import rules, secured
from fuzz.management import Issuer
from fuzz.model import Model
from fuzz.terminal import Terminal

MEAN_LENGTH: Final = 8
LONGEST: Final = 64


class Event(Enum):
    """What happens to a card beside commands."""

    RESET = "reset"
    POWER_OFF = "power-off"
    RESTART = "restart"
    """The card is taken out, and another reader starts from what was stored."""
    TAMPER = "tamper"


Step: TypeAlias = bytes | Event

_EVENTS: Final = (Event.RESET, Event.POWER_OFF, Event.RESTART)
_SHOWING: Final = (b"\x20", b"\x82")
_FOREIGN: Final = tuple(fact.aid for fact in applications.FOREIGN)
_CODES: Final = (
    *(0x00A4, 0x00B0, 0x00B2, 0x0020, 0x0024, 0x002A, 0x802A, 0x0084, 0x00CA, 0x0088, 0x8032, 0x80AE, 0x80FC, 0x80A2),
    *(0x002C, 0x0082, 0x8006, 0x8050, 0x8052, 0x8054, 0x808A, 0x0022, 0x00C0, 0x00D6, 0x00DC, 0x00E2, 0x84E6, 0x84F2),
)
_CLASSES: Final = (0x00, 0x80, 0x08, 0x0C, 0x84, 0x01, 0x10, 0x40, 0xA0, 0xFF)
_LENGTHS: Final = (1, 2, 4, 16, 17, 128, 256, 256, 256, 512, 65536)
_OFFSETS: Final = (0, 0, 0, 1, 4, 15, 16, 255, 256, 300, 2047, 2048, 0x7FFF)


class Grammar:
    """An endless source of steps that looks at the model to stay near what the card would accept."""

    def __init__(self, rng: random.Random, model: Model) -> None:
        self._rng = rng
        self._model = model
        self._sent: list[bytes] = []
        self._issuer = Issuer(rng, model)
        self._terminal = Terminal(rng, model)

    def sequence(self) -> Iterator[Step]:
        """A sequence of about ``MEAN_LENGTH`` steps."""
        length = min(LONGEST, 1 + int(self._rng.expovariate(1 / (MEAN_LENGTH - 0.5))))
        plans = (self._plan() for _ in repeat(None))
        return islice(chain.from_iterable(plans), length)

    def _plan(self) -> Iterator[Step]:
        area = self._model.session.area
        if area is not None and self._rng.random() < 0.7:
            return self._in_the_area()
        if area is None and self._model.session.aid == card_manager.AID and self._rng.random() < 0.8:
            return self._leave_the_manager()
        return self._rng.choices(_PLANS, cum_weights=_PLAN_WEIGHTS)[0](self)

    def _in_the_area(self) -> Iterator[Step]:
        steps = self._issuer.commands() if self._issuer.is_open else self._terminal.commands()
        return self._mangled(steps, 0.06)

    def _leave_the_manager(self) -> Iterator[Step]:
        kind = self._rng.random()
        if kind < 0.12 and text.AID in self._model.image.applications:
            return self._secure_messaging()
        return self._open_domain() if kind < 0.22 else self._open_application() if kind < 0.42 else self._log_in()

    def _mangled(self, steps: Iterator[bytes], share: float) -> Iterator[Step]:
        for raw in steps:
            sent = self._mangle(raw) if self._rng.random() < share else raw
            self._sent.append(sent)
            yield sent

    # --- plans

    def _one(self) -> Iterator[Step]:
        command = self._rng.choices(_COMMANDS, cum_weights=_COMMAND_WEIGHTS)[0](self)
        return self._mangled(iter((command.encode(),)), 0.1)

    def _log_in(self) -> Iterator[Step]:
        return self._mangled(self._log_in_steps(), 0.03)

    def _log_in_steps(self) -> Iterator[bytes]:
        """Select an application, show its PIN, and use what it opens."""
        aids = [aid for aid in self._model.image.applications if aid != card_manager.AID]
        yield _select(self._rng.choice(aids)) if aids else self._select_application().encode()
        for _ in range(self._rng.choice((1, 1, 2))):
            yield self._verify(right=0.85).encode()
        for _ in range(self._rng.randint(1, 4)):
            yield self._rng.choices(_USES, cum_weights=_USE_WEIGHTS)[0](self).encode()

    def _secure_messaging(self) -> Iterator[Step]:
        return self._mangled(self._secure_steps(), 0.1)

    def _secure_steps(self) -> Iterator[bytes]:
        """Agree on a key in the text application and speak under it."""
        yield _select(text.AID)
        if self._rng.random() < 0.9:
            application = self._model.image.applications.get(text.AID)
            fid = self._rng.choice((*(text.PIN,) * 8, text.REFERENCE_A, text.REFERENCE_B))
            pin = None if application is None else application.pins.get(fid)
            yield Command(cla=0, ins=0x20, p1=0, p2=0x80 | fid, data=b"4321" if pin is None else pin.value).encode()
        yield Command(cla=0x80, ins=0xAE, p1=0, p2=0, data=self._rng.choice(list(secured.cryptograms()))).encode()
        for _ in range(self._rng.randint(1, 6)):
            yield self._secured().encode()

    def _open_domain(self) -> Iterator[Step]:
        return self._mangled(self._issuer.open(), 0.04)

    def _open_application(self) -> Iterator[Step]:
        return self._mangled(self._terminal.open(), 0.04)

    def _event(self) -> Iterator[Step]:
        """After which somebody may go on as if nothing had happened, but without showing a secret again."""
        yield Event.TAMPER if self._rng.random() < 0.04 else self._rng.choice(_EVENTS)
        if self._rng.random() < 0.5:
            yield from [raw for raw in self._sent[-4:] if raw[1:2] not in _SHOWING]

    def _noise(self) -> Iterator[Step]:
        if self._sent and self._rng.random() < 0.6:
            yield self._rng.choice(self._sent)  # a replay
        else:
            yield self._rng.randbytes(self._rng.choice((0, 1, 3, 4, 5, 6, 7, 9, 20, 261, 300)))

    # --- commands

    def _select_application(self) -> Command:
        rng = self._rng
        aids = self._aids()
        kind = rng.random()
        name = rng.choice(aids) if kind < 0.92 else rng.choice(_FOREIGN)
        if 0.80 < kind < 0.86:
            name = name[: rng.randint(0, len(name))]
        elif 0.86 < kind < 0.88:
            name += rng.randbytes(1)
        p2 = 0x0C if rng.random() < 0.8 else rng.choice((0x00, 0x02, 0x0E, 0x04))
        return Command(cla=0, ins=0xA4, p1=0x04, p2=p2, data=name, ne=None if p2 & 0x0C else rng.choice((256, 8)))

    def _select_file(self) -> Command:
        rng = self._rng
        p2 = rng.choice((0x0C, 0x0C, 0x0C, 0x00))
        data = b"" if rng.random() < 0.03 else self._fid().to_bytes(2)
        return Command(cla=0, ins=0xA4, p1=rng.choice((2, 2, 2, 0)), p2=p2, data=data, ne=None if p2 else 256)

    def _read_binary(self) -> Command:
        rng = self._rng
        ne = rng.choice(_LENGTHS)
        if rng.random() < 0.7:
            p1, p2 = 0x80 | self._fid() & 0x1F, rng.choice(_OFFSETS) & 0xFF
        else:
            p1, p2 = divmod(rng.choice(_OFFSETS), 256)
        return Command(cla=0, ins=0xB0, p1=p1, p2=p2, ne=ne, extended=rng.random() < 0.05)

    def _read_record(self) -> Command:
        rng = self._rng
        fid = common.CARD_RECORD if rng.random() < 0.5 else self._fid()
        reference = 0x04 | (fid & 0x1F) << 3 if rng.random() < 0.7 else rng.choice((0x04, 0x05, 0x00))
        return Command(cla=0, ins=0xB2, p1=rng.choice((1, 1, 1, 0, 2, 255)), p2=reference, ne=rng.choice(_LENGTHS))

    def _verify(self, right: float = 0.45) -> Command:
        rng = self._rng
        fid, value = self._pin()
        kind = rng.random()
        if kind > right:
            value = rng.choice((b"", b"", b"0000", b"1234", value[:-1], value + b"0", rng.randbytes(6), b"ABC123"))
        p2 = 0x80 | fid & 0x1F if rng.random() < 0.9 else 0x80
        return Command(cla=0, ins=0x20, p1=0, p2=p2, data=value)

    def _change(self) -> Command:
        rng = self._rng
        fid, value = self._pin()
        if rng.random() < 0.7:
            value = rng.choice((b"5678", b"XYZ789", b"12", b"", b"abcdef", b"0" * 17))
        p2 = 0x80 | fid & 0x1F if rng.random() < 0.9 else 0x80
        if rng.random() < 0.6:
            return Command(cla=0, ins=0x24, p1=1, p2=p2, data=value)
        return Command(cla=0x80, ins=0x32, p1=0, p2=p2, data=value)

    def _sign(self) -> Command:
        rng = self._rng
        p2 = rng.choice((0x97, 0x9A, 0x97, 0x9A, 0x93, 0x99, 0x00, 0x80, 0x80 | self._fid() & 0x1F))
        size = rng.choice((32, 32, 51, 48, 0, 245, 246))
        return Command(
            cla=rng.choice((0x80, 0x80, 0x00)), ins=0x2A, p1=rng.choice((0, 0, 1, 2, 3, 4, 5, 6)), p2=p2,
            data=bytes(size), ne=rng.choice((256, 256, 256, 255, None)),
        )  # fmt: skip

    def _authenticate(self) -> Command:
        rng = self._rng
        p2 = rng.choice((0x99, 0x99, 0x80, 0x80 | self._fid() & 0x1F))
        data = rng.choice((b"challenge", b"c", b"", bytes(255)))
        return Command(cla=0, ins=0x88, p1=0, p2=p2, data=data, ne=rng.choice((256, 256, None)))

    def _agree(self) -> Command:
        rng = self._rng
        data = rng.choice((*secured.cryptograms(), b"\xff" * 256, bytes(256), rng.randbytes(16)))
        return Command(cla=0x80, ins=0xAE, p1=0, p2=rng.choice((0x00, 0x00, 0x80)), data=data)

    def _get_data(self) -> Command:
        rng = self._rng
        tag = rng.choice(list(card_manager.DATA_OBJECTS)) if rng.random() < 0.9 else rng.randrange(1 << 16)
        return Command(cla=0, ins=0xCA, p1=tag >> 8, p2=tag & 0xFF, ne=rng.choice((256, 65536, 5, None)))

    def _get_challenge(self) -> Command:
        return Command(cla=0, ins=0x84, p1=0, p2=0, ne=self._rng.choice((8, 16, 1, 256, 257, None)))

    def _any(self) -> Command:
        """Any instruction with any parameters."""
        rng = self._rng
        code = rng.choice(_CODES) if rng.random() < 0.8 else rng.choice(_CLASSES) << 8 | rng.randrange(256)
        data = rng.randbytes(rng.choice((0, 0, 1, 2, 8, 16)))
        p1, p2 = rng.choice(((0, 0), (0, 0x80), (4, 12), (1, 0x98), (rng.randrange(256), rng.randrange(256))))
        return Command(cla=code >> 8, ins=code & 0xFF, p1=p1, p2=p2, data=data, ne=rng.choice((None, 256, 1)))

    def _secured(self) -> Command:
        """A command under secure messaging, of an instruction that knows it or of another."""
        secure = self._model.session.secure
        key, number = (bytes(16), 1) if secure is None else (secure.key, secure.number)
        plain = self._rng.choices((self._read_binary, self._verify, self._select_file, self._any), (6, 3, 2, 1))[0]()
        if plain.ins == 0xB0:
            data = b"\x96\x03\x00" + (min(plain.ne or 0, 65535)).to_bytes(2)
        else:
            data = secured.encrypt(key, number, plain.data)
        return Command(
            cla=self._rng.choice((8,) * 15 + (12,)), ins=plain.ins, p1=plain.p1, p2=plain.p2, data=data, ne=256
        )

    # --- parts

    def _aids(self) -> list[bytes]:
        image = self._model.image
        own = [aid for aid in image.applications for _ in range(3)]
        area = image.free_area
        return own if area is None else [*own, *area.domains, *area.instances]

    def _fid(self) -> int:
        rng = self._rng
        there = rules.LAYOUT.get(self._model.session.aid)
        if there and rng.random() < 0.9:
            return rng.choice(list(there))
        return rng.choice((0x0001, 0x000A, 0x0018, 0x001E, 0x3F00, rng.randrange(32), rng.randrange(1 << 16)))

    def _pin(self) -> tuple[int, bytes]:
        """A PIN of the selected application with its value, or some number."""
        aid = self._model.session.aid
        application = self._model.image.applications.get(rules.PIN_HOME.get(aid, aid))
        pins = application.pins if application is not None else {}
        if not pins or self._rng.random() < 0.03:
            return self._fid(), b"1234"
        fid = self._rng.choice(list(pins))
        return fid, pins[fid].value

    def _mangle(self, raw: bytes) -> bytes:
        """One command with a byte changed, added, taken away, or cut off."""
        rng = self._rng
        place = rng.randrange(min(len(raw), 12) + 1) if rng.random() < 0.6 else rng.randrange(len(raw) + 1)
        kind = rng.randrange(5)
        if kind == 0:
            return raw[:place]
        if kind == 1:
            return raw[:place] + rng.randbytes(1) + raw[place:]
        if kind == 2:
            return raw[:place] + raw[place + 1 :]
        if kind == 3 and raw:
            place = min(place, len(raw) - 1)
            return raw[:place] + bytes((raw[place] ^ 1 << rng.randrange(8),)) + raw[place + 1 :]
        return raw + rng.randbytes(rng.randint(1, 3))


def _select(aid: bytes) -> bytes:
    return Command(cla=0, ins=0xA4, p1=0x04, p2=0x0C, data=aid).encode()


def _cumulated(weights: tuple[float, ...]) -> list[float]:
    return [sum(weights[: index + 1]) for index in range(len(weights))]


_PLANS: Final[tuple[Callable[[Grammar], Iterator[Step]], ...]] = (
    Grammar._one,
    Grammar._log_in,
    Grammar._secure_messaging,
    Grammar._open_domain,
    Grammar._open_application,
    Grammar._event,
    Grammar._noise,
)
_PLAN_WEIGHTS: Final = _cumulated((58, 16, 2.5, 3, 6, 6, 5))

_COMMANDS: Final[tuple[Callable[[Grammar], Command], ...]] = (
    Grammar._select_application,
    Grammar._select_file,
    Grammar._read_binary,
    Grammar._read_record,
    Grammar._verify,
    Grammar._change,
    Grammar._sign,
    Grammar._authenticate,
    Grammar._agree,
    Grammar._get_data,
    Grammar._get_challenge,
    Grammar._any,
    Grammar._secured,
)
_COMMAND_WEIGHTS: Final = _cumulated((22, 12, 16, 4, 14, 4, 3, 1, 1, 4, 1.5, 8, 1))

_USES: Final[tuple[Callable[[Grammar], Command], ...]] = (
    Grammar._read_binary,
    Grammar._read_record,
    Grammar._select_file,
    Grammar._sign,
    Grammar._change,
    Grammar._verify,
    Grammar._authenticate,
)
_USE_WEIGHTS: Final = _cumulated((10, 1, 4, 1.2, 2, 2, 0.3))
