"""From a municipality's certificate up to a trusted root, by key identifiers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256

from jpki.cv.certificate import CvCertificate
from jpki.cv.errors import CvFormatError, CvTrustError
from jpki.cv.findings import CvFinding, cv_finding
from jpki.cv.key_id import KeyId

MAX_CERTIFICATES: Final = 4  # ours: a card has three with the root (measured: soltia48/myna-card src/mf.rs)


class CvTrust:
    """The roots that the caller trusts, by key identifier. Built once, never changed."""

    def __init__(self, roots: Iterable[CvCertificate]) -> None:
        self._roots: dict[KeyId, RSAPublicKey] = {}
        for root in roots:
            if root.issuer != root.subject or not _is_signed(root, root.rsa_key()):
                raise CvTrustError(f"the certificate of {root.subject} is not signed by its own key: it is no root")
            if root.subject in self._roots:
                raise CvTrustError(f"there are two roots {root.subject}: trust one of them")
            self._roots[root.subject] = root.rsa_key()

    @classmethod
    def load(cls, *roots: bytes) -> CvTrust:
        """Trust these self-signed certificates of 568 bytes each."""
        return cls(CvCertificate.decode(root) for root in roots)

    def find(self, name: KeyId) -> RSAPublicKey | None:
        """The key of the root of this name."""
        return self._roots.get(name)

    def check(self, leaf: CvCertificate, intermediates: Iterable[CvCertificate] = ()) -> CvFinding | None:
        """None when a chain leads from ``leaf`` to a root, each certificate signed by the next; else what is wrong.

        ``intermediates`` come from the card, in any order, and are trusted for nothing until the chain holds.
        """
        by_name: Mapping[KeyId, CvCertificate] = {each.subject: each for each in intermediates}
        below = leaf
        for _ in range(MAX_CERTIFICATES):
            root = self.find(below.issuer)
            above = by_name.get(below.issuer)
            if root is None and above is None:
                return cv_finding("jpki.cv.untrusted-root", subject=str(leaf.subject), issuer=str(below.issuer))
            if not _is_signed(below, root or _key_of(above)):
                return cv_finding("jpki.cv.certificate-signature", subject=str(below.subject), issuer=str(below.issuer))
            if root is not None or above is None:
                return None
            below = above
        return cv_finding("jpki.cv.chain-too-long", subject=str(leaf.subject), limit=MAX_CERTIFICATES)


def is_signature(key: RSAPublicKey, message: bytes, signature: bytes) -> bool:
    """True when the key made the signature: RSASSA-PKCS1-v1_5 with SHA-256, compared whole."""
    try:
        key.verify(signature, message, padding.PKCS1v15(), SHA256())
    except InvalidSignature:
        return False
    return True


def signed_block(key: RSAPublicKey, signature: bytes) -> bytes | None:
    """What the key padded and signed (PKCS #1 v1.5 type 1, strictly), or None when it made no such signature."""
    try:
        return key.recover_data_from_signature(signature, padding.PKCS1v15(), None)
    except InvalidSignature:
        return None


def _is_signed(certificate: CvCertificate, key: RSAPublicKey | None) -> bool:
    return key is not None and is_signature(key, certificate.body, certificate.signature)


def _key_of(certificate: CvCertificate | None) -> RSAPublicKey | None:
    """The key of an intermediate; None when its numbers make no key, so that it has signed nothing."""
    try:
        return None if certificate is None else certificate.rsa_key()
    except CvFormatError:
        return None
