"""The OpenAPI document holds: whatever it allows, and whatever it does not, is answered as it says."""

from __future__ import annotations

import base64
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode
from schemathesis.schemas import BaseSchema
from schemathesis.specs.openapi.checks import ignored_auth, negative_data_rejection, positive_data_acceptance

from mynalab.authapp.app import authapp
from mynalab.authapp.keys import FILE
from mynalab.lab.lab import Lab
from mynalab.web.server import LoopbackServer
from tests.mynalab.authapp.conftest import CONNECT, REALM, LabTime, Party, World

EXAMPLES = 100
SIGN = "/api/sign-transactions"
OPERATIONS = {
    ("POST", f"{CONNECT}/token"): "",
    ("GET", f"{CONNECT}/userinfo"): "person",
    ("GET", f"{CONNECT}/certs"): "",
    ("GET", f"{REALM}/.well-known/openid-configuration"): "",
    ("POST", SIGN): "client",
    ("GET", SIGN + "/{id}/result"): "person",
}
"""Whose token is brought along."""
MODES = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
ASKED = [
    pytest.param(method, path, mode, id=f"{mode.value}-{method}-{path.rpartition('/')[2]}")
    for mode in MODES
    for method, path in OPERATIONS
    if mode is GenerationMode.POSITIVE or method == "POST"  # of the others every text is of the right form
]


@dataclass
class Served:
    """A provider for all of these, and tokens of its one client."""

    url: str
    tokens: dict[str, str]
    document: dict[str, Any]
    schema: BaseSchema


@pytest.fixture(scope="module")
def served(_template: Path, provider_key_text: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    directory = tmp_path_factory.mktemp("openapi") / "lab"
    shutil.copytree(_template, directory)
    lab = Lab.open(directory)
    (lab.paths.root / FILE).write_text(provider_key_text, encoding="ascii")
    time = LabTime()
    with LoopbackServer(authapp(lab, clock=time), port=0) as server:
        world = World(lab, server.url, time)
        party = world.party()
        tokens = {"": "", "client": party.token(grant_type="client_credentials").json()["access_token"]}
        tokens["person"] = party.redeem(party.log_in()["code"]).json()["access_token"]
        document = httpx.get(f"{server.url}/openapi.json").json()
        yield Served(server.url, tokens, document, schemathesis.openapi.from_dict(document))
        party.browser.close()


def test_every_operation_is_asked(served: Served) -> None:
    paths = served.document["paths"]
    described = {(method.upper(), path) for path, methods in paths.items() for method in methods}
    assert described == set(OPERATIONS)


@pytest.mark.parametrize("with_token", [True, False], ids=["token", "nobody"])
@pytest.mark.parametrize(("method", "path", "mode"), ASKED)
def test_every_answer_is_in_the_document(
    served: Served, method: str, path: str, mode: GenerationMode, with_token: bool
) -> None:
    token = served.tokens[OPERATIONS[method, path]] if with_token else ""

    @settings(
        max_examples=EXAMPLES, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
    )
    @given(case=served.schema[path][method].as_strategy(generation_mode=mode))
    def ask(case: schemathesis.Case) -> None:
        case.call_and_validate(
            base_url=served.url,
            headers={"Authorization": f"Bearer {token}"} if token else {},
            # What has the right form may be refused for what it says; and what has a wrong one beside the point, as a
            # header that is not looked at, may be answered. The document tells the statuses of both.
            excluded_checks=[positive_data_acceptance, negative_data_rejection, ignored_auth],
        )

    ask()


def test_flow_is_in_the_document(served: Served, world: World, party: Party) -> None:
    """Good answers, which hardly come by chance."""

    def check(method: str, path: str, answer: httpx.Response) -> None:
        content = served.document["paths"][path][method.lower()]["responses"][str(answer.status_code)]["content"]
        assert answer.headers["content-type"] in content
        served.schema[path][method].validate_response(answer)

    tokens = party.redeem(party.log_in()["code"])
    check("POST", f"{CONNECT}/token", tokens)
    check("GET", f"{CONNECT}/userinfo", party.userinfo(tokens.json()["access_token"]))
    own: dict[str, Any] = party.token(grant_type="client_credentials").json()
    data = base64.b64encode(sha256(b"contract").digest()).decode()
    begun = httpx.post(
        f"{world.url}{SIGN}", json={"data": data}, headers={"Authorization": f"Bearer {own['access_token']}"}
    )
    check("POST", SIGN, begun)
    id_ = begun.json()["sign_transaction_id"]
    code = party.log_in(scope="openid sign", sign_transaction_id=id_, pin="ABC123")["code"]
    token = party.redeem(code).json()["access_token"]
    for _ in range(11):
        check("GET", SIGN + "/{id}/result", party.get(f"{SIGN}/{id_}/result", token))
