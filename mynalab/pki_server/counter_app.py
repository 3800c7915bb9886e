"""The counter of the register as JSON over HTTP: ``POST /register/<operation>``."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from importlib.metadata import version
from typing import Any, Final

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from cardsim.errors import ProfileError
from jpki.errors import (
    DuplicateEntryError,
    HolderError,
    IssueError,
    OperationRefusedError,
    RegistryError,
    UnknownEntryError,
)
from jpki.repository.messages import PROBLEM_MEDIA_TYPE
from mynalab.clock import Clock
from mynalab.errors import EXPECTED_ERRORS, MISTAKES, CardNameError, PersonaError
from mynalab.pki_server.counter import CounterRefusal, CounterService, Document, OperationSpec
from mynalab.pki_server.openapi import openapi
from mynalab.web.exchange import BodyTooLongError, BodyTooSlowError, read_body
from mynalab.web.guard import LOOPBACK_NAMES, host_name
from mynalab.web.limits import Limits

_LOG: Final = logging.getLogger(__name__)
_MEDIA_TYPE: Final = "application/json"
_NOT_KEPT: Final = {"Cache-Control": "no-store"}
# Error class → status. The first that fits counts; every other expected error is 503.
_STATUSES: Final = (
    (OperationRefusedError, HTTPStatus.CONFLICT),
    (UnknownEntryError, HTTPStatus.NOT_FOUND),
    (DuplicateEntryError, HTTPStatus.CONFLICT),
    (IssueError, HTTPStatus.CONFLICT),  # what is asked for does not go with the CAs, or with the card's last day
    *(
        (mistake, HTTPStatus.UNPROCESSABLE_ENTITY)
        for mistake in (HolderError, PersonaError, CardNameError, ProfileError)
    ),
    *((mistake, HTTPStatus.UNPROCESSABLE_ENTITY) for mistake in MISTAKES),
    (RegistryError, HTTPStatus.SERVICE_UNAVAILABLE),
)


class _ProblemError(Exception):
    """A request that is answered with a problem."""

    def __init__(self, status: HTTPStatus, detail: str, **members: str) -> None:
        super().__init__(detail)
        self.status = status
        self.document = {"title": status.phrase, "status": status.value, "detail": detail, **members}


@dataclass(frozen=True, slots=True, kw_only=True)
class CounterApp:
    """Handlers around one counter. ``hosts`` are the names by which it may be addressed; None means any."""

    counter: CounterService
    clock: Clock
    limits: Limits
    hosts: frozenset[str] | None = LOOPBACK_NAMES

    def routes(self) -> Sequence[Route]:
        """What Starlette is to call when, below /register."""
        return (
            Route("/openapi.json", self.document, methods=["GET"]),
            Route("/{operation}", self.operation, methods=["POST"]),
        )

    async def document(self, _request: Request) -> Response:
        """The OpenAPI document."""
        return JSONResponse(openapi(self.counter.operations, version=version("mynalab")))

    async def operation(self, request: Request) -> Response:
        """One operation."""
        try:
            return JSONResponse(dict(await self._operate(request)), headers=_NOT_KEPT)
        except _ProblemError as error:
            last = {"Connection": "close"} if error.status in _UNREAD else {}
            return JSONResponse(
                {name: value for name, value in error.document.items() if value != ""},
                status_code=error.status.value,
                media_type=PROBLEM_MEDIA_TYPE,
                headers={**_NOT_KEPT, **last},
            )

    async def _operate(self, request: Request) -> Document:
        self._check_origin(request)
        name = request.path_params["operation"]
        spec = next((each for each in self.counter.operations if each.name == name), None)
        if spec is None:
            known = ", ".join(each.name for each in self.counter.operations)
            raise _ProblemError(HTTPStatus.NOT_FOUND, f"{name} is no operation", hint=f"one of {known}")
        arguments = _checked(spec, await self._object(request))
        answer = await run_in_threadpool(self._ask, name, arguments)
        if isinstance(answer, CounterRefusal):
            raise _ProblemError(
                HTTPStatus.CONFLICT,
                answer.message_en,
                detail_ja=answer.message_ja,
                hint=answer.hint_en,
                hint_ja=answer.hint_ja,
                code=answer.code,
            )
        return answer

    def _ask(self, name: str, arguments: Document) -> Document | CounterRefusal:
        try:
            return self.counter.operate(name, arguments, now=self.clock())
        except EXPECTED_ERRORS as error:
            status = next(
                (status for kind, status in _STATUSES if isinstance(error, kind)), HTTPStatus.SERVICE_UNAVAILABLE
            )
            if status is HTTPStatus.SERVICE_UNAVAILABLE:
                _LOG.warning("%s: %s", name, error)
            raise _ProblemError(status, str(error), hint=error.hint, code=type(error).__name__) from error

    def _check_origin(self, request: Request) -> None:
        """Web pages of others must not reach a loopback server through their reader's browser.

        A JSON body makes the browser ask first, which nobody answers; a name of theirs that leads here is no name of
        ours.
        """
        host = request.headers.get("host", "")
        origin = request.headers.get("origin")
        foreign = origin is not None and origin != f"http://{host}"
        if foreign or (self.hosts is not None and host_name(request.scope) not in self.hosts):
            raise _ProblemError(
                HTTPStatus.FORBIDDEN, "the counter is for programs on this machine", hint="address it as 127.0.0.1"
            )

    async def _object(self, request: Request) -> dict[str, Any]:
        media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if media_type != _MEDIA_TYPE:
            raise _ProblemError(
                HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
                f"the body is {media_type or 'of no type'}",
                hint=f"Content-Type: {_MEDIA_TYPE}",
            )
        try:
            body = await read_body(request.scope, request.receive, self.limits)
        except BodyTooLongError as error:
            detail = f"a body has at most {self.limits.body_bytes} bytes here"
            raise _ProblemError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, detail) from error
        except BodyTooSlowError as error:
            raise _ProblemError(HTTPStatus.REQUEST_TIMEOUT, "the body did not come in time") from error
        try:
            value = json.loads(body)
            json.dumps(value, ensure_ascii=False).encode()  # an escape may write half a character
        except (ValueError, RecursionError) as error:
            raise _ProblemError(HTTPStatus.BAD_REQUEST, f"the body is no JSON: {error}") from error
        if not isinstance(value, dict):
            raise _ProblemError(HTTPStatus.BAD_REQUEST, "the body has to be a JSON object")
        return value


_UNREAD: Final = (
    HTTPStatus.FORBIDDEN,
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    HTTPStatus.REQUEST_TIMEOUT,
)
"""After these some of the body may be on its way still: the connection is of no more use."""


def _checked(spec: OperationSpec, given: dict[str, Any]) -> Document:
    known = {argument.name: argument for argument in spec.arguments}
    for name in given:
        if name not in known:
            hint = f"arguments: {', '.join(known) or 'none'}"
            raise _ProblemError(
                HTTPStatus.UNPROCESSABLE_ENTITY, f"{name} is no argument of {spec.name}", field=name, hint=hint
            )
    for argument in spec.arguments:
        if argument.name not in given:
            if argument.required:
                raise _ProblemError(
                    HTTPStatus.UNPROCESSABLE_ENTITY,
                    f"{argument.name} is missing",
                    field=argument.name,
                    hint=argument.en,
                )
            continue
        value = given[argument.name]
        if not argument.kind.fits(value):
            wants = f"{argument.name} has to be of the type {argument.kind.value}"
            raise _ProblemError(HTTPStatus.UNPROCESSABLE_ENTITY, wants, field=argument.name, hint=argument.en)
        if argument.choices and value not in argument.choices:
            wants = f"{argument.name} has to be one of {', '.join(argument.choices)}"
            raise _ProblemError(HTTPStatus.UNPROCESSABLE_ENTITY, wants, field=argument.name, hint=argument.en)
    return given
