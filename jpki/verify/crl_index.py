"""A CRL with an index over its serial numbers, built once: a look-up costs the same in a list of ten or a million."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Final

from cryptography import x509

from jpki import oids
from jpki.algorithms import KeyAlgorithm
from jpki.reasons import RevocationReason
from jpki.verify.certificate import UNREADABLE
from jpki.verify.crl_walk import read_entry, walk_crl
from jpki.verify.trust import TrustAnchor

# What this verifier understands; anything else may be there only if it is not critical.
_KNOWN_EXTENSIONS: Final = frozenset({oids.AUTHORITY_KEY_IDENTIFIER, oids.CRL_NUMBER})
# RFC 5280 clauses 5.2.4 and 5.2.5: critical in every list, whatever this one says. They make it less than a full list.
_ALWAYS_CRITICAL: Final = frozenset({oids.DELTA_CRL_INDICATOR, oids.ISSUING_DISTRIBUTION_POINT})
_REASONS: Final = {int(reason): reason for reason in RevocationReason}


class CrlUnreadableError(ValueError):
    """The bytes are no CRL. Whoever verifies turns it into a finding."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RevokedEntry:
    """What a CRL says of one certificate. ``reason_code`` is the number of CRLReason, 0 when it is left out."""

    serial: int
    revoked_at: datetime
    reason_code: int

    @property
    def reason(self) -> RevocationReason | None:
        """The reason, if it is one that JPKI uses."""
        return _REASONS.get(self.reason_code)


@dataclass(frozen=True, slots=True, kw_only=True)
class CrlFrame:
    """A CRL without its entries; the name is DER. ``critical_extension`` is one that this verifier does not know."""

    issuer: bytes = field(repr=False)
    key_id: bytes | None
    number: int | None
    this_update: datetime
    next_update: datetime | None
    algorithm: str
    critical_extension: str | None


class CrlIndex:
    """A CRL that was read whole. Nothing in it is trusted before ``is_signed_by`` says so."""

    def __init__(self, der: bytes) -> None:
        """Read and index; ``CrlUnreadableError`` for whatever is no version 2 CRL in DER."""
        try:
            self._walked = walk_crl(der)
            parsed = x509.load_der_x509_crl(der)
            self.frame = _read_frame(parsed, issuer=self._walked.issuer)
            if len(parsed) != len(self._walked.positions):
                raise ValueError("a serial number is listed twice, or two parsers read the entries differently")
        except (*UNREADABLE, x509.InvalidVersion) as error:
            raise CrlUnreadableError("the bytes are no X.509 CRL of version 2") from error
        self._der = der
        self._signed_by: dict[bytes, bool] = {}

    def __len__(self) -> int:
        return len(self._walked.positions)

    @property
    def algorithm(self) -> KeyAlgorithm | None:
        """What both places say that the list is signed with; None for what JPKI has not, or when they differ."""
        return self._walked.algorithm

    @property
    def critical_extension(self) -> str | None:
        """A critical extension, of the list or of any entry, that this verifier does not know (RFC 5280 clause 5.3)."""
        return self.frame.critical_extension or self._walked.critical_extension

    def is_signed_by(self, anchor: TrustAnchor) -> bool:
        """True when the anchor's key signed this list; computed once for each anchor."""
        if anchor.key_id not in self._signed_by:
            self._signed_by[anchor.key_id] = anchor.signed(self._walked.tbs, self._walked.signature)
        return self._signed_by[anchor.key_id]

    def entry(self, serial: int) -> RevokedEntry | None:
        """The entry of this serial number, or None; ``CrlUnreadableError`` for an impossible date."""
        position = self._walked.positions.get(serial)
        if position is None:
            return None
        try:
            revoked_at, block = read_entry(self._der, position)
        except ValueError as error:
            raise CrlUnreadableError(f"the entry of serial number {serial} has no date") from error
        return RevokedEntry(serial=serial, revoked_at=revoked_at, reason_code=self._walked.reasons[block])


class CrlCache:
    """Indexes by the SHA-256 of their CRL, so that the same bytes are read once. ``limit`` lists are kept."""

    def __init__(self, *, limit: int = 8) -> None:
        self._limit = limit
        self._indexes: dict[bytes, CrlIndex] = {}

    def index(self, der: bytes) -> CrlIndex:
        """The index of this CRL, read now or earlier."""
        digest = sha256(der).digest()
        index = self._indexes.pop(digest, None)
        if index is None:  # an index without entries is false, but known
            index = CrlIndex(der)
        self._indexes[digest] = index  # the newest last
        while len(self._indexes) > self._limit:
            self._indexes.pop(next(iter(self._indexes)))
        return index


def _read_frame(parsed: x509.CertificateRevocationList, *, issuer: bytes) -> CrlFrame:
    key_id: bytes | None = None
    number: int | None = None
    critical: str | None = None
    for extension in parsed.extensions:
        if isinstance(extension.value, x509.AuthorityKeyIdentifier):
            key_id = extension.value.key_identifier
        elif isinstance(extension.value, x509.CRLNumber):
            number = extension.value.crl_number
        oid = extension.oid.dotted_string
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
    )
