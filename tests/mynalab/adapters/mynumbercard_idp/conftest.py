"""The identity provider's client as its code writes: requests byte for byte, and people with cards behind it."""

from __future__ import annotations

import hmac
import json
import os
from base64 import b64encode, urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from cryptography.hazmat.primitives import hashes, padding
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, OAEP
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC

from jpki.client.session import CardSession
from jpki.kinds import CaKind
from mynalab.adapters.mynumbercard_idp.routes import mynumbercard_idp
from mynalab.lab.cards import open_card
from mynalab.lab.lab import Lab
from mynalab.lab.operator import LabOperator
from mynalab.lab.paths import LabPaths
from mynalab.lab.register import open_register
from mynalab.operator_server.app import operator_app
from mynalab.operator_server.rates import Rate
from mynalab.web.server import LoopbackServer
from readers.inprocess import InProcessChannel
from tests.mynalab.conftest import NOW
from tests.mynalab.lab.town import PASSWORD, PIN, Town, day

SENDERS = {"ID123": "demo", "ID456": "bank"}
CLIENT_TS = "2026-01-05 09:01:07.045"
"""Of the pattern ``yyyy-MM-dd HH:MM:ss.SSS``: January in the place of the minutes."""


@dataclass(frozen=True)
class Proved:
    """What a card gives to the provider's app."""

    kind: CaKind
    certificate: bytes
    signature: bytes
    nonce: str

    @property
    def pem(self) -> str:
        lines = [
            line.decode() for line in (b64encode(self.certificate)[i : i + 64] for i in range(0, 9999, 64)) if line
        ]
        return "\n".join(["-----BEGIN CERTIFICATE-----", *lines, "-----END CERTIFICATE-----", ""])


@dataclass
class Provider:
    """The provider in front of the lab's operator."""

    town: Town
    operator: LabOperator
    now: datetime = NOW
    rate: Rate = field(default_factory=Rate)
    unsafe_bare: bool = False

    def __post_init__(self) -> None:
        self.operator.demo(now=self.now)
        self.operator.add("bank", now=self.now)
        adapter = mynumbercard_idp(SENDERS, unsafe_bare=self.unsafe_bare)
        app = operator_app(self.operator, clock=lambda: self.now, rate=self.rate, adapters=[adapter])
        self.server = LoopbackServer(app, port=0)
        self.http = httpx.Client(base_url=self.server.url, verify=False, trust_env=False)

    def close(self) -> None:
        self.http.close()
        self.server.end()

    def on(self, number: float) -> None:
        """So many days after the lab and alice's card came into being."""
        self.now = day(number)

    def prove(self, kind: CaKind, card: str = "alice", nonce: str | None = None) -> Proved:
        return prove(self.town.lab.paths, kind, card, nonce)

    def jwe(self, content: str, **header: Any) -> str:
        return keycloak_jwe(content.encode(), first_key(self.http), **header)

    def body(self, proved: Proved, **changes: Any) -> dict[str, Any]:
        return body_of(proved, first_key(self.http), **changes)

    def post(self, operation: str, body: dict[str, Any] | bytes) -> httpx.Response:
        content = body if isinstance(body, bytes) else json.dumps(body, separators=(",", ":")).encode()
        return self.http.post(
            f"/verify/{operation}", content=content, headers={"Content-Type": "application/json; charset=UTF-8"}
        )

    def does(self, operation: str, card: str = "alice", *, nonce: str | None = None, **changes: Any) -> httpx.Response:
        kind = CaKind.AUTH if operation == "login" else CaKind.SIGN
        return self.post(operation, self.body(self.prove(kind, card, nonce), **changes))


def prove(paths: LabPaths, kind: CaKind, card: str = "alice", nonce: str | None = None) -> Proved:
    """With the lab's own PINs."""
    nonce = nonce or str(uuid4())
    with closing(open_card(paths, card)) as opened, InProcessChannel(opened) as channel:
        session = CardSession.open(channel)
        session.verify_pin(kind, PIN if kind is CaKind.AUTH else PASSWORD)
        return Proved(kind, session.read_certificate(kind), session.sign(kind, nonce.encode()), nonce)


