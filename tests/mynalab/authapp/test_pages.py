"""The page: what it shows, what a card makes of it, and who may press its buttons."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest

from apdu.layout import text
from jpki.client.records import RecordSession
from jpki.cv.chain import CvTrust
from jpki.errors import RegistryLockedError
from jpki.kinds import CaKind
from jpki.reasons import RevocationReason
from mynalab.authapp.html import language_of
from mynalab.authapp.pages import COOKIE
from mynalab.authapp.provider import Provider
from mynalab.authapp.records import Granted
from mynalab.lab.cards import open_card
from mynalab.lab.issue import issue_card
from mynalab.lab.lab import Lab
from mynalab.lab.outside import Outside
from mynalab.lab.revoke import revoke_card
from mynalab.persona import load_persona
from readers.guard import PinGuard
from readers.inprocess import InProcessChannel
from tests.mynalab.authapp.conftest import NOW, REDIRECT, Party, World, answer_of, configure


def code_of(page: httpx.Response) -> str:
    """What the page says went wrong."""
    found = re.search(r'data-code="([a-z-]+)"', page.text)
    assert found is not None, page.text
    return found[1]


def test_page_says_who_asks_for_what(party: Party) -> None:
    page = party.ask(scope="openid name")
    assert page.status_code == 200
    assert "架空銀行" in page.text
    assert "<li>name</li>" in page.text
    assert "<li>address</li>" not in page.text
    assert "card:alice" in page.text


def test_page_comes_in_japanese(party: Party) -> None:
    page = party.ask(ui_locales="ja")
    assert '<html lang="ja">' in page.text
    assert "<li>氏名</li>" in page.text


def test_language_is_switched_at_the_page(party: Party) -> None:
    page = party.press(party.ask(), do="language")
    assert '<html lang="ja">' in page.text
    back = party.press(page, do="language")
    assert '<html lang="en">' in back.text
    assert answer_of(party.press(back, do="use", card="card:alice", pin="1234"))["code"]


@pytest.mark.parametrize(
    ("accepted", "locales", "language"),
    [
        ("", "", "ja"),
        ("en-US,en;q=0.9,ja;q=0.8", "", "en"),
        ("de,fr", "", "ja"),
        ("ja", "en", "en"),
        ("ja", "de en-GB", "en"),
    ],
)
def test_language_is_the_one_that_is_liked(accepted: str, locales: str, language: str) -> None:
    assert language_of(accepted, locales) == language


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("x-frame-options", "DENY"),
        ("cache-control", "no-store"),
        ("referrer-policy", "no-referrer"),
        ("x-content-type-options", "nosniff"),
    ],
)
def test_page_has_the_headers_of_all_pages(party: Party, header: str, value: str) -> None:
    assert party.ask().headers[header] == value


def test_page_runs_no_script_and_sends_its_form_to_two_places(party: Party) -> None:
    page = party.ask()
    policy = page.headers["content-security-policy"].split("; ")
    assert "default-src 'none'" in policy
    assert "form-action 'self' http://127.0.0.1:9" in policy
    assert "frame-ancestors 'none'" in policy
    assert "script" not in page.text


def test_cookie_is_of_this_site_and_for_no_script(party: Party) -> None:
    cookie = party.ask().headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie


def test_name_of_a_client_is_no_markup(world: World) -> None:
    from mynalab.authapp.clients import register_client

    party = world.party()
    register_client(
        world.lab,
        party.client_id,
        redirect_uris=(REDIRECT,),
        jwks=party.key.as_dict(private=False),
        name="<script>alert(1)</script>",
    )
    assert "<script>" not in party.ask().text


def test_wrong_pin_is_told_with_the_tries_left(party: Party) -> None:
    page = party.press(party.ask(scope="openid"), do="use", card="card:alice", pin="9999")
    assert code_of(page) == "pin-wrong"
    assert "<strong>2</strong>" in page.text
    assert "9999" not in page.text
    assert answer_of(party.press(page, do="use", card="card:alice", pin="1234"))["code"]


def test_pin_that_cannot_be_one_is_not_sent(party: Party) -> None:
    page = party.press(party.ask(scope="openid"), do="use", card="card:alice", pin="12")
    assert code_of(page) == "pin-format"
    again = party.press(page, do="use", card="card:alice", pin="9999")
    assert "<strong>2</strong>" in again.text


def test_pin_is_blocked_in_the_end(party: Party) -> None:
    page = party.ask(scope="openid")
    for _ in range(3):
        page = party.press(page, do="use", card="card:alice", pin="9999")
    assert code_of(page) == "pin-blocked"
    assert 'name="pin"' not in page.text
    answer = answer_of(party.press(page, do="back"))
    assert (answer["error"], answer["error_description"]) == ("access_denied", "pin-blocked")


def test_wrong_text_pin_is_told(party: Party) -> None:
    page = party.press(party.ask(), do="use", card="card:alice", pin="1234", text_pin="9999")
    assert code_of(page) == "pin-wrong"


def test_person_may_go_back(party: Party) -> None:
    answer = answer_of(party.press(party.ask(), do="cancel"))
    assert answer == {"error": "access_denied", "error_description": "cancelled", "state": "state-1"}


def test_revoked_card_is_told_and_refused(world: World, party: Party) -> None:
    revoke_card(world.lab, "alice", kinds=[CaKind.AUTH], reason=RevocationReason.KEY_COMPROMISE, now=world.time())
    page = party.press(party.ask(), do="use", card="card:alice", pin="1234")
    assert code_of(page) == "certificate-revoked"
    assert answer_of(party.press(page, do="back"))["error"] == "access_denied"


@pytest.mark.parametrize(
    ("persona", "code"),
    [
        ("held", "certificate-held"),
        ("certificate-expired", "certificate-expired"),
        ("certificate-not-yet-valid", "certificate-not-yet-valid"),
        ("revoked-key-compromise", "certificate-revoked"),
        ("authentication-pin-blocked", "pin-blocked"),
        ("without-certificates", "pin-blocked"),
    ],
)
def test_persona_that_fails_is_told_why(world: World, party: Party, persona: str, code: str) -> None:
    who = load_persona(persona)
    issue_card(world.lab, name="bob", persona=who, now=NOW)
    page = party.press(party.ask(scope="openid"), do="use", card="card:bob", pin=who.authentication_pin)
    assert code_of(page) == code


def test_page_never_shows_a_serial_number(world: World, party: Party) -> None:
    who = load_persona("revoked-key-compromise")
    issued = issue_card(world.lab, name="bob", persona=who, now=NOW)
    page = party.press(party.ask(scope="openid"), do="use", card="card:bob", pin=who.authentication_pin)
    assert not any(str(serial) in page.text for serial in issued.serials.values())
    assert "jpki.revocation.revoked" in page.text


@pytest.mark.parametrize("card", ["card:nobody", "card:../../etc/passwd", "card:", "", "reader:none", "x"])
def test_card_that_is_none(party: Party, card: str) -> None:
    page = party.press(party.ask(scope="openid"), do="use", card=card, pin="1234")
    assert page.status_code == 200
    assert code_of(page) == "card-trouble"


def test_register_that_is_busy_is_told(party: Party, monkeypatch: pytest.MonkeyPatch) -> None:
    def busy(*_: Any) -> Any:
        raise RegistryLockedError("another process is writing", path="register.db")

    monkeypatch.setattr("mynalab.authapp.ceremony.open_register", busy)
    page = party.press(party.ask(scope="openid"), do="use", card="card:alice", pin="1234")
    assert (page.status_code, code_of(page)) == (200, "service-trouble")
    monkeypatch.undo()
    assert answer_of(party.press(page, do="use", card="card:alice", pin="1234"))["code"]


def test_pin_entry_has_a_rate(world: World, party: Party) -> None:
    page = party.ask(scope="openid")
    for _ in range(5):
        page = party.press(page, do="use", card="card:alice", pin="12")
    page = party.press(page, do="use", card="card:alice", pin="1234")
    assert (page.status_code, code_of(page)) == (429, "too-many-tries")


def test_rate_is_of_the_card_as_well(world: World) -> None:
    for number in range(5):
        party = world.party(f"RP{number}")
        party.press(party.ask(scope="openid"), do="use", card="card:alice", pin="12")
    party = world.party("RP9")
    page = party.press(party.ask(scope="openid"), do="use", card="card:alice", pin="1234")
    assert page.status_code == 429


@pytest.mark.parametrize("field", ["csrf", "request_id"])
@pytest.mark.parametrize("value", ["", "x", "日本"], ids=["empty", "letter", "no-ascii"])
def test_form_of_somebody_else_is_refused(party: Party, field: str, value: str) -> None:
    response = party.press(party.ask(), do="use", card="card:alice", pin="1234", **{field: value})
    assert response.status_code == 403
    assert "location" not in response.headers


def test_form_of_another_page_is_refused(party: Party) -> None:
    first = party.ask()
    csrf = re.search(r'name="csrf" value="(\w+)"', first.text)
    assert csrf is not None
    assert party.press(party.ask(), do="use", card="card:alice", pin="1234", csrf=csrf[1]).status_code == 403


def test_other_browser_cannot_press(world: World, party: Party) -> None:
    page = party.ask()
    party.browser = httpx.Client()
    world.browsers.append(party.browser)
    assert party.press(page, do="use", card="card:alice", pin="1234").status_code == 403


def test_other_cookie_cannot_press(party: Party) -> None:
    page = party.ask()
    party.browser.cookies.clear()
    party.browser.cookies.set(COOKIE, "a" * 43, domain="127.0.0.1")
    assert party.press(page, do="use", card="card:alice", pin="1234").status_code == 403


def test_other_site_cannot_press(party: Party) -> None:
    page = party.ask()
    party.browser.headers["Origin"] = "https://evil.example"
    assert party.press(page, do="use", card="card:alice", pin="1234").status_code == 403


def test_page_works_once(party: Party) -> None:
    page = party.ask(scope="openid")
    assert answer_of(party.press(page, do="use", card="card:alice", pin="1234"))["code"]
    assert party.press(page, do="use", card="card:alice", pin="1234").status_code == 403
    assert party.press(page, do="cancel").status_code == 403


def test_page_that_was_left_while_a_pin_was_tried_does_not_come_back(
    party: Party, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = party.ask()
    used = Provider.use_card

    def left_meanwhile(self: Provider, *given: Any, **more: Any) -> Granted:
        assert party.press(page, do="cancel").status_code == 303
        return used(self, *given, **more)

    monkeypatch.setattr(Provider, "use_card", left_meanwhile)
    assert party.press(page, do="use", card="card:alice", pin="0000").status_code == 403
    monkeypatch.undo()
    assert party.press(page, do="use", card="card:alice", pin="1234").status_code == 403


def test_page_waits_ten_minutes(party: Party) -> None:
    page = party.ask()
    party.time.forward(seconds=600)
    assert party.press(page, do="use", card="card:alice", pin="1234").status_code == 403


def test_page_does_not_test_where_a_card_is_wanted(party: Party) -> None:
    """Nobody gets past the card by the form of the test-response page."""
    answer = answer_of(party.press(party.ask(), do="test", response="normal", persona="adult-resident"))
    assert answer["error"] == "access_denied"


def test_host_of_others_is_refused(party: Party) -> None:
    assert party.ask(headers={"Host": "evil.example"}).status_code == 403


def test_card_error_is_a_choice(lab: Lab, serve: Callable[..., World]) -> None:
    configure(lab, card_error="server_error")
    party = serve().party()
    page = party.ask(scope="openid")
    for _ in range(3):
        page = party.press(page, do="use", card="card:alice", pin="9999")
    assert answer_of(party.press(page, do="back"))["error"] == "server_error"


def test_style_is_served(world: World) -> None:
    assert httpx.get(f"{world.url}/authapp.css").headers["content-type"].startswith("text/css")


def test_enter_presses_the_button_of_the_card(party: Party) -> None:
    """A browser presses the first submit button of the form that was typed into (HTML, implicit submission)."""
    form = party.ask().text.split("<form")[2]
    assert 'name="pin"' in form
    first = re.search(r'<button name="do" value="(\w+)"', form)
    assert first is not None
    assert first[1] == "use"


@pytest.fixture
def reader(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> str:
    """A PC/SC reader with what could be a real card in it: alice's, behind the guard."""
    name = "Reader 00 00"

    @contextmanager
    def opened(reader: str, *, is_lab_card: bool, pin_budget: int) -> Iterator[PinGuard]:
        assert (reader, is_lab_card) == (name, False)
        card = open_card(lab.paths, "alice")
        try:
            with InProcessChannel(card) as channel:
                yield PinGuard(channel, budget=pin_budget)
        finally:
            card.close()

    monkeypatch.setattr("readers.pcsc.list_readers", lambda: (name,))
    monkeypatch.setattr("readers.pcsc.PcscChannel.open", opened)
    return f"reader:{name}"


