"""What is signed, byte for byte: both sides, in any language, have to make the same bytes."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from jpki.rp.statement import Statement, StatementKind

CASES = tomllib.loads((Path(__file__).parents[3] / "fixtures/vectors/jpki/statements.toml").read_text("utf-8"))["case"]
LOGIN = Statement(
    kind=StatementKind.LOG_IN,
    origin="https://rp.example",
    nonce=bytes(32),
    expires_at=datetime(2026, 5, 1, 3, 5, tzinfo=UTC),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_the_bytes_are_those_of_the_vector(case: dict[str, Any]) -> None:
    statement = Statement(
        kind=StatementKind(case["label"]),
        origin=case["origin"],
        nonce=bytes.fromhex(case["nonce"]),
        expires_at=case["expires_at"],
        document_digest=bytes.fromhex(case["document_digest"]) if "document_digest" in case else None,
    )
    assert statement.message().hex() == case["message"]


CHANGES: dict[str, dict[str, Any]] = {
    "origin": {"origin": "https://rp.example:8443"},
    "nonce": {"nonce": bytes(31) + b"\x01"},
    "expiry": {"expires_at": LOGIN.expires_at + timedelta(seconds=1)},
    "purpose": {"kind": StatementKind.CONTRACT, "document_digest": bytes(32)},
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_any_field_changes_the_bytes(change: dict[str, Any]) -> None:
    assert replace(LOGIN, **change).message() != LOGIN.message()


def test_the_document_changes_the_bytes() -> None:
    one, other = (
        replace(LOGIN, kind=StatementKind.CONTRACT, document_digest=digest) for digest in (bytes(32), b"\x01" * 32)
    )
    assert one.message() != other.message()


MISTAKES: dict[str, dict[str, Any]] = {
    "short-nonce": {"nonce": bytes(31)},
    "log-in-with-document": {"document_digest": bytes(32)},
    "contract-without-document": {"kind": StatementKind.CONTRACT},
    "fraction-of-a-second": {"expires_at": LOGIN.expires_at + timedelta(microseconds=1)},
    "no-time-zone": {"expires_at": LOGIN.expires_at.replace(tzinfo=None)},
    "short-digest": {"kind": StatementKind.CONTRACT, "document_digest": bytes(31)},
}


@pytest.mark.parametrize("mistake", MISTAKES.values(), ids=MISTAKES)
def test_a_statement_of_another_shape_is_the_callers_mistake(mistake: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"bytes|digest|whole second"):
        replace(LOGIN, **mistake)


def test_the_nonce_is_not_shown() -> None:
    assert "nonce" not in repr(replace(LOGIN, nonce=b"N" * 32))
