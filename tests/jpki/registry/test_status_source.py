"""What the register tells an OCSP responder."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from jpki.kinds import CaKind
from jpki.ocsp.status import GOOD, UNKNOWN, revoked
from jpki.reasons import RevocationReason
from jpki.registry.opening import create_register
from jpki.registry.request import Operation
from jpki.registry.status_source import RegisterStatusSource
from tests.jpki.registry.town import Town, Towns, asked_at, found, opened

NOW = asked_at("lost")


@pytest.mark.parametrize(
    ("place", "days", "status"),
    [
        ("card-auth", 0, revoked(NOW - timedelta(days=4), RevocationReason.CERTIFICATE_HOLD)),
        ("card-auth", -5, GOOD),
        ("card-auth", -30, UNKNOWN),
    ],
    ids=["held", "before the hold", "before its issue"],
)
def test_status_at_a_moment(towns: Towns, place: str, days: int, status: object) -> None:
    with opened(towns.file("lost")) as town:
        record = town.register.certificate(town.certificates(NOW)[place])
        source = RegisterStatusSource(town.register)
        assert source.status(record.key_id, record.id.serial, at=NOW + timedelta(days=days)) == status


def answers(town: Town, *, key_id: bytes | None = None, serial: int | None = None) -> object:
    """Of the card's signing certificate, asked in another way."""
    record = town.register.certificate(town.certificates(NOW)["card-sign"])
    source = RegisterStatusSource(town.register)
    return source.status(key_id or record.key_id, serial or record.id.serial, at=NOW)


def test_number_that_was_never_issued(towns: Towns) -> None:
    with opened(towns.file("in-use")) as town:
        assert answers(town, serial=9_999_999) is UNKNOWN


def test_other_generation(towns: Towns) -> None:
    """The number is unique, but that generation did not issue it."""
    with opened(towns.file("in-use")) as town:
        assert answers(town, key_id=list(town.cas[CaKind.SIGN])[1].key_id) is UNKNOWN


def test_unknown_ca(towns: Towns) -> None:
    with opened(towns.file("in-use")) as town:
        assert answers(town, key_id=bytes(20)) is UNKNOWN


def test_generation_that_began_after_the_source_was_made(tmp_path: Path) -> None:
    with create_register(tmp_path / "register.db") as register:
        source = RegisterStatusSource(register)
        assert source.status(bytes(20), 1, at=NOW) is UNKNOWN
        town = found(register)
        for operation in (Operation.APPLY, Operation.ISSUE):
            town.do(operation, NOW)
        record = register.certificate(town.certificates(NOW)["coming-sign"])
        assert source.status(record.key_id, record.id.serial, at=NOW) is GOOD


def test_version_changes_with_the_data(towns: Towns, tmp_path: Path) -> None:
    with opened(towns.copy("in-use", tmp_path / "register.db")) as town:
        source = RegisterStatusSource(town.register)
        before = source.version()
        assert source.version() == before
        town.do(Operation.RESET_PIN, NOW)
        assert source.version() == before
        town.do(Operation.LOSE_CARD, NOW)
        assert source.version() != before
