"""What passes between a client and a repository: a request, a response, and how the response travels."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from http import HTTPStatus
from types import MappingProxyType
from typing import Final, Protocol, TypeAlias

Headers: TypeAlias = tuple[tuple[str, str], ...]

PROBLEM_MEDIA_TYPE: Final = "application/problem+json"  # RFC 9457 clause 6.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request. ``path`` is as it stood on the wire, percent signs and all; header names are in lower case."""

    method: str
    path: str
    headers: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    body: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """How a response travels. Whoever holds the connection does as it says; the plain one is at once and whole."""

    delay_ms: int = 0
    bytes_per_second: int | None = None
    keep: int | None = None
    """After so many bytes of the body the connection ends; the header promised all of them."""
    dropped: bool = False
    """The connection ends and nothing was sent."""


PROMPT: Final = Delivery()


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """One response. ``body`` is empty for HEAD and 304, whatever the headers say of its length."""

    status: int
    headers: Headers
    body: bytes = field(default=b"", repr=False)
    delivery: Delivery = PROMPT

    def header(self, name: str) -> str | None:
        """The value of a header field, by its name in any case."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)


class Service(Protocol):
    """What answers: the repository, or a fault around it."""

    def handle(self, request: Request, *, at: datetime) -> Response:
        """The response at that moment. Never raises for what a client can send."""
        ...


def http_date(moment: datetime) -> str:
    """IMF-fixdate (RFC 9110 clause 5.6.7)."""
    return format_datetime(moment.astimezone(UTC).replace(microsecond=0), usegmt=True)


def problem(status: HTTPStatus, detail: str, *, at: datetime, hint: str = "", headers: Headers = ()) -> Response:
    """What is wrong and what to do, as RFC 9457 has it. No cache keeps it."""
    fields = {"title": status.phrase, "status": status.value, "detail": detail, "hint": hint}
    body = json.dumps({name: value for name, value in fields.items() if value}, ensure_ascii=False).encode() + b"\n"
    return Response(
        status=status.value,
        headers=(
            ("Date", http_date(at)),
            ("Content-Type", PROBLEM_MEDIA_TYPE),
            ("Content-Length", str(len(body))),
            ("Cache-Control", "no-store"),
            *headers,
        ),
        body=body,
    )
