"""What is read from a certificate before it is entered."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from jpki.ca.authority import Authority
from jpki.errors import RegistryError
from jpki.holder import Holder
from jpki.kinds import CaKind
from jpki.registry.opening import create_register
from jpki.registry.reading import find_certificate, read_certificate
from jpki.registry.records import CertificateId, CrlPoint
from tests.jpki.registry.stock import BOTH, Stock, a_card

each_kind = pytest.mark.parametrize("kind", CaKind, ids=lambda kind: kind.value)


@each_kind
def test_entry_of_a_certificate(
    issue: Callable[..., bytes], authorities: Mapping[CaKind, Authority], now: datetime, kind: CaKind
) -> None:
    der = issue(kind, serial=77)
    entry = read_certificate(der, kind=kind, card_id=3)
    assert (entry.id, entry.card_id, entry.key_id) == (CertificateId(kind, 77), 3, authorities[kind].key_id)
    assert (entry.not_before, entry.point) == (now, CrlPoint("Mihon-ken", "Mihon-shi"))
    assert entry.certificate_der == der


def test_certificate_of_the_other_ca(issue: Callable[..., bytes]) -> None:
    with pytest.raises(RegistryError, match="no certificate of the auth CA"):
        read_certificate(issue(CaKind.SIGN), kind=CaKind.AUTH, card_id=1)


@pytest.mark.parametrize("der", [b"", b"\x30\x00", b"text"], ids=["nothing", "empty", "text"])
def test_no_certificate(der: bytes) -> None:
    with pytest.raises(RegistryError, match="no certificate of JPKI's profile"):
        read_certificate(der, kind=CaKind.SIGN, card_id=1)


def test_ca_certificate(authorities: Mapping[CaKind, Authority]) -> None:
    with pytest.raises(RegistryError, match="no certificate of JPKI's profile"):
        read_certificate(authorities[CaKind.SIGN].certificate_der, kind=CaKind.SIGN, card_id=1)


@each_kind
def test_found_by_its_bytes(
    issue: Callable[..., bytes], holder: Holder, tmp_path: Path, now: datetime, kind: CaKind
) -> None:
    with create_register(tmp_path / "register.db") as register:
        stock = Stock.of(register, holder=holder, now=now)
        assert find_certificate(register, issue(kind, serial=2)) is None
        _enter(stock, issue(kind, serial=2), kind)
        found = find_certificate(register, issue(kind, serial=2))
        assert found is not None
        assert found.id == CertificateId(kind, 2)
        assert find_certificate(register, b"no certificate") is None


def _enter(stock: Stock, der: bytes, kind: CaKind) -> None:
    known = stock.register.authorities(kind)[0]
    with stock.register.transaction(now=stock.now, serials=BOTH) as unit:
        unit.register_person("hanako", stock.holder)
        entry = read_certificate(der, kind=kind, card_id=unit.record_card("hanako", a_card("one")))
        assert unit.take_serial(kind) == entry.id.serial
        unit.record_certificates([replace(entry, key_id=known.key_id)])
