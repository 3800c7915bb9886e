"""A town with one person in a register, three generations of both CAs, a counter, and eyes that look from outside."""

from __future__ import annotations

import base64
import hashlib
import shutil
import sqlite3
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from functools import cache
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp

from apdu.ports import RandomBytes
from jpki.attributes import Sex
from jpki.birthdate import BirthDate
from jpki.ca.authority import Authority
from jpki.ca.crl import CRL_LIFETIME, build_crl
from jpki.ca.encoding import key_identifier
from jpki.ca.generations import Generations
from jpki.holder import Holder
from jpki.keys import load_private_key
from jpki.kinds import CaKind
from jpki.names import crl_distribution_point
from jpki.ocsp.identity import ResponderIdentity
from jpki.ocsp.responder import Responder
from jpki.profiles import TEST
from jpki.registry.certifying import AuthorityMaker, CertificateOrder
from jpki.registry.counter import Counter
from jpki.registry.interfaces import Register
from jpki.registry.lifecycle import TABLE
from jpki.registry.opening import create_register, open_register
from jpki.registry.records import CertificateId, CrlPoint
from jpki.registry.request import Operation, Request
from jpki.registry.rollover import Foundation, begin, rollover
from jpki.registry.status_source import RegisterStatusSource
from jpki.registry.survey import situation_of
from jpki.repository.schedule import crl_moment
from jpki.signer import SoftwareSigner
from jpki.validity import JST

FIXTURES = Path(__file__).parents[3] / "fixtures"
VECTORS = FIXTURES / "vectors" / "registry"
SITUATIONS: Mapping[str, Mapping[str, Any]] = tomllib.loads((VECTORS / "situations.toml").read_text("utf-8"))

PERSON = "000001"
GENERATIONS = tuple(datetime(year, 1, 1, tzinfo=UTC) for year in (2025, 2029, 2033))
FIRST_SERIAL = 41_000

HOLDER = Holder(
    name="見本　花子",
    birth_date=BirthDate.of(date(1990, 4, 15)),
    sex=Sex.FEMALE,
    address="見本県見本市中央一丁目２番３号",
    prefecture_romaji="Mihon-ken",
    municipality_romaji="Mihon-shi",
    municipality_code="99201",
)
_ADDRESSES = ("見本県見本市港町九番", "見本県見本市山手三丁目")
_NEW_HOLDER = (Operation.MOVE, Operation.RENAME, Operation.CORRECT_RECORD, Operation.MOVE_ABROAD)


def pool_keys() -> list[RSAPrivateKey]:
    """Eight keys of the shipped pool: six for the CAs, two for cards."""
    lines = (FIXTURES / "keys" / "rsa2048.txt").read_text("utf-8").splitlines()
    encoded = [line for line in lines if not line.startswith("#")]
    return [load_private_key(base64.b64decode(line)) for line in encoded[:8]]


KEYS = pool_keys()


class PoolKeys:
    """The same two keys for everybody."""

    def public_key(self, order: CertificateOrder) -> RSAPublicKey:
        """The key of that CA's certificates."""
        return KEYS[6 + (order.kind is CaKind.AUTH)].public_key()


def randomness(order: CertificateOrder) -> RandomBytes:
    """Bytes that depend on the serial number alone."""
    return lambda count: hashlib.shake_128(f"{order.kind.value}/{order.serial}".encode()).digest(count)


def at_seven_past_ten(day: date) -> datetime:
    """When everything happens: 10:07 in Japan."""
    return datetime.combine(day, time(10, 7), JST).astimezone(UTC)


def request(operation: Operation, *, address: str = _ADDRESSES[1], born: date | None = None) -> Request:
    """The operation as the first desk of its row is asked for it."""
    holder = replace(holder_born(born), address=address) if operation in _NEW_HOLDER else None
    return Request(operation=operation, desk=TABLE[operation].desks[0], holder=holder, profile="C2")


def holder_born(born: date | None) -> Holder:
    """The specimen person, as old as wanted."""
    return HOLDER if born is None else replace(HOLDER, birth_date=BirthDate.of(born))


