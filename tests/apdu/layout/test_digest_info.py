"""DigestInfo: the lengths that clients send, and the form without NULL."""

from __future__ import annotations

import pytest

from apdu.layout.digest_info import DIGEST_INFOS, recognise


@pytest.mark.parametrize(
    ("name", "length"),
    [
        ("MD5", 34),
        ("RIPEMD-160", 35),
        ("SHA-1", 35),
        ("SHA-224", 47),
        ("SHA-256", 51),
        ("SHA-384", 67),
        ("SHA-512", 83),
    ],
)
def test_length(name: str, length: int) -> None:
    """Lengths as OpenSC's pkcs11-tool --test sends them; RFC 8017 clause 9.2 note 1."""
    fact = DIGEST_INFOS[name]
    assert fact.length == length
    assert fact.prefix[1] == length - 2
    assert fact.prefix[-1] == fact.digest_length


@pytest.mark.parametrize("name", DIGEST_INFOS)
@pytest.mark.parametrize("has_null", [True, False], ids=["null", "no-null"])
def test_recognises(name: str, has_null: bool) -> None:
    fact = DIGEST_INFOS[name]
    prefix = fact.prefix if has_null else fact.prefix_without_null
    match = recognise(prefix + bytes(fact.digest_length))
    assert match is not None
    assert (match.fact, match.has_null) == (fact, has_null)


def test_the_form_of_a_known_client_bug() -> None:
    """meowkawaiijp/pyjpki 0.1.0 drops the NULL: 302F300B0609...0420."""
    assert DIGEST_INFOS["SHA-256"].prefix_without_null == bytes.fromhex("302F300B06096086480165030402010420")


@pytest.mark.parametrize("name", DIGEST_INFOS)
@pytest.mark.parametrize("change", [-1, 1])
def test_other_lengths_are_none(name: str, change: int) -> None:
    fact = DIGEST_INFOS[name]
    assert recognise(fact.prefix + bytes(fact.digest_length + change)) is None


@pytest.mark.parametrize("raw", [b"", bytes(32), b"\x30"], ids=["empty", "bare-hash", "one-byte"])
def test_no_digest_info(raw: bytes) -> None:
    assert recognise(raw) is None
