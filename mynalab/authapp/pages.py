"""The authorization endpoint and the page at which a person uses a card, or chooses a test response."""

from __future__ import annotations

import hmac
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Final
from urllib.parse import parse_qsl

from authlib.oauth2.rfc6749 import OAuth2Error
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from mynalab.authapp.abnormal import ABNORMAL, BY_NAME, NORMAL, Stage
from mynalab.authapp.ceremony import ATTRIBUTE_SCOPES
from mynalab.authapp.clients import SCOPES, Client
from mynalab.authapp.html import LANGUAGES, language_of, page, security_headers
from mynalab.authapp.oauth import Request as OAuthRequest
from mynalab.authapp.outcomes import CardRefusedError, Trouble
from mynalab.authapp.parameters import PARAMETERS, TRUSTED_FIRST, Unfit, judge
from mynalab.authapp.provider import Pending, Provider, Secrets
from mynalab.authapp.wallet import READER

COOKIE: Final = "mynalab_authapp_session"
TEST_HEADER: Final = "Mynalab-Test-Response"
TEST_PERSONA_HEADER: Final = "Mynalab-Test-Persona"
TEST_PARAMETER: Final = "mynalab_test_response"
TEST_PERSONA_PARAMETER: Final = "mynalab_persona"
DEFAULT_PERSONA: Final = "adult-resident"
CANCELLED: Final = "cancelled"
_SESSION: Final = re.compile(r"[A-Za-z0-9_-]{43}")
_MOST_FIELDS: Final = 64
_MOST_KEY: Final = 256
"""Characters of a card's or reader's name (MAX_READERNAME of PC/SC is 128)."""
_DIGEST: Final = 32


class NoClientError(Exception):
    """Nobody may be redirected: the client or its address is not known."""

    def __init__(self, unfit: Unfit) -> None:
        super().__init__(unfit.description)
        self.unfit = unfit


