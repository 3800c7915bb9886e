"""The repositories that answer in a fault's stead, with real lists and a real responder: what a verifier sees."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.x509 import ocsp

from jpki.ca.authority import Authority
from jpki.ca.crl import CrlEntry, build_crl, crl_number_at
from jpki.kinds import CaKind
from jpki.names import Name, crl_distribution_point
from jpki.ocsp.certid import OcspIssuer
from jpki.ocsp.certificate import issue_responder
from jpki.ocsp.faults import Workshop
from jpki.ocsp.identity import ResponderIdentity
from jpki.ocsp.request import encode_request
from jpki.ocsp.responder import Responder
from jpki.ocsp.status import GOOD, CertificateStatus
from jpki.reasons import RevocationReason
from jpki.repository.faults.effects import SUBSTITUTES
from jpki.repository.faults.substitutes import substitutes
from jpki.repository.messages import Request, Service
from jpki.repository.names import to_segment
from jpki.repository.repository import Repository
from jpki.repository.sources import PublishedAuthority, PublishedCrl
from jpki.signer import SoftwareSigner

AT = datetime(2026, 4, 1, 0, 30, tzinfo=UTC)
SERIALS = {CaKind.SIGN: 1111, CaKind.AUTH: 2222}


def point(kind: CaKind, municipality: str) -> Name:
    return crl_distribution_point("JPKI-TEST", kind, prefecture="Tokyo", municipality=municipality)


@dataclass(frozen=True)
class RealPublications:
    """One list a CA, with one entry; Minato-ku is a partition of both, Chiyoda-ku of the authentication CA alone."""

    cas: Mapping[CaKind, Authority]

    def authorities(self, *, at: datetime) -> Sequence[PublishedAuthority]:
        return [
            PublishedAuthority(
                label=kind.value,
                kind=kind,
                name=ca.name,
                key_id=ca.key_id,
                certificate_der=ca.certificate_der,
                not_before=ca.not_before,
                not_after=ca.not_after,
            )
            for kind, ca in self.cas.items()
        ]

    def distribution_points(self, authority: PublishedAuthority, *, at: datetime) -> Sequence[Name]:
        municipalities = ("Minato-ku", "Chiyoda-ku") if authority.kind is CaKind.AUTH else ("Minato-ku",)
        return [point(authority.kind, municipality) for municipality in municipalities]

    def crl(
        self, authority: PublishedAuthority, distribution_point: Name | None, *, issued_at: datetime
    ) -> PublishedCrl | None:
        if distribution_point not in (None, *self.distribution_points(authority, at=issued_at)):
            return None
        entry = CrlEntry(
            serial=SERIALS[authority.kind],
            revoked_at=issued_at - timedelta(days=1),
            reason=RevocationReason.CERTIFICATE_HOLD,
        )
        until = issued_at + timedelta(days=2)
        der = build_crl(
            self.cas[authority.kind],
            entries=[entry],
            number=crl_number_at(issued_at),
            this_update=issued_at,
            next_update=until,
            distribution_point=distribution_point,
        )
        return PublishedCrl(der=der, this_update=issued_at, next_update=until)


class AllGood:
    """Everything is good, always."""

    def status(self, authority_key_id: bytes, serial: int, *, at: datetime) -> CertificateStatus:
        return GOOD

    def version(self) -> Hashable:
        return 0


@pytest.fixture
def responder(authorities: Mapping[CaKind, Authority], keys: list[RSAPrivateKey]) -> Responder:
    """A responder with a certificate of each CA."""
    signer = SoftwareSigner(keys[4])
    identities = [
        ResponderIdentity.delegated(
            ca, issue_responder(ca, public_key=signer.public_key, serial=77, now=AT - timedelta(days=3)), signer
        )
        for ca in authorities.values()
    ]
    return Responder(identities, AllGood())


@pytest.fixture
def publications(authorities: Mapping[CaKind, Authority]) -> RealPublications:  # the stub's real sister
    """Real lists."""
    return RealPublications(authorities)


@pytest.fixture
def impostors(
    authorities: Mapping[CaKind, Authority],
    keys: list[RSAPrivateKey],
    responder: Responder,
    publications: RealPublications,
) -> Mapping[str, Service]:
    """A repository a fault."""
    own, foreign = (SoftwareSigner(key) for key in keys[4:6])
    workshop = Workshop(authorities=tuple(authorities.values()), signers=(own,), strangers=(foreign,), source=AllGood())
    return substitutes(publications, dict.fromkeys(CaKind, responder), workshop)


Fetch = Callable[[str, str], bytes]


@pytest.fixture
def fetch(impostors: Mapping[str, Service]) -> Fetch:
    """The body that one of them has at a path."""

    def get(word: str, path: str) -> bytes:
        response = impostors[word].handle(Request(method="GET", path=path), at=AT)
        assert response.status == 200
        return response.body

    return get


def query(authority: Authority, service: Service, serial: int = 2222) -> ocsp.OCSPResponse:
    """A question about one certificate, asked by POST."""
    issuer = OcspIssuer.of_certificate(x509.load_der_x509_certificate(authority.certificate_der))
    request = Request(
        method="POST",
        path=f"/ocsp/{authority.kind.value}",
        headers={"content-type": "application/ocsp-request"},
        body=encode_request([issuer.cert_id(serial)]),
    )
    return ocsp.load_der_ocsp_response(service.handle(request, at=AT).body)


def test_there_is_one_for_every_word(impostors: Mapping[str, Service]) -> None:
    assert set(impostors) == set(SUBSTITUTES)


def listed(body: bytes) -> list[int]:
    return [entry.serial_number for entry in x509.load_der_x509_crl(body)]


def test_list_of_the_other_ca(fetch: Fetch, authorities: Mapping[CaKind, Authority]) -> None:
    crl = x509.load_der_x509_crl(fetch("other-ca", "/crl/auth.crl"))
    assert crl.issuer.public_bytes() == authorities[CaKind.SIGN].name.encode()
    assert [entry.serial_number for entry in crl] == [SERIALS[CaKind.SIGN]]


@pytest.mark.parametrize("municipality", ["Minato-ku", "Chiyoda-ku"])
def test_partition_of_the_other_ca(fetch: Fetch, municipality: str) -> None:
    path = f"/crl/auth/{to_segment(point(CaKind.AUTH, municipality))}"
    assert listed(fetch("other-ca", path)) == [SERIALS[CaKind.SIGN]]


def test_partition_that_is_not_there_is_not_there(impostors: Mapping[str, Service]) -> None:
    path = f"/crl/auth/{to_segment(point(CaKind.AUTH, 'Atlantis'))}"
    assert impostors["other-ca"].handle(Request(method="GET", path=path), at=AT).status == 404


@pytest.mark.parametrize("kind", list(CaKind))
def test_forged_list_has_everything_right_but_its_signature(
    fetch: Fetch, publications: RealPublications, authorities: Mapping[CaKind, Authority], kind: CaKind
) -> None:
    true = Repository(publications, {}).handle(Request(method="GET", path=f"/crl/{kind.value}.crl"), at=AT)
    forged = x509.load_der_x509_crl(fetch("wrong-signer", f"/crl/{kind.value}.crl"))
    expected = x509.load_der_x509_crl(true.body)
    key = x509.load_der_x509_certificate(authorities[kind].certificate_der).public_key()
    assert forged.tbs_certlist_bytes == expected.tbs_certlist_bytes
    assert expected.is_signature_valid(key)  # type: ignore[arg-type]
    assert not forged.is_signature_valid(key)  # type: ignore[arg-type]


def test_responder_without_a_fault_says_good(
    publications: RealPublications, responder: Responder, authorities: Mapping[CaKind, Authority]
) -> None:
    repository = Repository(publications, dict.fromkeys(CaKind, responder))
    response = query(authorities[CaKind.AUTH], repository)
    assert (response.certificate_status, response.serial_number) == (ocsp.OCSPCertStatus.GOOD, 2222)


def test_answer_for_another_certificate(
    impostors: Mapping[str, Service], authorities: Mapping[CaKind, Authority]
) -> None:
    assert query(authorities[CaKind.AUTH], impostors["other-serial"]).serial_number == 2223


def test_answer_of_two_days_ago(impostors: Mapping[str, Service], authorities: Mapping[CaKind, Authority]) -> None:
    response = query(authorities[CaKind.SIGN], impostors["replayed"])
    assert response.this_update_utc == AT - timedelta(days=2)


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("try-later", ocsp.OCSPResponseStatus.TRY_LATER),
        ("internal-error", ocsp.OCSPResponseStatus.INTERNAL_ERROR),
        ("unauthorized", ocsp.OCSPResponseStatus.UNAUTHORIZED),
        ("malformed-request", ocsp.OCSPResponseStatus.MALFORMED_REQUEST),
        ("sig-required", ocsp.OCSPResponseStatus.SIG_REQUIRED),
    ],
)
def test_status_instead_of_an_answer(
    impostors: Mapping[str, Service],
    authorities: Mapping[CaKind, Authority],
    word: str,
    status: ocsp.OCSPResponseStatus,
) -> None:
    assert query(authorities[CaKind.AUTH], impostors[word]).response_status is status


def test_certificate_of_the_responder_has_expired(
    impostors: Mapping[str, Service], authorities: Mapping[CaKind, Authority]
) -> None:
    response = query(authorities[CaKind.AUTH], impostors["expired-responder-certificate"])
    assert all(certificate.not_valid_after_utc < AT for certificate in response.certificates)
