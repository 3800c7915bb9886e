"""The strict reader of responses, part by part."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from jpki import der, oids
from jpki.algorithms import RSA_2048
from jpki.ca import encoding
from jpki.ca.authority import Authority
from jpki.kinds import CaKind
from jpki.ocsp.response import ResponseStatus, basic_response, error_response
from jpki.ocsp.status import CertState
from jpki.verify.ocsp_read import MAX_CERTIFICATES, OcspUnreadableError, ReadResponse, read_response
from tests.jpki.ocsp.desk import HELD_SINCE, NOW, QUARTER, Desk, make_desk

TIME = der.generalized_time(QUARTER)
RESPONDER = der.explicit(2, der.octet_string(bytes(20)))
GOOD, UNKNOWN = der.implicit(0, b""), der.implicit(2, b"")
OTHER_OID = "1.3.6.1.4.1.99999.1"
OTHER = encoding.extension(OTHER_OID, b"", critical=False)
CRITICAL = encoding.extension(OTHER_OID, b"", critical=True)
NONCE = encoding.extension(oids.OCSP_NONCE, der.octet_string(b"n"), critical=False)


@pytest.fixture(scope="module")
def desk(authorities: Mapping[CaKind, Authority], make_authority: Callable[..., Authority]) -> Desk:
    return make_desk(authorities, make_authority)


def listed(number: int, *extensions: bytes) -> bytes:
    return der.explicit(number, der.sequence(*extensions))


def revoked(*parts: bytes) -> bytes:
    return der.explicit(1, b"".join(parts))


def reason(code: int) -> bytes:
    return der.explicit(0, der.enumerated(code))


def single(desk: Desk, status: bytes = GOOD, *more: bytes, time: bytes = TIME) -> bytes:
    return der.sequence(desk.cert_id().raw, status, time, *more)


def whole(*singles: bytes, responder: bytes = RESPONDER, more: bytes = b"", certificates: int = 0) -> bytes:
    tbs = der.sequence(responder, TIME, der.sequence(*singles), more)
    return basic_response(
        tbs=tbs, algorithm=RSA_2048.identifier, signature=b"s", certificates=[der.sequence()] * certificates
    )


def read(raw: bytes) -> ReadResponse:
    response = read_response(raw)
    assert isinstance(response, ReadResponse)
    return response


def test_the_least(desk: Desk) -> None:
    response = read(whole(single(desk)))
    [only] = response.singles
    assert (only.cert_id, only.state, only.this_update, only.next_update) == (
        desk.cert_id(),
        CertState.GOOD,
        QUARTER,
        None,
    )
    assert (response.responder_key_id, response.responder_name, response.nonce) == (bytes(20), None, None)
    assert (response.signature, response.certificates, response.produced_at) == (b"s", (), QUARTER)


def test_by_name(desk: Desk) -> None:
    name = desk.authorities[CaKind.AUTH].name.encode()
    response = read(whole(single(desk), responder=der.explicit(1, name)))
    assert (response.responder_name, response.responder_key_id) == (name, None)


@pytest.mark.parametrize("code", [0, 1, 2, 3, 4, 5, 6, 8, 9, 10])
def test_every_reason(desk: Desk, code: int) -> None:
    [only] = read(whole(single(desk, revoked(der.generalized_time(HELD_SINCE), reason(code))))).singles
    assert (only.state, only.revoked_at, only.reason_code) == (CertState.REVOKED, HELD_SINCE, code)


def test_no_reason_is_unspecified(desk: Desk) -> None:
    [only] = read(whole(single(desk, revoked(TIME)))).singles
    assert only.reason_code == 0


@pytest.mark.parametrize("status", list(ResponseStatus)[1:], ids=lambda status: status.rfc_name)
def test_errors(status: ResponseStatus) -> None:
    assert read_response(error_response(status)) is status


def test_a_successful_response_is_no_error() -> None:
    with pytest.raises(ValueError, match="says something"):
        error_response(ResponseStatus.SUCCESSFUL)


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        pytest.param(lambda desk: whole(single(desk), more=listed(1, OTHER, NONCE)), False, id="unknown"),
        pytest.param(lambda desk: whole(single(desk), more=listed(1, CRITICAL)), True, id="critical"),
        pytest.param(lambda desk: whole(single(desk, GOOD, listed(1, CRITICAL))), True, id="critical-in-single"),
        pytest.param(lambda desk: whole(single(desk, GOOD, listed(1, OTHER))), False, id="unknown-in-single"),
    ],
)
def test_extensions(desk: Desk, place: Callable[[Desk], bytes], *, expected: bool) -> None:
    assert read(place(desk)).has_unknown_critical_extension is expected


def test_as_many_certificates_as_allowed(desk: Desk) -> None:
    assert len(read(whole(single(desk), certificates=MAX_CERTIFICATES)).certificates) == MAX_CERTIFICATES


def time(text: str, tag: int = 0x18) -> bytes:
    return der.tlv(tag, text.encode())


UNREADABLE: dict[str, tuple[Callable[[Desk], bytes], str]] = {
    "too-large": (
        lambda desk: whole(single(desk), more=listed(1, encoding.extension(OTHER_OID, bytes(66_000), critical=False))),
        "65536 are read",
    ),
    "status-4": (lambda desk: der.sequence(der.enumerated(4)), "not a valid ResponseStatus"),
    "error-with-more": (lambda desk: der.sequence(der.enumerated(1), der.explicit(0, der.null())), "bytes follow"),
    "successful-without-more": (lambda desk: der.sequence(der.enumerated(0)), "missing or cut"),
    "another-type": (
        lambda desk: whole(single(desk)).replace(der.oid(oids.OCSP_BASIC), der.oid(oids.OCSP_NONCE)),
        "not of the basic type",
    ),
    "one-certificate-too-many": (
        lambda desk: whole(single(desk), certificates=MAX_CERTIFICATES + 1),
        "more than 16 certificates",
    ),
    "version-written": (
        lambda desk: whole(single(desk), responder=der.explicit(0, der.integer(0)) + RESPONDER),
        "version 1",
    ),
    "responder-by-nothing": (lambda desk: whole(single(desk), responder=b""), "does not belong"),
    "responder-twice": (
        lambda desk: whole(single(desk), responder=der.explicit(2, der.octet_string(b"a") * 2)),
        "bytes follow",
    ),
    "data-with-more": (lambda desk: whole(single(desk), more=der.null()), "bytes follow"),
    "single-with-more": (lambda desk: whole(single(desk, GOOD, der.null())), "bytes follow"),
    "good-with-content": (lambda desk: whole(single(desk, der.implicit(0, b"x"))), "good is a NULL"),
    "unknown-with-content": (lambda desk: whole(single(desk, der.implicit(2, b"x"))), "unknown is a NULL"),
    "status-3": (lambda desk: whole(single(desk, der.implicit(3, b""))), "does not belong"),
    "reason-7": (lambda desk: whole(single(desk, revoked(TIME, reason(7)))), "7 is no CRLReason"),
    "reason-11": (lambda desk: whole(single(desk, revoked(TIME, reason(11)))), "11 is no CRLReason"),
    "revoked-with-more": (lambda desk: whole(single(desk, revoked(TIME, reason(1), der.null()))), "bytes follow"),
    "revoked-never": (lambda desk: whole(single(desk, revoked())), "missing or cut"),
    "extension-twice": (lambda desk: whole(single(desk), more=listed(1, OTHER, OTHER)), "stands there twice"),
    "utc-time": (lambda desk: whole(single(desk, time=time("260501030000Z", 0x17))), "does not belong"),
    "no-seconds": (lambda desk: whole(single(desk, time=time("202605010300Z"))), "fourteen digits"),
    "fraction": (lambda desk: whole(single(desk, time=time("20260501030000.5Z"))), "fourteen digits"),
    "offset": (lambda desk: whole(single(desk, time=time("20260501030000+0900"))), "fourteen digits"),
    "no-z": (lambda desk: whole(single(desk, time=time("202605010300000"))), "fourteen digits"),
    "month-13": (lambda desk: whole(single(desk, time=time("20261301030000Z"))), "month"),
    "year-0": (lambda desk: whole(single(desk, time=time("00000101000000Z"))), "year"),
    "other-digits": (lambda desk: whole(single(desk, time=time("2026050103000٣Z"))), "codec|digits"),
    "empty-nonce": (
        lambda desk: whole(
            single(desk), more=listed(1, encoding.extension(oids.OCSP_NONCE, der.octet_string(b""), critical=False))
        ),
        "1 to 128 octets",
    ),
}


@pytest.mark.parametrize(("case", "why"), UNREADABLE.values(), ids=UNREADABLE.keys())
def test_unreadable(desk: Desk, case: Callable[[Desk], bytes], why: str) -> None:
    with pytest.raises(OcspUnreadableError, match=why):
        read_response(case(desk))


def test_what_the_lab_writes(desk: Desk) -> None:
    assert read(desk.ask(at=NOW).der).singles[0].this_update == QUARTER
    assert UNKNOWN in desk.ask(99).der
