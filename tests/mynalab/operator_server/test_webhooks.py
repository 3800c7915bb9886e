"""Webhooks over HTTP: signed, sent again to whoever was away, looked at and sent once more by hand."""

from __future__ import annotations

import json
import socket
import threading
import time
from base64 import b64decode
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from jpki.rp.operator.notices import DELAYS, Round
from mynalab.errors import LabBrokenError
from mynalab.lab.operator import LabOperator
from mynalab.operator_server import noticing, routes_notices
from mynalab.operator_server.noticing import Noticer, Poster, notice_round
from mynalab.web.webhooks import SIGNATURE_HEADER, check_webhook
from tests.mynalab.operator_server.conftest import Office
from tests.mynalab.operator_server.test_life import code

PATIENCE_S = 20


class Receiver:
    """A business's receiver, on this machine; ``status`` is what it answers."""

    def __init__(self) -> None:
        self.got: list[tuple[str, bytes]] = []
        self.status = 204
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.got.append((self.headers[SIGNATURE_HEADER], body))
                self.send_response(receiver.status)
                self.send_header("Location", f"http://127.0.0.1:{receiver.port}/elsewhere")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}/hook"

    @contextmanager
    def listening(self) -> Iterator[Receiver]:
        thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield self
        finally:
            self.server.shutdown()
            thread.join()
            self.server.server_close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver().listening() as receiver:
        yield receiver


@pytest.fixture
def secret(office: Office, receiver: Receiver) -> bytes:
    """Of a webhook; alice is registered, and has lost her card since."""
    office.on(1)
    made = office.post("webhooks", url=receiver.url)
    assert made.status_code == 201, made.text
    assert office.register("alice").status_code == 201
    office.town.do("lose-card", 2, card="alice")
    office.on(3)
    return b64decode(made.json()["secret"])


def round_of(office: Office) -> Round:
    return notice_round(office.operator, Poster(lambda: office.now), office.now)


def test_a_lost_card_is_told_and_signed(office: Office, receiver: Receiver, secret: bytes) -> None:
    assert round_of(office) == Round(delivered=1)
    ((header, body),) = receiver.got
    assert check_webhook(header, body, secret=secret, now=office.now) is None
    told = json.loads(body)
    assert (told["type"], told["state"], told["reason"]) == ("certificate.held", "HELD", "certificateHold")
    (listed,) = office.http.get("/v1/events").json()["events"]
    assert {name: listed[name] for name in told} == told
    assert listed["deliveries"][0]["last_status"] == 204
    serials = [str(one.id.serial) for one in office.town.register.certificates(card="alice")]
    assert not any(f'"{serial}"' in body.decode() for serial in serials)


@pytest.mark.parametrize("status", [302, 500])
def test_whoever_refuses_hears_it_again(office: Office, receiver: Receiver, secret: bytes, status: int) -> None:
    receiver.status = status
    assert round_of(office) == Round(failed=1)
    receiver.status = 200
    assert round_of(office) == Round()
    office.now += DELAYS[0]
    assert round_of(office) == Round(delivered=1)
    assert len({json.loads(body)["id"] for _, body in receiver.got}) == 1


def test_whoever_is_away_hears_it_later(office: Office) -> None:
    office.on(1)
    away = Receiver()
    office.post("webhooks", url=away.url)
    away.server.server_close()
    office.register("alice")
    office.town.do("lose-card", 2, card="alice")
    office.on(3)
    assert round_of(office) == Round(failed=1)
    (event,) = office.http.get("/v1/events").json()["events"]
    assert event["deliveries"][0]["last_status"] is None


def test_by_hand(office: Office, receiver: Receiver, secret: bytes) -> None:
    round_of(office)
    (event,) = office.http.get("/v1/events").json()["events"]
    again = office.http.post(f"/v1/events/{event['id']}/resend")
    assert again.status_code == 202
    assert round_of(office) == Round(delivered=1)
    assert len(receiver.got) == 2
    assert office.http.get(f"/v1/events/{event['id']}").json()["deliveries"][0]["delivered_at"]
    assert code(office.http.get("/v1/events", params={"before": "0" * 32})) == "event.unknown"
    assert office.http.get("/v1/events", params={"before": event["id"]}).json()["events"] == []