def first_key(http: httpx.Client) -> dict[str, Any]:
    """The one with which the client encrypts."""
    key: dict[str, Any] = http.get("/key/jwks.json").json()["keys"][0]
    return key


def body_of(
    proved: Proved, key: dict[str, Any], *, sender: str = "ID123", ts: str = CLIENT_TS, **changes: Any
) -> dict[str, Any]:
    """The names in the order of the client's classes; what is not used is null."""
    is_login = proved.kind is CaKind.AUTH
    nonce, sign = proved.nonce, b64encode(proved.signature).decode()
    info = {"transactionId": str(uuid4()), "recipient": "JPKI", "sender": sender, "ts": ts}
    body = {
        "requestInfo": info,
        "applicantData": None if is_login else nonce,
        "sign": None if is_login else sign,
        "nonceData": nonce if is_login else None,
        "nonceSign": sign if is_login else None,
        f"encryptedCertificateFor{'User' if is_login else 'Sign'}": keycloak_jwe(proved.pem.encode(), key),
    }
    return body | changes


def keycloak_jwe(content: bytes, key: dict[str, Any], **header: Any) -> str:
    """As ``org.keycloak.jose.jwe.JWE`` encodes: no kid, a ``zip`` that nobody applies.

    RFC 7516 clause 7.1 with RFC 7518 clauses 4.3 and 5.2.3, without a JOSE library.
    """
    n, e = (int.from_bytes(_unbase64(key[name])) for name in ("n", "e"))
    secret, vector = os.urandom(32), os.urandom(16)
    oaep = OAEP(mgf=MGF1(hashes.SHA256()), algorithm=hashes.SHA256(), label=None)
    wrapped = RSAPublicNumbers(e, n).public_key().encrypt(secret, oaep)
    protected = {"alg": "RSA-OAEP-256", "enc": "A128CBC-HS256", "zip": "DEF"} | header
    first = _base64(json.dumps(protected, separators=(",", ":")).encode())
    pad = padding.PKCS7(128).padder()
    encryptor = Cipher(AES(secret[16:]), CBC(vector)).encryptor()
    ciphertext = encryptor.update(pad.update(content) + pad.finalize()) + encryptor.finalize()
    authenticated = first.encode() + vector + ciphertext + (len(first) * 8).to_bytes(8)
    tag = hmac.digest(secret[:16], authenticated, "sha256")[:16]
    return ".".join((first, *map(_base64, (wrapped, vector, ciphertext, tag))))


def read(answer: httpx.Response) -> tuple[int, str]:
    """The status and the code of an answer, which is one that the provider's client can read.

    Jackson takes no field that its classes do not have; of ``status`` alone it passes over others.
    """
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "no-store"
    body = answer.json()
    assert set(body["responseInfo"]) <= {"transactionId", "recipient", "sender", "ts"}
    assert body["responseInfo"]["sender"] == "JPKI"
    datetime.strptime(f"{body['responseInfo']['ts']}+0900", "%Y-%m-%d %H:%M:%S.%f%z")
    if answer.status_code == 200:
        assert set(body) == {"responseInfo", "status", "applicantId", "identityInfo"}
        assert body["status"] == {"status": "SUCCESS"}
        assert set(body["identityInfo"]) == {"tisUserId", "name", "dateOfBirth", "gender", "address"}
        UUID(body["identityInfo"]["tisUserId"])
        return 200, ""
    assert set(body) == {"responseInfo", "status"}
    assert body["status"]["status"] == "FAILED"
    error = body["status"]["errorInfo"]
    assert error["reason"] == f"{answer.status_code} {answer.reason_phrase}"
    return answer.status_code, error["message"].split(":")[0]


def user(answer: httpx.Response) -> str:
    assert answer.status_code == 200, answer.text
    return str(answer.json()["identityInfo"]["tisUserId"])


def _base64(content: bytes) -> str:
    return urlsafe_b64encode(content).decode().rstrip("=")


def _unbase64(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


@pytest.fixture
def provider(lab: Lab) -> Iterator[Provider]:
    """The provider, asking for the lab's first tenant as ID123 and for another as ID456."""
    with (
        open_register(lab) as register,
        LabOperator(lab) as operator,
        closing(Provider(Town(lab, register), operator)) as provider,
    ):
        provider.on(1)
        yield provider
