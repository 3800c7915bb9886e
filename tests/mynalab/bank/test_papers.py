"""The text that is signed."""

from __future__ import annotations

from hashlib import sha256

import pytest

from mynalab.bank.papers import Purpose, application, flaws_of
from tests.mynalab.bank.conftest import ENTRY
from tests.mynalab.conftest import NOW

TEXT = """口座開設申込書

見本銀行 御中
次のとおり普通預金口座の開設を申し込みます。

申込番号: 0000000001
申込日時: 2026年11月20日 09時00分
氏名: 見本 花子
住所: 見本県見本市中央1-2-3
生年月日: 1990-04-15
性別: 女
"""


def test_application_is_this_text() -> None:
    paper = application(ENTRY, number="0000000001", at=NOW)
    assert (paper.purpose, paper.text) == (Purpose.OPEN, TEXT)


def test_card_pads_the_digest_info_of_its_hash() -> None:
    paper = application(ENTRY, number="0000000001", at=NOW)
    prefix = bytes.fromhex("3031300d060960864801650304020105000420")  # RFC 8017 clause 9.2, note 1
    assert paper.data == prefix + sha256(TEXT.encode()).digest()


def test_same_entry_again_is_another_text() -> None:
    first, second = (application(ENTRY, number=number, at=NOW) for number in ("1", "2"))
    assert first.digest != second.digest


@pytest.mark.parametrize("field", ["name", "address", "birth_date"])
def test_fields_that_have_to_be_there(field: str) -> None:
    assert flaws_of({**ENTRY, field: "　"}) == {field: "missing"}


def test_sex_may_be_left_out() -> None:
    form = {**ENTRY, "sex": ""}
    assert flaws_of(form) == {}
    assert "性別" not in application(form, number="1", at=NOW).text


def test_repr_tells_nothing_personal() -> None:
    assert "花子" not in repr(application(ENTRY, number="1", at=NOW))
