"""What the bank has in its lab, and how it begins."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import httpx
import pytest

from mynalab.authapp.clients import read_registered
from mynalab.bank.in_lab import CLIENT_ID, TENANT, bank_directory, client_key, tenant_token
from mynalab.bank.running import Places, running_bank
from mynalab.errors import LabBrokenError
from mynalab.lab.lab import Lab
from mynalab.lab.operator import LabOperator
from tests.mynalab.bank.conftest import ANYWHERE, NEVER_S, Branch, LabTime


def test_key_is_made_once_and_for_its_owner(bank_lab: Lab) -> None:
    path = bank_directory(bank_lab) / "client-key.json"
    assert client_key(bank_lab).kid == json.loads(path.read_text())["kid"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"kty": "oct", "k": "eA"}'])
def test_key_that_is_none(bank_lab: Lab, content: str) -> None:
    (bank_directory(bank_lab) / "client-key.json").write_text(content)
    with pytest.raises(LabBrokenError):
        client_key(bank_lab)


def test_client_may_ask_for_no_attribute(branch: Branch) -> None:
    client = read_registered(branch.lab).clients[CLIENT_ID]
    assert client.scopes == ("openid", "sign")
    assert client.redirect_uris == (f"{branch.url}/callback",)


def test_token_is_the_tenants_own(bank_lab: Lab) -> None:
    with LabOperator(bank_lab) as operator:
        token = tenant_token(operator, now=LabTime()())
        assert tenant_token(operator, now=LabTime()()) == token
        operator.token_path(TENANT).unlink()
        renewed = tenant_token(operator, now=LabTime()())
        assert operator.desk_of(token) is None
        desk = operator.desk_of(renewed)
        assert desk is not None
        assert desk.tenant == TENANT


def test_one_webhook_at_an_address(bank_lab: Lab) -> None:
    time = LabTime()
    with running_bank(bank_lab, ANYWHERE, clock=time, notice_interval_s=NEVER_S) as running:
        running.bank.operator.hear()
        config = running.bank.config
        headers = {"Authorization": f"Bearer {config.operator_token}"}
        listed = httpx.get(f"{config.operator_url}/v1/webhooks", headers=headers).json()["webhooks"]
    assert [one["url"] for one in listed].count(config.webhook) == 1


def test_services_of_others_are_used(branch: Branch, tmp_path: Path) -> None:
    """A second bank at the first one's operator and service."""
    config = branch.bank.config
    places = Places(
        port=0,
        operator_url=f"{config.operator_url}/",
        app_url=branch.running.app_url,
        operator_token=config.operator_token,
    )
    with running_bank(branch.lab, places, clock=branch.time) as running:
        assert running.operator_url == config.operator_url
        assert running.bank.config.issuer == config.issuer
        assert httpx.get(running.url).status_code == 200
