"""Records as they are shown."""

from __future__ import annotations

from datetime import datetime

from jpki.holder import Holder
from jpki.kinds import CaKind
from jpki.registry.records import CertificateId, PersonRegistered


def test_certificate_id_reads_as_words() -> None:
    """In messages a certificate is its CA and its number."""
    assert str(CertificateId(CaKind.SIGN, 7)) == "sign certificate 7"


def test_person_shows_no_attribute(holder: Holder, now: datetime) -> None:
    """The record's repr is as discreet as the holder's."""
    assert "見本" not in repr(PersonRegistered(person_id="p", holder=holder, at=now))
