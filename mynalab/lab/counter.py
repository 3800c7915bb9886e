"""The counter of the lab's town: operations of the life cycle, in the register and on the cards themselves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from datetime import datetime
from typing import Any

from cardsim.errors import CardSimError
from cardsim.store import FileStore
from jpki.algorithms import KeyAlgorithm
from jpki.errors import JpkiError, OperationRefusedError
from jpki.registry.counter import Counter, Done
from jpki.registry.effects import Act
from jpki.registry.interfaces import Register
from jpki.registry.lifecycle import TABLE, Row
from jpki.registry.planning import Plan
from jpki.registry.request import Operation, Refusal, Request
from jpki.registry.situation import Situation, Slot, Token
from jpki.registry.survey import situation_of
from mynalab.errors import CardNameError, LabError, PersonaError
from mynalab.lab.authorities import KINDS, hierarchy
from mynalab.lab.certify import Certifier
from mynalab.lab.counter_cards import CounterCards
from mynalab.lab.counter_requests import request_of, require_sense
from mynalab.lab.counter_specs import SPECS
from mynalab.lab.files import taking_turns, write_atomically
from mynalab.lab.lab import Lab
from mynalab.lab.making import algorithm_of_profile, holder_of
from mynalab.lab.unfinished import Unfinished
from mynalab.persona import Persona, load_persona
from mynalab.pki_server.counter import CounterRefusal, Document, OperationSpec
from mynalab.resources import persona_files
from mynalab.timeline.build import crl_visible, ocsp_visible


class LabCounter:
    """See ``mynalab.pki_server.counter.CounterService``. Operations take turns, as the lab's cards do."""

    def __init__(self, lab: Lab, register: Register, *, shipped_personas_only: bool = False) -> None:
        """``shipped_personas_only``: who asks may not have this machine's files read."""
        self._shipped_only = shipped_personas_only
        self._lab = lab
        self._register = register
        self._cards = CounterCards(lab, register)

    @property
    def operations(self) -> Sequence[OperationSpec]:
        """All that the life cycle has."""
        return SPECS

    def operate(self, name: str, arguments: Document, *, now: datetime) -> Document | CounterRefusal:
        """Do one; a refusal for what the life cycle does not allow, an error for arguments that say nothing."""
        try:
            with taking_turns(self._lab.paths.cards):
                return self._operate(Operation(name), arguments, now)
        except OperationRefusedError as error:
            return _refused(error.refusal)

    def finish(self, card: str) -> None:
        """Do what is left undone for the person with this card, because a process died, or a card was in a reader."""
        with taking_turns(self._lab.paths.cards):
            for person_id in {record.person_id for record in self._register.cards(name=card)}:
                self._cards.settle(person_id)

    def _operate(self, operation: Operation, arguments: Document, now: datetime) -> Document:
        persona = self._persona(arguments["persona"]) if "persona" in arguments else None
        if persona is not None:
            arguments = {"new_card": persona.name, **arguments}
        require_sense(self._lab, self._register, operation, arguments, now=now)
        person_id = self._person(arguments) if persona is None else self._newcomer(persona, arguments, now)
        self._cards.settle(person_id)
        situation = situation_of(self._register, person_id, now=now)
        request = request_of(self._lab, self._register, operation, situation, arguments)
        algorithm = self._algorithm(TABLE[operation], situation, request)
        certifier, unfinished = Certifier(self._lab, self._register), Unfinished(self._lab.paths, person_id)
        counter = Counter(
            self._register,
            unfinished.keeping(certifier.maker(algorithm)),
            terms=hierarchy(self._lab.settings, algorithm).terms,
        )
        planned = counter.ask(person_id, request, now=now)
        if isinstance(planned, Refusal):
            raise OperationRefusedError(planned)
        if planned.certificates:
            for kind in KINDS:  # the CAs of the next cards are made here, outside the unit of work
                certifier.authority(kind, now, algorithm)
        with ExitStack() as stack:
            stores = self._cards.opened(planned, stack)  # a card in a reader is met before anything is done
            if operation is Operation.RESET_PIN:
                self._cards.reset_pin(planned, stores, arguments)
            unfinished.begin(records=planned.row.new_record)
            try:
                done = counter.perform(person_id, request, now=now)
            except JpkiError:
                self._cards.settle(person_id, stores)  # by what the register says: it was not done
                raise
            self._settle(person_id, done, stores)
        return _told(done, now)

    def _settle(self, person_id: str, done: Done, stores: Mapping[str, FileStore]) -> None:
        try:
            if done.new_card_id is not None:
                self._cards.keep_persona(done.new_card_id)
            self._cards.settle(person_id, stores)
        except (LabError, CardSimError) as error:
            error.add_note("the register has the operation; the card follows when it is used next, once that is mended")
            raise

    def _persona(self, name: str) -> Persona:
        if self._shipped_only and name not in persona_files():
            raise PersonaError(f"there is no persona {name!r}", hint=f"shipped personas: {', '.join(persona_files())}")
        return load_persona(name)

    def _person(self, arguments: Document) -> str:
        """Whom it is about: by number, or by the name of a card."""
        if "person" in arguments:
            return self._register.person(arguments["person"]).person_id
        cards = self._register.cards(name=arguments["card"])
        if not cards:
            raise CardNameError(
                f"the register knows no card {arguments['card']!r}",
                hint=f"cards there: {', '.join(self._lab.paths.card_names()) or 'none'}",
            )
        return cards[-1].person_id

    def _newcomer(self, persona: Persona, arguments: Document, now: datetime) -> str:
        """Whom the register does not know yet. What could still be refused has been looked at."""
        holder, person_id = holder_of(persona), f"{self._register.count_persons() + 1:06d}"
        write_atomically(self._lab.paths.persona(arguments["new_card"]), persona.source.encode())
        with self._register.transaction(now=now) as unit:
            unit.operation("register-person", person_id=person_id, details={"persona": persona.name})
            unit.register_person(person_id, holder)
        return person_id

    def _algorithm(self, row: Row, situation: Situation, request: Request) -> KeyAlgorithm:
        """Of the keys that are certified: what the card or phone has, or the new one is to have."""
        if request.profile:
            return algorithm_of_profile(request.profile)
        token = _token_of(row, situation)
        return algorithm_of_profile(self._register.card(token.card_id).profile if token is not None else "C2")


