"""The bank with all that it needs: the platform operator and the authentication service of the same lab beside it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from typing import Final

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from mynalab.authapp.app import authapp
from mynalab.authapp.clients import read_registered
from mynalab.bank.app import bank_app
from mynalab.bank.bank import Bank
from mynalab.bank.config import BankConfig
from mynalab.bank.in_lab import CLIENT_ID, bank_directory, client_key, register, tenant_token
from mynalab.bank.ledger import Ledger
from mynalab.chance import system_random
from mynalab.clock import Clock
from mynalab.lab.lab import Lab
from mynalab.lab.operator import LabOperator
from mynalab.operator_server.app import operator_app
from mynalab.operator_server.noticing import INTERVAL_S, Noticer
from mynalab.web.server import DEFAULT_HOST, LoopbackServer

BANK_PORT: Final = 8783
OPERATOR_PORT: Final = 8781
APP_PORT: Final = 8782


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Where to serve, or where somebody else does. Port 0 takes any that is free."""

    host: str = DEFAULT_HOST
    port: int = BANK_PORT
    operator_port: int = OPERATOR_PORT
    app_port: int = APP_PORT
    operator_url: str = ""
    app_url: str = ""
    operator_token: str = field(default="", repr=False)
    """The bank's token at an operator of another lab."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """Where everything is."""

    bank: Bank
    url: str
    operator_url: str
    app_url: str


@contextmanager
def running_bank(
    lab: Lab,
    places: Places,
    *,
    clock: Clock,
    with_readers: bool = False,
    notice_interval_s: float = INTERVAL_S,
) -> Iterator[Running]:
    """Served until the end of the block."""
    servers: list[LoopbackServer] = []

    def serve(app: ASGIApp, port: int) -> str:
        servers.append(stack.enter_context(LoopbackServer(app, host=places.host, port=port)))
        return servers[-1].url

    with ExitStack() as stack:
        operator = stack.enter_context(LabOperator(lab))
        token = places.operator_token or tenant_token(operator, now=clock())
        operator_url, app_url = places.operator_url.rstrip("/"), places.app_url.rstrip("/")
        if not operator_url:
            operator_url = serve(operator_app(operator, clock=clock), places.operator_port)
        if not app_url:
            app_url = serve(authapp(lab, clock=clock, with_readers=with_readers), places.app_port)
        front = _Front()
        url = serve(front, places.port)
        bank = stack.enter_context(closing(_bank(lab, url, operator_url, app_url, token, clock)))
        register(lab, bank.config.callback)
        front.app = bank_app(bank, webhook_secret=bank.operator.hear())
        if not places.operator_url:
            stack.enter_context(Noticer(operator, clock=clock, interval_s=notice_interval_s))
        yield Running(bank=bank, url=url, operator_url=operator_url, app_url=app_url)
        for server in servers:
            server.end()


class _Front:
    """An application that is made when the port is known, which is a part of its configuration."""

    app: ASGIApp = PlainTextResponse("not open yet", status_code=503)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.app(scope, receive, send)


def _bank(lab: Lab, url: str, operator_url: str, app_url: str, token: str, clock: Clock) -> Bank:
    """The paths are those of the service that the lab has."""
    paths = read_registered(lab).config
    config = BankConfig(
        url=url,
        issuer=app_url + paths.realm_path,
        sign_url=app_url + paths.sign_path,
        operator_url=operator_url,
        operator_token=token,
        client_id=CLIENT_ID,
        client_key=client_key(lab),
    )
    return Bank(config, Ledger(bank_directory(lab) / "bank.db"), clock=clock, rng=system_random)
