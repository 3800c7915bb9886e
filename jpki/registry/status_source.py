"""What an OCSP responder asks, answered from the register."""

from __future__ import annotations

from collections.abc import Hashable
from datetime import datetime

from jpki.errors import UnknownEntryError
from jpki.kinds import CaKind
from jpki.ocsp.status import GOOD, UNKNOWN, CertificateStatus, revoked
from jpki.reasons import RevocationReason
from jpki.registry.interfaces import Register
from jpki.registry.records import CertificateId, CertificateState


class RegisterStatusSource:
    """A ``jpki.ocsp.status.StatusSource`` over an open register; safe for as many threads as that is."""

    def __init__(self, register: Register) -> None:
        self._register = register
        self._kinds: dict[bytes, CaKind] = {}

    def status(self, authority_key_id: bytes, serial: int, *, at: datetime) -> CertificateStatus:
        """How the certificate stood; unknown when this generation did not issue it, or not yet."""
        kind = self._kind(authority_key_id)
        if kind is None:
            return UNKNOWN
        id_ = CertificateId(kind, serial)
        try:
            if self._register.certificate(id_).key_id != authority_key_id:
                return UNKNOWN
            stood = self._register.status(id_, at=at)
        except UnknownEntryError:
            return UNKNOWN
        if stood.state is CertificateState.NOT_YET_ISSUED:
            return UNKNOWN
        if stood.since is None:
            return GOOD
        return revoked(stood.since, stood.reason or RevocationReason.UNSPECIFIED)

    def version(self) -> Hashable:
        """The number of changes to certificates so far."""
        return self._register.changes

    def _kind(self, key_id: bytes) -> CaKind | None:
        if key_id not in self._kinds:  # a generation may have begun meanwhile
            self._kinds = {authority.key_id: authority.kind for authority in self._register.authorities()}
        return self._kinds.get(key_id)
