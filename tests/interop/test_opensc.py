"""OpenSC's own tools: the driver is found, certificates are read, PINs are verified, wrong, blocked."""

from __future__ import annotations

from pathlib import Path

import pytest

from apdu.layout.atr import ATRS
from jpki.kinds import CaKind
from tests.interop.desk import Desk, WatchedCard
from tests.interop.pki import AUTH_PIN, SIGN_PIN, Pki

pytestmark = pytest.mark.real_part("python:smartcard", "opensc-tool", "pkcs15-tool", "pkcs15-crypt", "openssl")

VERIFY = {
    CaKind.AUTH: bytes.fromhex("00200080 04 39393939"),
    CaKind.SIGN: bytes.fromhex("00200080 06 5A5A5A5A5A5A"),
}
SELECT_JPKI = bytes.fromhex("00A4040C0AD392F000260100000001")
SELECT_PIN = {CaKind.AUTH: bytes.fromhex("00A4020C020018"), CaKind.SIGN: bytes.fromhex("00A4020C02001B")}
TRIES = {CaKind.AUTH: 3, CaKind.SIGN: 5}


def block(card: WatchedCard, kind: CaKind) -> None:
    """Wrong PINs until there are no tries left."""
    card.reset()
    assert card.process(SELECT_JPKI) == card.process(SELECT_PIN[kind]) == b"\x90\x00"
    answers = [card.process(VERIFY[kind]) for _ in range(TRIES[kind])]
    assert answers[-1] == b"\x63\xc0"
    card.power_off()


@pytest.mark.parametrize("profile", list(ATRS))
def test_driver_is_found_by_every_atr(desk: Desk, pki: Pki, profile: str) -> None:
    card = pki.card(profile=profile)
    desk.insert(card)
    assert desk.run("opensc-tool", "-a").split()[-1] == ATRS[profile].value.hex(":")
    assert desk.run("opensc-tool", "-n").splitlines()[-1] == "jpki"


def test_tool_waits_for_a_card(desk: Desk, card: WatchedCard) -> None:
    with desk.running("opensc-tool", "--wait", "--name") as tool:
        tool.wait_for("Waiting for a card to be inserted...")
        desk.insert(card)
        tool.wait_for("jpki\n")


def test_reader_is_listed_with_its_card(ready: Desk) -> None:
    assert any(
        line.split(maxsplit=2)[1] == "Yes" and line.endswith(ready.reader())
        for line in ready.run("opensc-tool", "-l").splitlines()[2:]
    )


def test_dump(ready: Desk) -> None:
    dump = ready.run("pkcs15-tool", "--dump")
    for expected in (
        "PKCS#15 Card [JPKI]",
        "PIN [User Authentication PIN]",
        "PIN [Digital Signature PIN]",
        "Private RSA Key [User Authentication Key]",
        "Private RSA Key [Digital Signature Key]",
        "X.509 Certificate [User Authentication Certificate]",
        "X.509 Certificate [Digital Signature Certificate]",
    ):
        assert expected in dump


@pytest.mark.parametrize(("certificate_id", "pem"), [("1", "auth.pem"), ("3", "auth-ca.pem"), ("4", "sign-ca.pem")])
def test_free_certificate_is_read(ready: Desk, certificate_id: str, pem: str) -> None:
    ready.run("pkcs15-tool", "--read-certificate", certificate_id, "-o", "read.pem")
    assert (ready.home / "read.pem").read_text() == (ready.home / pem).read_text()


def test_signing_certificate_is_read_with_its_pin(ready: Desk) -> None:
    ready.run(
        *("pkcs15-tool", "--verify-pin", "--auth-id", "2", "--pin", SIGN_PIN),
        *("--read-certificate", "2", "-o", "read.pem"),
    )
    assert (ready.home / "read.pem").read_text() == (ready.home / "sign.pem").read_text()


def test_signing_certificate_is_not_read_without_its_pin(ready: Desk) -> None:
    assert "Certificate read failed" in ready.run("pkcs15-tool", "--read-certificate", "2", status=1)


@pytest.mark.parametrize(("auth_id", "pin"), [("1", AUTH_PIN), ("2", SIGN_PIN)])
def test_right_pin(ready: Desk, auth_id: str, pin: str) -> None:
    ready.run("pkcs15-tool", "--verify-pin", "--auth-id", auth_id, "--pin", pin)


