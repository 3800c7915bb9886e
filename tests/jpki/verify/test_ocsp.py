"""What can be wrong with an OCSP response: a case a code, forged with the CA's own keys, and nothing else wrong."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jpki import der, oids
from jpki.algorithms import P_384, RSA_2048
from jpki.ca import encoding
from jpki.ca.authority import Authority
from jpki.kinds import CaKind
from jpki.names import Name
from jpki.ocsp.certid import CertId
from jpki.ocsp.certificate import sign_responder
from jpki.ocsp.identity import ResponderIdentity
from jpki.ocsp.request import encode_request
from jpki.ocsp.response import (
    ResponderIdForm,
    ResponseStatus,
    SingleResponse,
    basic_response,
    error_response,
    responder_id,
    response_data,
)
from jpki.ocsp.status import GOOD, UNKNOWN, revoked
from jpki.profiles import OCSP_RESPONDER_PROFILES, CertificateProfile, KeyUsageBit
from jpki.reasons import RevocationReason
from jpki.signer import Signer
from jpki.verify.catalogue_ocsp import OCSP_RULES
from jpki.verify.errors import OcspUnavailableError
from jpki.verify.ocsp import NONCE_SIZE, OcspLimits, OcspRevocationCheck, check_ocsp_response
from jpki.verify.ocsp_read import MAX_RESPONSE_SIZE, OcspUnreadableError, read_response
from jpki.verify.revocation import RevocationAnswer
from tests.jpki.ocsp.desk import GOOD_SERIAL, HELD_SERIAL, HELD_SINCE, HOLD, LAG, NOW, QUARTER, Desk, make_desk

AUTH = CaKind.AUTH
NONCE = bytes(range(32))
PROFILE = OCSP_RESPONDER_PROFILES[AUTH]
UNKNOWN_OID = "1.3.6.1.4.1.99999.1"


@pytest.fixture(scope="module")
def desk(authorities: Mapping[CaKind, Authority], make_authority: Callable[..., Authority]) -> Desk:
    return make_desk(authorities, make_authority)


@dataclass
class Parts:
    """A response taken apart; change any part, then ``seal`` it."""

    desk: Desk
    singles: list[SingleResponse] = field(default_factory=list)
    produced_at: datetime = NOW
    extensions: bytes = encoding.extension(oids.OCSP_NONCE, der.octet_string(NONCE), critical=False)
    algorithm: bytes = RSA_2048.identifier
    responder: bytes | None = None
    profile: CertificateProfile = PROFILE
    issuer: Authority | None = None
    signer: Signer | None = None
    certificates: list[bytes] | None = None

    def __post_init__(self) -> None:
        self.singles = [self.single()]

    def single(self, serial: int = GOOD_SERIAL, **changes: Any) -> SingleResponse:
        arguments = {
            "cert_id": self.desk.cert_id(serial),
            "status": GOOD,
            "this_update": QUARTER,
            "next_update": QUARTER + LAG,
        }
        return SingleResponse(**arguments | changes)

    def certificate(self, *, begin: datetime = QUARTER - timedelta(days=1)) -> bytes:
        return sign_responder(
            self.issuer or self.desk.authorities[AUTH],
            profile=self.profile,
            public_key=self.desk.signers[RSA_2048].public_key,
            serial=50,
            not_before=begin,
            not_after=begin + timedelta(days=30),
        )

    def seal(self) -> bytes:
        key_id = encoding.key_identifier(self.desk.signers[RSA_2048].public_key)
        identity = replace(
            ResponderIdentity.of_authority(self.desk.authorities[AUTH]),
            signer=self.signer or self.desk.signers[RSA_2048],
        )
        tbs = response_data(
            responder=self.responder or responder_id(ResponderIdForm.BY_KEY, name=b"", key_id=key_id),
            produced_at=self.produced_at,
            singles=self.singles,
            extensions=self.extensions,
        )
        certificates = [self.certificate()] if self.certificates is None else self.certificates
        return basic_response(
            tbs=tbs, algorithm=self.algorithm, signature=identity.sign(tbs), certificates=certificates
        )


def check(desk: Desk, raw: bytes, **changes: Any) -> RevocationAnswer:
    arguments = {"serial": GOOD_SERIAL, "issuer": desk.anchor(), "nonce": NONCE, "now": NOW}
    return check_ocsp_response(raw, **arguments | changes)


def codes(answer: RevocationAnswer) -> list[str]:
    return [item.code.removeprefix("jpki.revocation.") for item in answer.findings]


def garbage(parts: Parts) -> bytes:
    return b"<html>"


def too_large(parts: Parts) -> bytes:
    return parts.seal() + bytes(MAX_RESPONSE_SIZE)


def trailing_byte(parts: Parts) -> bytes:
    return parts.seal() + b"\x00"


def try_later(parts: Parts) -> bytes:
    return error_response(ResponseStatus.TRY_LATER)


def of_other_serial(parts: Parts) -> bytes:
    parts.singles = [parts.single(HELD_SERIAL)]
    return parts.seal()


def of_other_generation(parts: Parts) -> bytes:
    """The same name and number, but another key: another certificate."""
    other = parts.desk.cert_id(GOOD_SERIAL, parts.desk.next_generation[AUTH])
    parts.singles = [parts.single(cert_id=other)]
    return parts.seal()


def of_other_name(parts: Parts) -> bytes:
    """The right key's hash under the hash of another name."""
    cert_id = parts.desk.cert_id()
    oid, name, key = cert_id.issuer
    parts.singles = [parts.single(cert_id=CertId((oid, bytes(20), key), 7, cert_id.raw.replace(name, bytes(20))))]
    return parts.seal()


