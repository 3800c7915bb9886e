"""Events as JSON objects and back. Strict: every key expected, none besides, every value in its one form."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from jpki.kinds import CaKind
from jpki.reasons import RevocationReason
from jpki.registry.holders import JsonObject, JsonReader, decode_holder, encode_holder
from jpki.registry.records import (
    CertificateId,
    CertificateIssued,
    CertificatesRevoked,
    Event,
    PersonRegistered,
    SerialAllocated,
)

_MOMENT = "%Y-%m-%dT%H:%M:%SZ"


def encode_event(event: Event) -> JsonObject:
    """The JSON object of an event."""
    match event:
        case PersonRegistered():
            body: JsonObject = {"person": event.person_id, "holder": encode_holder(event.holder)}
        case SerialAllocated():
            body = {"id": _encode_id(event.id)}
        case CertificateIssued():
            body = {
                "id": _encode_id(event.id),
                "person": event.person_id,
                "card": event.card,
                "certificate": base64.b64encode(event.certificate_der).decode("ascii"),
            }
        case CertificatesRevoked():
            body = {"ids": [_encode_id(id_) for id_ in event.ids], "reason": event.reason.rfc_name}
    return {"event": _NAMES[type(event)], "at": event.at.astimezone(UTC).strftime(_MOMENT), **body}


def decode_event(value: JsonObject) -> Event:
    """Read an event; ``ValueError`` says what is wrong with it."""
    reader = JsonReader(value)
    name = reader.text("event")
    if name not in _DECODERS:
        raise ValueError(f"there is no event {name!r}")
    event = _DECODERS[name](reader, _decode_moment(reader.text("at")))
    reader.finish()
    if encode_event(event) != value:
        raise ValueError("a value is not written in its one form")
    return event


def _decode_moment(text: str) -> datetime:
    return datetime.strptime(text, _MOMENT).replace(tzinfo=UTC)


def _encode_id(id_: CertificateId) -> str:
    return f"{id_.kind.value}:{id_.serial}"


def _decode_id(value: object) -> CertificateId:
    kind, colon, serial = value.partition(":") if isinstance(value, str) else ("", "", "")
    if not colon or not (serial.isascii() and serial.isdigit()):
        raise ValueError("a certificate is written as CA:serial")
    return CertificateId(CaKind(kind), int(serial))


def _decode_person(reader: JsonReader, at: datetime) -> Event:
    return PersonRegistered(person_id=reader.text("person"), holder=decode_holder(reader.take("holder")), at=at)


def _decode_serial(reader: JsonReader, at: datetime) -> Event:
    return SerialAllocated(id=_decode_id(reader.take("id")), at=at)


def _decode_certificate(reader: JsonReader, at: datetime) -> Event:
    return CertificateIssued(
        id=_decode_id(reader.take("id")),
        person_id=reader.text("person"),
        card=reader.text("card"),
        certificate_der=base64.b64decode(reader.text("certificate"), validate=True),
        at=at,
    )


def _decode_revocation(reader: JsonReader, at: datetime) -> Event:
    ids = tuple(_decode_id(id_) for id_ in reader.items("ids"))
    return CertificatesRevoked(ids=ids, reason=_decode_reason(reader.text("reason")), at=at)


def _decode_reason(name: str) -> RevocationReason:
    for reason in RevocationReason:
        if reason.rfc_name == name:
            return reason
    raise ValueError(f"there is no reason {name!r}")


_NAMES: Mapping[type[Event], str] = {
    PersonRegistered: "person",
    SerialAllocated: "serial",
    CertificateIssued: "certificate",
    CertificatesRevoked: "revocation",
}
_DECODERS: Mapping[str, Callable[[JsonReader, datetime], Event]] = {
    "person": _decode_person,
    "serial": _decode_serial,
    "certificate": _decode_certificate,
    "revocation": _decode_revocation,
}
