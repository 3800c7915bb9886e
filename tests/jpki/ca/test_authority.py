"""Roots: shape, determinism, and what an authority refuses to be made of."""

from __future__ import annotations

import subprocess
import tomllib
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import Encoding

from jpki import oids
from jpki.ca.authority import Authority, CaKind
from jpki.errors import IssueError
from jpki.profiles import CA_PROFILES, TEST, Hierarchy
from jpki.signer import SoftwareSigner

VECTORS = tomllib.loads((Path(__file__).parents[3] / "fixtures/vectors/jpki/extensions.toml").read_text("utf-8"))
OF_A_CA = [v for v in VECTORS["extension"] if v["profile"].endswith("-ca")]

kinds = pytest.mark.parametrize("kind", CaKind, ids=lambda kind: kind.value)


@kinds
def test_shape(authorities: Mapping[CaKind, Authority], kind: CaKind) -> None:
    """Version 3, self-issued, sha256WithRSAEncryption, 14:59:59Z at the end, five extensions in order."""
    certificate = x509.load_der_x509_certificate(authorities[kind].certificate_der)
    assert certificate.version is x509.Version.v3
    assert certificate.subject == certificate.issuer
    assert certificate.signature_algorithm_oid.dotted_string == oids.SHA256_WITH_RSA
    assert certificate.not_valid_before_utc == datetime(2025, 1, 1, tzinfo=UTC)
    assert certificate.not_valid_after_utc == datetime(2034, 12, 31, 14, 59, 59, tzinfo=UTC)
    assert [(e.oid.dotted_string, e.critical) for e in certificate.extensions] == [
        ("2.5.29.15", True),
        ("2.5.29.17", False),
        ("2.5.29.19", True),
        ("2.5.29.31", False),
        ("2.5.29.14", False),
    ]


@kinds
def test_table_and_certificate_agree(authorities: Mapping[CaKind, Authority], kind: CaKind) -> None:
    """The profile's table is what was issued."""
    certificate = x509.load_der_x509_certificate(authorities[kind].certificate_der)
    required = [(rule.oid, rule.critical) for rule in CA_PROFILES[kind].required]
    assert [(e.oid.dotted_string, e.critical) for e in certificate.extensions] == required


@pytest.mark.parametrize("vector", [pytest.param(v, id=v["id"]) for v in OF_A_CA])
def test_extension_bytes(
    make_authority: Callable[..., Authority], production: Hierarchy, vector: dict[str, Any]
) -> None:
    """The bytes of the production certificate."""
    kind = CaKind(vector["profile"].removesuffix("-ca"))
    certificate = x509.load_der_x509_certificate(make_authority(kind, hierarchy=production).certificate_der)
    extension = certificate.extensions.get_extension_for_oid(x509.ObjectIdentifier(vector["oid"]))
    assert extension.critical is vector["critical"]
    assert extension.value.public_bytes().hex() == vector["value"]


@kinds
def test_key_identifier(authorities: Mapping[CaKind, Authority], kind: CaKind) -> None:
    """SHA-1 of the subjectPublicKey bits, as another implementation computes it."""
    authority = authorities[kind]
    expected = x509.SubjectKeyIdentifier.from_public_key(authority.signer.public_key).digest
    certificate = x509.load_der_x509_certificate(authority.certificate_der)
    assert certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest == expected
    assert authority.key_id == expected


def test_same_arguments_same_bytes(make_authority: Callable[..., Authority]) -> None:
    """PKCS #1 v1.5 has no randomness, and there is no other."""
    assert make_authority(CaKind.SIGN).certificate_der == make_authority(CaKind.SIGN).certificate_der


def test_generations_share_the_name_alone(make_authority: Callable[..., Authority]) -> None:
    """All generations of one CA have one name; key, identifier and serial number differ."""
    first, second = (make_authority(CaKind.SIGN, generation=generation) for generation in (0, 1))
    assert first.name == second.name
    assert first.key_id != second.key_id
    assert first.serial != second.serial


