"""Refusals over HTTP: problem details (RFC 9457), with a code that is stable and nothing that was sent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from jpki.errors import JpkiError
from jpki.rp.errors import RpStorageBusyError
from jpki.rp.operator.refusal_words import WORDS
from jpki.rp.operator.vocabulary import Refusal, refusal
from mynalab.errors import LabError
from mynalab.operator_server.answers import Problem
from mynalab.web.guard import PROBLEM_MEDIA_TYPE

_MOST_FIELDS: Final = 5
_EVERYWHERE: Final = ("operator.token.refused", "operator.rate.exceeded", "operator.store.busy", "operator.lab.trouble")
_GUARD: Final = {403: "this server is for programs on this machine", 408: "too slow", 413: "too long"}


class RefusedError(Exception):
    """Ends a request with this refusal."""

    def __init__(self, refused: Refusal, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(refused.code)
        self.refused = refused
        self.headers = dict(headers or {})


def explain(app: FastAPI) -> None:
    """Make problem details of whatever goes wrong in the application."""
    app.add_exception_handler(RefusedError, _refused)
    app.add_exception_handler(RequestValidationError, _malformed)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(JpkiError, _trouble)
    app.add_exception_handler(LabError, _trouble)


def documented(*codes: str) -> dict[int | str, dict[str, Any]]:
    """What an operation may refuse with, beside what all of them may, for the OpenAPI document."""
    by_status: dict[int, list[str]] = {status: [text] for status, text in _GUARD.items()}
    for code in ("operator.request.malformed", *_EVERYWHERE, *codes):
        by_status.setdefault(WORDS[code].status, []).append(f"`{code}`: {WORDS[code].en}")
    return {status: _response("; ".join(texts)) for status, texts in sorted(by_status.items())}


def open_documented() -> dict[int | str, dict[str, Any]]:
    """The same for what needs no token."""
    return {status: _response(text) for status, text in _GUARD.items()}


def problem(refused: Refusal, headers: Mapping[str, str] | None = None) -> JSONResponse:
    """The response."""
    return JSONResponse(
        refused.as_problem(),
        status_code=refused.word.status,
        headers={"Cache-Control": "no-store", **(headers or {})},
        media_type=PROBLEM_MEDIA_TYPE,
    )


def _response(description: str) -> dict[str, Any]:
    schema = {"$ref": f"#/components/schemas/{Problem.__name__}"}
    return {"description": description, "content": {PROBLEM_MEDIA_TYPE: {"schema": schema}}}


def _refused(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RefusedError)
    return problem(error.refused, error.headers)


def _malformed(_: Request, error: Exception) -> JSONResponse:
    """Where, never what: it may be a PIN that somebody put into the wrong field."""
    assert isinstance(error, RequestValidationError)
    places = dict.fromkeys(_place(one) for one in error.errors())
    return problem(refusal("operator.request.malformed", fields="; ".join(list(places)[:_MOST_FIELDS])))


def _place(one: Mapping[str, Any]) -> str:
    named = ".".join(str(part) for part in one["loc"] if part != "body")
    if one["type"] == "extra_forbidden":  # its name is the sender's
        named = ".".join(str(part) for part in one["loc"][:-1] if part != "body")
    what = str(one["ctx"]["error"]) if one["type"] == "value_error" else str(one["type"]).replace("_", " ")
    return f"{named}: {what}" if named else what


def _http(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    code = {404: "operator.request.not-found", 405: "operator.request.method"}.get(error.status_code)
    return problem(refusal(code or "operator.request.malformed", fields="the request"), error.headers)


def _trouble(_: Request, error: Exception) -> JSONResponse:
    code = "operator.store.busy" if isinstance(error, RpStorageBusyError) else "operator.lab.trouble"
    return problem(refusal(code, kind=type(error).__name__))
