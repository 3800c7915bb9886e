"""What the card may answer: a model of its session, kept from the commands and answers alone.

It follows what is selected, which PINs were shown and which channel is open, and after every answer asks whether the
published rules allow it. Where it cannot know which EF is current, it keeps all that are possible.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from apdu.command import Command
from apdu.errors import CommandError
from apdu.layout import card_manager, jpki, text
from apdu.scp03 import InitializeUpdateAnswer
from cardsim.profiles import CardProfile, Device
from cardsim.state import ApplicationImage, CardImage, LifeCycle, Pin
from fuzz import rules, secured
from fuzz.answers import opened, status
from fuzz.exchange import BLOCKED, NOT_ALLOWED, Exchange, Violation
from fuzz.free_area import INITIALIZE_UPDATE, ApplicationModel, DomainModel

_TERMINATED: Final = b"\x69\x85"  # choice card.terminated
_SELECT_BY_NAME: Final = b"\x00\xa4\x04"
# The status is decided before the short EF identifier is looked at, or may be.
_BEFORE_THE_EF: Final = (0x6700, 0x6A81, 0x6A86)
_NOT_EVERYWHERE: Final = (0x0088, 0x8032)
"""Most applications refuse these as they are, without a look at the EF."""


@dataclass(slots=True)
class Secure:
    """Secure messaging under way."""

    key: bytes
    number: int = 1


@dataclass(slots=True)
class Session:
    """What a reset forgets."""

    aid: bytes = card_manager.AID
    current: frozenset[int] = frozenset()
    """The EFs of which one is current."""
    verified: set[int] = field(default_factory=set)
    secure: Secure | None = None
    area: DomainModel | ApplicationModel | None = None


class Model:
    """The card as somebody sees it who wrote down everything that went over the wire."""

    def __init__(self, image: CardImage, profile: CardProfile) -> None:
        self.image = image
        self.profile = profile
        self.session = Session()
        self._challenges: set[bytes] = set()

    @property
    def label(self) -> str:
        """What is selected, as the coverage report calls it."""
        if self.image.life_cycle is LifeCycle.TERMINATED:
            return "terminated"
        area = self.session.area
        return area.label if area is not None else rules.NAMES[self.session.aid]

    @property
    def application(self) -> ApplicationImage:
        """The content of the selected application of the card."""
        return self.image.applications[self.session.aid]

    def cut(self, image: CardImage) -> None:
        """The supply went, or the card was reset: nothing persistent may change."""
        if image != self.image:
            raise Violation("state.changed", "a reset changed the persistent state")
        self.image = image
        self.session = Session()

    def tampered(self, image: CardImage) -> None:
        """Somebody opened the card by force: nothing may be left in it."""
        self.session = Session()
        self.image = image
        left = any(
            one.files or one.records or one.pins or one.keys or one.hidden or one.objects
            for one in image.applications.values()
        )
        if left or image.free_area is not None or image.life_cycle is not LifeCycle.TERMINATED:
            raise Violation("terminated.wiped", "a tampered card still holds something")

    def observe(self, raw: bytes, answer: bytes, image: CardImage) -> None:
        """Take note of one command and its answer; ``Violation`` when the answer breaks a rule."""
        before, self.image = self.image, image
        if before.life_cycle is LifeCycle.TERMINATED:
            if answer != _TERMINATED or image is not before:
                raise Violation("terminated.answers", f"a destroyed card answered {answer[-2:].hex().upper()}")
            return
        sw = status(raw, answer, in_text=self.session.aid == text.AID)
        try:
            command = Command.decode(raw)
        except CommandError:
            if answer != b"\x67\x00" or image is not before:
                raise Violation("answer.malformed", "what is no command was not answered 6700") from None
            return
        exchange = Exchange(command, sw, answer[:-2], before, image)
        area = self.session.area
        if area is not None and raw[:3] != _SELECT_BY_NAME:
            if not area.observe(exchange, extended_length=self.profile.extended_length):
                self.session.area = None
            if isinstance(area, DomainModel):
                self._is_fresh(exchange)
            return
        self._card(exchange)

    def _card(self, exchange: Exchange) -> None:
        command = exchange.command
        if command.cla in (0x08, 0x0C) and self.session.aid == text.AID:
            self._secured(exchange)
            return
        if command.cla not in (0x00, 0x80) or (command.extended and not self.profile.extended_length):
            exchange.refused("class.refused")
            return
        if len(exchange.data) > (command.ne or 0):
            raise Violation("answer.long", f"{command} was answered with {len(exchange.data)} bytes")
        self._plain(exchange)

    def _plain(self, exchange: Exchange) -> None:
        check = _CHECKS.get(exchange.code)
        if check is None:
            exchange.refused("command.unknown")
        else:
            check(self, exchange)

    def _secured(self, exchange: Exchange) -> None:
        command, secure = exchange.command, self.session.secure
        if secure is None or (command.extended and not self.profile.extended_length):
            exchange.refused("sm.without-session")
            return
        number = secure.number
        secure.number += 1
        plain = opened(secure.key, number, command)
        if plain is None:
            if exchange.tries is not None:
                raise Violation("sm.unopened", "a PIN was compared that nobody could decrypt")
            exchange.refused("sm.unopened")
            if exchange.sw in (0x6987, 0x6988):
                self.session.secure = None
            return
        if exchange.sw in (0x6987, 0x6988):
            raise Violation("sm.refused", f"a rightly secured {command} was refused with {exchange.sw:04X}")
        data = exchange.data
        if data:
            clear = secured.decrypt(secure.key, number, data)
            if clear is None:
                raise Violation("sm.answer", "the answer is not under the session key")
            data = clear
        self._plain(Exchange(plain, exchange.sw, data, exchange.before, exchange.after))

    # --- one method a command

    def _select(self, exchange: Exchange) -> None:
        exchange.unchanged()
        command = exchange.command
        if command.p1 == 0x04:
            self._select_by_name(exchange)
            return
        if not exchange.ok or not command.data:  # no data: the master file that there is not
            if exchange.data or (exchange.ok and self.session.aid == card_manager.AID):
                raise Violation("select.nothing", "a SELECT of nothing was answered")
            return
        fid = int.from_bytes(command.data)
        if len(command.data) != 2 or not self.application.holds(fid):
            raise Violation("select.nothing", f"EF {command.data.hex()} was selected, which there is not")
        self.session.current = frozenset({fid})

    def _select_by_name(self, exchange: Exchange) -> None:
        command, session = exchange.command, self.session
        expected = self._named(command.data or card_manager.AID, next_occurrence=bool(command.p2 & 0x02))
        if not exchange.ok:
            if exchange.sw == 0x6A82 and expected is not None:
                raise Violation("select.missing", f"{expected.hex()} was not found")
            return
        if expected is None or (exchange.data and expected not in exchange.data):
            raise Violation("select.nothing", f"{command.data.hex()} was selected")
        keeps = self.profile.keeps_status and expected == session.aid
        self.session = Session(aid=expected, verified=session.verified if keeps else set())
        area = exchange.after.free_area
        if area is None or expected == card_manager.AID:
            return
        if expected in area.domains:
            self.session.area = DomainModel(expected)
        elif expected in area.instances:
            self.session.area = ApplicationModel(expected, area.package(area.instances[expected]))

    def _named(self, name: bytes, *, next_occurrence: bool) -> bytes | None:
        """The first application with this beginning: the card's in their order, domains, unlocked applications."""
        aids = list(self.image.applications)
        area = self.image.free_area
        if area is not None:
            aids += [aid for aid in area.domains if aid != card_manager.AID]
            aids += [aid for aid, one in area.instances.items() if not one.locked]
        if name in aids and not next_occurrence:  # the whole name goes first
            return name
        begin = aids.index(self.session.aid) + 1 if next_occurrence else 0
        return next((aid for aid in aids[begin:] if aid.startswith(name)), None)

    def _read_binary(self, exchange: Exchange) -> None:
        command = exchange.command
        by_short_id = command.p1 >= 0x80
        offset = command.p2 if by_short_id else command.p1p2
        files = self.application.files
        self._read(
            exchange,
            command.p1 & 0x1F if by_short_id else 0,
            lambda fid: files[fid][offset : offset + (command.ne or 0)] if fid in files else None,
        )

    def _read_record(self, exchange: Exchange) -> None:
        command = exchange.command
        records = self.application.records

        def record(fid: int) -> bytes | None:
            there = records.get(fid, ())
            number = command.p1
            return there[number - 1][: command.ne] if 1 <= number <= len(there) else None

        self._read(exchange, command.p2 >> 3, record)

    def _read(self, exchange: Exchange, short_id: int, content: Callable[[int], bytes | None]) -> None:
        exchange.unchanged()
        session = self.session
        targets = self._targets(short_id)
        allowed = [fid for fid in targets if rules.may_read(self.profile, session.aid, fid, session.verified)]
        if exchange.ok:
            if not any(content(fid) == exchange.data != b"" for fid in allowed):
                raise Violation("read.protected", f"{exchange.command} in {session.aid.hex()}")
        elif exchange.sw == NOT_ALLOWED and targets and len(allowed) == len(targets):
            raise Violation("read.refused", f"{exchange.command} in {session.aid.hex()}, although it may be read")
        self._point(exchange, short_id)

    def _verify(self, exchange: Exchange) -> None:
        short_id = exchange.command.p2 & 0x1F
        home = rules.PIN_HOME.get(self.session.aid, self.session.aid)
        pins = exchange.before.applications[home].pins
        targets = [fid for fid in self._targets(short_id) if fid in pins]
        if exchange.command.data:
            self._compare(exchange, home, targets)
        else:
            exchange.refused("pin.query")
            if exchange.tries is not None and all(pins[fid].tries_left != exchange.tries for fid in targets):
                raise Violation("pin.query", "the counter told is none that there is")
        self._point(exchange, short_id)

    def _compare(self, exchange: Exchange, home: bytes, targets: list[int]) -> None:
        pins, value = exchange.before.applications[home].pins, exchange.command.data
        if exchange.sw == BLOCKED and any(pins[fid].tries_left == 0 for fid in targets):
            exchange.unchanged()
            self.session.verified.difference_update(targets if len(targets) == 1 else ())
            return
        if not exchange.ok and exchange.tries is None:
            exchange.refused("pin.compared")
            return
        exchange.only_pins_changed()
        changed = {(aid, fid): new for aid, fid, _, new in exchange.changed_pins()}
        for fid in targets:
            pin = pins[fid]
            if pin.tries_left == 0 or (pin.value == value) is not exchange.ok:
                continue
            left = pin.limit if exchange.ok else pin.tries_left - 1
            expected = Pin(value=pin.value, tries_left=left, limit=pin.limit)
            if changed == ({} if expected == pin else {(home, fid): expected}) and exchange.tries in (None, left):
                (self.session.verified.add if exchange.ok else self.session.verified.discard)(fid)
                return
        raise Violation("pin.compared", f"{exchange.sw:04X} to a PIN in {home.hex()}, which leaves {changed}")

    def _change(self, exchange: Exchange) -> None:
        aid, short_id, value = self.session.aid, exchange.command.p2 & 0x1F, exchange.command.data
        home = rules.PIN_HOME.get(aid, aid)
        if exchange.ok:
            exchange.only_pins_changed()
            pins, changed = exchange.before.applications[home].pins, list(exchange.changed_pins())
            for fid in self._targets(short_id):
                if not rules.may_change(exchange.code, aid, fid, self.session.verified):
                    continue
                expected = Pin(value=value, tries_left=pins[fid].tries_left, limit=pins[fid].limit)
                wanted = [] if expected == pins[fid] else [(home, fid, pins[fid], expected)]
                if changed == wanted and rules.accepts_pin(aid, fid, value):
                    break
            else:
                raise Violation("pin.changed", f"a PIN in {home.hex()} was changed by who may not")
        else:
            exchange.refused("pin.changed")
        self._point(exchange, short_id)

    def _sign(self, exchange: Exchange) -> None:
        exchange.unchanged()
        session, p2 = self.session, exchange.command.p2
        default = rules.DEFAULT_KEYS.get(session.aid)
        targets = self._targets(p2 & 0x1F) if p2 else frozenset(() if default is None else (default,))
        allowed = [fid for fid in targets if rules.may_sign(session.aid, fid, session.verified)]
        if exchange.ok and not (allowed and len(exchange.data) in (96, 256)):
            raise Violation("key.used", f"{exchange.command} in {session.aid.hex()}")
        if exchange.sw == NOT_ALLOWED and targets and len(allowed) == len(targets):
            raise Violation("key.refused", f"{exchange.command} in {session.aid.hex()}, although it may be used")
        self._point(exchange, p2 & 0x1F)

    def _authenticate(self, exchange: Exchange) -> None:
        exchange.unchanged()
        aid, short_id = self.session.aid, exchange.command.p2 & 0x1F
        if exchange.ok and not any(rules.may_authenticate(aid, fid) for fid in self._targets(short_id)):
            raise Violation("key.used", f"{exchange.command} in {aid.hex()}")
        self._point(exchange, short_id)

    def _set_session_key(self, exchange: Exchange) -> None:
        exchange.unchanged()
        key = secured.cryptograms().get(exchange.command.data)
        may = self.session.aid == text.AID and text.PIN in self.session.verified
        if not exchange.ok:
            if may and key is not None and exchange.command.p1p2 == 0 and exchange.sw == NOT_ALLOWED:
                raise Violation("sm.agreement", "a session key was refused to who may agree on one")
            return
        if key is None or not may:
            raise Violation("sm.agreement", "a session key was agreed on with who may not")
        self.session.secure = Secure(key)

    def _last_command(self, exchange: Exchange) -> None:
        if not (exchange.ok and self.profile.device is Device.IPHONE and self.session.aid == jpki.AID):
            exchange.refused("command.unknown")

    def _get_challenge(self, exchange: Exchange) -> None:
        exchange.unchanged()
        if exchange.ok and len(exchange.data) != exchange.command.ne:
            raise Violation("challenge.length", f"{len(exchange.data)} bytes")

    def _get_data(self, exchange: Exchange) -> None:
        exchange.unchanged()
        if exchange.ok and self.application.objects.get(exchange.command.p1p2) != exchange.data:
            raise Violation("data.object", f"object {exchange.command.p1p2:04X}")

    def _initialize_update(self, exchange: Exchange) -> None:
        """At the card manager this opens the issuer's domain; nowhere else."""
        if self.session.aid != card_manager.AID or exchange.before.free_area is None:
            exchange.refused("command.unknown")
            return
        area = DomainModel(card_manager.AID)
        if area.observe(exchange, extended_length=self.profile.extended_length):
            self.session.area = area
        self._is_fresh(exchange)

    def _is_fresh(self, exchange: Exchange) -> None:
        """No challenge comes twice, or a recorded session would open a channel again."""
        if exchange.code == INITIALIZE_UPDATE and exchange.ok:
            challenge = InitializeUpdateAnswer.decode(exchange.data).challenge
            if challenge in self._challenges:
                raise Violation("channel.fresh", "the card gave a challenge for the second time")
            self._challenges.add(challenge)

    def _targets(self, short_id: int) -> frozenset[int]:
        """The EFs of which the command means one."""
        if not short_id:
            return self.session.current
        return frozenset({short_id}) if self.application.holds(short_id) else frozenset()

    def _point(self, exchange: Exchange, short_id: int) -> None:
        """A short identifier makes its EF current, whatever becomes of the command: choice read.short-id."""
        if short_id and self.application.holds(short_id):
            there, session = frozenset({short_id}), self.session
            unsure = exchange.sw in _BEFORE_THE_EF or (exchange.code in _NOT_EVERYWHERE and not exchange.ok)
            session.current = session.current | there if unsure else there


_CHECKS: Final = MappingProxyType(
    {
        0x00A4: Model._select,
        0x00B0: Model._read_binary,
        0x00B2: Model._read_record,
        0x0020: Model._verify,
        0x0024: Model._change,
        0x8032: Model._change,
        0x002A: Model._sign,
        0x802A: Model._sign,
        0x0088: Model._authenticate,
        0x80AE: Model._set_session_key,
        0x80FC: Model._last_command,
        0x0084: Model._get_challenge,
        0x00CA: Model._get_data,
        INITIALIZE_UPDATE: Model._initialize_update,
    }
)
"""By CLA and INS as one number; every other command must be refused."""