@dataclass(frozen=True)
class Town:
    """A register with everybody who works on it."""

    register: Register
    cas: Mapping[CaKind, Generations]

    @property
    def counter(self) -> Counter:
        """With the CAs of the town."""
        maker = AuthorityMaker(lambda kind, now: self.cas[kind].issuing(now), PoolKeys(), randomness=randomness)
        return Counter(self.register, maker)

    def do(self, operation: Operation, now: datetime, **changes: Any) -> None:
        """Perform one operation."""
        self.counter.perform(PERSON, request(operation, **changes), now=now)

    def certificates(self, now: datetime) -> dict[str, CertificateId]:
        """The newest certificates, by where they are: card-sign, coming-auth, phone-sign, …"""
        situation = situation_of(self.register, PERSON, now=now)
        tokens = {"card": situation.card, "coming": situation.coming, "phone": situation.phone}
        return {
            f"{name}-{kind.value}": newest.id
            for name, token in tokens.items()
            for kind in CaKind
            if token is not None and (newest := token.certificate(kind)) is not None
        }

    def in_crl(self, id_: CertificateId, at: datetime, *, partition: bool = False) -> str:
        """What the revocation list that is published at a moment says: a reason, or "good"."""
        record = self.register.certificate(id_)
        authority = self.cas[id_.kind].with_key(record.key_id)
        moment = crl_moment(at)
        point = record.point if partition else None
        der = build_crl(
            authority,
            entries=self.register.crl_entries(id_.kind, at=moment, key_id=record.key_id, point=point),
            number=1,
            this_update=moment,
            next_update=moment + CRL_LIFETIME,
            distribution_point=None if point is None else _point_name(id_.kind, point),
        )
        entry = x509.load_der_x509_crl(der).get_revoked_certificate_by_serial_number(id_.serial)
        if entry is None:
            return "good"
        reasons = [one.value.reason for one in entry.extensions if isinstance(one.value, x509.CRLReason)]
        return reasons[0].value if reasons else "unspecified"

    def in_ocsp(self, id_: CertificateId, at: datetime) -> str:
        """What the OCSP responder says at a moment: a reason, "good" or "unknown"."""
        record = self.register.certificate(id_)
        authority = self.cas[id_.kind].with_key(record.key_id)
        identities = [ResponderIdentity.of_authority(each) for each in self.cas[id_.kind]]
        question = ocsp.OCSPRequestBuilder().add_certificate(
            x509.load_der_x509_certificate(record.certificate_der),
            x509.load_der_x509_certificate(authority.certificate_der),
            hashes.SHA1(),
        )
        responder = Responder(identities, RegisterStatusSource(self.register))
        answer = responder.answer(question.build().public_bytes(Encoding.DER), at=at)
        response = ocsp.load_der_ocsp_response(answer.der)
        if response.certificate_status is not ocsp.OCSPCertStatus.REVOKED:
            return response.certificate_status.name.lower()
        return response.revocation_reason.value if response.revocation_reason else "unspecified"


def _point_name(kind: CaKind, point: CrlPoint) -> Any:
    return crl_distribution_point(TEST.organization, kind, prefecture=point.prefecture, municipality=point.municipality)


def found(register: Register, *, born: date | None = None) -> Town:
    """Three generations of both CAs, and one person."""
    town = Town(register, make_cas(register))
    with register.transaction(now=GENERATIONS[0]) as unit:
        unit.register_person(PERSON, holder_born(born))
    return town


def make_cas(register: Register) -> Mapping[CaKind, Generations]:
    """Both CAs with their generations, entered in the register."""
    cas = {}
    for offset, kind in enumerate(CaKind):
        foundations = [
            Foundation(kind=kind, hierarchy=TEST, signer=SoftwareSigner(KEYS[offset + 2 * number]))
            for number in range(3)
        ]
        first = begin(register, foundations[0], now=GENERATIONS[0], first_serial=FIRST_SERIAL)
        later = [rollover(register, foundations[number], now=GENERATIONS[number]) for number in (1, 2)]
        cas[kind] = Generations(kind, [first, *later])
    return cas


def cas_of(register: Register) -> Mapping[CaKind, Generations]:
    """The CAs of a register that ``make_cas`` has filled."""
    return {
        kind: Generations(kind, [_load(kind, record.certificate_der) for record in register.authorities(kind)])
        for kind in CaKind
    }


@cache
def _load(kind: CaKind, certificate_der: bytes) -> Authority:
    keys = {key_identifier(key.public_key()): key for key in KEYS[:6]}
    key_id = x509.SubjectKeyIdentifier.from_public_key(
        x509.load_der_x509_certificate(certificate_der).public_key()
    ).digest
    return Authority.load(kind, TEST, certificate_der, SoftwareSigner(keys[key_id]))


def asked_at(situation: str) -> datetime:
    """When a person in this situation is asked about."""
    return at_seven_past_ten(SITUATIONS[situation]["asked"])


def born_in(situation: str) -> date | None:
    """When a person in this situation was born, if that is said."""
    told = SITUATIONS[situation]
    return told["born"] if "born" in told else born_in(told["after"]) if "after" in told else None


def bring_into(town: Town, situation: str, *, whole: bool = True) -> None:
    """Do what leads to a situation, from the beginning or from the one before it."""
    told = SITUATIONS[situation]
    if whole and "after" in told:
        bring_into(town, told["after"])
    for day, name in told["steps"]:
        moment = at_seven_past_ten(date.fromisoformat(day))
        town.do(Operation(name), moment, address=_ADDRESSES[0], born=born_in(situation))


class Towns:
    """Register files, one for each situation, made when they are first wanted."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def file(self, situation: str) -> Path:
        """A register with a person in this situation; not to be changed."""
        path = self._directory / f"{situation}.db"
        if not path.exists():
            self._make(path, situation)
        return path

    def copy(self, situation: str, target: Path) -> Path:
        """The same, to be changed at will."""
        shutil.copyfile(self.file(situation), target)
        return target

    def _make(self, path: Path, situation: str) -> None:
        told = SITUATIONS[situation]
        if "after" not in told:
            with create_register(path) as register:
                bring_into(found(register, born=born_in(situation)), situation, whole=False)
            return
        self.copy(told["after"], path)
        with opened(path) as town:
            bring_into(town, situation, whole=False)


@contextmanager
def opened(path: Path) -> Iterator[Town]:
    """The town whose register is in this file."""
    with open_register(path) as register:
        yield Town(register, cas_of(register))


def dump(path: Path) -> str:
    """Every row of every table of a register in a file."""
    with closing(sqlite3.connect(path)) as connection:
        return "\n".join(connection.iterdump())
