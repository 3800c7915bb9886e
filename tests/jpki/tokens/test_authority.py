"""A CA at work, its key in memory or on a token: what it signs is accepted alike, by us and by openssl."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from jpki.algorithms import KEY_ALGORITHMS, P_384, RSA_2048, KeyAlgorithm
from jpki.ca.authority import Authority
from jpki.ca.crl import CRL_LIFETIME, CrlEntry, build_crl, write_crl
from jpki.errors import IssueError
from jpki.keys import generate_private_key
from jpki.kinds import CaKind
from jpki.names import Name
from jpki.ocsp.certid import OcspIssuer
from jpki.ocsp.certificate import issue_responder
from jpki.ocsp.identity import ResponderIdentity
from jpki.ocsp.request import encode_request
from jpki.ocsp.responder import Responder
from jpki.ocsp.status import GOOD, CertificateStatus, revoked
from jpki.profiles import TEST, next_generation
from jpki.reasons import RevocationReason
from jpki.signer import Signer, SoftwareSigner
from tests.softhsm import PARTS

# The machine's clock: openssl's OCSP client knows no other.
NOW = datetime.now(UTC).replace(microsecond=0)
BIRTH = NOW - timedelta(days=400)
POINT = Name((("2.5.4.6", "JP"), ("2.5.4.3", "Mihon-shi CRLDP")))
GOOD_SERIAL, LOST_SERIAL = 7, 8


@pytest.fixture(params=KEY_ALGORITHMS, ids=lambda algorithm: algorithm.name)
def algorithm(request: pytest.FixtureRequest) -> KeyAlgorithm:
    """Of the CA's key and of those that it certifies."""
    found: KeyAlgorithm = request.param
    return found


@pytest.fixture(params=["memory", pytest.param("token", marks=pytest.mark.real_part(*PARTS))])
def signer(request: pytest.FixtureRequest, algorithm: KeyAlgorithm) -> Signer:
    """The key of the CA."""
    if request.param == "memory":
        return SoftwareSigner.load(generate_private_key(algorithm))
    found: Signer = request.getfixturevalue("lasting_signers")[algorithm.name]
    return found


@pytest.fixture
def authority(signer: Signer) -> Authority:
    """The CA of authentication certificates."""
    hierarchy = next_generation(TEST) if signer.algorithm is P_384 else TEST
    return Authority.create_root(CaKind.AUTH, hierarchy=hierarchy, signer=signer, serial=1, now=BIRTH)


def entries(count: int) -> list[CrlEntry]:
    return [
        CrlEntry(serial=serial, revoked_at=NOW, reason=RevocationReason.SUPERSEDED) for serial in range(8, 8 + count)
    ]


def root_of(authority: Authority) -> x509.Certificate:
    return x509.load_der_x509_certificate(authority.certificate_der)


def test_its_certificate_is_its_own_and_loads_again(authority: Authority, signer: Signer) -> None:
    root_of(authority).verify_directly_issued_by(root_of(authority))
    loaded = Authority.load(CaKind.AUTH, authority.hierarchy, authority.certificate_der, signer)
    assert (loaded.key_id, loaded.serial) == (authority.key_id, 1)


def test_another_key_is_not_its_own(authority: Authority, algorithm: KeyAlgorithm) -> None:
    stranger = SoftwareSigner.load(generate_private_key(algorithm))
    with pytest.raises(IssueError, match="does not belong to its certificate"):
        Authority.load(CaKind.AUTH, authority.hierarchy, authority.certificate_der, stranger)


