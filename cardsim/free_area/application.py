"""The interpreter of card application packages: what a selected application answers.

Every change is durable before its answer leaves. What moves a value, or issues or redeems a ticket, has a name that the
terminal chose: asked for again under the same name, after a power cut, it is answered again and done once.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from apdu.command import Command
from apdu.layout import free_area as layout
from apdu.package import ACTIONS, Action, FileRule, Package, SecretKind
from apdu.status import StatusWord
from cardsim import sw
from cardsim.errors import StatusError
from cardsim.free_area import contents
from cardsim.free_area.domain import commit, free_area
from cardsim.free_area.state import Content, Instance
from cardsim.symmetric import cmac

if TYPE_CHECKING:
    from cardsim.runtime import Runtime


class ApplicationArea:
    """The volatile side of a selected application."""

    def __init__(self, aid: bytes) -> None:
        self.aid = aid
        self.shown: set[int] = set()
        """The PINs verified and the keys authenticated."""
        self.current: int | None = None
        self._challenge = b""

    def answer(self, runtime: Runtime, raw: bytes) -> bytes:
        """One command."""
        command = Command.decode(raw)
        if command.cla not in (0x00, 0x80):
            raise StatusError(sw.CLA_NOT_SUPPORTED)
        if command.extended and not runtime.profile.extended_length:
            raise StatusError(sw.WRONG_LENGTH)
        handler = _HANDLERS.get(command.cla << 8 | command.ins)
        if handler is None:
            raise StatusError(sw.INS_NOT_SUPPORTED)
        instance = free_area(runtime).instances[self.aid]
        return handler(self, runtime, instance, command) + bytes(StatusWord.OK)

    def select_file(self, runtime: Runtime, instance: Instance, command: Command) -> bytes:
        """SELECT an EF under the application, without answer data: ISO/IEC 7816-4 clause 11.2.2."""
        if command.p1p2 not in (0x020C, 0x000C) or command.nc != 2:
            raise StatusError(sw.WRONG_P1P2)
        self._rule(runtime, instance, int.from_bytes(command.data))
        self.current = int.from_bytes(command.data)
        return b""

    def read_binary(self, runtime: Runtime, instance: Instance, command: Command) -> bytes:
        """READ BINARY: ISO/IEC 7816-4 clause 11.3.3."""
        fid, offset = self._position(command)
        rule = self._allowed(runtime, instance, fid, Action.READ)
        if command.ne is None or command.data:
            raise StatusError(sw.WRONG_LENGTH)
        return contents.read_binary(rule, instance.files[fid], offset, command.ne)

    def update_binary(self, runtime: Runtime, instance: Instance, command: Command) -> bytes:
        """UPDATE BINARY: ISO/IEC 7816-4 clause 11.3.5."""
        fid, offset = self._position(command)
        rule = self._allowed(runtime, instance, fid, Action.UPDATE)
        changed = contents.update_binary(rule, instance.files[fid], offset, command.data)
        return self._commit(runtime, instance, fid, changed)

    def read_record(self, runtime: Runtime, instance: Instance, command: Command) -> bytes:
        """READ RECORD by number: ISO/IEC 7816-4 clause 11.4.3."""
        fid = self._record_file(command)
        rule = self._allowed(runtime, instance, fid, Action.READ)
        return _fitting(contents.read_record(rule, instance.files[fid], command.p1), command.ne)

    def update_record(self, runtime: Runtime, instance: Instance, command: Command) -> bytes:
        """UPDATE RECORD by number: ISO/IEC 7816-4 clause 11.4.5."""
        fid = self._record_file(command)
        rule = self._allowed(runtime, instance, fid, Action.UPDATE)
        changed = contents.update_record(rule, instance.files[fid], command.p1, command.data)
        return self._commit(runtime, instance, fid, changed)

    def append_record(self, runtime: Runtime, instance: Instance, command: Command) -> bytes:
        """APPEND RECORD: ISO/IEC 7816-4 clause 11.4.6. A full linear EF is 6A84, a cyclic one forgets its oldest."""
        if command.p1 != 0 or command.p2 & 0x07:
            raise StatusError(sw.WRONG_P1P2)
        fid = self._named(command.p2 >> 3)
        rule = self._allowed(runtime, instance, fid, Action.APPEND)
        return self._commit(runtime, instance, fid, contents.append_record(rule, instance.files[fid], command.data))

    def get_value(self, runtime: Runtime, instance: Instance, command: Command) -> bytes:
        """A counter or balance, or stage and text of a ticket."""
        fid = self._short_id(command)
        rule = self._allowed(runtime, instance, fid, Action.READ)
        if command.data:
            raise StatusError(sw.WRONG_LENGTH)
        return _fitting(contents.show(rule, instance.files[fid]), command.ne)

    def transact(self, runtime: Runtime, instance: Instance, command: Command) -> bytes:
        """COUNT, CREDIT, DEBIT, ISSUE and REDEEM: the name of the transaction, then what it is about.

        Without room for the answer nothing is done.
        """
        fid = self._short_id(command)
        rule = self._allowed(runtime, instance, fid, layout.TRANSACTIONS[command.ins])
        before = instance.files[fid]
        after = contents.transact(rule, before, layout.TRANSACTIONS[command.ins], command.data)
        answer = _fitting(contents.show(rule, after), command.ne)
        if after is not before:
            self._commit(runtime, instance, fid, after)
        return answer

    def verify(self, runtime: Runtime, instance: Instance, command: Command) -> bytes:
        """VERIFY, and without data the query of the tries left: as in the card's other applications."""
        reference = self._reference(command)
        if not command.data:
            raise StatusError(StatusWord.with_tries_left(self._secret_tries(runtime, instance, reference)))
        self._show(runtime, instance, reference, SecretKind.PIN, lambda value: value, command.data)
        return b""

    def get_challenge(self, runtime: Runtime, _instance: Instance, command: Command) -> bytes:
        """GET CHALLENGE, which EXTERNAL AUTHENTICATE answers to; each challenge is good once."""
        if command.p1p2 != 0:
            raise StatusError(sw.WRONG_P1P2)
        if command.ne != layout.CHALLENGE_SIZE or command.data:
            raise StatusError(sw.WRONG_LENGTH)
        self._challenge = runtime.rng(layout.CHALLENGE_SIZE)
        return self._challenge

    def authenticate(self, runtime: Runtime, instance: Instance, command: Command) -> bytes:
        """EXTERNAL AUTHENTICATE with a key of the application: ISO/IEC 7816-4 clause 11.6.4."""
        reference = self._reference(command)
        challenge, self._challenge = self._challenge, b""
        if not challenge:
            raise StatusError(sw.CONDITIONS_NOT_SATISFIED)
        message = layout.authentication_message(self.aid, reference, challenge)
        self._show(runtime, instance, reference, SecretKind.KEY, lambda key: cmac(key, message), command.data)
        return b""

    def change_reference_data(self, runtime: Runtime, instance: Instance, command: Command) -> bytes:
        """CHANGE REFERENCE DATA with the new PIN alone, by whoever may."""
        if command.p1 != 0x01:
            raise StatusError(sw.WRONG_P1P2)
        reference = command.p2 & 0x1F
        rule = self._package(runtime, instance).secret(reference)
        if rule is None or command.p2 & 0xE0 != 0x80:
            raise StatusError(sw.OBJECT_NOT_FOUND)
        if not layout.is_met(rule.change, self.shown):
            raise StatusError(sw.SECURITY_STATUS_NOT_SATISFIED)
        if not rule.accepts(command.data):
            raise StatusError(sw.WRONG_DATA)
        secret = replace(instance.secrets[reference], value=command.data, tries_left=rule.tries)
        commit(runtime, free_area(runtime).with_instance(instance.with_secret(reference, secret)))
        return b""

    def _show(
        self,
        runtime: Runtime,
        instance: Instance,
        reference: int,
        kind: SecretKind,
        expected: Callable[[bytes], bytes],
        given: bytes,
    ) -> None:
        """Spend a try → commit → compare → restore → commit."""
        rule = self._package(runtime, instance).secret(reference)
        if rule is None or rule.kind is not kind:
            raise StatusError(sw.OBJECT_NOT_FOUND)
        self.shown.discard(reference)
        secret = instance.secrets[reference]
        if secret.tries_left == 0:
            raise StatusError(sw.REFERENCE_BLOCKED)
        spent = replace(secret, tries_left=secret.tries_left - 1)
        commit(runtime, free_area(runtime).with_instance(instance.with_secret(reference, spent)))
        if not hmac.compare_digest(expected(secret.value), given):
            raise StatusError(StatusWord.with_tries_left(spent.tries_left))
        restored = replace(secret, tries_left=secret.limit)
        commit(runtime, free_area(runtime).with_instance(instance.with_secret(reference, restored)))
        self.shown.add(reference)

    def _secret_tries(self, runtime: Runtime, instance: Instance, reference: int) -> int:
        rule = self._package(runtime, instance).secret(reference)
        if rule is None or rule.kind is not SecretKind.PIN:
            raise StatusError(sw.OBJECT_NOT_FOUND)
        return instance.secrets[reference].tries_left

    def _reference(self, command: Command) -> int:
        if command.p1 != 0 or command.p2 & 0xE0 != 0x80:
            raise StatusError(sw.WRONG_P1P2)
        return command.p2 & 0x1F

    def _position(self, command: Command) -> tuple[int, int]:
        """The EF and the offset: ISO/IEC 7816-4 clause 11.3.3."""
        if command.p1 & 0x80:
            if command.p1 & 0x60:
                raise StatusError(sw.WRONG_P1P2)
            return self._named(command.p1 & 0x1F), command.p2
        return self._named(0), command.p1p2

    def _record_file(self, command: Command) -> int:
        if command.p2 & 0x07 != 0x04 or command.p1 == 0:
            raise StatusError(sw.WRONG_P1P2)
        return self._named(command.p2 >> 3)

    def _short_id(self, command: Command) -> int:
        if command.p1 != 0 or command.p2 & 0xE0 != 0x80:
            raise StatusError(sw.WRONG_P1P2)
        return self._named(command.p2 & 0x1F)

    def _named(self, short_id: int) -> int:
        """The EF that a command means; 0 is the current one."""
        fid = short_id or self.current
        if fid is None:
            raise StatusError(sw.NO_CURRENT_FILE)
        return fid

    def _package(self, runtime: Runtime, instance: Instance) -> Package:
        return free_area(runtime).package(instance)

    def _rule(self, runtime: Runtime, instance: Instance, fid: int) -> FileRule:
        rule = self._package(runtime, instance).file(fid)
        if rule is None:
            raise StatusError(sw.FILE_NOT_FOUND)
        return rule

    def _allowed(self, runtime: Runtime, instance: Instance, fid: int, action: Action) -> FileRule:
        """The EF, when it is of a kind that knows the action, and somebody who may do it has shown a secret."""
        rule = self._rule(runtime, instance, fid)
        self.current = fid
        if action not in ACTIONS[rule.kind]:
            raise StatusError(sw.INCOMPATIBLE_FILE)
        if not layout.is_met(rule.rules.get(action), self.shown):
            raise StatusError(sw.SECURITY_STATUS_NOT_SATISFIED)
        return rule

    def _commit(self, runtime: Runtime, instance: Instance, fid: int, content: Content) -> bytes:
        commit(runtime, free_area(runtime).with_instance(instance.with_file(fid, content)))
        return b""


def _fitting(answer: bytes, ne: int | None) -> bytes:
    """The whole answer, or 6700 when there is no room for it."""
    if ne is None or ne < len(answer):
        raise StatusError(sw.WRONG_LENGTH)
    return answer


_Handler = Callable[[ApplicationArea, "Runtime", Instance, Command], bytes]

_HANDLERS: Final[dict[int, _Handler]] = {
    0x00A4: ApplicationArea.select_file,
    0x00B0: ApplicationArea.read_binary,
    0x00D6: ApplicationArea.update_binary,
    0x00B2: ApplicationArea.read_record,
    0x00DC: ApplicationArea.update_record,
    0x00E2: ApplicationArea.append_record,
    0x0020: ApplicationArea.verify,
    0x0024: ApplicationArea.change_reference_data,
    0x0084: ApplicationArea.get_challenge,
    0x0082: ApplicationArea.authenticate,
    0x8000 | layout.GET_VALUE: ApplicationArea.get_value,
    **{0x8000 | instruction: ApplicationArea.transact for instruction in layout.TRANSACTIONS},
}
"""By CLA and INS as one number."""
