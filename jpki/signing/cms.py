"""Writing CMS signatures (RFC 5652 clause 5), attached and detached, with the signed attributes of CAdES-BES.

signed = sign_cms(document, signer, signing_time=now)                      # with the document inside
signature = sign_cms(document, signer, signing_time=now, detached=True)    # beside it
"""

from __future__ import annotations

from datetime import datetime
from hashlib import sha256
from typing import Final

from jpki import der, oids
from jpki.algorithms import P_384, RSA_2048, KeyAlgorithm
from jpki.signing.errors import DocumentError
from jpki.signing.limits import MAX_CMS_SIZE
from jpki.signing.signer import DocumentSigner
from jpki.verify.certificate import ReadCertificate, read_certificate

# RFC 5754 clause 2: parameters of a SHA-2 digest algorithm are left out.
DIGEST_OID: Final = {RSA_2048: oids.SHA256, P_384: oids.SHA384}
_VERSION_1: Final = der.integer(1)  # RFC 5652 clauses 5.1 and 5.3: id-data, and issuerAndSerialNumber as the name


def sign_cms(content: bytes, signer: DocumentSigner, *, signing_time: datetime | None, detached: bool = False) -> bytes:
    """A SignedData over ``content`` in DER. ``signing_time`` is a claim; PAdES wants it elsewhere (None)."""
    if len(content) > MAX_CMS_SIZE:
        raise DocumentError(
            f"the document has {len(content)} bytes, more than {MAX_CMS_SIZE}",
            hint="sign its digest list, or several parts",
        )
    return sign_cms_digest(
        signer.algorithm.digest(content), signer, signing_time=signing_time, content=None if detached else content
    )


def sign_cms_digest(
    digest: bytes, signer: DocumentSigner, *, signing_time: datetime | None, content: bytes | None = None
) -> bytes:
    """The same where the document's digest, of the signer's hash, is known already."""
    attributes = signed_attributes(digest, signer.certificate, signing_time=signing_time)
    # RFC 5652 clause 5.4: signed with the tag of SET OF, written with that of [0] IMPLICIT.
    signature = signer.sign(der.tlv(0x31, attributes))
    return _content_info(
        oids.CMS_SIGNED_DATA,
        der.sequence(
            _VERSION_1,
            der.set_of(_digest_algorithm(signer.algorithm)),
            _encapsulated(content),
            der.explicit(0, b"".join(sorted((signer.certificate, *signer.chain)))),  # SET OF, IMPLICIT
            der.set_of(_signer_info(signer, attributes, signature)),
        ),
    )


def signed_attributes(digest: bytes, certificate: bytes, *, signing_time: datetime | None) -> bytes:
    """The content of SignedAttributes, its elements in the order of DER."""
    rows = [
        _attribute(oids.CMS_CONTENT_TYPE, der.oid(oids.CMS_DATA)),
        _attribute(oids.CMS_MESSAGE_DIGEST, der.octet_string(digest)),
        _attribute(oids.CMS_SIGNING_CERTIFICATE_V2, _signing_certificate(certificate)),
    ]
    if signing_time is not None:
        rows.append(_attribute(oids.CMS_SIGNING_TIME, der.time(signing_time)))
    return b"".join(sorted(rows))


def _signing_certificate(certificate: bytes) -> bytes:
    """RFC 5035 clause 3 with its default hash, SHA-256; without issuerSerial, which the hash makes needless."""
    return der.sequence(der.sequence(der.sequence(der.octet_string(sha256(certificate).digest()))))


def _attribute(oid: str, value: bytes) -> bytes:
    return der.sequence(der.oid(oid), der.set_of(value))


def _signer_info(signer: DocumentSigner, attributes: bytes, signature: bytes) -> bytes:
    read = read_certificate(signer.certificate)
    if not isinstance(read, ReadCertificate):
        raise DocumentError(f"the signer's certificate cannot be used: {read.message}")
    return der.sequence(
        _VERSION_1,
        der.sequence(read.issuer, der.integer(read.serial)),
        _digest_algorithm(signer.algorithm),
        der.explicit(0, attributes),
        signer.algorithm.identifier,
        der.octet_string(signature),
    )


def _digest_algorithm(algorithm: KeyAlgorithm) -> bytes:
    return der.sequence(der.oid(DIGEST_OID[algorithm]))


def _encapsulated(content: bytes | None) -> bytes:
    inner = b"" if content is None else der.explicit(0, der.octet_string(content))
    return der.sequence(der.oid(oids.CMS_DATA), inner)


def _content_info(oid: str, content: bytes) -> bytes:
    return der.sequence(der.oid(oid), der.explicit(0, content))
