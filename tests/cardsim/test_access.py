"""Who may read what: the table of the JPKI application, cell by cell."""

from __future__ import annotations

import pytest

from apdu.layout.facts import FREE, NEVER, after
from cardsim.access import Operation, require
from cardsim.errors import StatusError

FREE_FILES = (0x0002, 0x0006, 0x0008, 0x000A, 0x000B)


@pytest.mark.parametrize("fid", FREE_FILES, ids=lambda fid: f"{fid:04X}")
def test_free_without_a_pin(jpki, fid: int) -> None:
    jpki.select(fid)
    jpki.read(0, 2).expect(0x9000)


def test_the_signature_certificate_opens_after_the_signature_password_alone(jpki) -> None:
    jpki.select(0x0001)
    jpki.read(0, 4).expect(0x6982)
    jpki.verify(0x18, "1234").expect(0x9000)
    jpki.select(0x0001)
    jpki.read(0, 4).expect(0x6982)
    jpki.verify(0x1B, "ABC123").expect(0x9000)
    jpki.select(0x0001)
    jpki.read(0, 4).expect(0x9000, bytes.fromhex("308206CA"))


def test_a_protected_ef_tells_nothing_of_its_end(jpki) -> None:
    jpki.select(0x0001)
    jpki.read(0x7000, 4).expect(0x6982)


def test_no_pin_opens_ef_0009(jpki) -> None:
    jpki.verify(0x18, "1234").expect(0x9000)
    jpki.verify(0x1B, "ABC123").expect(0x9000)
    jpki.select(0x0009)
    jpki.read(0, 1).expect(0x6982)  # measured: soltia48/myna-card README.md


def test_one_of_several_pins_is_enough() -> None:
    require({(1, Operation.READ): after(0x12, 0x13)}, 1, Operation.READ, {0x13})


@pytest.mark.parametrize(
    ("table", "verified"),
    [
        ({}, {0x18}),
        ({(1, Operation.SIGN): FREE}, set()),
        ({(1, Operation.READ): NEVER}, {0x18}),
        ({(1, Operation.READ): after(0x18)}, {0x1B}),
    ],
    ids=["no-row", "other-operation", "never", "other-pin"],
)
def test_what_no_row_allows_is_refused(table, verified) -> None:
    with pytest.raises(StatusError, match="6982"):
        require(table, 1, Operation.READ, verified)
