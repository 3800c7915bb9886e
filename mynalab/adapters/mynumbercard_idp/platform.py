"""The platform as the provider meets it: the operator's ceremonies, and what they come to in its words."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from typing import Final

from fastapi.responses import JSONResponse

from jpki.errors import JpkiError
from jpki.kinds import CaKind
from jpki.rp.errors import RpStorageBusyError
from jpki.rp.operator.ceremonies import Accepted, log_in, register, replace
from jpki.rp.operator.desk import TenantDesk
from jpki.rp.operator.proof import OfNonce, Proof
from jpki.rp.operator.users import kept_attributes
from jpki.rp.operator.vocabulary import Refusal, refusal
from jpki.verify.schemes import PKCS1_SHA256
from mynalab.adapters.mynumbercard_idp import answers
from mynalab.adapters.mynumbercard_idp.answers import Failure, Operation, failure_of, own_failure, reason_of
from mynalab.adapters.mynumbercard_idp.envelope import EnvelopeError, open_envelope
from mynalab.adapters.mynumbercard_idp.identity import identity
from mynalab.adapters.mynumbercard_idp.wire import (
    Answer,
    ErrorInfo,
    IdentityInfo,
    LoggingIn,
    RequestInfo,
    ResponseInfo,
    Signed,
    Status,
    day_text,
    moment_text,
)
from mynalab.errors import LabError
from mynalab.operator_server.problems import RefusedError
from mynalab.operator_server.tenancy import Tenancy

_CEREMONIES: Final[Mapping[Operation, Callable[..., Accepted | Refusal]]] = {
    Operation.REGISTRATION: partial(register, keep_attributes=True),
    Operation.LOGIN: partial(log_in, require_signing=True),
    # The provider's user may come again after an answer that was lost.
    Operation.REPLACEMENT: partial(replace, keep_attributes=True, accept_again=True),
}


class FailedError(Exception):
    """Ends a request with this failure."""

    def __init__(self, failure: Failure, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(failure.code)
        self.failure = failure
        self.headers = dict(headers or {})


class Platform:
    """For the tenants that the provider's contract ids stand for. Keeps nothing but what the operator keeps."""

    def __init__(self, tenancy: Tenancy, senders: Mapping[str, str], *, unsafe_bare: bool) -> None:
        self._tenancy = tenancy
        self._senders = dict(senders)
        self._unsafe_bare = unsafe_bare

    def answer(self, operation: Operation, asked: Signed | LoggingIn) -> JSONResponse:
        """Judge, and say how it ended."""
        info, now = asked.request_info, self._tenancy.clock()
        try:
            accepted, found = self._ended(operation, asked)
        except FailedError as error:
            return failed(error.failure, now, info=info, headers=error.headers)
        except RefusedError as error:
            return failed(failure_of(operation, error.refused), now, info=info, headers=error.headers)
        except (JpkiError, LabError) as error:
            return failed(failure_of(operation, _trouble(error)), now, info=info)
        answer = Answer(
            response_info=_response_info(info, now),
            status=Status(status="SUCCESS"),
            applicant_id=f"JPKI{day_text(now)}{accepted.verification.id}",  # as long as the document's example
            identity_info=found,
        )
        return _response(answer, 200)

    def _ended(self, operation: Operation, asked: Signed | LoggingIn) -> tuple[Accepted, IdentityInfo]:
        tenant = self._senders.get(asked.request_info.sender)
        if tenant is None:
            raise FailedError(own_failure(answers.UNKNOWN_SENDER))
        proof = self._proof(asked)
        desk = self._tenancy.desk_named(tenant)
        outcome = _CEREMONIES[operation](desk, proof, **self._tenancy.when)
        if isinstance(outcome, Refusal):
            raise RefusedError(outcome)
        return outcome, _identity(desk, outcome)

    def _proof(self, asked: Signed | LoggingIn) -> Proof:
        if isinstance(asked, Signed):
            envelope, nonce, signature = asked.encrypted_certificate_for_sign, asked.applicant_data, asked.sign
        else:
            envelope, nonce, signature = asked.encrypted_certificate_for_user, asked.nonce_data, asked.nonce_sign
        try:
            certificate = open_envelope(envelope, self._tenancy.keys, unsafe_bare=self._unsafe_bare)
        except EnvelopeError as error:
            raise FailedError(own_failure(answers.NO_CERTIFICATE, why=str(error))) from error
        return Proof(
            certificate=certificate,
            signature=b64decode(signature),
            signed=OfNonce(nonce=nonce.encode()),
            schemes=(PKCS1_SHA256,),  # SHA256withRSA
        )


def failed(
    failure: Failure, now: datetime, *, info: RequestInfo | None = None, headers: Mapping[str, str] | None = None
) -> JSONResponse:
    """The answer to what did not succeed; without ``info`` where the request could not be read."""
    error = ErrorInfo(reason=reason_of(failure.status), message=f"{failure.code}: {failure.message}")
    answer = Answer(response_info=_response_info(info, now), status=Status(status="FAILED", error_info=error))
    return _response(answer, failure.status, headers)


def _identity(desk: TenantDesk, accepted: Accepted) -> IdentityInfo:
    """With the attributes of the signing certificate, which a log-in does not bring."""
    if accepted.certificate.kind is CaKind.AUTH and accepted.signing is None:
        raise RefusedError(refusal("operator.user.not-registered"))  # with a signing certificate, that is
    attributes = accepted.attributes or kept_attributes(desk, accepted.user_id)
    if attributes is None:
        raise FailedError(own_failure(answers.NO_ATTRIBUTES))
    return identity(accepted.user_id, attributes)


def _response_info(info: RequestInfo | None, now: datetime) -> ResponseInfo:
    return ResponseInfo(
        transaction_id=info.transaction_id if info else None,
        recipient=info.sender if info else None,
        ts=moment_text(now),
    )


def _response(answer: Answer, status: int, headers: Mapping[str, str] | None = None) -> JSONResponse:
    content = answer.model_dump(by_alias=True, exclude_none=True)
    return JSONResponse(content, status_code=status, headers={"Cache-Control": "no-store", **(headers or {})})


def _trouble(error: JpkiError | LabError) -> Refusal:
    code = "operator.store.busy" if isinstance(error, RpStorageBusyError) else "operator.lab.trouble"
    return refusal(code, kind=type(error).__name__)
