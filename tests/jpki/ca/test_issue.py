"""The two end-entity certificates: bytes, order, patterns, and what is not issued."""

from __future__ import annotations

import hashlib
import re
import subprocess
import tomllib
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from jpki import oids
from jpki.attributes import HolderAttributes
from jpki.birthdate import BirthDate
from jpki.ca.authority import Authority, CaKind
from jpki.errors import IssueError
from jpki.holder import Holder
from jpki.profiles import END_ENTITY_PROFILES, Hierarchy
from jpki.signer import SoftwareSigner

VECTORS = tomllib.loads((Path(__file__).parents[3] / "fixtures/vectors/jpki/extensions.toml").read_text("utf-8"))
OF_A_HOLDER = [v for v in VECTORS["extension"] if not v["profile"].endswith("-ca")]

Issue = Callable[..., bytes]
kinds = pytest.mark.parametrize("kind", CaKind, ids=lambda kind: kind.value)


def parse(der: bytes) -> x509.Certificate:
    """Read with a parser that is not ours."""
    return x509.load_der_x509_certificate(der)


def value_of(certificate: x509.Certificate, oid: str) -> bytes:
    """The DER value of one extension."""
    return certificate.extensions.get_extension_for_oid(x509.ObjectIdentifier(oid)).value.public_bytes()


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        pytest.param(
            CaKind.SIGN,
            [
                ("2.5.29.15", True),
                ("2.5.29.17", False),
                ("2.5.29.32", True),
                ("2.5.29.18", False),
                ("2.5.29.31", False),
                ("2.5.29.35", False),
                ("2.5.29.14", False),
            ],
            id="sign",
        ),
        pytest.param(
            CaKind.AUTH,
            [
                ("2.5.29.15", True),
                ("2.5.29.37", False),
                ("2.5.29.32", True),
                ("2.5.29.18", False),
                ("2.5.29.31", False),
                ("1.3.6.1.5.5.7.1.1", False),
                ("2.5.29.35", False),
                ("2.5.29.14", False),
            ],
            id="auth",
        ),
    ],
)
def test_extensions_in_order(issue: Issue, kind: CaKind, expected: list[tuple[str, bool]]) -> None:
    """Seven in a signing certificate, eight in an authentication certificate, in the order of the real ones."""
    found = [(e.oid.dotted_string, e.critical) for e in parse(issue(kind)).extensions]
    assert found == expected
    assert found == [(rule.oid, rule.critical) for rule in END_ENTITY_PROFILES[kind].required]


@pytest.mark.parametrize("vector", [pytest.param(v, id=v["id"]) for v in OF_A_HOLDER])
def test_extension_bytes(
    issue: Issue,
    make_authority: Callable[..., Authority],
    authorities: Mapping[CaKind, Authority],
    production: Hierarchy,
    vector: dict[str, Any],
) -> None:
    """The bytes of the real certificates."""
    hierarchy, _, name = vector["profile"].rpartition("-")
    kind = CaKind(name)
    authority = authorities[kind] if hierarchy == "test" else make_authority(kind, hierarchy=production)
    certificate = parse(issue(kind, authority))
    extension = certificate.extensions.get_extension_for_oid(x509.ObjectIdentifier(vector["oid"]))
    value = extension.value.public_bytes().hex()
    assert extension.critical is vector["critical"]
    assert value.startswith(vector["value"]) if vector.get("prefix") else value == vector["value"]


@kinds
def test_base_fields(issue: Issue, authorities: Mapping[CaKind, Authority], now: datetime, kind: CaKind) -> None:
    """Version 3, serial and moment as given, end of the fifth birthday, signed by the CA."""
    certificate = parse(issue(kind, now=now + timedelta(milliseconds=700)))
    assert certificate.version is x509.Version.v3
    assert certificate.serial_number == 7
    assert certificate.not_valid_before_utc == now
    assert certificate.not_valid_after_utc == datetime(2030, 4, 15, 14, 59, 59, tzinfo=UTC)
    certificate.verify_directly_issued_by(parse(authorities[kind].certificate_der))


