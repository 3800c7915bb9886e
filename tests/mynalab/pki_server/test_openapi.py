"""The counter's OpenAPI document holds: whatever it allows, and whatever it does not, is answered as it says."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import positive_data_acceptance

from jpki.repository.messages import Request, Response
from mynalab.lab.counter import LabCounter
from mynalab.lab.counter_specs import SPECS
from mynalab.lab.lab import Lab
from mynalab.lab.register import open_register
from mynalab.pki_server.app import pki_app
from mynalab.web.server import LoopbackServer
from tests.mynalab.conftest import NOW
from tests.mynalab.pki_server.conftest import Client

EXAMPLES = 4


class Nothing:
    """A repository that is not asked."""

    def handle(self, request: Request, *, at: object) -> Response:
        raise NotImplementedError


@pytest.fixture(scope="module")
def counter_client(_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """The counter of a whole lab."""
    directory = tmp_path_factory.mktemp("openapi") / "lab"
    shutil.copytree(_template, directory)
    lab = Lab.open(directory)
    with open_register(lab) as register:
        counter = LabCounter(lab, register, shipped_personas_only=True)
        app = pki_app(Nothing(), clock=lambda: NOW + timedelta(days=1), counter=counter)
        with LoopbackServer(app, port=0) as server:
            yield Client(server)


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=lambda one: one.value)
@pytest.mark.parametrize("name", [spec.name for spec in SPECS])
def test_every_answer_is_in_the_document(counter_client: Client, name: str, mode: GenerationMode) -> None:
    schema = schemathesis.openapi.from_dict(counter_client.ask("/register/openapi.json").json)

    @settings(
        max_examples=EXAMPLES, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
    )
    @given(case=schema[f"/register/{name}"]["POST"].as_strategy(generation_mode=mode))
    def ask(case: schemathesis.Case) -> None:
        # What has the right form may be refused for what it says, with a status that the document has.
        case.call_and_validate(base_url=counter_client.server.url, excluded_checks=[positive_data_acceptance])

    ask()
