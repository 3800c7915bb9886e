"""Which certificates are asked about: tables in CSV, and certificates themselves in PEM.

A table's first line names its columns: ``authority`` (a CA's name as the caller knows it, or its key identifier in
hex), ``serial`` (decimal, or hex after 0x), and as one likes ``not_after`` (a moment in ISO 8601) and ``id``, which
stands in the result; else the file's name and the line do.
"""

from __future__ import annotations

import csv
from base64 import b64decode
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Final

from jpki.executing.chunks import Row
from jpki.executing.errors import JobInputError
from jpki.verify.certificate import read_certificate
from jpki.verify.findings import Finding

COLUMNS: Final = ("authority", "serial")
_BEGIN, _END = "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"
_MAX_LINES: Final = 400
"""Of one certificate in PEM: about 25 KB."""


def certificate_rows(paths: Iterable[Path], authorities: Mapping[str, bytes]) -> Iterator[Row]:
    """A row for each certificate of the files, in their order, and for each line that is none: nobody is left out."""
    for path in paths:
        with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
            first = file.readline()
            file.seek(0)
            rows = _of_pem(path, file) if "," not in first else _of_table(path, file, authorities)
            try:
                yield from rows
            except csv.Error as error:
                raise JobInputError(f"{path}: {error}", hint="give CSV with a first line of names, or PEM") from error


def _of_table(path: Path, lines: Iterable[str], authorities: Mapping[str, bytes]) -> Iterator[Row]:
    table = csv.DictReader(lines, restval="")
    missing = [name for name in COLUMNS if name not in (table.fieldnames or ())]
    if missing:
        raise JobInputError(
            f"{path} has no column {' and no column '.join(missing)}",
            hint="its first line names them: authority,serial,not_after,id",
        )
    for line, row in enumerate(table, start=2):
        name = row.get("id") or f"{path.name}:{line}"
        try:
            yield {
                "id": name,
                "authority": _authority(row["authority"].strip(), authorities),
                "serial": _serial(row["serial"].strip()),
                "not_after": _seconds((row.get("not_after") or "").strip()),
            }
        except ValueError as flaw:
            yield {"id": name, "flaw": str(flaw)}


def _authority(text: str, authorities: Mapping[str, bytes]) -> str:
    if text in authorities:
        return authorities[text].hex()
    try:
        return bytes.fromhex(text).hex() if text else ""
    except ValueError as error:
        raise ValueError("authority") from error


def _serial(text: str) -> int:
    try:
        number = int(text, 16 if text.lower().startswith("0x") else 10)
    except ValueError as error:
        raise ValueError("serial") from error
    # RFC 5280 clause 4.1.2.2: positive, 20 octets at most
    if not 0 < number < 1 << 159:
        raise ValueError("serial")
    return number


def _seconds(text: str) -> int | None:
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise ValueError("not_after") from error
    if moment.tzinfo is None:
        raise ValueError("not_after")
    return int(moment.timestamp())


def _of_pem(path: Path, lines: Iterable[str]) -> Iterator[Row]:
    """RFC 7468 clause 5; what stands between two certificates is for people."""
    body: list[str] | None = None
    count = 0
    for line in map(str.strip, lines):
        if line == _BEGIN:
            body = []
        elif body is not None and (line == _END or len(body) > _MAX_LINES):
            count += 1
            yield _certificate(f"{path.name}#{count}", "".join(body))
            body = None
        elif body is not None:
            body.append(line)
    if body is not None:
        yield {"id": f"{path.name}#{count + 1}", "flaw": "certificate"}
    if not count and body is None:
        raise JobInputError(
            f"{path} has neither a table nor a certificate", hint="give CSV with a first line of names, or PEM"
        )


def _certificate(name: str, body: str) -> Row:
    try:
        read = read_certificate(b64decode(body, validate=True))
    except ValueError:
        return {"id": name, "flaw": "certificate"}
    if isinstance(read, Finding) or read.authority_key is None or read.authority_key.key_id is None:
        return {"id": name, "flaw": "certificate"}
    return {
        "id": name,
        "authority": read.authority_key.key_id.hex(),
        "serial": read.serial,
        "not_after": int(read.not_after.timestamp()),
    }
