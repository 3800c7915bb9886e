"""What the operator does between requests, besides telling of changes."""

from __future__ import annotations

import time
from datetime import timedelta

from mynalab.operator_server.noticing import Noticer, purge_round
from tests.mynalab.operator_server.conftest import Office


def kept(office: Office) -> int:
    with office.operator.desk("demo").store.reading() as unit:
        return len(unit.verifications(before=None, limit=10, user_id=None))


def test_verifications_end_with_their_time(office: Office) -> None:
    office.on(1)
    assert office.register("alice").status_code == 201
    assert purge_round(office.operator, office.now) == 0
    assert purge_round(office.operator, office.now + timedelta(days=366 * 7)) == 1
    assert kept(office) == 0


def test_that_happens_while_the_operator_serves(office: Office) -> None:
    office.on(1)
    assert office.register("alice").status_code == 201
    with Noticer(office.operator, clock=lambda: office.now, interval_s=0.01):
        office.on(366 * 7)
        end = time.monotonic() + 20
        while kept(office) and time.monotonic() < end:
            time.sleep(0.02)
    assert kept(office) == 0
