"""Registration, log-in and replacement: a proof in, a user out, or why not. On a refusal nothing is stored."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias

from apdu.ports import RandomBytes
from jpki.attributes import HolderAttributes
from jpki.kinds import CaKind
from jpki.rp.account import seal_attributes
from jpki.rp.desk import new_user_id
from jpki.rp.operator.checking import Checked, accepted, noted
from jpki.rp.operator.desk import TenantDesk
from jpki.rp.operator.evidence import leave
from jpki.rp.operator.identity import Identified, Person, attach, bind_new, person_of, resolve
from jpki.rp.operator.interfaces import TenantUnit
from jpki.rp.operator.proof import Proof
from jpki.rp.operator.records import Act, CheckMethod, KeptCertificate, VerificationRecord
from jpki.rp.operator.standing import Standing, standing_of
from jpki.rp.operator.vocabulary import Refusal, refusal
from jpki.rp.records import State

_Decision: TypeAlias = Callable[[TenantUnit, Person, Identified | None], tuple[str, bool] | Refusal]
"""Whose it becomes, and whether it took another's place; or why not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """It was proved, and something was stored. The attributes are told this once."""

    user_id: str
    is_new_user: bool = False
    followed: bool = False
    """The certificate took the place of an earlier one of the user's."""
    certificate: KeptCertificate
    verification: VerificationRecord
    signing: Standing | None = None
    """How the signing certificate that the user has here stands: after a move it is revoked, while log-ins go on."""
    attributes: HolderAttributes | None = field(default=None, repr=False)


def register(
    desk: TenantDesk,
    proof: Proof,
    now: datetime,
    rng: RandomBytes,
    *,
    kind: CaKind = CaKind.SIGN,
    method: CheckMethod | None = None,
    keep_attributes: bool = False,
) -> Accepted | Refusal:
    """A certificate of this kind becomes a user's: a new one's, or that of whoever has its partner registered.

    ``keep_attributes`` keeps the four attributes, sealed, for as long as the user is there (``users.kept_attributes``).
    """

    def decide(unit: TenantUnit, person: Person, found: Identified | None) -> tuple[str, bool] | Refusal:
        if found is not None and found.is_bound:
            known = "operator.user.already-registered" if found.known.earlier is None else "operator.user.to-replace"
            return refusal(known)
        if found is not None:
            return found.user_id, attach(unit, person, found, now)
        user_id = new_user_id(rng)
        unit.add_customer(user_id, at=now)
        bind_new(unit, user_id, person, now)
        return user_id, False

    return _ceremony(desk, Act.REGISTRATION, proof, kind, method, now, rng, decide, keep_attributes=keep_attributes)


def replace(
    desk: TenantDesk,
    proof: Proof,
    now: datetime,
    rng: RandomBytes,
    *,
    kind: CaKind = CaKind.SIGN,
    method: CheckMethod | None = None,
    keep_attributes: bool = False,
    accept_again: bool = False,
) -> Accepted | Refusal:
    """The certificate takes the place of the one before it, which the user has registered.

    ``accept_again`` takes the certificate that has the place already, for callers that may have missed the answer.
    """

    def decide(unit: TenantUnit, person: Person, found: Identified | None) -> tuple[str, bool] | Refusal:
        if found is None or not found.is_bound:
            return refusal("operator.user.nothing-to-replace")
        if found.known.earlier is None and not accept_again:
            return refusal("operator.user.already-registered")
        return found.user_id, attach(unit, person, found, now)

    return _ceremony(desk, Act.REPLACEMENT, proof, kind, method, now, rng, decide, keep_attributes=keep_attributes)


def log_in(
    desk: TenantDesk,
    proof: Proof,
    now: datetime,
    rng: RandomBytes,
    *,
    kind: CaKind = CaKind.AUTH,
    method: CheckMethod | None = None,
    require_signing: bool = False,
) -> Accepted | Refusal:
    """Whose certificate is it? A renewed one is followed.

    ``require_signing`` refuses who has registered a signing certificate that is good no longer: a move is noticed.
    """

    def decide(unit: TenantUnit, person: Person, found: Identified | None) -> tuple[str, bool] | Refusal:
        if found is None:
            return refusal("operator.user.not-registered")
        signing = signing_standing(desk, unit, found.user_id, now, method) if require_signing else None
        if signing is not None and signing.state is not State.GOOD:
            if signing.state is State.UNKNOWN:
                return Refusal("operator.status.unknown", findings=signing.findings)
            return refusal("operator.user.signing-certificate-ended", state=signing.state.value)
        return found.user_id, attach(unit, person, found, now)

    return _ceremony(desk, Act.LOG_IN, proof, kind, method, now, rng, decide)


def signing_standing(
    desk: TenantDesk, unit: TenantUnit, user_id: str, now: datetime, method: CheckMethod | None = None
) -> Standing | None:
    """Of the user's signing certificate; None where there is none."""
    bound = [one for one in unit.current_certificates(user_id) if one.kind is CaKind.SIGN]
    kept = unit.kept_by_handle(bound[-1].handle) if bound else None
    return None if kept is None else standing_of(desk, kept, method, now)


def _ceremony(
    desk: TenantDesk,
    act: Act,
    proof: Proof,
    kind: CaKind,
    method: CheckMethod | None,
    now: datetime,
    rng: RandomBytes,
    decide: _Decision,
    *,
    keep_attributes: bool = False,
) -> Accepted | Refusal:
    checked = accepted(desk, act, proof, kinds=(kind,), method=method, now=now)
    if isinstance(checked, Refusal):
        return checked
    person = person_of(desk, checked.facts, now)
    if isinstance(person, Refusal):
        return noted(act, person)
    with desk.store.unit() as unit:
        found = resolve(unit, person)
        is_known = isinstance(found, Identified)
        decided = found if isinstance(found, Refusal) else decide(unit, person, found)
        if isinstance(decided, Refusal):
            return noted(act, decided)
        if keep_attributes and checked.facts.attributes is not None:
            user_id = decided[0]
            sealed = seal_attributes(desk.vault, user_id, checked.facts.attributes, rng)
            unit.keep_attributes(user_id, sealed, at=now)
        return _stored(desk, unit, checked, decided, now, rng, is_new_user=not is_known)


def _stored(
    desk: TenantDesk,
    unit: TenantUnit,
    checked: Checked,
    decided: tuple[str, bool],
    now: datetime,
    rng: RandomBytes,
    *,
    is_new_user: bool,
) -> Accepted:
    user_id, followed = decided
    record, certificate = leave(desk, unit, checked, now, rng, user_id=user_id)
    assert certificate is not None
    return Accepted(
        user_id=user_id,
        is_new_user=is_new_user,
        followed=followed,
        certificate=certificate,
        verification=record,
        signing=signing_standing(desk, unit, user_id, now, checked.method) if checked.act is Act.LOG_IN else None,
        attributes=checked.facts.attributes,
    )