def twice_and_contradictory(parts: Parts) -> bytes:
    parts.singles = [parts.single(), parts.single(status=revoked(HELD_SINCE, HOLD))]
    return parts.seal()


def about_nothing(parts: Parts) -> bytes:
    parts.singles = []
    return parts.seal()


def without_certificate(parts: Parts) -> bytes:
    parts.certificates = []
    return parts.seal()


def with_another_certificate(parts: Parts) -> bytes:
    parts.certificates = [parts.desk.authorities[AUTH].certificate_der]
    return parts.seal()


def certificate_of_the_other_ca(parts: Parts) -> bytes:
    parts.issuer = parts.desk.authorities[CaKind.SIGN]
    return parts.seal()


def certificate_of_another_generation(parts: Parts) -> bytes:
    """Under the same name of the CA: only its key tells."""
    parts.issuer = parts.desk.next_generation[AUTH]
    return parts.seal()


def _hand_made(
    parts: Parts,
    *,
    signer: Signer,
    issuer: Name | None = None,
    named_key: bytes | None = None,
    critical: Mapping[str, bytes] = MappingProxyType({}),
) -> bytes:
    """A response with a responder's certificate of which only the named parts are wrong."""
    authority = parts.desk.authorities[AUTH]
    rows = {
        oids.AUTHORITY_KEY_IDENTIFIER: der.sequence(der.implicit(0, named_key or authority.key_id)),
        oids.EXTENDED_KEY_USAGE: der.sequence(der.oid(oids.OCSP_SIGNING)),
        oids.KEY_USAGE: encoding.key_usage(PROFILE.key_usage),
        oids.OCSP_NO_CHECK: der.null(),
    }
    tbs = encoding.tbs_certificate(
        algorithm=RSA_2048,
        serial=50,
        issuer=issuer or authority.name,
        not_before=QUARTER,
        not_after=QUARTER + timedelta(days=1),
        subject=authority.name,
        public_key_info=encoding.subject_public_key_info(parts.desk.signers[RSA_2048].public_key),
        extensions=der.sequence(
            *(encoding.extension(oid, value, critical=False) for oid, value in rows.items()),
            *(encoding.extension(oid, value, critical=True) for oid, value in critical.items()),
        ),
    )
    parts.certificates = [encoding.sign(signer, tbs)]
    return parts.seal()


def certificate_signed_by_a_stranger(parts: Parts) -> bytes:
    return _hand_made(parts, signer=parts.desk.strangers[RSA_2048])