def test_webhooks_are_looked_at_and_removed(office: Office, receiver: Receiver, secret: bytes) -> None:
    (made,) = office.http.get("/v1/webhooks").json()["webhooks"]
    assert made["secret"] is None
    assert office.http.get(f"/v1/webhooks/{made['id']}").json() == made
    assert office.http.delete(f"/v1/webhooks/{made['id']}").status_code == 204
    assert code(office.http.delete(f"/v1/webhooks/{made['id']}")) == "webhook.unknown"
    assert round_of(office) == Round()
    assert receiver.got == []


def test_while_it_serves_a_thread_tells(office: Office, receiver: Receiver, secret: bytes) -> None:
    with Noticer(office.operator, clock=lambda: office.now, interval_s=0.05):
        end = time.monotonic() + PATIENCE_S
        while not receiver.got and time.monotonic() < end:
            time.sleep(0.02)
    assert len(receiver.got) == 1


def test_a_clock_that_was_set_back_sends_nothing_twice(office: Office, receiver: Receiver, secret: bytes) -> None:
    assert round_of(office) == Round(delivered=1)
    office.now -= timedelta(hours=1)
    assert round_of(office) == Round()


def test_a_name_that_nobody_can_ask_for_ends_no_round(
    office: Office, receiver: Receiver, secret: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """getaddrinfo() raises UnicodeError for a label of 64 octets, and for a zone of that length."""
    with monkeypatch.context() as lenient:
        lenient.setattr(noticing, "flaw_of_address", lambda url, **_: None)
        lenient.setattr(routes_notices, "flaw_of_address", lambda url, **_: None)
        assert office.post("webhooks", url=f"http://{'a' * 64}.invalid:9/").status_code == 201
        assert round_of(office) == Round(delivered=1, failed=1)


def test_trouble_of_one_tenant_is_not_the_others(
    office: Office, receiver: Receiver, secret: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.operator.add("another", now=office.now)
    desk = LabOperator.desk

    def troubled(self: LabOperator, tenant: str) -> Any:
        if tenant == "another":
            raise LabBrokenError("its store is gone", hint="")
        return desk(self, tenant)

    monkeypatch.setattr(LabOperator, "desk", troubled)
    assert round_of(office) == Round(delivered=1)


def test_an_answer_that_drips_is_not_waited_for(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(noticing, "_TIMEOUT_S", 1.0)
    office.on(1)
    ended = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:

        def drip() -> None:
            connection = server.accept()[0]
            with connection, suppress(OSError):
                while not ended.wait(0.1):
                    connection.sendall(b"H")

        dripping = threading.Thread(target=drip)
        dripping.start()
        assert office.post("webhooks", url=f"http://127.0.0.1:{server.getsockname()[1]}/").status_code == 201
        office.register("alice")
        office.town.do("lose-card", 2, card="alice")
        office.on(3)
        begun = time.monotonic()
        assert round_of(office) == Round(failed=1)
        took_s = time.monotonic() - begun
        ended.set()
        dripping.join()
    assert took_s < 4


def test_who_does_not_answer_does_not_keep_the_server_from_ending(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(noticing, "_TIMEOUT_S", 1.0)
    office.on(1)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        for number in range(8):
            url = f"http://127.0.0.1:{silent.getsockname()[1]}/{number}"
            assert office.post("webhooks", url=url).status_code == 201
        office.register("alice")
        office.town.do("lose-card", 2, card="alice")
        office.on(3)
        with Noticer(office.operator, clock=lambda: office.now, interval_s=0.01):
            silent.settimeout(PATIENCE_S)
            asked = silent.accept()[0]
            begun = time.monotonic()
        took_s = time.monotonic() - begun
        asked.close()
    assert took_s < 4
