"""The addresses of the bank, a step each. GET shows and changes nothing; POST does, and leads to a page."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from mynalab.bank.outcomes import Told
from mynalab.bank.papers import FIELDS, flaws_of
from mynalab.bank.refusals import RefusedError, refused
from mynalab.bank.sessions import COOKIE
from mynalab.bank.visits import Looking, Posting

router = APIRouter()


@router.get("/")
def home(visit: Looking) -> Response:
    """Open an account, or log in."""
    return visit.pages.home(visit.session)


# Opening an account: a form, the text that it makes, the signature, the result.


@router.get("/open")
def form(visit: Looking) -> Response:
    """The application."""
    return visit.pages.form(visit.session)


@router.post("/open")
def apply(visit: Posting) -> Response:
    """Filled in."""
    session = visit.session
    session.form = {name: visit.form.get(name, "") for name in FIELDS}
    session.flaws = flaws_of(session.form)
    if session.flaws:
        return visit.to("/open")
    session.paper = visit.bank.apply(session.form)
    return visit.to("/paper")


@router.get("/paper")
def paper(visit: Looking) -> Response:
    """What is going to be signed: an application, a consent, a confirmation."""
    return visit.pages.paper(visit.session)


@router.post("/paper")
def sign(visit: Posting) -> Response:
    """To the authentication service."""
    return visit.to(visit.bank.begin_signature(visit.session))


@router.get("/result")
def result(visit: Looking) -> Response:
    """Of an opening, or of a closing."""
    return visit.pages.result(visit.session)


# Logging in and out


@router.post("/log-in")
def log_in(visit: Posting) -> Response:
    """To the authentication service."""
    return visit.to(visit.bank.begin_log_in(visit.session))


@router.get("/callback")
def callback(request: Request, visit: Looking) -> Response:
    """From the authentication service, for all purposes. Nothing of the answer stays in the browser's history."""
    answer = dict(request.query_params)
    try:
        if len(answer) != len(request.query_params.multi_items()):  # RFC 6749 clause 3.1: none comes twice
            raise refused("bank.callback.unknown")
        visit.bank.come_back(visit.session, answer)
    except RefusedError as error:
        visit.session.outcome = error.refusal
        return visit.to("/result")
    return visit.to("/account" if visit.session.account else "/result")


@router.post("/log-out")
def log_out(visit: Posting) -> Response:
    """The cookie stands for nothing any more."""
    visit.bank.sessions.end(visit.session)
    answer = visit.to("/")
    answer.delete_cookie(COOKIE, httponly=True, samesite="lax")
    return answer


# The account


@router.get("/account")
def account(visit: Looking) -> Response:
    """For whoever is logged in."""
    return visit.pages.account(visit.session, visit.account) if visit.session.account else visit.to("/")


@router.post("/account/consent")
def consent(visit: Posting) -> Response:
    """To the latest attributes: its text comes from the operator."""
    visit.session.paper = visit.bank.ask_consent(visit.account)
    return visit.to("/paper")


@router.post("/account/renew")
def renew(visit: Posting) -> Response:
    """Confirm with a newer certificate."""
    visit.session.paper = visit.bank.ask_renewal(visit.account)
    return visit.to("/paper")


@router.post("/account/withdraw")
def withdraw(visit: Posting) -> Response:
    """The consent."""
    visit.session.outcome = visit.bank.withdraw_consent(visit.account)
    return visit.to("/account")


@router.post("/account/latest")
def latest(visit: Posting) -> Response:
    """Ask for the latest attributes."""
    visit.session.outcome = visit.bank.fetch_latest(visit.account)
    return visit.to("/account")


@router.post("/account/close")
def close(visit: Posting) -> Response:
    """For good."""
    visit.bank.close_account(visit.account)
    visit.session.account, visit.session.outcome = "", Told(word="closed")
    return visit.to("/result")
