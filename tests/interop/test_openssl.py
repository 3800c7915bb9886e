"""openssl: chain and CRL of the lab's certificates, and CMS signatures through the PKCS #11 engine."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

import pytest

from jpki.kinds import CaKind
from tests.interop.desk import Desk
from tests.interop.pki import KEY_IDS, PINS, TOKENS

pytestmark = pytest.mark.real_part("python:smartcard", "openssl")
KINDS = pytest.mark.parametrize("kind", list(CaKind), ids=lambda kind: kind.value)
REVOKED = "error 23 at 0 depth lookup: certificate revoked"


@KINDS
def test_chain(ready: Desk, kind: CaKind) -> None:
    said = ready.run("openssl", "verify", "-x509_strict", "-CAfile", f"{kind.value}-ca.pem", f"{kind.value}.pem")
    assert said == f"{kind.value}.pem: OK\n"


@KINDS
def test_chain_of_the_other_ca(ready: Desk, kind: CaKind) -> None:
    [other] = set(CaKind) - {kind}
    said = ready.run("openssl", "verify", "-CAfile", f"{other.value}-ca.pem", f"{kind.value}.pem", status=2)
    assert "error 20 at 0 depth lookup: unable to get local issuer certificate" in said


@KINDS
def test_crl_signature(ready: Desk, kind: CaKind) -> None:
    said = ready.run("openssl", "crl", "-in", f"{kind.value}.crl", "-CAfile", f"{kind.value}-ca.pem", "-noout")
    assert said == "verify OK\n"


@KINDS
@pytest.mark.parametrize(("crl", "status"), [(".crl", 0), ("-revoked.crl", 2)], ids=["good", "revoked"])
def test_revocation(ready: Desk, kind: CaKind, crl: str, status: int) -> None:
    name = kind.value
    said = ready.run(
        *("openssl", "verify", "-crl_check", "-CAfile", f"{name}-ca.pem", "-CRLfile", f"{name}{crl}", f"{name}.pem"),
        status=status,
    )
    assert (REVOKED in said) == (status != 0)


@KINDS
@pytest.mark.real_part("/usr/lib/ssl", "opensc-tool")
def test_cms(ready: Desk, pkcs11_module: Path, engine: Path, kind: CaKind) -> None:
    name = kind.value
    (ready.home / "text").write_text("契約書\n")
    # The signing key wants its PIN again for each signature; openssl would ask for it at the terminal.
    (ready.home / "opensc.conf").write_text(
        "app default { framework pkcs15 { pin_cache_ignore_user_consent = true; } }\n"
    )
    key = f"pkcs11:token={quote(TOKENS[kind])};id=%{KEY_IDS[kind]};type=private;pin-value={PINS[kind]}"
    ready.run(
        *("openssl", "cms", "-sign", "-binary", "-nodetach", "-md", "sha256", "-in", "text", "-out", "signed.pem"),
        *("-outform", "PEM", "-signer", f"{name}.pem", "-engine", "pkcs11", "-keyform", "engine", "-inkey", key),
        env={"PKCS11_MODULE_PATH": str(pkcs11_module), "OPENSC_CONF": "opensc.conf"},
    )
    verify = (
        *("openssl", "cms", "-verify", "-binary", "-inform", "PEM", "-in", "signed.pem", "-out", "read"),
        # A log-in certificate is for clientAuth alone, which openssl would refuse for mail.
        *("-purpose", "any", "-crl_check", "-CAfile"),
    )
    for crl in (".crl", "-revoked.crl"):
        trusted = (ready.home / f"{name}-ca.pem").read_text() + (ready.home / f"{name}{crl}").read_text()
        (ready.home / f"trusted{crl}.pem").write_text(trusted)
    ready.run(*verify, "trusted.crl.pem")
    assert (ready.home / "read").read_text() == "契約書\n"
    assert "certificate revoked" in ready.run(*verify, "trusted-revoked.crl.pem", status=4)


@pytest.fixture(scope="session")
def engine() -> Path:
    """OpenSSL's PKCS #11 engine (libp11)."""
    found = list(Path("/usr/lib").glob("*/engines-3/pkcs11.so"))
    if not found:
        pytest.skip("not on this machine: engines-3/pkcs11.so (tools/system-packages.sh says how to install)")
    return found[0]
