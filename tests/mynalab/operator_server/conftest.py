"""The operator of a lab over HTTP, and people with cards who come to it."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import httpx
import pytest
from joserfc import jwe
from joserfc.jwk import KeySet

from jpki.client.session import CardSession
from jpki.kinds import CaKind
from mynalab.lab.cards import open_card
from mynalab.lab.lab import Lab
from mynalab.lab.operator import LabOperator
from mynalab.lab.register import open_register
from mynalab.operator_server.app import operator_app
from mynalab.operator_server.rates import Rate
from mynalab.web.server import LoopbackServer
from readers.inprocess import InProcessChannel
from tests.mynalab.conftest import NOW
from tests.mynalab.lab.town import PASSWORD, PIN, Town, day

ORIGIN = "https://bank.example"


@dataclass
class Office:
    """A tenant at work."""

    town: Town
    operator: LabOperator
    now: datetime = NOW
    rate: Rate = field(default_factory=Rate)

    def __post_init__(self) -> None:
        app = operator_app(self.operator, clock=lambda: self.now, rate=self.rate)
        self.server = LoopbackServer(app, port=0)
        self.http = self.client(self.operator.demo(now=self.now))

    def close(self) -> None:
        self.http.close()
        self.server.end()

    def client(self, token: str) -> httpx.Client:
        return httpx.Client(base_url=self.server.url, verify=False, headers={"Authorization": f"Bearer {token}"})

    def post(self, path: str, **body: Any) -> httpx.Response:
        return self.http.post(f"/v1/{path}", json=body)

    def challenge(self, purpose: str, http: httpx.Client | None = None) -> dict[str, Any]:
        given = (http or self.http).post("/v1/challenges", json={"purpose": purpose, "origin": ORIGIN})
        assert given.status_code == 201, given.text
        answer: dict[str, Any] = given.json()
        return answer

    def signed(self, name: str, kind: CaKind, message: bytes) -> dict[str, str]:
        with closing(open_card(self.town.lab.paths, name)) as card, InProcessChannel(card) as channel:
            session = CardSession.open(channel)
            session.verify_pin(kind, PIN if kind is CaKind.AUTH else PASSWORD)
            certificate, signature = session.read_certificate(kind), session.sign(kind, message)
        return {"certificate": text(certificate), "signature": text(signature)}

    def bring(self, path: str, purpose: str, name: str, kind: CaKind, **more: Any) -> httpx.Response:
        given = self.challenge(purpose)
        signed = self.signed(name, kind, b64decode(given["message"]))
        return self.post(path, **signed, challenge=given["challenge"], **more)

    def register(self, name: str, **more: Any) -> httpx.Response:
        return self.bring("registrations", "registration", name, CaKind.SIGN, **more)

    def log_in(self, name: str, **more: Any) -> httpx.Response:
        return self.bring("log-ins", "log-in", name, CaKind.AUTH, **more)

    def replace(self, name: str, **more: Any) -> httpx.Response:
        return self.bring("replacements", "replacement", name, CaKind.SIGN, **more)

    def on(self, number: float) -> None:
        """So many days after the lab and alice's card came into being."""
        self.now = day(number)

    def sealed(self, signed: dict[str, str], data: bytes) -> str:
        """As the Digital Authentication App encrypts its answer."""
        keys = KeySet.import_key_set(self.http.get("/key/jwks.json").json())
        header = {"alg": "RSA-OAEP-256", "enc": "A256GCM", "kid": keys.keys[0].kid, "cty": "application/json"}
        payload = json.dumps({**signed, "data": text(data)})
        return jwe.encrypt_compact(header, payload, keys.keys[0], algorithms=["RSA-OAEP-256", "A256GCM"])


def text(content: bytes) -> str:
    return b64encode(content).decode()


@pytest.fixture
def office(lab: Lab) -> Iterator[Office]:
    """The lab's operator, asked by its first tenant."""
    with (
        open_register(lab) as register,
        LabOperator(lab) as operator,
        closing(Office(Town(lab, register), operator)) as office,
    ):
        yield office
