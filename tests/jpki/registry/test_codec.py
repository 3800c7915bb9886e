"""Events as JSON: round trips, and everything that is no event."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from jpki.holder import Holder
from jpki.kinds import CaKind
from jpki.reasons import RevocationReason
from jpki.registry.codec import decode_event, encode_event
from jpki.registry.records import (
    CertificateId,
    CertificateIssued,
    CertificatesRevoked,
    Event,
    PersonRegistered,
    SerialAllocated,
)

AT = datetime(2026, 4, 1, 0, 30, tzinfo=UTC)
SIGN_7 = CertificateId(CaKind.SIGN, 7)
AUTH_8 = CertificateId(CaKind.AUTH, 8)
SERIAL = {"event": "serial", "at": "2026-04-01T00:30:00Z", "id": "sign:7"}
REVOCATION = {"event": "revocation", "at": "2026-04-01T00:30:00Z", "ids": ["sign:7", "auth:8"], "reason": "superseded"}

EVENTS = [
    pytest.param(SerialAllocated(id=SIGN_7, at=AT), SERIAL, id="serial"),
    pytest.param(
        CertificateIssued(id=AUTH_8, person_id="p", card="c", certificate_der=b"\x30\x00", at=AT),
        {
            "event": "certificate",
            "at": "2026-04-01T00:30:00Z",
            "id": "auth:8",
            "person": "p",
            "card": "c",
            "certificate": "MAA=",
        },
        id="certificate",
    ),
    pytest.param(
        CertificatesRevoked(ids=(SIGN_7, AUTH_8), reason=RevocationReason.SUPERSEDED, at=AT),
        REVOCATION,
        id="revocation",
    ),
]


@pytest.mark.parametrize(("event", "expected"), EVENTS)
def test_form(event: Event, expected: dict[str, Any]) -> None:
    """The schema of version 1, word for word: files of this schema must load for ever."""
    assert encode_event(event) == expected
    assert decode_event(json.loads(json.dumps(expected))) == event


def test_person(make_holder: Callable[..., Holder]) -> None:
    """The register's own characters are kept; the substitutes stand beside them."""
    holder = make_holder(name="髙橋　花子", substitutes={"髙": "高"})
    event = PersonRegistered(person_id="p", holder=holder, at=AT)
    expected = {
        "event": "person",
        "at": "2026-04-01T00:30:00Z",
        "person": "p",
        "holder": {
            "name": "髙橋　花子",
            "address": "見本県見本市中央一丁目２番３号",
            "prefecture_romaji": "Mihon-ken",
            "municipality_romaji": "Mihon-shi",
            "municipality_code": "99201",
            "birth_date": "419900415",
            "sex": "2",
            "substitutes": {"髙": "高"},
        },
    }
    assert encode_event(event) == expected
    assert decode_event(expected) == event


@pytest.mark.parametrize(
    ("value", "message"),
    [
        pytest.param({}, "'event' is missing", id="empty"),
        pytest.param({"event": 1}, "'event' is no text", id="event-not-text"),
        pytest.param(SERIAL | {"event": "unrevocation"}, "no event 'unrevocation'", id="unknown-event"),
        pytest.param(SERIAL | {"more": 1}, "unexpected 'more'", id="unknown-key"),
        pytest.param({k: v for k, v in SERIAL.items() if k != "id"}, "'id' is missing", id="missing-key"),
        pytest.param(SERIAL | {"at": "2026-04-01T00:30:00+09:00"}, "does not match format", id="other-zone"),
        pytest.param(SERIAL | {"at": "2026-4-1T0:30:0Z"}, "one form", id="moment-without-zeros"),
        pytest.param(SERIAL | {"id": "sign7"}, "CA:serial", id="id-without-colon"),
        pytest.param(SERIAL | {"id": 7}, "CA:serial", id="id-a-number"),
        pytest.param(SERIAL | {"id": "sign:007"}, "one form", id="id-with-zeros"),
        pytest.param(SERIAL | {"id": "sign:-7"}, "CA:serial", id="id-negative"),
        pytest.param(SERIAL | {"id": "sign:７"}, "CA:serial", id="id-full-width"),
        pytest.param(SERIAL | {"id": "root:7"}, "'root'", id="id-of-no-ca"),
        pytest.param(REVOCATION | {"ids": "sign:7"}, "'ids' is no list", id="ids-not-a-list"),
        pytest.param(REVOCATION | {"reason": "removeFromCRL"}, "no reason 'removeFromCRL'", id="lifting-a-hold"),
        pytest.param(
            {"event": "person", "at": SERIAL["at"], "person": "p", "holder": []},
            "object is expected",
            id="holder-a-list",
        ),
        pytest.param(
            {
                "event": "certificate",
                "at": SERIAL["at"],
                "id": "auth:8",
                "person": "p",
                "card": "c",
                "certificate": "M=",
            },
            "base64|padd",
            id="base64-cut",
        ),
    ],
)
def test_refused(value: dict[str, Any], message: str) -> None:
    """What no register writes has a reason why."""
    with pytest.raises(ValueError, match=message):
        decode_event(value)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        pytest.param({"birth_date": "1990"}, "nine digits", id="birth-date"),
        pytest.param({"sex": "female"}, "female", id="sex"),
        pytest.param({"name": ""}, "name is empty", id="name"),
        pytest.param({"address": 3}, "'address' is no text", id="address-a-number"),
        pytest.param({"substitutes": {"髙": 1}}, "no map of characters", id="substitutes"),
        pytest.param({"number": "1"}, "unexpected 'number'", id="unknown-key"),
    ],
)
def test_refused_holder(holder: Holder, change: dict[str, object], message: str) -> None:
    """A holder in the journal is checked as any other."""
    value = encode_event(PersonRegistered(person_id="p", holder=holder, at=AT))
    assert isinstance(value["holder"], dict)
    with pytest.raises(ValueError, match=message):
        decode_event(value | {"holder": value["holder"] | change})
