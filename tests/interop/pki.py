"""A small PKI in the lab's shape, and cards made in it: what the programs of these tests are shown."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_private_key,
)

from apdu.ports import RandomBytes
from cardsim.card import VirtualCard
from cardsim.personalise import CardOrder, KeyAndCertificate, personalise
from cardsim.store import MemoryStore
from jpki.attributes import Sex
from jpki.birthdate import BirthDate
from jpki.ca.authority import Authority, CaKind
from jpki.ca.crl import CrlEntry, build_crl
from jpki.ca.issue import issue_authentication, issue_signing
from jpki.holder import Holder
from jpki.profiles import TEST
from jpki.reasons import RevocationReason
from jpki.signer import SoftwareSigner
from mynalab.keysource import pooled_keys

AUTH_PIN = "1234"
SIGN_PIN = "ABC123"
PINS = {CaKind.AUTH: AUTH_PIN, CaKind.SIGN: SIGN_PIN}
AUTH_TOKEN = "JPKI (User Authentication PIN)"
SIGN_TOKEN = "JPKI (Digital Signature PIN)"
TOKENS = {CaKind.AUTH: AUTH_TOKEN, CaKind.SIGN: SIGN_TOKEN}
KEY_IDS = {CaKind.AUTH: "01", CaKind.SIGN: "02"}

# Verifiers outside our reach go by the machine's clock, so the certificates have to be valid by it.
NOW = datetime.now(UTC).replace(microsecond=0)
CARD_EXPIRY = date(NOW.year + 8, 4, 15)
MUNICIPALITY_CODE = "99201"


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """The two key pairs and certificates of one holder."""

    keys: dict[CaKind, RSAPrivateKey]
    certificates: dict[CaKind, bytes]

    def pair(self, kind: CaKind) -> KeyAndCertificate:
        """What goes onto the card."""
        private = self.keys[kind].private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
        return KeyAndCertificate(private_key=private, certificate=self.certificates[kind])

    def serial(self, kind: CaKind) -> int:
        """The serial number of a certificate."""
        return x509.load_der_x509_certificate(self.certificates[kind]).serial_number


@dataclass(frozen=True, slots=True, kw_only=True)
class Pki:
    """Two CAs and two people."""

    authorities: dict[CaKind, Authority]
    people: tuple[Person, Person]

    def card(self, *, profile: str = "C2", person: int = 0) -> VirtualCard:
        """A fresh card, with a serial number of its own."""
        global _cards_made
        _cards_made += 1
        owner = self.people[person]
        order = CardOrder(
            serial=f"{os.getpid() % 10**7:07}{_cards_made:08}",
            profile=profile,
            municipality_code=MUNICIPALITY_CODE,
            card_expiry=CARD_EXPIRY,
            sign=owner.pair(CaKind.SIGN),
            auth=owner.pair(CaKind.AUTH),
            sign_ca=self.authorities[CaKind.SIGN].certificate_der,
            auth_ca=self.authorities[CaKind.AUTH].certificate_der,
            sign_pin=SIGN_PIN,
            auth_pin=AUTH_PIN,
        )
        return VirtualCard(MemoryStore(personalise(order)), rng=counted_bytes("card"))

    def crl(self, kind: CaKind, *, revoked: Iterable[int] = ()) -> bytes:
        """The CRL of this moment, with ``revoked`` as certificates of lost cards."""
        reason = RevocationReason.CERTIFICATE_HOLD
        entries = [CrlEntry(serial=serial, revoked_at=NOW, reason=reason) for serial in revoked]
        return build_crl(
            self.authorities[kind],
            entries=entries,
            number=1,
            this_update=NOW,
            next_update=NOW + timedelta(days=1),
        )

    def write_pem(self, directory: Path, *, person: int = 0) -> None:
        """``sign.pem``, ``sign-ca.pem``, ``sign.crl``, ``sign-revoked.crl``, ``sign.pub`` and the same for ``auth``."""
        for kind in CaKind:
            certificate = x509.load_der_x509_certificate(self.people[person].certificates[kind])
            ca = x509.load_der_x509_certificate(self.authorities[kind].certificate_der)
            good = x509.load_der_x509_crl(self.crl(kind))
            bad = x509.load_der_x509_crl(self.crl(kind, revoked=[certificate.serial_number]))
            for name, part in {
                ".pem": certificate,
                "-ca.pem": ca,
                ".crl": good,
                "-revoked.crl": bad,
            }.items():
                (directory / f"{kind.value}{name}").write_bytes(part.public_bytes(Encoding.PEM))


_cards_made = 0


def make_pki() -> Pki:
    """The same keys every time, from the lab's pool."""
    take = pooled_keys("interop")
    keys = [load_der_private_key(take(number), None) for number in range(6)]
    rsa_keys = [key for key in keys if isinstance(key, RSAPrivateKey)]
    begin = NOW - timedelta(days=1)
    authorities = {
        kind: Authority.create_root(
            kind, hierarchy=TEST, signer=SoftwareSigner(rsa_keys[number]), serial=number + 1, now=begin
        )
        for number, kind in enumerate(CaKind)
    }
    people = (
        _person(authorities, "見本　花子", rsa_keys[2:4], serial=11),
        _person(authorities, "見本　太郎", rsa_keys[4:6], serial=13),
    )
    return Pki(authorities=authorities, people=people)


def _person(authorities: dict[CaKind, Authority], name: str, keys: list[RSAPrivateKey], *, serial: int) -> Person:
    holder = Holder(
        name=name,
        birth_date=BirthDate.of(date(1990, 4, 15)),
        sex=Sex.FEMALE,
        address="見本県見本市中央一丁目２番３号",
        prefecture_romaji="Mihon-ken",
        municipality_romaji="Mihon-shi",
        municipality_code=MUNICIPALITY_CODE,
    )
    sign = issue_signing(
        authorities[CaKind.SIGN],
        holder=holder,
        public_key=keys[0].public_key(),
        serial=serial,
        now=NOW,
        card_expiry=CARD_EXPIRY,
        request_time=NOW,
        rng=counted_bytes(name),
    )
    auth = issue_authentication(
        authorities[CaKind.AUTH],
        holder=holder,
        public_key=keys[1].public_key(),
        serial=serial + 1,
        now=NOW,
        card_expiry=CARD_EXPIRY,
        rng=counted_bytes(name),
    )
    return Person(
        keys={CaKind.SIGN: keys[0], CaKind.AUTH: keys[1]}, certificates={CaKind.SIGN: sign, CaKind.AUTH: auth}
    )


def counted_bytes(label: str) -> RandomBytes:
    """Bytes that ``label`` determines."""
    return lambda count: hashlib.shake_256(label.encode()).digest(count)
