"""The ASGI application: paths, and what the OpenAPI document says of them."""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import version
from typing import Any

from fastapi import FastAPI
from joserfc.jwk import KeySet
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from mynalab.authapp.api import Api
from mynalab.authapp.html import STYLE
from mynalab.authapp.openapi import CERTS, DISCOVERY, RESULT, START, TOKEN, USERINFO
from mynalab.authapp.pages import Pages
from mynalab.authapp.provider import Provider
from mynalab.authapp.state import State
from mynalab.clock import Clock
from mynalab.lab.lab import Lab
from mynalab.web.guard import LOOPBACK_NAMES, guarded
from mynalab.web.limits import DEFAULT_LIMITS, Limits


def authapp(
    lab: Lab,
    *,
    clock: Clock,
    base_url: str = "",
    test_responses: bool = False,
    with_readers: bool = False,
    operator: Callable[[], KeySet] | None = None,
    state: State | None = None,
    limits: Limits = DEFAULT_LIMITS,
    unsafe_any_host: bool = False,
) -> ASGIApp:
    """The provider of a lab.

    ``base_url`` is what the issuer begins with: unless it is given, the address on which the server listens.
    ``operator`` gives the key set to which sign results are encrypted: the lab's own operator's, unless it is given.
    """
    provider = Provider(
        lab,
        clock=clock,
        base_url=base_url,
        test_responses=test_responses,
        with_readers=with_readers,
        operator=operator,
        state=state,
    )
    hosts = None if unsafe_any_host else LOOPBACK_NAMES
    return guarded(_knowing_itself(_routes(provider), provider), limits=limits, hosts=hosts)


def _knowing_itself(app: ASGIApp, provider: Provider) -> ASGIApp:
    async def call(scope: Scope, receive: Receive, send: Send) -> None:
        provider.address.learn(scope.get("server"))
        await app(scope, receive, send)

    return call


def _routes(provider: Provider) -> FastAPI:
    app = FastAPI(
        title="mynalab: Digital Authentication App's service (デジタル認証アプリ)",
        version=version("mynalab"),
        description="An OpenID provider for tests. Unverified against the real service where docs/authapp.md says so.",
        docs_url=None,
        redoc_url=None,
    )
    realm, sign = provider.config.realm_path, provider.config.sign_path
    connect = f"{realm}/protocol/openid-connect"
    _add_pages(app, Pages(provider), connect)
    _add_api(app, Api(provider), connect, realm, sign)
    return app


def _add_pages(app: FastAPI, pages: Pages, connect: str) -> None:
    @app.get(f"{connect}/auth", include_in_schema=False)
    def authorize(request: Request) -> Response:
        return pages.authorize(request)

    @app.post(pages.action, include_in_schema=False)
    async def act(request: Request) -> Response:
        return await run_in_threadpool(pages.act, request, await request.body())

    @app.get("/authapp.css", include_in_schema=False)
    def style() -> Response:
        return PlainTextResponse(STYLE, media_type="text/css", headers={"Cache-Control": "max-age=300"})


def _add_api(app: FastAPI, api: Api, connect: str, realm: str, sign: str) -> None:
    def described(operation: dict[str, Any]) -> dict[str, Any]:
        return {"openapi_extra": operation, "response_class": Response, "response_model": None}

    @app.post(f"{connect}/token", **described(TOKEN))
    async def token(request: Request) -> Response:
        return await run_in_threadpool(api.token, request, await request.body())

    @app.get(f"{connect}/userinfo", **described(USERINFO))
    def userinfo(request: Request) -> Response:
        return api.userinfo(request)

    @app.get(f"{connect}/certs", **described(CERTS))
    def certs() -> Response:
        return api.certs()

    @app.get(f"{realm}/.well-known/openid-configuration", **described(DISCOVERY))
    def discovery() -> Response:
        return api.discovery()

    @app.post(sign, status_code=201, **described(START))
    async def start_sign(request: Request) -> Response:
        return await run_in_threadpool(api.start_sign, request, await request.body())

    @app.get(f"{sign}/{{id}}/result", **described(RESULT))
    def sign_result(request: Request) -> Response:  # a parameter here would be in the document twice
        return api.sign_result(request, request.path_params["id"])
