"""Users of a tenant: how they stand (現況確認), and their end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from jpki.attributes import HolderAttributes
from jpki.kinds import CaKind
from jpki.rp.account import open_attributes
from jpki.rp.asks import AskRow, ask_about
from jpki.rp.operator.desk import TenantDesk
from jpki.rp.operator.interfaces import TenantUnit
from jpki.rp.operator.records import CheckMethod, KeptCertificate
from jpki.rp.operator.standing import Standing, standing_of
from jpki.rp.operator.vocabulary import Refusal, refusal
from jpki.rp.records import CustomerRecord, Snapshot, State


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """A user with the certificates that stand for it now."""

    record: CustomerRecord
    certificates: tuple[KeptCertificate, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class UserStatus:
    """``state`` is that of the signing certificate, where the user has one here: a move shows there."""

    user_id: str
    state: State
    standings: tuple[Standing, ...]
    asks: tuple[AskRow, ...]
    """What to do about each."""


def user(desk: TenantDesk, user_id: str) -> User | Refusal:
    """One user."""
    with desk.store.reading() as unit:
        return _user(unit, user_id)


def user_status(desk: TenantDesk, user_id: str, now: datetime, *, method: CheckMethod | None) -> UserStatus | Refusal:
    """Ask about the certificates again."""
    found = user(desk, user_id)
    return found if isinstance(found, Refusal) else _status(desk, found, now, method)


def user_statuses(
    desk: TenantDesk, user_ids: Sequence[str], now: datetime, *, method: CheckMethod | None
) -> list[UserStatus | Refusal]:
    """Many at once, in their order."""
    with desk.store.reading() as unit:
        users = [_user(unit, one) for one in user_ids]
    return [one if isinstance(one, Refusal) else _status(desk, one, now, method) for one in users]


def kept_attributes(desk: TenantDesk, user_id: str) -> HolderAttributes | None:
    """The attributes of the signing certificate that came last; None where no ceremony kept them."""
    with desk.store.reading() as unit:
        sealed = unit.attributes(user_id)
    return None if sealed is None else open_attributes(desk.vault, user_id, sealed)


def delete_user(desk: TenantDesk, user_id: str, now: datetime) -> Refusal | None:
    """Everything but evidence that the law wants kept, which says no longer of whom it is."""
    with desk.store.unit() as unit:
        unit.lock_bindings()
        if not unit.lock(user_id):
            return refusal("operator.user.unknown")
        unit.forget_user(user_id)
        unit.delete_customer(user_id, now=now)
    return None


def _user(unit: TenantUnit, user_id: str) -> User | Refusal:
    record = unit.customer(user_id)
    if record is None:
        return refusal("operator.user.unknown")
    kept = (unit.kept_by_handle(one.handle) for one in unit.current_certificates(user_id))
    return User(record=record, certificates=tuple(one for one in kept if one is not None))


def _status(desk: TenantDesk, found: User, now: datetime, method: CheckMethod | None) -> UserStatus:
    user_id = found.record.user_id
    standings = tuple(standing_of(desk, one, method, now) for one in found.certificates)
    first = sorted(standings, key=lambda one: one.kind is not CaKind.SIGN)
    return UserStatus(
        user_id=user_id,
        state=first[0].state if first else State.UNKNOWN,
        standings=standings,
        asks=tuple(ask_about(_snapshot(user_id, one)) for one in standings),
    )


def _snapshot(user_id: str, one: Standing) -> Snapshot:
    return Snapshot(certificate=0, user_id=user_id, kind=one.kind, state=one.state, reason=one.reason, since=one.since)