def test_card_in_a_reader_logs_in(serve: Callable[..., World], reader: str) -> None:
    party = serve(with_readers=True).party()
    page = party.ask()
    assert f'value="{reader}"' in page.text
    assert answer_of(party.press(page, do="use", card=reader, pin="1234"))["code"]


def test_reader_is_offered_when_it_is_asked_for_alone(party: Party, reader: str) -> None:
    page = party.ask()
    assert reader not in page.text
    assert code_of(party.press(page, do="use", card=reader, pin="1234")) == "card-trouble"


def test_physical_card_loses_one_try_and_never_the_last(serve: Callable[..., World], reader: str) -> None:
    party = serve(with_readers=True).party()
    first = party.press(party.ask(scope="openid"), do="use", card=reader, pin="9999")
    assert code_of(first) == "pin-wrong"
    assert 'name="pin"' not in first.text  # not again without starting anew
    second = party.press(party.ask(scope="openid"), do="use", card=reader, pin="9999")
    assert "<strong>1</strong>" in second.text
    third = party.press(party.ask(scope="openid"), do="use", card=reader, pin="9999")
    assert code_of(third) == "pin-guard"
    assert answer_of(party.press(party.ask(scope="openid"), do="use", card="card:alice", pin="1234"))["code"]


def test_ocsp_is_asked_when_it_is_wanted(world: World, party: Party, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    transport = Outside.transport
    monkeypatch.setattr(Outside, "transport", lambda *a, **k: asked.append(1) or transport(*a, **k))
    party.log_in(scope="openid", acr_values="aal3 crl")
    assert not asked
    party.log_in(scope="openid", acr_values="aal3 ocsp")
    assert asked


@pytest.mark.parametrize(("refused", "error"), [(True, "invalid_request"), (False, None)])
def test_unknown_acr_is_refused_by_choice(
    lab: Lab, serve: Callable[..., World], refused: bool, error: str | None
) -> None:
    configure(lab, acr_unknown_refused=refused)
    page = serve().party().ask(acr_values="aal9")
    assert error is None or answer_of(page)["error"] == error
    assert error is not None or page.status_code == 200


@pytest.mark.parametrize("asked", ["aal2", "aal3 crl"])
def test_acr_is_what_was_asked_for(party: Party, asked: str) -> None:
    answer = party.log_in(scope="openid", acr_values=asked)
    assert party.claims(party.redeem(answer["code"]).json()["id_token"])["acr"] == asked.split()[0]


def test_logs_hold_nothing_of_a_person(world: World, party: Party, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    tokens = party.redeem(party.log_in()["code"]).json()
    again = party.token(grant_type="refresh_token", refresh_token=tokens["refresh_token"]).json()
    name = party.userinfo(again["access_token"]).json()["name"]
    ours = "\n".join(record.getMessage() for record in caplog.records if not record.name.startswith("http"))
    secrets = (name, tokens["access_token"], tokens["refresh_token"], again["access_token"], again["refresh_token"])
    assert not any(secret in ours for secret in secrets)


def test_record_that_nobody_signed_whom_we_trust_is_refused(party: Party, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mynalab.authapp.ceremony.cv_trust", lambda lab: CvTrust([]))
    page = party.press(party.ask(), do="use", card="card:alice", pin="1234")
    assert code_of(page) == "attributes-refused"
    assert "jpki.cv.untrusted-root" in page.text


def test_my_number_is_not_read(party: Party, monkeypatch: pytest.MonkeyPatch) -> None:
    read = []
    one = RecordSession.read
    monkeypatch.setattr(RecordSession, "read", lambda self, fid: read.append(fid) or one(self, fid))
    assert party.log_in()["code"]
    assert read
    assert text.MY_NUMBER not in read
