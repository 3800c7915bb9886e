"""DigestInfo: the DER that a client puts before a hash for a PKCS #1 v1.5 signature.

Prefixes: RFC 8017 clause 9.2 note 1; RIPEMD-160: OpenSC pkcs15-sec.c / ISO/IEC 10118-3 OID 1.3.36.3.2.1.
The card pads what it gets and checks nothing; recognising the structure serves the explanation.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestInfoFact:
    """One hash: its DigestInfo is ``prefix`` and ``digest_length`` bytes."""

    name: str
    prefix: bytes
    digest_length: int

    @property
    def length(self) -> int:
        """Length of the whole DigestInfo."""
        return len(self.prefix) + self.digest_length

    @property
    def prefix_without_null(self) -> bytes:
        """The prefix as a client writes it that forgets the NULL parameters: two bytes less, lengths to match."""
        oid = self.prefix[4:-4]  # between the two SEQUENCE headers and the NULL with the OCTET STRING header
        return bytes((0x30, self.prefix[1] - 2, 0x30, self.prefix[3] - 2)) + oid + self.prefix[-2:]


DIGEST_INFOS: Final = MappingProxyType(
    {
        name: DigestInfoFact(name=name, prefix=bytes.fromhex(prefix), digest_length=length)
        for name, prefix, length in (
            ("MD5", "3020300C06082A864886F70D020505000410", 16),
            ("RIPEMD-160", "3021300906052B2403020105000414", 20),
            ("SHA-1", "3021300906052B0E03021A05000414", 20),
            ("SHA-224", "302D300D06096086480165030402040500041C", 28),
            ("SHA-256", "3031300D060960864801650304020105000420", 32),
            ("SHA-384", "3041300D060960864801650304020205000430", 48),
            ("SHA-512", "3051300D060960864801650304020305000440", 64),
        )
    }
)


@dataclass(frozen=True, slots=True)
class DigestInfoMatch:
    """A recognised DigestInfo; ``has_null`` is False for the form without the NULL parameters.

    Verifiers that compare the whole encoding refuse that form (RFC 8017 clause 8.2.2 and appendix A.2.4).
    """

    fact: DigestInfoFact
    has_null: bool


def recognise(data: bytes) -> DigestInfoMatch | None:
    """Which hash's DigestInfo this is, or None when the bytes are not exactly one."""
    for fact in DIGEST_INFOS.values():
        for prefix, has_null in ((fact.prefix, True), (fact.prefix_without_null, False)):
            if data.startswith(prefix) and len(data) == len(prefix) + fact.digest_length:
                return DigestInfoMatch(fact, has_null)
    return None
