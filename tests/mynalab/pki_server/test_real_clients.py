"""A register, its CAs, a responder and the server: what ``openssl``, ``curl`` and a browser's cache get from them.

openssl goes by the machine's clock, so the lab's clock is the machine's here.
"""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.ocsp import load_der_ocsp_response

from jpki.ca.authority import Authority
from jpki.kinds import CaKind
from jpki.names import crl_distribution_point
from jpki.ocsp.certid import OcspIssuer
from jpki.ocsp.certificate import issue_responder
from jpki.ocsp.faults import Workshop
from jpki.ocsp.identity import ResponderIdentity
from jpki.ocsp.request import encode_get_path, encode_request
from jpki.ocsp.responder import Responder
from jpki.profiles import TEST
from jpki.reasons import RevocationReason
from jpki.registry.opening import create_register
from jpki.registry.records import CertificateRecord
from jpki.registry.status_source import RegisterStatusSource
from jpki.repository.faults.service import FaultyService
from jpki.repository.faults.substitutes import substitutes
from jpki.repository.messages import Request
from jpki.repository.names import to_segment
from jpki.repository.register_publications import RegisterPublications
from jpki.repository.repository import Repository
from jpki.repository.schedule import crl_moment
from jpki.signer import SoftwareSigner
from mynalab.pki_faults import load_pki_plan
from mynalab.pki_server.app import pki_app
from mynalab.web.server import LoopbackServer
from tests.jpki.registry.town import KEYS, PERSON, Town, bring_into, found

pytestmark = pytest.mark.real_part("openssl", "curl")
NOW = datetime.now(UTC).replace(microsecond=0)
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Bureau:
    """The town, what it publishes, and its certificates as files."""

    town: Town
    repository: Repository
    workshop: Workshop
    publications: RegisterPublications
    responder: Responder
    directory: Path

    def faulty(self, *faults: str) -> FaultyService:
        """The same under a plan."""
        plan = load_pki_plan(faults)
        others = substitutes(self.publications, dict.fromkeys(CaKind, self.responder), self.workshop)
        return FaultyService(self.repository, plan, substitutes=others, known_as=self.repository.known_as)


def label(authority: Authority) -> str:
    return f"{authority.kind.value}-{authority.not_before:%Y}"


@pytest.fixture(scope="module")
def bureau(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bureau]:
    """A person whose signing certificate a move has revoked two days ago; the other one is good."""
    directory = tmp_path_factory.mktemp("bureau")
    with create_register(directory / "register.db") as register:
        town = found(register)
        bring_into(town, "in-use")
        certificates = register.certificates(person_id=PERSON)
        with register.transaction(now=NOW) as unit:
            unit.revoke(
                [each.id for each in certificates if each.id.kind is CaKind.SIGN],
                RevocationReason.AFFILIATION_CHANGED,
                at=NOW - 2 * DAY,
            )
        cas = [authority for kind in CaKind for authority in town.cas[kind]]
        publications = RegisterPublications(register, lambda: cas, label_of=label)
        source, signer, stranger = RegisterStatusSource(register), SoftwareSigner(KEYS[6]), SoftwareSigner(KEYS[7])
        identities = [
            ResponderIdentity.delegated(
                ca,
                issue_responder(ca, public_key=signer.public_key, serial=77, now=NOW - 3 * DAY),
                signer,
            )
            for ca in cas
            if ca.not_before < NOW - 3 * DAY
        ]
        responder = Responder(identities, source)
        workshop = Workshop(authorities=tuple(cas), signers=(signer,), strangers=(stranger,), source=source)
        for record in certificates:
            path = directory / f"{record.id.kind.value}.pem"
            path.write_bytes(_pem(record.certificate_der))
            issuer = town.cas[record.id.kind].with_key(record.key_id)
            (directory / f"{record.id.kind.value}-ca.pem").write_bytes(_pem(issuer.certificate_der))
        yield Bureau(
            town=town,
            repository=Repository(publications, dict.fromkeys(CaKind, responder)),
            workshop=workshop,
            publications=publications,
            responder=responder,
            directory=directory,
        )


def _pem(der: bytes) -> bytes:
    return x509.load_der_x509_certificate(der).public_bytes(Encoding.PEM)


@pytest.fixture(scope="module")
def server(bureau: Bureau) -> Iterator[LoopbackServer]:
    """The bureau without faults."""
    with LoopbackServer(pki_app(bureau.repository, clock=lambda: NOW), port=0) as standing:
        yield standing


Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def run(bureau: Bureau) -> Run:
    """A program in the directory of the certificates; it is not to take longer than ten seconds."""

    def start(*words: object) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            list(map(str, words)), cwd=bureau.directory, capture_output=True, text=True, check=False, timeout=10
        )

    return start


