"""Cards of the next generation in a lab: their CAs come with the first, and the whole life works beside today's."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import SECP384R1, EllipticCurvePublicKey

from apdu.layout import jpki, next_generation
from apdu.layout.text_records import Attributes
from cardsim.store import read_image
from jpki.algorithms import P_384, RSA_2048, KeyAlgorithm
from jpki.client.errors import PinBlockedError, PinFormatError, PinRequiredError
from jpki.client.records import NEXT_FACE, RecordSession
from jpki.kinds import CaKind, RecordPin
from jpki.reasons import RevocationReason
from jpki.registry.registry import Registry
from jpki.verify.crl_index import CrlIndex
from mynalab.errors import LabBrokenError
from mynalab.lab.cards import open_card
from mynalab.lab.create import create_lab
from mynalab.lab.cv import cv_trust
from mynalab.lab.free_area import FreeAreaDesk
from mynalab.lab.generations import KINDS, CaId, Generation, ca_at, issuer_of, standing_cas
from mynalab.lab.issue import issue_card
from mynalab.lab.lab import Lab
from mynalab.lab.publish import publish_crls
from mynalab.lab.relying_party import log_in, sign_contract
from mynalab.lab.revoke import revoke_card
from mynalab.persona import Persona, load_persona
from readers.inprocess import InProcessChannel

NOW = datetime(2026, 11, 20, tzinfo=UTC)
Tree = Callable[[Path], dict[str, bytes]]
kinds = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.value)


@pytest.fixture
def persona() -> Persona:
    return load_persona("adult-resident")


@pytest.fixture
def nina(lab: Lab, persona: Persona) -> Lab:
    """The lab with alice's card of today and nina's of the next generation."""
    issue_card(lab, name="nina", persona=persona, now=NOW, profile="next")
    return lab


@contextmanager
def in_reader(lab: Lab, name: str) -> Iterator[InProcessChannel]:
    with closing(open_card(lab.paths, name)) as card, InProcessChannel(card) as channel:
        yield channel


def login_codes(lab: Lab, name: str, now: datetime = NOW) -> tuple[str, ...]:
    with in_reader(lab, name) as channel:
        return log_in(lab, channel, "1234", now=now).verdict.codes


def signing_codes(lab: Lab, name: str, password: str, now: datetime = NOW) -> tuple[str, ...]:
    with in_reader(lab, name) as channel:
        return sign_contract(lab, channel, password, "契約書", now=now).verdict.codes


def test_a_lab_without_such_a_card_has_no_such_cas(lab: Lab) -> None:
    assert standing_cas(lab) == tuple(CaId(kind) for kind in KINDS)
    assert not list(lab.paths.root.rglob("*next*"))


def test_the_first_card_brings_its_cas_and_the_second_finds_them(nina: Lab, persona: Persona, tree: Tree) -> None:
    assert standing_cas(nina) == tuple(
        CaId(kind, each) for each in (Generation.PRESENT, Generation.NEXT) for kind in KINDS
    )
    before = {name: content for name, content in tree(nina.paths.root).items() if "-next" in name}
    issue_card(nina, name="nora", persona=persona, now=NOW, profile="next")
    after = {name: content for name, content in tree(nina.paths.root).items() if "-next" in name and ".crl" not in name}
    assert after == before
    assert {"ca/sign-next.key", "ca/auth-next.key"} <= set(after)
    assert nina.paths.ca_key("sign-next").stat().st_mode & 0o777 == 0o600


@kinds
def test_certificates_are_of_the_next_cas_and_on_the_card(nina: Lab, kind: CaKind) -> None:
    [issued] = Registry.open(nina.paths.register).certificates(kind=kind, card="nina")
    certificate = x509.load_der_x509_certificate(issued.certificate_der)
    root = x509.load_der_x509_certificate(nina.paths.ca_certificate(f"{kind.value}-next").read_bytes())
    certificate.verify_directly_issued_by(root)
    key = certificate.public_key()
    assert isinstance(key, EllipticCurvePublicKey)
    assert isinstance(key.curve, SECP384R1)
    assert issuer_of(nina.settings, issued) == CaId(kind, Generation.NEXT)
    image = read_image(nina.paths.card("nina")).applications[next_generation.AUTH_AID]
    fids = (jpki.SIGN_CERTIFICATE, jpki.SIGN_CA_CERTIFICATE)
    if kind is CaKind.AUTH:
        fids = (jpki.AUTH_CERTIFICATE, jpki.AUTH_CA_CERTIFICATE)
    assert image.files[fids[0]].startswith(issued.certificate_der)
    assert image.files[fids[1]].startswith(nina.paths.ca_certificate(f"{kind.value}-next").read_bytes())


@kinds
def test_serial_numbers_are_of_one_row_in_all_generations(nina: Lab, kind: CaKind) -> None:
    certificates = Registry.open(nina.paths.register).certificates(kind=kind)
    assert len({issued.id.serial for issued in certificates}) == len(certificates) == 2


def test_log_in_and_signature_are_accepted_beside_today_s(nina: Lab, persona: Persona) -> None:
    assert {name: login_codes(nina, name) for name in ("nina", "alice")} == {"nina": (), "alice": ()}
    password = persona.signature_pin
    assert {name: signing_codes(nina, name, password) for name in ("nina", "alice")} == {"nina": (), "alice": ()}


@pytest.mark.parametrize(("card", "other"), [("nina", "alice"), ("alice", "nina")])
def test_revoked_on_the_list_of_its_own_ca_alone(nina: Lab, persona: Persona, card: str, other: str) -> None:
    revoked = revoke_card(nina, card, kinds=KINDS, reason=RevocationReason.KEY_COMPROMISE, now=NOW)
    suffix = "-next" if card == "nina" else ""
    assert [one.crl for one in revoked] == [nina.paths.crl(f"{kind.value}{suffix}") for kind in KINDS]
    lists = {ca.label: CrlIndex(nina.paths.crl(ca.label).read_bytes()) for ca in standing_cas(nina)}
    wanted = {f"{one.kind.value}{suffix}": [one.serial] for one in revoked}
    assert {
        label: [one.serial for one in revoked if index.entry(one.serial)]
        for label, index in lists.items()
        if len(index)
    } == wanted
    assert login_codes(nina, card) == ("jpki.revocation.revoked",)
    assert signing_codes(nina, card, persona.signature_pin) == ("jpki.revocation.revoked",)
    assert login_codes(nina, other) == ()


def test_certificates_end_with_the_tenth_birthday(nina: Lab) -> None:
    """The card's own tenth birthday is the same day."""
    ends = datetime(2036, 4, 15, 14, 59, 59, tzinfo=UTC)
    assert login_codes(nina, "nina", ends) == ()
    assert login_codes(nina, "nina", ends + timedelta(seconds=1)) == ("jpki.validity.expired",)


