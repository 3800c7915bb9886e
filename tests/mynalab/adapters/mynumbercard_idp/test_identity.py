"""The attributes in the provider's words."""

from __future__ import annotations

from uuid import UUID

import pytest

from jpki.attributes import HolderAttributes, Sex
from jpki.birthdate import BirthDate
from mynalab.adapters.mynumbercard_idp.identity import identity, tis_user_id

USER = "0f8fad5bd9cb469fa1657086772895" + "0123456789"


def attributes(sex: Sex = Sex.FEMALE, born: str = "419900415") -> HolderAttributes:
    return HolderAttributes(
        name="見本　花子",
        name_substitutions="00000",
        birth_date=BirthDate.decode(born),
        sex=sex,
        address="見本県",
        address_substitutions="000",
    )


@pytest.mark.parametrize(
    ("sex", "code"),
    [(Sex.MALE, "1"), (Sex.FEMALE, "2"), (Sex.UNKNOWN, "0"), (Sex.NOT_APPLICABLE, "9")],
    ids=lambda one: getattr(one, "name", one),
)
def test_a_gender_is_a_code_of_iso_5218(sex: Sex, code: str) -> None:
    assert identity(USER, attributes(sex)).gender == code


@pytest.mark.parametrize(
    ("born", "text"),
    [
        ("419900415", "1990-04-15"),
        ("019900400", "1990-04-00"),
        ("019900000", "1990-00-00"),
        ("000000000", "0000-00-00"),
    ],
)
def test_unknown_parts_of_a_birth_date_are_zeros(born: str, text: str) -> None:
    assert identity(USER, attributes(born=born)).date_of_birth == text


def test_the_id_is_a_random_uuid_of_the_users() -> None:
    first = UUID(tis_user_id(USER))
    assert (first.version, first.variant) == (4, "specified in RFC 4122")
    assert tis_user_id(USER) == str(first)
    assert tis_user_id("1" + USER[1:]) != str(first)
