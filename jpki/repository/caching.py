"""What caches are told, and what a client that has a copy is spared (RFC 9110 clause 13, RFC 9111, RFC 5019 clause 6).

Every moment here is the lab's: a client that reads ``Date`` and ``Expires`` sees the lab's clock, not its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from hashlib import sha256
from http import HTTPStatus
from typing import Final

from jpki.repository.messages import Headers, Request, Response, http_date, problem

_NOT_KEPT: Final = "no-store"
_SAFE_METHODS: Final = ("GET", "HEAD")


@dataclass(frozen=True, slots=True, kw_only=True)
class Representation:
    """Bytes to be served, from when they are, and until when a cache may hold them without asking.

    Without ``fresh_until`` no cache keeps them.
    """

    media_type: str
    body: bytes = field(repr=False)
    modified: datetime | None = None
    fresh_until: datetime | None = None
    digest: str = ""

    @property
    def etag(self) -> str:
        """A strong validator: equal tags are equal bytes (RFC 9110 clause 8.8.3)."""
        return f'"{(self.digest or sha256(self.body).hexdigest())[:32]}"'

    def validators(self, at: datetime) -> Headers:
        """The fields that a 304 carries as well (RFC 9110 clause 15.4.5)."""
        if self.fresh_until is None:
            return (("Date", http_date(at)), ("Cache-Control", _NOT_KEPT))
        # RFC 5019 clause 6.2 for the directives; clause 4.2.1 of RFC 9111 prefers max-age to Expires.
        age = max(0, int((self.fresh_until - at).total_seconds()))
        modified = (("Last-Modified", http_date(self.modified)),) if self.modified is not None else ()
        return (
            ("Date", http_date(at)),
            ("Cache-Control", f"max-age={age}, public, no-transform, must-revalidate"),
            ("Expires", http_date(self.fresh_until)),
            ("ETag", self.etag),
            *modified,
        )


def respond(request: Request, found: Representation, *, at: datetime) -> Response:
    """200, or 304 or 412 by the request's conditions; for HEAD without the body."""
    validators = found.validators(at)
    if found.fresh_until is not None and request.method in _SAFE_METHODS:
        status = _condition(request.headers, found)
        if status is HTTPStatus.NOT_MODIFIED:
            return Response(status=status.value, headers=validators)
        if status is HTTPStatus.PRECONDITION_FAILED:
            return problem(status, "what the request expects here is not what is here", at=at)
    return Response(
        status=HTTPStatus.OK.value,
        headers=(*validators, ("Content-Type", found.media_type), ("Content-Length", str(len(found.body)))),
        body=b"" if request.method == "HEAD" else found.body,
    )


def _condition(headers: Mapping[str, str], found: Representation) -> HTTPStatus | None:
    """The order of RFC 9110 clause 13.2.2."""
    if "if-match" in headers:
        if not _matches(headers["if-match"], found.etag, weak=False):
            return HTTPStatus.PRECONDITION_FAILED
    elif _is_modified_since(headers.get("if-unmodified-since"), found.modified):
        return HTTPStatus.PRECONDITION_FAILED
    if "if-none-match" in headers:
        return HTTPStatus.NOT_MODIFIED if _matches(headers["if-none-match"], found.etag, weak=True) else None
    if _is_modified_since(headers.get("if-modified-since"), found.modified) is False:
        return HTTPStatus.NOT_MODIFIED
    return None


def _matches(field_value: str, etag: str, *, weak: bool) -> bool:
    # Our own tags have neither commas nor backslashes in them, so a plain split never cuts one of ours.
    tags = [tag.strip() for tag in field_value.split(",")]
    return "*" in tags or etag in (tag.removeprefix("W/") if weak else tag for tag in tags)


def _is_modified_since(date: str | None, modified: datetime | None) -> bool | None:
    """None when there is nothing to compare; a date that cannot be read counts as absent (RFC 9110 clause 13.1.3)."""
    if date is None or modified is None:
        return None
    try:
        since = parsedate_to_datetime(date)
    except (ValueError, OverflowError):  # the latter for numbers of any length
        return None
    if since.tzinfo is None:  # "-0000": the zone is not known, the clock is (RFC 5322 clause 3.3)
        since = since.replace(tzinfo=UTC)
    return modified.replace(microsecond=0) > since
