"""Events as JSON objects and back. Strict: every key expected, none besides, every value in its one form."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import TypeAlias

from jpki.attributes import Sex
from jpki.birthdate import BirthDate
from jpki.errors import HolderError
from jpki.holder import Holder
from jpki.kinds import CaKind
from jpki.reasons import RevocationReason
from jpki.registry.records import (
    CertificateId,
    CertificateIssued,
    CertificatesRevoked,
    Event,
    PersonRegistered,
    SerialAllocated,
)

JsonObject: TypeAlias = dict[str, object]

_MOMENT = "%Y-%m-%dT%H:%M:%SZ"


def encode_event(event: Event) -> JsonObject:
    """The JSON object of an event."""
    match event:
        case PersonRegistered():
            body: JsonObject = {"person": event.person_id, "holder": _encode_holder(event.holder)}
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
    reader = _Reader(value)
    name = reader.text("event")
    if name not in _DECODERS:
        raise ValueError(f"there is no event {name!r}")
    event = _DECODERS[name](reader, _decode_moment(reader.text("at")))
    reader.finish()
    if encode_event(event) != value:
        raise ValueError("a value is not written in its one form")
    return event


class _Reader:
    """Takes the values out of a JSON object, each once and each of the type expected."""

    def __init__(self, value: object) -> None:
        if not isinstance(value, dict):
            raise ValueError("an object is expected")
        self._left: JsonObject = dict(value)

    def take(self, key: str) -> object:
        if key not in self._left:
            raise ValueError(f"{key!r} is missing")
        return self._left.pop(key)

    def text(self, key: str) -> str:
        value = self.take(key)
        if not isinstance(value, str):
            raise ValueError(f"{key!r} is no text")
        return value

    def items(self, key: str) -> list[object]:
        value = self.take(key)
        if not isinstance(value, list):
            raise ValueError(f"{key!r} is no list")
        return value

    def finish(self) -> None:
        if self._left:
            raise ValueError(f"unexpected {', '.join(sorted(map(repr, self._left)))}")


def _decode_moment(text: str) -> datetime:
    return datetime.strptime(text, _MOMENT).replace(tzinfo=UTC)


def _encode_id(id_: CertificateId) -> str:
    return f"{id_.kind.value}:{id_.serial}"


def _decode_id(value: object) -> CertificateId:
    kind, colon, serial = value.partition(":") if isinstance(value, str) else ("", "", "")
    if not colon or not (serial.isascii() and serial.isdigit()):
        raise ValueError("a certificate is written as CA:serial")
    return CertificateId(CaKind(kind), int(serial))


_HOLDER_TEXTS = ("name", "address", "prefecture_romaji", "municipality_romaji", "municipality_code")


def _encode_holder(holder: Holder) -> JsonObject:
    texts: JsonObject = {key: getattr(holder, key) for key in _HOLDER_TEXTS}
    return {
        **texts,
        "birth_date": holder.birth_date.encode(),
        "sex": holder.sex.value,
        "substitutes": dict(sorted(holder.substitutes.items())),
    }


def _decode_holder(value: object) -> Holder:
    reader = _Reader(value)
    texts = {key: reader.text(key) for key in _HOLDER_TEXTS}
    birth_date, sex = reader.text("birth_date"), reader.text("sex")
    substitutes = reader.take("substitutes")
    reader.finish()
    if not isinstance(substitutes, dict) or not all(isinstance(chosen, str) for chosen in substitutes.values()):
        raise ValueError("'substitutes' is no map of characters")
    try:
        return Holder(birth_date=BirthDate.decode(birth_date), sex=Sex(sex), substitutes=substitutes, **texts)
    except HolderError as error:
        raise ValueError(str(error)) from error


def _decode_person(reader: _Reader, at: datetime) -> Event:
    return PersonRegistered(person_id=reader.text("person"), holder=_decode_holder(reader.take("holder")), at=at)


def _decode_serial(reader: _Reader, at: datetime) -> Event:
    return SerialAllocated(id=_decode_id(reader.take("id")), at=at)


def _decode_certificate(reader: _Reader, at: datetime) -> Event:
    return CertificateIssued(
        id=_decode_id(reader.take("id")),
        person_id=reader.text("person"),
        card=reader.text("card"),
        certificate_der=base64.b64decode(reader.text("certificate"), validate=True),
        at=at,
    )


def _decode_revocation(reader: _Reader, at: datetime) -> Event:
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
_DECODERS: Mapping[str, Callable[[_Reader, datetime], Event]] = {
    "person": _decode_person,
    "serial": _decode_serial,
    "certificate": _decode_certificate,
    "revocation": _decode_revocation,
}
