"""The free area in the model: who opened a channel, and what its commands may do to what is loaded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import Any, Final

from apdu import globalplatform as gp
from apdu.layout import card_manager
from apdu.scp03 import LEVELS, InitializeUpdateAnswer, SecurityLevel, StaticKeys
from cardsim.free_area.state import FreeArea, Instance
from cardsim.state import Pin
from fuzz import cards
from fuzz.exchange import NOT_ALLOWED, Exchange, Violation
from fuzz.interpreted import ApplicationModel
from fuzz.secured import Witness

__all__ = ["INITIALIZE_UPDATE", "ApplicationModel", "DomainModel"]

INITIALIZE_UPDATE: Final = 0x8050
_EXTERNAL_AUTHENTICATE: Final = 0x8482
_SECURED: Final = 0x84


class DomainModel:
    """A security domain while it is selected, or the issuer's while its channel is open."""

    def __init__(self, aid: bytes) -> None:
        self.aid = aid
        self.label = "issuer" if aid == card_manager.AID else "domain"
        self.answer: InitializeUpdateAnswer | None = None
        """What the card answered to the last INITIALIZE UPDATE."""
        self._begun: Witness | None = None
        self._open: Witness | None = None
        self._level = SecurityLevel.C_MAC

    @property
    def is_open(self) -> bool:
        """True after EXTERNAL AUTHENTICATE."""
        return self._open is not None

    def observe(self, exchange: Exchange, *, extended_length: bool) -> bool:
        """Check one answer. False when the issuer's channel is closed, so that the card manager answers again."""
        if exchange.command.extended and not extended_length:
            exchange.refused("class.refused")
            return True
        witness, self._begun = self._begun, None
        if exchange.code == INITIALIZE_UPDATE:
            self._open = self.answer = None
            self._initialized(exchange)
        elif self._open is not None and exchange.command.cla == _SECURED:
            self._managed(exchange, self._open)
        elif witness is not None and exchange.code == _EXTERNAL_AUTHENTICATE:
            self._authenticated(exchange, witness)
        else:
            self._open = None
            self._must_refuse(exchange)
        return self.aid != card_manager.AID or self._begun is not None or self._open is not None

    def _must_refuse(self, exchange: Exchange) -> None:
        exchange.refused("channel.secured")
        if exchange.sw != NOT_ALLOWED:
            raise Violation("channel.secured", f"{exchange.command} without a right MAC was answered {exchange.sw:04X}")

    def _initialized(self, exchange: Exchange) -> None:
        if not exchange.ok:
            exchange.refused("channel.begun")
            return
        exchange.only_pins_changed(free_area=True)
        before, after = _areas(exchange)
        old, new = before.domains[self.aid], after.domains[self.aid]
        if new.sequence != old.sequence + 1 or (old.keys, old.provider_key, old.memory) != (
            new.keys,
            new.provider_key,
            new.memory,
        ):
            raise Violation("channel.sequence", f"{old.sequence} became {new.sequence}")
        _only(before, after, domains={self.aid})
        if list(exchange.changed_pins()):
            raise Violation("state.changed", "INITIALIZE UPDATE changed a PIN")
        answer = self.answer = InitializeUpdateAnswer.decode(exchange.data)
        keys: Mapping[int, StaticKeys] = old.keys or before.domains[card_manager.AID].keys
        self._begun = Witness(keys[answer.key_version], exchange.command.data, answer.challenge)
        if answer.sequence != new.sequence or not self._begun.proves_card(answer.cryptogram):
            raise Violation("channel.begun", "the card did not prove its key")

    def _authenticated(self, exchange: Exchange, witness: Witness) -> None:
        exchange.unchanged()
        command = exchange.command
        right = witness.accepts(command) and witness.proves_host(command) and command.p1 in LEVELS and not command.p2
        if exchange.ok is not right:
            raise Violation("channel.opened", f"{exchange.sw:04X} although right was {right}")
        self._open = witness if right else None
        self._level = SecurityLevel(command.p1 if right else 0)

    def _managed(self, exchange: Exchange, witness: Witness) -> None:
        if not witness.accepts(exchange.command):
            self._open = None
            self._must_refuse(exchange)
            return
        if exchange.after is exchange.before:
            return
        if not exchange.ok:
            raise Violation("domain.changed", f"{exchange.sw:04X} to {exchange.command} changed the card")
        exchange.only_pins_changed(free_area=True)
        self._reset_pins(exchange)
        before, after = _areas(exchange)
        self._registry(exchange.command.ins, before, after)
        if after.used() > after.memory:
            raise Violation("domain.memory", f"{after.used()} bytes of {after.memory}")

    def _reset_pins(self, exchange: Exchange) -> None:
        changed = list(exchange.changed_pins())
        may = self.aid == card_manager.AID and exchange.command.ins == gp.RESET_RETRY_COUNTER
        if not changed:
            return
        aid, fid, old, new = changed[0]
        wanted = Pin(value=new.value, tries_left=old.limit, limit=old.limit)
        if new.value != old.value and SecurityLevel.C_DECRYPTION not in self._level:
            raise Violation("domain.in-clear", f"a PIN of {aid.hex()} came unencrypted")
        if not may or len(changed) > 1 or not old.value or new != wanted or fid != exchange.command.p2 & 0x1F:
            raise Violation("domain.pin", f"{exchange.command} in {self.aid.hex()} changed a PIN of {aid.hex()}")

    def _registry(self, ins: int, before: FreeArea, after: FreeArea) -> None:
        is_issuer = self.aid == card_manager.AID
        for aid, old, new in _changes(before.domains, after.domains):
            made = ins == gp.INSTALL and is_issuer and old is None
            removed = ins == gp.DELETE and is_issuer and new is None and aid not in after.owners and aid != self.aid
            counts = ins == gp.DELETE and aid == self.aid == card_manager.AID  # checked below
            if not (made or removed or counts or (ins == gp.PUT_KEY and aid == self.aid and old and new)):
                raise Violation("domain.domains", f"{ins:02X} in {self.aid.hex()} changed {aid.hex()}")
        if not _keeps_counting(before, after, may_put_keys=ins == gp.PUT_KEY and is_issuer):
            raise Violation("domain.sequence", f"{ins:02X} in {self.aid.hex()} lost count of the channels")
        for aid, old, new in _changes(before.loaded, after.loaded):
            made = ins == gp.LOAD and old is None and (self.aid, new.block) in _signed_blocks()
            removed = ins == gp.DELETE and new is None and (is_issuer or old.domain == self.aid)
            if not ((made and new.domain == self.aid) or removed):
                raise Violation("domain.loaded", f"{ins:02X} in {self.aid.hex()} changed {aid.hex()}")
        for aid, old, new in _changes(before.instances, after.instances):
            mine = is_issuer or (old or new).domain == self.aid
            if new and _new_values(old, new) and SecurityLevel.C_DECRYPTION not in self._level:
                raise Violation("domain.in-clear", f"a secret of {aid.hex()} came unencrypted")
            if not mine or not _may_become(ins, old, new, after):
                raise Violation("domain.instances", f"{ins:02X} in {self.aid.hex()} changed {aid.hex()}")


