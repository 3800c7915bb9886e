"""The counter of the lab's town: operations of the life cycle, in the register and on the cards themselves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from datetime import date, datetime
from typing import Any, Final

from jpki.algorithms import KeyAlgorithm
from jpki.birthdate import BirthDate
from jpki.errors import HolderError, OperationRefusedError
from jpki.holder import Holder
from jpki.registry.counter import Counter, Done
from jpki.registry.effects import Act, Desk
from jpki.registry.interfaces import Register
from jpki.registry.lifecycle import TABLE, Row
from jpki.registry.planning import Plan
from jpki.registry.request import Operation, Refusal, Request
from jpki.registry.situation import Situation, Slot, Token
from jpki.registry.survey import situation_of
from mynalab.errors import CardNameError, CounterArgumentError
from mynalab.lab.authorities import KINDS, hierarchy
from mynalab.lab.certify import Certifier
from mynalab.lab.counter_cards import CounterCards
from mynalab.lab.counter_specs import SPECS
from mynalab.lab.files import taking_turns, write_atomically
from mynalab.lab.lab import Lab
from mynalab.lab.making import SEXES, algorithm_of_profile, holder_of, serial_of
from mynalab.persona import Persona, load_persona
from mynalab.pki_server.counter import CounterRefusal, Document, OperationSpec
from mynalab.timeline.build import crl_visible, ocsp_visible

_DEFAULT_PROFILES: Final = {Operation.ENROL_PHONE: "android"}
_RECORD_TEXTS: Final = {
    "name": "name",
    "address": "address",
    "prefecture": "prefecture_romaji",
    "municipality": "municipality_romaji",
    "municipality_code": "municipality_code",
}
_WRITTEN_FULL_WIDTH: Final = ("name", "address")
_FULL_WIDTH: Final = {0x20: 0x3000, **{code: code + 0xFEE0 for code in range(0x21, 0x7F)}}  # Unicode: U+FF01 to U+FF5E


class LabCounter:
    """See ``mynalab.pki_server.counter.CounterService``. Operations take turns, as the lab's cards do."""

    def __init__(self, lab: Lab, register: Register) -> None:
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

    def _operate(self, operation: Operation, arguments: Document, now: datetime) -> Document:
        person_id = self._person(operation, arguments, now)
        situation = situation_of(self._register, person_id, now=now)
        request = self._request(operation, situation, arguments)
        algorithm = self._algorithm(TABLE[operation], situation, request)
        certifier = Certifier(self._lab, self._register)
        counter = Counter(
            self._register, certifier.maker(algorithm), terms=hierarchy(self._lab.settings, algorithm).terms
        )
        planned = counter.ask(person_id, request, now=now)
        if isinstance(planned, Refusal):
            raise OperationRefusedError(planned)
        # The CAs of the next cards are made here, outside the unit of work.
        cas = {kind: certifier.authority(kind, now, algorithm).certificate_der for kind in KINDS}
        with ExitStack() as stack:
            stores = self._cards.opened(planned, stack)  # a card in a reader is met before anything is done
            if operation is Operation.RESET_PIN:
                self._cards.reset_pin(planned, stores, arguments)
            done = counter.perform(person_id, request, now=now)
            self._cards.write(done, stores, certifier.maker(algorithm), cas)
        return _told(done, now)

    def _person(self, operation: Operation, arguments: Document, now: datetime) -> str:
        """Whom it is about: by number, by the name of a card, or a newcomer."""
        if "person" in arguments:
            return self._register.person(arguments["person"]).person_id
        if "persona" in arguments and operation is Operation.APPLY:
            return self._newcomer(load_persona(arguments["persona"]), arguments, now)
        if "card" not in arguments:
            raise CounterArgumentError(
                f"{operation.value} of whom? Neither a card nor a person is named",
                hint="name a card of the person, or the person's number in the register",
            )
        cards = self._register.cards(name=arguments["card"])
        if not cards:
            raise CardNameError(
                f"the register knows no card {arguments['card']!r}",
                hint=f"cards there: {', '.join(self._lab.paths.card_names()) or 'none'}",
            )
        return cards[-1].person_id

    def _newcomer(self, persona: Persona, arguments: Document, now: datetime) -> str:
        name = arguments.get("new_card") or persona.name
        self._require_new(name)
        person_id = f"{self._register.count_persons() + 1:06d}"
        with self._register.transaction(now=now) as unit:
            unit.operation("register-person", person_id=person_id, details={"persona": persona.name})
            unit.register_person(person_id, holder_of(persona))
        write_atomically(self._lab.paths.persona(name), persona.source.encode())
        return person_id

    def _request(self, operation: Operation, situation: Situation, arguments: Document) -> Request:
        row = TABLE[operation]
        request = Request(
            operation=operation,
            desk=Desk(arguments["desk"]) if "desk" in arguments else row.desks[0],
            holder=_changed(situation.holder, arguments) if row.new_record else None,
        )
        if not self._cards.makes_token(row):
            return request
        name = arguments.get("new_card") or self._free_name(situation, operation, arguments)
        self._require_new(name)
        expiry = arguments.get("card_expiry")
        return replace(
            request,
            name=name,
            profile=arguments.get("profile") or _DEFAULT_PROFILES.get(operation, "C2"),
            number=serial_of(self._lab.settings, name),
            card_expiry=None if expiry is None else date.fromisoformat(expiry),
        )

    def _free_name(self, situation: Situation, operation: Operation, arguments: Document) -> str:
        """What the new one is called if nobody says: after the persona, or the old card with a number."""
        if "persona" in arguments and operation is Operation.APPLY:
            return str(arguments["persona"])
        token = situation.card or situation.phone or situation.coming
        stem = token.name if token is not None else situation.resident_id
        if operation is Operation.ENROL_PHONE:
            stem = f"{stem}-phone"
        taken = {card.name for card in self._register.cards(person_id=situation.resident_id)}
        return next(name for n in range(1, 10_000) if (name := stem if n == 1 else f"{stem}-{n}") not in taken)

    def _require_new(self, name: str) -> None:
        if self._lab.paths.card(name).exists() or self._register.cards(name=name):
            raise CardNameError(f"there is a card {name!r} already", hint="choose another name for the new one")

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


def _changed(holder: Holder, arguments: Document) -> Holder:
    """What the resident register says from now on; what is not given stays."""
    changes: dict[str, Any] = {
        field: _full_width(arguments[name]) if name in _WRITTEN_FULL_WIDTH else arguments[name]
        for name, field in _RECORD_TEXTS.items()
        if name in arguments
    }
    if "sex" in arguments:
        changes["sex"] = SEXES[arguments["sex"]]
    if "birth_date" in arguments:
        try:
            changes["birth_date"] = BirthDate.decode(arguments["birth_date"])
        except ValueError as error:
            raise HolderError(
                f"{arguments['birth_date']!r} is no birth date",
                hint="era, year, month, day: 319800217 for 1980-02-17 (昭和)",
            ) from error
    return replace(holder, **changes)


def _full_width(text: str) -> str:
    """As the clerk writes it: the resident register has no half-width characters."""
    return text.translate(_FULL_WIDTH)


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
