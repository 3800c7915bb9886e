"""Times in DER."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from jpki.der_time import read_moment


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        (b"20260501030405Z", datetime(2026, 5, 1, 3, 4, 5, tzinfo=UTC)),
        (b"19500101000000Z", datetime(1950, 1, 1, tzinfo=UTC)),
        (b"260501030405Z", datetime(2026, 5, 1, 3, 4, 5, tzinfo=UTC)),
        (b"491231235959Z", datetime(2049, 12, 31, 23, 59, 59, tzinfo=UTC)),
        (b"500101000000Z", datetime(1950, 1, 1, tzinfo=UTC)),
    ],
)
def test_moment(text: bytes, moment: datetime) -> None:
    assert read_moment(text) == moment


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"Z",
        b"2605010304Z",
        b"202605010304Z5",
        b"20260501030405",
        b"202605010304050",
        b"20260501030405.5Z",
        b"20260501030405+0900",
        b"2026-5-1T0304Z",
        b"20260229000000Z",
        b"20260501240000Z",
        b"20260501030460Z",
        b"00000501030405Z",
        "２0260501030405Z".encode(),
    ],
)
def test_no_moment(text: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - whoever reads says what it was read from
        read_moment(text)
