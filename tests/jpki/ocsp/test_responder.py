"""The responder against independent readers of its answers, and against the clauses."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from asn1crypto import ocsp as asn1
from cryptography import x509
from cryptography.x509 import ocsp

from jpki import oids
from jpki.algorithms import KEY_ALGORITHMS, RSA_2048, KeyAlgorithm
from jpki.errors import JpkiError
from jpki.kinds import CaKind
from jpki.ocsp.errors import ResponderError, StatusUnavailableError
from jpki.ocsp.identity import ResponderIdentity
from jpki.ocsp.request import encode_request
from jpki.ocsp.responder import NeverIssued
from jpki.ocsp.response import ResponderIdForm, ResponseStatus
from jpki.ocsp.status import GOOD, UNKNOWN, CertificateStatus, CertState, data_moment, revoked
from jpki.reasons import RevocationReason
from tests.jpki.ocsp.desk import (
    ALGORITHMS,
    GOOD_SERIAL,
    HELD_SERIAL,
    HELD_SINCE,
    LAG,
    MOVED_SERIAL,
    NEVER_ISSUED,
    NOW,
    QUARTER,
    RESPONDER_SINCE,
    Desk,
    certificate_of,
)

AUTH, SIGN = CaKind.AUTH, CaKind.SIGN
NONCE = bytes(range(32))
every_algorithm = pytest.mark.parametrize("algorithm", ALGORITHMS.values(), ids=ALGORITHMS.keys())


def parse(der: bytes) -> ocsp.OCSPResponse:
    """As pyca/cryptography reads it."""
    return ocsp.load_der_ocsp_response(der)


def native(der: bytes) -> Any:
    """As asn1crypto reads it: the ResponseData."""
    return asn1.OCSPResponse.load(der, strict=True).basic_ocsp_response["tbs_response_data"]


@every_algorithm
def test_good(desk: Desk, algorithm: str) -> None:
    answer = desk.responder().answer(desk.request(algorithm=algorithm), at=NOW)
    read = parse(answer.der)
    assert (read.response_status.value, read.certificate_status) == (0, ocsp.OCSPCertStatus.GOOD)
    assert (read.serial_number, read.hash_algorithm.name) == (GOOD_SERIAL, desk_hash(algorithm))
    assert (read.this_update_utc, read.next_update_utc, read.produced_at_utc) == (QUARTER, QUARTER + LAG, QUARTER)


def desk_hash(algorithm: str) -> str:
    return next(name for name, oid in ALGORITHMS.items() if oid == algorithm)


@pytest.mark.parametrize(
    ("serial", "reason"),
    [(HELD_SERIAL, x509.ReasonFlags.certificate_hold), (MOVED_SERIAL, x509.ReasonFlags.affiliation_changed)],
    ids=["held", "moved"],
)
def test_revoked(desk: Desk, serial: int, reason: x509.ReasonFlags) -> None:
    read = parse(desk.ask(serial).der)
    assert read.certificate_status is ocsp.OCSPCertStatus.REVOKED
    assert (read.revocation_time_utc, read.revocation_reason) == (HELD_SINCE, reason)


@pytest.mark.parametrize("reason", RevocationReason, ids=lambda reason: reason.rfc_name)
def test_every_reason(desk: Desk, reason: RevocationReason) -> None:
    """Unspecified is said by leaving the reason out, as in a CRL (RFC 5280 clause 5.3.1)."""
    desk.register.record(desk.authorities[AUTH].key_id, 77, HELD_SINCE, revoked(HELD_SINCE, reason))
    read = parse(desk.ask(77).der)
    expected = None if reason is RevocationReason.UNSPECIFIED else reason.rfc_name
    assert (read.revocation_reason.value if read.revocation_reason else None) == expected


@pytest.mark.parametrize("serial", [NEVER_ISSUED, 0, -1, 2**159, 2**1000], ids=str)
def test_what_no_ca_issued_is_unknown(desk: Desk, serial: int) -> None:
    cert_id = desk.cert_id(5)
    body = (serial).to_bytes(serial.bit_length() // 8 + 1, signed=True)
    size = bytes((len(body),)) if len(body) < 128 else bytes((0x81, len(body)))
    raw = cert_id.raw[2:].replace(b"\x02\x01\x05", b"\x02" + size + body)
    length = bytes((len(raw),)) if len(raw) < 128 else bytes((0x81, len(raw)))
    asked = type(cert_id)(cert_id.issuer, serial, b"\x30" + length + raw)
    read = native(desk.responder().answer(encode_request([asked]), at=NOW).der)["responses"][0]
    assert (read["cert_status"].name, read["cert_id"]["serial_number"].native) == ("unknown", serial)
    assert desk.register.asked == (serial == NEVER_ISSUED)  # nobody looks for a number that no certificate can have


def test_never_issued_may_be_called_revoked(desk: Desk) -> None:
    """RFC 6960 clause 2.2: then certificateHold at 1 January 1970, and the extended-revoke extension."""
    answer = desk.ask(NEVER_ISSUED, never_issued=NeverIssued.REVOKED)
    read = parse(answer.der)
    assert read.certificate_status is ocsp.OCSPCertStatus.REVOKED
    assert read.revocation_time_utc == datetime(1970, 1, 1, tzinfo=UTC)
    assert read.revocation_reason is x509.ReasonFlags.certificate_hold
    assert [each.oid.dotted_string for each in read.extensions] == [oids.OCSP_EXTENDED_REVOKE]


def test_extended_revoke_is_said_only_where_it_applies(desk: Desk) -> None:
    assert not list(parse(desk.ask(GOOD_SERIAL, never_issued=NeverIssued.REVOKED).der).extensions)


@pytest.mark.parametrize(
    ("at", "state"),
    [
        pytest.param(HELD_SINCE - timedelta(seconds=1), CertState.GOOD, id="before"),
        pytest.param(HELD_SINCE + timedelta(seconds=1), CertState.GOOD, id="after-within-the-quarter"),
        pytest.param(data_moment(HELD_SINCE) + LAG - timedelta(microseconds=1), CertState.GOOD, id="end-of-quarter"),
        pytest.param(data_moment(HELD_SINCE) + LAG, CertState.REVOKED, id="next-quarter"),
        pytest.param(HELD_SINCE + timedelta(days=1), CertState.REVOKED, id="next-day"),
    ],
)
def test_the_data_lags_a_quarter_of_an_hour(desk: Desk, at: datetime, state: CertState) -> None:
    """Digital Agency: the responder's data is renewed every fifteen minutes."""
    assert native(desk.ask(HELD_SERIAL, at=at).der)["responses"][0]["cert_status"].name == state.name.lower()