def certificate_under_another_name_of_the_ca(parts: Parts) -> bytes:
    authorities = parts.desk.authorities
    return _hand_made(parts, signer=authorities[AUTH].signer, issuer=authorities[CaKind.SIGN].name)


def certificate_that_names_another_key(parts: Parts) -> bytes:
    other = parts.desk.next_generation[AUTH].key_id
    return _hand_made(parts, signer=parts.desk.authorities[AUTH].signer, named_key=other)


def certificate_with_an_unknown_limit(parts: Parts) -> bytes:
    """RFC 5280 clause 4.2: a certificate with a critical extension that is not known is rejected."""
    return _hand_made(parts, signer=parts.desk.authorities[AUTH].signer, critical={UNKNOWN_OID: der.null()})


def certificate_of_a_citizen(parts: Parts) -> bytes:
    """Any certificate of the CA, with its key, must not speak for the CA."""
    parts.profile = replace(PROFILE, extended_key_usage=(oids.CLIENT_AUTH,), key_usage=(KeyUsageBit.NON_REPUDIATION,))
    return parts.seal()


def without_usage(parts: Parts) -> bytes:
    parts.profile = _without(oids.EXTENDED_KEY_USAGE)
    return parts.seal()


def without_digital_signature(parts: Parts) -> bytes:
    parts.profile = replace(PROFILE, key_usage=(KeyUsageBit.NON_REPUDIATION,))
    return parts.seal()


def without_no_check(parts: Parts) -> bytes:
    parts.profile = _without(oids.OCSP_NO_CHECK)
    return parts.seal()


def _without(oid: str) -> CertificateProfile:
    return replace(PROFILE, rules=tuple(rule for rule in PROFILE.rules if rule.oid != oid))


def expired_responder(parts: Parts) -> bytes:
    parts.certificates = [parts.certificate(begin=NOW - timedelta(days=30, seconds=1))]
    return parts.seal()


def responder_of_tomorrow(parts: Parts) -> bytes:
    parts.certificates = [parts.certificate(begin=NOW + timedelta(seconds=1))]
    return parts.seal()


def other_algorithm(parts: Parts) -> bytes:
    parts.algorithm = der.sequence(der.oid("1.2.840.113549.1.1.5"), der.null())  # sha1WithRSAEncryption
    return parts.seal()


def algorithm_of_another_key(parts: Parts) -> bytes:
    """The issuer's key decides the algorithm, not what the response says of itself."""
    parts.algorithm = P_384.identifier
    return parts.seal()


def signed_by_a_stranger(parts: Parts) -> bytes:
    parts.signer = parts.desk.strangers[RSA_2048]
    return parts.seal()


def changed_after_signing(parts: Parts) -> bytes:
    parts.singles = [parts.single(status=UNKNOWN)]
    return parts.seal().replace(b"\x82\x00\x18\x0f", b"\x80\x00\x18\x0f")


def stranger_in_the_name_of_the_ca(parts: Parts) -> bytes:
    authority = parts.desk.authorities[AUTH]
    parts.responder = responder_id(ResponderIdForm.BY_NAME, name=authority.name.encode(), key_id=b"")
    parts.signer = parts.desk.strangers[RSA_2048]
    return parts.seal()


def unknown_critical(parts: Parts) -> bytes:
    parts.extensions += encoding.extension(UNKNOWN_OID, b"", critical=True)
    return parts.seal()


def no_nonce(parts: Parts) -> bytes:
    parts.extensions = b""
    return parts.seal()


def other_nonce(parts: Parts) -> bytes:
    parts.extensions = encoding.extension(oids.OCSP_NONCE, der.octet_string(NONCE[1:]), critical=False)
    return parts.seal()


def from_the_future(parts: Parts) -> bytes:
    future = NOW + timedelta(minutes=5, seconds=1)
    parts.singles = [parts.single(this_update=future, next_update=future + LAG)]
    return parts.seal()


def produced_in_the_future(parts: Parts) -> bytes:
    parts.produced_at = NOW + timedelta(minutes=5, seconds=1)
    return parts.seal()