@pytest.mark.parametrize(("auth_id", "pin"), [("1", "9999"), ("2", "ZZZZZZ")])
def test_wrong_pin(ready: Desk, auth_id: str, pin: str) -> None:
    said = ready.run("pkcs15-tool", "--verify-pin", "--auth-id", auth_id, "--pin", pin, status=255)
    assert "PIN code or key incorrect" in said


@pytest.mark.parametrize(("kind", "auth_id", "pin"), [(CaKind.AUTH, "1", AUTH_PIN), (CaKind.SIGN, "2", SIGN_PIN)])
def test_blocked_pin_is_refused_but_the_card_is_bound(
    desk: Desk, card: WatchedCard, kind: CaKind, auth_id: str, pin: str
) -> None:
    block(card, kind)
    desk.insert(card)
    assert "PKCS#15 Card [JPKI]" in desk.run("pkcs15-tool", "--dump")
    said = desk.run("pkcs15-tool", "--verify-pin", "--auth-id", auth_id, "--pin", pin, status=255)
    assert "Reference data not usable" in said  # OpenSC's words for 6984


@pytest.mark.parametrize(("kind", "slot"), [(CaKind.AUTH, 0), (CaKind.SIGN, 1)])
def test_blocked_pin_shows_as_locked(
    desk: Desk, card: WatchedCard, pkcs11_module: Path, kind: CaKind, slot: int
) -> None:
    block(card, kind)
    desk.insert(card)
    listed = desk.run("pkcs11-tool", "--module", pkcs11_module, "-L")
    assert [("user PIN locked" in part) for part in listed.split("\nSlot ")[1:3]] == [slot == 0, slot == 1]


@pytest.mark.parametrize(("kind", "key_id", "pin"), [(CaKind.AUTH, "1", AUTH_PIN), (CaKind.SIGN, "2", SIGN_PIN)])
def test_pkcs15_crypt_signs(ready: Desk, kind: CaKind, key_id: str, pin: str) -> None:
    (ready.home / "digest").write_bytes(bytes(range(32)))
    ready.run(
        *("pkcs15-crypt", "--sign", "--pkcs1", "--sha-256", "--key", key_id, "--pin", pin, "--raw"),
        *("--input", "digest", "--output", "signature"),
    )
    ready.run(
        *("openssl", "pkeyutl", "-verify", "-certin", "-inkey", f"{kind.value}.pem", "-pkeyopt", "digest:sha256"),
        *("-in", "digest", "-sigfile", "signature"),
    )


def test_verified_pin_is_not_inherited_by_the_next_program(ready: Desk, card: WatchedCard) -> None:
    ready.run("pkcs15-tool", "--verify-pin", "--auth-id", "2", "--pin", SIGN_PIN)
    card.wait_until_unpowered()
    assert "Certificate read failed" in ready.run("pkcs15-tool", "--read-certificate", "2", status=1)


def test_next_program_finds_nothing_selected_and_nothing_verified(desk: Desk, card: WatchedCard) -> None:
    """OpenSC selects anew, which by itself takes a PIN back; a program that goes on where another ended does not."""
    desk.insert(card)
    reads = "00 B0 81 00 04\n"  # EF 0001, the certificate for signing, by its short identifier
    (desk.home / "first").write_text(
        f"00 A4 04 0C 0A D3 92 F0 00 26 01 00 00 00 01\n00 20 00 9B 06 {SIGN_PIN.encode().hex(' ')}\n{reads}"
    )
    (desk.home / "second").write_text(reads)
    assert desk.run("scriptor", "-r", desk.reader(), "first").count(" 90 00 : Normal processing.") == 3
    card.wait_until_unpowered()
    assert "90 00 : Normal processing." not in desk.run("scriptor", "-r", desk.reader(), "second")


def test_pin_tries_outlive_the_power(ready: Desk, card: WatchedCard, pkcs11_module: Path) -> None:
    ready.run("pkcs15-tool", "--verify-pin", "--auth-id", "1", "--pin", "9999", status=255)
    card.wait_until_unpowered()
    ready.remove()
    ready.insert(card)
    assert "user PIN count low" in ready.run("pkcs11-tool", "--module", pkcs11_module, "-L")
