"""pkilint over everything that a lab's CAs sign: what it says is what is listed here, no more and no less."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.ocsp import load_der_ocsp_response

from jpki.kinds import CaKind
from jpki.ocsp.certid import OcspIssuer
from jpki.ocsp.request import encode_request
from tests.interop.artefacts import ISSUED, LABELS, LIST_KINDS, World, files
from tests.interop.linters import lint_certificate, lint_chain, lint_crl, lint_ocsp_response

# By the kind of the artefact, what pkilint finds and we keep, with the reason. Each artefact of the kind has exactly
# these findings: one that is gone fails as one that is new does.
DEVIATIONS: Mapping[str, Mapping[str, str]] = {
    "ca": {},
    "ca under itself": {
        "pkix.authority_key_id_extension_missing": "the six roots of JPKI have no authorityKeyIdentifier, and RFC "
        "5280 clause 4.2.1.1 lets self-signed certificates omit it; the linter of chains knows no roots"
    },
    "end entity": {
        "pkix.certificate_policies_policy_has_qualifier": "a CPS pointer stands in every certificate of JPKI; RFC "
        "5280 clause 4.2.1.4 recommends that a policy be an OID alone"
    },
    "end entity under its ca": {},
    "responder": {},
    "responder under its ca": {},
    "list": {},
    "ocsp": {},
}
every_person = pytest.mark.parametrize(("card", "kind"), ISSUED, ids=[f"{card}-{kind.value}" for card, kind in ISSUED])
every_ca = pytest.mark.parametrize("label", LABELS)
# How OCSP is asked.
WAYS = {"plain": None, "nonce": b"n" * 32, "get": None}


def certificate_ids(world: World, label: str) -> list[Any]:
    """Those of every certificate of a CA, and of one that nobody has."""
    issuer = OcspIssuer.of_certificate(x509.load_der_x509_certificate(world.der(f"ca-{label}.pem")))
    serials = [x509.load_der_x509_certificate(world.der(name)).serial_number for name in world.issued_by(label)]
    return [issuer.cert_id(serial) for serial in (*serials, 2**64)]


def asked(world: World, label: str, way: str) -> bytes:
    """The response about all of them; GET asks about one, as a path is no place for more."""
    ids = certificate_ids(world, label)
    if way == "get":
        return world.ask_with_get(label, encode_request(ids[:1]))
    return world.ask(label, encode_request(ids, nonce=WAYS[way]))


def responder_certificate(world: World, label: str) -> bytes:
    [certificate] = load_der_ocsp_response(asked(world, label, "plain")).certificates
    return certificate.public_bytes(Encoding.DER)


@every_ca
def test_ca_certificates(world: World, label: str) -> None:
    root = world.der(f"ca-{label}.pem")
    assert lint_certificate(root) == DEVIATIONS["ca"].keys()
    assert lint_chain(root, root) == DEVIATIONS["ca under itself"].keys()


@every_person
def test_certificates(world: World, card: str, kind: CaKind) -> None:
    for name in files(card, kind):
        certificate = world.der(name)
        assert lint_certificate(certificate) == DEVIATIONS["end entity"].keys()
        root = world.der(f"ca-{world.label_of[name]}.pem")
        assert lint_chain(root, certificate) == DEVIATIONS["end entity under its ca"].keys()


@every_ca
def test_certificates_of_responders(world: World, label: str) -> None:
    certificate = responder_certificate(world, label)
    assert lint_certificate(certificate) == DEVIATIONS["responder"].keys()
    assert lint_chain(world.der(f"ca-{label}.pem"), certificate) == DEVIATIONS["responder under its ca"].keys()


@every_ca
@pytest.mark.parametrize("list_kind", LIST_KINDS)
def test_lists(world: World, label: str, list_kind: str) -> None:
    names = world.lists(list_kind, label)
    assert names
    assert {name: lint_crl(world.der(name)) for name in names} == {name: DEVIATIONS["list"].keys() for name in names}


@every_ca
@pytest.mark.parametrize("way", WAYS)
def test_answers(world: World, label: str, way: str) -> None:
    assert lint_ocsp_response(asked(world, label, way)) == DEVIATIONS["ocsp"].keys()


@every_ca
def test_everything_of_production_shape(production_world: World, label: str) -> None:
    """With the real CAs' names, policies and pointers."""
    world = production_world
    assert b"JPKI-TEST" not in world.der(f"ca-{label}.pem")
    found = {
        "ca": lint_certificate(world.der(f"ca-{label}.pem")),
        "end entity": set[str]().union(*(lint_certificate(world.der(name)) for name in world.issued_by(label))),
        "responder": lint_certificate(responder_certificate(world, label)),
        "list": set[str]().union(
            *(lint_crl(world.der(name)) for kind in LIST_KINDS for name in world.lists(kind, label))
        ),
        "ocsp": lint_ocsp_response(asked(world, label, "nonce")),
    }
    assert found == {kind: DEVIATIONS[kind].keys() for kind in found}


# --- whoever wires a linter wrongly hears nothing


def test_the_linter_of_certificates_would_speak(world: World) -> None:
    """Two keyUsages, the second in the place of the subjectKeyIdentifier."""
    root = world.der("ca-sign.pem")
    assert "pkix.duplicate_extension" in lint_certificate(
        root.replace(b"\x06\x03\x55\x1d\x0e", b"\x06\x03\x55\x1d\x0f")
    )


def test_the_linter_of_chains_would_speak(world: World) -> None:
    """A root of the same name, with another key."""
    assert lint_chain(world.der("ca-sign-first.pem"), world.der("held-sign-1.pem")) == {
        "pkix.issuer_and_subject_key_identifier_not_equal",
        "pkix.signature_verification_failed",
    }


def test_the_linter_of_lists_would_speak(world: World) -> None:
    """No cRLNumber: its OID is that of another extension."""
    listed = world.der("full-sign.pem")
    assert "pkix.crl_number_missing" in lint_crl(
        listed.replace(bytes.fromhex("0603551d14"), bytes.fromhex("0603551d15"))
    )


def test_the_linter_of_answers_would_speak(world: World) -> None:
    """Every nextUpdate before its thisUpdate."""
    wrong = re.sub(rb"(?<=\xa0\x11\x18\x0f)\d{14}", b"20200101000000", asked(world, "sign", "plain"))
    assert lint_ocsp_response(wrong) == {"pkix.ocsp_negative_validity_period"}
