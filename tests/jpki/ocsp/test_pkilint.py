"""pkilint over responders' certificates and every kind of answer: it has nothing to say."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from pkilint import loader, pkix
from pkilint.pkix import certificate, extension, name, ocsp

from jpki.ca.authority import Authority
from jpki.kinds import CaKind
from jpki.ocsp.identity import ResponderIdentity
from jpki.ocsp.request import encode_request
from jpki.ocsp.responder import NeverIssued
from jpki.ocsp.response import ResponderIdForm, ResponseStatus, error_response
from tests.jpki.ocsp.desk import GOOD_SERIAL, HELD_SERIAL, MOVED_SERIAL, NEVER_ISSUED, NOW, Desk, make_desk

DEVIATIONS: dict[str, str] = {}
"""What pkilint finds and we keep, with the reason. Nothing."""
POLICIES: dict[str, dict[str, Any]] = {
    "default": {},
    "by-name": {"responder_id": ResponderIdForm.BY_NAME},
    "archive-cutoff": {"archive_cutoff": True},
    "extended-revoke": {"never_issued": NeverIssued.REVOKED},
}
SERIALS = {"good": GOOD_SERIAL, "held": HELD_SERIAL, "moved": MOVED_SERIAL, "unknown": NEVER_ISSUED}
GENERATIONS = ("authorities", "next_generation", "elliptic")
DECODERS = [
    pkix.create_attribute_decoder(name.ATTRIBUTE_TYPE_MAPPINGS),
    pkix.create_extension_decoder(extension.EXTENSION_MAPPINGS),
]
every_generation = pytest.mark.parametrize("generation", GENERATIONS)
every_kind = pytest.mark.parametrize("kind", CaKind, ids=lambda kind: kind.value)


@pytest.fixture(scope="module")
def desk(authorities: Mapping[CaKind, Authority], make_authority: Callable[..., Authority]) -> Desk:
    return make_desk(authorities, make_authority)


def findings(container: Any, document: Any) -> set[str]:
    """The codes from notices upwards; what is only information is none."""
    results = container.validate(document.root)
    found = {item.finding for result in results for item in result.finding_descriptions}
    return {item.code for item in found if item.severity.name not in ("INFO", "DEBUG")} - DEVIATIONS.keys()


def lint_response(der: bytes) -> set[str]:
    container = ocsp.create_pkix_ocsp_response_validator_container([ocsp.create_response_decoder(), *DECODERS], [])
    return findings(container, loader.load_ocsp_response(der, "response"))


def lint_certificate(der: bytes) -> set[str]:
    container = certificate.create_pkix_certificate_validator_container(DECODERS, [])
    return findings(container, loader.load_certificate(der, "certificate"))


@every_generation
@every_kind
@pytest.mark.parametrize("serial", SERIALS.values(), ids=SERIALS.keys())
@pytest.mark.parametrize("nonce", [None, b"n" * 32], ids=["plain", "nonce"])
@pytest.mark.parametrize("policy", POLICIES.values(), ids=POLICIES.keys())
def test_answers(
    desk: Desk, generation: str, kind: CaKind, serial: int, nonce: bytes | None, policy: dict[str, Any]
) -> None:
    authority = getattr(desk, generation)[kind]
    asked = encode_request([desk.cert_id(serial, authority)], nonce=nonce)
    answer = desk.responder(desk.identity(authority), **policy).answer(asked, at=NOW)
    assert answer.status is ResponseStatus.SUCCESSFUL
    assert lint_response(answer.der) == set()


def test_an_answer_for_several_cas(desk: Desk) -> None:
    asked = encode_request([desk.cert_id(GOOD_SERIAL, desk.authorities[kind]) for kind in CaKind])
    assert lint_response(desk.responder().answer(asked, at=NOW).der) == set()


def test_an_answer_of_the_ca_itself(desk: Desk) -> None:
    identity = ResponderIdentity.of_authority(desk.authorities[CaKind.AUTH])
    assert lint_response(desk.responder(identity).answer(desk.request(), at=NOW).der) == set()


@pytest.mark.parametrize("status", list(ResponseStatus)[1:], ids=lambda each: each.rfc_name)
def test_errors(status: ResponseStatus) -> None:
    assert lint_response(error_response(status)) == set()


@every_generation
@every_kind
def test_certificates_of_responders(desk: Desk, generation: str, kind: CaKind) -> None:
    issued = desk.identity(getattr(desk, generation)[kind]).certificate_der
    assert issued
    assert lint_certificate(issued) == set()


def test_the_linter_would_speak(desk: Desk) -> None:
    """A nextUpdate before thisUpdate: whoever wires the linter wrongly hears nothing."""
    answer = desk.ask().der
    wrong = answer.replace(b"\x18\x0f20260501031500Z", b"\x18\x0f20240501031500Z")
    assert wrong != answer
    assert lint_response(wrong)