@pytest.mark.parametrize(
    ("at", "quarter"),
    [
        ("00:00:00", "00:00:00"),
        ("00:14:59", "00:00:00"),
        ("00:15:00", "00:15:00"),
        ("12:44:59", "12:30:00"),
        ("23:59:59", "23:45:00"),
    ],
)
def test_quarters(at: str, quarter: str) -> None:
    day = datetime(2026, 5, 1, tzinfo=UTC)
    moment = datetime.fromisoformat(f"2026-05-01T{at}.999999+00:00")
    assert data_moment(moment) == datetime.fromisoformat(f"2026-05-01T{quarter}+00:00")
    assert data_moment(moment.astimezone(timezone(timedelta(hours=9)))) == data_moment(moment)
    assert data_moment(moment) >= day


@pytest.mark.parametrize("size", [1, 32, 128], ids="{}-octets".format)
def test_a_nonce_comes_back(desk: Desk, size: int) -> None:
    """RFC 9654: 1 to 128 octets; such an answer is made at the moment of the question, and nobody may keep it."""
    nonce = bytes(range(size))
    answer = desk.ask(nonce=nonce)
    read = parse(answer.der)
    assert read.extensions.get_extension_for_class(x509.OCSPNonce).value.nonce[-size:] == nonce
    assert read.produced_at_utc == NOW
    assert not answer.cacheable