def _may_become(ins: int, old: Instance | None, new: Instance | None, after: FreeArea) -> bool:
    """How a command of a domain may change an application: never what is in its files."""
    if old is None or new is None:
        return ins == (gp.INSTALL if old is None else gp.DELETE)
    if (old.files, old.load_aid, old.domain) != (new.files, new.load_aid, new.domain):
        return False
    if old.secrets == new.secrets:
        return ins in (gp.SET_STATUS, gp.INSTALL)
    changed = [number for number, secret in old.secrets.items() if secret != new.secrets[number]]
    full = all(new.secrets[number].tries_left == old.secrets[number].limit for number in changed)
    return ins == gp.RESET_RETRY_COUNTER and len(changed) == 1 and full and after.package(new) is not None


def _new_values(old: Instance | None, new: Instance) -> bool:
    known = {} if old is None else old.secrets
    return any(one.value and (key not in known or known[key].value != one.value) for key, one in new.secrets.items())


def _changes(before: Mapping[bytes, Any], after: Mapping[bytes, Any]) -> list[tuple[bytes, Any, Any]]:
    """What is not as it was, by AID; None stands for what is not there."""
    if before is after:
        return []
    return [
        (aid, before.get(aid), after.get(aid))
        for aid in {**before, **after}
        if before.get(aid) is not after.get(aid) and before.get(aid) != after.get(aid)
    ]


def _keeps_counting(before: FreeArea, after: FreeArea, *, may_put_keys: bool) -> bool:
    """A domain that goes leaves its counter to the issuer's, and one that comes begins there: nothing fits it again."""
    old, new = before.domains[card_manager.AID], after.domains[card_manager.AID]
    gone = [before.domains[aid].sequence for aid in before.domains.keys() - after.domains.keys()]
    made = [after.domains[aid].sequence for aid in after.domains.keys() - before.domains.keys()]
    expected = replace(old, sequence=max(old.sequence, *gone, 0))
    return (new == expected or may_put_keys) and all(sequence >= old.sequence for sequence in made)


def _only(before: FreeArea, after: FreeArea, *, domains: set[bytes]) -> None:
    """Nothing but these domains may be different."""
    touched = {aid for aid, _, _ in _changes(before.domains, after.domains)}
    if touched - domains or before.loaded != after.loaded or before.instances != after.instances:
        raise Violation("state.changed", "more of the free area changed than the command is about")


def _areas(exchange: Exchange) -> tuple[FreeArea, FreeArea]:
    before, after = exchange.before.free_area, exchange.after.free_area
    if before is None or after is None or before.memory != after.memory:
        raise Violation("state.changed", "the free area came, went or grew")
    return before, after


@cache
def _signed_blocks() -> frozenset[tuple[bytes, bytes]]:
    """Domain and block of everything that a provider has signed."""
    return frozenset((file.provider, file.block) for file in cards.load_files())
