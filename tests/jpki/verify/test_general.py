"""Certificates after RFC 5280: NIST's PKITS and OpenSSL's OCSP cases, and chains meant to hang."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from jpki import der
from jpki.verify.general import (
    MAX_CERTIFICATES,
    GeneralPolicy,
    GeneralVerdict,
    Refusal,
    RevocationMode,
    validate_general,
)
from tests.jpki.verify import public_vectors as public

AT_PKITS = datetime(2022, 5, 1, tzinfo=UTC)
NOW = datetime(2026, 5, 1, tzinfo=UTC)

# NIST's key sizes and hashes are of 2010.
_OLD: dict[str, Any] = {"weak_hashes": frozenset({"md2", "md5"}), "rsa_bits": 1024, "dsa_bits": 1024}

CLASSES = {
    "RevokedError": Refusal.REVOKED,
    "InsufficientRevinfoError": Refusal.REVOCATION_UNKNOWN,
    "StaleRevinfoError": Refusal.REVOCATION_STALE,
}
# Of the other expectations the words → the reason that it is in RFC 5280's terms.
REASONS = {
    "issuer name could not": Refusal.NAME_CHAINING,
    "is not a CA": Refusal.NOT_A_CA,
    "maximum path length": Refusal.PATH_LENGTH,
    "not allowed to sign": Refusal.KEY_USAGE,
    "not all names of": Refusal.NAME_CONSTRAINTS,
    "some names of": Refusal.NAME_CONSTRAINTS,
    "set of policies": Refusal.POLICY,
    "policy mapping": Refusal.POLICY,
    "is not valid until": Refusal.NOT_YET_VALID,
    "expired": Refusal.EXPIRED,
    "could not be verified": Refusal.SIGNATURE,
    "unsupported critical extension": Refusal.CRITICAL_EXTENSION,
}

# Where the reason is another one: id → what it is and why. This list only shrinks.
DEVIATIONS: dict[str, tuple[Refusal, str]] = {
    "40301": (Refusal.NO_PATH, "names do not chain, so that no path is built at all"),
    "41510": (Refusal.REVOCATION_STALE, "more exact than expected: a list is not recent enough"),
    "40302": (Refusal.NO_PATH, "names do not chain, so that no path is built at all"),
}


def expected(case: dict[str, Any]) -> Refusal | None:
    error = case.get("error")
    if error is None:
        return None
    if case.get("id") in DEVIATIONS:
        return DEVIATIONS[case["id"]][0]
    if error["class"] in CLASSES:
        return CLASSES[error["class"]]
    return next(reason for words, reason in REASONS.items() if words in error["msg_regex"].replace("\\", ""))


def validate_pkits(case: dict[str, Any], **changes: Any) -> GeneralVerdict:
    asked = case.get("params", {})
    mode = RevocationMode.REQUIRE if case.get("revocation", True) else RevocationMode.IF_POINTED_TO
    policy = GeneralPolicy(
        revocation=mode,
        policies=frozenset(asked.get("user_initial_policy_set", ["any_policy"])),
        explicit_policy=asked.get("initial_explicit_policy", False),
        inhibit_mapping=asked.get("initial_policy_mapping_inhibit", False),
        inhibit_any=asked.get("initial_any_policy_inhibit", False),
        **_OLD | changes,
    )
    return validate_general(
        public.certificate(case["cert"]),
        roots=[public.certificate("TrustAnchorRootCertificate.crt")],
        others=[public.certificate(name) for name in case.get("other_certs", ())],
        crls=[public.crl(name) for name in ("TrustAnchorRootCRL.crl", *case.get("crls", ()))],
        policy=policy,
        now=AT_PKITS,
    )


@public.cases(public.PKITS / "pkits.json", lambda case: f"{case['id']}-{case['name']}")
def test_pkits(case: dict[str, Any]) -> None:
    verdict = validate_pkits(case)
    assert verdict.refusal is expected(case)
    if case["id"] not in DEVIATIONS:
        assert verdict.path_length == case["path_len"]
        if "error" in case:
            assert re.match(case["error"]["msg_regex"], verdict.message)


@public.cases(public.PKITS / "pkits.json", lambda case: f"{case['id']}-{case['name']}")
def test_a_certificate_of_pkits_passes_for_none_of_jpki(bench: Any, case: dict[str, Any]) -> None:
    verdict = bench.verify(public.certificate(case["cert"]), now=AT_PKITS)
    assert not verdict.ok
    assert verdict.findings[0].code in {
        "jpki.certificate.algorithm",
        "jpki.certificate.key-unsupported",
        "jpki.certificate.unreadable",
        "jpki.path.authority-key-missing",
        "jpki.path.issuer-not-found",
    }


@public.cases(public.OCSP / "openssl-ocsp.json", lambda case: case["name"])
def test_openssl_ocsp(case: dict[str, Any]) -> None:
    verdict = validate_general(
        public.pem(case["cert"]),
        roots=[public.pem(case["root"])],
        others=[public.pem(name) for name in case.get("other_certs", ())],
        ocsp_responses=[public.response(name) for name in case["ocsps"]],
        policy=GeneralPolicy(revocation=RevocationMode.IF_GIVEN, **_OLD),
        now=datetime.fromisoformat(case["moment"]),
    )
    assert verdict.refusal is expected(case)
    assert verdict.path_length == case["path_len"]
    if "error" in case:
        assert re.match(case["error"]["msg_regex"], verdict.message)


# --- chains that are laid out to take for ever ---


class Maker:
    """Certificates of one key: what is measured is building paths, not checking signatures."""

    def __init__(self) -> None:
        self.key = ec.derive_private_key(7, ec.SECP256R1())
        self.serial = 0

    def make(self, subject: str, issuer: str, *extensions: x509.ExtensionType, is_ca: bool = True) -> bytes:
        self.serial += 1
        builder = (
            x509.CertificateBuilder()
            .subject_name(_name(subject))
            .issuer_name(_name(issuer))
            .serial_number(self.serial)
            .not_valid_before(NOW - timedelta(days=1))
            .not_valid_after(NOW + timedelta(days=1))
            .public_key(self.key.public_key())
            .add_extension(x509.BasicConstraints(ca=is_ca, path_length=None), critical=True)
        )
        for extension in extensions:
            builder = builder.add_extension(extension, critical=False)
        return builder.sign(self.key, SHA256()).public_bytes(Encoding.DER)


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _policies(count: int) -> x509.CertificatePolicies:
    return x509.CertificatePolicies(
        [x509.PolicyInformation(x509.ObjectIdentifier(f"1.3.6.1.4.1.99999.{number}"), None) for number in range(count)]
    )


def mesh(maker: Maker) -> list[bytes]:
    """Five CAs that all certify each other: more than a thousand paths."""
    names = [f"CA {number}" for number in range(5)]
    return [maker.make(one, other) for one in names for other in names if one != other]


def layers(maker: Maker) -> list[bytes]:
    """Three certificates of each CA in a row of nine: 3^9 paths."""
    names = ["CA 0", *(f"layer {number}" for number in range(9))]
    return [maker.make(one, other) for one, other in zip(names, [*names[1:], "root"], strict=True) for _ in range(3)]


def doubled_policies(maker: Maker) -> list[bytes]:
    """Each CA maps every policy of the last to every one of the next."""
    names = ["CA 0", *(f"layer {number}" for number in range(8)), "root"]
    ids = [x509.ObjectIdentifier(f"1.3.6.1.4.1.99999.{number}") for number in range(8)]
    mappings = x509.UnrecognizedExtension(x509.ObjectIdentifier("2.5.29.33"), _mappings(ids))
    return [maker.make(one, other, _policies(8), mappings) for one, other in pairwise(names)]


def _mappings(ids: list[x509.ObjectIdentifier]) -> bytes:
    return der.sequence(
        *(der.sequence(der.oid(one.dotted_string), der.oid(other.dotted_string)) for one in ids for other in ids)
    )


def row(maker: Maker) -> list[bytes]:
    """One path, longer than anybody needs."""
    names = [f"CA {number}" for number in range(25)]
    return [maker.make(one, other) for one, other in zip(names, [*names[1:], "root"], strict=True)]


def crowd(maker: Maker) -> list[bytes]:
    return [maker.make("CA 0", "root") for _ in range(MAX_CERTIFICATES + 1)]


def circle(maker: Maker) -> list[bytes]:
    """Two CAs that lead to each other and nowhere."""
    return [maker.make("CA 0", "CA 1"), maker.make("CA 1", "CA 0")]


def many_names(maker: Maker) -> list[bytes]:
    names = [x509.DNSName(f"host{number}.example") for number in range(900)]
    return [maker.make("CA 0", "root", x509.NameConstraints(permitted_subtrees=names, excluded_subtrees=None))]


def many_policies(maker: Maker) -> list[bytes]:
    return [maker.make("CA 0", "root", _policies(200))]


def large(maker: Maker) -> list[bytes]:
    names = [x509.DNSName(f"{'a' * 60}.host{number}.example") for number in range(1_200)]
    return [maker.make("CA 0", "root", x509.SubjectAlternativeName(names))]


HANGING = {
    mesh: Refusal.TOO_COMPLEX,
    layers: Refusal.TOO_COMPLEX,
    doubled_policies: Refusal.TOO_COMPLEX,
    row: Refusal.TOO_COMPLEX,
    crowd: Refusal.TOO_COMPLEX,
    many_names: Refusal.TOO_COMPLEX,
    many_policies: Refusal.TOO_COMPLEX,
    large: Refusal.TOO_COMPLEX,
    circle: Refusal.NO_PATH,
}


@pytest.mark.parametrize("lay_out", HANGING, ids=lambda lay_out: lay_out.__name__)
def test_a_chain_that_is_laid_out_to_hang_ends_in_under_a_second(lay_out: Any) -> None:
    maker = Maker()
    others = lay_out(maker)
    leaf, root = maker.make("leaf", "CA 0", is_ca=False), maker.make("root", "root")
    begin = time.perf_counter()
    verdict = validate_general(leaf, roots=[root], others=others, now=NOW)
    assert time.perf_counter() - begin < 1
    assert verdict.refusal is HANGING[lay_out]


def test_an_ordinary_chain_beside_them_is_good() -> None:
    maker = Maker()
    others = [maker.make("CA 0", "middle", _policies(8)), maker.make("middle", "root", _policies(8))]
    leaf, root = maker.make("leaf", "CA 0", _policies(2), is_ca=False), maker.make("root", "root")
    policy = GeneralPolicy(revocation=RevocationMode.IF_POINTED_TO)
    verdict = validate_general(leaf, roots=[root], others=others, now=NOW, policy=policy)
    assert (verdict.refusal, verdict.path_length) == (None, 4)
    assert validate_general(leaf, roots=[root], others=others, now=NOW).refusal is Refusal.REVOCATION_UNKNOWN


@pytest.mark.parametrize("raw", [b"", b"0", b"none", bytes(100)], ids=["nothing", "one", "text", "zeros"])
def test_what_is_no_certificate_is_unreadable(raw: bytes) -> None:
    assert validate_general(raw, roots=[], now=NOW).refusal is Refusal.UNREADABLE
