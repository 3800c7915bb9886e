"""``mynalab rp serve --adapter``: the interface of mynumbercard-idp beside the operator's own."""

from __future__ import annotations

import httpx
import pytest

from jpki.kinds import CaKind
from mynalab.lab.lab import Lab
from tests.mynalab.adapters.mynumbercard_idp.conftest import body_of, first_key, prove, read
from tests.mynalab.cli.test_rp_serve import serving
from tests.mynalab.conftest import Bench


def test_the_adapter_registers_and_logs_in(lab: Lab) -> None:
    with (
        serving(lab.paths.root, "--adapter", "mynumbercard-idp") as (_, told),
        httpx.Client(base_url=told["url"], trust_env=False) as http,
    ):
        key = first_key(http)
        for operation, kind in (("registration", CaKind.SIGN), ("login", CaKind.AUTH)):
            answer = http.post(f"/verify/{operation}", json=body_of(prove(lab.paths, kind), key))
            assert read(answer) == (200, "")


def test_without_it_there_is_nothing(lab: Lab) -> None:
    with serving(lab.paths.root) as (_, told):
        assert httpx.post(f"{told['url']}/verify/login", json={}, trust_env=False).status_code == 404


SENDERS = {
    "no-tenant": ("ID123=nobody",),
    "no-sender": ("=demo",),
    "no-pair": ("ID123",),
    "two-tenants": ("ID123=demo", "ID123=bank"),
}


@pytest.mark.parametrize("senders", SENDERS.values(), ids=SENDERS)
def test_a_sender_stands_for_a_tenant(lab: Lab, bench: Bench, senders: tuple[str, ...]) -> None:
    assert bench("rp", "tenant", "add", "bank", "--lab", lab.paths.root).status == 0
    words = [word for pair in senders for word in ("--adapter-sender", pair)]
    done = bench("rp", "serve", "--lab", lab.paths.root, "--port", "0", "--adapter", "mynumbercard-idp", *words)
    assert done.status == 2
    assert "--adapter-sender" in done.err


@pytest.mark.parametrize(
    "words", [("--adapter-sender", "ID123=demo"), ("--unsafe-bare-certificate",)], ids=["sender", "bare"]
)
def test_options_of_no_adapter_are_told(lab: Lab, bench: Bench, words: tuple[str, ...]) -> None:
    done = bench("rp", "serve", "--lab", lab.paths.root, "--port", "0", *words)
    assert done.status == 2
    assert "--adapter mynumbercard-idp" in done.err