@kinds
def test_renewal_ends_on_the_sixth_birthday(issue: Issue, kind: CaKind) -> None:
    """In its last three months a certificate is renewed for one birthday more."""
    certificate = parse(issue(kind, renewal=True))
    assert certificate.not_valid_after_utc == datetime(2031, 4, 15, 14, 59, 59, tzinfo=UTC)


@kinds
def test_authority_key_identifier_has_three_parts(
    issue: Issue, make_authority: Callable[..., Authority], kind: CaKind
) -> None:
    """Key identifier, issuer and serial number of the generation that signed."""
    authority = make_authority(kind, generation=1)
    aki = parse(issue(kind, authority)).extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value
    root = parse(authority.certificate_der)
    assert aki.key_identifier == authority.key_id
    assert aki.authority_cert_issuer == [x509.DirectoryName(root.subject)]
    assert aki.authority_cert_serial_number == root.serial_number == 1001


@kinds
@pytest.mark.parametrize("generation", [0, 1])
@pytest.mark.parametrize("municipality", ["Mihon-shi", "Hyohon-ku"])
def test_parts_that_are_kept_are_those_of_the_ca_and_the_municipality(
    issue: Issue,
    make_authority: Callable[..., Authority],
    make_holder: Callable[..., Holder],
    kind: CaKind,
    generation: int,
    municipality: str,
) -> None:
    """Once each of the four was issued, what stands in a certificate is still its own."""
    for other in (0, 1):
        for town in ("Mihon-shi", "Hyohon-ku"):
            issue(kind, make_authority(kind, generation=other), holder=make_holder(municipality_romaji=town))
    authority = make_authority(kind, generation=generation)
    certificate = parse(issue(kind, authority, holder=make_holder(municipality_romaji=municipality)))
    aki = certificate.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value
    assert (aki.key_identifier, aki.authority_cert_serial_number) == (authority.key_id, authority.serial)
    assert f"{municipality} CRLDP".encode() in value_of(certificate, oids.CRL_DISTRIBUTION_POINTS)


@kinds
def test_key_identifier_is_sha1_of_the_key_bits(issue: Issue, kind: CaKind) -> None:
    """RFC 5280 clause 4.2.1.2, method 1."""
    certificate = parse(issue(kind))
    bits = certificate.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.PKCS1)
    assert value_of(certificate, oids.SUBJECT_KEY_IDENTIFIER) == b"\x04\x14" + hashlib.sha1(bits).digest()


@pytest.mark.parametrize(
    ("kind", "unit"),
    [
        pytest.param(CaKind.SIGN, "JPKI for digital signature", id="sign"),
        pytest.param(CaKind.AUTH, "JPKI for user authentication", id="auth"),
    ],
)
def test_distribution_point_is_the_municipality_directory_entry(issue: Issue, kind: CaKind, unit: str) -> None:
    """One point, a directoryName and no URI."""
    points = parse(issue(kind)).extensions.get_extension_for_class(x509.CRLDistributionPoints).value
    (point,) = points
    assert point.full_name is not None
    (name,) = point.full_name
    assert isinstance(name, x509.DirectoryName)
    assert [attribute.value for attribute in name.value] == [
        "JP",
        "JPKI-TEST",
        unit,
        "CRL Distribution Points",
        "Mihon-ken",
        "Mihon-shi CRLDP",
    ]


@kinds
def test_issuer_alt_name_is_the_ca_alt_name(
    issue: Issue, authorities: Mapping[CaKind, Authority], kind: CaKind
) -> None:
    """issuerAltName here is subjectAltName there."""
    root = parse(authorities[kind].certificate_der)
    assert value_of(parse(issue(kind)), oids.ISSUER_ALT_NAME) == value_of(root, oids.SUBJECT_ALT_NAME)


