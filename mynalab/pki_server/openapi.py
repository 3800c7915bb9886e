"""The counter's operations as an OpenAPI document, made from what the code checks requests against."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from mynalab.pki_server.counter import Argument, ArgumentKind, OperationSpec

_VERSION: Final = "3.1.0"
_PROBLEM: Final = {"$ref": "#/components/schemas/Problem"}
_RESPONSES: Final = {
    "400": "The body is no JSON object.",
    "403": "The request is not from this machine.",
    "404": "The register has no such person, card or certificate.",
    "408": "The body did not come in time.",
    "409": "The counter refuses; `code` says why, and nothing has changed.",
    "413": "The body is too long.",
    "415": "The body is not application/json.",
    "422": "An argument is missing, unknown or wrong.",
    "503": "The register is busy or not reachable; try again.",
}


def openapi(operations: Iterable[OperationSpec], *, version: str) -> dict[str, Any]:
    """The document."""
    return {
        "openapi": _VERSION,
        "info": {
            "title": "mynalab register",
            "version": version,
            "description": "The counter of a lab's register of people, cards and certificates. For tests only.",
        },
        "paths": {f"/register/{operation.name}": {"post": _post(operation)} for operation in operations},
        "components": {"schemas": {"Problem": _problem_schema()}},
    }


def _post(operation: OperationSpec) -> dict[str, Any]:
    schema = {
        "type": "object",
        "properties": {argument.name: _schema(argument) for argument in operation.arguments},
        "required": [argument.name for argument in operation.arguments if argument.required],
        "additionalProperties": False,
    }
    return {
        "operationId": operation.name,
        "summary": operation.en,
        "description": operation.ja,
        "requestBody": {"required": True, "content": {"application/json": {"schema": schema}}},
        "responses": {
            "200": {"description": "Done.", "content": {"application/json": {"schema": {"type": "object"}}}},
            **{
                status: {"description": text, "content": {"application/problem+json": {"schema": _PROBLEM}}}
                for status, text in _RESPONSES.items()
            },
        },
    }


def _schema(argument: Argument) -> dict[str, Any]:
    kind = {"type": "string", "format": "date"} if argument.kind is ArgumentKind.DATE else {"type": argument.kind.value}
    choices = {"enum": list(argument.choices)} if argument.choices else {}
    return {**kind, **choices, "description": f"{argument.en} / {argument.ja}"}


def _problem_schema() -> dict[str, Any]:
    """RFC 9457, with this lab's members."""
    texts = ("title", "detail", "detail_ja", "hint", "hint_ja", "code", "field")
    return {
        "type": "object",
        "properties": {"status": {"type": "integer"}, **{name: {"type": "string"} for name in texts}},
        "required": ["status", "title", "detail"],
    }
