"""Each fault of the table, as a relying party sees it."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from jpki.kinds import CaKind
from jpki.ocsp.faults import OCSP_FAULTS, OcspFault
from jpki.ocsp.request import encode_request
from jpki.ocsp.response import ResponseStatus
from jpki.verify.ocsp import check_ocsp_response
from tests.jpki.ocsp.desk import GOOD_SERIAL, HELD_SERIAL, NOW, Desk

NONCE = b"n" * 32
EXPECTED = {
    "expired-responder-certificate": ["jpki.revocation.ocsp-responder-not-valid"],
    "wrong-signer": ["jpki.revocation.ocsp-signature-invalid"],
    "responder-of-the-other-ca": ["jpki.revocation.ocsp-responder-unauthorized"],
    "responder-without-usage": ["jpki.revocation.ocsp-responder-usage"],
    "responder-without-nocheck": ["jpki.revocation.ocsp-responder-no-check"],
    "try-later": ["jpki.revocation.ocsp-error"],
    "internal-error": ["jpki.revocation.ocsp-error"],
    "unauthorized": ["jpki.revocation.ocsp-error"],
    "malformed-request": ["jpki.revocation.ocsp-error"],
    "sig-required": ["jpki.revocation.ocsp-error"],
    "other-serial": ["jpki.revocation.ocsp-other-certificate"],
    "replayed": ["jpki.revocation.ocsp-stale", "jpki.revocation.ocsp-nonce-missing"],
    "clock-ahead": ["jpki.revocation.ocsp-not-yet-valid"],
    "clock-behind": ["jpki.revocation.ocsp-stale"],
    "wrong-nonce": ["jpki.revocation.ocsp-nonce-mismatch"],
    "no-nonce": ["jpki.revocation.ocsp-nonce-missing"],
    "truncated": ["jpki.revocation.ocsp-unreadable"],
}
every_fault = pytest.mark.parametrize("fault", OCSP_FAULTS.values(), ids=OCSP_FAULTS.keys())


def test_every_fault_has_its_expectation() -> None:
    assert OCSP_FAULTS.keys() == EXPECTED.keys()


@every_fault
def test_a_relying_party_notices(desk: Desk, fault: OcspFault) -> None:
    faulty = fault.around(desk.responder(), desk.workshop())
    answer = faulty.answer(desk.request(nonce=NONCE), at=NOW)
    checked = check_ocsp_response(answer.der, serial=GOOD_SERIAL, issuer=desk.anchor(), nonce=NONCE, now=NOW)
    assert [item.code for item in checked.findings] == EXPECTED[fault.name]
    assert checked.status is None
    assert not answer.cacheable


@every_fault
def test_the_responder_itself_is_as_it_was(desk: Desk, fault: OcspFault) -> None:
    responder = desk.responder()
    before = responder.answer(desk.request(), at=NOW)
    fault.around(responder, desk.workshop()).answer(desk.request(), at=NOW)
    assert responder.answer(desk.request(), at=NOW) == before


@every_fault
@pytest.mark.parametrize("raw", [b"", b"no request"], ids=["nothing", "garbage"])
def test_any_bytes_are_answered(desk: Desk, fault: OcspFault, raw: bytes) -> None:
    answer = fault.around(desk.responder(), desk.workshop()).answer(raw, at=NOW)
    assert answer.status is not ResponseStatus.SUCCESSFUL


@every_fault
@pytest.mark.parametrize("kind", CaKind, ids=lambda kind: kind.value)
@pytest.mark.parametrize("generation", ["next_generation", "elliptic"])
def test_every_ca_has_its_faults(desk: Desk, fault: OcspFault, generation: str, kind: CaKind) -> None:
    authority = getattr(desk, generation)[kind]
    request = encode_request([desk.cert_id(GOOD_SERIAL, authority)], nonce=NONCE)
    answer = fault.around(desk.responder(), desk.workshop()).answer(request, at=NOW)
    issuer = desk.anchor(authority)
    checked = check_ocsp_response(answer.der, serial=GOOD_SERIAL, issuer=issuer, nonce=NONCE, now=NOW)
    assert [item.code for item in checked.findings] == EXPECTED[fault.name]


def test_a_replay_calls_good_what_was_held_since(desk: Desk) -> None:
    """Why it matters: without limits on age the old answer would let a lost card in."""
    faulty = OCSP_FAULTS["replayed"].around(desk.responder(), desk.workshop())
    raw = faulty.answer(desk.request(HELD_SERIAL), at=NOW).der
    answers = [
        check_ocsp_response(raw, serial=HELD_SERIAL, issuer=desk.anchor(), nonce=None, now=now).findings
        for now in (NOW - timedelta(days=2), NOW)
    ]
    assert [[item.code for item in findings] for findings in answers] == [[], ["jpki.revocation.ocsp-stale"]]


@every_fault
def test_both_languages(fault: OcspFault) -> None:
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", fault.name)
    assert fault.en
    assert re.search(r"[ぁ-んァ-ン一-龥]", fault.ja)


def test_faults_wrap_faults(desk: Desk) -> None:
    """A skewed clock around a wrong nonce: both are seen."""
    shop = desk.workshop()
    inner = OCSP_FAULTS["wrong-nonce"].around(desk.responder(), shop)
    answer = OCSP_FAULTS["clock-behind"].around(inner, shop).answer(desk.request(nonce=NONCE), at=NOW)
    checked = check_ocsp_response(answer.der, serial=GOOD_SERIAL, issuer=desk.anchor(), nonce=NONCE, now=NOW)
    assert [item.code for item in checked.findings] == [
        "jpki.revocation.ocsp-stale",
        "jpki.revocation.ocsp-nonce-mismatch",
    ]
