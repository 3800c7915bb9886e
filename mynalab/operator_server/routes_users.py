"""Routes about users and certificates: how they stand, consent, the latest attributes, the end."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Path, Response

from jpki.rp.operator.consents import consent_state, give_consent, latest_attributes, withdraw_consent
from jpki.rp.operator.standing import standings_by_id
from jpki.rp.operator.users import delete_user, user, user_status, user_statuses
from jpki.rp.operator.vocabulary import Refusal
from mynalab.operator_server.answers import AttributesOut, Problem, StandingOut
from mynalab.operator_server.answers_users import (
    ConsentOut,
    LatestOut,
    StandingsOut,
    UserOut,
    UserStatusesOut,
    UserStatusOut,
)
from mynalab.operator_server.models import CheckMethodIn, ConsentIn, StatusBatchIn, StatusIn, UserBatchIn, UserId
from mynalab.operator_server.problems import documented
from mynalab.operator_server.routes_proofs import IDENTIFIED, PROVED
from mynalab.operator_server.tenancy import Asking, Shared, method_of, said

router = APIRouter(prefix="/v1")
_UNKNOWN: Final = documented("operator.user.unknown")
_UserId = Annotated[UserId, Path()]


@router.post("/certificates/status", responses=documented("operator.certificate.unknown"), tags=["certificates"])
def certificate_status(asked: StatusIn, tenancy: Shared, desk: Asking) -> StandingOut:
    """How a certificate stands now: GOOD, HELD, REVOKED, EXPIRED or UNKNOWN."""
    method = method_of(asked.check_method)
    (found,) = standings_by_id(desk, [asked.certificate_id], method, tenancy.clock())
    return StandingOut.of(said(found))


@router.post("/certificates/status/batch", responses=documented(), tags=["certificates"])
def certificate_statuses(asked: StatusBatchIn, tenancy: Shared, desk: Asking) -> StandingsOut:
    """The same for many."""
    found = standings_by_id(desk, asked.certificate_ids, method_of(asked.check_method), tenancy.clock())
    return StandingsOut(statuses=[_problem(one) if isinstance(one, Refusal) else StandingOut.of(one) for one in found])


@router.post("/users/status/batch", responses=documented(), tags=["users"])
def statuses_of_users(asked: UserBatchIn, tenancy: Shared, desk: Asking) -> UserStatusesOut:
    """How many users stand (現況確認)."""
    found = user_statuses(desk, asked.user_ids, tenancy.clock(), method=method_of(asked.check_method))
    return UserStatusesOut(
        statuses=[_problem(one) if isinstance(one, Refusal) else UserStatusOut.of(one) for one in found]
    )


@router.get("/users/{user_id}", responses=_UNKNOWN, tags=["users"])
def one_user(user_id: _UserId, desk: Asking) -> UserOut:
    """A user, and the certificates that stand for it."""
    return UserOut.of(said(user(desk, user_id)))


@router.delete("/users/{user_id}", status_code=204, responses=_UNKNOWN, tags=["users"])
def deleted_user(user_id: _UserId, tenancy: Shared, desk: Asking) -> Response:
    """Delete a user. Evidence stays as long as the law wants; who comes back is another user."""
    said(delete_user(desk, user_id, tenancy.clock()))
    return Response(status_code=204)


@router.get("/users/{user_id}/status", responses=_UNKNOWN, tags=["users"])
def status_of_user(
    user_id: _UserId, tenancy: Shared, desk: Asking, check_method: CheckMethodIn | None = None
) -> UserStatusOut:
    """How a user stands, and what that asks of the business."""
    return UserStatusOut.of(said(user_status(desk, user_id, tenancy.clock(), method=method_of(check_method))))


@router.put(
    "/users/{user_id}/consent",
    responses=documented(
        *PROVED, *IDENTIFIED, "operator.challenge.required", "operator.user.unknown", "operator.user.other"
    ),
    tags=["consent"],
)
def given_consent(user_id: _UserId, asked: ConsentIn, tenancy: Shared, desk: Asking) -> ConsentOut:
    """Consent to the latest attributes, signed by the user; it stands for ten years that begin with the next day."""
    proof, method = tenancy.proof(asked), method_of(asked.check_method)
    return ConsentOut.of(said(give_consent(desk, user_id, proof, **tenancy.when, method=method)))


@router.get("/users/{user_id}/consent", responses=_UNKNOWN, tags=["consent"])
def state_of_consent(user_id: _UserId, tenancy: Shared, desk: Asking) -> ConsentOut:
    """Whether it stands, and why not."""
    return ConsentOut.of(said(consent_state(desk, user_id, tenancy.clock())))


@router.delete(
    "/users/{user_id}/consent",
    status_code=204,
    responses=documented(
        "operator.user.unknown", "operator.consent.none", "operator.consent.ended", "operator.consent.withdrawn"
    ),
    tags=["consent"],
)
def withdrawn_consent(user_id: _UserId, tenancy: Shared, desk: Asking) -> Response:
    """Withdraw it, at any time."""
    said(withdraw_consent(desk, user_id, tenancy.clock()))
    return Response(status_code=204)


@router.post(
    "/users/{user_id}/latest-attributes",
    responses=documented(
        "operator.user.unknown",
        "operator.consent.none",
        "operator.consent.ended",
        "operator.consent.withdrawn",
        "operator.latest.request-certificate-held",
        "operator.latest.expired",
        "operator.latest.revoked-or-held",
        "operator.latest.unknown",
    ),
    tags=["consent"],
)
def attributes_now(user_id: _UserId, tenancy: Shared, desk: Asking) -> LatestOut:
    """The four attributes of the newest signing certificate, while a consent stands."""
    found = said(latest_attributes(desk, user_id, **tenancy.when))
    return LatestOut(is_new=found.is_new, attributes=AttributesOut.of(found.attributes))


def _problem(refused: Refusal) -> Problem:
    return Problem(**refused.as_problem())