@dataclass(frozen=True, slots=True)
class Pages:
    """Handlers, each of which may block: they run in threads."""

    provider: Provider

    @property
    def action(self) -> str:
        """Where the forms go."""
        return f"{self.provider.config.realm_path}/login-actions/authenticate"

    def authorize(self, request: Request) -> Response:
        """GET …/auth."""
        language = language_of(request.headers.get("accept-language", ""), request.query_params.get("ui_locales", ""))
        values: dict[str, list[str]] = defaultdict(list)
        for name, value in request.query_params.multi_items():
            values[name].append(value)
        try:
            client = self._client(values)
        except NoClientError as error:
            return _refusal(error.unfit, language)
        flat = {name: given[0] for name, given in values.items()}
        unfit = self._unfit(values, client)
        if unfit is not None:
            return _redirect(self.provider.error_redirect(flat, unfit.error, unfit.description))
        session = request.cookies.get(COOKIE, "")
        if not _SESSION.fullmatch(session):
            session = self.provider.maker.secret()
        pending = self._pending(client, flat, session)
        if self._is_tested(client):
            asked = request.headers.get(TEST_HEADER) or flat.get(TEST_PARAMETER)
            if asked is not None:
                persona = request.headers.get(TEST_PERSONA_HEADER) or flat.get(TEST_PERSONA_PARAMETER)
                return self._test(pending, asked, persona or DEFAULT_PERSONA)
        self._keep(pending)
        answer = self._shown(pending, language)
        answer.set_cookie(COOKIE, session, httponly=True, samesite="lax", secure=self._is_https())
        return answer

    def act(self, request: Request, body: bytes) -> Response:
        """POST of a form."""
        fields = _fields(body)
        language = fields.get("language", "ja")
        language = language if language in LANGUAGES else "ja"
        pending = self._at_page(request, fields)
        if pending is None:
            unfit = Unfit("authapp.page.unknown", "this page is of another browser, too old, or used already")
            return _refusal(unfit, language, status=403)
        do = fields.get("do", "")
        if do == "language":
            other = LANGUAGES[1 - LANGUAGES.index(language)]
            return self._shown(pending, other)
        if do == "use" and not self._is_tested(pending.client):
            return self._use(pending, fields, language)
        if self.provider.state.pending.take(pending.id, now=self.provider.clock()) is None:
            return _used_already(language)
        if do == "test" and self._is_tested(pending.client):
            return self._test(pending, fields.get("response", NORMAL), fields.get("persona", DEFAULT_PERSONA))
        return _redirect(self.provider.refused(pending, Trouble(code=pending.trouble if do == "back" else CANCELLED)))

    def _client(self, values: Mapping[str, Sequence[str]]) -> Client:
        for parameter in TRUSTED_FIRST:
            unfit = judge(parameter, values.get(parameter.name, ()))
            if unfit is not None:
                raise NoClientError(unfit)
        client = self.provider.clients().get(values["client_id"][0])
        if client is None:
            raise NoClientError(Unfit("unauthorized_client", "there is no client of this client_id"))
        if values["redirect_uri"][0] not in client.redirect_uris:
            raise NoClientError(Unfit("invalid_request", "Invalid parameter: redirect_uri is not registered"))
        return client

    def _unfit(self, values: Mapping[str, Sequence[str]], client: Client) -> Unfit | None:
        """What is wrong with the request of a known client at an address of its own."""
        for parameter in PARAMETERS:
            unfit = judge(parameter, values.get(parameter.name, ()))
            if unfit is not None:
                return unfit
        scopes = values["scope"][0].split(" ")
        if "openid" not in scopes or len(set(scopes)) != len(scopes):
            return Unfit("invalid_scope", "Invalid scopes: openid, and each once")
        if not set(scopes) <= set(client.scopes):
            return Unfit("invalid_scope", "Invalid scopes: not registered for this client")
        config = self.provider.config
        acr = set(values.get("acr_values", ("",))[0].split())
        if config.acr_unknown_refused and not acr <= set(config.acr_known):
            return Unfit("invalid_request", "Invalid parameter: acr_values")
        return self._unfit_transaction(values, client, scopes) or self._unfit_for_authlib(values)

    def _unfit_transaction(
        self, values: Mapping[str, Sequence[str]], client: Client, scopes: Sequence[str]
    ) -> Unfit | None:
        id_ = values.get("sign_transaction_id", ("",))[0]
        if ("sign" in scopes) is not bool(id_):
            return Unfit("invalid_request", "scope sign and sign_transaction_id go together")
        if id_ and self.provider.transactions.waiting(id_, client.client_id) is None:
            return Unfit("invalid_request", "Invalid parameter: sign_transaction_id")
        return None

    def _unfit_for_authlib(self, values: Mapping[str, Sequence[str]]) -> Unfit | None:
        try:
            self.provider.server.get_consent_grant(OAuthRequest("GET", {name: v[0] for name, v in values.items()}))
        except OAuth2Error as error:
            return Unfit(str(error.error), str(error.description))
        return None

    def _pending(self, client: Client, values: Mapping[str, str], session: str) -> Pending:
        id_ = values.get("sign_transaction_id", "")
        return Pending(
            id=self.provider.maker.secret(),
            session=session,
            client=client,
            values=values,
            transaction=self.provider.transactions.waiting(id_, client.client_id) if id_ else None,
        )

    def _keep(self, pending: Pending) -> None:
        now, seconds = self.provider.clock(), self.provider.config.page_seconds
        self.provider.state.pending.put(pending.id, pending, until=now + timedelta(seconds=seconds), now=now)

    def _is_tested(self, client: Client) -> bool:
        return self.provider.test_responses and client.test_responses

    def _is_https(self) -> bool:
        return self.provider.address.url.startswith("https:")

    def _csrf(self, pending: Pending) -> str:
        return hmac.digest(self.provider.keys.salt, f"csrf {pending.session} {pending.id}".encode(), "sha256").hex()

    def _at_page(self, request: Request, fields: Mapping[str, str]) -> Pending | None:
        """The request that this form is about, if it comes from our page in the browser that asked."""
        origin = request.headers.get("origin", "null")
        if origin not in ("null", self.provider.address.url, f"http://{request.headers.get('host', '')}"):
            return None
        pending: Pending | None = self.provider.state.pending.get(
            fields.get("request_id", ""), now=self.provider.clock()
        )
        if pending is None or not hmac.compare_digest(
            request.cookies.get(COOKIE, "").encode(), pending.session.encode()
        ):
            return None
        return pending if hmac.compare_digest(fields.get("csrf", "").encode(), self._csrf(pending).encode()) else None

    def _use(self, pending: Pending, fields: Mapping[str, str], language: str) -> Response:
        key = fields.get("card", "")[:_MOST_KEY]
        counted = (f"session {pending.session}", f"card {key}")
        if not self.provider.limiter.allows(*counted):
            return self._shown(pending, language, Trouble(code="too-many-tries"), chosen=key, status=429)
        secrets = Secrets(pin=fields.get("pin", ""), text_pin=fields.get("text_pin", ""))
        try:
            granted = self.provider.use_card(pending, key, secrets)
        except CardRefusedError as error:
            # What was used or left meanwhile does not come back.
            if self.provider.state.pending.take(pending.id, now=self.provider.clock()) is None:
                return _used_already(language)
            self._keep(replace(pending, trouble=error.trouble.code))
            return self._shown(pending, language, error.trouble, chosen=key)
        self.provider.limiter.forgive(*counted)
        if self.provider.state.pending.take(pending.id, now=self.provider.clock()) is None:
            return _used_already(language)
        return _redirect(self.provider.redirect(pending, granted))

    def _test(self, pending: Pending, name: str, persona: str) -> Response:
        """The test response ``name`` with this persona."""
        provider, row = self.provider, BY_NAME.get(name)
        if row is None and name != NORMAL:
            description = f"there is no test response of this name; docs/authapp.md lists {len(ABNORMAL)}"
            return _redirect(provider.error_redirect(pending.values, "invalid_request", description))
        if row is not None and row.stage is Stage.AUTHORIZE and row.error:
            return _redirect(provider.error_redirect(pending.values, row.error, row.description or row.name))
        if persona not in provider.wallet.personas():
            description = "there is no persona of this name; mynalab persona list has them"
            return _redirect(provider.error_redirect(pending.values, "invalid_request", description))
        try:
            granted = provider.use_persona(pending, persona, abnormal="" if row is None else row.name)
        except CardRefusedError as error:
            return _redirect(provider.refused(pending, error.trouble))
        return _redirect(provider.redirect(pending, granted))

    def _shown(
        self,
        pending: Pending,
        language: str,
        trouble: Trouble | None = None,
        *,
        chosen: str = "",
        status: int = 200,
    ) -> Response:
        tested = self._is_tested(pending.client)
        own = self._test_values(pending) if tested else self._card_values(pending, trouble, chosen)
        values = {"pending": pending, "csrf": self._csrf(pending), "action": self.action, **own}
        name = "test_response" if tested else "authorize"
        return page(name, values, language=language, status=status, form_origins=pending.client.origins())

    def _test_values(self, pending: Pending) -> dict[str, Any]:
        return {
            "personas": self.provider.wallet.personas(),
            "persona": DEFAULT_PERSONA,
            "rows": [row for row in ABNORMAL if pending.transaction or row.stage is not Stage.SIGN],
        }

    def _card_values(self, pending: Pending, trouble: Trouble | None, chosen: str) -> dict[str, Any]:
        # On a physical card nothing is tried again without starting anew.
        again = trouble is None or (trouble.sentence.again and not chosen.startswith(READER))
        return {
            "scopes": [each for each in SCOPES if each in pending.scopes],
            "attributes": bool(pending.scopes & ATTRIBUTE_SCOPES),
            "digest": pending.transaction.raw[-_DIGEST:].hex() if pending.transaction else "",
            "choices": self.provider.wallet.choices() if again else [],
            "chosen": chosen,
            "trouble": trouble,
            "open": again,
        }


def _fields(body: bytes) -> dict[str, str]:
    """A form's; nothing when it cannot be read."""
    try:
        return dict(parse_qsl(body.decode("ascii"), keep_blank_values=True, max_num_fields=_MOST_FIELDS))
    except ValueError:
        return {}


def _redirect(url: str) -> Response:
    return RedirectResponse(url, status_code=303, headers=security_headers())


def _used_already(language: str) -> Response:
    return _refusal(Unfit("authapp.page.unknown", "this page was used already"), language, status=403)


def _refusal(unfit: Unfit, language: str, *, status: int = 400) -> Response:
    values = {"code": unfit.error, "detail": unfit.description}
    return page("error", values, language=language, status=status)