def stale(parts: Parts) -> bytes:
    ended = NOW - timedelta(minutes=5, seconds=1)
    parts.singles = [parts.single(this_update=ended - LAG, next_update=ended)]
    return parts.seal()


def too_old(parts: Parts) -> bytes:
    """Its nextUpdate is far, but the limits are not."""
    begun = NOW - timedelta(minutes=35, seconds=1)
    parts.singles = [parts.single(this_update=begun, next_update=NOW + timedelta(days=7))]
    return parts.seal()


def unknown(parts: Parts) -> bytes:
    parts.singles = [parts.single(status=UNKNOWN)]
    return parts.seal()


def held(parts: Parts) -> bytes:
    parts.singles = [parts.single(status=revoked(HELD_SINCE, HOLD))]
    return parts.seal()


def several_wrongs(parts: Parts) -> bytes:
    parts.extensions = b""
    parts.singles = [parts.single(this_update=NOW - timedelta(days=2), next_update=NOW - timedelta(days=1))]
    return parts.seal()


CASES: list[tuple[Callable[[Parts], bytes], list[str]]] = [
    (garbage, ["ocsp-unreadable"]),
    (too_large, ["ocsp-unreadable"]),
    (trailing_byte, ["ocsp-unreadable"]),
    (try_later, ["ocsp-error"]),
    (of_other_serial, ["ocsp-other-certificate"]),
    (of_other_generation, ["ocsp-other-certificate"]),
    (of_other_name, ["ocsp-other-certificate"]),
    (twice_and_contradictory, ["ocsp-other-certificate"]),
    (about_nothing, ["ocsp-other-certificate"]),
    (without_certificate, ["ocsp-responder-missing"]),
    (with_another_certificate, ["ocsp-responder-missing"]),
    (certificate_of_the_other_ca, ["ocsp-responder-unauthorized"]),
    (certificate_of_another_generation, ["ocsp-responder-unauthorized"]),
    (certificate_signed_by_a_stranger, ["ocsp-responder-unauthorized"]),
    (certificate_under_another_name_of_the_ca, ["ocsp-responder-unauthorized"]),
    (certificate_that_names_another_key, ["ocsp-responder-unauthorized"]),
    (certificate_of_a_citizen, ["ocsp-responder-usage"]),
    (without_usage, ["ocsp-responder-usage"]),
    (without_digital_signature, ["ocsp-responder-usage"]),
    (without_no_check, ["ocsp-responder-no-check"]),
    (expired_responder, ["ocsp-responder-not-valid"]),
    (responder_of_tomorrow, ["ocsp-responder-not-valid"]),
    (other_algorithm, ["ocsp-algorithm"]),
    (algorithm_of_another_key, ["ocsp-algorithm"]),
    (signed_by_a_stranger, ["ocsp-signature-invalid"]),
    (changed_after_signing, ["ocsp-signature-invalid"]),
    (stranger_in_the_name_of_the_ca, ["ocsp-signature-invalid"]),
    (unknown_critical, ["ocsp-critical-extension"]),
    (certificate_with_an_unknown_limit, ["ocsp-critical-extension"]),
    (no_nonce, ["ocsp-nonce-missing"]),
    (other_nonce, ["ocsp-nonce-mismatch"]),
    (from_the_future, ["ocsp-not-yet-valid"]),
    (produced_in_the_future, ["ocsp-not-yet-valid"]),
    (stale, ["ocsp-stale"]),
    (too_old, ["ocsp-too-old"]),
    (unknown, ["ocsp-unknown"]),
    (held, ["revoked"]),
    (several_wrongs, ["ocsp-stale", "ocsp-nonce-missing"]),
]


@pytest.mark.parametrize(("case", "expected"), CASES, ids=lambda value: value.__name__ if callable(value) else "")
def test_the_answer_has_exactly_the_codes_of_the_case(
    desk: Desk, case: Callable[[Parts], bytes], expected: list[str]
) -> None:
    assert codes(check(desk, case(Parts(desk)))) == expected


def test_a_certificate_by_hand_is_good_where_nothing_is_wrong(desk: Desk) -> None:
    assert codes(check(desk, _hand_made(Parts(desk), signer=desk.authorities[AUTH].signer))) == []


