"""CRL numbers rise, list by list (RFC 5280 clause 5.2.3)."""

from __future__ import annotations

import pytest

from jpki.errors import RegistryError, UnknownEntryError
from jpki.kinds import CaKind
from jpki.registry.records import CrlPoint
from tests.jpki.registry.stock import Stock, key_id

KEY = key_id(CaKind.SIGN)
POINT = CrlPoint("Mihon-ken", "Mihon-shi")


@pytest.mark.parametrize(
    ("asked", "given"),
    [
        pytest.param([0, 0, 0], [0, 1, 2], id="counts"),
        pytest.param([1_700_000_000, 1_700_086_400], [1_700_000_000, 1_700_086_400], id="follows-the-clock"),
        pytest.param([1_700_000_000, 1_700_000_000], [1_700_000_000, 1_700_000_001], id="twice-in-a-second"),
        pytest.param(
            [1_700_000_000, 1_600_000_000, 5], [1_700_000_000, 1_700_000_001, 1_700_000_002], id="clock-set-back"
        ),
    ],
)
def test_numbers_of_a_list(stock: Stock, asked: list[int], given: list[int]) -> None:
    assert [stock.register.next_crl_number(CaKind.SIGN, KEY, at_least=number) for number in asked] == given


def test_each_list_has_its_own(stock: Stock) -> None:
    second = stock.add_authority(CaKind.SIGN, generation=2)
    register = stock.register
    assert register.next_crl_number(CaKind.SIGN, KEY, at_least=7) == 7
    assert register.next_crl_number(CaKind.SIGN, KEY, point=POINT, at_least=3) == 3
    assert register.next_crl_number(CaKind.SIGN, second.key_id) == 0
    assert register.next_crl_number(CaKind.AUTH, key_id(CaKind.AUTH)) == 0
    assert register.next_crl_number(CaKind.SIGN, KEY) == 8
    assert register.next_crl_number(CaKind.SIGN, KEY, point=POINT) == 4


def test_list_of_no_ca(stock: Stock) -> None:
    with pytest.raises(UnknownEntryError, match="no sign CA"):
        stock.register.next_crl_number(CaKind.SIGN, b"nobody")


@pytest.mark.parametrize("number", [-1, 2**63])
def test_number_that_is_none(stock: Stock, number: int) -> None:
    with pytest.raises(RegistryError, match="not negative"):
        stock.register.next_crl_number(CaKind.SIGN, KEY, at_least=number)
