"""The card at work: the provider's challenge is signed, judged with the lab's trust and lists, and told whose it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from apdu.errors import LayoutError
from apdu.layout import text
from apdu.layout.digest_info import DIGEST_INFOS
from apdu.layout.text_records import Attributes
from apdu.ports import Channel
from jpki.attributes import HolderAttributes, Sex
from jpki.client.records import TEXT, RecordSession, read_intermediates
from jpki.client.session import CardSession
from jpki.cv.certificate import CvCertificate
from jpki.kinds import CaKind, RecordPin
from jpki.records.verify import verify_text
from jpki.registry.interfaces import Register
from jpki.rp.challenges import MemoryChallengeStore
from jpki.rp.login import LoginCeremony, answer
from jpki.verify.ocsp import OcspRevocationCheck
from jpki.verify.policy import DOCUMENT_SIGNATURE, LOG_IN, Policy, Purpose
from jpki.verify.procedure import CertificateFacts, verify
from jpki.verify.revocation import RevocationCheck
from jpki.verify.schemes import PKCS1_BARE_SHA256, PKCS1_SHA256, MessageDigest
from mynalab.authapp.config import ServiceConfig
from mynalab.authapp.outcomes import CardRefusedError, Trouble, trouble_in
from mynalab.authapp.records import Person
from mynalab.chance import system_random
from mynalab.lab.cv import cv_trust
from mynalab.lab.lab import Lab
from mynalab.lab.links import RegisterLinks
from mynalab.lab.outside import Outside
from mynalab.lab.register import open_register
from mynalab.lab.relying_party import policy_for, trust_store

ATTRIBUTE_SCOPES: Final = frozenset({"name", "address", "birthdate", "gender"})
_RECORDS: Final = (text.ATTRIBUTES, text.INTEGRITY_RECORD, text.CV_CERTIFICATE)
"""The PIN opens the My Number as well, which nobody here may read (番号法 Art. 20): it is left alone."""
_HASH_SIZE: Final = 32
_PREFIX: Final = DIGEST_INFOS["SHA-256"].prefix
_SEX_OF_RECORD: Final = {"1": Sex.MALE, "2": Sex.FEMALE, "0": Sex.UNKNOWN, "9": Sex.NOT_APPLICABLE}


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedData:
    """What the signing key did, for the operator; and whose key it is."""

    person: Person
    certificate: bytes = field(repr=False)
    signature: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ceremonies:
    """What the page does with a card. ``CardRefusedError``, or what a card, reader or lab raises."""

    lab: Lab
    config: ServiceConfig
    clock: Callable[[], datetime]

    def authenticate(
        self, channel: Channel, *, pin: str, text_pin: str, scopes: frozenset[str], acr: frozenset[str], origin: str
    ) -> Person:
        """利用者証明用: the log-in key answers a challenge; for attributes the text application is read first."""
        wanted = scopes & ATTRIBUTE_SCOPES
        now = self.clock()
        attributes = _read_attributes(self.lab, channel, text_pin or pin) if wanted else None
        with open_register(self.lab) as register:
            ceremony = LoginCeremony(
                origin,
                trust=trust_store(self.lab),
                policy=self._policy(LOG_IN, acr, register, now),
                challenges=MemoryChallengeStore(),
            )
            challenge, pending = ceremony.begin(now, system_random)
            response = answer(challenge, CardSession.open(channel), pin=pin, origin=origin, now=now)
            verdict = ceremony.complete(pending, response, now).verdict
            if verdict.certificate is None:
                raise CardRefusedError(trouble_in(verdict))
            handle = handle_of(register, verdict.certificate, at=now)
        claims = {} if attributes is None else self._claims_of_record(attributes, wanted)
        return Person(handle=handle, claims=claims)

    def sign(
        self, channel: Channel, *, password: str, data: bytes, scopes: frozenset[str], acr: frozenset[str]
    ) -> SignedData:
        """署名用: the data is padded as it was given; the attributes are those of the certificate."""
        now = self.clock()
        session = CardSession.open(channel)
        session.verify_pin(CaKind.SIGN, password)
        certificate = session.read_certificate(CaKind.SIGN)
        try:
            signature = session.sign_as_given(CaKind.SIGN, data)
        except ValueError as error:
            raise CardRefusedError(Trouble(code="wrong-key")) from error
        with open_register(self.lab) as register:
            verdict = verify(
                certificate=certificate,
                signature=signature,
                message=MessageDigest(data[-_HASH_SIZE:]),
                trust=trust_store(self.lab),
                policy=self._policy(DOCUMENT_SIGNATURE, acr, register, now, bare=len(data) == _HASH_SIZE),
                now=now,
            )
            facts = verdict.certificate
            if facts is None or facts.attributes is None:
                raise CardRefusedError(trouble_in(verdict))
            handle = handle_of(register, facts, at=now)
        claims = self._claims(facts.attributes, scopes & ATTRIBUTE_SCOPES)
        return SignedData(person=Person(handle=handle, claims=claims), certificate=certificate, signature=signature)

    def _policy(
        self, purpose: Purpose, acr: frozenset[str], register: Register, now: datetime, *, bare: bool = False
    ) -> Policy:
        """By list, as ever; by OCSP when acr_values says so, which is how its name reads."""
        by_list = policy_for(self.lab, purpose, now)
        check: RevocationCheck | None = by_list.revocation
        if "ocsp" in acr:
            check = OcspRevocationCheck(Outside(self.lab, register).transport, rng=system_random)
        if purpose is LOG_IN:
            return Policy(purpose=purpose, revocation=check)
        return Policy(purpose=purpose, revocation=check, schemes=(PKCS1_BARE_SHA256 if bare else PKCS1_SHA256,))

    def _claims_of_record(self, record: Attributes, wanted: frozenset[str]) -> Mapping[str, str]:
        return self._chosen(record.name, record.address, record.birth, _SEX_OF_RECORD[record.sex], wanted)

    def _claims(self, attributes: HolderAttributes, wanted: frozenset[str]) -> Mapping[str, str]:
        birth = attributes.birth_date.encode()[1:]
        return self._chosen(attributes.name, attributes.address, birth, attributes.sex, wanted)

    def _chosen(self, name: str, address: str, birth: str, sex: Sex, wanted: frozenset[str]) -> Mapping[str, str]:
        every = {
            "name": name,
            "address": address,
            "birthdate": birthdate_claim(birth, self.config),
            "gender": gender_claim(sex, self.config),
        }
        return {claim: value for claim, value in every.items() if claim in wanted}


def birthdate_claim(digits: str, config: ServiceConfig) -> str:
    """YYYYMMDD as the configuration wants it; parts that are not known are zeros there, too."""
    try:
        return datetime.strptime(digits, "%Y%m%d").strftime(config.birthdate_format)  # noqa: DTZ007 - a day, no moment
    except ValueError:
        parts = (("%Y", digits[:4]), ("%m", digits[4:6]), ("%d", digits[6:]))
        written = config.birthdate_format
        for letters, value in parts:
            written = written.replace(letters, value)
        return written


def gender_claim(sex: Sex, config: ServiceConfig) -> str:
    """As the configuration writes it."""
    return {
        Sex.MALE: config.gender_male,
        Sex.FEMALE: config.gender_female,
        Sex.UNKNOWN: config.gender_unknown,
        Sex.NOT_APPLICABLE: config.gender_not_applicable,
    }[sex]


def is_signable(data: bytes, config: ServiceConfig) -> bool:
    """A SHA-256 value, or a DigestInfo of one."""
    if len(data) == _HASH_SIZE:
        return True
    return config.digest_info_allowed and data.startswith(_PREFIX) and len(data) == len(_PREFIX) + _HASH_SIZE


def handle_of(register: Register, facts: CertificateFacts, *, at: datetime) -> bytes:
    """What names a person for ever: the first of all her log-in certificates, by the register's links.

    A signing certificate leads there by the one that was issued together with it, or with the first before it. What
    has no such pair (it is of a card without the other key) names itself.
    """
    links = RegisterLinks(register)
    kind, binding = facts.kind, facts.binding
    if kind is CaKind.SIGN:
        chain = (binding, *links.predecessors(kind, binding, at=at))
        pair = next((found for one in reversed(chain) if (found := links.pair(one, at=at))), None)
        kind, binding = (CaKind.AUTH, pair) if pair is not None else (kind, chain[-1])
    earlier = links.predecessors(kind, binding, at=at)
    first = earlier[-1] if earlier else binding
    return kind.value.encode() + first.issuer_key_id + first.serial.to_bytes(8)


def _read_attributes(lab: Lab, channel: Channel, pin: str) -> Attributes:
    """The record of the text application with its signature checked up to the lab's root."""
    intermediates: tuple[CvCertificate, ...] = read_intermediates(channel)
    session = RecordSession.open(channel, TEXT)
    session.verify_pin(RecordPin.TEXT, pin)
    files = {fid: session.read(fid) for fid in _RECORDS}
    verdict = verify_text(files, trust=cv_trust(lab), intermediates=intermediates)
    if text.ATTRIBUTES not in verdict.verified:
        raise CardRefusedError(Trouble(code="attributes-refused", finding=verdict.codes[0] if verdict.codes else ""))
    try:
        return Attributes.decode(files[text.ATTRIBUTES])
    except LayoutError as error:
        raise CardRefusedError(Trouble(code="attributes-refused")) from error