def test_the_same_seed_gives_the_same_card_and_lists(tmp_path: Path, persona: Persona, tree: Tree) -> None:
    trees = []
    for name in ("one", "two"):
        made = create_lab(tmp_path / name, now=NOW, seed="again")
        issue_card(made, name="nina", persona=persona, now=NOW, profile="next")
        publish_crls(made, now=NOW)
        trees.append(tree(made.paths.root))
    assert trees[0] == trees[1]
    assert "public/sign-next.crl" in trees[0]


def test_fresh_keys_are_on_the_curve_too(tmp_path: Path, persona: Persona) -> None:
    cards = []
    for name in ("one", "two"):
        made = create_lab(tmp_path / name, now=NOW, seed="again", fresh_keys=True)
        issue_card(made, name="nina", persona=persona, now=NOW, profile="next")
        assert login_codes(made, "nina") == ()
        cards.append(read_image(made.paths.card("nina")).applications[next_generation.AUTH_AID].keys)
    assert cards[0] != cards[1]


def test_a_persona_with_a_past_and_without_a_password(lab: Lab) -> None:
    """A renewal, all of it by the CAs on the curve; and a child's card."""
    renewed = load_persona("renewed")
    issue_card(lab, name="rena", persona=renewed, now=NOW, profile="next")
    issue_card(lab, name="chibi", persona=load_persona("child"), now=NOW, profile="next")
    assert login_codes(lab, "rena") == login_codes(lab, "chibi") == ()
    issued = Registry.open(lab.paths.register).certificates(card="rena")
    assert {issuer_of(lab.settings, one).generation for one in issued} == {Generation.NEXT}
    assert len(issued) == 4
    assert len(CrlIndex(lab.paths.crl("sign-next").read_bytes())) == 1


def test_tries_are_spent_and_given_back_where_the_card_has_its_pins(lab: Lab, persona: Persona) -> None:
    blocked = replace(persona, tries_left={"authentication": 0})
    issue_card(lab, name="nina", persona=blocked, now=NOW, profile="next")
    with pytest.raises(PinBlockedError):
        login_codes(lab, "nina")
    with in_reader(lab, "nina") as channel:
        FreeAreaDesk(lab.settings, channel, rng=bytes).unblock(CaKind.AUTH)
    assert login_codes(lab, "nina") == ()


