"""A log-in from the first redirect to userinfo."""

from __future__ import annotations

from tests.mynalab.authapp.conftest import Party, World


def test_person_logs_in_with_a_card_of_the_lab(world: World, party: Party) -> None:
    answer = party.log_in()
    assert set(answer) == {"code", "state", "session_state"}
    assert answer["state"] == "state-1"
    tokens = party.redeem(answer["code"]).json()
    claims = party.claims(tokens["id_token"])
    assert claims["iss"] == f"{world.url}/api/realms/main"
    assert claims["aud"] == party.client_id
    assert claims["nonce"] == "nonce-1"
    person = party.userinfo(tokens["access_token"]).json()
    assert person["sub"] == claims["sub"]
    assert set(person) == {"sub", "name", "address", "birthdate", "gender"}