@pytest.mark.parametrize("code", [rule.code for rule in OCSP_RULES])
def test_every_code_has_a_case(code: str) -> None:
    # A responder that cannot be reached is the check's, below.
    known = {f"jpki.revocation.{each}" for _, expected in CASES for each in expected}
    assert code in known | {"jpki.revocation.ocsp-unreachable"}


@pytest.mark.parametrize("form", ResponderIdForm, ids=lambda form: form.value)
@pytest.mark.parametrize("algorithm", [oids.SHA1, oids.SHA256, oids.SHA384])
def test_the_labs_responder_is_believed(desk: Desk, form: ResponderIdForm, algorithm: str) -> None:
    raw = desk.responder(responder_id=form).answer(desk.request(nonce=NONCE, algorithm=algorithm), at=NOW).der
    answer = check(desk, raw)
    assert answer.findings == ()
    assert answer.status is not None
    assert answer.status.as_dict() == {
        "method": "ocsp",
        "produced_at": "2026-05-01T03:07:42Z",
        "this_update": "2026-05-01T03:00:00Z",
        "next_update": "2026-05-01T03:15:00Z",
        "revoked": False,
        "revoked_at": None,
        "reason": None,
    }


@pytest.mark.parametrize("form", ResponderIdForm, ids=lambda form: form.value)
def test_the_ca_itself_is_believed(desk: Desk, form: ResponderIdForm) -> None:
    identity = ResponderIdentity.of_authority(desk.authorities[AUTH])
    raw = desk.responder(identity, responder_id=form).answer(desk.request(nonce=NONCE), at=NOW).der
    assert codes(check(desk, raw)) == []


@pytest.mark.parametrize(("serial", "expected"), [(GOOD_SERIAL, []), (HELD_SERIAL, ["revoked"])])
def test_the_next_generation_is_believed(desk: Desk, serial: int, expected: list[str]) -> None:
    """P-384 with SHA-384."""
    authority = desk.elliptic[AUTH]
    raw = desk.responder().answer(encode_request([desk.cert_id(serial, authority)], nonce=NONCE), at=NOW).der
    assert codes(check(desk, raw, serial=serial, issuer=desk.anchor(authority))) == expected


def test_what_is_revoked_is_told_with_its_response(desk: Desk) -> None:
    raw = desk.ask(HELD_SERIAL, nonce=NONCE).der
    answer = check(desk, raw, serial=HELD_SERIAL)
    [found] = answer.findings
    assert found.detail == {
        "serial": HELD_SERIAL,
        "revoked_at": "2026-04-30T22:15:03Z",
        "reason": "certificateHold",
        "meaning_en": RevocationReason.CERTIFICATE_HOLD.meaning_en,
        "meaning_ja": RevocationReason.CERTIFICATE_HOLD.meaning_ja,
        "evidence": "OCSP",
        "this_update": "2026-05-01T03:00:00Z",
    }
    assert answer.status is not None
    assert answer.status.as_dict()["revoked_at"] == "2026-04-30T22:15:03Z"


def test_one_response_for_two_cas_is_believed_for_each(desk: Desk) -> None:
    """The responder's one key has a certificate of either."""
    kinds = (CaKind.SIGN, AUTH)
    asked = encode_request([desk.cert_id(GOOD_SERIAL, desk.authorities[kind]) for kind in kinds], nonce=NONCE)
    raw = desk.responder().answer(asked, at=NOW).der
    assert [codes(check(desk, raw, issuer=desk.anchor(desk.authorities[kind]))) for kind in kinds] == [[], []]


@pytest.mark.parametrize(
    ("case", "limits", "expected"),
    [
        pytest.param(stale, OcspLimits(clock_skew=timedelta(minutes=6)), [], id="more-skew"),
        pytest.param(too_old, OcspLimits(max_age=timedelta(days=1)), [], id="more-age"),
        pytest.param(from_the_future, OcspLimits(clock_skew=timedelta(minutes=15)), [], id="as-web-eid"),
        pytest.param(
            Parts.seal,
            OcspLimits(clock_skew=timedelta(), max_age=timedelta(minutes=2)),
            ["ocsp-too-old"],
            id="less-age",
        ),
    ],
)
def test_limits(desk: Desk, case: Callable[[Parts], bytes], limits: OcspLimits, expected: list[str]) -> None:
    assert codes(check(desk, case(Parts(desk)), limits=limits)) == expected


