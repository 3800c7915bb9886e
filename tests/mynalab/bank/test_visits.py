"""Forms of others, answers of others, cookies and headers: what the bank's addresses do with strangers."""

from __future__ import annotations

import re
from collections.abc import Callable
from threading import Thread
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import pytest

from mynalab.bank.sessions import COOKIE
from tests.mynalab.bank.conftest import Branch, Customer, code_of
from tests.mynalab.lab.town import PIN

FORMS = (
    *("/open", "/paper", "/log-in", "/log-out"),
    *("/account/consent", "/account/renew", "/account/withdraw", "/account/latest", "/account/close"),
)


def callback_of(customer: Customer) -> str:
    """A log-in up to the way back, which the browser has not gone yet."""
    address = customer.press(customer.look("/"), "/log-in").headers["location"]
    return customer.at_app(address, pin=PIN)


def code_after(answer: httpx.Response, customer: Customer) -> str:
    """Of the page to which the callback leads."""
    return code_of(customer.follow(answer))


@pytest.mark.parametrize("path", FORMS)
@pytest.mark.parametrize("token", [None, "é" * 43], ids=["missing", "wrong"])
def test_form_without_the_pages_token(holder: Customer, path: str, token: str | None) -> None:
    fields = {} if token is None else {"csrf": token}
    refused = holder.http.post(holder.branch.url + path, data=fields)
    assert (refused.status_code, code_of(refused)) == (403, "bank.form.expired")
    assert holder.look("/account").status_code == 200


@pytest.mark.parametrize("path", FORMS)
def test_token_of_another_browser(visitor: Callable[[], Customer], path: str) -> None:
    theirs = re.search(r'name="csrf" value="([^"]+)"', visitor().look("/").text)
    assert theirs is not None
    victim = visitor()
    victim.look("/")
    refused = victim.http.post(victim.branch.url + path, data={"csrf": theirs[1]})
    assert (refused.status_code, code_of(refused)) == (403, "bank.form.expired")


def test_every_form_has_a_token(holder: Customer) -> None:
    for path in ("/", "/open", "/account"):
        page = holder.look(path).text
        assert page.count("<form") == len(re.findall(r'<input type="hidden" name="csrf" value="[\w-]{43}">', page))


def test_callback_works_once(customer: Customer) -> None:
    customer.open()
    back = callback_of(customer)
    assert customer.http.get(back).headers["location"] == "/account"
    assert customer.http.get(back).headers["location"] == "/result"
    assert code_of(customer.look("/result")) == "bank.callback.unknown"


def test_callback_is_for_the_browser_that_asked(visitor: Callable[[], Customer]) -> None:
    """Log-in CSRF: the answer to the attacker's request is brought to the victim's browser."""
    attacker, victim = visitor(), visitor()
    attacker.open()
    victim.look("/")
    assert code_after(victim.http.get(callback_of(attacker)), victim) == "bank.callback.unknown"
    assert victim.look("/account").headers["location"] == "/"


@pytest.mark.parametrize(
    "change",
    [{"state": "other"}, {"state": ""}, {"state": None}],
    ids=["other", "empty", "missing"],
)
def test_callback_of_another_state(customer: Customer, change: dict[str, str | None]) -> None:
    customer.open()
    back = urlsplit(callback_of(customer))
    fields = {**{name: values[0] for name, values in parse_qs(back.query).items()}, **change}
    query = urlencode({name: value for name, value in fields.items() if value is not None})
    answer = customer.http.get(f"{customer.branch.url}/callback?{query}")
    assert code_after(answer, customer) == "bank.callback.unknown"


def test_callback_with_a_parameter_twice(customer: Customer) -> None:
    customer.open()
    back = callback_of(customer)
    assert code_after(customer.http.get(f"{back}&code=other"), customer) == "bank.callback.unknown"


def test_callback_of_another_issuer(customer: Customer) -> None:
    customer.open()
    back = callback_of(customer)
    answer = customer.http.get(f"{back}&{urlencode({'iss': 'https://other.example'})}")
    assert code_after(answer, customer) == "bank.callback.other-issuer"


def test_code_of_another_request(visitor: Callable[[], Customer]) -> None:
    """Code injection: PKCE and the nonce bind a code to the browser that asked."""
    attacker, victim = visitor(), visitor()
    attacker.open()
    stolen = parse_qs(urlsplit(callback_of(attacker)).query)["code"][0]
    mine = parse_qs(urlsplit(callback_of(victim)).query)
    query = urlencode({"code": stolen, "state": mine["state"][0]})
    answer = victim.http.get(f"{victim.branch.url}/callback?{query}")
    assert code_after(answer, victim) == "bank.token.refused"


