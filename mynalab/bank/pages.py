"""The bank's pages, from what a session and an account hold."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlsplit

from starlette.responses import Response

from jpki.rp.asks import Ask
from jpki.validity import JST
from mynalab.bank.bank import Bank
from mynalab.bank.ledger import Account
from mynalab.bank.notices import ask_of
from mynalab.bank.outcomes import Opened, Told
from mynalab.bank.refusals import Refusal, RefusedError, refused
from mynalab.bank.sessions import COOKIE, Session
from mynalab.bank.words import WORDS
from mynalab.web.html import LANGUAGES, Templates
from mynalab.web.html import STYLE as SHARED_STYLE

_TEMPLATES: Final = Templates("mynalab.bank", WORDS)
_QUIET: Final = frozenset({Ask.NOTHING, Ask.CHECK_AGAIN})


class Pages:
    """They show what there is and change nothing."""

    def __init__(self, bank: Bank) -> None:
        self._bank = bank

    def home(self, session: Session) -> Response:
        """Open an account, or log in."""
        return self._page("home", session)

    def form(self, session: Session) -> Response:
        """The application."""
        return self._page("form", session, form=session.form, flaws=session.flaws)

    def paper(self, session: Session) -> Response:
        """The text that is going to be signed."""
        if session.paper is None:
            raise refused("bank.form.expired")
        return self._page("paper", session, paper=session.paper)

    def result(self, session: Session) -> Response:
        """Of whatever was done last."""
        if isinstance(session.outcome, Refusal):
            return self._page("refused", session, refusal=session.outcome, is_page=True)
        return self._page("result", session, **_shown(session.outcome))

    def account(self, session: Session, account: Account) -> Response:
        """The account, with what its holder has to be told."""
        asks = [ask_of(one) for one in self._bank.ledger.notices(account.user_id)]
        told = [one for one in dict.fromkeys(asks) if one not in _QUIET]
        values: dict[str, Any] = {
            "account": account,
            "asks": [one.value for one in told],
            "consent": self._consent(account),
        }
        return self._page("account", session, **values, **_shown(session.outcome))

    def refused(self, session: Session, error: RefusedError) -> Response:
        """Why not, and what next."""
        return self._page("refused", session, status=error.status, refusal=error.refusal, is_page=False)

    def set_cookie(self, answer: Response, session: Session) -> None:
        """For this server alone, out of reach of scripts; other sites' forms do not carry it."""
        https = self._bank.config.url.startswith("https:")
        answer.set_cookie(COOKIE, session.id, httponly=True, samesite="lax", secure=https)

    def _consent(self, account: Account) -> Mapping[str, Any] | Refusal:
        """The page comes also while the operator does not."""
        try:
            return self._bank.operator.consent(account.user_id)
        except RefusedError as error:
            return error.refusal

    def _page(self, name: str, session: Session, *, status: int = 200, **values: Any) -> Response:
        language = session.language or LANGUAGES[0]
        issuer = urlsplit(self._bank.config.issuer)
        every = {
            "csrf": session.csrf,
            "is_logged_in": bool(session.account),
            "day": lambda moment: _day(moment, language),
            "other": LANGUAGES[1 - LANGUAGES.index(language)],
            **values,
        }
        # A form leads to the authentication service by a redirect, which the policy has to allow.
        origins = (f"{issuer.scheme}://{issuer.netloc}",)
        answer = _TEMPLATES.page(name, every, language=language, status=status, form_origins=origins)
        self.set_cookie(answer, session)
        return answer


def _day(moment: str, language: str) -> str:
    """The day in Japan."""
    local = datetime.fromisoformat(moment).astimezone(JST)
    return f"{local.year}年{local.month}月{local.day}日" if language == "ja" else f"{local:%Y-%m-%d}"


def _shown(outcome: object) -> dict[str, Any]:
    return {
        "opened": outcome if isinstance(outcome, Opened) else None,
        "told": outcome if isinstance(outcome, Told) else None,
    }


