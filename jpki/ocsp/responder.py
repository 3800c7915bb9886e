"""The responder: request bytes in, response bytes out, at a moment. The same question then has the same answer.

Answers without a nonce are pre-produced (RFC 6960 clause 2.5): made once for each quarter-hour and version of the
data, with producedAt = thisUpdate. A nonce asks for one of its own.

A response has one signature, but may speak of certificates of several CA generations. The identity of the first one
that is served signs. For a generation whose certificates that same key may speak of as well, the delegation goes along
in ``certs``; everything else is unknown here, as is what a served CA never issued. When nothing that is asked for is
served, the answer is unauthorized (RFC 5019 clause 2.2.3).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import Enum
from typing import Final, Protocol

from jpki.ca.encoding import MAX_SERIAL
from jpki.errors import JpkiError
from jpki.ocsp.cache import VersionedCache
from jpki.ocsp.certid import HASHES, CertId, IssuerHashes
from jpki.ocsp.errors import MalformedRequestError, StatusUnavailableError
from jpki.ocsp.identity import ResponderIdentity
from jpki.ocsp.request import OcspRequest, decode_request, nonce_extension
from jpki.ocsp.response import (
    EXTENDED_REVOKE,
    ResponderIdForm,
    ResponseStatus,
    SingleResponse,
    basic_response,
    error_response,
    responder_id,
    response_data,
)
from jpki.ocsp.status import OCSP_PERIOD, UNKNOWN, CertificateStatus, CertState, StatusSource, data_moment, revoked
from jpki.reasons import RevocationReason
from jpki.validity import to_whole_seconds

CACHED_REQUEST_SIZE: Final = 1024
"""Longer requests, which are signed or ask for many certificates, are read each time."""
DEFAULT_CACHE_LIMIT: Final = 8_192
"""Answers kept, of about 2 KiB each."""
# RFC 6960 clause 2.2: a certificate that was never issued is "revoked" for certificateHold at this very moment.
_NEVER_ISSUED: Final = revoked(datetime(1970, 1, 1, tzinfo=UTC), RevocationReason.CERTIFICATE_HOLD)


class NeverIssued(Enum):
    """What to say of a serial number that a served CA never issued. RFC 6960 clause 2.2 allows both."""

    UNKNOWN = "unknown"
    REVOKED = "revoked"
    """On hold since 1970, with the extension that says so (clause 4.4.8)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponderPolicy:
    """What RFC 6960 leaves open and the public sources do not tell of the real responder."""

    responder_id: ResponderIdForm = ResponderIdForm.BY_KEY
    never_issued: NeverIssued = NeverIssued.UNKNOWN
    archive_cutoff: bool = False
    """Say that answers reach back to the CA's beginning, beyond a certificate's end (RFC 6960 clause 4.4.4)."""
    signature_required: bool = False
    """Answer unsigned requests with sigRequired. Whose the signature is, and whether it is right, is not looked at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OcspAnswer:
    """A response, and what a server has to know about it.

    ``this_update`` and ``next_update`` are there when others may get it too until ``next_update``: no error, no nonce.
    ``trouble`` is for the server's log, where the response is an error.
    """

    der: bytes = field(repr=False)
    status: ResponseStatus
    this_update: datetime | None = None
    next_update: datetime | None = None
    trouble: str = ""

    @property
    def cacheable(self) -> bool:
        """True when the same bytes may answer the same question again."""
        return self.next_update is not None

    def uncached(self) -> OcspAnswer:
        """The same answer for one client alone."""
        return replace(self, this_update=None, next_update=None)


class Answering(Protocol):
    """What a server needs: ``Responder``, or a fault around one."""

    def answer(self, request: bytes, *, at: datetime) -> OcspAnswer:
        """Answer any bytes."""
        ...


def error_answer(status: ResponseStatus, trouble: str) -> OcspAnswer:
    """An answer that says no more than its status."""
    return OcspAnswer(der=error_response(status), status=status, trouble=trouble)


class Responder:
    """Answers for the CA generations of its identities. Keys are held, never loaded; one object serves many threads.

    A generation may have several identities, one after the other: the youngest that is on duty signs.
    """

    def __init__(
        self,
        identities: Iterable[ResponderIdentity],
        source: StatusSource,
        *,
        policy: ResponderPolicy | None = None,
        cache_limit: int = DEFAULT_CACHE_LIMIT,
    ) -> None:
        self._source = source
        self._policy = policy or ResponderPolicy()
        self._issuers: dict[IssuerHashes, list[ResponderIdentity]] = {}
        for identity in sorted(identities, key=lambda identity: identity.not_before, reverse=True):
            for algorithm in HASHES:
                self._issuers.setdefault(identity.issuer.hashes(algorithm), []).append(identity)
        self._by_bytes: VersionedCache[OcspAnswer] = VersionedCache(limit=cache_limit)
        self._by_question: VersionedCache[OcspAnswer] = VersionedCache(limit=cache_limit)

    def answer(self, request: bytes, *, at: datetime) -> OcspAnswer:
        """Answer any bytes: what is wrong with them, or with the responder's data, is said in the protocol."""
        this_update = data_moment(at)
        try:
            version = (this_update, self._source.version())
            known = self._by_bytes.get(request, version)
            if known is not None:
                return known
            answer = self._answer(decode_request(request), at, version)
        except MalformedRequestError as error:
            return error_answer(ResponseStatus.MALFORMED_REQUEST, str(error))
        except StatusUnavailableError as error:
            return error_answer(ResponseStatus.TRY_LATER, str(error))
        except JpkiError as error:  # the register's own trouble is no business of the client's
            return error_answer(ResponseStatus.INTERNAL_ERROR, str(error))
        if answer.cacheable and len(request) <= CACHED_REQUEST_SIZE:
            self._by_bytes.put(request, version, answer)
        return answer

    def _answer(self, request: OcspRequest, at: datetime, version: tuple[datetime, object]) -> OcspAnswer:
        if self._policy.signature_required and not request.is_signed:
            return error_answer(ResponseStatus.SIG_REQUIRED, "the request is not signed")
        if request.nonce is not None:
            return self._sign(request, at, this_update=version[0])
        question = tuple(cert_id.raw for cert_id in request.cert_ids)
        known = self._by_question.get(question, version)
        if known is None:
            known = self._sign(request, at, this_update=version[0])
            if known.cacheable:
                self._by_question.put(question, version, known)
        return known

    def _sign(self, request: OcspRequest, at: datetime, *, this_update: datetime) -> OcspAnswer:
        served = [identities for cert_id in request.cert_ids if (identities := self._issuers.get(cert_id.issuer))]
        if not served:
            return error_answer(ResponseStatus.UNAUTHORIZED, "no CA that is asked about is served here")
        moment = to_whole_seconds(at)
        signer = next((identity for identity in served[0] if identity.on_duty(moment)), None)
        if signer is None:
            return error_answer(ResponseStatus.TRY_LATER, "no responder certificate is valid at this moment")
        speaking = self._same_voice(signer, request.cert_ids, moment)
        singles = [self._single(cert_id, speaking.get(cert_id.issuer), this_update) for cert_id in request.cert_ids]
        produced_at = this_update if request.nonce is None else moment
        tbs = response_data(
            responder=self._responder_id(signer),
            produced_at=produced_at,
            singles=singles,
            extensions=self._extensions(request.nonce, singles),
        )
        next_update = this_update + OCSP_PERIOD
        der = basic_response(
            tbs=tbs,
            algorithm=signer.algorithm,
            signature=signer.sign(tbs),
            certificates=dict.fromkeys(each.certificate_der for each in speaking.values() if each.certificate_der),
        )
        # What was signed with a certificate that ends before is made anew: another may be on duty then.
        lasts = all(each.not_after >= next_update for each in speaking.values())
        answer = OcspAnswer(der=der, status=ResponseStatus.SUCCESSFUL, this_update=this_update, next_update=next_update)
        return answer if lasts and request.nonce is None else answer.uncached()

    def _same_voice(
        self, signer: ResponderIdentity, cert_ids: Iterable[CertId], moment: datetime
    ) -> dict[IssuerHashes, ResponderIdentity]:
        """For each issuer that is asked about, the identity through which the signer's key may speak of it."""
        found = {}
        for cert_id in cert_ids:
            for identity in self._issuers.get(cert_id.issuer, ()):
                same = identity.key_id == signer.key_id and self._responder_id(identity) == self._responder_id(signer)
                if same and identity.on_duty(moment):
                    found[cert_id.issuer] = identity
                    break
        return found

    def _single(self, cert_id: CertId, identity: ResponderIdentity | None, this_update: datetime) -> SingleResponse:
        cutoff = identity.issuer_not_before if identity is not None and self._policy.archive_cutoff else None
        return SingleResponse(
            cert_id=cert_id,
            status=UNKNOWN if identity is None else self._status(identity, cert_id.serial, this_update),
            this_update=this_update,
            next_update=this_update + OCSP_PERIOD,
            archive_cutoff=cutoff,
        )

    def _status(self, identity: ResponderIdentity, serial: int, at: datetime) -> CertificateStatus:
        possible = 0 < serial <= MAX_SERIAL
        status = self._source.status(identity.issuer_key_id, serial, at=at) if possible else UNKNOWN
        if status.state is CertState.UNKNOWN and self._policy.never_issued is NeverIssued.REVOKED:
            return _NEVER_ISSUED
        return status

    def _responder_id(self, identity: ResponderIdentity) -> bytes:
        return responder_id(self._policy.responder_id, name=identity.name, key_id=identity.key_id)

    @staticmethod
    def _extensions(nonce: bytes | None, singles: Iterable[SingleResponse]) -> bytes:
        echoed = b"" if nonce is None else nonce_extension(nonce)
        extended = any(single.status is _NEVER_ISSUED for single in singles)
        return echoed + (EXTENDED_REVOKE if extended else b"")
