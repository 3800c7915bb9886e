"""A CRL with an index over its serial numbers, built once: a look-up costs the same in a list of ten or a million."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256

from cryptography import x509

from jpki.algorithms import KeyAlgorithm
from jpki.verify.certificate import UNREADABLE
from jpki.verify.crl_frame import CrlUnreadableError, RevokedEntry, read_frame
from jpki.verify.crl_walk import read_entry, walk_crl
from jpki.verify.trust import TrustAnchor

__all__ = ["CrlCache", "CrlIndex", "CrlUnreadableError"]


class CrlIndex:
    """A CRL that was read whole. Nothing in it is trusted before ``is_signed_by`` says so."""

    def __init__(self, der: bytes) -> None:
        """Read and index; ``CrlUnreadableError`` for whatever is no version 2 CRL in DER."""
        try:
            self._walked = walk_crl(der)
            parsed = x509.load_der_x509_crl(der)
            self.frame = read_frame(parsed, issuer=self._walked.issuer)
            if len(parsed) != len(self._walked.positions):
                raise ValueError("a serial number is listed twice, or two parsers read the entries differently")
        except (*UNREADABLE, x509.InvalidVersion) as error:
            raise CrlUnreadableError("the bytes are no X.509 CRL of version 2") from error
        self._der = der
        self._sha256: bytes | None = None
        self._signed_by: dict[bytes, bool] = {}

    def __len__(self) -> int:
        return len(self._walked.positions)

    @property
    def der(self) -> bytes:
        """The list as it was given."""
        return self._der

    @property
    def crl_sha256(self) -> bytes:
        """The SHA-256 of the list, computed once: evidence names it at every ceremony."""
        if self._sha256 is None:
            self._sha256 = sha256(self._der).digest()
        return self._sha256

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

    def entries(self) -> Iterator[RevokedEntry]:
        """All of them, in the order of the list."""
        for serial in self._walked.positions:
            found = self.entry(serial)
            assert found is not None
            yield found


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
