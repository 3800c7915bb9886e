"""``openssl ocsp`` asks, our responder answers, ``openssl ocsp`` checks: chain, delegation, nonce, times, status.

openssl goes by the machine's clock, so the questions are asked now.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from jpki.ca.authority import Authority
from jpki.kinds import CaKind
from jpki.ocsp.faults import OCSP_FAULTS
from jpki.ocsp.identity import ResponderIdentity
from jpki.ocsp.responder import Answering, Responder, ResponderPolicy
from jpki.ocsp.response import ResponderIdForm
from jpki.ocsp.status import OCSP_PERIOD
from tests.jpki.ocsp.desk import GOOD_SERIAL, HELD_SERIAL, MOVED_SERIAL, NEVER_ISSUED, Desk, make_desk

pytestmark = pytest.mark.real_part("openssl")
NOW = datetime.now(UTC).replace(microsecond=0)
GENERATIONS = ["authorities", "next_generation", "elliptic"]
every_form = pytest.mark.parametrize("form", ResponderIdForm, ids=lambda form: form.value)
every_kind = pytest.mark.parametrize("kind", CaKind, ids=lambda kind: kind.value)


@pytest.fixture(scope="module")
def desk(authorities: Mapping[CaKind, Authority], make_authority: Callable[..., Authority]) -> Desk:
    return make_desk(authorities, make_authority)


class Client:
    """The program in a directory of its own."""

    def __init__(self, home: Path, authority: Authority) -> None:
        self.home = home
        certificate = x509.load_der_x509_certificate(authority.certificate_der)
        (home / "ca.pem").write_bytes(certificate.public_bytes(Encoding.PEM))

    def ask(self, *serials: int, nonce: bool = True, digest: str = "-sha1") -> bytes:
        """The request for these certificates."""
        asked = [part for serial in serials for part in (digest, "-serial", str(serial))]
        flag = "-nonce" if nonce else "-no_nonce"
        self._run("-issuer", "ca.pem", *asked, flag, "-reqout", "request.der")
        return (self.home / "request.der").read_bytes()

    def check(self, response: bytes, *serials: int, digest: str = "-sha1") -> tuple[int, str]:
        """Worst exit code and all words after two looks at the response to the request made last.

        The first compares the nonces; the second says each certificate's status, for which openssl makes up a request
        of its own and has nothing to compare.
        """
        (self.home / "response.der").write_bytes(response)
        common = ("-respin", "response.der", "-CAfile", "ca.pem", "-verify_other", "ca.pem", "-status_age", "3600")
        asked = [part for serial in serials for part in (digest, "-serial", str(serial))]
        looks = [
            self._run("-reqin", "request.der", *common, check=False),
            self._run("-issuer", "ca.pem", *asked, "-no_nonce", *common, check=False),
        ]
        return max(look.returncode for look in looks), "".join(look.stdout + look.stderr for look in looks)

    def _run(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["openssl", "ocsp", *arguments], cwd=self.home, capture_output=True, text=True, timeout=30, check=check
        )


def responder_of(desk: Desk, authority: Authority, form: ResponderIdForm = ResponderIdForm.BY_KEY) -> Responder:
    identity = desk.identity(authority, now=NOW - timedelta(days=3))
    return Responder([identity], desk.register, policy=ResponderPolicy(responder_id=form))


@pytest.mark.parametrize("generation", GENERATIONS)
@every_kind
@every_form
@pytest.mark.parametrize("nonce", [True, False], ids=["nonce", "plain"])
def test_every_generation_is_accepted(
    desk: Desk, tmp_path: Path, generation: str, kind: CaKind, form: ResponderIdForm, *, nonce: bool
) -> None:
    authority = getattr(desk, generation)[kind]
    client = Client(tmp_path, authority)
    serials = (GOOD_SERIAL, HELD_SERIAL, MOVED_SERIAL, NEVER_ISSUED)
    answer = responder_of(desk, authority, form).answer(client.ask(*serials, nonce=nonce), at=NOW)
    status, said = client.check(answer.der, *serials)
    assert status == 0
    assert said.count("Response verify OK") == 2
    assert re.findall(r"(\d+|0x\w+): (\w+)", said) == [
        (str(GOOD_SERIAL), "good"),
        (str(HELD_SERIAL), "revoked"),
        (str(MOVED_SERIAL), "revoked"),
        (str(NEVER_ISSUED), "unknown"),
    ]
    assert "nonce" not in said.lower()


@pytest.mark.parametrize("digest", ["-sha1", "-sha256", "-sha384"])
def test_every_hash(desk: Desk, tmp_path: Path, digest: str) -> None:
    authority = desk.authorities[CaKind.AUTH]
    client = Client(tmp_path, authority)
    answer = responder_of(desk, authority).answer(client.ask(HELD_SERIAL, digest=digest), at=NOW)
    status, said = client.check(answer.der, HELD_SERIAL, digest=digest)
    assert (status, "Reason: certificateHold" in said, "Response verify OK" in said) == (0, True, True)


def test_the_ca_itself(desk: Desk, tmp_path: Path) -> None:
    authority = desk.authorities[CaKind.SIGN]
    client = Client(tmp_path, authority)
    responder = Responder([ResponderIdentity.of_authority(authority)], desk.register)
    status, said = client.check(responder.answer(client.ask(GOOD_SERIAL), at=NOW).der, GOOD_SERIAL)
    assert (status, "Response verify OK" in said, f"{GOOD_SERIAL}: good" in said) == (0, True, True)


NOTICED = {
    "expired-responder-certificate": "certificate has expired",
    "wrong-signer": "signature failure|bad signature",
    "responder-of-the-other-ca": "unable to get local issuer certificate",
    "responder-without-usage": "missing ocspsigning usage",
    "try-later": r"Responder Error: trylater \(3\)",
    "internal-error": r"Responder Error: internalerror \(2\)",
    "unauthorized": r"Responder Error: unauthorized \(6\)",
    "malformed-request": r"Responder Error: malformedrequest \(1\)",
    "sig-required": r"Responder Error: sigrequired \(5\)",
    "other-serial": "ERROR: No Status found",
    "replayed": "Status times invalid",
    "clock-ahead": "Status times invalid",
    "clock-behind": "Status times invalid",
    "wrong-nonce": "Nonce Verify error",
    "no-nonce": "WARNING: no nonce in response",
    "truncated": "Error reading OCSP response",
}
# What openssl lets pass, with the reason; the lab's own verifier notices (test_faults.py).
UNNOTICED = {"responder-without-nocheck": "openssl ocsp does not ask for the status of a responder's certificate"}


def test_every_fault_is_listed() -> None:
    assert NOTICED.keys() | UNNOTICED.keys() == OCSP_FAULTS.keys()


def faulty(desk: Desk, name: str) -> Answering:
    authority = desk.authorities[CaKind.AUTH]
    shop = desk.workshop()
    return OCSP_FAULTS[name].around(responder_of(desk, authority), shop)


@pytest.mark.parametrize(("name", "words"), NOTICED.items(), ids=NOTICED.keys())
def test_openssl_notices_the_fault(desk: Desk, tmp_path: Path, name: str, words: str) -> None:
    client = Client(tmp_path, desk.authorities[CaKind.AUTH])
    answer = faulty(desk, name).answer(client.ask(GOOD_SERIAL), at=NOW)
    _, said = client.check(answer.der, GOOD_SERIAL)
    assert re.search(words, said), said


@pytest.mark.parametrize("name", UNNOTICED)
def test_openssl_lets_it_pass(desk: Desk, tmp_path: Path, name: str) -> None:
    client = Client(tmp_path, desk.authorities[CaKind.AUTH])
    answer = faulty(desk, name).answer(client.ask(GOOD_SERIAL), at=NOW)
    status, said = client.check(answer.der, GOOD_SERIAL)
    assert (status, "Response verify OK" in said) == (0, True)


def test_openssl_prints_what_we_wrote(desk: Desk, tmp_path: Path) -> None:
    """An independent reading of every field."""
    client = Client(tmp_path, desk.authorities[CaKind.AUTH])
    answer = responder_of(desk, desk.authorities[CaKind.AUTH]).answer(client.ask(HELD_SERIAL), at=NOW)
    (tmp_path / "response.der").write_bytes(answer.der)
    said = client._run("-respin", "response.der", "-resp_text", "-noverify").stdout
    for line in ("Cert Status: revoked", "Revocation Reason: certificateHold (0x6)", "OCSP No Check", "OCSP Nonce"):
        assert line in said
    assert OCSP_PERIOD.seconds == 900