STYLE: Final = (
    SHARED_STYLE
    + """
main { max-width: 40rem; padding: 0; overflow: hidden; }
.bank { display: flex; justify-content: space-between; align-items: center; padding: 1rem 1.75rem;
  background: linear-gradient(120deg, #0a4b8f, #0f7a6c); color: #fff; }
.bank a { color: #fff; text-decoration: none; }
.bank .mark { font-size: 1.2rem; font-weight: 700; letter-spacing: .08em; }
.bank .mark small { display: block; color: #d9ecf5; font-weight: 400; font-size: .75rem; letter-spacing: 0; }
.bank .language { border: 1px solid #ffffff80; border-radius: 999px; padding: .15rem .8rem; font-size: .85rem; }
.content { padding: 1.5rem 1.75rem 1.75rem; }
.steps { display: flex; gap: .5rem; list-style: none; padding: 0; margin: 0 0 1.25rem; font-size: .85rem; }
.steps li { flex: 1; padding-top: .4rem; border-top: 3px solid var(--line); color: var(--soft); }
.steps li.now { border-color: var(--lead); color: var(--ink); font-weight: 600; }
.choices { display: grid; grid-template-columns: repeat(auto-fit, minmax(14rem, 1fr)); gap: 1rem; margin-top: 1.5rem; }
.choice { border: 1px solid var(--line); border-radius: 10px; padding: 1rem 1.25rem; display: flex;
  flex-direction: column; justify-content: space-between; }
.choice h2 { margin-top: 0; }
a.button { display: inline-block; font-weight: 600; padding: .6rem 1.4rem; border-radius: 8px; text-decoration: none;
  border: 1px solid var(--lead); background: var(--lead); color: var(--card); text-align: center; }
a.button.plain { background: transparent; color: var(--lead); }
a.button:focus-visible, .bank a:focus-visible { outline: 3px solid var(--lead); outline-offset: 2px; }
input[type=text] { width: 100%; padding: .55rem .7rem; font: inherit; color: inherit; background: var(--back);
  border: 1px solid var(--line); border-radius: 8px; }
.flaw { color: var(--bad); font-size: .9rem; margin: .2rem 0 0; }
pre { white-space: pre-wrap; background: var(--back); border: 1px solid var(--line); border-radius: 8px;
  padding: 1rem 1.25rem; font: inherit; margin: .5rem 0 1rem; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .4rem 1.25rem; margin: 1rem 0; }
dt { color: var(--soft); }
dd { margin: 0; overflow-wrap: anywhere; }
table { border-collapse: collapse; width: 100%; margin: 1rem 0; }
th, td { text-align: left; padding: .45rem .6rem; border-bottom: 1px solid var(--line); }
th { font-weight: 600; color: var(--soft); font-size: .9rem; }
.tag { border-radius: 999px; padding: .1rem .7rem; font-size: .85rem; background: #e3f3ec; color: #0b5d42;
  white-space: nowrap; }
.tag.differs-in-form { background: #fff3d6; color: #6b4a00; }
.tag.differs { background: #fbe3e4; color: #8e1d23; }
.done { border-left: 4px solid #0f7a6c; background: var(--back); padding: .6rem .9rem; border-radius: 4px; }
.notice { border: 1px solid #d9a400; background: #fff8e6; color: #4d3800; border-radius: 8px; padding: .9rem 1.1rem;
  margin: 1rem 0; }
.notice.suspend, .notice.contact { border-color: var(--bad); background: var(--badback); color: var(--ink); }
.notice p { margin: 0 0 .5rem; }
.part { border-top: 1px solid var(--line); margin-top: 1.5rem; padding-top: .25rem; }
.inline { display: inline; }
.inline button, .part button { margin: .25rem .5rem .25rem 0; }
button.danger { background: transparent; border-color: var(--bad); color: var(--bad); }
summary { cursor: pointer; color: var(--soft); }
"""
)
