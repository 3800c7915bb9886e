"""What happened to a person and to a certificate, in the order of time."""

from __future__ import annotations

from datetime import datetime

import pytest

from jpki.errors import UnknownEntryError
from jpki.kinds import CaKind
from jpki.reasons import RevocationReason
from jpki.registry.interfaces import Register
from jpki.registry.records import CardState, CertificateId
from tests.jpki.registry.stock import DAY, Stock

ISSUE = ["OperationRecord", "HolderRecord", "CardRecord", "CertificateRecord", "CertificateRecord"]
LOSS = ["OperationRecord", "CertificateChanged", "CertificateChanged", "CardChanged"]


@pytest.fixture
def ids(stock: Stock) -> dict[CaKind, CertificateId]:
    """Hanako loses her card; taro is somebody else."""
    ids = dict(stock.issue("hanako"))
    stock.issue("taro")
    with stock.register.transaction(now=stock.now + DAY) as unit:
        unit.operation("suspend", person_id="hanako", details={"desk": "hot-line"})
        unit.revoke(ids.values(), RevocationReason.CERTIFICATE_HOLD)
        unit.change_card(stock.register.cards(person_id="hanako")[0].card_id, CardState.SUSPENDED)
    return ids


@pytest.mark.parametrize(
    ("until", "expected"),
    [
        pytest.param(None, [*ISSUE, "CertificatesLinked", *LOSS], id="whole"),
        pytest.param(1, [*ISSUE, "CertificatesLinked", *LOSS], id="until-the-loss"),
        pytest.param(0, [*ISSUE, "CertificatesLinked"], id="until-the-issue"),
        pytest.param(-1, [], id="before"),
    ],
)
def test_of_a_person(register: Register, ids: object, now: datetime, until: int | None, expected: list[str]) -> None:
    moment = None if until is None else now + until * DAY
    found = register.timeline(person_id="hanako", until=moment)
    assert [type(entry).__name__ for entry in found] == expected


def test_last_event_of_a_person(register: Register, ids: object, now: datetime) -> None:
    """Of her own loss, a day after taro's card."""
    assert register.last_event_at("hanako") == register.timeline(person_id="hanako")[-1].at == now + DAY
    assert register.last_event_at("taro") == now


def test_entry_may_be_later_than_its_operation(
    register: Register, ids: dict[CaKind, CertificateId], now: datetime
) -> None:
    with register.transaction(now=now + DAY) as unit:
        unit.operation("told", person_id="hanako")
        unit.revoke([ids[CaKind.AUTH]], RevocationReason.KEY_COMPROMISE, at=now + 5 * DAY)
    assert register.last_event_at("hanako") == now + 5 * DAY


def test_last_event_of_nobody(register: Register) -> None:
    with pytest.raises(UnknownEntryError, match="nobody is registered as ghost"):
        register.last_event_at("ghost")


def test_of_a_certificate(register: Register, ids: dict[CaKind, CertificateId]) -> None:
    found = register.timeline(certificate=ids[CaKind.AUTH])
    assert [type(entry).__name__ for entry in found] == [
        "OperationRecord",
        "CertificateRecord",
        "CertificatesLinked",
        "OperationRecord",
        "CertificateChanged",
    ]


def test_operation_is_told_with_its_details(register: Register, ids: object, now: datetime) -> None:
    found = register.timeline(person_id="hanako")[6]
    assert (found.name, found.person_id, found.details) == ("suspend", "hanako", {"desk": "hot-line"})  # type: ignore[union-attr]
    assert (found.at, found.recorded_at) == (now + DAY, now + DAY)  # type: ignore[union-attr]


def test_of_nobody(register: Register) -> None:
    with pytest.raises(UnknownEntryError, match="nobody is registered as hanako"):
        register.timeline(person_id="hanako")


@pytest.mark.parametrize("both", [True, False])
def test_of_one_thing_at_a_time(register: Register, both: bool) -> None:
    named = {"person_id": "hanako", "certificate": CertificateId(CaKind.SIGN, 1)} if both else {}
    with pytest.raises(ValueError, match="one person or of one certificate"):
        register.timeline(**named)  # type: ignore[arg-type]
