"""The negative corpus: each case has exactly its codes, and the other verifiers agree wherever they can see it."""

from __future__ import annotations

import subprocess
import tomllib
import warnings
from datetime import timedelta
from pathlib import Path

import pytest

from jpki import der
from jpki.algorithms import RSA_2048
from jpki.ca.crl import CrlEntry
from jpki.kinds import CaKind
from jpki.reasons import RevocationReason
from jpki.verify.catalogue import CATALOGUE, Step
from jpki.verify.certificate import ReadCertificate, read_certificate
from jpki.verify.general import GeneralPolicy, GeneralVerdict, validate_general
from jpki.verify.procedure import Verdict
from jpki.verify.signed import open_signed
from tests.jpki.verify.conftest import NOW, Bench
from tests.jpki.verify.mutations import MUTATIONS, Shown, good, mutated

FILE = Path(__file__).parents[3] / "fixtures" / "vectors" / "jpki" / "negative.toml"
CASES = tomllib.loads(FILE.read_text("utf-8"))["case"]
BY_ID = {case["id"]: case for case in CASES}
AT_LEAST = 150

every_case = pytest.mark.parametrize("name", BY_ID)
uses_openssl = pytest.mark.real_part("openssl")


def ours(shown: Shown) -> Verdict:
    with warnings.catch_warnings():  # the library that reads a serial number of zero only warns
        warnings.simplefilter("ignore")
        verdict: Verdict = shown.bench.verify(
            shown.certificate(),
            kind=shown.purpose or shown.kind,
            crls=shown.crls,
            signature=shown.signature,
            message=shown.message,
            now=shown.now,
        )
    return verdict


def run(*command: str, at: Path, given: bytes | None = None) -> bool:
    done = subprocess.run(["openssl", *command], cwd=at, input=given, capture_output=True, check=False, timeout=30)
    return done.returncode == 0


def openssl_accepts(shown: Shown, at: Path) -> bool:
    """Path, dates, revocation by ``verify``; the signature by ``dgst``, with the key that it reads itself."""
    (at / "c.der").write_bytes(shown.certificate())
    (at / "r.der").write_bytes(shown.bench.authorities[shown.kind].certificate_der)
    (at / "signature").write_bytes(shown.signature)
    (at / "message").write_bytes(shown.message)
    lists = []
    for number, raw in enumerate(shown.crls):
        (at / f"{number}.der").write_bytes(raw)
        if not run("crl", "-inform", "DER", "-in", f"{number}.der", "-out", f"{number}.pem", at=at):
            continue
        lists += ["-CRLfile", f"{number}.pem"]
    if not run("x509", "-inform", "DER", "-in", "c.der", "-out", "c.pem", at=at):
        return False
    run("x509", "-inform", "DER", "-in", "r.der", "-out", "r.pem", at=at)
    moment = str(int(shown.now.timestamp()))
    options = ["-x509_strict", "-crl_check", "-extended_crl", "-attime", moment, "-CAfile", "r.pem", *lists]
    purpose = ["-purpose", "sslclient"] if shown.kind is CaKind.AUTH else []
    if not run("verify", *options, *purpose, "c.pem", at=at):
        return False
    run("x509", "-in", "c.pem", "-noout", "-pubkey", "-out", "key.pem", at=at)
    return run("dgst", "-sha256", "-verify", "key.pem", "-signature", "signature", "message", at=at)


def by_certvalidator(shown: Shown) -> GeneralVerdict:
    return validate_general(
        shown.certificate(),
        roots=[shown.bench.authorities[shown.kind].certificate_der],
        crls=shown.crls,
        policy=GeneralPolicy(),
        now=shown.now,
    )


def test_there_are_enough() -> None:
    assert len(CASES) == len(BY_ID) >= AT_LEAST


@pytest.mark.parametrize("kind", CaKind, ids=lambda kind: kind.value)
@uses_openssl
def test_all_three_accept_what_the_cases_begin_with(bench: Bench, kind: CaKind, tmp_path: Path) -> None:
    shown = good(bench, kind)
    assert ours(shown).codes == ()
    assert openssl_accepts(shown, tmp_path)
    assert by_certvalidator(shown).ok


@every_case
def test_a_case_has_exactly_its_codes(bench: Bench, name: str) -> None:
    verdict = ours(mutated(bench, BY_ID[name]))
    assert list(verdict.codes) == [f"jpki.{code}" for code in BY_ID[name]["codes"]]
    assert not verdict.ok


@every_case
@uses_openssl
def test_openssl_says_what_the_case_expects(bench: Bench, name: str, tmp_path: Path) -> None:
    accepts = openssl_accepts(mutated(bench, BY_ID[name]), tmp_path)
    assert ("accepts" if accepts else "refuses") == BY_ID[name]["openssl"]


