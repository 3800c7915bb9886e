"""Reasons for revocation."""

from __future__ import annotations

import pytest
from cryptography import x509

from jpki.reasons import RevocationReason


@pytest.mark.parametrize("reason", RevocationReason, ids=lambda reason: reason.name.lower())
def test_names_and_meanings(reason: RevocationReason) -> None:
    """RFC 5280's identifiers, as another implementation spells them, and a meaning in both languages."""
    assert x509.ReasonFlags(reason.rfc_name)
    assert reason.meaning_en.isascii()
    assert not reason.meaning_ja.isascii()


def test_numbers() -> None:
    """RFC 5280 clause 5.3.1: 0 to 6; 7 is unused, 8 would lift a hold, 9 and 10 are not in JPKI's list."""
    assert [reason.value for reason in RevocationReason] == list(range(7))
