"""The applications of the free area in the model: what their packages allow, and what a transaction may do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from apdu.command import Command
from apdu.package import Action, FileKind, FileRule, Package, SecretKind
from cardsim.free_area.state import Content, Instance, Secret
from fuzz import secured
from fuzz.exchange import BLOCKED, NOT_ALLOWED, Exchange, Violation
from fuzz.rules import is_met

_ISSUED, _REDEEMED = 1, 2  # 0 is a blank ticket
_NAME: Final = 8
_CHALLENGE: Final = 16
_BEFORE_THE_EF: Final = (0x6700, 0x6A86)

# Instruction → what it does; docs/free-area.md.
_CHANGING: Final = MappingProxyType(
    {
        0x00D6: Action.UPDATE,
        0x00DC: Action.UPDATE,
        0x00E2: Action.APPEND,
        0x8040: Action.COUNT,
        0x8042: Action.CREDIT,
        0x8044: Action.DEBIT,
        0x8046: Action.ISSUE,
        0x8048: Action.REDEEM,
    }
)
_WITH_P2_AS_RECORDS: Final = (0x00DC, 0x00E2, 0x00B2)


class ApplicationModel:
    """An application of the free area while it is selected."""

    def __init__(self, aid: bytes, package: Package) -> None:
        self.aid = aid
        self.package = package
        self.label = f"app:{package.aid[-1]:02X}"
        self.shown: set[int] = set()
        self.challenge = b""
        self._current: frozenset[int] = frozenset()

    def observe(self, exchange: Exchange, *, extended_length: bool) -> bool:
        """Check one answer; always True: only SELECT leaves an application."""
        command = exchange.command
        if command.cla not in (0x00, 0x80) or (command.extended and not extended_length):
            exchange.refused("class.refused")
            return True
        if len(exchange.data) > (command.ne or 0):
            raise Violation("answer.long", f"{command} was answered with {len(exchange.data)} bytes")
        check = _CHECKS.get(exchange.code)
        if check is None:
            exchange.refused("command.unknown")
            return True
        before, after = _instances(exchange, self.aid)
        check(self, exchange, before, after)
        return True

    def _select(self, exchange: Exchange, _before: Instance, _after: Instance) -> None:
        exchange.unchanged()
        if exchange.ok:
            fid = int.from_bytes(exchange.command.data)
            if self.package.file(fid) is None:
                raise Violation("select.nothing", f"EF {fid:04X} of {self.aid.hex()}, which there is not")
            self._current = frozenset({fid})

    def _read(self, exchange: Exchange, before: Instance, _after: Instance) -> None:
        exchange.unchanged()
        short_id = _short_id(exchange)
        shown = {
            fid: _readings(exchange, self._rule(fid), before.files[fid])
            for fid in self._targets(short_id)
            if is_met(self._rule(fid).rules.get(Action.READ), self.shown)
        }
        if exchange.ok and not any(exchange.data in readings for readings in shown.values()):
            raise Violation("app.read", f"{exchange.command} in {self.aid.hex()}")
        self._not_needlessly(exchange, short_id, Action.READ)
        self._point(exchange, short_id)

    def _write(self, exchange: Exchange, before: Instance, after: Instance) -> None:
        action, short_id = _CHANGING[exchange.code], _short_id(exchange)
        changed = [fid for fid, content in before.files.items() if after.files[fid] != content]
        targets = [fid for fid in self._targets(short_id) if is_met(self._rule(fid).rules.get(action), self.shown)]
        if not exchange.ok or before.secrets != after.secrets:
            exchange.refused("app.changed")
        elif len(changed) > 1 or not set(changed) <= set(targets) or not targets:
            raise Violation("app.changed", f"{exchange.command} changed {changed} in {self.aid.hex()}")
        elif not any(
            _is_right(self._rule(fid), action, before.files[fid], after.files[fid], exchange.command)
            for fid in changed or targets
        ):
            raise Violation("app.transaction", f"{exchange.command} did what it may not in {self.aid.hex()}")
        self._not_needlessly(exchange, short_id, action)
        self._point(exchange, short_id)

    def _verify(self, exchange: Exchange, before: Instance, after: Instance) -> None:
        value = exchange.command.data
        if value:
            self._show(exchange, before, after, SecretKind.PIN, lambda secret: secret == value)
            return
        exchange.refused("pin.query")
        secret = before.secrets.get(exchange.command.p2 & 0x1F)
        if exchange.tries is not None and (secret is None or secret.tries_left != exchange.tries):
            raise Violation("pin.query", "the counter told is none that there is")

    def _get_challenge(self, exchange: Exchange, _before: Instance, _after: Instance) -> None:
        exchange.unchanged()
        if exchange.ok:
            if len(exchange.data) != _CHALLENGE:
                raise Violation("challenge.length", f"{len(exchange.data)} bytes")
            self.challenge = exchange.data

    def _authenticate(self, exchange: Exchange, before: Instance, after: Instance) -> None:
        challenge = self.challenge
        if exchange.sw != 0x6A86:  # else nothing was looked at
            self.challenge = b""
        message = self.aid + bytes((exchange.command.p2 & 0x1F,)) + challenge
        given = exchange.command.data
        self._show(
            exchange,
            before,
            after,
            SecretKind.KEY,
            lambda key: bool(challenge and key) and secured.cmac(key, message) == given,
        )

    def _show(
        self,
        exchange: Exchange,
        before: Instance,
        after: Instance,
        kind: SecretKind,
        is_right: Callable[[bytes], bool],
    ) -> None:
        reference = exchange.command.p2 & 0x1F
        rule, secret = self.package.secret(reference), before.secrets.get(reference)
        if exchange.sw == BLOCKED and secret is not None and secret.tries_left == 0:
            exchange.unchanged()
            self.shown.discard(reference)
            return
        if not exchange.ok and exchange.tries is None:
            exchange.refused("app.secret")
            return
        if rule is None or secret is None or rule.kind is not kind or before.files != after.files:
            raise Violation("app.secret", f"{exchange.sw:04X} for a secret that there is not")
        left = secret.limit if exchange.ok else secret.tries_left - 1
        expected = {**before.secrets, reference: Secret(value=secret.value, tries_left=left, limit=secret.limit)}
        right = secret.tries_left > 0 and is_right(secret.value)
        if exchange.ok is not right or after.secrets != expected or exchange.tries not in (None, left):
            raise Violation("app.secret", f"{exchange.sw:04X} in {self.aid.hex()}, although right was {right}")
        (self.shown.add if right else self.shown.discard)(reference)

    def _change(self, exchange: Exchange, before: Instance, after: Instance) -> None:
        if not exchange.ok:
            exchange.refused("app.pin-changed")
            return
        reference, value = exchange.command.p2 & 0x1F, exchange.command.data
        rule = self.package.secret(reference)
        may = rule is not None and rule.kind is SecretKind.PIN and is_met(rule.change, self.shown)
        if rule is None or not may or not rule.shortest <= len(value) <= rule.longest or not value.isdigit():
            raise Violation("app.pin-changed", f"secret {reference} of {self.aid.hex()}")
        expected = {**before.secrets, reference: Secret(value=value, tries_left=rule.tries, limit=rule.tries)}
        if after.secrets != expected or before.files != after.files:
            raise Violation("app.pin-changed", f"more than secret {reference} of {self.aid.hex()}")

    def _rule(self, fid: int) -> FileRule:
        rule = self.package.file(fid)
        assert rule is not None  # targets are EFs of the package
        return rule

    def _not_needlessly(self, exchange: Exchange, short_id: int, action: Action) -> None:
        targets = self._targets(short_id)
        allowed = [is_met(self._rule(fid).rules.get(action), self.shown) for fid in targets]
        if exchange.sw == NOT_ALLOWED and targets and all(allowed):
            raise Violation("app.refused", f"{exchange.command} in {self.aid.hex()}, although it is allowed")

    def _targets(self, short_id: int) -> frozenset[int]:
        """The EFs of which the command means one."""
        if not short_id:
            return self._current
        return frozenset({short_id}) if self.package.file(short_id) is not None else frozenset()

    def _point(self, exchange: Exchange, short_id: int) -> None:
        if short_id and self.package.file(short_id) is not None:
            there = frozenset({short_id})
            self._current = self._current | there if exchange.sw in _BEFORE_THE_EF else there


def _instances(exchange: Exchange, aid: bytes) -> tuple[Instance, Instance]:
    """The application before and after; everything else must be as it was."""
    before, after = exchange.before.free_area, exchange.after.free_area
    assert before is not None
    if after is before:
        return before.instances[aid], before.instances[aid]
    exchange.only_pins_changed(free_area=True)
    if after is None or list(exchange.changed_pins()):
        raise Violation("state.changed", "an application of the free area changed a PIN of the card")
    others = {key: one for key, one in after.instances.items() if key != aid}
    same = others == {key: one for key, one in before.instances.items() if key != aid}
    old, new = before.instances[aid], after.instances[aid]
    of_itself = (old.load_aid, old.domain, old.locked) == (new.load_aid, new.domain, new.locked)
    if not (same and of_itself and before.domains == after.domains and before.loaded == after.loaded):
        raise Violation("state.changed", "an application changed what is not its own")
    return old, new


def _short_id(exchange: Exchange) -> int:
    command = exchange.command
    if exchange.code in _WITH_P2_AS_RECORDS:
        return command.p2 >> 3
    if exchange.code in (0x00B0, 0x00D6):
        return command.p1 & 0x1F if command.p1 & 0x80 else 0
    return command.p2 & 0x1F


def _readings(exchange: Exchange, rule: FileRule, content: Content) -> tuple[bytes, ...]:
    """What a reading command may bring out of this EF: one answer or none."""
    command, ne = exchange.command, exchange.command.ne or 0
    if exchange.code == 0x00B0:
        offset = command.p2 if command.p1 & 0x80 else command.p1p2
        inside = rule.kind is FileKind.TRANSPARENT and offset < len(content.data)
        return (content.data[offset : offset + ne],) if inside else ()
    if exchange.code == 0x00B2:
        return content.records[command.p1 - 1 : command.p1] if command.p1 else ()
    if rule.kind is FileKind.TICKET:
        return (bytes((content.number,)) + content.data,)
    return (content.number.to_bytes(4),) if rule.kind in (FileKind.COUNTER, FileKind.PURSE) else ()


def _is_right(rule: FileRule, action: Action, old: Content, new: Content, command: Command) -> bool:
    """True for a change that the action and the limits of the package allow."""
    if action is Action.UPDATE:
        return _is_updated(old, new, command)
    if action is Action.APPEND:
        grown = (*old.records, command.data) if rule.kind is FileKind.LINEAR else (command.data, *old.records)
        return new == replace(old, records=grown if rule.kind is FileKind.LINEAR else grown[: rule.count]) and (
            len(new.records) <= rule.count
        )
    name, body = command.data[:_NAME], command.data[_NAME:]
    if old == new:  # asked for again after a power cut
        return old.last[:_NAME] == name != b""
    if action is Action.ISSUE:
        right = old.number != _ISSUED and (new.number, new.data) == (_ISSUED, body) and len(body) <= rule.size
    elif action is Action.REDEEM:
        right = (old.number, new.number, old.data) == (_ISSUED, _REDEEMED, new.data)
    else:
        amount = int.from_bytes(body)
        moved = old.number - new.number if action is Action.DEBIT else new.number - old.number
        right = len(body) == 4 and moved == amount and 1 <= amount <= rule.step and 0 <= new.number <= rule.maximum
    return right and new.last[:_NAME] == name != old.last[:_NAME]


def _is_updated(old: Content, new: Content, command: Command) -> bool:
    data = command.data
    if command.ins == 0xDC:
        records = list(old.records)
        if not 1 <= command.p1 <= len(records):
            return False
        records[command.p1 - 1] = data
        return new == replace(old, records=tuple(records))
    offset = command.p2 if command.p1 & 0x80 else command.p1p2
    written = old.data[:offset] + data + old.data[offset + len(data) :]
    return new == replace(old, data=written) and len(written) == len(old.data)


_Check = Callable[[ApplicationModel, Exchange, Instance, Instance], None]

_CHECKS: Final[MappingProxyType[int, _Check]] = MappingProxyType(
    {
        0x00A4: ApplicationModel._select,
        0x00B0: ApplicationModel._read,
        0x00B2: ApplicationModel._read,
        0x804A: ApplicationModel._read,
        0x0020: ApplicationModel._verify,
        0x0084: ApplicationModel._get_challenge,
        0x0082: ApplicationModel._authenticate,
        0x0024: ApplicationModel._change,
        **dict.fromkeys(_CHANGING, ApplicationModel._write),
    }
)
"""By CLA and INS as one number; every other command must be refused."""