# Codes for what another verifier may accept, and why it does. These lists only shrink.
PROFILE = {
    code.removeprefix("jpki."): "JPKI's profile" for code, rule in CATALOGUE.items() if rule.step is Step.PROFILE
}
BLIND_OPENSSL = PROFILE | {
    "certificate.algorithm": "an AlgorithmIdentifier without its NULL is read",
    "certificate.unreadable": "extensions that it does not use, versions above 3 and bytes behind are not looked at",
    "revocation.crl-algorithm": "an AlgorithmIdentifier without its NULL is read",
    "revocation.crl-critical-extension": "indirect lists are understood there",
    "revocation.crl-no-next-update": "a list without an end never ends",
    "revocation.crl-unreadable": "bytes behind a list and entries that come twice are not looked at",
    "revocation.revoked": "removeFromCRL on a full list takes the entry away",
    "signature.malformed": "its program reads no more bytes than a signature has",
}
BLIND_CERTVALIDATOR = PROFILE | {
    "certificate.algorithm": "an AlgorithmIdentifier without its NULL is read, and one that is only compared",
    "certificate.key-unsupported": "a holder's key is not looked at",
    "certificate.unreadable": "what it does not use is not looked at",
    "path.authority-key-missing": "a name finds the issuer",
    "path.authority-serial-mismatch": "another certificate of the issuer with its name and key would do",
    "path.issuer-not-found": "a name finds the issuer",
    "path.issuer-mismatch": "names are compared without regard to case (RFC 5280 clause 7.1)",
    "path.issuer-expired": "a root's dates are not looked at",
    "path.issuer-not-yet-valid": "a root's dates are not looked at",
    "revocation.crl-algorithm": "an AlgorithmIdentifier without its NULL is read",
    "revocation.crl-critical-extension": "indirect lists are understood there",
    "revocation.crl-no-next-update": "a list without an end never ends",
    "revocation.crl-unreadable": "what it does not use of a list is not looked at",
    "revocation.crl-of-other-ca": "names are compared without regard to case (RFC 5280 clause 7.1)",
    "revocation.crl-of-other-key": "the name finds the list's issuer",
    "revocation.revoked": "removeFromCRL on a full list takes the entry away",
    "signature.invalid": "it was not asked about the holder's signature",
    "signature.malformed": "it was not asked about the holder's signature",
}


@pytest.mark.parametrize("name", [name for name, case in BY_ID.items() if case["openssl"] == "accepts"])
def test_openssl_is_blind_only_to_what_it_does_not_know(name: str) -> None:
    assert set(BY_ID[name]["codes"]) & BLIND_OPENSSL.keys()


@every_case
def test_certvalidator_is_blind_only_to_what_it_does_not_know(bench: Bench, name: str) -> None:
    if by_certvalidator(mutated(bench, BY_ID[name])).ok:
        assert set(BY_ID[name]["codes"]) & BLIND_CERTVALIDATOR.keys()


# --- any byte of a certificate or list changed, then signed by the right CA: nothing is wrong but that byte ---

EVERY = 3
"""Each third byte, which is some of every field."""


@pytest.mark.parametrize("at", range(0, 1_400, EVERY), ids="{:04}".format)
@pytest.mark.parametrize("kind", CaKind, ids=lambda kind: kind.value)
def test_no_changed_byte_passes_here_that_does_not_pass_there(bench: Bench, kind: CaKind, at: int) -> None:
    shown = good(bench, kind)
    certificate = shown.certificate()
    tbs = bytearray(read(certificate).tbs)
    tbs[at % len(tbs)] ^= 1 << at % 7
    shown.on_bytes.append(lambda _: signed(bench, kind, bytes(tbs)))
    agree(ours(shown), by_certvalidator(shown))


@pytest.mark.parametrize("at", range(400), ids="{:04}".format)
def test_no_changed_byte_of_a_list_passes_here_that_does_not_pass_there(bench: Bench, at: int) -> None:
    shown = good(bench, CaKind.AUTH)
    whole = bench.crl(CaKind.AUTH, *LISTED)
    tbs = bytearray(open_signed(whole).tbs)
    tbs[at % len(tbs)] ^= 1 << at % 7
    shown.crls = [signed(bench, CaKind.AUTH, bytes(tbs))]
    agree(ours(shown), by_certvalidator(shown))


LISTED = [
    CrlEntry(serial=number, revoked_at=NOW - timedelta(days=1), reason=RevocationReason.SUPERSEDED)
    for number in (5, 6, 8)
]


def agree(verdict: Verdict, there: GeneralVerdict) -> None:
    """What passes here passes there, and what passes only there fails here for a reason that is known."""
    if verdict.ok:
        assert there.ok, there.message
    elif there.ok:
        assert {code.removeprefix("jpki.") for code in verdict.codes} & BLIND_CERTVALIDATOR.keys()


def signed(bench: Bench, kind: CaKind, tbs: bytes) -> bytes:
    signature = bench.authorities[kind].signer.sign(tbs)
    return der.sequence(tbs, RSA_2048.identifier, der.bit_string(signature))


def read(certificate: bytes) -> ReadCertificate:
    found = read_certificate(certificate)
    assert isinstance(found, ReadCertificate)
    return found


@pytest.mark.parametrize("mutation", MUTATIONS)
def test_every_mutation_is_used(mutation: str) -> None:
    assert any(case["mutation"] == mutation for case in CASES)
