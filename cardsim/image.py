"""The card image as a JSON document (schema 2), and back; strict: nothing unknown, nothing missing.

{"schema": 2, "profile": "C2", "serial": "400000012719843", "life_cycle": "secured",
 "applications": [{"aid": "D392…", "files": {"0006": base64}, "records": {"0001": [base64]},
 "pins": {"0018": {"value": base64, "tries_left": 3, "limit": 3}}, "keys": {"0017": base64},
 "internal": ["001E"], "hidden": {"0006": base64}, "objects": {"0045": base64}}], "free_area": null}

Schema 1 had no ``records``, no ``hidden`` and no ``free_area``: such a card is read as one that has none of them.
"""

from __future__ import annotations

import base64
import binascii
import json
from binascii import b2a_base64
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeVar

from cardsim.errors import ImageError, ImageSchemaError
from cardsim.free_area.document import decode_free_area, encode_free_area
from cardsim.state import MAX_TRIES, ApplicationImage, CardImage, LifeCycle, Pin

SCHEMA: Final = 2
READABLE: Final = (1, 2)
"""Every schema ever released: none may stop loading."""

_APPLICATION_KEYS_1: Final = ("aid", "files", "pins", "keys", "internal", "objects")
_APPLICATION_KEYS: Final = ("aid", "files", "records", "pins", "keys", "internal", "hidden", "objects")

_DOCUMENT: Final = b'{"schema":%d,"profile":%b,"serial":%b,"life_cycle":%b,"applications":[%b],"free_area":%b}\n'
_APPLICATION: Final = (
    b'{"aid":"%b","files":{%b},"records":{%b},"pins":{%b},"keys":{%b},"internal":[%b],"hidden":{%b},"objects":{%b}}'
)
_ENCODER: Final = json.JSONEncoder(separators=(",", ":"))

_T = TypeVar("_T")


def encode_image(image: CardImage) -> bytes:
    """The document, UTF-8, one line and a newline.

    A card writes it at every try of a PIN. Nearly all of it is base64, which needs no escapes: written straight, it
    takes half the time that an encoder needs to find that out.
    """
    free_area = None if image.free_area is None else encode_free_area(image.free_area)
    return _DOCUMENT % (
        SCHEMA,
        _value(image.profile),
        _value(image.serial),
        _value(image.life_cycle.value),
        b",".join([_application_to_json(application) for application in image.applications.values()]),
        _value(free_area),
    )


def decode_image(raw: bytes) -> CardImage:
    """Read a document; ``ImageError`` when it is cut, or says what ``encode_image`` never writes."""
    try:
        document = json.loads(raw, object_pairs_hook=_without_repetition)
    except (ValueError, RecursionError) as error:
        raise ImageError("this is no complete JSON document: half-written, or another kind of file") from error
    if not isinstance(document, dict):
        raise ImageError("a card image is a JSON object")
    schema = document.get("schema")
    if type(schema) is not int or schema not in READABLE:
        raise ImageSchemaError(schema, SCHEMA)
    if schema == 1:
        document = _from_schema_1(document)
    _expect_keys(document, "card image", "schema", "profile", "serial", "life_cycle", "applications", "free_area")
    applications = [_application_from_document(entry) for entry in _list(document["applications"], "applications")]
    if len({application.aid for application in applications}) != len(applications):
        raise ImageError("two applications of the card image have the same AID")
    try:
        life_cycle = LifeCycle(document["life_cycle"])
    except ValueError as error:
        raise ImageError("the life cycle of the card image is unknown") from error
    return CardImage(
        profile=_text(document["profile"], "profile"),
        serial=_text(document["serial"], "serial"),
        life_cycle=life_cycle,
        applications={application.aid: application for application in applications},
        free_area=None if document["free_area"] is None else decode_free_area(document["free_area"]),
    )


def _from_schema_1(document: dict[str, Any]) -> dict[str, Any]:
    """The same card in the words of schema 2; what is wrong with it is left for the strict reader to find."""
    _expect_keys(document, "card image", "schema", "profile", "serial", "life_cycle", "applications")
    applications = [
        {**_expect_keys(entry, "application", *_APPLICATION_KEYS_1), "records": {}, "hidden": {}}
        for entry in _list(document["applications"], "applications")
    ]
    return {**document, "applications": applications, "free_area": None}


