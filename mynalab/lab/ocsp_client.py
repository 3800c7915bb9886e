"""Ways to a responder: over HTTP, and one that keeps the last answer."""

from __future__ import annotations

import urllib.request
from dataclasses import dataclass
from datetime import datetime
from http.client import HTTPException
from typing import Final
from urllib.parse import urlsplit

from jpki.verify.errors import OcspUnavailableError
from jpki.verify.ocsp import OcspTransport
from jpki.verify.trust import TrustAnchor
from mynalab.errors import ServerAddressError

_TIMEOUT_SECONDS: Final = 10.0
_MOST_BYTES: Final = 1 << 20
_OWN_REPOSITORY: Final = ("", "/")


@dataclass(frozen=True, slots=True)
class HttpTransport:
    """Asks with POST (RFC 6960 appendix A.1). The URL of a repository alone leads to ``/ocsp/<kind>`` there."""

    url: str

    def __post_init__(self) -> None:
        if "@" in self.url.partition("://")[2].partition("/")[0]:  # not repeated: it may hold a password
            raise ServerAddressError("a responder's URL has no user and no password", hint="http://127.0.0.1:8780")
        if not _is_address(self.url):
            raise ServerAddressError(f"{self.url!r} is no URL of a responder", hint="http://127.0.0.1:8780")

    def __call__(self, request: bytes, *, issuer: TrustAnchor, now: datetime) -> bytes:  # noqa: ARG002
        """The response; ``OcspUnavailableError`` when there is none."""
        parts = urlsplit(self.url)
        url = f"{self.url.rstrip('/')}/ocsp/{issuer.kind.value}" if parts.path in _OWN_REPOSITORY else self.url
        asked = urllib.request.Request(url, request, {"Content-Type": "application/ocsp-request"})  # noqa: S310
        try:
            with urllib.request.urlopen(asked, timeout=_TIMEOUT_SECONDS) as answer:  # noqa: S310
                response: bytes = answer.read(_MOST_BYTES)
        # urllib's own errors are OSErrors; a host that no DNS can name is a UnicodeError.
        except (OSError, HTTPException, UnicodeError) as error:
            raise OcspUnavailableError(f"{url}: {getattr(error, 'reason', error)}") from error
        return response


def _is_address(url: str) -> bool:
    """RFC 3986: a URL is ASCII."""
    try:
        parts = urlsplit(url)
        return url.isascii() and parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port that is none, brackets that do not close
        return False


class Remembering:
    """Another way, whose last response is kept."""

    def __init__(self, inner: OcspTransport) -> None:
        self._inner = inner
        self.last: bytes | None = None

    def __call__(self, request: bytes, *, issuer: TrustAnchor, now: datetime) -> bytes:
        """The response of the other way."""
        self.last = self._inner(request, issuer=issuer, now=now)
        return self.last
