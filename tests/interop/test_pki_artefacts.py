"""openssl and GnuTLS accept everything that a lab's CAs sign, and refuse what is to be refused, for the reason that
there is: every persona's certificates, every generation, full lists and partitions, OCSP in every way of asking.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta

import pytest
from cryptography import x509

from jpki.kinds import CaKind
from tests.interop.artefacts import (
    EARLY,
    EXPIRED,
    GENERATIONS,
    GOOD,
    ISSUED,
    LABELS,
    LIST_KINDS,
    NOW,
    World,
    files,
)

openssl = pytest.mark.real_part("openssl")
gnutls = pytest.mark.real_part("certtool")
every_person = pytest.mark.parametrize(("card", "kind"), ISSUED, ids=[f"{card}-{kind.value}" for card, kind in ISSUED])
every_kind = pytest.mark.parametrize("kind", CaKind, ids=lambda kind: kind.value)
every_ca = pytest.mark.parametrize("label", LABELS)
every_list = pytest.mark.parametrize("list_kind", LIST_KINDS)
AT = ("-attime", str(int(NOW.timestamp())))

# --- what becomes of a certificate, in the words of each program

_OPENSSL_SAYS = {GOOD: "OK", EXPIRED: "10 certificate has expired", EARLY: "9 certificate is not yet valid"}
_REVOKED = "23 certificate revoked"
_CERTTOOL_SAYS = {
    GOOD: "Verified. The certificate is trusted.",
    EXPIRED: "Not verified. The certificate is NOT trusted. The certificate chain uses expired certificate.",
    EARLY: "Not verified. The certificate is NOT trusted. The certificate chain uses not yet valid certificate.",
}
_CERTTOOL_REVOKED = "Not verified. The certificate is NOT trusted. The certificate chain is revoked."
_OCSP_SAYS = {GOOD: "good", EXPIRED: "good", EARLY: "unknown", "unspecified": "revoked"}


def _expected(world: World, names: Iterable[str], says: Callable[[str], str]) -> dict[str, str]:
    return {name: says(world.fates[name]) for name in names}


def by_openssl(fate: str) -> str:
    return _OPENSSL_SAYS.get(fate, _REVOKED)


def by_certtool(fate: str) -> str:
    return _CERTTOOL_SAYS.get(fate, _CERTTOOL_REVOKED)


def by_responder(fate: str) -> str:
    return _OCSP_SAYS.get(fate, f"revoked: {fate}")


def openssl_verify(world: World, name: str, *words: str, cas: str = "cas.pem") -> str:
    """OK, or the number and words of the error. The programs find the generation among CAs of one name."""
    status, said = world.run("openssl", "verify", "-x509_strict", "-CAfile", cas, *words, name)
    if (status, said) == (0, f"{name}: OK\n"):
        return "OK"
    found = re.findall(r"^error (\d+) at \d depth lookup: (.+)$", said, re.MULTILINE)
    return "; ".join(f"{number} {words}" for number, words in found) or said


def certtool_verify(world: World, name: str, *words: str, cas: str = "cas.pem") -> str:
    """The last word of certtool about a chain."""
    status, said = world.run("certtool", "--verify", "--load-ca-certificate", cas, *words, "--infile", name)
    verdict = re.findall(r"^Chain verification output: (.*?)\s*$", said, re.MULTILINE)
    assert (status == 0) is (verdict == [_CERTTOOL_SAYS[GOOD]]), said
    return str(verdict[0])


def has_ended(world: World, name: str) -> bool:
    return _bounds(world, name)[1] < NOW


def _bounds(world: World, name: str) -> tuple[datetime, datetime]:
    certificate = x509.load_der_x509_certificate(world.der(name))
    return certificate.not_valid_before_utc, certificate.not_valid_after_utc


def other_generation(label: str) -> str:
    """Another CA of the same name."""
    kind, dash, rest = label.partition("-")
    return kind + GENERATIONS[GENERATIONS.index(dash + rest) - 1]


# --- certificates


@openssl
@every_person
@every_list
def test_openssl_judges_certificates(world: World, card: str, kind: CaKind, list_kind: str) -> None:
    """All CAs and all lists at hand: the key identifiers and distribution points lead to the right ones."""
    lists = ("-crl_check", "-CRLfile", f"{list_kind}s.pem", *AT)
    purpose = ("-purpose", "smimesign" if kind is CaKind.SIGN else "sslclient")
    names = files(card, kind)
    assert {name: openssl_verify(world, name, *lists, *purpose) for name in names} == _expected(
        world, names, by_openssl
    )


@openssl
@every_kind
def test_openssl_judges_certificates_of_production_shape(production_world: World, kind: CaKind) -> None:
    """Everybody's at once: nothing but names, policies and pointers is different."""
    lists = ("-crl_check", "-CRLfile", "partitions.pem", *AT)
    names = [name for card, its_kind in ISSUED if its_kind is kind for name in files(card, kind)]
    said = {name: openssl_verify(production_world, name, *lists) for name in names}
    assert said == _expected(production_world, names, by_openssl)