def _without_repetition(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """JSON allows a name twice in an object, and readers then differ about the value (RFC 8259 clause 4)."""
    document = dict(pairs)
    if len(document) != len(pairs):
        raise ImageError("a name stands twice in an object of the card image")
    return document


def _application_to_json(application: ApplicationImage) -> bytes:
    return _APPLICATION % (
        application.aid.hex().upper().encode("ascii"),
        _contents(application.files),
        b",".join([b'"%04X":[%b]' % (fid, _records(records)) for fid, records in application.records.items()]),
        b",".join([b'"%04X":%b' % (fid, _pin_to_json(pin)) for fid, pin in application.pins.items()]),
        _contents(application.keys),
        b",".join([b'"%04X"' % fid for fid in sorted(application.internal)]),
        _contents(application.hidden),
        _contents(application.objects),
    )


def _application_from_document(document: object) -> ApplicationImage:
    fields = _expect_keys(document, "application", *_APPLICATION_KEYS)
    try:
        aid = bytes.fromhex(_text(fields["aid"], "aid"))
    except ValueError as error:
        raise ImageError("an AID of the card image is no hexadecimal number") from error
    application = ApplicationImage(
        aid=aid,
        files=_from_table(fields["files"], "files", _from_base64),
        records=_from_table(fields["records"], "records", _records_from_document),
        pins=_from_table(fields["pins"], "pins", _pin_from_document),
        keys=_from_table(fields["keys"], "keys", _from_base64),
        internal=frozenset(_identifier(name) for name in _list(fields["internal"], "internal")),
        hidden=_from_table(fields["hidden"], "hidden", _from_base64),
        objects=_from_table(fields["objects"], "objects", _from_base64),
    )
    every = [
        *application.files,
        *application.records,
        *application.pins,
        *application.keys,
        *application.internal,
    ]
    if len(set(every)) != len(every):
        raise ImageError("an EF id stands twice in an application of the card image")
    return application


def _contents(values: Mapping[int, bytes]) -> bytes:
    return b",".join([b'"%04X":"%b"' % (number, b2a_base64(value, newline=False)) for number, value in values.items()])


def _records(records: tuple[bytes, ...]) -> bytes:
    return b",".join([b'"%b"' % b2a_base64(record, newline=False) for record in records])


def _records_from_document(document: object) -> tuple[bytes, ...]:
    return tuple(_from_base64(record) for record in _list(document, "records"))


def _pin_to_json(pin: Pin) -> bytes:
    return b'{"value":"%b","tries_left":%d,"limit":%d}' % (
        b2a_base64(pin.value, newline=False),
        pin.tries_left,
        pin.limit,
    )


def _pin_from_document(document: object) -> Pin:
    fields = _expect_keys(document, "PIN", "value", "tries_left", "limit")
    tries_left, limit = fields["tries_left"], fields["limit"]
    if type(tries_left) is not int or type(limit) is not int or not 0 <= tries_left <= limit <= MAX_TRIES:
        raise ImageError(f"the tries of a PIN of the card image are not 0 to its limit, at most {MAX_TRIES}")
    return Pin(value=_from_base64(fields["value"]), tries_left=tries_left, limit=limit)


def _from_table(document: object, what: str, decode: Callable[[object], _T]) -> dict[int, _T]:
    if not isinstance(document, dict):
        raise ImageError(f"{what!r} of the card image is no JSON object")
    return {_identifier(name): decode(value) for name, value in document.items()}


def _identifier(name: object) -> int:
    if not isinstance(name, str) or len(name) != 4 or set(name) - set("0123456789ABCDEF"):
        raise ImageError("identifiers in the card image have four hexadecimal digits, in capitals")
    return int(name, 16)


def _value(value: object) -> bytes:
    return _ENCODER.encode(value).encode("ascii")


def _from_base64(value: object) -> bytes:
    try:
        return base64.b64decode(_text(value, "content"), validate=True)
    except binascii.Error as error:
        raise ImageError("a content of the card image is no base64") from error
    except ValueError as error:
        raise ImageError("a content of the card image is not ASCII") from error


def _text(value: object, what: str) -> str:
    if not isinstance(value, str):
        raise ImageError(f"{what!r} of the card image is no text")
    return value


def _list(value: object, what: str) -> list[Any]:
    if not isinstance(value, list):
        raise ImageError(f"{what!r} of the card image is no list")
    return value


def _expect_keys(document: object, what: str, *names: str) -> dict[str, Any]:
    if not isinstance(document, dict) or set(document) != set(names):
        raise ImageError(f"the {what} does not have exactly {', '.join(names)}")
    return document
