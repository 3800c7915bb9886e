"""The free area as a part of the card image's JSON document, and back; strict like the rest of it.

{"memory": 16384,
 "domains": [{"aid": hex, "keys": {"30": [hex, hex, hex]}, "sequence": 3, "provider_key": hex, "memory": null}],
 "loaded": [{"aid": hex, "block": hex, "domain": hex}],
 "instances": [{"aid": hex, "load_aid": hex, "domain": hex, "locked": false,  (true: by its domain; hex: by the issuer)
   "secrets": {"01": {"value": hex, "tries_left": 3, "limit": 3}},
   "files": {"01": {"data": hex, "records": [hex], "number": 0, "last": hex}}}]}
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from apdu.errors import ApduError
from apdu.layout import card_manager
from apdu.package import MAX_TRIES, MAX_VALUE
from apdu.scp03 import StaticKeys
from cardsim.errors import ImageError
from cardsim.free_area.state import Content, Domain, FreeArea, Instance, Loaded, Secret
from cardsim.symmetric import is_public_key

_T = TypeVar("_T")


def encode_free_area(area: FreeArea) -> dict[str, Any]:
    """The JSON object."""
    return {
        "memory": area.memory,
        "domains": [_domain_to_document(domain) for domain in area.domains.values()],
        "loaded": [
            {"aid": _hex(aid), "block": _hex(loaded.block), "domain": _hex(loaded.domain)}
            for aid, loaded in area.loaded.items()
        ],
        "instances": [_instance_to_document(instance) for instance in area.instances.values()],
    }


def decode_free_area(document: object) -> FreeArea:
    """``ImageError`` for what ``encode_free_area`` never writes."""
    fields = _expect(document, "memory", "domains", "loaded", "instances")
    domains = [_domain(entry) for entry in _list(fields["domains"])]
    loaded = dict(_loaded(entry) for entry in _list(fields["loaded"]))
    instances = [_instance(entry) for entry in _list(fields["instances"])]
    area = FreeArea(
        memory=_number(fields["memory"]),
        domains={domain.aid: domain for domain in domains},
        loaded=loaded,
        instances={instance.aid: instance for instance in instances},
    )
    _require_consistent(area)
    return area


def _require_consistent(area: FreeArea) -> None:
    if card_manager.AID not in area.domains:
        raise ImageError("the free area has no issuer's domain")
    if area.owners - area.domains.keys():
        raise ImageError("something in the free area belongs to a domain that is not there")
    try:
        for instance in area.instances.values():
            package = area.package(instance)
            if set(instance.files) != {file.fid for file in package.files}:
                raise ImageError("an application of the free area has not the files of its package")
            if set(instance.secrets) != {secret.reference for secret in package.secrets}:
                raise ImageError("an application of the free area has not the secrets of its package")
        for loaded in area.loaded.values():
            _ = loaded.package
    except (KeyError, ApduError) as error:
        raise ImageError("a package of the free area is missing or damaged") from error


def _domain_to_document(domain: Domain) -> dict[str, Any]:
    return {
        "aid": _hex(domain.aid),
        "keys": {
            f"{version:02X}": [_hex(keys.enc), _hex(keys.mac), _hex(keys.dek)] for version, keys in domain.keys.items()
        },
        "sequence": domain.sequence,
        "provider_key": _hex(domain.provider_key),
        "memory": domain.memory,
    }


def _domain(document: object) -> Domain:
    fields = _expect(document, "aid", "keys", "sequence", "provider_key", "memory")
    memory, provider_key = fields["memory"], _bytes(fields["provider_key"])
    if provider_key and not is_public_key(provider_key):
        raise ImageError("the provider's key of a domain of the free area is no point of P-256")
    return Domain(
        aid=_bytes(fields["aid"]),
        keys=_table(fields["keys"], _keys),
        sequence=_number(fields["sequence"]),
        provider_key=provider_key,
        memory=None if memory is None else _number(memory),
    )


def _keys(document: object) -> StaticKeys:
    keys = [_bytes(key) for key in _list(document)]
    try:
        enc, mac, dek = keys
        return StaticKeys(enc=enc, mac=mac, dek=dek)
    except ValueError as error:
        raise ImageError("a key set of the free area has not three AES keys") from error


def _loaded(document: object) -> tuple[bytes, Loaded]:
    fields = _expect(document, "aid", "block", "domain")
    return _bytes(fields["aid"]), Loaded(block=_bytes(fields["block"]), domain=_bytes(fields["domain"]))


def _instance_to_document(instance: Instance) -> dict[str, Any]:
    return {
        "aid": _hex(instance.aid),
        "load_aid": _hex(instance.load_aid),
        "domain": _hex(instance.domain),
        "locked": instance.locked if instance.locked_by in (b"", instance.domain) else _hex(instance.locked_by),
        "secrets": {
            f"{number:02X}": {"value": _hex(one.value), "tries_left": one.tries_left, "limit": one.limit}
            for number, one in instance.secrets.items()
        },
        "files": {
            f"{fid:02X}": {
                "data": _hex(one.data),
                "records": [_hex(record) for record in one.records],
                "number": one.number,
                "last": _hex(one.last),
            }
            for fid, one in instance.files.items()
        },
    }


def _instance(document: object) -> Instance:
    fields = _expect(document, "aid", "load_aid", "domain", "locked", "secrets", "files")
    domain, locked = _bytes(fields["domain"]), fields["locked"]
    if isinstance(locked, bool):
        locked_by = domain if locked else b""
    else:
        locked_by = _bytes(locked)
        if locked_by != card_manager.AID:
            raise ImageError("an application of the free area is locked by its domain, by the issuer, or not")
    return Instance(
        aid=_bytes(fields["aid"]),
        load_aid=_bytes(fields["load_aid"]),
        domain=domain,
        locked_by=locked_by,
        secrets=_table(fields["secrets"], _secret),
        files=_table(fields["files"], _content),
    )


def _secret(document: object) -> Secret:
    fields = _expect(document, "value", "tries_left", "limit")
    tries_left, limit = _number(fields["tries_left"]), _number(fields["limit"])
    if not tries_left <= limit <= MAX_TRIES:
        raise ImageError("the tries of a secret of the free area are more than its limit")
    value = _bytes(fields["value"])
    if tries_left and not value:
        raise ImageError("a secret of the free area that has no value has tries left")
    return Secret(value=value, tries_left=tries_left, limit=limit)


def _content(document: object) -> Content:
    fields = _expect(document, "data", "records", "number", "last")
    return Content(
        data=_bytes(fields["data"]),
        records=tuple(_bytes(record) for record in _list(fields["records"])),
        number=_number(fields["number"]),
        last=_bytes(fields["last"]),
    )


def _table(document: object, decode: Callable[[object], _T]) -> dict[int, _T]:
    if not isinstance(document, dict):
        raise ImageError("a table of the free area is no JSON object")
    numbers = [_bytes(name) for name in document]
    if any(len(number) != 1 for number in numbers):
        raise ImageError("the numbers in a table of the free area have two hexadecimal digits")
    return {number[0]: decode(value) for number, value in zip(numbers, document.values(), strict=True)}


def _hex(value: bytes) -> str:
    return value.hex().upper()


def _bytes(value: object) -> bytes:
    try:
        raw = bytes.fromhex(value) if isinstance(value, str) else None
    except ValueError:
        raw = None
    if raw is None or _hex(raw) != value:
        raise ImageError("a content of the free area is not in hexadecimal digits, in capitals")
    return raw


def _number(value: object) -> int:
    if type(value) is not int or not 0 <= value <= MAX_VALUE:
        raise ImageError("a number of the free area is out of range")
    return value


def _list(value: object) -> list[Any]:
    if not isinstance(value, list):
        raise ImageError("a list of the free area is none")
    return value


def _expect(document: object, *names: str) -> dict[str, Any]:
    if not isinstance(document, dict) or set(document) != set(names):
        raise ImageError(f"a part of the free area does not have exactly {', '.join(names)}")
    return document
