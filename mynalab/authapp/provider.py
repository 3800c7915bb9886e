"""One provider: its parts wired together, and the steps between the page and the code."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from threading import Lock
from typing import Any, Final
from urllib.parse import quote, urlencode, urlsplit, urlunsplit

from joserfc.jwk import KeySet

from apdu.ports import Channel
from mynalab.authapp.abnormal import Stage, row_of
from mynalab.authapp.ceremony import Ceremonies
from mynalab.authapp.clients import Client, read_registered
from mynalab.authapp.keys import provider_keys
from mynalab.authapp.limiter import Limiter
from mynalab.authapp.oauth import ProviderServer, Request
from mynalab.authapp.outcomes import CardRefusedError, CardTrouble, Trouble, trouble_of
from mynalab.authapp.records import Granted, Person
from mynalab.authapp.state import State
from mynalab.authapp.tokens import TokenMaker
from mynalab.authapp.transactions import Transaction, Transactions
from mynalab.authapp.wallet import CARD, Wallet
from mynalab.chance import system_random
from mynalab.clock import Clock
from mynalab.lab.lab import Lab
from mynalab.operator_server.keys import operator_keys

_LOCKS: Final = 64
"""Cards that are used at a time, at most. A lock for each name would be one for each that somebody makes up."""


@dataclass(slots=True)
class Address:
    """Where the provider is. Unless it was told, that is the socket on which it is asked first, whatever Host says."""

    url: str = ""

    def learn(self, server: tuple[str, int | None] | None) -> None:
        """From ASGI's scope."""
        if not self.url and server is not None:
            host, port = server
            self.url = f"http://{f'[{host}]' if ':' in host else host}:{port}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """A request whose person is at the page. Bound to the browser that brought it."""

    id: str
    session: str = field(repr=False)
    client: Client
    values: Mapping[str, str] = field(repr=False)
    transaction: Transaction | None
    trouble: str = "cancelled"
    """What went wrong last, for the way back."""

    @property
    def scopes(self) -> frozenset[str]:
        """What is asked for."""
        return frozenset(self.values["scope"].split())

    @property
    def acr(self) -> frozenset[str]:
        """How it is to be proved."""
        return frozenset(self.values.get("acr_values", "").split())


@dataclass(frozen=True, slots=True, kw_only=True)
class Secrets:
    """What the person typed."""

    pin: str = field(repr=False)
    text_pin: str = field(default="", repr=False)


class Provider:
    """Everything behind the endpoints."""

    def __init__(
        self,
        lab: Lab,
        *,
        clock: Clock,
        base_url: str = "",
        test_responses: bool = False,
        with_readers: bool = False,
        operator: Callable[[], KeySet] | None = None,
        state: State | None = None,
    ) -> None:
        self.lab, self.clock, self.test_responses = lab, clock, test_responses
        self.config: Final = read_registered(lab).config
        self.address = Address(base_url.rstrip("/"))
        self.state = state or State()
        self.keys = provider_keys(lab, rng=system_random)
        self.maker = TokenMaker(config=self.config, keys=self.keys, rng=system_random)
        self.server = ProviderServer(
            config=self.config,
            clients=self.clients,
            state=self.state,
            maker=self.maker,
            clock=clock,
            issuer=lambda: self.issuer,
            token_url=lambda: self.endpoint("token"),
        )
        self.transactions = Transactions(
            config=self.config,
            store=self.state.transactions,
            operator=operator or (lambda: operator_keys(lab)),
            clock=clock,
            rng=system_random,
        )
        self.ceremonies = Ceremonies(lab=lab, config=self.config, clock=clock)
        self.wallet = Wallet(lab, with_readers=with_readers)
        self.limiter = Limiter()
        self._locks: Final = tuple(Lock() for _ in range(_LOCKS))

    def clients(self) -> Mapping[str, Client]:
        """As the file has them now: a client that is added counts at once."""
        return read_registered(self.lab).clients

    @property
    def issuer(self) -> str:
        """Without a slash at its end."""
        return self.address.url + self.config.realm_path

    def endpoint(self, name: str) -> str:
        """The address of auth, token, userinfo or certs."""
        return f"{self.issuer}/protocol/openid-connect/{name}"

    def use_card(self, pending: Pending, key: str, secrets: Secrets, *, abnormal: str = "") -> Granted:
        """One whole use of a card for what is asked; ``CardRefusedError`` when it comes to nothing."""
        with self._locks[hash(key) % _LOCKS]:  # two browsers with one card: one after the other
            try:
                with self.wallet.channel(key) as channel:
                    return self._used(pending, channel, secrets, abnormal)
            except CardTrouble as error:
                raise CardRefusedError(trouble_of(error)) from error

    def use_persona(self, pending: Pending, name: str, *, abnormal: str = "") -> Granted:
        """The same with the card of a persona and her own PINs; the card is made when there is none."""
        try:
            persona = self.wallet.ensured(name, now=self.clock())
        except CardTrouble as error:
            raise CardRefusedError(trouble_of(error)) from error
        pin = persona.signature_pin if pending.transaction else persona.authentication_pin
        return self.use_card(pending, CARD + name, Secrets(pin=pin, text_pin=persona.text_pin), abnormal=abnormal)

    def redirect(self, pending: Pending, granted: Granted) -> str:
        """Back to the relying party with a code."""
        request = Request("GET", pending.values)
        grant = self.server.get_consent_grant(request)
        request.user = granted
        code = grant.generate_authorization_code()
        grant.save_authorization_code(code, request)
        answer = {"code": code, "session_state": granted.session_state, "state": pending.values["state"]}
        answer |= self._iss()
        row = row_of(granted.abnormal, Stage.AUTHORIZE)
        if row is not None and row.change is not None:
            answer = row.change(answer)
        return with_query(pending.values["redirect_uri"], answer)

    def error_redirect(self, values: Mapping[str, str], error: str, description: str) -> str:
        """Back with an error. The redirect_uri must have been checked before."""
        answer = {"error": error}
        if self.config.error_descriptions:
            answer["error_description"] = description
        if values.get("state"):
            answer["state"] = values["state"]
        return with_query(values["redirect_uri"], answer | self._iss())

    def refused(self, pending: Pending, trouble: Trouble) -> str:
        """Back because of a card."""
        error = "access_denied" if trouble.code == "cancelled" else self.config.card_error
        return self.error_redirect(pending.values, error, trouble.code)

    def _iss(self) -> dict[str, str]:
        return {"iss": self.issuer} if self.config.has_iss_in_response else {}

    def _used(self, pending: Pending, channel: Channel, secrets: Secrets, abnormal: str) -> Granted:
        if pending.transaction is None:
            person = self.ceremonies.authenticate(
                channel,
                pin=secrets.pin,
                text_pin=secrets.text_pin,
                scopes=pending.scopes,
                acr=pending.acr,
                origin=self.address.url,
            )
            return self._granted(pending, person, abnormal)
        done = self.ceremonies.sign(
            channel, password=secrets.pin, data=pending.transaction.raw, scopes=pending.scopes, acr=pending.acr
        )
        granted = self._granted(pending, done.person, abnormal)
        if not self.transactions.signed(pending.transaction.id, done, family=granted.family, abnormal=abnormal):
            raise CardRefusedError(Trouble(code="transaction-over"))
        return granted

    def _granted(self, pending: Pending, person: Person, abnormal: str) -> Granted:
        now, config = self.clock(), self.config
        default = config.acr_sign if pending.transaction else config.acr_default
        asked = next((each for each in ("aal3", "aal2") if each in pending.acr), "")
        return Granted(
            family=self.maker.secret(),
            client_id=pending.client.client_id,
            sub=self.maker.sub(pending.client.sector, person.handle),
            scope=pending.values["scope"],
            person=person,
            nonce=pending.values["nonce"],
            session_state=str(uuid.UUID(bytes=system_random(16), version=4)),
            auth_time=now,
            ends_at=now + timedelta(seconds=config.refresh_token_seconds),
            acr=asked or default,
            sign_transaction_id=pending.transaction.id if pending.transaction else "",
            abnormal=abnormal,
        )


def with_query(uri: str, values: Mapping[str, Any]) -> str:
    """A redirect_uri with these values behind those that it has (RFC 6749 clause 3.1.2)."""
    parts = urlsplit(uri)
    query = "&".join(each for each in (parts.query, urlencode(values, quote_via=quote)) if each)
    return urlunsplit(parts._replace(query=query))
