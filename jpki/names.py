"""Distinguished names of the hierarchy: one attribute an RDN, in the order written, C as PrintableString, the rest
as UTF8String (read from the six published CA certificates of JPKI).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from jpki import der, oids
from jpki.errors import DerError
from jpki.kinds import CaKind

# RFC 5280 appendix A.1: ub-country-name-alpha, ub-organization-name, ub-organizational-unit-name, ub-locality-name,
# ub-common-name.
_UPPER_BOUNDS = {
    oids.COUNTRY: 2,
    oids.ORGANIZATION: 64,
    oids.ORGANIZATIONAL_UNIT: 64,
    oids.LOCALITY: 128,
    oids.COMMON_NAME: 64,
}
LABELS = {  # RFC 4514 clause 3
    oids.COUNTRY: "C",
    oids.ORGANIZATION: "O",
    oids.ORGANIZATIONAL_UNIT: "OU",
    oids.LOCALITY: "L",
    oids.COMMON_NAME: "CN",
}

# Production CA certificates, all three generations of both CAs: subject = issuer.
SERVICE_UNIT = {CaKind.SIGN: "JPKI for digital signature", CaKind.AUTH: "JPKI for user authentication"}
AGENCY_UNIT = "Japan Agency for Local Authority Information Systems"
# The same certificates: subjectAltName, directoryName.
SERVICE_UNIT_JA = {CaKind.SIGN: "公的個人認証サービス署名用", CaKind.AUTH: "公的個人認証サービス利用者証明用"}
SERVICE_JA = "公的個人認証サービス"
AGENCY_UNIT_JA = "地方公共団体情報システム機構"
# Production end-entity certificates: cRLDistributionPoints.
CRLDP_UNIT = "CRL Distribution Points"


_KEPT = 1024
"""Names that are kept: the hierarchy's own, and one for each municipality, stand in every certificate."""


@dataclass(frozen=True, slots=True)
class Name:
    """A distinguished name: (attribute type, value) pairs, one an RDN, first written first."""

    rdns: tuple[tuple[str, str], ...]

    def __post_init__(self) -> None:
        for attribute, value in self.rdns:
            if not 0 < len(value) <= _UPPER_BOUNDS[attribute]:
                raise DerError(f"{LABELS[attribute]} has 1..{_UPPER_BOUNDS[attribute]} characters, not {len(value)}")

    def encode(self) -> bytes:
        """The DER of the Name."""
        return der.sequence(*(_encode_rdn(attribute, value) for attribute, value in self.rdns))

    def __str__(self) -> str:
        return ", ".join(f"{LABELS[attribute]}={value}" for attribute, value in self.rdns)


@lru_cache(maxsize=_KEPT)
def _encode_rdn(attribute: str, value: str) -> bytes:
    text = der.printable_string(value) if attribute == oids.COUNTRY else der.utf8_string(value)
    return der.set_of(der.sequence(der.oid(attribute), text))


@lru_cache(maxsize=_KEPT)
def ca_name(organization: str, kind: CaKind) -> Name:
    """The CA's own name: subject of its certificate, issuer of every other; the same in every generation."""
    return Name(
        (
            (oids.COUNTRY, "JP"),
            (oids.ORGANIZATION, organization),
            (oids.ORGANIZATIONAL_UNIT, SERVICE_UNIT[kind]),
            (oids.ORGANIZATIONAL_UNIT, AGENCY_UNIT),
        )
    )


def ocsp_responder_name(organization: str, kind: CaKind) -> Name:
    """Subject of a CA's OCSP responder. The real one's is not public; choice: the CA's name and a common name."""
    return Name((*ca_name(organization, kind).rdns, (oids.COMMON_NAME, "OCSP Responder")))


@lru_cache(maxsize=_KEPT)
def ca_alt_name(kind: CaKind) -> Name:
    """The CA's name in Japanese: subjectAltName of its certificate, issuerAltName of those it issues."""
    return Name(
        (
            (oids.COUNTRY, "JP"),
            (oids.ORGANIZATION, SERVICE_JA),
            (oids.ORGANIZATIONAL_UNIT, SERVICE_UNIT_JA[kind]),
            (oids.ORGANIZATIONAL_UNIT, AGENCY_UNIT_JA),
        )
    )


@lru_cache(maxsize=_KEPT)
def crl_distribution_point(organization: str, kind: CaKind, *, prefecture: str, municipality: str) -> Name:
    """The directory entry of a municipality's revocation list: ``…, OU=Hokkaido, CN=Sapporo-shi-Minami-ku CRLDP``."""
    return Name(
        (
            (oids.COUNTRY, "JP"),
            (oids.ORGANIZATION, organization),
            (oids.ORGANIZATIONAL_UNIT, SERVICE_UNIT[kind]),
            (oids.ORGANIZATIONAL_UNIT, CRLDP_UNIT),
            (oids.ORGANIZATIONAL_UNIT, prefecture),
            (oids.COMMON_NAME, f"{municipality} CRLDP"),
        )
    )


def sign_subject(*, prefecture: str, municipality: str, common_name: str) -> Name:
    """Subject of a signing certificate: where the holder lives, and a number that is not the holder's name."""
    return Name(
        (
            (oids.COUNTRY, "JP"),
            (oids.LOCALITY, prefecture),
            (oids.LOCALITY, municipality),
            (oids.COMMON_NAME, common_name),
        )
    )


def auth_subject(*, common_name: str) -> Name:
    """Subject of an authentication certificate: a number alone."""
    return Name(((oids.COUNTRY, "JP"), (oids.COMMON_NAME, common_name)))


def directory_name(name: Name) -> bytes:
    """GeneralName, directoryName [4] (RFC 5280 clause 4.2.1.6); explicit, as Name is a CHOICE (X.680 clause 31.2.7)."""
    return der.explicit(4, name.encode())