def _token_of(row: Row, situation: Situation) -> Token | None:
    """The card or phone that new certificates go on."""
    issuing = [slot for slot in Slot if row.effect(slot).act in (Act.ISSUE, Act.REPLACE)]
    if issuing and issuing[0] in (Slot.PHONE_SIGN, Slot.PHONE_AUTH):
        return situation.phone
    return situation.coming if row.operation is Operation.ISSUE else situation.card


def _refused(refusal: Refusal) -> CounterRefusal:
    return CounterRefusal(
        code=refusal.code,
        message_en=refusal.message_en,
        message_ja=refusal.message_ja,
        hint_en=refusal.hint_en,
        hint_ja=refusal.hint_ja,
    )


def _told(done: Done, now: datetime) -> Mapping[str, Any]:
    """What was done, and from when on relying parties can see it."""
    plan: Plan = done.plan
    return {
        "operation": plan.request.operation.value,
        "person": plan.situation.resident_id,
        "desk": plan.request.desk.value,
        "at": _text(plan.now),
        "revoked": [
            {"ca": one.id.kind.value, "serial": one.id.serial, "reason": one.reason.rfc_name}
            for one in plan.revocations
        ],
        "released": [{"ca": id_.kind.value, "serial": id_.serial} for id_ in plan.releases],
        "issued": [
            {"ca": one.id.kind.value, "serial": one.id.serial, "not_after": _text(one.not_after)}
            for one in done.certificates
        ],
        "card": plan.request.name or None,
        "visible": {"ocsp": _text(ocsp_visible(now)), "crl": _text(crl_visible(now))},
    }


def _text(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"
