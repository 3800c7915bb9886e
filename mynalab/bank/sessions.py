"""Browser sessions, kept by the server. The cookie is a random name and nothing else."""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64encode
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Lock
from typing import Any, Final

from apdu.ports import RandomBytes
from mynalab.bank.oidc import Request
from mynalab.bank.papers import Paper, Purpose

COOKIE: Final = "mynalab_bank_session"
IDLE: Final = timedelta(minutes=30)
PATIENCE: Final = timedelta(minutes=10)
"""For the answer of the authentication service."""
_MOST: Final = 10_000
_SECRET_BYTES: Final = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Errand:
    """Why this browser was sent away, and what its answer has to fit."""

    purpose: Purpose
    request: Request
    until: datetime
    paper: Paper | None = None


@dataclass(slots=True, kw_only=True)
class Session:
    """Of one browser. What is personal in it ends with it."""

    id: str = field(repr=False)
    csrf: str = field(repr=False)
    seen_at: datetime
    language: str = ""
    account: str = ""
    """The number of the account that is logged in."""
    form: dict[str, str] = field(default_factory=dict, repr=False)
    flaws: dict[str, str] = field(default_factory=dict)
    paper: Paper | None = None
    errand: Errand | None = None
    outcome: Any = None
    """What the next page tells."""


class Sessions:
    """All of one bank, in memory: a restart logs everybody out."""

    def __init__(self, *, clock: Callable[[], datetime], rng: RandomBytes) -> None:
        self._clock, self._rng = clock, rng
        self._sessions: dict[str, Session] = {}
        self._lock = Lock()

    def of(self, id_: str) -> Session:
        """The session of this cookie, or a new one: an id that the bank did not make is never taken over."""
        now = self._clock()
        with self._lock:
            session = self._sessions.pop(id_, None)
            if session is None or not session.seen_at <= now < session.seen_at + IDLE:
                session = Session(id=self._secret(), csrf=self._secret(), seen_at=now)
            session.seen_at = now
            self._keep(session)
        return session

    def at_page(self, id_: str, token: str) -> Session | None:
        """The session, if the form was made for it. No token fits a session that is new."""
        session = self.of(id_)
        return session if hmac.compare_digest(session.csrf.encode(), token.encode()) else None

    def send(self, session: Session, purpose: Purpose, request: Request, paper: Paper | None = None) -> str:
        """Remember why the browser goes to the authentication service; where that is."""
        until = self._clock() + PATIENCE
        session.errand = Errand(purpose=purpose, request=request, until=until, paper=paper)
        return request.address

    def take(self, session: Session, state: str) -> Errand | None:
        """The errand of this state, once."""
        with self._lock:
            errand = session.errand
            if errand is None or not hmac.compare_digest(errand.request.state.encode(), state.encode()):
                return None
            session.errand = None
        return errand if self._clock() < errand.until else None

    def log_in(self, session: Session, account: str) -> None:
        """Under another name from now on: one that somebody planted before is worth nothing."""
        with self._lock:
            self._sessions.pop(session.id, None)
            session.id, session.csrf = self._secret(), self._secret()
            session.account = account
            session.form, session.flaws, session.paper = {}, {}, None
            self._keep(session)

    def end(self, session: Session) -> None:
        """Log out: everything of this browser is forgotten."""
        with self._lock:
            self._sessions.pop(session.id, None)

    def _keep(self, session: Session) -> None:
        """The one that was used longest ago makes room."""
        self._sessions[session.id] = session
        while len(self._sessions) > _MOST:
            self._sessions.pop(next(iter(self._sessions)))

    def _secret(self) -> str:
        return urlsafe_b64encode(self._rng(_SECRET_BYTES)).decode().rstrip("=")