@gnutls
@every_person
def test_gnutls_judges_certificates(world: World, card: str, kind: CaKind) -> None:
    """GnuTLS keeps one list for a name, so it gets the list of the generation, not all of them. A certificate
    that has expired is not looked for in a list.
    """
    names = files(card, kind)
    said = {name: certtool_verify(world, name, "--load-crl", f"full-{world.label_of[name]}.pem") for name in names}
    assert said == {name: by_certtool(EXPIRED if has_ended(world, name) else world.fates[name]) for name in names}


@gnutls
@every_person
def test_gnutls_reads_certificates(world: World, card: str, kind: CaKind) -> None:
    """It names every extension, and has nothing to complain about."""
    for name in files(card, kind):
        status, said = world.run("certtool", "--certificate-info", "--infile", name)
        assert status == 0
        assert "Subject Key Identifier (not critical)" in said
        assert not re.search(r"(?i)error|warning|unknown", said)


@openssl
@every_ca
def test_openssl_accepts_ca_certificates(world: World, label: str) -> None:
    """Alone: a root has no authorityKeyIdentifier, so among several of its name the programs take the first."""
    assert openssl_verify(world, f"ca-{label}.pem", "-check_ss_sig", *AT, cas=f"ca-{label}.pem") == "OK"


@gnutls
@every_ca
def test_gnutls_accepts_ca_certificates(world: World, label: str) -> None:
    assert certtool_verify(world, f"ca-{label}.pem", cas=f"ca-{label}.pem") == _CERTTOOL_SAYS[GOOD]


@gnutls
@every_ca
def test_gnutls_accepts_chains(world: World, label: str) -> None:
    """``--verify-chain``: the certificate and its CA in one file, whether it is revoked or not."""
    candidates = [name for name in world.issued_by(label) if world.fates[name] is not EARLY]
    name = min(candidates, key=lambda each: has_ended(world, each))
    (world.home / f"chain-{label}.pem").write_bytes(
        b"".join((world.home / each).read_bytes() for each in (name, f"ca-{label}.pem"))
    )
    status, said = world.run("certtool", "--verify-chain", "--infile", f"chain-{label}.pem")
    ended = has_ended(world, name)
    assert f"Chain verification output: {_CERTTOOL_SAYS[EXPIRED if ended else GOOD]}" in said
    assert (status != 0) is ended


@openssl
@every_ca
def test_openssl_refuses_another_generation(world: World, label: str) -> None:
    name = world.issued_by(label)[0]
    assert openssl_verify(world, name, *AT, cas=f"ca-{other_generation(label)}.pem") == (
        "20 unable to get local issuer certificate"
    )


@gnutls
@every_ca
def test_gnutls_refuses_another_generation(world: World, label: str) -> None:
    said = certtool_verify(world, world.issued_by(label)[0], cas=f"ca-{other_generation(label)}.pem")
    assert said.startswith("Not verified. The certificate is NOT trusted. The certificate issuer is unknown.")


