"""CAs of the next generation, our design: today's profiles, keys on P-384, ECDSA with SHA-384, ten years."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA384
from cryptography.hazmat.primitives.serialization import Encoding

from jpki.algorithms import RSA_2048
from jpki.ca.authority import Authority, CaKind
from jpki.ca.crl import CrlEntry, build_crl
from jpki.errors import IssueError
from jpki.profiles import TEST, Hierarchy, next_generation
from jpki.reasons import RevocationReason
from jpki.signer import SoftwareSigner

kinds = pytest.mark.parametrize("kind", CaKind, ids=lambda kind: kind.value)
SHA384_ECDSA = x509.SignatureAlgorithmOID.ECDSA_WITH_SHA384


def crl_of(authority: Authority, now: datetime, *serials: int) -> bytes:
    reason = RevocationReason.SUPERSEDED
    entries = [CrlEntry(serial=serial, revoked_at=now, reason=reason) for serial in serials]
    return build_crl(authority, entries=entries, number=1, this_update=now, next_update=now + timedelta(days=2))


@kinds
def test_the_root_is_today_s_but_for_key_signature_and_end(
    next_authorities: Mapping[CaKind, Authority], authorities: Mapping[CaKind, Authority], kind: CaKind
) -> None:
    root, today = (x509.load_der_x509_certificate(one[kind].certificate_der) for one in (next_authorities, authorities))
    assert root.subject == root.issuer == today.subject
    assert [(e.oid, e.critical) for e in root.extensions] == [(e.oid, e.critical) for e in today.extensions]
    assert root.signature_algorithm_oid == SHA384_ECDSA
    assert root.signature_algorithm_parameters.algorithm.name == SHA384().name  # type: ignore[union-attr]
    assert (root.not_valid_before_utc, root.not_valid_after_utc) == (
        datetime(2025, 1, 1, tzinfo=UTC),
        datetime(2044, 12, 31, 14, 59, 59, tzinfo=UTC),
    )
    digest = x509.SubjectKeyIdentifier.from_public_key(root.public_key()).digest  # type: ignore[arg-type]
    assert next_authorities[kind].key_id == digest


@kinds
def test_the_holder_s_certificate_is_today_s_but_for_key_signature_and_end(
    next_issue: Callable[..., bytes], issue: Callable[..., bytes], kind: CaKind
) -> None:
    new, today = (x509.load_der_x509_certificate(make(kind)) for make in (next_issue, issue))
    assert new.subject == today.subject
    assert [(e.oid, e.critical) for e in new.extensions] == [(e.oid, e.critical) for e in today.extensions]
    policies = [one.extensions.get_extension_for_class(x509.CertificatePolicies).value for one in (new, today)]
    assert policies[0] == policies[1]
    assert new.signature_algorithm_oid == SHA384_ECDSA
    key = new.public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    assert isinstance(key.curve, ec.SECP384R1)


@pytest.mark.parametrize(
    ("renewal", "card_expiry", "end"),
    [
        (False, date(2099, 1, 1), date(2035, 4, 15)),
        (True, date(2099, 1, 1), date(2036, 4, 15)),
        (False, date(2030, 1, 1), date(2030, 1, 1)),
    ],
    ids=["tenth-birthday", "renewed", "card-first"],
)
def test_certificates_last_ten_birthdays(
    next_issue: Callable[..., bytes], renewal: bool, card_expiry: date, end: date
) -> None:
    """Ten years instead of five, renewed in the last (pki.world-tls.com, after the task force of 2024)."""
    certificate = x509.load_der_x509_certificate(next_issue(CaKind.AUTH, renewal=renewal, card_expiry=card_expiry))
    assert certificate.not_valid_after_utc == datetime(end.year, end.month, end.day, 14, 59, 59, tzinfo=UTC)


@kinds
def test_same_arguments_same_bytes(
    make_next_authority: Callable[..., Authority], next_issue: Callable[..., bytes], now: datetime, kind: CaKind
) -> None:
    """RFC 6979: the same seed gives the same lab."""
    one, another = make_next_authority(kind), make_next_authority(kind)
    assert one.certificate_der == another.certificate_der
    assert next_issue(kind, one) == next_issue(kind, another)
    assert crl_of(one, now, 7) == crl_of(another, now, 7)


@pytest.mark.parametrize("curve", [ec.SECP256R1(), ec.SECP521R1()], ids=["p-256", "p-521"])
def test_keys_on_other_curves_are_refused(next_issue: Callable[..., bytes], curve: ec.EllipticCurve) -> None:
    with pytest.raises(IssueError, match="P-384"):
        next_issue(CaKind.AUTH, public_key=ec.generate_private_key(curve).public_key())


def test_rsa_keys_are_refused(next_issue: Callable[..., bytes], keys: list[RSAPrivateKey]) -> None:
    with pytest.raises(IssueError, match="P-384"):
        next_issue(CaKind.AUTH, public_key=keys[4].public_key())


def test_today_s_ca_certifies_no_key_on_a_curve(issue: Callable[..., bytes]) -> None:
    with pytest.raises(IssueError, match="exponent 65537"):
        issue(CaKind.AUTH, public_key=ec.generate_private_key(ec.SECP384R1()).public_key())


@pytest.mark.parametrize(
    ("hierarchy", "wants"), [(TEST, "RSA"), (next_generation(TEST), "P-384")], ids=["today", "next"]
)
def test_a_root_is_loaded_under_its_own_hierarchy_alone(
    next_authorities: Mapping[CaKind, Authority],
    authorities: Mapping[CaKind, Authority],
    hierarchy: Hierarchy,
    wants: str,
) -> None:
    other = (next_authorities if hierarchy.algorithm is RSA_2048 else authorities)[CaKind.SIGN]
    with pytest.raises(IssueError, match=wants):
        Authority.load(CaKind.SIGN, hierarchy, other.certificate_der, other.signer)


def test_a_root_is_made_with_a_key_of_its_hierarchy_alone(keys: list[RSAPrivateKey], now: datetime) -> None:
    with pytest.raises(IssueError, match="P-384"):
        Authority.create_root(
            CaKind.SIGN, hierarchy=next_generation(TEST), signer=SoftwareSigner(keys[0]), serial=1, now=now
        )


@kinds
def test_another_library_verifies_the_crl(
    next_authorities: Mapping[CaKind, Authority], now: datetime, kind: CaKind
) -> None:
    crl = x509.load_der_x509_crl(crl_of(next_authorities[kind], now, 7, 9))
    key = next_authorities[kind].signer.public_key
    assert isinstance(key, ec.EllipticCurvePublicKey)
    key.verify(crl.signature, crl.tbs_certlist_bytes, ECDSA(SHA384()))
    assert crl.signature_algorithm_oid == SHA384_ECDSA


@kinds
@pytest.mark.parametrize(("listed", "status"), [((8,), 0), ((7, 8), 2)], ids=["good", "revoked"])
@pytest.mark.real_part("openssl")
def test_openssl_accepts_chain_and_crl(
    next_authorities: Mapping[CaKind, Authority],
    next_issue: Callable[..., bytes],
    now: datetime,
    tmp_path: Path,
    kind: CaKind,
    listed: tuple[int, ...],
    status: int,
) -> None:
    parts = {
        "ca.pem": x509.load_der_x509_certificate(next_authorities[kind].certificate_der),
        "ee.pem": x509.load_der_x509_certificate(next_issue(kind)),
        "list.pem": x509.load_der_x509_crl(crl_of(next_authorities[kind], now, *listed)),
    }
    for name, part in parts.items():
        (tmp_path / name).write_bytes(part.public_bytes(Encoding.PEM))
    at = str(int(now.timestamp()) + 60)
    verify = ("verify", "-x509_strict", "-check_ss_sig", "-attime", at, "-crl_check", "-CAfile", "ca.pem")
    said = openssl(tmp_path, *verify, "-CRLfile", "list.pem", "ee.pem", status=status)
    assert ("certificate revoked" in said) is (status != 0)
    assert "verify OK" in openssl(tmp_path, "crl", "-in", "list.pem", "-CAfile", "ca.pem", "-noout")


def openssl(directory: Path, *arguments: str, status: int = 0) -> str:
    ran = subprocess.run(
        ["openssl", *arguments], cwd=directory, capture_output=True, text=True, timeout=30, check=False
    )
    assert ran.returncode == status, ran.stderr
    return ran.stdout + ran.stderr
