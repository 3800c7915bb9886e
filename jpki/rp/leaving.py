"""A customer leaves: everything goes but the evidence that the law wants kept; who comes back gets a new name."""

from __future__ import annotations

from datetime import datetime

from jpki.rp.desk import Desk
from jpki.rp.findings import RpFinding, rp_finding


def delete_customer(desk: Desk, user_id: str, now: datetime) -> RpFinding | None:
    """Why not, if there is nobody."""
    with desk.store.unit() as unit:
        if not unit.lock(user_id):
            return rp_finding("rp.customer.unknown")
        unit.delete_customer(user_id, now=now)
    return None


def purge_evidence(desk: Desk, now: datetime) -> int:
    """Delete evidence whose time is over; how many records."""
    with desk.store.unit() as unit:
        return unit.purge_evidence(now=now)