def test_callback_comes_too_late(branch: Branch, customer: Customer) -> None:
    customer.open()
    back = callback_of(customer)
    branch.on(1 + 11 / 1440)
    assert code_after(customer.http.get(back), customer) == "bank.callback.unknown"


def test_twenty_callbacks_at_once_log_in_once(customer: Customer) -> None:
    customer.open()
    back = callback_of(customer)
    cookies = {COOKIE: customer.http.cookies[COOKIE]}
    led: list[str] = []

    def come() -> None:
        led.append(httpx.get(back, cookies=cookies).headers["location"])

    threads = [Thread(target=come) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert led.count("/account") == 1


@pytest.mark.parametrize("name", ["next", "redirect", "return_to", "url"])
def test_nobody_is_sent_elsewhere(customer: Customer, name: str) -> None:
    customer.open()
    elsewhere = {name: "https://evil.example/"}
    asked = customer.http.post(
        customer.branch.url + "/log-in",
        params=elsewhere,
        data={
            "csrf": re.findall(r'name="csrf" value="([^"]+)"', customer.look("/").text)[0],
            **elsewhere,
        },
    )
    assert "evil" not in asked.headers["location"]
    back = customer.at_app(asked.headers["location"], pin=PIN)
    assert customer.http.get(f"{back}&{urlencode(elsewhere)}").headers["location"] == "/account"


@pytest.mark.parametrize("path", ["//evil.example/", "/%2F/evil.example", "/\\evil.example"])
def test_strange_paths_lead_nowhere(customer: Customer, path: str) -> None:
    answer = customer.http.get(customer.branch.url + path)
    assert answer.status_code == 404
    assert "evil" not in answer.headers.get("location", "")


def test_other_name_of_this_machine_leads_to_the_registered_one(branch: Branch) -> None:
    port = urlsplit(branch.url).port
    answer = httpx.get(f"{branch.url}/account", headers={"Host": f"localhost:{port}"})
    assert (answer.status_code, answer.headers["location"]) == (303, f"{branch.url}/")


def test_name_of_another_machine_is_refused(branch: Branch) -> None:
    assert httpx.get(branch.url, headers={"Host": "evil.example"}).status_code == 403


def test_session_that_somebody_planted_is_not_taken_over(branch: Branch) -> None:
    planted = "A" * 43
    assert planted not in httpx.get(branch.url, cookies={COOKIE: planted}).headers["set-cookie"]


def test_cookie_is_out_of_reach(customer: Customer) -> None:
    given = customer.look("/").headers["set-cookie"]
    assert "HttpOnly" in given
    assert "SameSite=lax" in given
    assert "Domain" not in given


@pytest.mark.parametrize("path", ["/", "/open", "/result", "/paper", "/account"])
def test_pages_have_the_headers(customer: Customer, path: str) -> None:
    headers = customer.look(path).headers
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script" not in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["cache-control"] == "no-store"
    assert headers["x-content-type-options"] == "nosniff"


def test_pages_need_no_script_and_nothing_from_elsewhere(holder: Customer) -> None:
    for path in ("/", "/open", "/account"):
        page = holder.look(path).text
        assert "<script" not in page
        assert "style=" not in page
        assert re.findall(r'(?:src|href)="https?:', page) == []


def test_what_was_entered_is_escaped(customer: Customer) -> None:
    page = customer.apply(name="<b>&\"'")
    assert "<b>" not in page.text
    assert "&lt;b&gt;" in page.text


def test_language_is_switched_and_stays(customer: Customer) -> None:
    assert '<html lang="en">' in customer.look("/").text
    assert '<html lang="ja">' in customer.look("/?lang=ja").text
    assert '<html lang="ja">' in customer.look("/open").text
    assert '<html lang="ja">' in customer.look("/open?lang=xx").text


def test_long_body_is_refused(customer: Customer) -> None:
    assert customer.http.post(customer.branch.url + "/open", data={"name": "x" * 70_000}).status_code == 413


def test_files_are_not_taken(customer: Customer) -> None:
    sent = customer.http.post(customer.branch.url + "/open", files={"name": b"x"}, data={"csrf": "x"})
    assert sent.status_code in (400, 403)