@pytest.mark.parametrize(
    ("kind", "opened"),
    [
        (RecordPin.REFERENCE, [next_generation.ATTRIBUTES]),
        (CaKind.AUTH, [next_generation.ATTRIBUTES]),
        (CaKind.SIGN, [next_generation.MY_NUMBER, next_generation.ATTRIBUTES]),
    ],
    ids=["reference-number", "pin", "password"],
)
def test_what_our_client_reads_of_the_records(nina: Lab, kind: CaKind | RecordPin, opened: list[int]) -> None:
    pins = read_image(nina.paths.card("nina")).applications[next_generation.AUTH_AID].pins
    secret = pins[NEXT_FACE.pins[kind]].value.decode().lower()  # a password may be typed small
    with in_reader(nina, "nina") as channel:
        session = RecordSession.open(channel, NEXT_FACE)
        with pytest.raises(PinRequiredError):
            session.read(next_generation.ATTRIBUTES)
        session.verify_pin(kind, secret)
        assert list(session.read_signed()) == opened
        assert Attributes.decode(session.read(next_generation.ATTRIBUTES)).name == "見本　花子"
        assert session.tries_left(kind) == pins[NEXT_FACE.pins[kind]].limit


@pytest.mark.parametrize("number", ["12345", "1234567", "12345x"])
def test_what_cannot_be_the_reference_number_is_not_sent(nina: Lab, number: str) -> None:
    with in_reader(nina, "nina") as channel:
        session = RecordSession.open(channel, NEXT_FACE)
        with pytest.raises(PinFormatError, match="照合番号"):
            session.verify_pin(RecordPin.REFERENCE, number)
        assert session.tries_left(RecordPin.REFERENCE) == 10


def test_the_records_have_no_signature_to_check(nina: Lab) -> None:
    with in_reader(nina, "nina") as channel:
        session = RecordSession.open(channel, NEXT_FACE)
        session.verify_pin(CaKind.AUTH, "1234")
        assert session.check(cv_trust(nina)).codes == ("jpki.cv.nothing",)


@pytest.mark.parametrize("part", ["ca/auth-next.key", "public/sign-next-ca.cer"])
def test_a_broken_ca_is_met_before_the_register_hears_of_anything(nina: Lab, persona: Persona, part: str) -> None:
    (nina.paths.root / part).write_bytes(b"garbage")
    before = nina.paths.register.read_bytes()
    with pytest.raises(LabBrokenError, match="-next"):
        issue_card(nina, name="nora", persona=persona, now=NOW, profile="next")
    with pytest.raises(LabBrokenError, match="-next"):
        revoke_card(nina, "nina", kinds=KINDS, reason=RevocationReason.KEY_COMPROMISE, now=NOW)
    assert nina.paths.register.read_bytes() == before


def test_a_root_of_today_in_the_place_of_the_next_is_refused(nina: Lab) -> None:
    nina.paths.ca_certificate("auth-next").write_bytes(nina.paths.ca_certificate("auth").read_bytes())
    with pytest.raises(LabBrokenError, match="auth-next"):
        login_codes(nina, "alice")


@kinds
@pytest.mark.parametrize(
    ("algorithm", "back", "generation"),
    [
        (RSA_2048, timedelta(), Generation.PRESENT),
        (RSA_2048, timedelta(days=366), Generation.EARLIER),
        (P_384, timedelta(), Generation.NEXT),
        (P_384, timedelta(days=366), Generation.NEXT),
    ],
    ids=["present", "earlier", "next", "next-long-ago"],
)
def test_who_issues_when(
    lab: Lab, kind: CaKind, algorithm: KeyAlgorithm, back: timedelta, generation: Generation
) -> None:
    ca = ca_at(lab.settings, kind, NOW - back, algorithm)
    assert ca == CaId(kind, generation)
    assert ca.algorithm is algorithm
    assert ca.since(lab.settings) <= NOW - back


def test_no_two_cas_have_one_key_number() -> None:
    every = [CaId(kind, generation) for kind in KINDS for generation in Generation]
    assert len({(ca.algorithm.name, ca.key_number) for ca in every}) == len({ca.label for ca in every}) == len(every)


@kinds
@pytest.mark.real_part("openssl")
def test_openssl_accepts_what_the_lab_publishes(nina: Lab, tmp_path: Path, kind: CaKind) -> None:
    publish_crls(nina, now=NOW)
    [issued] = Registry.open(nina.paths.register).certificates(kind=kind, card="nina")
    (tmp_path / "ee.der").write_bytes(issued.certificate_der)
    root, crl = nina.paths.ca_certificate(f"{kind.value}-next"), nina.paths.crl(f"{kind.value}-next")
    command = (
        *("openssl", "verify", "-x509_strict", "-crl_check", "-attime", str(int(NOW.timestamp()) + 60)),
        *("-CAfile", f"{root}.pem", "-CRLfile", f"{crl}.pem", "ee.der"),
    )
    ran = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=30, check=False)
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "ee.der: OK\n", "")
