"""The counter as JSON: what reaches it, what comes back, and what is refused before it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from cardsim.errors import ProfileError
from jpki.errors import DuplicateEntryError, HolderError, IssueError, RegistryError, UnknownEntryError
from mynalab.errors import CardNameError, CounterArgumentError, LabBrokenError
from mynalab.pki_server.counter import CounterRefusal

AT = datetime(2027, 4, 1, 0, 30, tzinfo=UTC)
PERSON = {"person": "p1"}


def test_operation_is_done_at_the_clock_of_the_lab(client: Any, counter: Any) -> None:
    answer = client.post("/register/move", {**PERSON, "on": "2027-03-31", "holder": {"a": [1]}, "urgent": True})
    assert (answer.status, answer.json) == (200, {"operation": 7})
    assert answer.headers["cache-control"] == "no-store"
    assert counter.done == [("move", {"person": "p1", "on": "2027-03-31", "holder": {"a": [1]}, "urgent": True}, AT)]


def test_operation_without_arguments(client: Any, counter: Any) -> None:
    assert client.post("/register/close", {}).status == 200
    assert counter.done[0][0] == "close"


def test_refusal_has_its_code_and_both_languages(client: Any, counter: Any) -> None:
    counter.answer = CounterRefusal(
        code="registry.lifecycle.deceased", message_en="dead", message_ja="死亡", hint_en="nothing", hint_ja="なし"
    )
    answer = client.post("/register/move", PERSON)
    assert answer.status == 409
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json == {
        "title": "Conflict",
        "status": 409,
        "detail": "dead",
        "detail_ja": "死亡",
        "hint": "nothing",
        "hint_ja": "なし",
        "code": "registry.lifecycle.deceased",
    }


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (UnknownEntryError("no such person"), 404),
        (DuplicateEntryError("there already"), 409),
        (IssueError("it would outlive its CA"), 409),
        (HolderError("no such name"), 422),
        (CardNameError("no such card"), 422),
        (CounterArgumentError("of whom?"), 422),
        (ProfileError("x", ()), 422),
        (RegistryError("locked"), 503),
        (LabBrokenError("a file has gone"), 503),
    ],
    ids=lambda value: type(value).__name__,
)
def test_error_of_the_register_is_told(client: Any, counter: Any, error: Exception, status: int) -> None:
    counter.answer = error
    answer = client.post("/register/move", PERSON)
    assert (answer.status, answer.json["detail"], answer.json["code"]) == (status, str(error), type(error).__name__)


@pytest.mark.parametrize(
    ("document", "field", "detail"),
    [
        ({}, "person", "person is missing"),
        ({"person": 5}, "person", "person has to be of the type string"),
        ({"person": None}, "person", "person has to be of the type string"),
        ({"person": "p\0001"}, "person", "person has to be of the type string"),
        ({**PERSON, "colour": "red"}, "colour", "colour is no argument of move"),
        ({**PERSON, "on": "2027-02-29"}, "on", "on has to be of the type date"),
        ({**PERSON, "on": "20270228"}, "on", "on has to be of the type date"),
        ({**PERSON, "on": 5}, "on", "on has to be of the type date"),
        ({**PERSON, "desk": "kiosk"}, "desk", "desk has to be one of counter, hot-line"),
        ({**PERSON, "copies": 1.0}, "copies", "copies has to be of the type integer"),
        ({**PERSON, "copies": True}, "copies", "copies has to be of the type integer"),
        ({**PERSON, "urgent": 1}, "urgent", "urgent has to be of the type boolean"),
        ({**PERSON, "holder": []}, "holder", "holder has to be of the type object"),
    ],
)
def test_wrong_argument_is_named(client: Any, counter: Any, document: object, field: str, detail: str) -> None:
    answer = client.post("/register/move", document)
    assert (answer.status, answer.json["field"]) == (422, field)
    assert answer.json["detail"].startswith(detail)
    assert counter.done == []


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        (b"", "the body is no JSON"),
        (b"{", "the body is no JSON"),
        (b"\xff", "the body is no JSON"),
        (b"[" * 9_000, "the body is no JSON"),
        (b"[]", "the body has to be a JSON object"),
        (b"5", "the body has to be a JSON object"),
        (b"9" * 9_000, "the body is no JSON"),
        (rb'{"person": "\ud800"}', "the body is no JSON"),
        (rb'{"\ud800": 1}', "the body is no JSON"),
    ],
    ids=["empty", "open", "bytes", "deep", "list", "number", "digits", "half a character", "half of a name"],
)
def test_body_that_is_no_object_is_refused(client: Any, counter: Any, body: bytes, detail: str) -> None:
    answer = client.post("/register/move", body)
    assert answer.status == 400
    assert answer.json["detail"].startswith(detail)
    assert counter.done == []


def test_body_that_is_too_long_is_refused(client: Any, counter: Any) -> None:
    answer = client.post("/register/move", {"person": "x" * 20_000})
    assert (answer.status, answer.headers["connection"]) == (413, "close")
    assert counter.done == []


def test_body_that_does_not_come_is_not_waited_for(client: Any, counter: Any) -> None:
    got = client.raw(
        b"POST /register/move HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        b"Content-Length: 9\r\n\r\n{"
    )
    assert got.startswith(b"HTTP/1.1 408")
    assert counter.done == []


def test_unknown_operation_names_what_there_is(client: Any) -> None:
    answer = client.post("/register/fly", {})
    assert (answer.status, answer.json["hint"]) == (404, "one of move, close")


@pytest.mark.parametrize("kind", ["", "text/plain", "application/x-www-form-urlencoded", "application/json-seq"])
def test_other_types_are_refused(client: Any, counter: Any, kind: str) -> None:
    assert client.post("/register/move", PERSON, Content_Type=kind).status == 415
    assert counter.done == []


@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "127.0.0.1.evil.example", "[::2]", "[", "a]"])
def test_name_that_leads_here_from_elsewhere_is_refused(client: Any, counter: Any, host: str) -> None:
    assert client.post("/register/move", PERSON, Host=host).status == 403
    assert counter.done == []


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "https://127.0.0.1"])
def test_page_of_others_is_refused(client: Any, counter: Any, origin: str) -> None:
    assert client.post("/register/move", PERSON, Origin=origin).status == 403
    assert counter.done == []


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:9", "[::1]:9"])
def test_own_names_are_accepted(client: Any, host: str) -> None:
    assert client.post("/register/move", PERSON, Host=host, Origin=f"http://{host}").status == 200


def test_unsafe_server_heeds_no_name(serve: Callable[..., Any], echo: Any, counter: Any) -> None:
    client = serve(echo, counter=counter, unsafe_any_host=True)
    assert client.post("/register/move", PERSON, Host="lab.example").status == 200


def test_get_is_not_allowed(client: Any) -> None:
    answer = client.ask("/register/move")
    assert (answer.status, answer.headers["allow"]) == (405, "POST")
    assert answer.json["title"] == "Method Not Allowed"


def test_path_below_is_not_there(client: Any) -> None:
    assert client.post("/register/move/on", PERSON).json["status"] == 404


def test_server_without_a_counter_leaves_the_path_to_the_repository(serve: Callable[..., Any], echo: Any) -> None:
    assert serve(echo).post("/register/move", PERSON).body == b"hello"


# --- the document


def test_document_describes_every_operation(client: Any) -> None:
    document = client.ask("/register/openapi.json").json
    assert document["openapi"] == "3.1.0"
    assert list(document["paths"]) == ["/register/move", "/register/close"]
    post = document["paths"]["/register/move"]["post"]
    schema = post["requestBody"]["content"]["application/json"]["schema"]
    assert schema["required"] == ["person"]
    assert schema["additionalProperties"] is False
    assert schema["properties"]["on"] == {"type": "string", "format": "date", "description": "The day. / 異動日"}
    assert schema["properties"]["desk"]["enum"] == ["counter", "hot-line"]


def test_document_names_every_status_that_comes(client: Any) -> None:
    post = client.ask("/register/openapi.json").json["paths"]["/register/close"]["post"]
    assert set(post["responses"]) == {"200", "400", "403", "404", "408", "409", "413", "415", "422", "503"}
