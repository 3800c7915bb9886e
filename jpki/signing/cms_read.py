"""Taking a SignedData apart (RFC 5652 clause 5), strictly: whatever a stranger sent, the answer is parts or a finding.

The outside may be BER, as streaming programs write it; what is signed has to be DER (clause 5.4).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Any, Final

from asn1crypto import cms, core, tsp, x509

from jpki import der, oids
from jpki.algorithms import P_384, RSA_2048, KeyAlgorithm
from jpki.der_walk import OBJECT_IDENTIFIER, OCTET_STRING, SEQUENCE, element
from jpki.signing.cms import DIGEST_OID
from jpki.signing.judge import SignedParts
from jpki.signing.limits import MAX_CERTIFICATES, MAX_SIGNATURES
from jpki.verify.certificate import ReadCertificate, read_certificate
from jpki.verify.findings import Finding, finding

# asn1crypto decodes lazily, so these may come from any access; deep nesting ends in the last.
UNREADABLE: Final = (ValueError, TypeError, KeyError, IndexError, OverflowError, AttributeError, RecursionError)

_SET: Final = 0x31
_SIGNATURE_OIDS: Final = {  # RFC 5754 clause 3.2: rsaEncryption is what most programs write
    RSA_2048: (oids.RSA_ENCRYPTION, oids.SHA256_WITH_RSA),
    P_384: (oids.ECDSA_WITH_SHA384,),
}
_VERSIONS: Final = ("v1", "v3", "v4", "v5")  # RFC 5652 clause 5.1: by the kinds of certificates and signers
_VERSION_BY_NAME: Final = {"issuer_and_serial_number": "v1", "subject_key_identifier": "v3"}  # clause 5.3
_NO_PARAMETERS: Final = (b"", der.null())

DigestOf = Callable[[KeyAlgorithm], bytes]
"""The digest of the document, made with the hash of an algorithm."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadSignedData:
    """The parts of a SignedData; ``content`` is None when it is detached."""

    content: bytes | None = field(repr=False)
    certificates: tuple[bytes, ...] = field(repr=False)
    signers: tuple[cms.SignerInfo, ...] = field(repr=False)
    digests: frozenset[str]


def read_signed_data(encoded: bytes, *, container: str = "CMS") -> ReadSignedData | Finding:
    """The parts of exactly these bytes, or why there are none."""
    try:
        return _read(encoded, container)
    except UNREADABLE:
        return finding("jpki.document.unreadable", container=container)


def _read(encoded: bytes, container: str) -> ReadSignedData | Finding:
    info = _load(cms.ContentInfo, encoded)
    if info["content_type"].dotted != oids.CMS_SIGNED_DATA:
        raise ValueError("another content type")
    signed = info["content"]
    if signed["version"].native not in _VERSIONS:
        raise ValueError("a version that no plain data has")
    encapsulated = signed["encap_content_info"]
    if encapsulated["content_type"].dotted != oids.CMS_DATA:
        raise ValueError("the content is no plain data")
    signers = tuple(signed["signer_infos"])
    if not signers:
        return finding("jpki.document.unsigned", container=container)
    if len(signers) > MAX_SIGNATURES:
        return finding(
            "jpki.document.too-many-signatures", container=container, found=len(signers), limit=MAX_SIGNATURES
        )
    content = encapsulated["content"]
    return ReadSignedData(
        content=None if content.native is None else bytes(content.native),
        certificates=_certificates(signed["certificates"]),
        signers=signers,
        digests=frozenset(one["algorithm"].dotted for one in signed["digest_algorithms"]),
    )


def _certificates(choices: Any) -> tuple[bytes, ...]:
    if isinstance(choices, core.Void):
        return ()
    if len(choices) > MAX_CERTIFICATES:
        raise ValueError("more certificates than anybody needs")
    return tuple(dict.fromkeys(choice.chosen.dump() for choice in choices if choice.name == "certificate"))


def signed_parts(
    signer: cms.SignerInfo, signed: ReadSignedData, digest_of: DigestOf, *, container: str = "CMS"
) -> SignedParts | Finding:
    """What one SignerInfo says, held against the document; or why there is nothing to verify."""
    try:
        if signer["version"].native != _VERSION_BY_NAME[signer["sid"].name]:
            raise ValueError("a version that does not go with the name of the signer")
        if signer["digest_algorithm"]["algorithm"].dotted not in signed.digests:
            raise ValueError("a digest that was not announced")
        certificate = _certificate_of(signer["sid"], signed.certificates)
        if certificate is None:
            return finding("jpki.document.certificate-missing", container=container)
        if isinstance(signer["signed_attrs"], core.Void):
            return finding("jpki.cms.attributes-missing")
        elements = _elements(signer["signed_attrs"].dump())
        return _parts(signer, certificate, elements, digest_of)
    except UNREADABLE:
        return finding("jpki.document.unreadable", container=container)


def _parts(signer: cms.SignerInfo, certificate: bytes, elements: list[bytes], digest_of: DigestOf) -> SignedParts:
    attributes = _values(elements)
    read = read_certificate(certificate)
    findings: tuple[Finding, ...] = ()
    if isinstance(read, ReadCertificate):  # else the procedure says what is wrong with it
        findings = (
            *_flaws_of_algorithm(signer, read.key_algorithm),
            *_flaws_of_attributes(attributes, certificate, digest_of(read.key_algorithm)),
        )
    return SignedParts(
        certificate=certificate,
        signature=signer["signature"].native,
        message=der.set_of(*elements),  # RFC 5652 clause 5.4: its DER, with the tag of SET OF
        signing_time=_signing_time(attributes),
        findings=findings,
    )