def test_without_a_nonce_the_answer_may_be_kept_until_the_next_quarter(desk: Desk) -> None:
    answer = desk.ask()
    assert answer.cacheable
    assert (answer.this_update, answer.next_update) == (QUARTER, QUARTER + LAG)
    assert not list(parse(answer.der).extensions)


@pytest.mark.parametrize("algorithm", KEY_ALGORITHMS, ids=lambda algorithm: algorithm.name)
def test_the_signature_is_that_of_the_responders_certificate(desk: Desk, algorithm: KeyAlgorithm) -> None:
    authority = (desk.authorities if algorithm is RSA_2048 else desk.elliptic)[AUTH]
    raw = desk.responder().answer(encode_request([desk.cert_id(HELD_SERIAL, authority)]), at=NOW).der
    read = parse(raw)
    [certificate] = read.certificates
    key: Any = certificate.public_key()
    assert read.signature_algorithm_oid.dotted_string == algorithm.signature_oid
    assert algorithm.verifies(key, read.tbs_response_bytes, read.signature)
    assert read.certificate_status is ocsp.OCSPCertStatus.REVOKED
    certificate.verify_directly_issued_by(certificate_of(authority))


def test_generations_of_two_algorithms_have_two_voices(desk: Desk) -> None:
    """No key speaks for both: the first is answered, the other unknown, which is no good."""
    asked = [desk.cert_id(GOOD_SERIAL, authorities[AUTH]) for authorities in (desk.elliptic, desk.authorities)]
    answer = desk.responder().answer(encode_request(asked), at=NOW)
    assert [single["cert_status"].name for single in native(answer.der)["responses"]] == ["good", "unknown"]
    assert len(certificates(answer.der)) == 1


def test_a_responder_is_named_by_key_or_by_name(desk: Desk) -> None:
    by_key, by_name = (
        parse(desk.ask(responder_id=form).der) for form in (ResponderIdForm.BY_KEY, ResponderIdForm.BY_NAME)
    )
    subject_key = by_key.certificates[0].extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest
    assert (by_key.responder_key_hash, by_key.responder_name) == (subject_key, None)
    assert (by_name.responder_key_hash, by_name.responder_name) == (None, by_name.certificates[0].subject)


def test_the_ca_may_sign_itself(desk: Desk) -> None:
    authority = desk.authorities[AUTH]
    read = parse(desk.responder(ResponderIdentity.of_authority(authority)).answer(desk.request(), at=NOW).der)
    assert (read.certificates, read.responder_key_hash) == ([], authority.key_id)
    assert RSA_2048.verifies(authority.signer.public_key, read.tbs_response_bytes, read.signature)


def test_archive_cutoff_is_the_beginning_of_the_ca(desk: Desk) -> None:
    single = native(desk.ask(archive_cutoff=True).der)["responses"][0]
    [extension] = single["single_extensions"]
    assert extension["extn_id"].dotted == oids.OCSP_ARCHIVE_CUTOFF
    assert extension["extn_value"].parsed.native == desk.authorities[AUTH].not_before


def test_several_certificates_in_one_request(desk: Desk) -> None:
    """In the order of the request, twice if asked twice."""
    serials = (HELD_SERIAL, GOOD_SERIAL, NEVER_ISSUED, HELD_SERIAL)
    singles = native(desk.ask(*serials).der)["responses"]
    found = [(single["cert_id"]["serial_number"].native, single["cert_status"].name) for single in singles]
    assert found == [
        (HELD_SERIAL, "revoked"),
        (GOOD_SERIAL, "good"),
        (NEVER_ISSUED, "unknown"),
        (HELD_SERIAL, "revoked"),
    ]


def test_generations_are_told_apart_by_their_keys(desk: Desk) -> None:
    """They share one name. What one of them revoked is good of the other, and each has its delegation in ``certs``."""
    older, newer = desk.authorities[AUTH], desk.next_generation[AUTH]
    desk.register.record(newer.key_id, GOOD_SERIAL, HELD_SINCE, revoked(HELD_SINCE, RevocationReason.SUPERSEDED))
    asked = [desk.cert_id(GOOD_SERIAL, each) for each in (older, newer)]
    answer = desk.responder().answer(encode_request(asked), at=NOW)
    states = [single["cert_status"].name for single in native(answer.der)["responses"]]
    assert asked[0].issuer[1] == asked[1].issuer[1]
    assert states == ["good", "revoked"]
    issuers = [certificate.issuer for certificate in certificates(answer.der)]
    assert len(issuers) == 2
    for certificate, authority in zip(certificates(answer.der), (older, newer), strict=True):
        certificate.verify_directly_issued_by(certificate_of(authority))


