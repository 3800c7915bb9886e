"""What every reader of revocation lists has in common: the frame of a list, its entries, the certificates it covers.

``RevocationList`` is the seam: a list that was read whole into memory (``crl_index``) and one that is mapped from a
file (``jpki.revocation_index``) answer alike.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, NamedTuple, Protocol

from cryptography import x509

from jpki import der, oids
from jpki.algorithms import KeyAlgorithm
from jpki.reasons import RevocationReason
from jpki.verify.trust import TrustAnchor

# RFC 5280 clauses 5.2.4 and 5.2.5: critical in every list, whatever this one says.
_ALWAYS_CRITICAL: Final = frozenset({oids.DELTA_CRL_INDICATOR, oids.ISSUING_DISTRIBUTION_POINT})
# What this verifier understands; anything else may be there only if it is not critical.
_KNOWN_EXTENSIONS: Final = frozenset({oids.AUTHORITY_KEY_IDENTIFIER, oids.CRL_NUMBER})
_REASONS: Final = {int(reason): reason for reason in RevocationReason}
_URI: Final = 6  # GeneralName, uniformResourceIdentifier [6]: RFC 5280 clause 4.2.1.6
_DIRECTORY_NAME: Final = 4


class CrlUnreadableError(ValueError):
    """The bytes are no CRL. Whoever verifies turns it into a finding."""


class RevokedEntry(NamedTuple):
    """What a CRL says of one certificate. ``reason_code`` is the number of CRLReason, 0 when it is left out.

    A tuple, because a look-up makes one, and a frozen dataclass would take as long as the rest of the look-up.
    """

    serial: int
    revoked_at: datetime
    reason_code: int
    invalid_since: datetime | None = None
    """invalidityDate (RFC 5280 clause 5.3.2), where the reader keeps it."""

    @property
    def reason(self) -> RevocationReason | None:
        """The reason, if it is one that JPKI uses."""
        return _REASONS.get(self.reason_code)


@dataclass(frozen=True, slots=True, kw_only=True)
class CrlFrame:
    """A CRL without its entries; the name is DER. ``critical_extension`` is one that this verifier does not know.

    ``partition`` has the distribution points (GeneralName in DER) whose certificates the list speaks of; None for all.
    """

    issuer: bytes = field(repr=False)
    key_id: bytes | None
    number: int | None
    this_update: datetime
    next_update: datetime | None
    algorithm: str
    critical_extension: str | None
    partition: frozenset[bytes] | None = field(default=None, repr=False)

    def covers(self, distribution_points: Collection[bytes]) -> bool:
        """True when a certificate with these points is among those that the list speaks of.

        RFC 5280 clause 6.3.3 (b)(2)(i): one name of the list's distribution point is one of the certificate's.
        """
        return self.partition is None or any(point in self.partition for point in distribution_points)


class RevocationList(Protocol):
    """A list that can be asked. Nothing in it is trusted before ``is_signed_by`` says so."""

    @property
    def frame(self) -> CrlFrame:
        """The list without its entries."""
        ...

    @property
    def algorithm(self) -> KeyAlgorithm | None:
        """What both places say that the list is signed with; None for what JPKI has not, or when they differ."""
        ...

    @property
    def critical_extension(self) -> str | None:
        """A critical extension, of the list or of any entry, that is not known here (RFC 5280 clause 5.3)."""
        ...

    def is_signed_by(self, anchor: TrustAnchor) -> bool:
        """True when the anchor's key signed this list."""
        ...

    def entry(self, serial: int) -> RevokedEntry | None:
        """The entry of this serial number, or None; ``CrlUnreadableError`` when that cannot be told."""
        ...

    @property
    def crl_sha256(self) -> bytes:
        """The SHA-256 of the list as it was published."""
        ...

    @property
    def der(self) -> bytes | None:
        """The list as it was published; None where only what was made of it is kept."""
        ...

    def __len__(self) -> int: ...


def read_frame(parsed: x509.CertificateRevocationList, *, issuer: bytes) -> CrlFrame:
    """The frame of a list; raises what pyca/cryptography does where an extension cannot be read."""
    key_id: bytes | None = None
    number: int | None = None
    critical: str | None = None
    partition: frozenset[bytes] | None = None
    for extension in parsed.extensions:
        oid, value = extension.oid.dotted_string, extension.value
        if isinstance(value, x509.AuthorityKeyIdentifier):
            key_id = value.key_identifier
        elif isinstance(value, x509.CRLNumber):
            number = value.crl_number
        elif isinstance(value, x509.IssuingDistributionPoint) and _is_understood(value):
            partition = _points(value.full_name)
            continue
        if oid in _ALWAYS_CRITICAL or (extension.critical and oid not in _KNOWN_EXTENSIONS):
            critical = oid
    return CrlFrame(
        issuer=issuer,
        key_id=key_id,
        number=number,
        this_update=parsed.last_update_utc,
        next_update=parsed.next_update_utc,
        algorithm=parsed.signature_algorithm_oid.dotted_string,
        critical_extension=critical,
        partition=partition,
    )


def distribution_points(extensions: Mapping[str, x509.Extension[x509.ExtensionType]]) -> frozenset[bytes]:
    """The names under which a certificate's list is found, each a GeneralName in DER.

    Points that speak of some reasons only, or of another issuer's list, are not meant: no list here is such.
    """
    extension = extensions.get(oids.CRL_DISTRIBUTION_POINTS)
    if extension is None or not isinstance(extension.value, x509.CRLDistributionPoints):
        return frozenset()
    whole = (point for point in extension.value if point.reasons is None and point.crl_issuer is None)
    return frozenset(name for point in whole for name in _points(point.full_name) or ())


def _is_understood(point: x509.IssuingDistributionPoint) -> bool:
    """A partition by name of all end-entity certificates, of all reasons, by the CA itself.

    The certificates that are verified here are no CA certificates, so onlyContainsUserCerts takes none away.
    """
    narrower = (
        point.only_contains_ca_certs
        or point.only_contains_attribute_certs
        or point.only_some_reasons is not None
        or point.indirect_crl
    )
    return not narrower and point.relative_name is None


def _points(names: list[x509.GeneralName] | None) -> frozenset[bytes] | None:
    if names is None:
        return None
    return frozenset(point for name in names if (point := _general_name(name)) is not None)


def _general_name(name: x509.GeneralName) -> bytes | None:
    if isinstance(name, x509.DirectoryName):
        return der.explicit(_DIRECTORY_NAME, name.value.public_bytes())
    if isinstance(name, x509.UniformResourceIdentifier):
        return der.implicit(_URI, der.ia5_content(name.value))
    return None  # no list is named in another way