def _certificate_of(sid: Any, certificates: tuple[bytes, ...]) -> bytes | None:
    """The one certificate that the signer's identifier names (RFC 5652 clause 5.3)."""
    named = [encoded for encoded in certificates if _is_named(sid, encoded)]
    return named[0] if len(named) == 1 else None


def _is_named(sid: Any, encoded: bytes) -> bool:
    certificate = _load(x509.Certificate, encoded)
    chosen = sid.chosen
    if sid.name == "subject_key_identifier":
        return bool(certificate.key_identifier == chosen.native)
    same_number = certificate.serial_number == chosen["serial_number"].native
    return bool(same_number and certificate["tbs_certificate"]["issuer"].dump() == chosen["issuer"].dump())


def _elements(encoded: bytes) -> list[bytes]:
    """The attributes of [0] IMPLICIT SignedAttributes, as they came, each DER."""
    at, end = element(encoded, 0, encoded[0])
    elements: list[bytes] = []
    while at < end:
        _, after = element(encoded, at, SEQUENCE)
        elements.append(encoded[at:after])
        at = after
    if at != len(encoded) or not elements:
        raise ValueError("signed attributes do not end where they should")
    return elements


def _values(elements: list[bytes]) -> dict[bytes, list[bytes]]:
    """The value of each attribute by its type's DER; a list, as an attribute may come twice."""
    found: dict[bytes, list[bytes]] = {}
    for one in elements:
        start, end = element(one, 0, SEQUENCE)
        _, after = element(one, start, OBJECT_IDENTIFIER)
        first, last = element(one, after, _SET)
        if last != end:
            raise ValueError("an attribute is a type and a set of values")
        found.setdefault(one[start:after], []).append(one[first:last])
    return found


def _only(attributes: Mapping[bytes, list[bytes]], oid: str) -> bytes | None:
    values = attributes.get(der.oid(oid), [])
    return values[0] if len(values) == 1 else None


def _flaws_of_algorithm(signer: cms.SignerInfo, algorithm: KeyAlgorithm) -> tuple[Finding, ...]:
    named = {
        signer["digest_algorithm"]["algorithm"].dotted: (DIGEST_OID[algorithm],),
        signer["signature_algorithm"]["algorithm"].dotted: _SIGNATURE_OIDS[algorithm],
    }
    wrong = [oid for oid, allowed in named.items() if oid not in allowed]
    for part in ("digest_algorithm", "signature_algorithm"):
        if signer[part]["parameters"].dump() not in _NO_PARAMETERS:
            wrong.append(f"{signer[part]['algorithm'].dotted} with parameters")
    return tuple(finding("jpki.document.algorithm", found=oid) for oid in wrong)


def _flaws_of_attributes(
    attributes: Mapping[bytes, list[bytes]], certificate: bytes, digest: bytes
) -> tuple[Finding, ...]:
    flaws: list[Finding] = []
    if _only(attributes, oids.CMS_CONTENT_TYPE) != der.oid(oids.CMS_DATA):
        flaws.append(finding("jpki.cms.attribute-wrong", attribute="contentType"))
    signed = _only(attributes, oids.CMS_MESSAGE_DIGEST)
    if signed is None or not _is_octet_string(signed):
        flaws.append(finding("jpki.cms.attribute-wrong", attribute="messageDigest"))
    elif signed != der.octet_string(digest):
        flaws.append(finding("jpki.document.digest-mismatch"))
    if len(attributes.get(der.oid(oids.CMS_SIGNING_TIME), ())) > 1:
        flaws.append(finding("jpki.cms.attribute-wrong", attribute="signingTime"))
    flaws.extend(_flaws_of_signing_certificate(attributes, certificate))
    return tuple(flaws)


def _flaws_of_signing_certificate(attributes: Mapping[bytes, list[bytes]], certificate: bytes) -> tuple[Finding, ...]:
    if der.oid(oids.CMS_SIGNING_CERTIFICATE_V2) not in attributes:
        return (finding("jpki.cms.signing-certificate-absent"),)
    value = _only(attributes, oids.CMS_SIGNING_CERTIFICATE_V2)
    if value is None:
        return (finding("jpki.cms.attribute-wrong", attribute="signingCertificateV2"),)
    # RFC 5035 clause 3: the first is the signer's; others would limit the path, which here is one signature.
    first = _load(tsp.SigningCertificateV2, value)["certs"][0]
    is_sha256 = first["hash_algorithm"]["algorithm"].dotted == oids.SHA256
    if not is_sha256 or first["cert_hash"].native != sha256(certificate).digest():
        return (finding("jpki.cms.signing-certificate-mismatch"),)
    return ()


def _load(kind: Any, encoded: bytes) -> Any:
    """All of these bytes as a value of this type."""
    return kind.load(encoded, strict=True)


def _is_octet_string(value: bytes) -> bool:
    return value[:1] == bytes((OCTET_STRING,)) and element(value, 0, OCTET_STRING)[1] == len(value)


def _signing_time(attributes: Mapping[bytes, list[bytes]]) -> datetime | None:
    """RFC 5652 clause 11.3: UTCTime through 2049, GeneralizedTime after it."""
    value = _only(attributes, oids.CMS_SIGNING_TIME)
    if value is None:
        return None
    moment = _load(cms.Time, value).native
    if not isinstance(moment, datetime) or moment.tzinfo is None:
        raise ValueError("the signing time is no moment")
    return moment
