"""The story in a real browser: open, log in, move, be told, fetch the address, lose the card, be refused."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from mynalab.bank.running import running_bank
from mynalab.lab.lab import Lab
from tests.interop.browser import CHROMIUM, chromium, use_card, window
from tests.mynalab.bank.conftest import ANYWHERE, ENTRY, NEW_ADDRESS, Branch, LabTime
from tests.mynalab.lab.town import PASSWORD, PIN

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.real_part(CHROMIUM)
SOON_S = 0.2


@pytest.fixture
def telling(bank_lab: Lab) -> Iterator[Branch]:
    """A branch whose operator tells of changes at once."""
    time = LabTime()
    with running_bank(bank_lab, ANYWHERE, clock=time, notice_interval_s=SOON_S) as running:
        yield Branch(bank_lab, time, running)


@pytest.fixture
def page(telling: Branch) -> Iterator[Page]:
    """A browser that would complain of whatever the pages' policy blocks."""
    with chromium() as browser, window(browser) as page:
        complaints: list[str] = []
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        yield page
        assert [one for one in complaints if "favicon" not in one and "404" not in one and "403" not in one] == []


def open_account(page: Page, url: str, **changed: str) -> None:
    page.goto(url)
    page.click('a[href="/open"]')
    for field, value in {**ENTRY, **changed}.items():
        if field == "sex":
            page.select_option("#sex", value)
        else:
            page.fill(f"#{field}", value)
    page.click('form[action="/open"] button')
    page.click('form[action="/paper"] button')
    use_card(page, "alice", PASSWORD)


def log_in(page: Page, url: str) -> None:
    page.goto(url)
    page.click('form[action="/log-in"] button')
    use_card(page, "alice", PIN)


def test_account_is_opened_and_logged_in_to(telling: Branch, page: Page) -> None:
    open_account(page, telling.url)
    assert page.url == f"{telling.url}/result"
    assert page.get_attribute('tr[data-field="address"]', "data-outcome") == "differs-in-form"
    page.click('form[action="/log-in"] button')
    use_card(page, "alice", PIN)
    assert page.url == f"{telling.url}/account"
    page.click("a.language")
    assert page.get_attribute("html", "lang") == "ja"
    page.click('form[action="/log-out"] button')
    page.goto(f"{telling.url}/account")
    assert page.url == f"{telling.url}/"


def test_entry_that_differs_is_shown_field_by_field(telling: Branch, page: Page) -> None:
    open_account(page, telling.url, name="見本 太郎")
    assert page.get_attribute("[data-code]", "data-code") == "bank.entry.differs"
    assert page.get_attribute('tr[data-field="name"]', "data-outcome") == "differs"


def test_lost_card_is_refused_with_the_reason(telling: Branch, page: Page) -> None:
    open_account(page, telling.url)
    log_in(page, telling.url)
    telling.town("lose-card", 2, card="alice")
    telling.on(3)
    log_in(page, telling.url)
    page.click('button[value="back"]')
    assert page.get_attribute("[data-code]", "data-code") == "app.certificate-held"


def test_move_is_told_and_the_latest_address_fetched(telling: Branch, page: Page) -> None:
    open_account(page, telling.url)
    log_in(page, telling.url)
    page.click('form[action="/account/consent"] button')
    page.click('form[action="/paper"] button')
    use_card(page, "alice", PASSWORD)
    assert page.is_visible('[data-consent="stands"]')
    telling.town("move", 1.001, card="alice", address=NEW_ADDRESS)
    telling.town("sign-anew", 1.002, card="alice")
    telling.on(2)
    log_in(page, telling.url)
    assert page.get_attribute("[data-ask]", "data-ask") == "latest-attributes"
    page.click('.notice form[action="/account/latest"] button')
    assert page.inner_text("[data-address]") == NEW_ADDRESS
    assert not page.is_visible("[data-ask]")


def test_pages_work_without_scripts(telling: Branch) -> None:
    with chromium() as browser:
        context = browser.new_context(java_script_enabled=False, locale="ja-JP")
        page = context.new_page()
        open_account(page, telling.url)
        assert page.is_visible("[data-number]")
        context.close()
