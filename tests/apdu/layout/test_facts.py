"""The shapes of a fact: access rules and names."""

from __future__ import annotations

import pytest

from apdu.layout.facts import FREE, NEVER, Access, after, bilingual, unknown_file


@pytest.mark.parametrize(
    ("access", "free", "never"),
    [
        pytest.param(FREE, True, False, id="free"),
        pytest.param(NEVER, False, True, id="never"),
        pytest.param(after(0x18, 0x1B), False, False, id="after"),
    ],
)
def test_access(access: Access, free: bool, never: bool) -> None:
    assert (access.is_free, access.is_never) == (free, never)


def test_after_keeps_the_order() -> None:
    assert after(0x1B, 0x18).any_of == (0x1B, 0x18)


def test_bilingual() -> None:
    assert bilingual("PIN", "暗証番号", "en") == "暗証番号 (PIN)"
    assert bilingual("PIN", "暗証番号", "ja") == "暗証番号"
    assert bilingual("PIV", "PIV", "en") == "PIV"


def test_unknown_file() -> None:
    fact = unknown_file(0x0005, "somebody")
    assert fact.access.is_never
    assert "0005" in fact.name("en")
