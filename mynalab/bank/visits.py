"""A browser's request: whose session it is, in which language, and whether a form is from the bank's own page."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Final, TypeAlias

from fastapi import Depends
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from mynalab.bank.bank import Bank
from mynalab.bank.ledger import Account
from mynalab.bank.pages import Pages
from mynalab.bank.refusals import RefusedError, refused
from mynalab.bank.sessions import COOKIE, Session
from mynalab.web.html import LANGUAGES, language_of, security_headers

_MOST_FIELDS: Final = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """What a route gets. ``form`` is what was entered, without the token."""

    bank: Bank
    pages: Pages
    session: Session
    form: dict[str, str] = field(default_factory=dict, repr=False)

    @property
    def account(self) -> Account:
        """Of whoever is logged in; ends the request for everybody else."""
        return self.bank.account(self.session)

    def to(self, address: str) -> Response:
        """See other: a page of the bank, or the authentication service. A reload sends no form again."""
        answer = RedirectResponse(address, status_code=303, headers=security_headers())
        self.pages.set_cookie(answer, self.session)
        return answer


def _looking(request: Request) -> Visit:
    """Whoever looks at a page has a session from then on."""
    bank: Bank = request.app.state.bank
    session = bank.sessions.of(request.cookies.get(COOKIE, ""))
    chosen = request.query_params.get("lang", "")
    if chosen in LANGUAGES:  # the switch in the page is a link
        session.language = chosen
    elif not session.language:
        session.language = language_of(request.headers.get("accept-language", ""))
    request.state.session = session
    return Visit(bank=bank, pages=request.app.state.pages, session=session)


async def _posting(request: Request) -> Visit:
    """The token is the session's own, and no other site can read it (CSRF)."""
    bank: Bank = request.app.state.bank
    async with request.form(max_files=0, max_fields=_MOST_FIELDS) as given:
        form = {name: value for name, value in given.items() if isinstance(value, str)}
    session = bank.sessions.at_page(request.cookies.get(COOKIE, ""), form.pop("csrf", ""))
    if session is None:
        raise refused("bank.form.expired", status=403)
    request.state.session = session
    return Visit(bank=bank, pages=request.app.state.pages, session=session, form=form)


Looking: TypeAlias = Annotated[Visit, Depends(_looking)]
"""In a route's arguments: for GET."""
Posting: TypeAlias = Annotated[Visit, Depends(_posting)]
"""In a route's arguments: for POST, with the token checked."""


def show_refusal(request: Request, error: RefusedError) -> Response:
    """The page that says why not. It does not log anybody out."""
    known: Session | None = getattr(request.state, "session", None)
    pages: Pages = request.app.state.pages
    return pages.refused(known or _looking(request).session, error)
