"""What the OpenAPI document says of the JSON endpoints, beside their paths."""

from __future__ import annotations

from typing import Any, Final

_STRING: Final = {"type": "string"}
_NUMBER: Final = {"type": "integer"}
_ERROR: Final = {
    "type": "object",
    "properties": {"error": _STRING, "error_description": _STRING},
}
_PROBLEM: Final = {
    "type": "object",
    "required": ["title", "status", "detail"],
    "properties": {
        "title": _STRING,
        "status": _NUMBER,
        "code": _STRING,
        "detail": _STRING,
        "detail_ja": _STRING,
        "hint": _STRING,
    },
}
_BEARER: Final[dict[str, Any]] = {
    "name": "Authorization",
    "in": "header",
    "required": False,
    "description": "Bearer and an access token (RFC 6750).",
    "schema": _STRING,
}


def _answer(description: str, schema: dict[str, Any], media_type: str = "application/json") -> dict[str, Any]:
    return {"description": description, "content": {media_type: {"schema": schema}}}


def _object(*required: str, **properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "required": list(required), "properties": properties}


_ERRORS: Final = {
    code: _answer(description, _ERROR)
    for code, description in {
        "400": "the request is wrong (RFC 6749 clause 5.2)",
        "401": "the client is not who it says",
        "500": "a test response",
        "503": "too many requests are remembered, or a test response",
    }.items()
}
_REFUSED: Final = {
    "401": _answer("no token, or one that is not good (RFC 6750)", _ERROR),
    "403": _answer("a token for another endpoint", _ERROR),
}
_PROBLEM_TYPE: Final = "application/problem+json"
_NOT_TAKEN: Final = {
    "408": _answer("the body does not come", _PROBLEM, _PROBLEM_TYPE),
    "413": _answer("a body of more than 64 KiB", _PROBLEM, _PROBLEM_TYPE),
}
"""What is answered before anybody reads the request."""

TOKEN: Final[dict[str, Any]] = {
    "summary": "Tokens for a code, for a refresh token, or for the client itself",
    "requestBody": {
        "required": True,
        "content": {
            "application/x-www-form-urlencoded": {
                "schema": _object(
                    "grant_type",
                    grant_type={"enum": ["authorization_code", "refresh_token", "client_credentials"]},
                    client_id={"type": "string", "pattern": "^[0-9a-zA-Z]{1,255}$"},
                    client_assertion_type=_STRING,
                    client_assertion={"type": "string", "maxLength": 8192},
                    code=_STRING,
                    redirect_uri={"type": "string", "maxLength": 255},
                    code_verifier={"type": "string", "pattern": "^[0-9A-Za-z._~-]{43,128}$"},
                    refresh_token=_STRING,
                    scope=_STRING,
                )
            }
        },
    },
    "responses": {
        "200": _answer(
            "tokens",
            _object(
                "access_token",
                "token_type",
                "expires_in",
                access_token=_STRING,
                token_type=_STRING,
                expires_in=_NUMBER,
                scope=_STRING,
                id_token=_STRING,
                refresh_token=_STRING,
                refresh_expires_in=_NUMBER,
            ),
        ),
        **_ERRORS,
        **_NOT_TAKEN,
    },
}
USERINFO: Final[dict[str, Any]] = {
    "summary": "Who it is: sub, and those of the four attributes that the scope has",
    "parameters": [_BEARER],
    "responses": {
        "200": _answer(
            "claims", _object("sub", sub=_STRING, name=_STRING, address=_STRING, birthdate=_STRING, gender=_STRING)
        ),
        **_REFUSED,
        "500": _answer("a test response", _ERROR),
    },
}
CERTS: Final[dict[str, Any]] = {
    "summary": "The provider's public keys",
    "responses": {"200": _answer("a JWK Set", _object("keys", keys={"type": "array", "items": {"type": "object"}}))},
}
DISCOVERY: Final[dict[str, Any]] = {
    "summary": "Where everything is (OpenID Connect Discovery)",
    "responses": {
        "200": _answer("metadata", _object("issuer", issuer=_STRING)),
        "404": _answer("switched off", _PROBLEM, _PROBLEM_TYPE),
    },
}
START: Final[dict[str, Any]] = {
    "summary": "Start a sign transaction",
    "parameters": [_BEARER],
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": _object("data", data={"type": "string", "description": "Base64 of a SHA-256 value"})
            }
        },
    },
    "responses": {
        "201": _answer("it waits for its person", _object(sign_transaction_id={"type": "string", "format": "uuid"})),
        "400": _answer("nothing that a card is to sign", _PROBLEM, _PROBLEM_TYPE),
        **_NOT_TAKEN,
        **_REFUSED,
    },
}
RESULT: Final[dict[str, Any]] = {
    "summary": "What was signed, for the operator alone",
    "parameters": [{"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}, _BEARER],
    "responses": {
        "200": _answer("a compact JWE", _object(sign_certificate_jwe=_STRING)),
        **_REFUSED,
        "404": _answer("no result for this token", _PROBLEM, _PROBLEM_TYPE),
        "410": _answer("read too often", _PROBLEM, _PROBLEM_TYPE),
        "500": _answer("a test response", _PROBLEM, _PROBLEM_TYPE),
    },
}