@openssl
@pytest.mark.parametrize("name", ["aged-100-sign-1.pem", "foreign-resident-auth-1.pem", "next-card-sign-1.pem"])
@pytest.mark.parametrize(
    ("end", "seconds", "fate"),
    [(0, -1, EARLY), (0, 0, GOOD), (1, -1, GOOD), (1, 1, EXPIRED)],
    ids=["before-it-begins", "begins", "ends", "after-it-ends"],
)
def test_openssl_sees_the_second_in_which_a_certificate_begins_and_ends(
    world: World, name: str, end: int, seconds: int, fate: str
) -> None:
    """For openssl a certificate has expired in its last second, which RFC 5280 clause 4.1.2.5 still gives to it."""
    moment = _bounds(world, name)[end] + timedelta(seconds=seconds)
    assert openssl_verify(world, name, "-attime", str(int(moment.timestamp()))) == _OPENSSL_SAYS[fate]


# --- lists


@openssl
@every_ca
@every_list
def test_openssl_accepts_lists(world: World, label: str, list_kind: str) -> None:
    said = {
        name: world.run("openssl", "crl", "-verify", "-in", name, "-CAfile", f"ca-{label}.pem", "-noout")
        for name in world.lists(list_kind, label)
    }
    assert said == dict.fromkeys(world.lists(list_kind, label), (0, "verify OK\n"))
    assert said


@openssl
@pytest.mark.parametrize("label", ["sign", "auth"])
def test_openssl_takes_the_partition_of_another_municipality_for_no_answer(world: World, label: str) -> None:
    said = [
        openssl_verify(world, f"teenager-{label}-1.pem", "-crl_check", "-CRLfile", name, *AT)
        for name in world.lists("partition", label)
    ]
    assert sorted(said) == [_REVOKED, "44 different CRL scope"]


# What openssl calls a reason. Of "unspecified" nothing stands in the list (RFC 5280 clause 5.3.1).
_REASONS = {
    "keyCompromise": "Key Compromise",
    "cACompromise": "CA Compromise",
    "affiliationChanged": "Affiliation Changed",
    "superseded": "Superseded",
    "cessationOfOperation": "Cessation Of Operation",
    "certificateHold": "Certificate Hold",
    "unspecified": "",
}


@openssl
@every_ca
@every_list
def test_openssl_reads_in_lists_who_is_revoked_and_why(world: World, label: str, list_kind: str) -> None:
    """Everybody whom this CA has certified, nobody else; each municipality's partition has a part of them."""
    listed: list[tuple[str, str]] = []
    for name in world.lists(list_kind, label):
        _, said = world.run("openssl", "crl", "-in", name, "-noout", "-text")
        for entry in said.partition("\n    Signature Algorithm:")[0].split("    Serial Number: ")[1:]:
            reason = re.search(r"CRL Reason Code: \n +(.+)", entry)
            listed.append((entry.partition("\n")[0], reason[1] if reason else ""))
    revoked = {name: fate for name in world.issued_by(label) if (fate := world.fates[name]) in _REASONS}
    assert sorted(listed) == sorted((serial_in_hex(world, name), _REASONS[fate]) for name, fate in revoked.items())


def serial_in_hex(world: World, name: str) -> str:
    _, said = world.run("openssl", "x509", "-in", name, "-noout", "-serial")
    return said.strip().removeprefix("serial=")


@openssl
@every_ca
def test_openssl_refuses_lists_of_another_generation(world: World, label: str) -> None:
    certificates = f"ca-{other_generation(label)}.pem"
    _, said = world.run("openssl", "crl", "-verify", "-in", f"full-{label}.pem", "-CAfile", certificates, "-noout")
    assert "verify OK" not in said
    lists = ("-crl_check", "-CRLfile", f"full-{other_generation(label)}.pem", *AT)
    assert openssl_verify(world, world.issued_by(label)[0], *lists).startswith("3 unable to get certificate CRL")