def test_sign_attributes(issue: Issue, holder: Holder) -> None:
    """subjectAltName is the holder's attributes, whole."""
    value = value_of(parse(issue(CaKind.SIGN)), oids.SUBJECT_ALT_NAME)
    assert HolderAttributes.decode(value) == holder.attributes()


def test_sign_subject(issue: Issue) -> None:
    """C, L, L, CN of 28 characters: time of request in Japan, 5 digits, municipality, 003A."""
    request_time = datetime(2026, 3, 31, 15, 0, 1, tzinfo=UTC)
    subject = parse(issue(CaKind.SIGN, request_time=request_time)).subject
    country, prefecture, municipality, common_name = (str(attribute.value) for attribute in subject)
    assert (country, prefecture, municipality) == ("JP", "Mihon-ken", "Mihon-shi")
    assert re.fullmatch("20260401000001[0-9]{5}99201003A", common_name)
    assert len(common_name) == 28


def test_auth_subject(issue: Issue) -> None:
    """C and CN of 23 characters: 5 digits, 9 digits or capitals, municipality, 003A; nothing of the name."""
    country, common_name = (str(attribute.value) for attribute in parse(issue(CaKind.AUTH)).subject)
    assert country == "JP"
    assert re.fullmatch("[0-9]{5}[0-9A-Z]{9}99201003A", common_name)
    assert len(common_name) == 23


def test_auth_tells_no_attribute(issue: Issue) -> None:
    """Neither name nor address nor birth year is in an authentication certificate."""
    der = issue(CaKind.AUTH)
    assert "花子".encode() not in der
    assert "中央".encode() not in der
    assert b"1990" not in der


@pytest.mark.parametrize(
    ("prefecture", "municipality", "length"),
    [
        pytest.param("Kanagawa-ken", "Yokohama-shi-Naka-ku", 1586, id="longest"),
        pytest.param("Hokkaido", "Sapporo-shi-Minami-ku", 1583, id="shortest"),
    ],
)
def test_auth_is_as_long_as_the_real_ones(
    issue: Issue,
    make_holder: Callable[..., Holder],
    production: Hierarchy,
    keys: list[rsa.RSAPrivateKey],
    prefecture: str,
    municipality: str,
    length: int,
) -> None:
    """Three genuine certificates of these towns have 1583 to 1586 bytes, all serial numbers 4 bytes."""
    ca_birth = datetime(2025, 1, 1, tzinfo=UTC)
    authority = Authority.create_root(
        CaKind.AUTH, hierarchy=production, signer=SoftwareSigner(keys[1]), serial=0x0133_C349, now=ca_birth
    )
    townsman = make_holder(prefecture_romaji=prefecture, municipality_romaji=municipality)
    assert len(issue(CaKind.AUTH, authority, serial=0x06D1_8007, holder=townsman)) == length


@kinds
def test_same_arguments_same_bytes(issue: Issue, kind: CaKind) -> None:
    """The same seed gives the same lab."""
    assert issue(kind) == issue(kind)


@kinds
def test_random_bytes_show_in_the_common_name_alone(issue: Issue, kind: CaKind) -> None:
    """Other chance, other number, same person."""
    one, other = (parse(issue(kind, rng=lambda n, b=b: bytes([b]) * n)) for b in (1, 2))
    assert one.subject != other.subject
    assert [e.value for e in one.extensions] == [e.value for e in other.extensions]


