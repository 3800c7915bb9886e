"""The repository as an ASGI application."""

from __future__ import annotations

import logging
from http import HTTPStatus
from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.types import Receive, Scope, Send

from jpki.repository.messages import Request, Response, Service, problem
from mynalab.clock import Clock
from mynalab.errors import EXPECTED_ERRORS
from mynalab.web.exchange import BodyTooLongError, BodyTooSlowError, read_body, send_response
from mynalab.web.limits import Limits

_LOG: Final = logging.getLogger(__name__)
_RETRY_SECONDS: Final = 5


class RepositoryApp:
    """Serves a ``Service`` by the clock of the lab. The service is asked from several threads."""

    def __init__(self, service: Service, *, clock: Clock, limits: Limits) -> None:
        self._service = service
        self._clock = clock
        self._limits = limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One HTTP request."""
        last = False
        try:
            body = await read_body(scope, receive, self._limits)
        except BodyTooSlowError:
            response, last = self._problem(HTTPStatus.REQUEST_TIMEOUT, "the body did not come in time"), True
        except BodyTooLongError:
            detail = f"a body has at most {self._limits.body_bytes} bytes here"
            response, last = self._problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, detail), True
        else:
            response = await run_in_threadpool(self._respond, _request(scope, body))
        await send_response(response, scope, receive, send, self._limits, last=last)

    def _respond(self, request: Request) -> Response:
        try:
            return self._service.handle(request, at=self._clock())
        except EXPECTED_ERRORS as error:  # the register is locked, a file of the lab has gone
            _LOG.warning("%s %s: %s", request.method, request.path, error)
            return problem(
                HTTPStatus.SERVICE_UNAVAILABLE,
                str(error),
                hint=error.hint,
                at=self._clock(),
                headers=(("Retry-After", str(_RETRY_SECONDS)),),
            )

    def _problem(self, status: HTTPStatus, detail: str) -> Response:
        return problem(status, detail, at=self._clock())


def _request(scope: Scope, body: bytes) -> Request:
    # RFC 9110 clause 5.3: fields of one name are one list.
    headers: dict[str, str] = {}
    for name, value in scope["headers"]:
        key, text = name.decode("latin-1"), value.decode("latin-1")
        headers[key] = f"{headers[key]}, {text}" if key in headers else text
    return Request(method=scope["method"], path=scope["raw_path"].decode("ascii"), headers=headers, body=body)
