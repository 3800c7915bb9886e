"""The OpenAPI document holds: whatever it allows, and whatever it does not, is answered as it says."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode
from schemathesis.schemas import BaseSchema
from schemathesis.specs.openapi.checks import positive_data_acceptance

from jpki.rp.operator.refusal_words import WORDS
from mynalab.lab.lab import Lab
from mynalab.lab.operator import LabOperator
from mynalab.lab.register import open_register
from mynalab.operator_server.rates import Rate
from mynalab.operator_server.routes_notices import router as notices
from mynalab.operator_server.routes_proofs import router as proofs
from mynalab.operator_server.routes_users import router as users
from tests.mynalab.lab.town import Town
from tests.mynalab.operator_server.conftest import Office

EXAMPLES = 12
OPERATIONS = [
    ("GET", "/key/jwks.json"),
    *(
        (method, route.path)
        for router in (proofs, users, notices)
        for route in router.routes
        for method in route.methods
    ),
]
ASKED = [
    pytest.param(method, path, mode, id=f"{mode.value}-{method}-{path.strip('/')}")
    for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
    for method, path in OPERATIONS
    if mode is GenerationMode.POSITIVE or path.startswith("/v1/")  # the key takes nothing that could be wrong
]
every_operation = pytest.mark.parametrize(("method", "path"), OPERATIONS, ids=lambda one: one.strip("/"))


@pytest.fixture(scope="module")
def served(_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """An operator for all of these."""
    directory = tmp_path_factory.mktemp("openapi") / "lab"
    shutil.copytree(_template, directory)
    lab = Lab.open(directory)
    with (
        open_register(lab) as register,
        LabOperator(lab) as operator,
        closing(Office(Town(lab, register), operator, rate=Rate(burst=1_000_000))) as office,
    ):
        yield office


@pytest.fixture(scope="module")
def document(served: Office) -> dict[str, Any]:
    found: dict[str, Any] = served.http.get("/openapi.json").json()
    return found


@pytest.fixture(scope="module")
def schema(document: dict[str, Any], served: Office) -> BaseSchema:
    return schemathesis.openapi.from_dict(document)


@pytest.mark.parametrize(("method", "path", "mode"), ASKED)
def test_every_answer_is_in_the_document(
    served: Office, schema: BaseSchema, method: str, path: str, mode: GenerationMode
) -> None:
    @settings(
        max_examples=EXAMPLES, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
    )
    @given(case=schema[path][method].as_strategy(generation_mode=mode))
    def ask(case: schemathesis.Case) -> None:
        case.call_and_validate(
            base_url=served.server.url,
            headers={"Authorization": served.http.headers["Authorization"]},
            # What has the right form may be refused for what it says, with a status that the document has.
            excluded_checks=[positive_data_acceptance],
        )

    ask()


@every_operation
def test_nobody_is_answered_without_a_token(served: Office, method: str, path: str) -> None:
    answer = httpx.request(method, served.server.url + path.format(id="0" * 32, user_id="0" * 40))
    if path == "/key/jwks.json":
        assert answer.status_code == 200
    else:
        assert (answer.status_code, answer.json()["code"]) == (401, "operator.token.refused")
        assert answer.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize("code", WORDS)
def test_every_code_is_in_the_document(document: dict[str, Any], code: str) -> None:
    if code in ("operator.request.not-found", "operator.request.method"):
        return  # of no operation
    texts = [
        (status, response["description"])
        for methods in document["paths"].values()
        for operation in methods.values()
        for status, response in operation["responses"].items()
    ]
    assert any(status == str(WORDS[code].status) and f"`{code}`" in text for status, text in texts)
