"""Key identifiers."""

from __future__ import annotations

import pytest

from jpki.cv.errors import CvFormatError
from jpki.cv.key_id import LAB_INTERMEDIATE, LAB_ROOT, KeyId, lab_municipality

RAW = b"8000020\x08\x05001\xff\xff\xff\xff"


def test_encoding_has_the_measured_form() -> None:
    assert LAB_ROOT.encode() == RAW


def test_decoding_gives_back_what_was_encoded() -> None:
    assert KeyId.decode(RAW) == LAB_ROOT


def test_other_filler_is_kept() -> None:
    other = RAW[:12] + b"\x00\x01\x02\x03"
    assert KeyId.decode(other).encode() == other


def test_it_is_shown_with_a_stroke() -> None:
    assert str(KeyId.parse("6000020/001")) == "6000020/001"


def test_a_municipality_is_named_by_its_code() -> None:
    assert str(lab_municipality("13221")) == "1322121/000"  # the example of soltia48/myna-card


@pytest.mark.parametrize("known", ["5000020", "5000023", "5000033", "6000020", "6000023", "6000033"])
def test_the_lab_uses_no_number_of_a_real_or_public_test_ca(known: str) -> None:
    assert known not in {LAB_ROOT.owner, LAB_INTERMEDIATE.owner}


@pytest.mark.parametrize("size", range(16))
def test_every_truncation_is_refused(size: int) -> None:
    with pytest.raises(CvFormatError, match="seven digits"):
        KeyId.decode(RAW[:size])


@pytest.mark.parametrize("at", range(12))
def test_a_wrong_byte_in_any_fixed_place_is_refused(at: int) -> None:
    with pytest.raises(CvFormatError, match="seven digits"):
        KeyId.decode(RAW[:at] + b"A" + RAW[at + 1 :])


@pytest.mark.parametrize("shown", ["", "8000020", "8000020/01", "８000020/001", "8000020/0011"])
def test_other_spellings_are_refused(shown: str) -> None:
    with pytest.raises(CvFormatError, match="no key identifier"):
        KeyId.parse(shown)


@pytest.mark.parametrize("code", ["9920", "992011", "9920x"])
def test_a_municipality_code_has_five_digits(code: str) -> None:
    with pytest.raises(CvFormatError, match="five digits"):
        lab_municipality(code)
