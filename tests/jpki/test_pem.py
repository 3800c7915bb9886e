"""RFC 7468, against another reader and by the letter."""

from __future__ import annotations

import ssl
import time

import pytest

from jpki.pem import to_pem


def test_by_the_letter() -> None:
    assert to_pem(bytes(50), "X") == b"-----BEGIN X-----\n" + b"A" * 64 + b"\nAAA=\n-----END X-----\n"


@pytest.mark.parametrize("size", [1, 47, 48, 49, 96, 1000])
def test_lines_are_whole_and_come_back(size: int) -> None:
    der = bytes(index % 251 for index in range(size))
    pem = to_pem(der, "CERTIFICATE").decode()
    assert ssl.PEM_cert_to_DER_cert(pem) == der
    assert {len(line) for line in pem.splitlines()[1:-2]} <= {64}


def test_takes_time_in_proportion() -> None:
    """A list of a hundred thousand entries; ``textwrap`` takes minutes, the square of its size."""
    begin = time.process_time()
    assert len(to_pem(bytes(4_000_000), "X509 CRL")) > 5_000_000
    assert time.process_time() - begin < 3
