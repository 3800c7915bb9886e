"""The values of P1 for signing: which lengths each takes. Measured: soltia48/myna-card README.md."""

from __future__ import annotations

import pytest

from apdu.layout.signature import SIGN_OPERATIONS, Padding


@pytest.mark.parametrize(
    ("p1", "accepted", "refused"),
    [
        (0, (1, 51, 245), (0, 246)),
        (1, (1, 255), (0, 256)),
        (2, (32,), (31, 33)),
        (3, (1, 255), (0, 256)),
        (4, (32,), (31, 33)),
        (5, (1, 255), (0, 256)),
    ],
)
def test_lengths(p1: int, accepted: tuple[int, ...], refused: tuple[int, ...]) -> None:
    operation = SIGN_OPERATIONS[p1]
    assert all(operation.accepts(length) for length in accepted)
    assert not any(operation.accepts(length) for length in refused)


@pytest.mark.parametrize(
    ("p1", "hashes", "wraps", "padding"),
    [
        (0, False, False, Padding.PKCS1_V15),
        (1, True, False, Padding.PKCS1_V15),
        (2, False, True, Padding.PKCS1_V15),
        (3, True, True, Padding.PKCS1_V15),
        (4, False, False, Padding.PSS),
        (5, True, False, Padding.PSS),
    ],
)
def test_operation(p1: int, hashes: bool, wraps: bool, padding: Padding) -> None:
    operation = SIGN_OPERATIONS[p1]
    assert (operation.hashes, operation.wraps, operation.padding) == (hashes, wraps, padding)
    assert operation.name("en") != operation.name("ja")


def test_there_are_six() -> None:
    assert list(SIGN_OPERATIONS) == [0, 1, 2, 3, 4, 5]