def ocsp(run: Run, kind: str, *where: object, nonce: bool = True) -> subprocess.CompletedProcess[str]:
    words = ["openssl", "ocsp", "-issuer", f"{kind}-ca.pem", "-cert", f"{kind}.pem", "-CAfile", f"{kind}-ca.pem"]
    return run(*words, *where, *(() if nonce else ("-no_nonce",)), "-timeout", "5")


# --- openssl


@pytest.mark.parametrize("nonce", [True, False], ids=["nonce", "no nonce"])
@pytest.mark.parametrize(("kind", "status"), [("sign", "revoked"), ("auth", "good")])
def test_openssl_asks_for_the_status(server: LoopbackServer, run: Run, kind: str, status: str, nonce: bool) -> None:
    done = ocsp(run, kind, "-url", f"{server.url}/ocsp/{kind}", nonce=nonce)
    assert f"{kind}.pem: {status}" in done.stdout
    assert "Response verify OK" in done.stderr
    assert ("Reason: affiliationChanged" in done.stdout) is (kind == "sign")


def test_openssl_reaches_the_url_in_the_certificate_through_the_server_as_its_proxy(
    bureau: Bureau, server: LoopbackServer, run: Run
) -> None:
    url = run("openssl", "x509", "-in", "auth.pem", "-noout", "-ocsp_uri").stdout.strip()
    assert url == TEST.auth_ocsp_uri
    done = ocsp(run, "auth", "-url", f"{url}/", "-proxy", server.url)
    assert "auth.pem: good" in done.stdout


@pytest.mark.parametrize("kind", ["sign", "auth"])
def test_openssl_verifies_with_the_list_that_the_certificate_leads_to(
    bureau: Bureau, server: LoopbackServer, run: Run, kind: str
) -> None:
    """Key identifier and distribution point are read from the certificate; nothing else is known."""
    certificate = x509.load_pem_x509_certificate((bureau.directory / f"{kind}.pem").read_bytes())
    key_id = certificate.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value.key_identifier
    points = certificate.extensions.get_extension_for_class(x509.CRLDistributionPoints).value
    full_name = points[0].full_name
    assert key_id is not None
    assert full_name is not None
    name = full_name[0].value.rfc4514_string().replace(" ", "%20")
    (bureau.directory / "list.crl").unlink(missing_ok=True)
    assert run("curl", "-sf", "-o", "list.crl", f"{server.url}/crl/{key_id.hex()}/{name}").returncode == 0
    done = run("openssl", "verify", "-crl_check", "-CAfile", f"{kind}-ca.pem", "-CRLfile", "list.crl", f"{kind}.pem")
    assert ("certificate revoked" in done.stderr) is (kind == "sign")
    assert (done.returncode == 0) is (kind == "auth")


def test_openssl_reads_the_bundle(server: LoopbackServer, run: Run) -> None:
    run("curl", "-sf", "-o", "all.p7c", f"{server.url}/ca/auth.p7c")
    done = run("openssl", "pkcs7", "-inform", "DER", "-in", "all.p7c", "-print_certs", "-noout")
    assert done.stdout.count("subject=C = JP, O = JPKI-TEST") >= 1


# --- curl


def test_curl_is_spared_what_it_has(server: LoopbackServer, run: Run) -> None:
    url = f"{server.url}/crl/auth-2025.crl"
    first = run("curl", "-sf", "-o", "a.crl", "--etag-save", "a.etag", "-w", "%{http_code} %{size_download}", url)
    again = run("curl", "-sf", "-o", "b.crl", "--etag-compare", "a.etag", "-w", "%{http_code} %{size_download}", url)
    since = run("curl", "-sf", "-o", "c.crl", "-z", "a.crl", "-w", "%{http_code}", url)
    assert first.stdout.startswith("200 ")
    assert again.stdout == "304 0"
    assert since.stdout in ("200", "304")


# --- faults


@pytest.fixture
def under(bureau: Bureau) -> Iterator[Callable[..., str]]:
    """Serve under a plan; answers the URL."""
    servers: list[LoopbackServer] = []

    def start(*faults: str) -> str:
        servers.append(LoopbackServer(pki_app(bureau.faulty(*faults), clock=lambda: NOW), port=0))
        return servers[-1].url

    yield start
    for each in servers:
        each.stop()