def test_load_gives_the_same_authority(authorities: Mapping[CaKind, Authority]) -> None:
    """From a file or newly made: one authority; and the key is the object passed in, never a copy."""
    made = authorities[CaKind.AUTH]
    loaded = Authority.load(CaKind.AUTH, TEST, made.certificate_der, made.signer)
    assert loaded == made
    assert loaded.signer is made.signer
    assert loaded.serial == 1


def test_load_refuses_another_key(authorities: Mapping[CaKind, Authority], keys: list[RSAPrivateKey]) -> None:
    """Certificates signed with the wrong key would verify nowhere."""
    with pytest.raises(IssueError, match="does not belong to its certificate"):
        Authority.load(CaKind.SIGN, TEST, authorities[CaKind.SIGN].certificate_der, SoftwareSigner(keys[5]))


def test_load_refuses_the_other_kind(authorities: Mapping[CaKind, Authority]) -> None:
    """The two CAs must never be mixed."""
    sign = authorities[CaKind.SIGN]
    with pytest.raises(IssueError, match="not that of the auth CA of the test hierarchy"):
        Authority.load(CaKind.AUTH, TEST, sign.certificate_der, sign.signer)


def test_load_refuses_another_hierarchy(authorities: Mapping[CaKind, Authority], production: Hierarchy) -> None:
    """A test root is not a production-shaped one."""
    sign = authorities[CaKind.SIGN]
    with pytest.raises(IssueError, match="of the production-shaped hierarchy"):
        Authority.load(CaKind.SIGN, production, sign.certificate_der, sign.signer)


@pytest.mark.parametrize("spoil", [-1, -300, 30], ids=["signature", "extension", "body"])
def test_load_refuses_a_spoilt_certificate(authorities: Mapping[CaKind, Authority], spoil: int) -> None:
    """A flipped bit anywhere breaks the signature or the structure."""
    sign = authorities[CaKind.SIGN]
    spoilt = bytearray(sign.certificate_der)
    spoilt[spoil] ^= 1
    with pytest.raises(IssueError, match="unreadable or not signed by its own key"):
        Authority.load(CaKind.SIGN, TEST, bytes(spoilt), sign.signer)


@pytest.mark.parametrize("serial", [0, -1, 2**159], ids=["zero", "negative", "21-octets"])
def test_serial_number_bounds(keys: list[RSAPrivateKey], now: datetime, serial: int) -> None:
    """RFC 5280 clause 4.1.2.2: positive, at most 20 octets."""
    with pytest.raises(IssueError, match="serial number"):
        Authority.create_root(CaKind.SIGN, hierarchy=TEST, signer=SoftwareSigner(keys[0]), serial=serial, now=now)


def test_keys_of_another_generation_are_refused(now: datetime) -> None:
    """All JPKI keys are RSA-2048 with exponent 65537: the hierarchy says so, not the key."""
    signer = SoftwareSigner(ec.generate_private_key(ec.SECP384R1()))
    with pytest.raises(IssueError, match="2048"):
        Authority.create_root(CaKind.SIGN, hierarchy=TEST, signer=signer, serial=1, now=now)


def test_repr_shows_no_key(authorities: Mapping[CaKind, Authority]) -> None:
    """Nor the certificate, which nobody reads in hexadecimal."""
    assert "RSAPrivateKey" not in repr(authorities[CaKind.SIGN])


@kinds
@pytest.mark.real_part("openssl")
def test_openssl_accepts_the_root(authorities: Mapping[CaKind, Authority], tmp_path: Path, kind: CaKind) -> None:
    """An independent implementation verifies the root strictly against itself."""
    root = tmp_path / "root.pem"
    certificate = x509.load_der_x509_certificate(authorities[kind].certificate_der)
    root.write_bytes(certificate.public_bytes(Encoding.PEM))
    command = ["openssl", "verify", "-x509_strict", "-check_ss_sig", "-attime", "1775000000", "-CAfile", root, root]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert (ran.returncode, ran.stderr) == (0, "")
