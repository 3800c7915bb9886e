"""Origins in their one canonical form."""

from __future__ import annotations

import pytest

from jpki.rp.errors import OriginError
from jpki.rp.origin import require_origin


@pytest.mark.parametrize(
    "text",
    [
        "https://rp.example",
        "https://rp.example:8443",
        "https://xn--wgv71a119e.example",
        "https://192.0.2.1",
        "https://[2001:db8::1]:444",
        "https://1.2.3.example",
        "https://" + ".".join(["abcdefg"] * 31),
        "http://localhost",
        "http://localhost:8000",
        "http://127.0.0.1:8000",
        "http://[::1]:8000",
    ],
)
def test_a_canonical_origin_is_itself(text: str) -> None:
    assert require_origin(text) == text


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "no origin"),
        ("rp.example", "no origin"),
        ("https://", "no origin"),
        ("https://rp.example/", "no origin"),
        ("https://rp.example/login", "no origin"),
        ("https://rp.example?x", "no origin"),
        ("https://user@rp.example", "no origin"),
        ("https://RP.example", "no origin"),
        ("HTTPS://rp.example", "no origin"),
        ("https://日本語.example", "no origin"),
        ("https://rp.example.", "no origin"),
        ("https://-rp.example", "no origin"),
        ("https://rp.example:", "no origin"),
        ("https://rp.example:0443", "no origin"),
        ("https://rp.example\n", "no origin"),
        ("ftp://rp.example", "no origin"),
        ("https://[0:0:0:0:0:0:0:1]", "one form"),
        ("https://[2001:db8:0:0::1]", "one form"),
        ("https://[2001:db8::0001]", "one form"),
        ("https://[:::]", "one form"),
        ("https://127.1", "one form"),
        ("https://2130706433", "one form"),
        ("https://0x7f000001", "one form"),
        ("https://0177.0.0.1", "one form"),
        ("https://192.0.2.256", "one form"),
        ("https://rp.1", "one form"),
        ("https://" + ".".join(["abcdefg"] * 32), "one form"),
        ("https://rp.example:443", "port"),
        ("http://localhost:80", "port"),
        ("https://rp.example:65536", "port"),
        ("http://rp.example", "TLS"),
        ("http://localhost.evil.example", "TLS"),
    ],
    ids=lambda value: ascii(value),
)
def test_anything_else_is_refused(text: str, reason: str) -> None:
    with pytest.raises(OriginError, match=reason):
        require_origin(text)
