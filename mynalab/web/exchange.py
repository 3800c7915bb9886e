"""One request in, one response out, over ASGI: bounded on the way in, at the response's own pace on the way out."""

from __future__ import annotations

import asyncio
from typing import Final

from starlette.types import Receive, Scope, Send

from jpki.repository.messages import Response
from mynalab.web.limits import Limits
from mynalab.web.protocol import CONNECTION, Connection

_CHUNK: Final = 65_536
_DRIPS_A_SECOND: Final = 10


class BodyTooLongError(Exception):
    """The body is longer than the limit, or says that it is."""


class BodyTooSlowError(Exception):
    """The body did not come in time, or its client went away."""


async def read_body(scope: Scope, receive: Receive, limits: Limits) -> bytes:
    """The body; ``BodyTooLongError`` or ``BodyTooSlowError``."""
    promised = next((value for name, value in scope["headers"] if name == b"content-length"), b"0")
    if int(promised) > limits.drained_bytes:  # h11 has seen to it that this is a number
        raise BodyTooLongError
    parts: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(limits.body_seconds):
            while True:
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise BodyTooSlowError
                size += len(message["body"])
                if size <= limits.body_bytes:
                    parts.append(message["body"])
                if not message.get("more_body", False):
                    break
                if size > limits.drained_bytes:
                    raise BodyTooLongError
    except TimeoutError as error:
        raise BodyTooSlowError from error
    if size > limits.body_bytes:
        raise BodyTooLongError
    return b"".join(parts)


async def send_response(
    response: Response, scope: Scope, receive: Receive, send: Send, limits: Limits, *, last: bool = False
) -> None:
    """Send it as its ``delivery`` says. After the ``last`` response of a connection it is closed."""
    delivery = response.delivery
    connection: Connection = scope["state"][CONNECTION]
    await asyncio.sleep(delivery.delay_ms / 1000)
    if delivery.dropped:
        connection.abort()
        await until_gone(receive)
        return
    fields = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in response.headers]
    if last:
        fields.append((b"connection", b"close"))
    try:
        async with asyncio.timeout(limits.write_seconds):
            await send({"type": "http.response.start", "status": response.status, "headers": fields})
        await _send_body(response, send, limits)
    except TimeoutError:
        connection.abort()
        await until_gone(receive)
        return
    if _is_cut(response):
        connection.close()
        await until_gone(receive)


def _is_cut(response: Response) -> bool:
    keep = response.delivery.keep
    return keep is not None and keep < len(response.body)


async def _send_body(response: Response, send: Send, limits: Limits) -> None:
    rate = response.delivery.bytes_per_second
    chunk = _CHUNK if rate is None else max(1, min(_CHUNK, rate // _DRIPS_A_SECOND))
    cut = _is_cut(response)
    view = memoryview(response.body)[: response.delivery.keep]
    for begin in range(0, len(view) or 1, chunk):
        part = bytes(view[begin : begin + chunk])
        async with asyncio.timeout(limits.write_seconds):
            more = cut or begin + chunk < len(view)
            await send({"type": "http.response.body", "body": part, "more_body": more})
        if rate is not None:
            await asyncio.sleep(len(part) / rate)


async def until_gone(receive: Receive) -> None:
    """Wait until the client's connection is lost."""
    while (await receive())["type"] != "http.disconnect":
        pass
