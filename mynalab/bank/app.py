"""The bank's application: its routes, its webhook, and what is around them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

from fastapi import FastAPI
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp

from mynalab.bank.bank import Bank
from mynalab.bank.notices import receive
from mynalab.bank.pages import STYLE, Pages
from mynalab.bank.refusals import RefusedError
from mynalab.bank.routes import router
from mynalab.bank.visits import show_refusal
from mynalab.web.guard import LOOPBACK_NAMES, PROBLEM_MEDIA_TYPE, guarded
from mynalab.web.html import security_headers
from mynalab.web.limits import DEFAULT_LIMITS, Limits
from mynalab.web.webhooks import SIGNATURE_HEADER


def bank_app(
    bank: Bank, *, webhook_secret: bytes, limits: Limits = DEFAULT_LIMITS, unsafe_any_host: bool = False
) -> ASGIApp:
    """What `mynalab bank serve` serves."""
    app = FastAPI(title="mynalab bank", openapi_url=None, docs_url=None, redoc_url=None)
    app.state.bank, app.state.pages = bank, Pages(bank)
    app.add_exception_handler(RefusedError, show_refusal)  # type: ignore[arg-type]
    app.include_router(router)
    _add_webhook(app, bank, webhook_secret)
    _add_style(app)
    _keep_one_address(app, bank)
    return guarded(app, limits=limits, hosts=None if unsafe_any_host else LOOPBACK_NAMES)


def _add_webhook(app: FastAPI, bank: Bank, secret: bytes) -> None:
    @app.post("/notices")
    async def notices(request: Request) -> Response:
        """From the operator: the signature stands in the place of a session."""
        body, header = await request.body(), request.headers.get(SIGNATURE_HEADER)
        flaw = await run_in_threadpool(receive, bank, body, header, secret=secret)
        if flaw is None:
            return Response(status_code=204)
        document = {"title": "Unauthorized", "status": 401, "code": flaw, "detail": "this notice is not accepted"}
        return JSONResponse(document, status_code=401, media_type=PROBLEM_MEDIA_TYPE)


def _add_style(app: FastAPI) -> None:
    @app.get("/bank.css")
    def style() -> Response:
        return PlainTextResponse(STYLE, media_type="text/css", headers={"Cache-Control": "max-age=300"})


def _keep_one_address(app: FastAPI, bank: Bank) -> None:
    """To a browser's cookies localhost and 127.0.0.1 are two places: the one that is registered is used."""

    @app.middleware("http")
    async def redirect(request: Request, call: Callable[[Request], Awaitable[Response]]) -> Response:
        url = bank.config.url
        if request.method == "GET" and request.headers.get("host") != urlsplit(url).netloc:
            return RedirectResponse(f"{url}/", status_code=303, headers=security_headers())
        return await call(request)
