"""The JPKI application's table, and its certificate-availability file."""

from __future__ import annotations

import pytest

from apdu.errors import LayoutError
from apdu.layout import jpki
from apdu.layout.facts import FileKind
from apdu.layout.jpki import CertificateAvailability


@pytest.mark.parametrize(
    ("fid", "kind", "pins"),
    [
        pytest.param(0x0001, FileKind.TRANSPARENT, (0x001B,), id="sign-certificate-after-password"),
        pytest.param(0x0002, FileKind.TRANSPARENT, (), id="sign-ca-free"),
        pytest.param(0x0006, FileKind.TRANSPARENT, (), id="token-information-free"),
        pytest.param(0x0008, FileKind.TRANSPARENT, (), id="availability-free"),
        pytest.param(0x0009, FileKind.TRANSPARENT, None, id="ef-0009-never"),
        pytest.param(0x000A, FileKind.TRANSPARENT, (), id="auth-certificate-free"),
        pytest.param(0x000B, FileKind.TRANSPARENT, (), id="auth-ca-free"),
        pytest.param(0x0017, FileKind.PRIVATE_KEY, (0x0018,), id="auth-key-after-pin"),
        pytest.param(0x001A, FileKind.PRIVATE_KEY, (0x001B,), id="sign-key-after-password"),
        pytest.param(0x001E, FileKind.INTERNAL, None, id="ef-001e-internal"),
    ],
)
def test_access(fid: int, kind: FileKind, pins: tuple[int, ...] | None) -> None:
    fact = jpki.FILES[fid]
    assert (fact.kind, fact.access.any_of) == (kind, pins)


@pytest.mark.parametrize("fid", jpki.FILES, ids="{:04X}".format)
def test_every_file_is_named_sourced_and_short(fid: int) -> None:
    fact = jpki.FILES[fid]
    assert (fact.fid, fact.sfi) == (fid, fid)
    assert fact.name_en
    assert fact.name_ja
    assert fact.source


@pytest.mark.parametrize("key", jpki.PIN_OF_KEY, ids="{:04X}".format)
def test_pin_of_key_agrees_with_access(key: int) -> None:
    assert jpki.FILES[key].access.any_of == (jpki.PIN_OF_KEY[key],)
    assert jpki.FILES[jpki.PIN_OF_KEY[key]].kind is FileKind.PIN


@pytest.mark.parametrize(
    ("pin", "accepted"),
    [("1234", True), ("123", False), ("12345", False), ("12A4", False), ("１２３４", False), ("", False)],
)
def test_auth_pin_format(pin: str, accepted: bool) -> None:
    """Four ASCII digits: OpenSC pkcs15-jpki.c."""
    assert jpki.AUTH_PIN_LIMITS.accepts(pin.encode()) is accepted


@pytest.mark.parametrize(
    ("pin", "accepted"),
    [
        ("ABC123", True),
        ("ABCDEFGH12345678", True),
        ("ABC12", False),
        ("ABCDEFGH123456789", False),
        ("abc123", False),
        ("ABC-123", False),
    ],
)
def test_sign_password_format(pin: str, accepted: bool) -> None:
    """6 to 16 of A-Z and 0-9: OpenSC pkcs15-jpki.c."""
    assert jpki.SIGN_PIN_LIMITS.accepts(pin.encode()) is accepted


def test_tries() -> None:
    assert (jpki.AUTH_PIN_LIMITS.tries, jpki.SIGN_PIN_LIMITS.tries) == (3, 5)


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        pytest.param("8F8F00", CertificateAvailability(signature=True, authentication=True), id="both"),
        pytest.param("008F00", CertificateAvailability(signature=False, authentication=True), id="child"),
        pytest.param("000000", CertificateAvailability(signature=False, authentication=False), id="none"),
        pytest.param(
            "8F0007", CertificateAvailability(signature=True, authentication=False, third_byte=7), id="third-byte"
        ),
    ],
)
def test_availability(raw: str, value: CertificateAvailability) -> None:
    """Measured: soltia48/myna-card src/ap/jpki.rs."""
    assert CertificateAvailability.decode(bytes.fromhex(raw)) == value
    assert value.encode() == bytes.fromhex(raw)


@pytest.mark.parametrize(
    ("raw", "says"),
    [("", "3 bytes"), ("8F8F", "3 bytes"), ("8F8F0000", "3 bytes"), ("8F0100", "8F and 00")],
)
def test_availability_refuses(raw: str, says: str) -> None:
    with pytest.raises(LayoutError, match=says):
        CertificateAvailability.decode(bytes.fromhex(raw))
