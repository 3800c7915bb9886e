"""PKCS #11 clients: OpenSC's pkcs11-tool, PyKCS11, and GnuTLS's p11tool. Signatures are checked by openssl."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from jpki.kinds import CaKind
from tests.interop.desk import Desk
from tests.interop.pki import AUTH_PIN, AUTH_TOKEN, KEY_IDS, PINS, SIGN_PIN, SIGN_TOKEN, TOKENS

pytestmark = pytest.mark.real_part("python:smartcard", "pkcs11-tool", "p11tool", "openssl")

TEXT = "契約書: the parties agree.\n"
KINDS = pytest.mark.parametrize("kind", list(CaKind), ids=lambda kind: kind.value)


@pytest.fixture
def text(ready: Desk) -> Path:
    """Something to sign."""
    path = ready.home / "text"
    path.write_text(TEXT)
    return path


def verify(desk: Desk, kind: CaKind, digest: str = "sha256") -> None:
    """Let openssl check ``signature`` over ``text`` with the key in the certificate."""
    desk.run("openssl", "x509", "-in", f"{kind.value}.pem", "-noout", "-pubkey", "-out", "key.pub")
    said = desk.run("openssl", "dgst", f"-{digest}", "-verify", "key.pub", "-signature", "signature", "text")
    assert said == "Verified OK\n"


def test_both_tokens_are_listed(ready: Desk, pkcs11_module: Path) -> None:
    slots = ready.run("pkcs11-tool", "--module", pkcs11_module, "-L").split("\nSlot ")[1:3]
    for slot, token in zip(slots, (AUTH_TOKEN, SIGN_TOKEN), strict=True):
        assert ready.reader() in slot
        assert f": {token}\n" in slot
        assert "token manufacturer : JPKI\n" in slot
        assert "user PIN" not in slot.split("token flags")[1]  # neither low nor locked


@KINDS
def test_objects_are_listed_after_login(ready: Desk, pkcs11_module: Path, kind: CaKind) -> None:
    listed = ready.run(
        *("pkcs11-tool", "--module", pkcs11_module, "-O", "--login", "--pin", PINS[kind]),
        *("--token-label", TOKENS[kind]),
    )
    objects = [line.split("Object;")[0] for line in listed.splitlines() if "Object;" in line]
    assert "Private Key " in objects
    assert "Certificate " in objects


@KINDS
@pytest.mark.parametrize("digest", ["sha1", "sha256", "sha512"])
def test_pkcs11_tool_signs(ready: Desk, text: Path, pkcs11_module: Path, kind: CaKind, digest: str) -> None:
    ready.run(
        *("pkcs11-tool", "--module", pkcs11_module, "--token-label", TOKENS[kind], "--login", "--pin", PINS[kind]),
        *("--sign", "-m", f"{digest.upper()}-RSA-PKCS", "--id", KEY_IDS[kind], "-i", text, "-o", "signature"),
    )
    verify(ready, kind, digest)


@pytest.mark.parametrize(("kind", "wrong"), [(CaKind.AUTH, "9999"), (CaKind.SIGN, "ZZZZZZ")], ids=["auth", "sign"])
def test_pkcs11_tool_is_refused_with_a_wrong_pin(
    ready: Desk, text: Path, pkcs11_module: Path, kind: CaKind, wrong: str
) -> None:
    said = ready.run(
        *("pkcs11-tool", "--module", pkcs11_module, "--token-label", TOKENS[kind], "--login", "--pin", wrong),
        *("--sign", "-m", "SHA256-RSA-PKCS", "--id", KEY_IDS[kind], "-i", text, "-o", "signature"),
        status=1,
    )
    assert "CKR_PIN_INCORRECT" in said
    assert not (ready.home / "signature").exists()


@KINDS
def test_pkcs11_tool_tests_the_token(ready: Desk, pkcs11_module: Path, kind: CaKind) -> None:
    said = ready.run(
        *("pkcs11-tool", "--module", pkcs11_module, "--token-label", TOKENS[kind], "--login", "--pin", PINS[kind]),
        "--test",
    )
    assert said.endswith("No errors\n")


@KINDS
@pytest.mark.real_part("python:PyKCS11")
def test_pykcs11_signs_twice_in_a_session(ready: Desk, text: Path, pkcs11_module: Path, kind: CaKind) -> None:
    ready.python("pykcs11_sign.py", pkcs11_module, TOKENS[kind], PINS[kind], KEY_IDS[kind], text, "signature")
    verify(ready, kind)


def test_eight_programs_sign_at_once(ready: Desk, text: Path, pkcs11_module: Path) -> None:
    kind = CaKind.AUTH
    sign = (
        *("pkcs11-tool", "--module", pkcs11_module, "--token-label", TOKENS[kind], "--login", "--pin", PINS[kind]),
        *("--sign", "-m", "SHA256-RSA-PKCS", "--id", KEY_IDS[kind], "-i", text, "-o"),
    )
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: ready.run(*sign, f"signature.{number}"), range(8)))
    signatures = {(ready.home / f"signature.{number}").read_bytes() for number in range(8)}
    assert len(signatures) == 1
    (ready.home / "signature").write_bytes(signatures.pop())
    verify(ready, kind)


def test_p11tool_lists_the_tokens(ready: Desk, pkcs11_module: Path) -> None:
    listed = ready.run("p11tool", "--provider", pkcs11_module, "--list-tokens")
    assert f"Label: {AUTH_TOKEN}" in listed
    assert f"Label: {SIGN_TOKEN}" in listed


def test_p11tool_exports_the_certificate(ready: Desk, pkcs11_module: Path) -> None:
    url = f"pkcs11:token={AUTH_TOKEN.replace(' ', '%20')};id=%01;type=cert"
    exported = ready.run("p11tool", "--provider", pkcs11_module, "--export", url)
    pem = (ready.home / "auth.pem").read_text()
    assert pem.strip() in exported


@pytest.mark.parametrize(
    ("token", "key_id", "pin"), [(AUTH_TOKEN, "%01", AUTH_PIN), (SIGN_TOKEN, "%02", SIGN_PIN)], ids=["auth", "sign"]
)
def test_p11tool_tests_signing(ready: Desk, pkcs11_module: Path, token: str, key_id: str, pin: str) -> None:
    url = f"pkcs11:token={token.replace(' ', '%20')};id={key_id};type=private?pin-value={pin}"
    said = ready.run("p11tool", "--provider", pkcs11_module, "--login", "--set-pin", pin, "--test-sign", url)
    assert [line.rpartition("... ")[2] for line in said.splitlines()[-3:]] == ["ok"] * 3  # signed, verified with both
