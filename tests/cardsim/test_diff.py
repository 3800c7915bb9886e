"""Differences between two card images: each is named, and no secret is told."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import pytest

from apdu.layout import card_manager, jpki, text
from cardsim.diff import ABSENT, ANOTHER, HIDDEN, diff_images
from cardsim.state import ApplicationImage, CardImage, LifeCycle, Pin

PIN = Pin(value=b"4711", tries_left=3, limit=3)
APPLICATION = ApplicationImage(
    aid=jpki.AID,
    files={jpki.SIGN_CERTIFICATE: b"\x30\x82" + bytes(300), 0x77: b"?"},
    records={0x05: (b"one", b"two")},
    pins={jpki.AUTH_PIN: PIN},
    keys={jpki.AUTH_KEY: b"key"},
    internal=frozenset({0x1E}),
    hidden={0x06: b"private"},
    objects={card_manager.EXPIRY: b"20360415"},
)
CARD = CardImage(profile="C2", serial="400000000000001", applications={jpki.AID: APPLICATION})


def told(content: bytes) -> str:
    return f"{len(content)} B, SHA-256 {hashlib.sha256(content).hexdigest()[:8]}…"


def with_application(**changes: Any) -> CardImage:
    return replace(CARD, applications={jpki.AID: replace(APPLICATION, **changes)})


def lines(before: CardImage, after: CardImage) -> list[tuple[str, str, str]]:
    return [(one.place_en, one.before, one.after) for one in diff_images(before, after)]


def test_same_card_has_no_difference() -> None:
    assert diff_images(CARD, replace(CARD)) == ()


@pytest.mark.parametrize(
    ("after", "line"),
    [
        (replace(CARD, serial="400000000000002"), ("card number", "400000000000001", "400000000000002")),
        (replace(CARD, profile="C3"), ("profile", "C2", "C3")),
        (replace(CARD, life_cycle=LifeCycle.TERMINATED), ("life cycle", "secured", "terminated")),
        (
            with_application(files={0x77: b"?"}),
            ("JPKI / signature certificate (EF 0001)", told(APPLICATION.files[jpki.SIGN_CERTIFICATE]), ABSENT),
        ),
        (
            with_application(files={**APPLICATION.files, 0x77: b"!"}),
            ("JPKI / EF 0077", told(b"?"), told(b"!")),
        ),
        (
            with_application(records={0x05: (b"one", b"two", b"")}),
            ("JPKI / EF 0005 of unknown purpose (EF 0005) / record 3", ABSENT, "0 B"),
        ),
        (
            with_application(pins={jpki.AUTH_PIN: replace(PIN, tries_left=0)}),
            ("JPKI / user-authentication PIN (EF 0018) / tries left", "3/3", "0/3"),
        ),
        (with_application(pins={}), ("JPKI / user-authentication PIN (EF 0018) / tries left", "3/3", ABSENT)),
        (
            with_application(pins={jpki.AUTH_PIN: replace(PIN, value=b"0815")}),
            ("JPKI / user-authentication PIN (EF 0018) / value", HIDDEN, ANOTHER),
        ),
        (
            with_application(keys={jpki.AUTH_KEY: b""}),
            ("JPKI / user-authentication key (EF 0017)", told(b"key"), "0 B"),
        ),
        (with_application(internal=frozenset()), ("JPKI / internal EF 001E (EF 001E)", "EF 001E", ABSENT)),
        (
            with_application(hidden={}),
            (
                "JPKI / token information (EF 0006) / private key behind it",
                told(b"private"),
                ABSENT,
            ),
        ),
        (with_application(objects={}), ("JPKI / expiry date of the card, YYYYMMDD (00F2)", told(b"20360415"), ABSENT)),
        (
            replace(CARD, applications={**CARD.applications, text.AID: ApplicationImage(aid=text.AID)}),
            ("text entry", ABSENT, text.AID.hex().upper()),
        ),
        (
            replace(CARD, applications={**CARD.applications, b"\xf0": ApplicationImage(aid=b"\xf0")}),
            ("AID F0", ABSENT, "F0"),
        ),
    ],
    ids=lambda value: value[0] if isinstance(value, tuple) else "",
)
def test_difference_is_named(after: CardImage, line: tuple[str, str, str]) -> None:
    assert lines(CARD, after) == [line]


def test_difference_has_two_directions() -> None:
    after = with_application(files={})
    there = diff_images(CARD, after)
    back = diff_images(after, CARD)
    assert [(one.before, one.after) for one in there] == [(one.after, one.before) for one in back]


def test_difference_is_named_in_japanese() -> None:
    (one,) = diff_images(CARD, with_application(pins={jpki.AUTH_PIN: replace(PIN, tries_left=2)}))
    assert one.place_ja == "公的個人認証AP / 利用者証明用暗証番号（EF 0018） / 残り回数"


def test_no_value_of_a_pin_is_told() -> None:
    blank = replace(CARD, applications={jpki.AID: ApplicationImage(aid=jpki.AID)})
    other = with_application(pins={jpki.AUTH_PIN: Pin(value=b"0815", tries_left=1, limit=3)})
    told = repr([diff_images(CARD, other), diff_images(CARD, blank), diff_images(blank, CARD)])
    assert "4711" not in told
    assert "0815" not in told


@dataclass(frozen=True)
class Secret:
    value: bytes
    tries_left: int


@dataclass(frozen=True)
class Area:
    """Of the shape that the free area has: values in values."""

    applications: Mapping[bytes, Secret]
    balances: tuple[int, ...]
    mode: LifeCycle = LifeCycle.SECURED


def with_area(area: object) -> CardImage:
    return replace(CARD, free_area=area)  # type: ignore[arg-type]


AREA = Area({b"\xf1": Secret(b"4711", 3)}, (100, 5))


@pytest.mark.parametrize(
    ("after", "line"),
    [
        (replace(AREA, balances=(100, 7)), ("free area / balances / #2", "5", "7")),
        (replace(AREA, balances=(100,)), ("free area / balances / #2", "5", ABSENT)),
        (replace(AREA, mode=LifeCycle.TERMINATED), ("free area / mode", "secured", "terminated")),
        (replace(AREA, applications={}), ("free area / applications / F1", "Secret", ABSENT)),
        (
            replace(AREA, applications={b"\xf1": Secret(b"0815", 3)}),
            ("free area / applications / F1 / value", HIDDEN, ANOTHER),
        ),
        (
            replace(AREA, applications={b"\xf1": Secret(b"4711", 0)}),
            ("free area / applications / F1 / tries_left", "3", "0"),
        ),
        (None, ("free area", "Area", ABSENT)),
    ],
    ids=["number", "fewer", "enum", "removed", "secret", "tries", "no-area"],
)
def test_difference_in_the_free_area_is_found_where_it_is(after: object, line: tuple[str, str, str]) -> None:
    assert lines(with_area(AREA), with_area(after)) == [line]
