"""Around every application: who may address it, how much it takes in, how it ends.

Web pages of others must not reach a loopback server through their reader's browser: a name of theirs that leads here
is no name of ours (DNS rebinding), so the Host is looked at before anything else.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import urlsplit

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mynalab.web.exchange import BodyTooLongError, BodyTooSlowError, read_body, until_gone
from mynalab.web.limits import Limits
from mynalab.web.protocol import CONNECTION, Connection

LOOPBACK_NAMES: Final = frozenset({"localhost", "127.0.0.1", "::1"})
PROBLEM_MEDIA_TYPE: Final = "application/problem+json"  # RFC 9457 clause 6.1


@dataclass(frozen=True, slots=True, kw_only=True)
class _Refusal:
    """What is told to whoever is not listened to any further."""

    status: HTTPStatus
    code: str
    en: str
    ja: str
    hint: str


_OTHER_NAME: Final = _Refusal(
    status=HTTPStatus.FORBIDDEN,
    code="web.host.refused",
    en="this server is for programs on this machine",
    ja="このサーバーは、このコンピューター上のプログラム専用です",
    hint="address it as 127.0.0.1 or localhost",
)
_TOO_LONG: Final = _Refusal(
    status=HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    code="web.body.too-long",
    en="a body has at most {bytes} bytes here",
    ja="リクエスト本文は {bytes} バイトまでです",
    hint="send less",
)
_TOO_SLOW: Final = _Refusal(
    status=HTTPStatus.REQUEST_TIMEOUT,
    code="web.body.too-slow",
    en="the body did not come in time",
    ja="リクエスト本文が時間内に届きませんでした",
    hint="send as many bytes as Content-Length says",
)


def guarded(app: ASGIApp, *, limits: Limits, hosts: frozenset[str] | None = LOOPBACK_NAMES) -> ASGIApp:
    """``hosts`` are the names by which it may be addressed; None means any. Bodies arrive whole, within the limits."""

    async def call(scope: Scope, receive: Receive, send: Send) -> None:
        if hosts is not None and host_name(scope) not in hosts:
            await _refuse(send, _OTHER_NAME, limits)
            return
        try:
            body = await read_body(scope, receive, limits)
        except BodyTooLongError:
            await _refuse(send, _TOO_LONG, limits)
        except BodyTooSlowError:
            await _refuse(send, _TOO_SLOW, limits)
        else:
            await app(scope, _once(body, receive), send)

    return ending_quietly(call)


def host_name(scope: Scope) -> str:
    """The name in the Host of a request, without its port; empty where there is none to be read."""
    host = next((value.decode("latin-1") for name, value in scope["headers"] if name == b"host"), "")
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:  # brackets without an address in them
        return ""


def ending_quietly(app: ASGIApp) -> ASGIApp:
    """Drop who is still being answered when the server has waited long enough: that is no failure to be logged."""

    async def call(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await app(scope, receive, send)
        except asyncio.CancelledError:  # nobody but the server's end cancels a request
            connection: Connection = scope["state"][CONNECTION]
            connection.abort()
            with suppress(asyncio.CancelledError):  # asyncio.run() cancels once more
                await until_gone(receive)

    return call


def _once(body: bytes, receive: Receive) -> Receive:
    """A ``receive`` that has the whole body in its first message."""
    parts: Iterator[Message] = iter(({"type": "http.request", "body": body, "more_body": False},))

    async def call() -> Message:
        return next(parts, None) or await receive()

    return call


async def _refuse(send: Send, refusal: _Refusal, limits: Limits) -> None:
    """Nothing of the request was looked at, and what is left of it is not: the connection ends."""
    status = refusal.status
    document: dict[str, Any] = {
        "title": status.phrase,
        "status": status.value,
        "code": refusal.code,
        "detail": refusal.en.format(bytes=limits.body_bytes),
        "detail_ja": refusal.ja.format(bytes=limits.body_bytes),
        "hint": refusal.hint,
    }
    body = json.dumps(document).encode()
    headers = (
        (b"content-type", PROBLEM_MEDIA_TYPE.encode()),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
        (b"connection", b"close"),
    )
    await send({"type": "http.response.start", "status": status.value, "headers": headers})
    await send({"type": "http.response.body", "body": body})
