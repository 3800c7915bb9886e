"""Notices: each change told at least once, under one id; killed senders, dead receivers, two who look at once."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest

from jpki.kinds import CaKind
from jpki.reasons import RevocationReason
from jpki.rp.operator.notices import (
    DELAYS,
    LEASE,
    MOST_WEBHOOKS,
    Round,
    Sending,
    add_webhook,
    find_changes,
    remove_webhook,
    send_again,
    send_due,
)
from jpki.rp.operator.records import Event
from jpki.rp.operator.users import delete_user
from jpki.rp.operator.vocabulary import Refusal
from tests.jpki.rp.bank import NOW
from tests.jpki.rp.operator.conftest import Shop
from tests.jpki.rp.operator.test_ceremonies import code, done

SIGN, AUTH = CaKind.SIGN, CaKind.AUTH
HOUR = timedelta(hours=1)
URL = "http://127.0.0.1:9000/"


class KilledError(Exception):
    """The sender dies."""


@dataclass
class Receiver:
    """Answers as it is told, 200 when it is told nothing."""

    told: list[int | None] = field(default_factory=list)
    got: list[Event] = field(default_factory=list)

    def __call__(self, sending: Sending) -> int | None:
        self.got.append(sending.event)
        return self.told.pop(0) if self.told else 200


def look(shop: Shop, at: datetime = NOW) -> int:
    return find_changes(shop.desk, shop.listed(at), at, shop.rng, page=1)


def events(shop: Shop) -> list[Event]:
    with shop.desk.store.reading() as unit:
        return list(reversed(unit.events(before=None, limit=100)))


def webhook(shop: Shop) -> str:
    made = add_webhook(shop.desk, URL, NOW, shop.rng)
    assert not isinstance(made, Refusal)
    return made[0].id


@pytest.fixture
def lost(shop: Shop) -> Shop:
    """A tenant with a webhook, whose only user has lost the card."""
    webhook(shop)
    done(shop.register())
    shop.publish({(SIGN, 11): RevocationReason.CERTIFICATE_HOLD})
    assert look(shop) == 1
    return shop


def test_what_is_good_is_no_news(shop: Shop) -> None:
    done(shop.register())
    assert look(shop) == 0


def test_each_change_is_told_once(shop: Shop) -> None:
    user_id = done(shop.register()).user_id
    done(shop.log_in())
    for reason in (RevocationReason.CERTIFICATE_HOLD, RevocationReason.KEY_COMPROMISE):
        shop.publish({(SIGN, 11): reason, (AUTH, 12): RevocationReason.CERTIFICATE_HOLD})
        look(shop)
        assert look(shop) == 0
    shop.publish({(SIGN, 11): RevocationReason.KEY_COMPROMISE})
    look(shop)
    told = [(one.kind, one.type, one.reason) for one in events(shop)]
    assert told == [
        (SIGN, "certificate.held", 6),
        (AUTH, "certificate.held", 6),
        (SIGN, "certificate.revoked", 1),
        (AUTH, "certificate.released", None),
    ]
    assert {one.user_id for one in events(shop)} == {user_id}


def test_an_end_is_told(shop: Shop) -> None:
    done(shop.register())
    later = NOW + timedelta(days=2200)
    shop.publish(now=later)
    look(shop, later)
    assert [one.type for one in events(shop)] == ["certificate.expired"]


def test_stale_lists_are_no_news(shop: Shop) -> None:
    done(shop.register())
    assert look(shop, NOW + timedelta(days=5)) == 0


def test_what_a_newer_certificate_took_the_place_of_is_no_news(shop: Shop) -> None:
    done(shop.register())
    shop.pair(21, 12)
    shop.succeed(SIGN, 21, 11)
    done(shop.replace(21))
    shop.publish({(SIGN, 11): RevocationReason.AFFILIATION_CHANGED})
    assert look(shop) == 0


def test_of_many_who_look_at_once_one_finds_it(shop: Shop) -> None:
    done(shop.register())
    shop.publish({(SIGN, 11): RevocationReason.CERTIFICATE_HOLD})
    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(lambda _: look(shop), range(8))) == 1
    assert len(events(shop)) == 1


def test_what_is_delivered_is_not_sent_again(lost: Shop) -> None:
    receiver = Receiver()
    assert send_due(lost.desk, receiver, NOW) == Round(delivered=1)
    assert send_due(lost.desk, receiver, NOW + HOUR) == Round()
    assert len(receiver.got) == 1


@pytest.mark.parametrize("answer", [None, 199, 301, 404, 500], ids=str)
def test_whoever_does_not_take_it_gets_it_again_later(lost: Shop, answer: int | None) -> None:
    receiver = Receiver([answer])
    assert send_due(lost.desk, receiver, NOW) == Round(failed=1)
    assert send_due(lost.desk, receiver, NOW + DELAYS[0] - timedelta(seconds=1)) == Round()
    assert send_due(lost.desk, receiver, NOW + DELAYS[0]) == Round(delivered=1)
    assert len({one.id for one in receiver.got}) == 1


def test_after_the_last_delay_it_is_given_up_for_all_to_see(lost: Shop) -> None:
    receiver, now = Receiver([500] * 20), NOW
    for delay in DELAYS:
        assert send_due(lost.desk, receiver, now) == Round(failed=1)
        now += delay
    assert send_due(lost.desk, receiver, now) == Round(given_up=1)
    assert send_due(lost.desk, receiver, now + 1000 * HOUR) == Round()
    (event,) = events(lost)
    with lost.desk.store.reading() as unit:
        (delivery,) = unit.deliveries(event.number)
    assert (delivery.attempts, delivery.given_up_at, delivery.last_status) == (len(DELAYS) + 1, now, 500)
    assert send_again(lost.desk, event.id, now) is None
    assert send_due(lost.desk, Receiver(), now) == Round(delivered=1)


def test_what_a_killed_sender_had_is_sent_by_another(lost: Shop) -> None:
    def dies(_: Sending) -> int:
        raise KilledError

    with pytest.raises(KilledError):
        send_due(lost.desk, dies, NOW)
    receiver = Receiver()
    assert send_due(lost.desk, receiver, NOW + LEASE - timedelta(seconds=1)) == Round()
    assert send_due(lost.desk, receiver, NOW + LEASE) == Round(delivered=1)


def test_of_many_who_send_at_once_one_does(lost: Shop) -> None:
    receiver = Receiver()
    with ThreadPoolExecutor(4) as pool:
        rounds = Counter(pool.map(lambda _: send_due(lost.desk, receiver, NOW), range(8)))
    assert (rounds[Round(delivered=1)], len(receiver.got)) == (1, 1)


def test_a_webhook_that_is_gone_gets_nothing(lost: Shop) -> None:
    with lost.desk.store.reading() as unit:
        (one,) = unit.webhooks()
    assert remove_webhook(lost.desk, one.id) is None
    assert code(remove_webhook(lost.desk, one.id)) == "webhook.unknown"
    assert send_due(lost.desk, Receiver(), NOW) == Round()


def test_a_user_who_is_gone_is_told_of_no_more(lost: Shop) -> None:
    (event,) = events(lost)
    assert delete_user(lost.desk, event.user_id, NOW) is None
    assert send_due(lost.desk, Receiver(), NOW) == Round()
    assert events(lost) == []
    assert code(send_again(lost.desk, event.id, NOW)) == "event.unknown"


def test_there_are_not_so_many_webhooks(shop: Shop) -> None:
    for _ in range(MOST_WEBHOOKS):
        webhook(shop)
    assert code(add_webhook(shop.desk, URL, NOW, shop.rng)) == "webhook.too-many"