def certificates(der: bytes) -> list[x509.Certificate]:
    """pyca/cryptography reads single responses only."""
    listed = asn1.OCSPResponse.load(der).basic_ocsp_response["certs"]
    return [x509.load_der_x509_certificate(certificate.dump()) for certificate in listed]


def test_both_cas_in_one_request(desk: Desk) -> None:
    """Their responder is one key, named by that key, so it may speak for both."""
    asked = [
        desk.cert_id(serial, desk.authorities[kind]) for kind, serial in ((SIGN, HELD_SERIAL), (AUTH, GOOD_SERIAL))
    ]
    answer = desk.responder().answer(encode_request(asked), at=NOW)
    assert [single["cert_status"].name for single in native(answer.der)["responses"]] == ["revoked", "good"]
    assert len(certificates(answer.der)) == 2


@pytest.mark.parametrize("form", ResponderIdForm, ids=lambda form: form.value)
def test_one_name_is_not_one_key(desk: Desk, form: ResponderIdForm) -> None:
    """The responders of two algorithms have the same subject, and still no common signature."""
    asked = [desk.cert_id(HELD_SERIAL, authorities[AUTH]) for authorities in (desk.authorities, desk.elliptic)]
    answer = desk.responder(responder_id=form).answer(encode_request(asked), at=NOW)
    assert [single["cert_status"].name for single in native(answer.der)["responses"]] == ["revoked", "unknown"]


def test_under_one_name_the_other_ca_is_unknown(desk: Desk) -> None:
    """Named by name, one signature cannot be that of two responders."""
    asked = [desk.cert_id(HELD_SERIAL, desk.authorities[kind]) for kind in (SIGN, AUTH)]
    answer = desk.responder(responder_id=ResponderIdForm.BY_NAME).answer(encode_request(asked), at=NOW)
    assert [single["cert_status"].name for single in native(answer.der)["responses"]] == ["revoked", "unknown"]
    assert len(certificates(answer.der)) == 1


def test_an_issuer_that_is_not_served_is_unknown_beside_one_that_is(desk: Desk) -> None:
    serving = desk.responder(desk.identity(desk.authorities[AUTH]))
    asked = [desk.cert_id(GOOD_SERIAL, desk.authorities[kind]) for kind in (SIGN, AUTH)]
    answer = serving.answer(encode_request(asked), at=NOW)
    assert [single["cert_status"].name for single in native(answer.der)["responses"]] == ["unknown", "good"]


def test_unauthorized_where_nothing_is_served(desk: Desk) -> None:
    """RFC 5019 clause 2.2.3."""
    serving = desk.responder(desk.identity(desk.authorities[SIGN]))
    answer = serving.answer(desk.request(), at=NOW)
    assert (answer.der.hex(), answer.status) == ("30030a0106", ResponseStatus.UNAUTHORIZED)
    assert not answer.cacheable


def test_right_key_under_a_wrong_name_is_not_served(desk: Desk) -> None:
    cert_id = desk.cert_id()
    oid, name, key = cert_id.issuer
    other = type(cert_id)((oid, bytes(20), key), 7, cert_id.raw.replace(name, bytes(20)))
    assert desk.responder().answer(encode_request([other]), at=NOW).status is ResponseStatus.UNAUTHORIZED


