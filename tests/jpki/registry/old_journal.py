"""A journal as the first release wrote it, and the CAs of its lab, whose certificates it did not hold."""

from __future__ import annotations

from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from jpki.kinds import CaKind
from jpki.registry.records import AuthorityRecord

REGISTERS = Path(__file__).parents[3] / "fixtures" / "registers"
JOURNAL = REGISTERS / "journal-1.jsonl"


def old_authorities() -> list[AuthorityRecord]:
    """Two generations of each CA, the earlier first."""
    found = x509.load_pem_x509_certificates((REGISTERS / "journal-1.pem").read_bytes())
    kinds = [CaKind.SIGN, CaKind.SIGN, CaKind.AUTH, CaKind.AUTH]
    return [
        AuthorityRecord(
            kind=kind,
            generation=1 + number % 2,
            key_id=one.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest,
            algorithm="rsa2048",
            serial=one.serial_number,
            not_before=one.not_valid_before_utc,
            not_after=one.not_valid_after_utc,
            certificate_der=one.public_bytes(Encoding.DER),
        )
        for number, (kind, one) in enumerate(zip(kinds, found, strict=True))
    ]
