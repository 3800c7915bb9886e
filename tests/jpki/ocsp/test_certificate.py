"""Certificates of responders: the profile's rows, and a life that is short."""

from __future__ import annotations

from datetime import timedelta

import pytest
from cryptography import x509

from jpki import oids
from jpki.algorithms import P_384, RSA_2048
from jpki.errors import IssueError
from jpki.kinds import CaKind
from jpki.ocsp.certificate import RESPONDER_LIFETIME, issue_responder
from jpki.profiles import OCSP_RESPONDER_PROFILES
from jpki.verify.certificate import ReadCertificate, read_certificate
from jpki.verify.profile import check_profile
from tests.jpki.ocsp.desk import NOW, Desk

every_generation = pytest.mark.parametrize("generation", ["authorities", "next_generation", "elliptic"])
every_kind = pytest.mark.parametrize("kind", CaKind, ids=lambda kind: kind.value)


@every_generation
@every_kind
def test_the_profile_of_its_ca(desk: Desk, generation: str, kind: CaKind) -> None:
    """The verifier checks it against the same table as the issuer wrote it from."""
    authority = getattr(desk, generation)[kind]
    read = read_certificate(desk.identity(authority).certificate_der or b"")
    assert isinstance(read, ReadCertificate)
    assert check_profile(read, OCSP_RESPONDER_PROFILES[kind], policy=None) == ()
    assert read.issuer == authority.name.encode()
    assert read.authority_key is not None
    assert (read.authority_key.key_id, read.authority_key.serial) == (authority.key_id, authority.serial)


def test_what_makes_it_a_responder(desk: Desk) -> None:
    certificate = x509.load_der_x509_certificate(desk.identity(desk.authorities[CaKind.AUTH]).certificate_der or b"")
    found = {each.oid.dotted_string: (each.critical, each.value) for each in certificate.extensions}
    assert found[oids.EXTENDED_KEY_USAGE] == (False, x509.ExtendedKeyUsage([x509.OID_OCSP_SIGNING]))
    assert found[oids.OCSP_NO_CHECK] == (False, x509.OCSPNoCheck())
    critical, usage = found[oids.KEY_USAGE]
    assert isinstance(usage, x509.KeyUsage)
    assert (critical, usage.digital_signature, usage.crl_sign, usage.key_cert_sign) == (True, True, False, False)
    subject = [attribute.value for attribute in certificate.subject]
    assert subject == [*(attribute.value for attribute in certificate.issuer), "OCSP Responder"]


def test_thirty_days(desk: Desk) -> None:
    signer = desk.signers[RSA_2048]
    issued = issue_responder(desk.authorities[CaKind.AUTH], public_key=signer.public_key, serial=9, now=NOW)
    certificate = x509.load_der_x509_certificate(issued)
    assert certificate.not_valid_before_utc == NOW
    assert certificate.not_valid_after_utc - NOW == RESPONDER_LIFETIME == timedelta(days=30)
    assert certificate.serial_number == 9


def test_it_ends_with_its_ca(desk: Desk) -> None:
    authority = desk.authorities[CaKind.AUTH]
    signer = desk.signers[RSA_2048]
    late = authority.not_after - timedelta(days=1)
    issued = issue_responder(authority, public_key=signer.public_key, serial=9, now=late)
    assert x509.load_der_x509_certificate(issued).not_valid_after_utc == authority.not_after


@pytest.mark.parametrize("when", ["before", "after"])
def test_no_responder_outside_the_cas_life(desk: Desk, when: str) -> None:
    authority = desk.authorities[CaKind.AUTH]
    moment = authority.not_before - timedelta(seconds=1) if when == "before" else authority.not_after
    with pytest.raises(IssueError, match="not valid at that moment"):
        issue_responder(authority, public_key=desk.signers[RSA_2048].public_key, serial=9, now=moment)


def test_the_key_is_of_the_cas_algorithm(desk: Desk) -> None:
    with pytest.raises(IssueError, match="keys of one kind"):
        issue_responder(desk.authorities[CaKind.AUTH], public_key=desk.signers[P_384].public_key, serial=9, now=NOW)


def test_the_same_arguments_give_the_same_bytes(desk: Desk) -> None:
    for authority in desk.all_authorities:
        assert desk.identity(authority).certificate_der == desk.identity(authority).certificate_der