@kinds
def test_after_2049_times_are_generalized(issue: Issue, make_authority: Callable[..., Authority], kind: CaKind) -> None:
    """RFC 5280 clause 4.1.2.5: UTCTime through 2049, GeneralizedTime from 2050."""
    moment = datetime(2046, 6, 1, tzinfo=UTC)
    der = issue(kind, make_authority(kind, now=moment), now=moment, card_expiry=date(2056, 4, 15))
    assert b"\x17\x0d460601000000Z\x18\x0f20510415145959Z" in der


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        pytest.param({"card_expiry": date(2026, 3, 31)}, "end before it begins", id="card-expired"),
        pytest.param({"serial": 0}, "serial number", id="serial-zero"),
        pytest.param({"serial": 2**159}, "serial number", id="serial-too-long"),
        pytest.param({"now": datetime(2024, 12, 31, tzinfo=UTC)}, "not valid yet", id="before-the-ca"),
        pytest.param({"now": datetime(2030, 6, 1, tzinfo=UTC)}, "outlive its CA", id="beyond-the-ca"),
        pytest.param({"now": datetime(2026, 4, 1)}, "time zone", id="naive"),  # noqa: DTZ001
    ],
)
@kinds
def test_refused(issue: Issue, kind: CaKind, changes: dict[str, Any], message: str) -> None:
    """Certificates that the profile or the CA's own validity forbid."""
    if kind is CaKind.SIGN:
        changes = changes | {"request_time": datetime(2024, 1, 1, tzinfo=UTC)}
    with pytest.raises(IssueError, match=message):
        issue(kind, **changes)


def test_signing_is_not_issued_before_it_is_requested(issue: Issue, now: datetime) -> None:
    """The common name tells a time of request that lies before notBefore."""
    with pytest.raises(IssueError, match="before it was requested"):
        issue(CaKind.SIGN, request_time=now + timedelta(seconds=1))


@kinds
def test_the_other_ca_does_not_issue(issue: Issue, authorities: Mapping[CaKind, Authority], kind: CaKind) -> None:
    """Signing CA and user-authentication CA must not be mixed."""
    (other,) = set(CaKind) - {kind}
    with pytest.raises(IssueError, match=f"the {other.value} CA issues no"):
        issue(kind, authorities[other])


@pytest.mark.parametrize(("size", "exponent"), [(1024, 65_537), (2048, 3)], ids=["short", "exponent-3"])
def test_other_keys_are_refused(issue: Issue, size: int, exponent: int) -> None:
    """RSA-2048 with exponent 65537 is what JPKI certifies."""
    key = rsa.generate_private_key(public_exponent=exponent, key_size=size).public_key()
    with pytest.raises(IssueError, match="exponent 65537"):
        issue(CaKind.AUTH, public_key=key)


def test_unknown_birth_date_is_issued(issue: Issue, make_holder: Callable[..., Holder]) -> None:
    """The profile has a form for it; verifiers decide what to make of it."""
    der = issue(CaKind.SIGN, holder=make_holder(birth_date=BirthDate.decode("000000000")))
    assert b"000000000" in der
    assert parse(der).not_valid_after_utc == datetime(2031, 4, 1, 14, 59, 59, tzinfo=UTC)


@kinds
@pytest.mark.real_part("openssl")
def test_openssl_verifies_the_chain(
    issue: Issue, authorities: Mapping[CaKind, Authority], now: datetime, tmp_path: Path, kind: CaKind
) -> None:
    """An independent implementation accepts both critical extensions and the path, strictly."""
    root, leaf = tmp_path / "root.pem", tmp_path / "leaf.pem"
    root.write_bytes(parse(authorities[kind].certificate_der).public_bytes(serialization.Encoding.PEM))
    leaf.write_bytes(parse(issue(kind)).public_bytes(serialization.Encoding.PEM))
    moment = str(int(now.timestamp()) + 60)
    policy = "1.2.392.200149.8.5.1.0.20" if kind is CaKind.SIGN else "1.2.392.200149.8.5.1.0.30"
    command = ["openssl", "verify", "-x509_strict", "-attime", moment, "-policy", policy, "-explicit_policy"]
    ran = subprocess.run(
        [*command, "-CAfile", str(root), str(leaf)], capture_output=True, text=True, timeout=30, check=False
    )
    assert (ran.returncode, ran.stderr) == (0, "")