# What openssl says under each plan when it asks for the status of the good certificate.
SAID: Mapping[str, str] = {
    "repository-down": "Error querying OCSP responder",
    "forged": "Response Verify Failure",
    "expired-responder": "Response Verify Failure",
    "clock-skew": "WARNING: Status times invalid",
    "moody-responder": "good",
    "unauthorized": "Responder Error: unauthorized (6)",
    "protocol-errors": "Responder Error: malformedrequest (1)",
    "replayed": "no nonce in response",
    "answers-to-another-question": "ERROR: No Status found",
    "responder-without-a-licence": "Response Verify Failure",
    "cut-off": "Error querying OCSP responder",
    "overloaded": "good",
    "wrong-nonce": "Nonce Verify error",
    "try-later": "Responder Error: trylater (3)",
    "internal-error": "Responder Error: internalerror (2)",
    "truncated": "Error querying OCSP responder",
    "stale hours=48": "WARNING: Status times invalid",
    "unavailable": "Error querying OCSP responder",
}


@pytest.mark.parametrize("plan", SAID)
def test_openssl_sees_the_fault(under: Callable[..., str], run: Run, plan: str) -> None:
    done = ocsp(run, "auth", "-url", f"{under(plan)}/ocsp/auth")
    assert SAID[plan].lower() in (done.stdout + done.stderr).lower()


@pytest.mark.parametrize(
    ("plan", "says"),
    [
        ("forged", "CRL signature failure"),
        ("list-of-the-other-ca", "unable to get certificate CRL"),
        ("stale-crl", "CRL has expired"),
        ("clock-skew", "OK"),
        ("skew seconds=172800", "CRL is not yet valid"),
    ],
)
def test_openssl_sees_the_fault_of_a_list(under: Callable[..., str], run: Run, plan: str, says: str) -> None:
    run("curl", "-sf", "-o", "f.crl", f"{under(plan)}/crl/auth-2025.crl")
    done = run("openssl", "verify", "-crl_check", "-CAfile", "auth-ca.pem", "-CRLfile", "f.crl", "auth.pem")
    assert says in done.stdout + done.stderr


@pytest.mark.parametrize(("plan", "status"), [("repository-down", 52), ("cut-off", 18), ("overloaded", 22)])
def test_curl_sees_the_fault(under: Callable[..., str], run: Run, plan: str, status: int) -> None:
    url = under(plan)
    seen = {run("curl", "-sf", "-o", "g.crl", f"{url}/crl/auth-2025.crl").returncode for _ in range(8)}
    assert status in seen


# --- the clock


def test_virtual_clock_moves_everything(bureau: Bureau) -> None:
    """A hold at seven past ten: OCSP says so after a quarter of an hour, the list after the night."""
    day = crl_moment(NOW + 2 * DAY)  # three in the morning, in Japan
    held = day + timedelta(hours=7, minutes=7)
    auth = next(each for each in bureau.town.register.certificates(person_id=PERSON, kind=CaKind.AUTH))
    with bureau.town.register.transaction(now=held) as unit:
        unit.revoke([auth.id], RevocationReason.CERTIFICATE_HOLD)
    moments = [held, held + timedelta(minutes=8), day + DAY - timedelta(seconds=1), day + DAY]
    assert [(_in_ocsp(bureau, auth, at), _is_listed(bureau, auth, at)) for at in moments] == [
        ("GOOD", False),
        ("REVOKED", False),
        ("REVOKED", False),
        ("REVOKED", True),
    ]


def _is_listed(bureau: Bureau, record: CertificateRecord, at: datetime) -> bool:
    name = crl_distribution_point(
        TEST.organization,
        record.id.kind,
        prefecture=record.point.prefecture,
        municipality=record.point.municipality,
    )
    request = Request(method="GET", path=f"/crl/{record.key_id.hex()}/{to_segment(name)}")
    crl: Any = x509.load_der_x509_crl(bureau.repository.handle(request, at=at).body)
    return crl.get_revoked_certificate_by_serial_number(record.id.serial) is not None


def _in_ocsp(bureau: Bureau, record: CertificateRecord, at: datetime) -> str:
    authority = bureau.town.cas[record.id.kind].with_key(record.key_id)
    issuer = OcspIssuer.of_certificate(x509.load_der_x509_certificate(authority.certificate_der))
    path = f"/ocsp/auth/{encode_get_path(encode_request([issuer.cert_id(record.id.serial)]))}"
    response = bureau.repository.handle(Request(method="GET", path=path), at=at)
    return load_der_ocsp_response(response.body).certificate_status.name
