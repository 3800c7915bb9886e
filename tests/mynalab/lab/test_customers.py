"""Every persona of the library at a bank of the lab: enrolled once; log-in, contract and sweep as its file says."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from jpki.client.errors import CardClientError
from jpki.client.session import CardSession
from jpki.kinds import CaKind
from jpki.registry.interfaces import Register
from jpki.rp import contract, login
from jpki.rp.asks import ASKS
from jpki.rp.customer_login import CustomerLogin
from jpki.rp.customer_signing import CustomerSigning
from jpki.rp.desk import Desk
from jpki.rp.listed import RevokedHandles
from jpki.rp.records import State
from jpki.rp.storage.store import SqlStore
from jpki.rp.sweep import run_sweep
from jpki.rp.vault import Vault
from jpki.verify.crl_index import CrlIndex
from jpki.verify.procedure import SubjectBinding
from jpki.verify.revocation import CrlRevocationCheck
from mynalab.chance import system_random
from mynalab.lab.cards import open_card
from mynalab.lab.create import create_lab
from mynalab.lab.files import read_part
from mynalab.lab.generations import publishing_cas, standing_cas
from mynalab.lab.issue import issue_card
from mynalab.lab.lab import Lab
from mynalab.lab.links import RegisterLatest, RegisterLinks
from mynalab.lab.publish import publish_due_crls
from mynalab.lab.register import open_register
from mynalab.lab.relying_party import anchor_of, trust_store
from mynalab.persona import Persona, load_persona
from mynalab.resources import persona_files
from readers.inprocess import InProcessChannel

DAY = datetime(2026, 11, 20, tzinfo=UTC)
ORIGIN = "https://bank.example"
PERSONAS = [load_persona(name) for name in persona_files()]
BOTH_KINDS = (CaKind.SIGN, CaKind.AUTH)

# Persona → how its signing and its authentication certificate come out of the sweep. None: it has none.
# Certificates that begin later, cards that have ended and blocked PINs are no revocation: good, as far as lists go.
SWEPT: dict[str, tuple[State | None, State | None]] = {
    "moved": (State.REVOKED, State.GOOD),
    "held": (State.HELD, State.HELD),
    "blocked-and-held": (State.HELD, State.HELD),
    "held-then-revoked": (State.REVOKED, State.REVOKED),
    "superseded": (State.REVOKED, State.REVOKED),
    "deceased": (State.REVOKED, State.REVOKED),
    "revoked-affiliation-changed": (State.REVOKED, State.REVOKED),
    "revoked-ca-compromise": (State.REVOKED, State.REVOKED),
    "revoked-cessation": (State.REVOKED, State.REVOKED),
    "revoked-key-compromise": (State.REVOKED, State.REVOKED),
    "revoked-unspecified": (State.REVOKED, State.REVOKED),
    "certificate-expired": (State.EXPIRED, State.EXPIRED),
    "card-expired": (State.EXPIRED, State.EXPIRED),
    "authentication-only": (None, State.GOOD),
    "child": (None, State.GOOD),
    "without-certificates": (None, None),
}
GOOD = (State.GOOD, State.GOOD)


class LabBank:
    """A bank whose customers are all personas, as though they had enrolled when their certificates were new."""

    def __init__(self, lab: Lab, register: Register, store: SqlStore) -> None:
        self.lab = lab
        self.register = register
        publish_due_crls(lab, now=DAY)
        self.lists = [read_part(lab.paths.crl(ca.label)) for ca in publishing_cas(lab, DAY)]
        self.desk = Desk(
            origin=ORIGIN,
            trust=trust_store(lab),
            revocation=CrlRevocationCheck(self.lists),
            store=store,
            vault=Vault(bytes(32)),
            links=RegisterLinks(register),
        )
        for persona in PERSONAS:
            self._enter(persona.name)

    def _enter(self, name: str) -> None:
        records = self.register.certificates(card=name)
        with self.desk.store.unit() as unit:
            unit.add_customer(name, at=DAY)
            for kind in BOTH_KINDS:
                of_kind = [one for one in records if one.id.kind is kind]
                if of_kind:
                    newest = max(of_kind, key=lambda one: one.id.serial)
                    unit.bind(
                        name,
                        kind,
                        handle=self.desk.vault.handle(kind, SubjectBinding(newest.key_id, newest.id.serial)),
                        authority=self.desk.vault.authority(kind, newest.key_id),
                        bond=b"enrolled",
                        not_after=newest.not_after,
                        at=DAY,
                    )

    def log_in(self, channel: Any, persona: Persona) -> Any:
        ceremony = CustomerLogin(self.desk)
        challenge, pending = ceremony.begin(DAY, system_random)
        session = CardSession.open(channel)
        response = login.answer(challenge, session, pin=persona.authentication_pin, origin=ORIGIN, now=DAY)
        return ceremony.complete(pending, response, DAY)

    def sign(self, channel: Any, persona: Persona) -> Any:
        ceremony = CustomerSigning(self.desk)
        request, pending = ceremony.begin("契約", DAY, system_random)
        session = CardSession.open(channel)
        response = contract.answer(request, session, pin=persona.signature_pin, origin=ORIGIN, now=DAY)
        return ceremony.complete(pending, response, DAY, system_random)


@pytest.fixture(scope="module")
def bank(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LabBank]:
    directory = tmp_path_factory.mktemp("bank")
    lab = create_lab(directory / "lab", now=DAY, seed="personas")
    for persona in PERSONAS:
        issue_card(lab, name=persona.name, persona=persona, now=DAY)
    with open_register(lab) as register, SqlStore(directory / "customers.db") as store:
        yield LabBank(lab, register, store)


@dataclass(frozen=True)
class Swept:
    """Who is not good, and what to do about whom: the code of the finding."""

    states: dict[tuple[str, CaKind], State]
    findings: dict[str, str]


@pytest.fixture(scope="module")
def swept(bank: LabBank) -> Swept:
    """One sweep over all."""
    anchors = [anchor_of(bank.lab, ca) for ca in standing_cas(bank.lab)]
    listed = RevokedHandles.of(anchors, [CrlIndex(one) for one in bank.lists], bank.desk.vault, at=DAY)
    found = run_sweep(bank.desk.store, listed, at=DAY, page=7)
    assert found.sweep.is_complete
    with bank.desk.store.reading() as unit:
        states = {(one.user_id, one.kind): one.state for one in unit.snapshots(found.sweep.number)}
    return Swept(states, {one.user_id: one.row.code for one in found.asks})


@pytest.mark.parametrize("persona", PERSONAS, ids=lambda persona: persona.name)
def test_sweep(bank: LabBank, swept: Swept, persona: Persona) -> None:
    with bank.desk.store.reading() as unit:
        bound = {one.kind for one in unit.certificates(persona.name)}
    states = [swept.states.get((persona.name, kind), State.GOOD) if kind in bound else None for kind in BOTH_KINDS]
    assert tuple(states) == SWEPT.get(persona.name, GOOD)
    assert swept.findings.get(persona.name, "rp.sweep.good") == persona.expect["sweep"]


@pytest.mark.parametrize("code", [row.code for row in ASKS])
def test_every_finding_of_the_sweep_has_a_persona(code: str) -> None:
    """But that of somebody of whom no list speaks, which is the lists' trouble and not the person's."""
    assert (code in {one.expect["sweep"] for one in PERSONAS}) is (code != "rp.sweep.no-list")


@pytest.mark.parametrize("deed", ["log_in", "sign"])
@pytest.mark.parametrize("persona", PERSONAS, ids=lambda persona: persona.name)
def test_ceremony(bank: LabBank, persona: Persona, deed: str) -> None:
    with closing(open_card(bank.lab.paths, persona.name)) as card, InProcessChannel(card) as channel:
        try:
            outcome = getattr(bank, deed)(channel, persona)
        except CardClientError as error:
            found = type(error).__name__
        else:
            found = "accepted" if outcome.ok else " ".join(outcome.codes)
            assert outcome.user_id == (persona.name if outcome.ok else None)
    assert found == persona.expect[deed]


def test_the_sweep_has_a_row_for_troubled_personas_alone() -> None:
    assert set(SWEPT) <= {persona.name for persona in PERSONAS}


# A link is known from the moment at which the certificates are issued.
WITH_BOTH = [
    one for one in PERSONAS if None not in SWEPT.get(one.name, GOOD) and one.name != "certificate-not-yet-valid"
]


@pytest.mark.parametrize("persona", WITH_BOTH, ids=lambda persona: persona.name)
def test_the_register_knows_each_pair(bank: LabBank, persona: Persona) -> None:
    records = bank.register.certificates(card=persona.name)
    newest = {
        kind: max((one for one in records if one.id.kind is kind), key=lambda one: one.id.serial) for kind in CaKind
    }
    sign, auth = (SubjectBinding(newest[kind].key_id, newest[kind].id.serial) for kind in BOTH_KINDS)
    assert bank.desk.links.pair(sign, at=DAY) == auth


def test_the_register_knows_nothing_of_others(bank: LabBank) -> None:
    stranger = SubjectBinding(bytes(20), 1)
    assert bank.desk.links.pair(stranger, at=DAY) is None
    assert bank.desk.links.predecessors(CaKind.AUTH, stranger, at=DAY) == []
    assert RegisterLatest(bank.register).latest(stranger, at=DAY) is None
    assert RegisterLatest(bank.register).latest(SubjectBinding(bytes(20), 10**9), at=DAY) is None


@pytest.mark.parametrize("name", ["moved", "held", "superseded", "certificate-expired"])
def test_there_are_no_latest_attributes_without_a_good_certificate(bank: LabBank, name: str) -> None:
    record = max(bank.register.certificates(card=name, kind=CaKind.SIGN), key=lambda one: one.id.serial)
    assert RegisterLatest(bank.register).latest(SubjectBinding(record.key_id, record.id.serial), at=DAY) is None


def test_latest_attributes_of_somebody_in_order(bank: LabBank) -> None:
    (record,) = bank.register.certificates(card="adult-resident", kind=CaKind.SIGN)
    binding = SubjectBinding(record.key_id, record.id.serial)
    found = RegisterLatest(bank.register).latest(binding, at=DAY + timedelta(hours=1))
    assert found is not None
    assert found[0] == binding
    assert found[1] == bank.register.holder(record.person_id, at=DAY).holder.attributes()
