"""pkilint over one artefact, put together as its own programs are: the codes of what it has to say."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from pkilint import document, loader, pkix, validation
from pkilint.pkix import algorithm, certificate, crl, extension, key, name, ocsp
from pkilint.pkix.certificate import certificate_extension, certificate_key
from pyasn1_alt_modules import rfc5280

_DECODERS = (
    pkix.create_attribute_decoder(name.ATTRIBUTE_TYPE_MAPPINGS),
    pkix.create_extension_decoder(extension.EXTENSION_MAPPINGS),
)


def lint_certificate(der: bytes) -> set[str]:
    """``lint_pkix_cert``."""
    return _codes(_certificate_linter().validate(loader.load_certificate(der, "certificate").root))


def lint_crl(der: bytes) -> set[str]:
    """``lint_crl --type CRL --profile PKIX``."""
    return _codes(_crl_linter().validate(loader.load_crl(der, "crl").root))


def lint_ocsp_response(der: bytes) -> set[str]:
    """``lint_ocsp_response``."""
    return _codes(_ocsp_linter().validate(loader.load_ocsp_response(der, "response").root))


def lint_chain(issuer_der: bytes, subject_der: bytes) -> set[str]:
    """``lint_pkix_signer_signee_cert_chain``."""
    together: dict[str, Any] = {}
    issuer, subject = (
        loader.RFC5280CertificateDocumentLoader().load_der_document(der, role, role, together)
        for role, der in (("issuer", issuer_der), ("subject", subject_der))
    )
    together |= {"issuer": issuer, "subject": subject}
    decoding, of_issuer, of_subject = _chain_linters()
    return _codes(
        [
            *decoding.validate(issuer.root),
            *decoding.validate(subject.root),
            *of_issuer.validate(issuer.root),
            *of_subject.validate(subject.root),
        ]
    )


def _codes(results: Any) -> set[str]:
    """From notices upwards; what is only information is none."""
    found = {item.finding for result in results for item in result.finding_descriptions}
    return {item.code for item in found if item.severity.name not in ("INFO", "DEBUG")}


@cache
def _certificate_linter() -> Any:
    return certificate.create_pkix_certificate_validator_container(
        certificate.create_decoding_validators(name.ATTRIBUTE_TYPE_MAPPINGS, extension.EXTENSION_MAPPINGS),
        [
            certificate.create_issuer_validator_container([]),
            certificate.create_validity_validator_container(),
            certificate.create_subject_validator_container([]),
            certificate.create_extensions_validator_container([]),
            certificate.create_spki_validator_container([]),
        ],
    )


@cache
def _crl_linter() -> Any:
    return crl.create_pkix_crl_validator_container(
        list(_DECODERS),
        [
            crl.create_issuer_validator_container([]),
            crl.create_validity_validator_container([]),
            crl.create_extensions_validator_container([]),
        ],
    )


@cache
def _ocsp_linter() -> Any:
    return ocsp.create_pkix_ocsp_response_validator_container([ocsp.create_response_decoder(), *_DECODERS], [])


@cache
def _chain_linters() -> tuple[Any, Any, Any]:
    decoding = [
        *_DECODERS,
        pkix.create_signature_algorithm_identifier_decoder(
            algorithm.SIGNATURE_ALGORITHM_IDENTIFIER_MAPPINGS, path="certificate.tbsCertificate.signature"
        ),
        certificate.create_spki_decoder(
            key.SUBJECT_PUBLIC_KEY_ALGORITHM_IDENTIFIER_MAPPINGS,
            key.SUBJECT_KEY_PARAMETER_ALGORITHM_IDENTIFIER_MAPPINGS,
        ),
    ]
    of_issuer = [
        name.IssuerSubjectNameBinaryEqualValidator(
            path="certificate.tbsCertificate.subject",
            subject_document_issuer_dn_path="subject:certificate.tbsCertificate.issuer",
        ),
        extension.IssuerSubjectKeyIdentifierBinaryEqualValidator(subject_auth_key_id_retriever=_authority_key_id),
        certificate_extension.IssuerSubjectPolicyChainValidator(),
    ]
    of_subject = [
        certificate_key.SubjectSignatureVerificationValidator(
            tbs_node_retriever=lambda node: node.navigate("^.tbsCertificate"), path="certificate.signature"
        )
    ]
    return (
        validation.ValidatorContainer(validators=decoding, path="certificate"),
        validation.ValidatorContainer(validators=of_issuer),
        validation.ValidatorContainer(validators=of_subject),
    )


def _authority_key_id(node: Any) -> Any:
    return document.get_document_by_name(node, "subject").get_extension_by_oid(rfc5280.id_ce_authorityKeyIdentifier)


Linter = Callable[[bytes], "set[str]"]
