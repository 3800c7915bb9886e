"""The JSON endpoints: token, userinfo, certs, discovery, sign transactions."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from mynalab.authapp.abnormal import Stage, row_of
from mynalab.authapp.assertion import METHOD, ClientRefusedError
from mynalab.authapp.bearer import BearerRefusedError, access_of
from mynalab.authapp.clients import SCOPES
from mynalab.authapp.oauth import Request as OAuthRequest
from mynalab.authapp.provider import Provider
from mynalab.authapp.store import FullError
from mynalab.authapp.tokens import allowed_claims
from mynalab.authapp.transactions import TransactionRefusedError
from mynalab.web.guard import PROBLEM_MEDIA_TYPE

NOT_KEPT: Final = {"Cache-Control": "no-store", "Pragma": "no-cache"}
FORM: Final = "application/x-www-form-urlencoded"
GRANT_TYPES: Final = ("authorization_code", "refresh_token", "client_credentials")
_MOST_FIELDS: Final = 64


@dataclass(frozen=True, slots=True)
class Api:
    """Handlers, each of which may block: they run in threads."""

    provider: Provider

    def token(self, request: Request, body: bytes) -> Response:
        """POST …/token: what the body says counts, and nothing in the query (Keycloak's message)."""
        values, refused = _form(request, body)
        if refused is not None:
            return self._error(400, "invalid_request", refused)
        if not values.get("grant_type"):
            return self._error(400, "invalid_request", "Missing form parameter: grant_type")
        if values["grant_type"] not in GRANT_TYPES:
            return self._error(400, "unsupported_grant_type", "Unsupported grant_type")
        try:
            status, answer, _ = self.provider.server.create_token_response(OAuthRequest("POST", values))
        except FullError:
            return self._error(503, "temporarily_unavailable", "too many requests are remembered")
        except ValueError:  # a description of Authlib's with a character of the request's that no error may have
            return self._error(400, "invalid_request", "Invalid form parameter")
        if status == HTTPStatus.OK:
            return JSONResponse(answer, headers=NOT_KEPT)
        if answer.get("error") == ClientRefusedError.error:
            status = self.provider.config.client_error_status
        return self._error(status, answer["error"], answer.get("error_description", ""))

    def userinfo(self, request: Request) -> Response:
        """GET …/userinfo."""
        try:
            access = access_of(self.provider, request, person=True)
        except BearerRefusedError as error:
            return self._bearer(error)
        granted = access.granted
        assert granted is not None
        row = row_of(granted.abnormal, Stage.USERINFO)
        if row is not None and row.error:
            return self._bearer(BearerRefusedError(row.status, row.error, f"test response {row.name}"))
        claims = {"sub": granted.sub, **allowed_claims(granted, access.scope)}
        if row is not None and row.change is not None:
            claims = row.change(claims)
        return JSONResponse(claims, headers=NOT_KEPT)

    def certs(self) -> Response:
        """GET …/certs."""
        return JSONResponse(self.provider.keys.jwks(), headers={"Cache-Control": "max-age=300"})

    def discovery(self) -> Response:
        """GET …/.well-known/openid-configuration (OpenID Connect Discovery clause 3)."""
        provider, config = self.provider, self.provider.config
        if not config.has_discovery:
            return problem(404, "authapp.no-discovery", "there is no discovery here", "提供していません")
        document = {
            "issuer": provider.issuer,
            "authorization_endpoint": provider.endpoint("auth"),
            "token_endpoint": provider.endpoint("token"),
            "userinfo_endpoint": provider.endpoint("userinfo"),
            "jwks_uri": provider.endpoint("certs"),
            "scopes_supported": list(SCOPES),
            "response_types_supported": ["code"],
            "response_modes_supported": ["query"],
            "grant_types_supported": list(GRANT_TYPES),
            "acr_values_supported": list(config.acr_known),
            "subject_types_supported": ["pairwise"],
            "id_token_signing_alg_values_supported": ["ES256"],
            "token_endpoint_auth_methods_supported": [METHOD],
            "token_endpoint_auth_signing_alg_values_supported": ["RS256", "ES256"],
            "code_challenge_methods_supported": ["S256"],
            "claims_supported": ["sub", "name", "address", "birthdate", "gender"],
            "ui_locales_supported": ["ja", "en"],
            "claims_parameter_supported": False,
            "request_parameter_supported": False,
            "request_uri_parameter_supported": False,
            "authorization_response_iss_parameter_supported": config.has_iss_in_response,
        }
        return JSONResponse(document, headers={"Cache-Control": "max-age=300"})

    def start_sign(self, request: Request, body: bytes) -> Response:
        """POST …/sign-transactions, with the client's own token."""
        try:
            access = access_of(self.provider, request, person=False)
            if "sign" not in access.scopes and access.scope != self.provider.config.client_credentials_scope:
                raise BearerRefusedError(403, "insufficient_scope", "the token is not for signing")
            started = self.provider.transactions.start(access.client_id, _json(request, body))
        except BearerRefusedError as error:
            return self._bearer(error)
        except TransactionRefusedError as error:
            return problem(error.status, error.code, error.en, error.ja)
        config = self.provider.config
        return JSONResponse(
            {config.sign_start_id_key: started.id}, status_code=config.sign_start_status, headers=NOT_KEPT
        )

    def sign_result(self, request: Request, id_: str) -> Response:
        """GET …/sign-transactions/{id}/result, with the token of the log-in that signed."""
        try:
            access = access_of(self.provider, request, person=True)
            granted = access.granted
            assert granted is not None
            row = row_of(granted.abnormal, Stage.SIGN)
            if row is not None and row.error:
                raise TransactionRefusedError(f"authapp.sign.{row.error}", row.status, row.en, row.ja)
            family = granted.family if "sign" in access.scopes else ""  # it may have been refreshed for less
            return JSONResponse(self.provider.transactions.result(id_, family=family), headers=NOT_KEPT)
        except BearerRefusedError as error:
            return self._bearer(error)
        except TransactionRefusedError as error:
            return problem(error.status, error.code, error.en, error.ja)

    def _error(self, status: int, error: str, description: str) -> Response:
        """RFC 6749 clause 5.2."""
        body = {"error": error}
        if description and self.provider.config.error_descriptions:
            body["error_description"] = description
        return JSONResponse(body, status_code=status, headers=NOT_KEPT)

    def _bearer(self, error: BearerRefusedError) -> Response:
        body = {"error": error.error, "error_description": error.description} if error.error else {}
        fields = {**NOT_KEPT, "WWW-Authenticate": error.challenge} if error.status in (401, 403) else NOT_KEPT
        return JSONResponse(body, status_code=error.status, headers=fields)


def problem(status: int, code: str, en: str, ja: str, *, hint: str = "docs/authapp.md") -> Response:
    """RFC 9457."""
    document = {
        "title": HTTPStatus(status).phrase,
        "status": status,
        "code": code,
        "detail": en,
        "detail_ja": ja,
        "hint": hint,
    }
    return JSONResponse(document, status_code=status, media_type=PROBLEM_MEDIA_TYPE, headers=NOT_KEPT)


def _form(request: Request, body: bytes) -> tuple[dict[str, str], str | None]:
    """The fields, or what is wrong with them."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != FORM:
        return {}, "Missing form parameter: grant_type"
    try:
        pairs = parse_qsl(body.decode("ascii"), keep_blank_values=True, max_num_fields=_MOST_FIELDS, errors="strict")
    except ValueError:
        return {}, "The form cannot be read"
    values = dict(pairs)
    if len(values) != len(pairs):  # RFC 6749 clause 3.2
        return {}, "A form parameter is given twice"
    return values, None


def _json(request: Request, body: bytes) -> Mapping[str, Any]:
    refused = TransactionRefusedError(
        "authapp.sign.body", 400, "the body has to be a JSON object", "本文は JSON オブジェクトでなければなりません"
    )
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise refused
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        raise refused from None
    if not isinstance(value, dict):
        raise refused
    return value
