"""What a document carries about revocation: believed for the CA's signature, and never better than its worst word."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from jpki.kinds import CaKind
from jpki.ocsp.certid import OcspIssuer
from jpki.ocsp.identity import ResponderIdentity
from jpki.ocsp.request import encode_request
from jpki.ocsp.responder import Responder
from jpki.ocsp.status import CertificateStatus, CertState, revoked
from jpki.reasons import RevocationReason
from jpki.signing.embedded import EmbeddedRevocationCheck
from jpki.verify.trust import TrustAnchor
from tests.jpki.signing.conftest import NOW, Desk

SERIAL = 7
GOOD = CertificateStatus(CertState.GOOD)
REVOKED = revoked(NOW - timedelta(days=1), RevocationReason.KEY_COMPROMISE)
UNKNOWN = CertificateStatus(CertState.UNKNOWN)


class Source:
    """Says the same of every certificate."""

    def __init__(self, status: CertificateStatus) -> None:
        self._status = status

    def status(self, authority_key_id: bytes, serial: int, *, at: datetime) -> CertificateStatus:
        return self._status

    def version(self) -> int:
        return 0


def anchor(desk: Desk) -> TrustAnchor:
    authority = desk.authority
    return TrustAnchor.load(CaKind.SIGN, authority.hierarchy, authority.certificate_der)


def response(desk: Desk, status: CertificateStatus, *, at: datetime = NOW, serial: int = SERIAL) -> bytes:
    responder = Responder([ResponderIdentity.of_authority(desk.authority)], Source(status))
    cert_id = OcspIssuer.of_certificate(anchor(desk).certificate).cert_id(serial)
    return responder.answer(encode_request([cert_id]), at=at).der


def codes(desk: Desk, **carried: list[bytes]) -> list[str]:
    answer = EmbeddedRevocationCheck(**carried).check(SERIAL, anchor(desk), now=NOW)
    return [item.code for item in answer.findings]


@pytest.mark.parametrize(
    ("status", "expected"),
    [(GOOD, []), (REVOKED, ["jpki.revocation.revoked"]), (UNKNOWN, ["jpki.revocation.ocsp-unknown"])],
    ids=["good", "revoked", "unknown"],
)
def test_response_alone(desk: Desk, status: CertificateStatus, expected: list[str]) -> None:
    assert codes(desk, responses=[response(desk, status)]) == expected


def test_list_alone(desk: Desk) -> None:
    listed = desk.crl(desk.entry(RevocationReason.SUPERSEDED))
    assert (codes(desk, crls=[desk.crl()]), codes(desk, crls=[listed])) == ([], ["jpki.revocation.revoked"])


def test_response_that_says_revoked_beats_a_list_that_does_not_know_yet(desk: Desk) -> None:
    assert codes(desk, responses=[response(desk, REVOKED)], crls=[desk.crl()]) == ["jpki.revocation.revoked"]


def test_list_that_says_revoked_beats_a_good_response(desk: Desk) -> None:
    listed = desk.crl(desk.entry(RevocationReason.SUPERSEDED))
    assert codes(desk, responses=[response(desk, GOOD)], crls=[listed]) == ["jpki.revocation.revoked"]


def test_unusable_response_beside_a_usable_list(desk: Desk) -> None:
    assert codes(desk, responses=[b"junk"], crls=[desk.crl()]) == []


def test_response_that_does_not_know_the_certificate_yet_beside_a_list(desk: Desk) -> None:
    """A responder's data lags a quarter of an hour; the list is the CA's word, too."""
    assert codes(desk, responses=[response(desk, UNKNOWN)], crls=[desk.crl()]) == []


def test_good_response_does_not_hide_a_revoked_one(desk: Desk) -> None:
    both = [response(desk, GOOD), response(desk, REVOKED)]
    assert (codes(desk, responses=both), codes(desk, responses=both[::-1])) == (["jpki.revocation.revoked"],) * 2


@pytest.mark.parametrize(
    ("carried", "expected"),
    [
        (b"junk", "jpki.revocation.ocsp-unreadable"),
        (None, "jpki.revocation.ocsp-stale"),
        (8, "jpki.revocation.ocsp-other-certificate"),
    ],
    ids=["junk", "of the day before", "of another certificate"],
)
def test_unusable_response_alone(desk: Desk, carried: bytes | int | None, expected: str) -> None:
    if carried is None:
        carried = response(desk, GOOD, at=NOW - timedelta(days=1))
    elif isinstance(carried, int):
        carried = response(desk, GOOD, serial=carried)
    assert codes(desk, responses=[carried]) == [expected]


def test_nothing(desk: Desk) -> None:
    assert codes(desk) == ["jpki.pdf.revocation-missing"]
