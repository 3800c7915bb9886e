"""Distinguished names, read back by another implementation."""

from __future__ import annotations

import pytest
from asn1crypto import core
from asn1crypto import x509 as asn1

from jpki import oids
from jpki.errors import DerError
from jpki.kinds import CaKind
from jpki.names import (
    Name,
    auth_subject,
    ca_alt_name,
    ca_name,
    crl_distribution_point,
    sign_subject,
)

CRLDP = crl_distribution_point("JPKI", CaKind.AUTH, prefecture="Hokkaido", municipality="Sapporo-shi-Minami-ku")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        pytest.param(
            ca_name("JPKI", CaKind.SIGN),
            "C=JP, O=JPKI, OU=JPKI for digital signature, OU=Japan Agency for Local Authority Information Systems",
            id="sign-ca",
        ),
        pytest.param(
            ca_name("JPKI-TEST", CaKind.AUTH),
            "C=JP, O=JPKI-TEST, OU=JPKI for user authentication, "
            "OU=Japan Agency for Local Authority Information Systems",
            id="auth-ca-of-the-test-environment",
        ),
        pytest.param(
            ca_alt_name(CaKind.SIGN),
            "C=JP, O=公的個人認証サービス, OU=公的個人認証サービス署名用, OU=地方公共団体情報システム機構",
            id="sign-ca-in-japanese",
        ),
        pytest.param(
            ca_alt_name(CaKind.AUTH),
            "C=JP, O=公的個人認証サービス, OU=公的個人認証サービス利用者証明用, OU=地方公共団体情報システム機構",
            id="auth-ca-in-japanese",
        ),
        pytest.param(
            CRLDP,
            "C=JP, O=JPKI, OU=JPKI for user authentication, OU=CRL Distribution Points, OU=Hokkaido, "
            "CN=Sapporo-shi-Minami-ku CRLDP",
            id="distribution-point",
        ),
        pytest.param(
            sign_subject(prefecture="Tokyo-to", municipality="Shibuya-ku", common_name="1" * 27 + "A"),
            "C=JP, L=Tokyo-to, L=Shibuya-ku, CN=" + "1" * 27 + "A",
            id="sign-subject",
        ),
        pytest.param(auth_subject(common_name="9"), "C=JP, CN=9", id="auth-subject"),
    ],
)
def test_attributes_in_order(name: Name, expected: str) -> None:
    """The names in certificates of JPKI, in their order; a parser reads the same from the DER."""
    labels = {"country_name": "C", "organization_name": "O", "organizational_unit_name": "OU"}
    labels |= {"locality_name": "L", "common_name": "CN"}
    parsed = asn1.Name.load(name.encode(), strict=True)
    read = [
        f"{labels[attribute['type'].native]}={attribute['value'].native}" for rdn in parsed.chosen for attribute in rdn
    ]
    assert str(name) == expected
    assert ", ".join(read) == expected


def test_country_is_printable_and_the_rest_utf8() -> None:
    """All six CA certificates: C = PrintableString, all other values UTF8String, one attribute an RDN."""
    parsed = asn1.Name.load(CRLDP.encode(), strict=True)
    values = [rdn[0]["value"].chosen for rdn in parsed.chosen]
    assert [len(rdn) for rdn in parsed.chosen] == [1] * 6
    assert [type(value) for value in values] == [core.PrintableString] + [core.UTF8String] * 5


@pytest.mark.parametrize(
    ("attribute", "length"),
    [
        pytest.param(oids.COUNTRY, 2, id="country"),
        pytest.param(oids.ORGANIZATION, 64, id="organization"),
        pytest.param(oids.ORGANIZATIONAL_UNIT, 64, id="organizational-unit"),
        pytest.param(oids.LOCALITY, 128, id="locality"),
        pytest.param(oids.COMMON_NAME, 64, id="common-name"),
    ],
)
def test_upper_bounds(attribute: str, length: int) -> None:
    """RFC 5280 appendix A.1, upper bounds: the longest passes, one more does not, nor does nothing."""
    assert Name(((attribute, "A" * length),)).encode()
    with pytest.raises(DerError, match=f"1..{length} characters, not {length + 1}"):
        Name(((attribute, "A" * (length + 1)),))
    with pytest.raises(DerError, match="not 0"):
        Name(((attribute, ""),))
