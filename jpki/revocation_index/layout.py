"""The index as a file: a header that says and proves itself, then columns of numbers, each on pages of its own.

    "MYNACRLX", schema (4 bytes), size of the text (4 bytes), text (JSON), SHA-256 of everything so far, sections

All numbers are little-endian, so that a column is used where the file is mapped. The header alone is read when an index
is opened; the text has the SHA-256 of every section for whoever wants to see them all.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from jpki.revocation_index.errors import IndexDamagedError, IndexSchemaError
from jpki.verify.crl_frame import CrlFrame

SCHEMA: Final = 1
MAGIC: Final = b"MYNACRLX"
PAGE: Final = 4096
MAX_HEADER_SIZE: Final = 1 << 20
_PREFIX: Final = struct.Struct("<8sII")
_DIGEST_SIZE: Final = 32

# Name → the item's letter for ``memoryview.cast``; serial numbers have I where all are below 2**32.
SECTIONS: Final = {
    "buckets": "I",
    "serials": "IQ",
    "words": "Q",
    "wide_high": "Q",
    "wide_middle": "Q",
    "wide_low": "Q",
    "wide_words": "Q",
    "invalid_rows": "I",
    "invalid_since": "Q",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """Where a column stands; ``offset`` is from the first page after the header."""

    letter: str
    offset: int
    size: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexHeader:
    """What an index says of itself, and of the CRL that it was made of."""

    frame: CrlFrame
    issuer_key: bytes = field(repr=False)
    """SHA-256 of the issuer's SubjectPublicKeyInfo, with which the CRL's signature was checked."""
    crl_sha256: bytes
    crl_size: int
    base: int
    shift: int
    sections: Mapping[str, Section] = field(repr=False)

    def encode(self) -> bytes:
        """The header, filled up to a whole page."""
        text = json.dumps(_as_json(self), sort_keys=True, separators=(",", ":")).encode()
        start = _PREFIX.pack(MAGIC, SCHEMA, len(text)) + text
        return padded(start + sha256(start).digest())


def header_size(prefix: bytes, *, path: Path) -> int:
    """Size of the whole header without filler, from its first bytes; an ``IndexUnreadableError`` if it is none."""
    try:
        magic, schema, size = _PREFIX.unpack_from(prefix)
    except struct.error as error:
        raise _damaged(path, "it has no header") from error
    if magic != MAGIC:
        raise _damaged(path, "it does not begin as an index does")
    if schema != SCHEMA:
        raise IndexSchemaError(path=path, found=schema, expected=SCHEMA)
    if size > MAX_HEADER_SIZE:
        raise _damaged(path, "its header is too long")
    return int(_PREFIX.size + size + _DIGEST_SIZE)


def decode_header(raw: bytes, *, path: Path) -> IndexHeader:
    """The header from its exact bytes; an ``IndexUnreadableError`` if they are none."""
    text_end = len(raw) - _DIGEST_SIZE
    if header_size(raw, path=path) != len(raw) or sha256(raw[:text_end]).digest() != raw[text_end:]:
        raise _damaged(path, "its header was changed or cut")
    try:
        return _from_json(json.loads(raw[_PREFIX.size : text_end]))
    except (ValueError, TypeError, KeyError) as error:
        raise _damaged(path, "its header does not say what a header does") from error


def padded(raw: bytes) -> bytes:
    """Filled with zero up to a whole page."""
    return raw + bytes(-len(raw) % PAGE)


def _as_json(header: IndexHeader) -> dict[str, Any]:
    frame = header.frame
    return {
        "issuer": frame.issuer.hex(),
        "key_id": None if frame.key_id is None else frame.key_id.hex(),
        "number": frame.number,
        "this_update": frame.this_update.isoformat(),
        "next_update": None if frame.next_update is None else frame.next_update.isoformat(),
        "algorithm": frame.algorithm,
        "critical_extension": frame.critical_extension,
        "partition": None if frame.partition is None else sorted(point.hex() for point in frame.partition),
        "issuer_key": header.issuer_key.hex(),
        "crl_sha256": header.crl_sha256.hex(),
        "crl_size": header.crl_size,
        "base": header.base,
        "shift": header.shift,
        "sections": {name: asdict(section) for name, section in header.sections.items()},
    }


def _from_json(said: dict[str, Any]) -> IndexHeader:
    frame = CrlFrame(
        issuer=bytes.fromhex(said["issuer"]),
        key_id=None if said["key_id"] is None else bytes.fromhex(said["key_id"]),
        number=said["number"],
        this_update=datetime.fromisoformat(said["this_update"]),
        next_update=None if said["next_update"] is None else datetime.fromisoformat(said["next_update"]),
        algorithm=said["algorithm"],
        critical_extension=said["critical_extension"],
        partition=None if said["partition"] is None else frozenset(map(bytes.fromhex, said["partition"])),
    )
    return IndexHeader(
        frame=frame,
        issuer_key=bytes.fromhex(said["issuer_key"]),
        crl_sha256=bytes.fromhex(said["crl_sha256"]),
        crl_size=said["crl_size"],
        base=said["base"],
        shift=said["shift"],
        sections={name: Section(**said["sections"][name]) for name in SECTIONS},
    )


def _damaged(path: Path, why: str) -> IndexDamagedError:
    return IndexDamagedError(f"{path} is no index of a revocation list: {why}", path=path)
