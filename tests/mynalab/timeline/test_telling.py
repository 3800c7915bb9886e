"""Every kind of entry has its words."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from jpki.kinds import CaKind
from jpki.registry.records import (
    CardChanged,
    CardRecord,
    CardState,
    CertificateId,
    CertificatesLinked,
    Link,
    Medium,
    OperationRecord,
    ResidentState,
    TimelineEntry,
)
from jpki.registry.request import Operation
from mynalab.timeline import telling
from mynalab.timeline.telling import told

AT = datetime(2026, 4, 1, tzinfo=UTC)
OLD, NEW = CertificateId(CaKind.SIGN, 1), CertificateId(CaKind.SIGN, 2)


def linked(link: Link) -> CertificatesLinked:
    return CertificatesLinked(link=link, source=OLD, target=NEW, at=AT, operation=1)


def operated(name: str) -> OperationRecord:
    return OperationRecord(operation_id=1, name=name, person_id=None, at=AT, recorded_at=AT, details={})


CARD = CardRecord(
    card_id=3,
    person_id="p",
    medium=Medium.CARD,
    name="alice",
    number="",
    profile="",
    expires=date(2036, 4, 1),
    state=CardState.MADE,
    at=AT,
    operation=1,
)


@pytest.mark.parametrize(
    ("entry", "en", "ja"),
    [
        (linked(Link.SUCCESSOR), "sign 1: followed by sign 2", "署名用 1: 署名用 2に更新"),
        (
            linked(Link.SMARTPHONE),
            "sign 1: linked with the smartphone's sign 2",
            "署名用 1: 署名用 2（スマートフォン）と対応",
        ),
        (CARD, "card 3: made, not handed over yet", "カード 3: 作成済み（未交付）"),
        (
            CardChanged(card_id=3, state=CardState.ENDED, at=AT, operation=1),
            "card 3: ended",
            "カード 3: 使用終了",
        ),
        (operated("of-another-release"), "of-another-release", "of-another-release"),
    ],
    ids=lambda value: type(value).__name__ if not isinstance(value, str) else "",
)
def test_entry_in_words(entry: TimelineEntry, en: str, ja: str) -> None:
    happening = told(entry)
    assert happening is not None
    assert (happening.en, happening.ja) == (en, ja)


def test_pair_is_not_told_twice() -> None:
    assert told(linked(Link.PAIR)) is None


@pytest.mark.parametrize("operation", list(Operation))
def test_every_operation_has_its_title(operation: Operation) -> None:
    happening = told(operated(operation.value))
    assert happening is not None
    assert happening.is_operation
    assert happening.ja != operation.value


@pytest.mark.parametrize("state", list(CardState))
def test_every_state_of_a_card_has_words(state: CardState) -> None:
    assert told(CardChanged(card_id=1, state=state, at=AT, operation=1)) is not None


@pytest.mark.parametrize("state", list(ResidentState))
def test_every_state_of_a_resident_has_words(state: ResidentState) -> None:
    assert state in telling._RESIDENT


@pytest.mark.parametrize("name", ["register-person", "revoke"])
def test_operations_of_no_counter_have_words_too(name: str) -> None:
    happening = told(operated(name))
    assert happening is not None
    assert name not in (happening.en, happening.ja)
    assert happening.en != happening.ja