def test_unknown_hash_algorithm_is_not_served(desk: Desk) -> None:
    cert_id = desk.cert_id()
    other = type(cert_id)(
        cert_id.issuer, 7, cert_id.raw.replace(bytes.fromhex("2b0e03021a"), bytes.fromhex("2b0e03021b"))
    )
    assert desk.responder().answer(encode_request([other]), at=NOW).status is ResponseStatus.UNAUTHORIZED


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        pytest.param(RESPONDER_SINCE - timedelta(seconds=1), ResponseStatus.TRY_LATER, id="before"),
        pytest.param(RESPONDER_SINCE, ResponseStatus.SUCCESSFUL, id="first-second"),
        pytest.param(RESPONDER_SINCE + timedelta(days=30), ResponseStatus.SUCCESSFUL, id="last-second"),
        pytest.param(RESPONDER_SINCE + timedelta(days=30, seconds=1), ResponseStatus.TRY_LATER, id="after"),
    ],
)
def test_nobody_signs_with_an_ended_certificate(desk: Desk, at: datetime, expected: ResponseStatus) -> None:
    assert desk.ask(at=at).status is expected


def test_the_youngest_on_duty_signs(desk: Desk) -> None:
    authority = desk.authorities[AUTH]
    identities = [desk.identity(authority, now=RESPONDER_SINCE + timedelta(days=days)) for days in (0, 20, 5)]
    serving = desk.responder(*identities)
    starts = [
        parse(serving.answer(desk.request(), at=at).der).certificates[0].not_valid_before_utc
        for at in (RESPONDER_SINCE + timedelta(days=days) for days in (1, 6, 21))
    ]
    assert starts == [RESPONDER_SINCE + timedelta(days=days) for days in (0, 5, 20)]


def test_an_answer_whose_signer_ends_before_it_is_not_kept(desk: Desk) -> None:
    assert not desk.ask(at=RESPONDER_SINCE + timedelta(days=30)).cacheable


@pytest.mark.parametrize(
    ("trouble", "status"),
    [
        pytest.param(StatusUnavailableError("locked"), ResponseStatus.TRY_LATER, id="unavailable"),
        pytest.param(JpkiError("corrupt"), ResponseStatus.INTERNAL_ERROR, id="broken"),
    ],
)
def test_trouble_of_the_register_is_said_in_the_protocol(
    desk: Desk, trouble: Exception, status: ResponseStatus
) -> None:
    desk.register.trouble = trouble
    answer = desk.ask()
    assert (answer.status, answer.trouble) == (status, str(trouble))
    assert len(answer.der) == 5


def test_unsigned_requests_may_be_refused(desk: Desk) -> None:
    answer = desk.ask(signature_required=True)
    assert (answer.der.hex(), answer.status) == ("30030a0105", ResponseStatus.SIG_REQUIRED)


def test_malformed(desk: Desk) -> None:
    answer = desk.responder().answer(b"GET / HTTP/1.1", at=NOW)
    assert (answer.der.hex(), answer.status) == ("30030a0101", ResponseStatus.MALFORMED_REQUEST)
    assert "no OCSP request" in answer.trouble


def test_a_naive_moment_is_the_callers_mistake(desk: Desk) -> None:
    with pytest.raises(JpkiError, match="time zone"):
        desk.ask(at=NOW.replace(tzinfo=None))


def test_another_cas_certificate_makes_no_identity(desk: Desk) -> None:
    certificate = desk.identity(desk.authorities[AUTH]).certificate_der
    assert certificate
    with pytest.raises(ResponderError, match="not one of the auth CA with the key"):
        ResponderIdentity.delegated(desk.next_generation[AUTH], certificate, desk.signers[RSA_2048])


def test_another_key_makes_no_identity(desk: Desk) -> None:
    certificate = desk.identity(desk.authorities[AUTH]).certificate_der
    assert certificate
    with pytest.raises(ResponderError, match="private key does not belong"):
        ResponderIdentity.delegated(desk.authorities[AUTH], certificate, desk.strangers[RSA_2048])


def test_a_status_says_since_when_or_nothing() -> None:
    assert (GOOD.revoked_at, UNKNOWN.revoked_at) == (None, None)
    with pytest.raises(ValueError, match="revoked since"):
        CertificateStatus(CertState.REVOKED)
    with pytest.raises(ValueError, match="revoked since"):
        CertificateStatus(CertState.GOOD, NOW)
