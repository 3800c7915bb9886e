"""What an operation at the counter does to the cards themselves: new ones, new certificates, new records, PINs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack

from cardsim.card import VirtualCard
from cardsim.personalise import KeyAndCertificate
from cardsim.profiles import profile_named
from cardsim.store import FileStore
from jpki.errors import UnknownEntryError
from jpki.kinds import CaKind
from jpki.registry.interfaces import Register
from jpki.registry.planning import Plan
from jpki.registry.records import CardRecord, CardState, CertificateRecord, Medium
from jpki.registry.request import Operation
from jpki.registry.situation import Token
from mynalab.chance import system_random
from mynalab.errors import CounterArgumentError, LabBrokenError
from mynalab.lab.files import read_part, write_atomically
from mynalab.lab.free_area import FreeAreaDesk
from mynalab.lab.generations import KINDS, ca_at, ca_with_key, standing_cas
from mynalab.lab.lab import Lab
from mynalab.lab.making import CardMaker, algorithm_of_profile
from mynalab.lab.unfinished import Unfinished
from mynalab.persona import Persona, parse_persona
from mynalab.pki_server.counter import Document
from readers.inprocess import InProcessChannel

_WITH_RECORDS = (CardState.MADE, CardState.IN_USE, CardState.SUSPENDED)


class CounterCards:
    """The images of the people at one lab's counter. Hold the cards' lock."""

    def __init__(self, lab: Lab, register: Register) -> None:
        self._lab = lab
        self._register = register
        self._maker = CardMaker(lab)

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

    def keep_persona(self, card_id: int) -> None:
        """Beside each card lies whom it was made for; the next one of the same person goes by the same text."""
        card = self._register.card(card_id)
        path = self._lab.paths.persona(card.name)
        if not path.exists():
            write_atomically(path, self._persona(card.person_id).source.encode())

    def settle(self, person_id: str, stores: Mapping[str, FileStore] | None = None) -> None:
        """Bring a person's cards to where the register is, if an operation on them is unfinished.

        ``stores`` are those that the caller has open; ``StoreLockedError`` for another card in a reader.
        """
        unfinished = Unfinished(self._lab.paths, person_id)
        if not unfinished:
            return
        with ExitStack() as stack:
            opened = _Stores(self._lab, stores or {}, stack)
            for card_id, issued in self._issued(unfinished).items():
                self._certify(self._register.card(card_id), issued, opened)
            if unfinished.has_records:
                self._renew_records(person_id, opened)
        unfinished.end()

    def _issued(self, unfinished: Unfinished) -> dict[int, dict[CertificateRecord, bytes]]:
        """By card the certificates that were issued, with their keys."""
        issued: dict[int, dict[CertificateRecord, bytes]] = {}
        for id_, key in unfinished.keys_kept():
            try:
                certificate = self._register.certificate(id_)
            except UnknownEntryError:
                continue  # the operation was undone: nobody has or will have this certificate
            issued.setdefault(certificate.card_id, {})[certificate] = key
        return issued

    def _certify(self, card: CardRecord, issued: Mapping[CertificateRecord, bytes], stores: _Stores) -> None:
        persona, cas = self._persona(card.person_id), self._cas(card, issued)
        pairs = {
            one.id.kind: KeyAndCertificate(private_key=key, certificate=one.certificate_der)
            for one, key in issued.items()
        }
        store = stores.of(card.name)
        if store is not None:
            store.commit(self._maker.recertified(store.load(), persona, cas=cas, pairs=pairs))
            return
        image = self._maker.make(
            persona,
            self._register.holder_history(card.person_id)[-1].holder,
            profile_named(card.profile),
            number=_index(card),
            serial=card.number,
            expiry=card.expires,
            cas=cas,
            pairs=pairs,
        )
        FileStore.create(self._lab.paths.card(card.name), image)

    def _cas(self, card: CardRecord, issued: Mapping[CertificateRecord, bytes]) -> dict[CaKind, bytes]:
        """The CAs of the certificates; a card without one of them has the certificate of its CA all the same."""
        standing, algorithm = standing_cas(self._lab), algorithm_of_profile(card.profile)
        at = next(iter(issued)).at
        beside = {kind: ca for kind in KINDS if (ca := ca_at(standing, kind, at, algorithm))}
        own = {one.id.kind: ca_with_key(standing, one.key_id) for one in issued}
        return {kind: ca.certificate_der for kind, ca in {**beside, **own}.items()}

    def _renew_records(self, person_id: str, stores: _Stores) -> None:
        newest = self._register.holder_history(person_id)[-1]
        for card in self._register.cards(person_id=person_id, medium=Medium.CARD):
            history = self._register.card_history(card.card_id)
            store = stores.of(card.name) if (history[-1] if history else card).state in _WITH_RECORDS else None
            if store is None:
                continue
            image = self._maker.brought_up_to_date(
                store.load(), self._persona(person_id), newest.holder, number=_index(card), expiry=card.expires
            )
            store.commit(image)

    def _persona(self, person_id: str) -> Persona:
        for card in reversed(self._register.cards(person_id=person_id)):
            path = self._lab.paths.persona(card.name)
            if path.exists():
                return parse_persona(read_part(path).decode(), origin=str(path))
        raise LabBrokenError(
            f"no persona lies beside the cards of person {person_id}",
            hint=f"restore the files in {self._lab.paths.cards}, or make another card: mynalab card new",
        )


class _Stores:
    """The stores of cards by name: those that are open already, and others as they are needed."""

    def __init__(self, lab: Lab, opened: Mapping[str, FileStore], stack: ExitStack) -> None:
        self._lab = lab
        self._opened = dict(opened)
        self._stack = stack

    def of(self, name: str) -> FileStore | None:
        """None for a card that has no image yet, or no more."""
        if name not in self._opened:
            path = self._lab.paths.card(name)
            if not path.exists():
                return None
            self._opened[name] = self._stack.enter_context(FileStore(path))
        return self._opened[name]


def _index(card: CardRecord) -> int:
    """Which of the lab's people it is, from 0: the keys of the applications beside JPKI go by that."""
    return int(card.person_id) - 1


def _touched(planned: Plan) -> Iterator[Token]:
    """The cards and phones that will be written to, each once; those that come into being are not there yet."""
    situation = planned.situation
    touched = [wanted.token for wanted in planned.certificates]
    if planned.row.new_record:
        touched += [situation.card, situation.coming]
    if planned.request.operation is Operation.RESET_PIN:
        touched.append(situation.card)
    seen: set[int] = set()
    for token in touched:
        if token is not None and token.card_id not in seen:
            seen.add(token.card_id)
            yield token
