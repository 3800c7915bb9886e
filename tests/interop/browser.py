"""Debian's Chromium, driven by Playwright, and what a person does at the pages of the authentication app's service."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Response

CHROMIUM = "/usr/bin/chromium"
_ARGUMENTS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
_WAIT_MS = 20_000


@contextlib.contextmanager
def chromium() -> Iterator[Browser]:
    """One process with a profile of its own, which is thrown away."""
    from playwright.sync_api import sync_playwright

    # Not headless by Playwright's own means: those are for a build of its own.
    with (
        sync_playwright() as driver,
        contextlib.closing(
            driver.chromium.launch(executable_path=CHROMIUM, headless=False, args=list(_ARGUMENTS))
        ) as browser,
    ):
        yield browser


@contextlib.contextmanager
def window(browser: Browser) -> Iterator[Page]:
    """A page without cookies of before, whose reader likes English."""
    with contextlib.closing(browser.new_context(locale="en-US")) as context:
        context.set_default_timeout(_WAIT_MS)
        yield context.new_page()


def use_card(page: Page, card: str, pin: str, *, button: str = "use") -> Response:
    """Choose a card of the lab, enter the PIN, press the button; the answer at which that ends."""
    page.check(f'input[name="card"][value="card:{card}"]')
    page.fill("#pin", pin)
    return press(page, button)


def press(page: Page, button: str) -> Response:
    """Press a button of the form, and follow wherever it leads."""
    with page.expect_navigation() as navigation:
        page.click(f'button[name="do"][value="{button}"]')
    response = navigation.value
    assert response is not None
    return response
