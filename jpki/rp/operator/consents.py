"""Consent to the latest four attributes (最新の4情報の提供への同意) of a tenant's user, and what it allows."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from apdu.ports import RandomBytes
from jpki.attributes import HolderAttributes
from jpki.kinds import CaKind
from jpki.rp.consent import CONSENT_YEARS, open_consent, seal_consent, why_not
from jpki.rp.findings import RpFinding
from jpki.rp.operator.checking import accepted, noted
from jpki.rp.operator.desk import TenantDesk
from jpki.rp.operator.evidence import leave
from jpki.rp.operator.identity import Identified, attach, person_of, resolve
from jpki.rp.operator.interfaces import Absence
from jpki.rp.operator.proof import OfChallenge, Proof
from jpki.rp.operator.records import Act, CheckMethod
from jpki.rp.operator.standing import ask
from jpki.rp.operator.vocabulary import Refusal, refusal
from jpki.rp.records import Consent, State
from jpki.rp.years import years_later
from jpki.verify.procedure import SubjectBinding

_WORDS: Final = {
    "rp.consent.none": "operator.consent.none",
    "rp.consent.withdrawn": "operator.consent.withdrawn",
    "rp.consent.ended": "operator.consent.ended",
}
_ABSENT: Final = {
    Absence.UNKNOWN: "operator.latest.unknown",
    Absence.EXPIRED: "operator.latest.expired",
    Absence.REVOKED_OR_HELD: "operator.latest.revoked-or-held",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentState:
    """``refusal`` says why nobody may be asked, None while the consent stands."""

    consent: Consent | None
    refusal: Refusal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Latest:
    """``is_new``: the signing certificate is another than at the last time."""

    is_new: bool
    attributes: HolderAttributes = field(repr=False)


def give_consent(
    desk: TenantDesk,
    user_id: str,
    proof: Proof,
    now: datetime,
    rng: RandomBytes,
    *,
    method: CheckMethod | None = None,
) -> ConsentState | Refusal:
    """Signed by the user with the signing key over the text of the consent."""
    if not isinstance(proof.signed, OfChallenge):
        return noted(Act.CONSENT, refusal("operator.challenge.required"))
    checked = accepted(desk, Act.CONSENT, proof, kinds=(CaKind.SIGN,), method=method, now=now)
    if isinstance(checked, Refusal):
        return checked
    person = person_of(desk, checked.facts, now)
    if isinstance(person, Refusal):
        return noted(Act.CONSENT, person)
    with desk.store.unit() as unit:
        found = resolve(unit, person)
        refused = _not_by(found, user_id, known=unit.customer(user_id) is not None)
        if refused is not None or not isinstance(found, Identified):
            return noted(Act.CONSENT, refused or refusal("operator.user.other"))
        attach(unit, person, found, now)
        leave(desk, unit, checked, now, rng, user_id=user_id)
        sealed = seal_consent(desk.vault, user_id, checked.facts.binding, rng)
        unit.give_consent(user_id, at=now, ends_at=years_later(now, CONSENT_YEARS), sealed=sealed)
        return ConsentState(consent=unit.consent(user_id), refusal=None)


def consent_state(desk: TenantDesk, user_id: str, now: datetime) -> ConsentState | Refusal:
    """Whether it stands."""
    with desk.store.reading() as unit:
        if unit.customer(user_id) is None:
            return refusal("operator.user.unknown")
        consent = unit.consent(user_id)
    return ConsentState(consent=consent, refusal=_refused(why_not(consent, now)))


def withdraw_consent(desk: TenantDesk, user_id: str, now: datetime) -> Refusal | None:
    """From now on nobody is asked; why not, when there is nothing to withdraw."""
    with desk.store.unit() as unit:
        if not unit.lock(user_id):
            return refusal("operator.user.unknown")
        refused = _refused(why_not(unit.consent(user_id), now))
        if refused is None:
            unit.withdraw_consent(user_id, at=now)
    return refused


def latest_attributes(desk: TenantDesk, user_id: str, now: datetime, rng: RandomBytes) -> Latest | Refusal:
    """Ask the service; the consent is about the newer certificate from then on."""
    state = consent_state(desk, user_id, now)
    if isinstance(state, Refusal) or state.refusal is not None or state.consent is None:
        return state if isinstance(state, Refusal) else state.refusal or refusal("operator.consent.none")
    asked = open_consent(desk.vault, state.consent)
    found = desk.operator.latest.latest(asked, at=now)
    if found is None:
        return refusal(_absent(desk, asked, now))
    newest, attributes = found
    with desk.store.unit() as unit:
        # The user may have withdrawn it, or gone, while the service was asked.
        current = unit.consent(user_id) if unit.lock(user_id) else None
        refused = _refused(why_not(current, now))
        if refused is not None:
            return refused
        unit.move_consent(state.consent.number, seal_consent(desk.vault, user_id, newest, rng))
    return Latest(is_new=newest != asked, attributes=attributes)


def _absent(desk: TenantDesk, asked: SubjectBinding, now: datetime) -> str:
    standing = ask(desk, asked, CaKind.SIGN, not_after=now, method=None, now=now)
    if standing.state is State.HELD:
        return "operator.latest.request-certificate-held"
    return _ABSENT[desk.operator.latest.absence(asked, at=now)]


def _not_by(found: Identified | Refusal | None, user_id: str, *, known: bool) -> Refusal | None:
    """Why this signature is not this user's."""
    if not known:
        return refusal("operator.user.unknown")
    if isinstance(found, Refusal):
        return found
    return None if found is not None and found.user_id == user_id else refusal("operator.user.other")


def _refused(why: RpFinding | None) -> Refusal | None:
    return None if why is None else refusal(_WORDS[why.code], **why.detail)