@gnutls
@every_ca
@every_list
def test_gnutls_accepts_lists(world: World, label: str, list_kind: str) -> None:
    for name in world.lists(list_kind, label):
        trusted = ("--load-ca-certificate", f"ca-{label}.pem")
        status, said = world.run("certtool", "--verify-crl", *trusted, "--infile", name)
        assert status == 0, said
        assert "Verification output: Verified. The certificate is trusted." in said
        assert not re.search(r"(?i)error|warning", said)
        assert set(re.findall(r"Unknown extension ([\d.]+)", said)) == UNKNOWN_TO_GNUTLS[list_kind].keys()


# What GnuTLS cannot read, by the kind of the list, with the reason why it stays.
UNKNOWN_TO_GNUTLS: Mapping[str, Mapping[str, str]] = {
    "at-once": {},
    "full": {},
    "partition": {
        "2.5.29.28": "issuingDistributionPoint: RFC 5280 clause 5.2.5 demands it of a list with a part of the "
        "certificates; GnuTLS has no code for it, believes the list, and leaves the choice of the list to its user"
    },
}

# --- OCSP


def asking(world: World, label: str, names: Iterable[str]) -> list[str]:
    """openssl's words about certificates of one CA."""
    about = [word for name in names for word in ("-cert", name)]
    return ["openssl", "ocsp", "-CAfile", "cas.pem", "-issuer", f"ca-{label}.pem", *about]


def statuses(said: str) -> dict[str, str]:
    """What openssl prints of each certificate, with the reason."""
    found = re.findall(r"^(\S+\.pem): (\w+)((?:\n\t.*)*)", said, re.MULTILINE)
    reasons = {name: re.search(r"Reason: (\w+)", details) for name, _, details in found}
    return {name: word + (f": {reason[1]}" if (reason := reasons[name]) else "") for name, word, _ in found}


@openssl
@every_ca
@pytest.mark.parametrize("nonce", ["-nonce", "-no_nonce"], ids=["nonce", "plain"])
@pytest.mark.parametrize("digest", ["-sha1", "-sha256"])
def test_openssl_asks_the_responder(world: World, label: str, nonce: str, digest: str) -> None:
    """Every certificate of a CA in one request."""
    names = world.issued_by(label)
    words = asking(world, label, names)
    status, said = world.run(*words[:2], digest, *words[2:], nonce, "-url", world.responder_url(label))
    assert (status, "Response verify OK" in said, "WARNING" in said) == (0, True, False), said
    assert statuses(said) == _expected(world, names, by_responder)


@openssl
@every_ca
def test_openssl_believes_what_get_answers(world: World, label: str) -> None:
    """openssl makes the request and reads the response; it has no GET of its own."""
    names = world.issued_by(label)[-1:]
    request, response = f"get-{label}.req", f"get-{label}.resp"
    assert world.run(*asking(world, label, names), "-no_nonce", "-reqout", request)[0] == 0
    (world.home / response).write_bytes(world.ask_with_get(label, (world.home / request).read_bytes()))
    status, said = world.run(*asking(world, label, names), "-no_nonce", "-respin", response)
    assert (status, "Response verify OK" in said) == (0, True), said
    assert statuses(said) == _expected(world, names, by_responder)


@pytest.mark.real_part("ocsptool")
@every_ca
@pytest.mark.parametrize("nonce", [("--nonce",), ()], ids=["nonce", "plain"])
def test_gnutls_asks_the_responder(world: World, label: str, nonce: tuple[str, ...]) -> None:
    name = world.issued_by(label)[-1]
    status, said = world.run(
        *("ocsptool", f"--ask={world.responder_url(label)}", "--load-issuer", f"ca-{label}.pem", "--load-cert", name),
        *("--load-trust", "cas.pem", *nonce),
    )
    assert (status, "Verifying OCSP Response: Success." in said) == (0, True), said
    word = by_responder(world.fates[name]).partition(":")[0]
    assert f"Certificate Status: {word}" in said