def test_the_last_second_of_a_responder_is_whole(desk: Desk) -> None:
    parts = Parts(desk)
    parts.certificates = [parts.certificate(begin=NOW - timedelta(days=30))]
    assert codes(check(desk, parts.seal(), now=NOW + timedelta(milliseconds=900))) == []


def test_without_a_nonce_any_or_none_will_do(desk: Desk) -> None:
    for case in (no_nonce, other_nonce):
        assert codes(check(desk, case(Parts(desk)), nonce=None)) == []


def test_every_truncation_is_unreadable(desk: Desk) -> None:
    raw = Parts(desk).seal()
    assert {tuple(codes(check(desk, raw[:size]))) for size in range(len(raw))} == {("ocsp-unreadable",)}


def test_no_flipped_bit_is_believed(desk: Desk) -> None:
    """Whatever bit of the response is turned, of its signature and the certificate too."""
    raw = Parts(desk).seal()
    believed = []
    for bit in range(0, 8 * len(raw), 3):
        flipped = bytearray(raw)
        flipped[bit // 8] ^= 1 << bit % 8
        if not check(desk, bytes(flipped)).findings:
            believed.append(bit)
    assert believed == []


@settings(max_examples=300)
@given(raw=st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(raw: bytes) -> None:
    with contextlib.suppress(OcspUnreadableError):
        read_response(raw)


class _Recorder:
    """A transport that goes straight to a responder."""

    def __init__(self, desk: Desk) -> None:
        self.responder = desk.responder()
        self.requests: list[bytes] = []

    def __call__(self, request: bytes, *, issuer: Any, now: datetime) -> bytes:
        self.requests.append(request)
        return self.responder.answer(request, at=now).der


@pytest.mark.parametrize("with_nonce", [True, False], ids=["nonce", "plain"])
@pytest.mark.parametrize(
    ("serial", "expected"), [(GOOD_SERIAL, []), (HELD_SERIAL, ["revoked"]), (99, ["ocsp-unknown"])]
)
def test_the_check_asks_and_judges(desk: Desk, serial: int, expected: list[str], *, with_nonce: bool) -> None:
    transport = _Recorder(desk)
    revocation = OcspRevocationCheck(transport, rng=lambda count: b"r" * count, with_nonce=with_nonce)
    assert codes(revocation.check(serial, desk.anchor(), now=NOW)) == expected
    nonce = b"r" * NONCE_SIZE if with_nonce else None
    assert transport.requests == [desk.request(serial, nonce=nonce)]


def test_nobody_answers(desk: Desk) -> None:
    def unreachable(request: bytes, *, issuer: Any, now: datetime) -> bytes:
        raise OcspUnavailableError("connection refused")

    answer = OcspRevocationCheck(unreachable, rng=bytes).check(GOOD_SERIAL, desk.anchor(), now=NOW)
    assert [(item.code, item.detail) for item in answer.findings] == [
        ("jpki.revocation.ocsp-unreachable", {"why": "connection refused"})
    ]


def test_a_verdict_stands_on_ocsp(desk: Desk, bench: Any) -> None:
    """In the whole procedure, in place of the list."""
    revocation = OcspRevocationCheck(_Recorder(desk), rng=bytes)
    accepted = bench.verify(revocation=revocation)
    assert accepted.codes == ()
    assert accepted.as_dict()["revocation"]["method"] == "ocsp"
    key_id = desk.authorities[AUTH].key_id
    desk.register.record(key_id, 7, QUARTER - timedelta(hours=1), revoked(QUARTER - timedelta(hours=1), HOLD))
    assert bench.verify(revocation=OcspRevocationCheck(_Recorder(desk), rng=bytes)).codes == (
        "jpki.revocation.revoked",
    )
