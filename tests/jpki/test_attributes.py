"""The holder's attributes as otherNames: bytes, strictness, discretion."""

from __future__ import annotations

from dataclasses import replace

import pytest

from jpki import der
from jpki.attributes import HolderAttributes, Sex
from jpki.birthdate import BirthDate
from jpki.errors import DerError, HolderError

# The attributes of the test card published in soltia48/myna-card; address and sex are invented.
SAMPLE = HolderAttributes(
    name="黒桐　幹也",
    name_substitutions="00000",
    birth_date=BirthDate.decode("319800217"),
    sex=Sex.MALE,
    address="東京都清瀬市",
    address_substitutions="000000",
)
ORDER = [f"1.2.392.200149.8.5.5.{arc}" for arc in (1, 4, 3, 5, 2, 6)]
TEXTS = ["黒桐　幹也", "319800217", "1", "東京都清瀬市", "00000", "000000"]


def other_name(oid: str, value: bytes) -> bytes:
    """An otherName around any value."""
    return der.explicit(0, der.oid(oid) + der.explicit(0, value))


def general_names(texts: list[str] = TEXTS, order: list[str] = ORDER) -> bytes:
    """The extension value, by hand."""
    return der.sequence(*(other_name(oid, der.utf8_string(text)) for oid, text in zip(order, texts, strict=True)))


NAMES = [other_name(oid, der.utf8_string(text)) for oid, text in zip(ORDER, TEXTS, strict=True)]


def test_order_and_form() -> None:
    """Six otherNames in the order .1, .4, .3, .5, .2, .6, each ``[0]{OID, [0] EXPLICIT UTF8String}``."""
    assert SAMPLE.encode() == general_names()


def test_first_attribute_byte_for_byte() -> None:
    """The name of the test card: [0], the OID, [0] EXPLICIT, UTF8String of 15 octets."""
    expected = "a01f060a2a83088c9b5508050501a0110c0f" + "黒桐　幹也".encode().hex()
    assert SAMPLE.encode()[3:].hex().startswith(expected)


def test_round_trip() -> None:
    """What was written is read."""
    assert HolderAttributes.decode(SAMPLE.encode()) == SAMPLE


@pytest.mark.parametrize("digit", ["1", "2", "3", "9"])
def test_sexes(digit: str) -> None:
    """1 and 2 are certain, 3 and 9 both stand in public sources: all four are read."""
    decoded = HolderAttributes.decode(general_names([*TEXTS[:2], digit, *TEXTS[3:]]))
    assert decoded.sex.value == digit


@pytest.mark.parametrize(
    ("value", "message"),
    [
        pytest.param(b"", "not readable", id="empty"),
        pytest.param(der.null(), "not readable", id="another-type"),
        pytest.param(general_names() + b"\x00", "not readable", id="trailing-byte"),
        pytest.param(der.sequence(), "order of the profile", id="no-names"),
        pytest.param(general_names(TEXTS[:5], ORDER[:5]), "order of the profile", id="one-missing"),
        pytest.param(general_names([*TEXTS, "0"], [*ORDER, ORDER[5]]), "order of the profile", id="one-twice"),
        pytest.param(
            general_names([*TEXTS, "0"], [*ORDER, "1.2.392.200149.8.5.5.7"]), "order of the profile", id="one-unknown"
        ),
        pytest.param(
            general_names(TEXTS, [*ORDER[:4], ORDER[5], ORDER[4]]), "order of the profile", id="5-and-6-swapped"
        ),
        pytest.param(
            der.sequence(der.implicit(2, b"a.invalid")),
            "tag 82, where the profile has otherNames",
            id="another-general-name",
        ),
        pytest.param(
            der.sequence(other_name(ORDER[0], der.printable_string("KUROGIRI"))), "no UTF8String", id="another-string"
        ),
        pytest.param(der.sequence(other_name(ORDER[0], der.tlv(0x0C, b"\xff"))), "not readable", id="not-utf8"),
        pytest.param(general_names([*TEXTS[:2], "4", *TEXTS[3:]]), "digit of the sex", id="no-such-sex"),
        pytest.param(general_names([TEXTS[0], "31980", *TEXTS[2:]]), "nine digits", id="short-birth-date"),
        pytest.param(general_names([*TEXTS[:4], "0000", TEXTS[5]]), "name has 5 characters", id="name-flags-short"),
        pytest.param(general_names([*TEXTS[:5], "0000000"]), "address has 6 characters", id="address-flags-long"),
        pytest.param(general_names([*TEXTS[:5], "00000x"]), "0 and 1", id="address-flags-other"),
        pytest.param(general_names(["", *TEXTS[1:4], "", TEXTS[5]]), "name is empty", id="empty-name"),
        pytest.param(general_names([*TEXTS[:3], "東" * 201, TEXTS[4], "0" * 201]), "at most 200", id="long-address"),
        pytest.param(b"\x30\x82\x00" + SAMPLE.encode()[2:], "shortest form", id="length-not-shortest"),
        pytest.param(
            der.sequence(*NAMES[:5], der.explicit(0, NAMES[5][2:] + der.null())), "not in DER", id="more-in-a-name"
        ),
        pytest.param(
            der.sequence(*NAMES[:5], NAMES[5] + der.null()), "tag 05, where the profile has", id="more-after-a-name"
        ),
    ],
)
def test_strict(value: bytes, message: str) -> None:
    """Only the six, in order, in DER: else the reason is named."""
    with pytest.raises(DerError, match=message):
        HolderAttributes.decode(value)


@pytest.mark.parametrize("length", range(len(SAMPLE.encode())))
def test_every_truncation(length: int) -> None:
    """A value that is cut anywhere is an error, never half a person."""
    with pytest.raises(DerError):
        HolderAttributes.decode(SAMPLE.encode()[:length])


def test_longest_address() -> None:
    """Two hundred characters are allowed."""
    longest = replace(SAMPLE, address="東" * 200, address_substitutions="0" * 200)
    assert HolderAttributes.decode(longest.encode()) == longest


def test_repr_and_errors_show_nothing_of_the_holder() -> None:
    """The four attributes are in no log."""
    assert "黒" not in repr(SAMPLE)
    with pytest.raises(HolderError) as caught:
        replace(SAMPLE, name_substitutions="0")
    assert "黒" not in str(caught.value)
