"""The pieces that certificates and CRLs share, on their own."""

from __future__ import annotations

import pytest
from cryptography import x509

from jpki import oids
from jpki.ca import encoding
from jpki.errors import IssueError
from jpki.profiles import ExtensionRule


def test_rows_decide_order_and_criticality() -> None:
    """The table's order, not the map's; critical TRUE is written, FALSE is left out (X.690 clause 11.5)."""
    rules = (
        ExtensionRule(oid=oids.CRL_NUMBER, name="cRLNumber", source="test"),
        ExtensionRule(oid=oids.KEY_USAGE, name="keyUsage", critical=True, source="test"),
    )
    values = {oids.KEY_USAGE: b"\x05\x00", oids.CRL_NUMBER: b"\x05\x00"}
    number, usage = "30090603551d1404020500", "300c0603551d0f0101ff04020500"
    assert encoding.extensions(rules, values).hex() == "3019" + number + usage


@pytest.mark.parametrize("pairs", ["keys", "curve_keys"])
@pytest.mark.parametrize("number", range(6))
def test_key_identifier_is_that_of_another_implementation(
    request: pytest.FixtureRequest, pairs: str, number: int
) -> None:
    """RFC 5280 clause 4.2.1.2, method 1."""
    key = request.getfixturevalue(pairs)[number].public_key()
    assert encoding.key_identifier(key) == x509.SubjectKeyIdentifier.from_public_key(key).digest


@pytest.mark.parametrize("serial", [1, 2**159 - 1], ids=["least", "most"])
def test_serial_numbers_in_bounds(serial: int) -> None:
    """RFC 5280 clause 4.1.2.2."""
    encoding.check_serial(serial)


@pytest.mark.parametrize("serial", [0, -1, 2**159], ids=["zero", "negative", "21-octets"])
def test_serial_numbers_out_of_bounds(serial: int) -> None:
    """RFC 5280 clause 4.1.2.2."""
    with pytest.raises(IssueError, match="serial number"):
        encoding.check_serial(serial)
