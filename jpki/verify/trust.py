"""Trust anchors: the self-signed roots that the caller trusts, found by their keys.

All generations of a JPKI CA have one and the same name, and three of them are alive at a time. A name therefore
never finds an issuer here; it is only compared once the key has found one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Self

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from jpki.algorithms import KeyAlgorithm, PublicKey
from jpki.kinds import CaKind
from jpki.profiles import CA_PROFILES, Hierarchy
from jpki.verify.certificate import read_certificate
from jpki.verify.errors import TrustAnchorError
from jpki.verify.findings import Finding
from jpki.verify.profile import check_profile


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustAnchor:
    """One generation of one CA, trusted. Made by ``load``, which checks what the certificate is said to be."""

    kind: CaKind
    hierarchy: Hierarchy = field(repr=False)
    certificate: x509.Certificate = field(repr=False)
    key: PublicKey = field(repr=False)
    algorithm: KeyAlgorithm
    key_id: bytes
    name: bytes = field(repr=False)
    serial: int
    not_before: datetime
    not_after: datetime

    @classmethod
    def load(cls, kind: CaKind, hierarchy: Hierarchy, certificate_der: bytes) -> Self:
        """Trust this root; ``TrustAnchorError`` unless it is a self-signed root of that CA of that hierarchy."""
        read = read_certificate(certificate_der)
        if isinstance(read, Finding):
            raise TrustAnchorError(f"this is no CA certificate: {read.message}")
        errors = [finding for finding in check_profile(read, CA_PROFILES[kind], policy=None) if finding.is_error]
        if errors:
            raise TrustAnchorError(f"this is no root of JPKI's shape: {errors[0].message}")
        if not read.subject == read.issuer == hierarchy.ca_name(kind).encode():
            raise TrustAnchorError(
                f"this is not the root of the {kind.value} CA of the {hierarchy.label} hierarchy",
                hint="load each root under its own kind; the two CAs must never be mixed",
            )
        if read.key_algorithm is not hierarchy.algorithm:
            raise TrustAnchorError(
                f"a root of the {hierarchy.label} hierarchy has another key: {hierarchy.algorithm.key_name}",
                hint="load a root of the next generation under jpki.profiles.next_generation of its hierarchy",
            )
        if not (read.algorithm is read.key_algorithm and read.algorithm.verifies(read.key, read.tbs, read.signature)):
            raise TrustAnchorError("the root is not signed by its own key")
        return cls(
            kind=kind,
            hierarchy=hierarchy,
            certificate=read.certificate,
            key=read.key,
            algorithm=read.key_algorithm,
            key_id=read.key_id,
            name=read.subject,
            serial=read.serial,
            not_before=read.not_before,
            not_after=read.not_after,
        )

    def __reduce__(self) -> tuple[Callable[..., TrustAnchor], tuple[CaKind, Hierarchy, bytes]]:
        """An anchor goes to another process as its certificate, which is checked there again."""
        return type(self).load, (self.kind, self.hierarchy, self.certificate.public_bytes(Encoding.DER))

    def signed(self, message: bytes, signature: bytes) -> bool:
        """True when this anchor's key made the signature over the message, in its one algorithm."""
        return self.algorithm.verifies(self.key, message, signature)


class TrustStore:
    """The anchors that a verifier trusts. Built once, never changed, shared by threads."""

    def __init__(self, anchors: Iterable[TrustAnchor]) -> None:
        by_key: dict[bytes, TrustAnchor] = {}
        for anchor in anchors:
            known = by_key.setdefault(anchor.key_id, anchor)
            if known.certificate != anchor.certificate:
                raise TrustAnchorError(
                    "two roots have the same key", hint="each generation has its own key: trust one of the two"
                )
        self._by_key = by_key

    def find(self, key_id: bytes) -> TrustAnchor | None:
        """The anchor whose key has this identifier."""
        return self._by_key.get(key_id)

    def __len__(self) -> int:
        return len(self._by_key)

    def __iter__(self) -> Iterator[TrustAnchor]:
        return iter(self._by_key.values())
