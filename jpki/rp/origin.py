"""Origins: ``https://host[:port]`` in the one form that both sides hash (RFC 6454 clause 6.2)."""

from __future__ import annotations

import re
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from typing import Final

from jpki.rp.errors import OriginError

_LABEL: Final = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_ORIGIN: Final = re.compile(rf"(https?)://({_LABEL}(?:\.{_LABEL})*|\[[0-9a-f:]+\])(?::([1-9][0-9]{{0,4}}))?")
_DEFAULT_PORT: Final = {"https": "443", "http": "80"}
_MAX_HOST: Final = 253  # RFC 1035 clause 2.3.4: 255 octets on the wire
# A host whose last label is a number is an IPv4 address (WHATWG URL, "ends in a number checker").
_NUMBER: Final = re.compile(r"[0-9]+|0x[0-9a-f]*")
# W3C Secure Contexts clause 3.1: what a browser trusts without TLS.
_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "[::1]"})


def require_origin(text: str) -> str:
    """The text itself when it is a canonical origin; ``OriginError`` says what is not canonical.

    Lower case, punycode, no default port, no path, no slash at the end; plain http on the loopback host alone.
    """
    match = _ORIGIN.fullmatch(text)
    if match is None:
        raise OriginError(
            f"{text!r} is no origin", hint="write https://host or https://host:port, in lower case, without a path"
        )
    scheme, host, port = match.groups()
    if not _is_canonical_host(host):
        raise OriginError(
            f"{text!r} has a host that is not written in its one form",
            hint="write addresses as 192.0.2.1 or [2001:db8::1]",
        )
    if port == _DEFAULT_PORT[scheme] or (port is not None and int(port) > 0xFFFF):
        raise OriginError(f"{text!r} has a port that an origin does not write", hint="leave the default port out")
    if scheme == "http" and host not in _LOOPBACK:
        raise OriginError(f"{text!r} is not protected by TLS", hint="plain http is for the loopback host alone")
    return text


def _is_canonical_host(host: str) -> bool:
    try:
        if host.startswith("["):
            return f"[{IPv6Address(host[1:-1]).compressed}]" == host
        if _NUMBER.fullmatch(host.rpartition(".")[2]):
            return str(IPv4Address(host)) == host
    except AddressValueError:
        return False
    return len(host) <= _MAX_HOST
