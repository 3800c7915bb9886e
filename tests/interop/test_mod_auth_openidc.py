"""Apache's mod_auth_openidc and Chromium, which know nothing of mynalab: a person logs in, and is turned away."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from html import unescape
from typing import TYPE_CHECKING, Any

import pytest

from mynalab.persona import load_persona
from tests.interop.browser import chromium, press, use_card, window
from tests.interop.identity import APACHE_PARTS, BROWSER_PARTS, REALM, Apache, Identity, apache

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.real_part(*APACHE_PARTS, *BROWSER_PARTS)
PERSONA, PIN = "adult-resident", "1234"
CLIENT_ID = "MODAUTHOPENIDC1"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def site(identity: Identity) -> Iterator[Apache]:
    """Apache, knowing the provider by discovery."""
    with apache(identity, CLIENT_ID) as site:
        yield site


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    with window(browser) as page:
        yield page


def variables(page: Page) -> dict[str, str]:
    """What Apache tells the programs behind it."""
    lines = (line.partition("=") for line in page.inner_text("pre").splitlines())
    return {name: unescape(value) for name, _, value in lines}


def log_in(page: Page, site: Apache, card: str = PERSONA, pin: str = PIN) -> None:
    page.goto(site.page)
    use_card(page, card, pin)
    assert page.url == site.page


def info(page: Page, site: Apache) -> dict[str, Any]:
    """What mod_auth_openidc has kept of the log-in."""
    answer = page.goto(site.info)
    assert answer is not None
    found: dict[str, Any] = json.loads(answer.text())
    return found


def test_person_lands_on_the_page_that_she_asked_for(page: Page, site: Apache, identity: Identity) -> None:
    page.goto(site.page)
    assert page.url.startswith(f"{identity.url}{REALM}/protocol/openid-connect/auth?")
    assert "Digital Authentication Service" in page.title()
    use_card(page, PERSONA, PIN)
    assert page.url == site.page
    told, person = variables(page), load_persona(PERSONA)
    assert told["OIDC_CLAIM_name"] == person.full_name
    assert told["OIDC_CLAIM_address"] == person.address
    assert told["OIDC_CLAIM_iss"] == f"{identity.url}{REALM}"
    assert told["OIDC_CLAIM_aud"] == CLIENT_ID
    assert told["REMOTE_USER"].startswith(told["OIDC_CLAIM_sub"])


def test_what_apache_keeps_of_the_log_in(page: Page, site: Apache) -> None:
    log_in(page, site)
    kept = info(page, site)
    assert set(kept["userinfo"]) == {"sub", "name", "address", "birthdate", "gender"}
    assert kept["userinfo"]["sub"] == kept["id_token"]["sub"]
    assert kept["id_token"]["at_hash"]


def test_who_has_logged_in_is_not_asked_again(page: Page, site: Apache) -> None:
    log_in(page, site)
    page.goto(site.page)
    assert page.url == site.page


def test_wrong_pin_is_told_and_the_right_one_goes_on(page: Page, site: Apache, identity: Identity) -> None:
    page.goto(site.page)
    use_card(page, "child", "0000")
    assert page.url.startswith(identity.url)
    trouble = page.locator('[role="alert"]')
    assert trouble.get_attribute("data-code") == "pin-wrong"
    assert trouble.locator("strong").inner_text() == "2"
    use_card(page, "child", load_persona("child").authentication_pin)
    assert page.url == site.page


@pytest.mark.parametrize(
    ("card", "code"),
    [
        ("revoked-key-compromise", "certificate-revoked"),
        ("held", "certificate-held"),
        ("certificate-expired", "certificate-expired"),
        ("authentication-pin-blocked", "pin-blocked"),
    ],
)
def test_card_that_is_refused_is_an_error_at_apache(page: Page, site: Apache, card: str, code: str) -> None:
    page.goto(site.page)
    use_card(page, card, PIN)
    assert page.locator('[role="alert"]').get_attribute("data-code") == code
    press(page, "back")
    assert page.url.startswith(f"{site.url}/private/return?error=access_denied")
    assert re.search(rf"access_denied.*{code}", page.content(), re.DOTALL)
    page.goto(site.page)
    assert not page.url.startswith(site.url), "Apache lets somebody in who has not logged in"


def test_person_who_goes_back_is_an_error_at_apache(page: Page, site: Apache) -> None:
    page.goto(site.page)
    press(page, "cancel")
    assert page.url.startswith(f"{site.url}/private/return?error=access_denied")
    assert "cancelled" in page.content()


def test_log_out_ends_the_session_at_apache(page: Page, site: Apache, identity: Identity) -> None:
    log_in(page, site)
    page.goto(site.logout)
    assert page.inner_text("p") == "goodbye"
    page.goto(site.page)
    assert page.url.startswith(identity.url)
