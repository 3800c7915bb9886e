"""Certificates for the keys of a card: signed by the CA of the day, entered in the register."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache

from cardsim.personalise import KeyAndCertificate
from jpki.algorithms import RSA_2048, KeyAlgorithm, PublicKey
from jpki.ca.authority import Authority
from jpki.ca.issue import issue_authentication, issue_signing
from jpki.holder import Holder
from jpki.kinds import CaKind
from jpki.registry.registry import Registry
from jpki.signer import SoftwareSigner
from mynalab.chance import seeded_random
from mynalab.keysource import KeySource
from mynalab.lab.authorities import authority_of
from mynalab.lab.create import keys_of, make_authority
from mynalab.lab.generations import CaId, ca_at, standing_cas
from mynalab.lab.lab import Lab

_HOURS_BETWEEN_REQUEST_AND_ISSUE = 8
"""The real service signs in the night after a request made in the daytime (measured on published certificates)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """For whom certificates are, and how long they may live."""

    holder: Holder
    person_id: str
    card: str
    card_expiry: date
    renewal: bool = False
    algorithm: KeyAlgorithm = RSA_2048
    """Of the card's keys, which decides the CAs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Certified:
    """A key with its certificate, the certificate's number, and the CA's own certificate."""

    serial: int
    pair: KeyAndCertificate
    ca_certificate: bytes


class Certifier:
    """The CAs of a lab at work. Opened once, for one certificate or thousands; its files are read once."""

    def __init__(self, lab: Lab, registry: Registry) -> None:
        self._lab = lab
        self._registry = registry
        self._keys: dict[KeyAlgorithm, KeySource] = {}
        self._authorities: dict[CaId, Authority] = {}
        self._sound = False

    def authority(self, kind: CaKind, at: datetime, algorithm: KeyAlgorithm = RSA_2048) -> Authority:
        """The CA that issues at a moment; one that is not of the present generation is made when first needed."""
        ca = ca_at(self._lab.settings, kind, at, algorithm)
        if ca not in self._authorities:
            self._authorities[ca] = self._load(ca, at)
        return self._authorities[ca]

    def require_sound(self) -> None:
        """``LabBrokenError`` when the files of any CA that there is are missing or do not fit. Looked at once."""
        if self._sound:
            return
        for ca in standing_cas(self._lab):
            if ca not in self._authorities:
                self._authorities[ca] = authority_of(self._lab, ca)
        self._sound = True

    def certify(self, kind: CaKind, request: Request, *, key_number: int, now: datetime) -> Certified:
        """Give one key of the lab a certificate, and enter it in the register."""
        ca = self.authority(kind, now, request.algorithm)
        private_key = self._key(request.algorithm, key_number)
        serial = self._registry.allocate_serial(kind, now=now)
        certificate = self._sign(ca, request, private_key, serial, now)
        self._registry.record_certificate(
            certificate, kind=kind, person_id=request.person_id, card=request.card, now=now
        )
        return Certified(
            serial=serial,
            pair=KeyAndCertificate(private_key=private_key, certificate=certificate),
            ca_certificate=ca.certificate_der,
        )

    def _key(self, algorithm: KeyAlgorithm, number: int) -> bytes:
        if algorithm not in self._keys:
            self._keys[algorithm] = keys_of(self._lab.settings, algorithm)
        return self._keys[algorithm](number)

    def _load(self, ca: CaId, at: datetime) -> Authority:
        if self._lab.paths.ca_certificate(ca.label).exists() or ca == CaId(ca.kind):
            return authority_of(self._lab, ca)
        return make_authority(self._lab, ca, self._registry, now=at)

    def _sign(self, ca: Authority, request: Request, private_key: bytes, serial: int, now: datetime) -> bytes:
        public_key = _public_key(private_key)
        rng = seeded_random(self._lab.settings.seed, f"common-name/{ca.kind.value}/{serial}")
        if ca.kind is CaKind.AUTH:
            return issue_authentication(
                ca,
                holder=request.holder,
                public_key=public_key,
                serial=serial,
                now=now,
                card_expiry=request.card_expiry,
                rng=rng,
                renewal=request.renewal,
            )
        return issue_signing(
            ca,
            holder=request.holder,
            public_key=public_key,
            serial=serial,
            now=now,
            card_expiry=request.card_expiry,
            request_time=now - timedelta(hours=_HOURS_BETWEEN_REQUEST_AND_ISSUE),
            rng=rng,
            renewal=request.renewal,
        )


@lru_cache(maxsize=256)  # a pool has fewer
def _public_key(private_key: bytes) -> PublicKey:
    return SoftwareSigner.load(private_key).public_key
