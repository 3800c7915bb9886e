"""The operator's application. Whoever uses it without HTTP finds the same operations in ``jpki.rp.operator``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from importlib.metadata import version
from typing import Final, TypeAlias

from fastapi import FastAPI
from joserfc.jwk import KeySet
from starlette.types import ASGIApp

from apdu.ports import RandomBytes
from mynalab.chance import system_random
from mynalab.lab.operator import LabOperator
from mynalab.operator_server.answers import KeyOut, KeysOut, Problem
from mynalab.operator_server.keys import operator_keys, public_keys
from mynalab.operator_server.problems import explain, open_documented
from mynalab.operator_server.rates import Rate, Rates
from mynalab.operator_server.routes_notices import router as notices
from mynalab.operator_server.routes_proofs import router as proofs
from mynalab.operator_server.routes_users import router as users
from mynalab.operator_server.tenancy import Tenancy
from mynalab.web.guard import LOOPBACK_NAMES, guarded
from mynalab.web.limits import DEFAULT_LIMITS, Limits

Adapter: TypeAlias = Callable[[FastAPI, Tenancy], None]
_DESCRIPTION: Final = """A platform operator (署名検証者) of a mynalab lab. Its design is neutral and our own: no real
operator's interface is like it in detail. Times are those of the lab's clock. Errors are problem details (RFC 9457),
whose `code` is stable."""


def operator_api(
    lab: LabOperator,
    *,
    clock: Callable[[], datetime],
    rng: RandomBytes = system_random,
    rate: Rate | None = None,
    unsafe_any_webhook: bool = False,
    adapters: Sequence[Adapter] = (),
) -> FastAPI:
    """The routes, without the guard around them."""
    keys = operator_keys(lab.lab)
    tenancy = Tenancy(
        lab,
        clock=clock,
        rng=rng,
        keys=keys,
        rates=Rates(rate or Rate()),
        unsafe_any_webhook=unsafe_any_webhook,
    )
    app = FastAPI(
        title="mynalab platform operator",
        version=version("mynalab"),
        description=_DESCRIPTION,
        docs_url=None,  # its pages load scripts from elsewhere
        redoc_url=None,
    )
    explain(app)
    _open_routes(app, keys)
    app.state.tenancy = tenancy
    for routes in (proofs, users, notices):
        app.include_router(routes)
    _with_problem(app)
    for adapt in adapters:
        adapt(app, tenancy)
    return app


def operator_app(
    lab: LabOperator,
    *,
    clock: Callable[[], datetime],
    limits: Limits = DEFAULT_LIMITS,
    rate: Rate | None = None,
    unsafe_any_host: bool = False,
    unsafe_any_webhook: bool = False,
    adapters: Sequence[Adapter] = (),
) -> ASGIApp:
    """What `mynalab rp serve` serves. ``adapters`` add others' interfaces to it."""
    api = operator_api(lab, clock=clock, rate=rate, unsafe_any_webhook=unsafe_any_webhook, adapters=adapters)
    return guarded(api, limits=limits, hosts=None if unsafe_any_host else LOOPBACK_NAMES)


def _open_routes(app: FastAPI, keys: KeySet) -> None:
    published = KeysOut(keys=[KeyOut(**one) for one in public_keys(keys)["keys"]])

    @app.get("/key/jwks.json", responses=open_documented(), tags=["keys"])
    def jwks() -> KeysOut:
        """The key with which sign results are encrypted (RSA-OAEP-256, A256GCM)."""
        return published


def _with_problem(app: FastAPI) -> None:
    """The schema of problems, which no route returns by itself."""
    made = app.openapi

    def openapi() -> dict[str, object]:
        document = made()
        document["components"]["schemas"][Problem.__name__] = Problem.model_json_schema()
        return document

    app.openapi = openapi  # type: ignore[method-assign]