@pytest.mark.real_part("openssl")
def test_its_certificates_and_list_satisfy_openssl(
    authority: Authority, issue: Callable[..., bytes], algorithm: KeyAlgorithm, tmp_path: Path
) -> None:
    public_key = SoftwareSigner.load(generate_private_key(algorithm)).public_key
    crl = build_crl(authority, entries=entries(1), number=1, this_update=NOW, next_update=NOW + CRL_LIFETIME)
    (tmp_path / "ca.pem").write_bytes(root_of(authority).public_bytes(Encoding.PEM))
    (tmp_path / "crl.pem").write_bytes(x509.load_der_x509_crl(crl).public_bytes(Encoding.PEM))
    verdicts = {}
    for serial in (GOOD_SERIAL, LOST_SERIAL):
        made = issue(CaKind.AUTH, authority, public_key=public_key, serial=serial, now=NOW)
        (tmp_path / "ee.der").write_bytes(made)
        command = ("openssl", "verify", "-x509_strict", "-crl_check", "-CAfile", "ca.pem", "-CRLfile", "crl.pem")
        done = subprocess.run((*command, "ee.der"), cwd=tmp_path, capture_output=True, text=True, check=False)
        verdicts[serial] = done.returncode, "certificate revoked" in done.stderr
    assert verdicts == {GOOD_SERIAL: (0, False), LOST_SERIAL: (2, True)}


@pytest.mark.parametrize("point", [None, POINT], ids=["full", "partition"])
@pytest.mark.parametrize("count", [0, 1, 9000])
def test_a_list_that_is_streamed_is_signed_by_its_hash(
    authority: Authority, tmp_path: Path, count: int, point: Name | None
) -> None:
    arguments: dict[str, Any] = {"number": 5, "this_update": NOW, "next_update": NOW + CRL_LIFETIME}
    arguments |= {"entries": entries(count), "distribution_point": point}
    assert write_crl(tmp_path / "crl", authority, **arguments) == count
    written, built = (tmp_path / "crl").read_bytes(), build_crl(authority, **arguments)
    lists = [x509.load_der_x509_crl(der) for der in (written, built)]
    assert lists[0].tbs_certlist_bytes == lists[1].tbs_certlist_bytes
    assert all(one.is_signature_valid(authority.signer.public_key) for one in lists)
    deterministic = authority.signer.algorithm is RSA_2048 or isinstance(authority.signer, SoftwareSigner)
    assert (written == built) is deterministic


@dataclass
class Status:
    """What the responder asks: one certificate is good, one was lost."""

    known: Mapping[int, CertificateStatus]

    def status(self, authority_key_id: bytes, serial: int, *, at: datetime) -> CertificateStatus:
        return self.known[serial]

    def version(self) -> int:
        return 1


@pytest.mark.real_part("openssl")
@pytest.mark.parametrize("delegated", [True, False], ids=["delegated", "itself"])
def test_its_answers_satisfy_openssl(
    authority: Authority, algorithm: KeyAlgorithm, tmp_path: Path, delegated: bool
) -> None:
    """RFC 6960 clause 4.2.2.2: a CA delegates, or signs with its own key."""
    since = NOW - timedelta(days=1)
    identity = ResponderIdentity.of_authority(authority)
    if delegated:
        own = SoftwareSigner.load(generate_private_key(algorithm))
        certificate = issue_responder(authority, public_key=own.public_key, serial=50, now=since)
        identity = ResponderIdentity.delegated(authority, certificate, own)
    lost = revoked(since, RevocationReason.KEY_COMPROMISE)
    responder = Responder((identity,), Status({GOOD_SERIAL: GOOD, LOST_SERIAL: lost}))
    issuer = OcspIssuer.of_certificate(root_of(authority))
    request = encode_request([issuer.cert_id(serial) for serial in (GOOD_SERIAL, LOST_SERIAL)])
    (tmp_path / "ca.pem").write_bytes(root_of(authority).public_bytes(Encoding.PEM))
    (tmp_path / "answer.der").write_bytes(responder.answer(request, at=NOW).der)
    asked = [word for serial in (GOOD_SERIAL, LOST_SERIAL) for word in ("-sha1", "-serial", str(serial))]
    command = ("openssl", "ocsp", "-respin", "answer.der", "-CAfile", "ca.pem", "-issuer", "ca.pem", "-no_nonce")
    done = subprocess.run((*command, *asked), cwd=tmp_path, capture_output=True, text=True, check=False)
    states = [line.split(": ")[1] for line in done.stdout.splitlines() if line[:1].isdigit()]
    assert (done.returncode, "Response verify OK" in done.stderr, states) == (0, True, ["good", "revoked"])
