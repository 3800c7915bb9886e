"""Any signature, verified for a tenant; and the list of what was."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from apdu.ports import RandomBytes
from jpki.attributes import HolderAttributes
from jpki.rp.desk import new_user_id
from jpki.rp.operator.checking import Checked, check, noted
from jpki.rp.operator.desk import TenantDesk
from jpki.rp.operator.evidence import leave
from jpki.rp.operator.identity import Identified, attach, bind_new, person_of, resolve
from jpki.rp.operator.proof import Proof
from jpki.rp.operator.records import Act, CheckMethod, KeptCertificate, VerificationRecord
from jpki.rp.operator.vocabulary import Refusal, refusal
from jpki.verify.procedure import Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """What came of it, good or bad. Certificate and attributes only where it is good; they are told this once."""

    record: VerificationRecord
    verdict: Verdict
    certificate: KeptCertificate | None = None
    user_id: str | None = None
    is_new_user: bool = False
    attributes: HolderAttributes | None = field(default=None, repr=False)


def verify(
    desk: TenantDesk,
    proof: Proof,
    now: datetime,
    rng: RandomBytes,
    *,
    method: CheckMethod | None = None,
    identify_user: bool = False,
) -> Verified | Refusal:
    """Judge, and leave a record. ``identify_user``: say whose certificate it is, under this tenant's id."""
    checked = check(desk, Act.VERIFICATION, proof, method=method, now=now)
    if isinstance(checked, Refusal):
        return checked
    if identify_user and checked.verdict.ok:
        return _identified(desk, checked, now, rng)
    with desk.store.unit() as unit:
        record, certificate = leave(desk, unit, checked, now, rng)
    return _verified(checked, record, certificate)


def verification(desk: TenantDesk, id_: str) -> VerificationRecord | Refusal:
    """One of the list."""
    with desk.store.reading() as unit:
        found = unit.verification(id_)
    return found or refusal("operator.verification.unknown")


def verifications(
    desk: TenantDesk, *, before: str | None, limit: int, user_id: str | None
) -> Sequence[VerificationRecord] | Refusal:
    """The newest first; ``before`` is the id of the last one of the page before."""
    with desk.store.reading() as unit:
        last = None if before is None else unit.verification(before)
        if before is not None and last is None:
            return refusal("operator.verification.unknown")
        return unit.verifications(before=last.number if last else None, limit=limit, user_id=user_id)


def delete_verification(desk: TenantDesk, id_: str, now: datetime) -> Refusal | None:
    """The tenant finds it no more. Its evidence goes too, but where the law wants it: that stays, and is of nobody."""
    with desk.store.unit() as unit:
        return None if unit.delete_verification(id_, now=now) else refusal("operator.verification.unknown")


def purge(desk: TenantDesk, now: datetime) -> int:
    """Delete the verifications whose time is over, with evidence and data; how many."""
    with desk.store.unit() as unit:
        unit.purge_evidence(now=now)
        return unit.purge_verifications(now=now)


def _identified(desk: TenantDesk, checked: Checked, now: datetime, rng: RandomBytes) -> Verified | Refusal:
    person = person_of(desk, checked.facts, now)
    if isinstance(person, Refusal):
        return noted(Act.VERIFICATION, person)
    with desk.store.unit() as unit:
        found = resolve(unit, person)
        if isinstance(found, Refusal):
            return noted(Act.VERIFICATION, found)
        if isinstance(found, Identified):
            user_id = found.user_id
            attach(unit, person, found, now)
        else:
            user_id = new_user_id(rng)
            unit.add_customer(user_id, at=now)
            bind_new(unit, user_id, person, now)
        record, certificate = leave(desk, unit, checked, now, rng, user_id=user_id)
    return _verified(checked, record, certificate, user_id=user_id, is_new_user=found is None)


def _verified(
    checked: Checked,
    record: VerificationRecord,
    certificate: KeptCertificate | None,
    *,
    user_id: str | None = None,
    is_new_user: bool = False,
) -> Verified:
    facts = checked.verdict.certificate
    return Verified(
        record=record,
        verdict=checked.verdict,
        certificate=certificate,
        user_id=user_id,
        is_new_user=is_new_user,
        attributes=facts.attributes if facts else None,
    )
