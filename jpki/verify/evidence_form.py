"""The form of an evidence record: canonical JSON, version 1, sealed.

Canonical: UTF-8, keys sorted, no space between, integers alone for numbers, so that one record has one encoding; a
reader refuses every other. That is RFC 8785 for the values that stand here. Bytes are base64, hashes and key
identifiers hex, moments ISO 8601 in UTC, durations whole seconds.

The seal is over all the rest: HMAC-SHA-256 with the caller's key, or a SHA-256 that shows damage and no forger.
"""

from __future__ import annotations

import hmac
import json
from base64 import b64decode, b64encode
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Final

FORMAT: Final = "mynalab-evidence"
VERSION: Final = 1
MAX_RECORD_SIZE: Final = 128 * 1024 * 1024
"""Ours: a nation's list, 37 MB, may stand in a record in base64; there are better places for it."""

_HASH, _HMAC = "sha-256", "hmac-sha-256"


class EvidenceFormError(ValueError):
    """The bytes are no record. Whoever reads it makes it a finding."""


class Fields:
    """A JSON object whose members have to be there and of the right type."""

    def __init__(self, raw: object, known: Iterable[str] = ()) -> None:
        if not isinstance(raw, dict):
            raise EvidenceFormError("an object is missing")
        unknown = set(raw) - set(known) if known else set()
        if unknown:
            raise EvidenceFormError(f"unknown members: {', '.join(sorted(unknown))}")
        self._raw = raw

    def of(self, name: str, *types: type) -> Any:
        """The member, which has one of these types; true and false are no integers."""
        value = self._raw.get(name)
        if type(value) not in types:
            raise EvidenceFormError(f"{name!r} is missing or of the wrong type")
        return value

    def __contains__(self, name: object) -> bool:
        return name in self._raw

    def text(self, name: str) -> str:
        """A string."""
        return str(self.of(name, str))

    def optional(self, name: str) -> str | None:
        """A string or null."""
        value: str | None = self.of(name, str, type(None))
        return value

    def moment(self, name: str) -> datetime:
        """A moment in UTC."""
        try:
            moment = datetime.fromisoformat(self.text(name))
        except ValueError as error:
            raise EvidenceFormError(f"{name!r} is no moment") from error
        if moment.tzinfo is None:
            raise EvidenceFormError(f"{name!r} has no time zone")
        return moment

    def data(self, name: str) -> bytes | None:
        """Bytes in base64, or null."""
        text = self.optional(name)
        return None if text is None else _decoded(text, name)

    def digest(self, name: str) -> bytes:
        """Bytes in hex."""
        try:
            return bytes.fromhex(self.text(name))
        except ValueError as error:
            raise EvidenceFormError(f"{name!r} is not in hex") from error

    def seconds(self, name: str) -> timedelta | None:
        """A duration, or null."""
        value: int | None = self.of(name, int, type(None))
        if value is not None and not 0 <= value < 2**31:
            raise EvidenceFormError(f"{name!r} is no duration")
        return None if value is None else timedelta(seconds=value)

    def objects(self, name: str) -> list[Fields]:
        """A list of objects."""
        return [Fields(each) for each in self.of(name, list)]

    def object(self, name: str) -> Fields:
        """An object."""
        return Fields(self.of(name, dict))


def _decoded(text: str, name: str) -> bytes:
    try:
        return b64decode(text, validate=True)
    except ValueError as error:
        raise EvidenceFormError(f"{name!r} is not in base64") from error


def encoded(content: bytes | None) -> str | None:
    """Bytes as records have them."""
    return None if content is None else b64encode(content).decode("ascii")


def canonical(record: Mapping[str, Any]) -> bytes:
    """The one encoding of a record."""
    return json.dumps(record, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def sealed(record: Mapping[str, Any], key: bytes | None) -> bytes:
    """The record with its seal."""
    algorithm = _HASH if key is None else _HMAC
    return canonical({**record, "seal": {"algorithm": algorithm, "value": _seal(record, algorithm, key)}})


def opened(raw: bytes) -> dict[str, Any]:
    """The record with its seal, unchecked; ``EvidenceFormError`` for whatever is not canonical or not of this form."""
    if len(raw) > MAX_RECORD_SIZE:
        raise EvidenceFormError(f"a record of {len(raw)} bytes, {MAX_RECORD_SIZE} are read")
    try:
        record: dict[str, Any] = json.loads(raw)
        is_canonical = isinstance(record, dict) and canonical(record) == raw
    except (ValueError, RecursionError) as error:
        raise EvidenceFormError("no JSON in UTF-8") from error
    if not is_canonical:
        raise EvidenceFormError("not canonical")
    if record.get("format") != FORMAT:
        raise EvidenceFormError("another format")
    if type(record.get("version")) is not int or record["version"] != VERSION:
        raise EvidenceFormError(f"a version other than {VERSION}")
    return record


def seal_holds(record: Mapping[str, Any], key: bytes | None) -> bool | None:
    """Whether the seal is right; None when it was made with a key and none is given to check it with.

    With a key, a seal that was made without one is wrong: anybody could have made it.
    """
    rest = {name: value for name, value in record.items() if name != "seal"}
    seal = Fields(record.get("seal"))
    algorithm = seal.text("algorithm")
    if key is None and algorithm == _HMAC:
        return None
    if algorithm != (_HASH if key is None else _HMAC):
        return False
    return hmac.compare_digest(seal.text("value").encode(), _seal(rest, algorithm, key).encode())


def _seal(record: Mapping[str, Any], algorithm: str, key: bytes | None) -> str:
    content = canonical(record)
    return hmac.digest(key, content, "sha256").hex() if algorithm == _HMAC and key else sha256(content).hexdigest()
