"""What certificates and CRLs share: SIGNED { what is signed, the algorithm, the signature } (RFC 5280 clause 4.1).

Offsets into the bytes that came: a signature is checked over these, never over what a library would write instead.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from jpki.algorithms import KeyAlgorithm, signature_algorithm_at
from jpki.der_walk import BIT_STRING, SEQUENCE, element

_WHOLE_OCTETS: Final = b"\x00"  # no unused bits: X.690 clause 8.6.2.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """``content`` is where the fields of ``tbs`` begin, ``end`` where they end.

    ``algorithm`` is the one beside the signature, None when JPKI has no such; the one among the fields is the
    caller's to compare. ``signature`` is empty when it is no whole number of octets, as no signature of JPKI is.
    """

    content: int
    end: int
    tbs: bytes = field(repr=False)
    algorithm: KeyAlgorithm | None
    signature: bytes = field(repr=False)


def open_signed(der: bytes) -> Signed:
    """Take the structure apart; ``ValueError`` or ``IndexError`` where the bytes are none."""
    start, end = element(der, 0, SEQUENCE)
    content, tbs_end = element(der, start, SEQUENCE)
    _, algorithm_end = element(der, tbs_end, SEQUENCE)
    bits, bits_end = element(der, algorithm_end, BIT_STRING)
    if not bits_end == end == len(der):
        raise ValueError("bytes follow the signature")
    return Signed(
        content=content,
        end=tbs_end,
        tbs=der[start:tbs_end],
        algorithm=signature_algorithm_at(der, tbs_end),
        signature=der[bits + 1 : end] if der.startswith(_WHOLE_OCTETS, bits) else b"",
    )


def agreed_algorithm(signed: Signed, der: bytes, at: int) -> KeyAlgorithm | None:
    """The algorithm that both places name (RFC 5280 clause 4.1.1.2); None unless they are alike and JPKI has it."""
    return signed.algorithm if signature_algorithm_at(der, at) is signed.algorithm else None
