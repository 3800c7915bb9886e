"""GnuTLS' ocsptool believes our answers, and no forged one. It goes by the machine's clock."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from jpki.ca.authority import Authority
from jpki.kinds import CaKind
from jpki.ocsp.faults import OCSP_FAULTS
from jpki.ocsp.request import encode_request
from jpki.ocsp.responder import Responder
from tests.jpki.ocsp.desk import GOOD_SERIAL, HELD_SERIAL, Desk, certificate_of, make_desk

pytestmark = pytest.mark.real_part("ocsptool")
NOW = datetime.now(UTC).replace(microsecond=0)


@pytest.fixture(scope="module")
def desk(authorities: Mapping[CaKind, Authority], make_authority: Callable[..., Authority]) -> Desk:
    return make_desk(authorities, make_authority)


def ocsptool(home: Path, authority: Authority, response: bytes) -> tuple[int, str]:
    (home / "ca.pem").write_bytes(certificate_of(authority).public_bytes(Encoding.PEM))
    (home / "response.der").write_bytes(response)
    done = subprocess.run(
        ["ocsptool", "--verify-response", "--load-trust", "ca.pem", "--infile", "response.der"],
        cwd=home,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def ask(desk: Desk, authority: Authority, serial: int, nonce: bytes | None = None, fault: str | None = None) -> bytes:
    responder = Responder([desk.identity(authority, now=NOW - timedelta(days=3))], desk.register)
    answering = responder if fault is None else OCSP_FAULTS[fault].around(responder, desk.workshop())
    return answering.answer(encode_request([desk.cert_id(serial, authority)], nonce=nonce), at=NOW).der


@pytest.mark.parametrize("generation", ["authorities", "next_generation", "elliptic"])
@pytest.mark.parametrize("kind", CaKind, ids=lambda kind: kind.value)
@pytest.mark.parametrize("nonce", [None, b"n" * 32], ids=["plain", "nonce"])
def test_believed(desk: Desk, tmp_path: Path, generation: str, kind: CaKind, nonce: bytes | None) -> None:
    authority = getattr(desk, generation)[kind]
    status, said = ocsptool(tmp_path, authority, ask(desk, authority, HELD_SERIAL, nonce))
    assert (status, "Verifying OCSP Response: Success." in said) == (0, True)
    assert "Certificate Status: revoked" in said


@pytest.mark.parametrize("fault", ["wrong-signer", "responder-of-the-other-ca", "responder-without-usage"])
def test_not_believed(desk: Desk, tmp_path: Path, fault: str) -> None:
    authority = desk.authorities[CaKind.AUTH]
    _, said = ocsptool(tmp_path, authority, ask(desk, authority, GOOD_SERIAL, fault=fault))
    assert "Verifying OCSP Response: Failure" in said
