"""The OpenAPI document of the adapter holds: whatever it allows, and whatever it does not, is answered as it says."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode
from schemathesis.schemas import BaseSchema
from schemathesis.specs.openapi.checks import positive_data_acceptance

from mynalab.adapters.mynumbercard_idp.answers import Operation, statuses
from mynalab.lab.lab import Lab
from mynalab.lab.operator import LabOperator
from mynalab.lab.register import open_register
from mynalab.operator_server.rates import Rate
from tests.mynalab.adapters.mynumbercard_idp.conftest import Provider
from tests.mynalab.lab.town import Town

EXAMPLES = 15
every_operation = pytest.mark.parametrize("operation", Operation, ids=lambda one: one.value)


@pytest.fixture(scope="module")
def served(_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Provider]:
    """An operator for all of these."""
    directory = tmp_path_factory.mktemp("openapi") / "lab"
    shutil.copytree(_template, directory)
    lab = Lab.open(directory)
    with (
        open_register(lab) as register,
        LabOperator(lab) as operator,
        closing(Provider(Town(lab, register), operator, rate=Rate(burst=1_000_000))) as provider,
    ):
        yield provider


@pytest.fixture(scope="module")
def document(served: Provider) -> dict[str, Any]:
    found: dict[str, Any] = served.http.get("/openapi.json").json()
    return found


@pytest.fixture(scope="module")
def schema(document: dict[str, Any]) -> BaseSchema:
    return schemathesis.openapi.from_dict(document)


@every_operation
@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=lambda one: one.value)
def test_every_answer_is_in_the_document(
    served: Provider, schema: BaseSchema, operation: Operation, mode: GenerationMode
) -> None:
    @settings(
        max_examples=EXAMPLES, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
    )
    @given(case=schema[f"/verify/{operation.value}"]["POST"].as_strategy(generation_mode=mode))
    def ask(case: Any) -> None:
        # What has the right form has no certificate in it, all the same.
        case.call_and_validate(base_url=served.server.url, excluded_checks=[positive_data_acceptance])

    ask()


@every_operation
def test_the_document_has_every_status_with_its_codes(document: dict[str, Any], operation: Operation) -> None:
    responses = document["paths"][f"/verify/{operation.value}"]["post"]["responses"]
    assert "422" not in responses
    for status, codes in statuses(operation).items():
        assert all(f"`{code}`" in responses[str(status)]["description"] for code in codes)


def test_the_operators_own_operations_are_there_still(document: dict[str, Any]) -> None:
    assert "422" in document["paths"]["/v1/log-ins"]["post"]["responses"]
    assert "/key/jwks.json" in document["paths"]
