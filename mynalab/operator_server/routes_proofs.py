"""Routes with a proof: challenges, registrations, log-ins, replacements, verifications."""

from __future__ import annotations

from base64 import b64decode, b64encode
from hashlib import sha256
from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Query, Response

from jpki.kinds import CaKind
from jpki.rp.errors import OriginError
from jpki.rp.operator.ceremonies import log_in, register, replace
from jpki.rp.operator.challenges import give_challenge
from jpki.rp.operator.proof import OfPadded, Proof
from jpki.rp.operator.records import Act
from jpki.rp.operator.verifications import delete_verification, verification, verifications, verify
from jpki.rp.operator.vocabulary import refusal
from mynalab.operator_server.answers import AcceptedOut, ChallengeOut, VerificationOut, VerificationsOut, VerifiedOut
from mynalab.operator_server.models import (
    ChallengeIn,
    Id,
    LogInIn,
    RegistrationIn,
    ReplacementIn,
    SignResultIn,
    UserId,
    VerificationIn,
)
from mynalab.operator_server.problems import RefusedError, documented
from mynalab.operator_server.tenancy import Asking, Shared, method_of, said

BROUGHT: Final = (
    "operator.sign-result.refused",
    "operator.sign-result.other-data",
    "operator.data.not-padded",
    "operator.hash.unsupported",
    "operator.challenge.unknown",
    "operator.challenge.used",
    "operator.challenge.expired",
)
PROVED: Final = (
    *BROUGHT,
    "operator.data.used",
    "operator.data.too-short",
    "operator.certificate.invalid",
    "operator.certificate.unsupported",
    "operator.certificate.not-yet-valid",
    "operator.certificate.expired",
    "operator.certificate.on-hold",
    "operator.certificate.revoked",
    "operator.signature.mismatch",
    "operator.status.unknown",
)
IDENTIFIED: Final = ("operator.link.missing", "operator.link.not-synced", "operator.certificate.replaced")


router = APIRouter(prefix="/v1")


@router.post("/challenges", status_code=201, responses=documented("operator.origin.malformed"), tags=["challenges"])
def challenge(asked: ChallengeIn, tenancy: Shared, desk: Asking) -> ChallengeOut:
    """A challenge for one purpose at one origin; it works once, for five minutes."""
    try:
        given = give_challenge(desk, Act(asked.purpose), asked.origin, tenancy.clock(), tenancy.rng)
    except OriginError as error:
        raise RefusedError(refusal("operator.origin.malformed")) from error
    return ChallengeOut(
        challenge=_text(given.nonce),
        purpose=given.act.value,
        message=_text(given.message),
        digest=_text(sha256(given.message).digest()),
        text=given.text,
        expires_at=given.expires_at,
    )


@router.post(
    "/registrations",
    status_code=201,
    responses=documented(*PROVED, *IDENTIFIED, "operator.user.already-registered", "operator.user.to-replace"),
    tags=["users"],
)
def registration(asked: RegistrationIn, tenancy: Shared, desk: Asking) -> AcceptedOut:
    """Register the holder of a certificate as a user. The same person is the same user by the other one, too."""
    return AcceptedOut.of(said(register(desk, tenancy.proof(asked), **tenancy.when, **_how(asked))))


@router.post(
    "/log-ins",
    responses=documented(
        *PROVED, *IDENTIFIED, "operator.user.not-registered", "operator.user.signing-certificate-ended"
    ),
    tags=["users"],
)
def logging_in(asked: LogInIn, tenancy: Shared, desk: Asking) -> AcceptedOut:
    """Say who it is. A renewed certificate is followed to its user."""
    require = asked.require_signing_certificate
    proof = tenancy.proof(asked)
    return AcceptedOut.of(said(log_in(desk, proof, **tenancy.when, **_how(asked), require_signing=require)))


@router.post(
    "/replacements",
    responses=documented(*PROVED, *IDENTIFIED, "operator.user.already-registered", "operator.user.nothing-to-replace"),
    tags=["users"],
)
def replacement(asked: ReplacementIn, tenancy: Shared, desk: Asking) -> AcceptedOut:
    """Put a newer certificate, of after a move or a renewal, in the place of the one that is registered."""
    return AcceptedOut.of(said(replace(desk, tenancy.proof(asked), **tenancy.when, **_how(asked))))


@router.post(
    "/verifications",
    status_code=201,
    responses=documented(*BROUGHT, *IDENTIFIED),
    tags=["verifications"],
)
def any_signature(asked: VerificationIn, tenancy: Shared, desk: Asking) -> VerifiedOut:
    """Verify any signature. Whatever the result is, it is in the list; only a good one leaves evidence."""
    when, method = tenancy.when, method_of(asked.check_method)
    proof = tenancy.proof(asked)
    return VerifiedOut.of(said(verify(desk, proof, **when, method=method, identify_user=asked.identify_user)))


@router.post(
    "/verifications/sign-result",
    status_code=201,
    responses=documented(*BROUGHT, *IDENTIFIED),
    tags=["verifications"],
)
def sign_result(asked: SignResultIn, tenancy: Shared, desk: Asking) -> VerifiedOut:
    """Open what the Digital Authentication App answered, and verify it."""
    opened = tenancy.opened(asked.sign_certificate_jwe)
    if b64decode(asked.data) != opened.data:
        raise RefusedError(refusal("operator.sign-result.other-data"))
    proof = Proof(certificate=opened.certificate, signature=opened.signature, signed=OfPadded(data=opened.data))
    when, method = tenancy.when, method_of(asked.check_method)
    return VerifiedOut.of(said(verify(desk, proof, **when, method=method, identify_user=asked.identify_user)))


_UNKNOWN: Final = documented("operator.verification.unknown")


@router.get("/verifications", responses=_UNKNOWN, tags=["verifications"])
def listed(
    desk: Asking,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
    before: Annotated[Id | None, Query()] = None,
    user_id: Annotated[UserId | None, Query()] = None,
) -> VerificationsOut:
    """What was verified, the newest first."""
    found = said(verifications(desk, before=before, limit=limit, user_id=user_id))
    following = found[-1].id if len(found) == limit else None
    return VerificationsOut(verifications=[VerificationOut.of(one) for one in found], next=following)


@router.get("/verifications/{id}", responses=_UNKNOWN, tags=["verifications"])
def one(desk: Asking, id_: Annotated[Id, Path(alias="id")]) -> VerificationOut:
    """One of them, without the certificate."""
    return VerificationOut.of(said(verification(desk, id_)))


@router.delete("/verifications/{id}", status_code=204, responses=_UNKNOWN, tags=["verifications"])
def deleted(tenancy: Shared, desk: Asking, id_: Annotated[Id, Path(alias="id")]) -> Response:
    """Delete it. Of log-ins the evidence goes too; of all else the operator keeps it, sealed, until `keep_until`."""
    said(delete_verification(desk, id_, tenancy.clock()))
    return Response(status_code=204)


def _how(asked: RegistrationIn | LogInIn) -> dict[str, Any]:
    return {"kind": CaKind(asked.kind), "method": method_of(asked.check_method)}


def _text(content: bytes) -> str:
    return b64encode(content).decode()
