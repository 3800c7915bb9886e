"""Telling tenants: what is sent, to where, and the thread that looks for changes while the operator serves."""

from __future__ import annotations

import asyncio
import json
import logging
import threading
from collections.abc import Callable, Mapping
from datetime import date, datetime
from ipaddress import ip_address
from types import TracebackType
from typing import Any, Final, Self
from urllib.parse import urlsplit

import httpx

from apdu.ports import RandomBytes
from jpki.errors import JpkiError
from jpki.rp.operator.notices import Round, Sending, find_changes, send_due
from jpki.rp.operator.records import Event
from jpki.rp.operator.verifications import purge
from jpki.verify.findings import moment_text
from mynalab.chance import system_random
from mynalab.errors import LabError
from mynalab.lab.operator import LabOperator
from mynalab.operator_server.answers import reason_name
from mynalab.web.webhooks import SIGNATURE_HEADER, sign_webhook

INTERVAL_S: Final = 2.0
_TIMEOUT_S: Final = 5.0
"""From the first byte to the end of the answer's header, however slowly it drips."""
_AT_ONCE: Final = 32
"""Deliveries to one tenant in a round: who does not answer keeps the others waiting no longer than that takes."""
_LOG: Final = logging.getLogger("mynalab.operator")


def flaw_of_address(url: str, *, unsafe_any: bool = False) -> str | None:
    """Why a webhook must not go there: a lab must not be made to send to others (SSRF)."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return "this is no URL"
    if parts.scheme not in ("http", "https") or not host or port == 0 or not url.isascii() or not url.isprintable():
        return "this is no URL of HTTP"
    if parts.username is not None or parts.password is not None or parts.fragment:
        return "no user, no password and no fragment"
    if "%" in host:  # RFC 6874: a zone may be anything, also what no resolver takes
        return "no zone"
    return None if unsafe_any or _is_loopback(host) else "the host is another machine"


def event_document(event: Event) -> dict[str, Any]:
    """What a tenant is told: its own ids, and no personal data."""
    return {
        "id": event.id,
        "type": event.type,
        "created_at": moment_text(event.at),
        "user_id": event.user_id,
        "kind": event.kind.value,
        "state": event.state.name,
        "reason": reason_name(event.reason),
        "since": None if event.since is None else moment_text(event.since),
    }


class _EndedError(Exception):
    """The server ends: nothing more is sent. What was claimed is sent again when it is back."""


class Poster:
    """Sends by POST, signed. Follows nothing and uses no proxy: the address is the one that was looked at."""

    def __init__(self, clock: Callable[[], datetime], *, unsafe_any: bool = False) -> None:
        self._clock = clock
        self._unsafe_any = unsafe_any
        self._ended = False

    def __call__(self, sending: Sending) -> int | None:
        """The status, or None when nobody answered."""
        if self._ended:
            raise _EndedError
        if flaw_of_address(sending.webhook.url, unsafe_any=self._unsafe_any):
            return None
        body = json.dumps(event_document(sending.event)).encode()
        headers = {
            "Content-Type": "application/json",
            SIGNATURE_HEADER: sign_webhook(body, secret=sending.secret, now=self._clock()),
        }
        return asyncio.run(_status(sending.webhook.url, body, headers))

    def end(self) -> None:
        """Send nothing more: who waits for an answer waits for that one alone."""
        self._ended = True


async def _status(url: str, body: bytes, headers: Mapping[str, str]) -> int | None:
    try:
        async with (
            asyncio.timeout(_TIMEOUT_S),
            httpx.AsyncClient(follow_redirects=False, trust_env=False) as http,
            http.stream("POST", url, content=body, headers=headers) as answer,
        ):
            return answer.status_code  # of the body nothing is read
    # TimeoutError: of all of it together, where httpx counts each step anew. UnicodeError: a name nobody can ask for.
    except (httpx.HTTPError, httpx.InvalidURL, TimeoutError, UnicodeError):
        return None


def notice_round(lab: LabOperator, post: Poster, now: datetime, *, rng: RandomBytes = system_random) -> Round:
    """Find what has changed for every tenant, and send what is due; the trouble of one is not the others'."""
    rounds = []
    for tenant in lab.tenants():
        try:
            desk = lab.desk(tenant.name)
            find_changes(desk, lab.listed(desk, now), now, rng)
            rounds.append(send_due(desk, post, now, limit=_AT_ONCE))
        except (JpkiError, LabError) as error:  # a busy database, a list that is being replaced: next time
            _LOG.warning("notices: %s", type(error).__name__)
    return Round(
        delivered=sum(one.delivered for one in rounds),
        failed=sum(one.failed for one in rounds),
        given_up=sum(one.given_up for one in rounds),
    )


def purge_round(lab: LabOperator, now: datetime) -> int:
    """Delete of every tenant's verifications those whose time is over; how many."""
    return sum(purge(lab.desk(tenant.name), now) for tenant in lab.tenants())


class Noticer:
    """A thread that makes a round now and then, and once a day by the lab's clock deletes what need not be kept."""

    def __init__(
        self,
        lab: LabOperator,
        *,
        clock: Callable[[], datetime],
        interval_s: float = INTERVAL_S,
        unsafe_any: bool = False,
    ) -> None:
        self._lab = lab
        self._clock = clock
        self._interval_s = interval_s
        self._post = Poster(clock, unsafe_any=unsafe_any)
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="mynalab-notices", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._post.end()
        self._thread.join()

    def _run(self) -> None:
        purged: date | None = None
        while not self._ended.wait(self._interval_s):
            now = self._clock()
            try:
                notice_round(self._lab, self._post, now)
                if purged != now.date():
                    purge_round(self._lab, now)
                    purged = now.date()
            except (JpkiError, LabError) as error:  # nobody knows which tenants there are: next time
                _LOG.warning("notices: %s", type(error).__name__)
            except _EndedError:
                return


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
