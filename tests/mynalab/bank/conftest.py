"""The bank of a lab with its operator and the app's service, and a customer with a browser and a card."""

from __future__ import annotations

import html
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from mynalab.bank.running import Places, Running, running_bank
from mynalab.lab.lab import Lab
from mynalab.lab.operator import LabOperator
from mynalab.lab.register import open_register
from mynalab.operator_server.noticing import Poster, notice_round
from tests.mynalab.conftest import NOW
from tests.mynalab.lab.town import PASSWORD, PIN, Town

ANYWHERE = Places(port=0, operator_port=0, app_port=0)
NEVER_S = 3600.0
ENTRY = {"name": "見本 花子", "address": "見本県見本市中央1-2-3", "birth_date": "1990-04-15", "sex": "女"}
NEW_ADDRESS = "見本県見本市港町五丁目４番３号"


@dataclass
class LabTime:
    """A clock that a test sets."""

    now: datetime = NOW + timedelta(days=1)

    def __call__(self) -> datetime:
        return self.now


@dataclass
class Branch:
    """The bank at work, in a town."""

    lab: Lab
    time: LabTime
    running: Running

    @property
    def url(self) -> str:
        return self.running.url

    @property
    def bank(self) -> Any:
        return self.running.bank

    def town(self, operation: str, day: float, **arguments: str) -> None:
        """Something is done at the counter, so many days after the lab began; the clock is put there."""
        with open_register(self.lab) as register:
            Town(self.lab, register).do(operation, day, **arguments)
        self.on(day)

    def on(self, day: float) -> None:
        self.time.now = NOW + timedelta(days=day)

    def tell(self) -> int:
        """The operator looks for changes and tells of them; how many notices were taken."""
        with LabOperator(self.lab) as operator:
            return notice_round(operator, Poster(self.time), self.time()).delivered


@dataclass
class Customer:
    """A person at a browser that follows nothing by itself."""

    branch: Branch
    http: httpx.Client = field(default_factory=lambda: httpx.Client(headers={"Accept-Language": "en"}, verify=False))

    def look(self, path: str) -> httpx.Response:
        return self.http.get(self.branch.url + path)

    def press(self, page: httpx.Response, action: str, **fields: str) -> httpx.Response:
        """The form of this action is sent from the page."""
        assert f'action="{action}"' in page.text, page.text
        token = re.search(r'name="csrf" value="([^"]+)"', page.text)
        assert token is not None
        return self.http.post(self.branch.url + action, data={"csrf": token[1], **fields})

    def follow(self, answer: httpx.Response) -> httpx.Response:
        """Where a redirect leads within the bank."""
        assert answer.status_code == 303, answer.text
        where = answer.headers["location"]
        assert where.startswith("/"), where
        return self.look(where)

    def at_app(self, address: str, *, card: str = "alice", pin: str = PIN, do: str = "use") -> str:
        """The service's page: the card is used; where the browser is sent back to."""
        page = self.http.get(address)
        hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page.text))
        action = re.search(r'action="([^"]+)"', page.text)
        assert action is not None, page.text
        service = "{0.scheme}://{0.netloc}".format(urlsplit(address))
        fields = {"do": do, "card": f"card:{card}", "pin": pin}
        answer = self.http.post(service + action[1], data={**hidden, **fields})
        if answer.status_code == 200:  # the service's own page says why not
            hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', answer.text))
            answer = self.http.post(service + action[1], data={**hidden, "do": "back"})
        return str(answer.headers["location"])

    def apply(self, **entry: str) -> httpx.Response:
        """The form is filled in; the page with the text to be signed."""
        return self.follow(self.press(self.look("/open"), "/open", **{**ENTRY, **entry}))

    def sign(self, page: httpx.Response, **use: str) -> httpx.Response:
        """What the page shows is signed; the page that comes of it."""
        address = self.press(page, "/paper").headers["location"]
        return self.follow(self.http.get(self.at_app(address, **{"pin": PASSWORD, **use})))

    def open(self, **entry: str) -> httpx.Response:
        """All of an account opening."""
        return self.sign(self.apply(**entry))

    def log_in(self, **use: str) -> httpx.Response:
        """All of a log-in, at a browser that has forgotten who was here."""
        self.http.cookies.clear()
        address = self.press(self.look("/"), "/log-in").headers["location"]
        return self.follow(self.http.get(self.at_app(address, **use)))


def code_of(page: httpx.Response) -> str:
    """Of a refusal."""
    found = re.search(r'data-code="([^"]+)"', page.text)
    assert found is not None, page.text
    return found[1]


def asks_of(page: httpx.Response) -> list[str]:
    """What an account's page asks of its holder."""
    return re.findall(r'data-ask="([^"]+)"', page.text)


def outcomes_of(page: httpx.Response) -> dict[str, str]:
    """Of a comparison."""
    return dict(re.findall(r'data-field="(\w+)" data-outcome="([\w-]+)"', page.text))


def text_of(page: httpx.Response) -> str:
    """What a person reads."""
    return html.unescape(re.sub(r"<[^>]+>", "", page.text))


@pytest.fixture(scope="session")
def _bank_template(_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A lab whose bank has been open once: its keys, which take longest, are there."""
    directory = tmp_path_factory.mktemp("bank") / "lab"
    shutil.copytree(_template, directory)
    with running_bank(Lab.open(directory), ANYWHERE, clock=LabTime(), notice_interval_s=NEVER_S):
        pass
    return directory


@pytest.fixture
def bank_lab(_bank_template: Path, tmp_path: Path) -> Lab:
    directory = tmp_path / "bank-lab"
    shutil.copytree(_bank_template, directory)
    return Lab.open(directory)


@pytest.fixture
def branch(bank_lab: Lab) -> Iterator[Branch]:
    time = LabTime()
    with running_bank(bank_lab, ANYWHERE, clock=time, notice_interval_s=NEVER_S) as running:
        yield Branch(bank_lab, time, running)


@pytest.fixture
def visitor(branch: Branch) -> Iterator[Callable[[], Customer]]:
    """Somebody at a new browser."""
    with ExitStack() as stack:

        def come() -> Customer:
            customer = Customer(branch)
            stack.callback(customer.http.close)
            return customer

        yield come


@pytest.fixture
def customer(visitor: Callable[[], Customer]) -> Customer:
    return visitor()


@pytest.fixture
def holder(customer: Customer) -> Customer:
    """Whoever has an account, and is logged in."""
    assert customer.open().status_code == 200
    assert "Log out" in customer.log_in().text
    return customer
