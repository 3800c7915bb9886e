"""The interface's addresses beside the operator's own, in one OpenAPI document; /key/jwks.json is the operator's."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from typing import Annotated, Any, Final, TypeAlias

from fastapi import APIRouter, Depends, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException

from mynalab.adapters.mynumbercard_idp.answers import MALFORMED, Operation, own_failure, statuses
from mynalab.adapters.mynumbercard_idp.platform import Platform, failed
from mynalab.adapters.mynumbercard_idp.wire import Answer, LoggingIn, Signed
from mynalab.operator_server.app import Adapter
from mynalab.operator_server.problems import open_documented
from mynalab.operator_server.tenancy import Tenancy

DEFAULT_SENDERS: Final[Mapping[str, str]] = {"ID123": "demo"}
"""The provider's own default ("Platform API IDP sender"), and the lab's first tenant."""


def mynumbercard_idp(senders: Mapping[str, str] = DEFAULT_SENDERS, *, unsafe_bare: bool = False) -> Adapter:
    """Adds the interface to an operator. ``senders`` are the provider's contract ids, each with its tenant.

    The interface has no credential beside them: whoever reaches the server and knows a sender asks for its tenant.
    """

    def adapt(app: FastAPI, tenancy: Tenancy) -> None:
        app.state.mynumbercard_idp = Platform(tenancy, senders, unsafe_bare=unsafe_bare)
        app.include_router(router)
        _without_422(app)

    return adapt


class _Route(APIRoute):
    """Answers in the interface's form what cannot be read, too."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """See ``fastapi.routing.APIRoute``."""
        handle = super().get_route_handler()

        async def call(request: Request) -> Response:
            try:
                return await handle(request)
            except RequestValidationError as error:
                fields = ", ".join(dict.fromkeys(_field(one["loc"]) for one in error.errors()))
            except HTTPException:
                fields = "the body"
            return failed(own_failure(MALFORMED, fields=fields), request.app.state.tenancy.clock())

        return call


def _platform_of(request: Request) -> Platform:
    found: Platform = request.app.state.mynumbercard_idp
    return found


_Asked: TypeAlias = Annotated[Platform, Depends(_platform_of)]


def _documented(operation: Operation) -> dict[int | str, dict[str, Any]]:
    """All the ways in which an operation ends."""
    failures: dict[int | str, dict[str, Any]] = {
        status: {"model": Answer, "description": ", ".join(f"`{code}`" for code in codes)}
        for status, codes in statuses(operation).items()
    }
    return {200: {"description": "It succeeded."}, **open_documented(), **failures}


def _options(operation: Operation) -> dict[str, Any]:
    return {
        "response_model": Answer,
        "response_model_exclude_none": True,
        "responses": _documented(operation),
        "name": operation.value,
    }


router = APIRouter(prefix="/verify", route_class=_Route, tags=["mynumbercard-idp"])


@router.post("/registration", **_options(Operation.REGISTRATION))
def registration(asked: Signed, platform: _Asked) -> Response:
    """Register the holder of a signing certificate."""
    return platform.answer(Operation.REGISTRATION, asked)


@router.post("/login", **_options(Operation.LOGIN))
def login(asked: LoggingIn, platform: _Asked) -> Response:
    """Say whose authentication certificate it is, while the signing certificate that is held of the person is good."""
    return platform.answer(Operation.LOGIN, asked)


@router.post("/replacement", **_options(Operation.REPLACEMENT))
def replacement(asked: Signed, platform: _Asked) -> Response:
    """Take the newer signing certificate of a person who is registered."""
    return platform.answer(Operation.REPLACEMENT, asked)


def _field(place: tuple[int | str, ...]) -> str:
    """Where, never what; a field that is not known has a name of the sender's own."""
    known = {name for model in (Signed, LoggingIn) for name in _names(model)}
    named = [str(part) for part in place[1:] if part in known]
    return ".".join(named) or "the body"


def _names(model: type[Signed | LoggingIn]) -> set[str]:
    info = model.model_fields["request_info"].annotation
    return {
        one.alias or name
        for fields in (model.model_fields, getattr(info, "model_fields", {}))
        for name, one in fields.items()
    }


def _without_422(app: FastAPI) -> None:
    """FastAPI documents an answer of its own for what cannot be read; here that is one of 400."""
    made = app.openapi

    def openapi() -> dict[str, Any]:
        document = made()
        for operation in Operation:
            document["paths"][f"/verify/{operation.value}"]["post"]["responses"].pop("422", None)
        return document

    app.openapi = openapi  # type: ignore[method-assign]
