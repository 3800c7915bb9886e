"""What an operation at the counter does to the cards themselves: new ones, new certificates, new records, PINs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack

from cardsim.card import VirtualCard
from cardsim.personalise import KeyAndCertificate
from cardsim.profiles import profile_named
from cardsim.store import FileStore
from jpki.kinds import CaKind
from jpki.registry.counter import Done
from jpki.registry.effects import Role
from jpki.registry.interfaces import Register
from jpki.registry.lifecycle import Row
from jpki.registry.planning import Plan
from jpki.registry.records import CardRecord, Medium
from jpki.registry.request import Operation
from jpki.registry.situation import Token
from mynalab.chance import system_random
from mynalab.errors import CounterArgumentError, LabBrokenError
from mynalab.lab.certify import CertifyingDesk
from mynalab.lab.files import read_part, write_atomically
from mynalab.lab.free_area import FreeAreaDesk
from mynalab.lab.lab import Lab
from mynalab.lab.making import CardMaker
from mynalab.persona import Persona, parse_persona
from mynalab.pki_server.counter import Document
from readers.inprocess import InProcessChannel


class CounterCards:
    """The images of the people at one lab's counter. Hold the cards' lock."""

    def __init__(self, lab: Lab, register: Register) -> None:
        self._lab = lab
        self._register = register
        self._maker = CardMaker(lab)

    @staticmethod
    def makes_token(row: Row) -> bool:
        """Whether a card or phone comes into being."""
        return any(becomes.role in (Role.NEW_CARD, Role.NEW_PHONE) for becomes in row.becomes)

    def opened(self, planned: Plan, stack: ExitStack) -> Mapping[str, FileStore]:
        """The stores of the cards that will be written to; ``StoreLockedError`` for a card in a reader."""
        stores = {}
        for token in _touched(planned):
            path = self._lab.paths.card(token.name)
            if path.exists():
                stores[token.name] = stack.enter_context(FileStore(path))
        return stores

    def reset_pin(self, planned: Plan, stores: Mapping[str, FileStore], arguments: Document) -> None:
        """Give a PIN its tries back through the issuer's door."""
        card = planned.situation.card
        if card is None or card.name not in stores:
            raise CounterArgumentError("there is no card to reset the PIN of", hint="list the cards: mynalab card list")
        virtual = VirtualCard(stores[card.name], rng=system_random)
        with InProcessChannel(virtual) as channel:
            desk = FreeAreaDesk(self._lab.settings, channel, rng=system_random)
            desk.unblock(CaKind(arguments["pin"]), new_pin=arguments.get("new_pin"))

    def write(
        self, done: Done, stores: Mapping[str, FileStore], desk: CertifyingDesk, cas: Mapping[CaKind, bytes]
    ) -> None:
        """Bring the cards to where the register is."""
        by_card: dict[int, dict[CaKind, KeyAndCertificate]] = {}
        for one in done.certificates:
            private_key = desk.take(one.id.kind, one.id.serial)
            pair = KeyAndCertificate(private_key=private_key, certificate=one.certificate_der)
            by_card.setdefault(one.card_id, {})[one.id.kind] = pair
        if done.new_card_id is not None:
            self._keep_persona(self._register.card(done.new_card_id))
        for card_id, pairs in by_card.items():
            self._certify(self._register.card(card_id), done.plan, cas, pairs, stores)
        if done.plan.row.new_record:
            for name, store in stores.items():
                self._bring_up_to_date(self._register.cards(name=name)[-1], done.plan, store)

    def _certify(
        self,
        card: CardRecord,
        plan: Plan,
        cas: Mapping[CaKind, bytes],
        pairs: Mapping[CaKind, KeyAndCertificate],
        stores: Mapping[str, FileStore],
    ) -> None:
        store, persona = stores.get(card.name), self._persona(card.person_id)
        if store is not None:
            store.commit(self._maker.recertified(store.load(), persona, cas=cas, pairs=pairs))
            return
        image = self._maker.make(
            persona,
            plan.situation.holder,
            profile_named(card.profile),
            number=_index(card),
            serial=card.number,
            expiry=card.expires,
            cas=cas,
            pairs=pairs,
        )
        FileStore.create(self._lab.paths.card(card.name), image)

    def _bring_up_to_date(self, card: CardRecord, plan: Plan, store: FileStore) -> None:
        holder = plan.request.holder
        if card.medium is Medium.PHONE or holder is None:
            return
        image = self._maker.brought_up_to_date(
            store.load(), self._persona(card.person_id), holder, number=_index(card), expiry=card.expires
        )
        store.commit(image)

    def _keep_persona(self, card: CardRecord) -> None:
        """Beside each card lies whom it was made for; the next one of the same person goes by the same text."""
        path = self._lab.paths.persona(card.name)
        if not path.exists():
            write_atomically(path, self._persona(card.person_id).source.encode())

    def _persona(self, person_id: str) -> Persona:
        for card in reversed(self._register.cards(person_id=person_id)):
            path = self._lab.paths.persona(card.name)
            if path.exists():
                return parse_persona(read_part(path).decode(), origin=str(path))
        raise LabBrokenError(
            f"no persona lies beside the cards of person {person_id}",
            hint=f"restore the files in {self._lab.paths.cards}, or make another card: mynalab card new",
        )


def _index(card: CardRecord) -> int:
    """Which of the lab's people it is, from 0: the keys of the applications beside JPKI go by that."""
    return int(card.person_id) - 1


def _touched(planned: Plan) -> Iterator[Token]:
    """The cards and phones that will be written to, each once; those that come into being are not there yet."""
    situation = planned.situation
    touched = [wanted.token for wanted in planned.certificates]
    if planned.row.new_record or planned.request.operation is Operation.RESET_PIN:
        touched.append(situation.card)
    seen: set[int] = set()
    for token in touched:
        if token is not None and token.card_id not in seen:
            seen.add(token.card_id)
            yield token
