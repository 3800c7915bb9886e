"""Certificates for the keys of cards and phones: signed by the CA of the day, by the numbers that the register gave."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from apdu.ports import RandomBytes
from cardsim.personalise import KeyAndCertificate
from jpki.algorithms import RSA_2048, KeyAlgorithm, PublicKey
from jpki.ca.authority import Authority
from jpki.errors import IssueError
from jpki.kinds import CaKind
from jpki.registry.certifying import AuthorityMaker, CertificateOrder, MadeCertificate, entry_of
from jpki.registry.interfaces import Register
from jpki.registry.records import CertificateSigned
from jpki.signer import SoftwareSigner
from mynalab.chance import seeded_random
from mynalab.keysource import KeySource
from mynalab.lab.authorities import KINDS, authority_of
from mynalab.lab.founding import found, keys_of
from mynalab.lab.generations import NEXT_CARDS, LabCa, ca_at, standing_cas
from mynalab.lab.lab import Lab


@dataclass(frozen=True, slots=True, kw_only=True)
class Certified:
    """A key with its certificate, and what the register is to know of it."""

    signed: CertificateSigned
    pair: KeyAndCertificate


class Certifier:
    """The CAs of a lab at work. Opened once, for one certificate or thousands; its files are read once."""

    def __init__(self, lab: Lab, register: Register) -> None:
        self._lab = lab
        self._register = register
        self._cas = standing_cas(lab)
        self._authorities: dict[str, Authority] = {}
        self._desks: dict[KeyAlgorithm, CertifyingDesk] = {}

    @property
    def since(self) -> datetime:
        """Nothing of the past is told from before the CAs."""
        return max(min(ca.not_before for ca in self._cas if ca.kind is kind) for kind in KINDS)

    def authority(self, kind: CaKind, at: datetime, algorithm: KeyAlgorithm = RSA_2048) -> Authority:
        """The CA that issues at a moment; those of the next cards are made when they are first needed."""
        ca = ca_at(self._cas, kind, at, algorithm)
        if ca is None and algorithm is NEXT_CARDS.algorithm:
            found(self._lab, NEXT_CARDS, kind, self._register)
            self._cas = standing_cas(self._lab)
            ca = ca_at(self._cas, kind, at, algorithm)
        if ca is None:
            raise IssueError(f"no generation of the {kind.value} CA had begun by {at:%Y-%m-%dT%H:%M:%SZ}")
        return self._loaded(ca)

    def require_sound(self) -> None:
        """``LabBrokenError`` when the files of any CA that there is are missing or do not fit. Looked at once."""
        for ca in self._cas:
            self._loaded(ca)

    def maker(self, algorithm: KeyAlgorithm) -> CertifyingDesk:
        """What certifies keys of one algorithm, and holds them until they are on their card."""
        if algorithm not in self._desks:
            self._desks[algorithm] = CertifyingDesk(self, self._lab, algorithm)
        return self._desks[algorithm]

    def certify(self, order: CertificateOrder, algorithm: KeyAlgorithm) -> Certified:
        """Give one key of the lab a certificate. Entering it in the register is the caller's part."""
        desk = self.maker(algorithm)
        made = desk.make(order)
        return Certified(
            signed=entry_of(order, made),
            pair=KeyAndCertificate(private_key=desk.take(order.kind, order.serial), certificate=made.certificate_der),
        )

    def _loaded(self, ca: LabCa) -> Authority:
        if ca.label not in self._authorities:
            self._authorities[ca.label] = authority_of(self._lab, ca)
        return self._authorities[ca.label]


class CertifyingDesk:
    """A ``CertificateMaker`` with the lab's keys, which remembers those that it has used."""

    def __init__(self, certifier: Certifier, lab: Lab, algorithm: KeyAlgorithm) -> None:
        self._seed = lab.settings.seed
        self._source: KeySource = keys_of(lab.settings, algorithm)
        self._used: dict[tuple[CaKind, int], bytes] = {}
        self._maker = AuthorityMaker(
            lambda kind, at: certifier.authority(kind, at, algorithm), self, randomness=self._randomness
        )

    def make(self, order: CertificateOrder) -> MadeCertificate:
        """Sign one certificate for a key of the lab."""
        return self._maker.make(order)

    def public_key(self, order: CertificateOrder) -> PublicKey:
        """The key that the serial number leads to: those of successive certificates of a card always differ."""
        key = self._source(2 + len(KINDS) * order.serial + KINDS.index(order.kind))
        self._used[order.kind, order.serial] = key
        return _public_key(key)

    def take(self, kind: CaKind, serial: int) -> bytes:
        """The private key of a certificate that was just made, PKCS #8 DER, once."""
        return self._used.pop((kind, serial))

    def _randomness(self, order: CertificateOrder) -> RandomBytes:
        return seeded_random(self._seed, f"common-name/{order.kind.value}/{order.serial}")


@lru_cache(maxsize=256)  # a pool has fewer
def _public_key(private_key: bytes) -> PublicKey:
    return SoftwareSigner.load(private_key).public_key
