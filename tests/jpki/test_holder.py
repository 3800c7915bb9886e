"""A holder's particulars."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from jpki.errors import HolderError
from jpki.holder import Holder


def test_attributes_of_the_specimen(holder: Holder) -> None:
    """Four attributes as on the register, flags the length of the texts."""
    attributes = holder.attributes()
    assert (attributes.name, attributes.name_substitutions) == ("見本　花子", "00000")
    assert attributes.birth_date.encode() == "419900415"
    assert attributes.sex.value == "2"
    assert (attributes.address, attributes.address_substitutions) == ("見本県見本市中央一丁目２番３号", "0" * 15)


def test_one_map_of_substitutes_serves_name_and_address(make_holder: Callable[..., Holder]) -> None:
    """髙 is replaced wherever it stands."""
    attributes = make_holder(name="髙橋　花子", address="見本県髙山", substitutes={"髙": "高"}).attributes()
    assert (attributes.name, attributes.name_substitutions) == ("高橋　花子", "10000")
    assert (attributes.address, attributes.address_substitutions) == ("見本県高山", "00010")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        pytest.param({"name": ""}, "name is empty", id="no-name"),
        pytest.param({"name": "Mihon Hanako"}, "half-width", id="half-width-name"),
        pytest.param({"address": ""}, "address is empty", id="no-address"),
        pytest.param({"address": "東" * 201}, "at most 200", id="long-address"),
        pytest.param({"name": "山" * 201}, "a name has at most 200", id="long-name"),
        pytest.param({"prefecture_romaji": "見本県"}, "no prefecture in romaji", id="prefecture-in-kanji"),
        pytest.param({"municipality_romaji": "mihon-shi"}, "no municipality in romaji", id="small-letter"),
        pytest.param({"municipality_romaji": "M" * 59}, "no municipality in romaji", id="long-municipality"),
        pytest.param({"municipality_romaji": "Mihon-shi\n"}, "no municipality in romaji", id="line-break"),
        pytest.param({"municipality_code": "9920"}, "five digits", id="short-code"),
        pytest.param({"municipality_code": "992013"}, "five digits", id="code-with-check-digit"),
        pytest.param({"municipality_code": "９９２０１"}, "five digits", id="full-width-code"),
    ],
)
def test_refused(make_holder: Callable[..., Holder], change: dict[str, str], message: str) -> None:
    """Particulars that no certificate could carry are refused when they are stated, not when they are issued."""
    with pytest.raises(HolderError, match=message):
        make_holder(**change)


def test_longest_municipality_fits_a_distribution_point(make_holder: Callable[..., Holder]) -> None:
    """58 characters and " CRLDP" make the 64 of ub-common-name."""
    assert make_holder(municipality_romaji="M" * 58)


def test_repr_shows_no_attribute(holder: Holder) -> None:
    """Name, birth date, sex and address are in no log."""
    shown = repr(holder)
    assert "見本" not in shown
    assert "1990" not in shown
    assert "FEMALE" not in shown
    assert "Mihon-shi" in shown
