"""The ASGI application: the counter under /register, the repository everywhere else."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount
from starlette.types import ASGIApp, Receive, Scope, Send

from jpki.repository.messages import PROBLEM_MEDIA_TYPE, Service
from mynalab.clock import Clock
from mynalab.pki_server.counter import CounterService
from mynalab.pki_server.counter_app import CounterApp
from mynalab.pki_server.repository_app import RepositoryApp
from mynalab.web.guard import LOOPBACK_NAMES, ending_quietly
from mynalab.web.limits import DEFAULT_LIMITS, Limits


def pki_app(
    service: Service,
    *,
    clock: Clock,
    counter: CounterService | None = None,
    limits: Limits = DEFAULT_LIMITS,
    unsafe_any_host: bool = False,
) -> ASGIApp:
    """``service`` is the repository, or a fault around it. ``unsafe_any_host``: heed no Host at the counter."""
    hosts = None if unsafe_any_host else LOOPBACK_NAMES
    app = None if counter is None else CounterApp(counter=counter, clock=clock, limits=limits, hosts=hosts)
    repository = RepositoryApp(service, clock=clock, limits=limits)
    counters = () if app is None else (Mount("/register", routes=app.routes()),)
    routes = (*counters, Mount("/", app=repository))
    return ending_quietly(_as_a_proxy(Starlette(routes=routes, exception_handlers={HTTPException: _problem})))


def _problem(_request: Request, error: Exception) -> Response:
    """What Starlette's routing refuses, in the words of RFC 9457."""
    assert isinstance(error, HTTPException)
    document = {"title": error.detail, "status": error.status_code, "detail": "nothing of the register is here"}
    headers = {**(error.headers or {}), "Cache-Control": "no-store"}
    return JSONResponse(document, error.status_code, headers, media_type=PROBLEM_MEDIA_TYPE)


def _as_a_proxy(app: ASGIApp) -> ASGIApp:
    """Serve a target in absolute form by its path (RFC 9112 clause 3.2.2).

    So a program whose HTTP proxy this server is reaches the responder by the URL in a certificate, though the host in
    it never resolves.
    """

    async def call(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["raw_path"].lower().startswith(b"http://"):
            authority_and_path = scope["raw_path"][len(b"http://") :]
            raw_path = b"/" + authority_and_path.partition(b"/")[2]
            scope = {**scope, "raw_path": raw_path, "path": raw_path.decode("ascii")}
        await app(scope, receive, send)

    return call
