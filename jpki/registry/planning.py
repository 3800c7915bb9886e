"""From a row of the life-cycle table and a person's situation to what is to be done, or why not. Pure: no storage."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime

from jpki.kinds import CaKind
from jpki.reasons import RevocationReason
from jpki.registry.effects import Act, Becomes, Effect, Role, Scope
from jpki.registry.lifecycle import TABLE, Row
from jpki.registry.preconditions import WRONG_DESK
from jpki.registry.records import CardState, CertificateId, CertificateState, Medium
from jpki.registry.request import Question, Refusal, Request
from jpki.registry.situation import HeldCertificate, Situation, Slot, Token
from jpki.validity import JST, PRESENT_TERMS, Terms, card_expiry


@dataclass(frozen=True, slots=True, kw_only=True)
class NewToken:
    """A card or phone to be entered."""

    medium: Medium
    state: CardState
    expires: date


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenChange:
    """A card or phone that enters another state."""

    card_id: int
    state: CardState


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedRevocation:
    """A certificate to be revoked, or held when the reason is ``CERTIFICATE_HOLD``."""

    id: CertificateId
    reason: RevocationReason


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedCertificate:
    """A certificate to be issued for the place ``slot``: on the card or phone ``token``, or on the new one (None)."""

    slot: Slot
    token: Token | None
    last_day: date
    """It ends then at the latest: with the card, or with the certificate that it is paired with."""
    is_renewal: bool
    """It may live until the sixth birthday (公的個人認証法施行規則; see ``jpki.validity``)."""
    predecessor: CertificateId | None
    """The one whose place it takes, be it on a card or phone before this one: old ⇔ new."""
    partner: CertificateId | None
    """The living one of the other kind beside it, unless that is issued at the same time: authentication ⇔ signing."""
    on_card: CertificateId | None
    """For a phone's signing certificate the card's: 公的個人認証法 Art. 18(4)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedSuccession:
    """Two certificates that are there already: ``new`` takes the place of ``old`` from now on."""

    old: CertificateId
    new: CertificateId


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Everything that one operation does. Revocations come before what is issued in their place."""

    row: Row
    request: Request
    situation: Situation
    now: datetime
    revocations: tuple[PlannedRevocation, ...]
    releases: tuple[CertificateId, ...]
    certificates: tuple[PlannedCertificate, ...]
    successions: tuple[PlannedSuccession, ...]
    changes: tuple[TokenChange, ...]
    new_token: NewToken | None


def plan(situation: Situation, request: Request, *, now: datetime, terms: Terms = PRESENT_TERMS) -> Plan | Refusal:
    """What the operation would do now, or the first precondition that does not hold. ``terms`` are the CAs'."""
    row = TABLE[request.operation]
    if request.desk not in row.desks:
        return WRONG_DESK
    question = Question(situation=situation, request=request, now=now, terms=terms)
    for needed in row.needs:
        if not needed.holds(question):
            return needed.refusal()
    return Plan(
        row=row,
        request=request,
        situation=situation,
        now=now,
        revocations=tuple(_revocations(row, situation, now)),
        releases=tuple(_releases(row, situation, now)),
        certificates=tuple(_certificates(row, situation, now)),
        successions=tuple(_successions(row, situation)),
        changes=tuple(_changes(row, situation)),
        new_token=_new_token(row, request, situation, now),
    )


def _tokens(row: Row, situation: Situation, medium: Medium) -> Iterator[Token]:
    """The cards or phones that the row's effects are on."""
    in_scope = {
        Scope.HAND: (situation.card,),
        Scope.COMING: (situation.coming,),
        Scope.BOTH: (situation.card, situation.coming),
    }
    chosen = in_scope[row.scope] if medium is Medium.CARD else (situation.phone,)
    yield from (token for token in chosen if token is not None)


def _affected(row: Row, situation: Situation, now: datetime) -> Iterator[tuple[HeldCertificate, Effect]]:
    """Every certificate that lives, with what happens to it."""
    for slot in Slot:
        for token in _tokens(row, situation, slot.medium):
            certificate = token.certificate(slot.kind)
            if certificate is not None and certificate.lives(now):
                yield certificate, row.effect(slot)


def _revocations(row: Row, situation: Situation, now: datetime) -> Iterator[PlannedRevocation]:
    for certificate, effect in _affected(row, situation, now):
        is_held_already = effect.act is Act.HOLD and certificate.state is CertificateState.ON_HOLD
        if effect.reason is not None and not is_held_already:
            yield PlannedRevocation(id=certificate.id, reason=effect.reason)


def _releases(row: Row, situation: Situation, now: datetime) -> Iterator[CertificateId]:
    for certificate, effect in _affected(row, situation, now):
        if effect.act is Act.RELEASE and certificate.state is CertificateState.ON_HOLD:
            yield certificate.id


def _certificates(row: Row, situation: Situation, now: datetime) -> Iterator[PlannedCertificate]:
    issued = [slot for slot in Slot if row.effect(slot).act in (Act.ISSUE, Act.REPLACE)]
    allowed = [slot for slot in issued if _may_have(slot, situation, now)]
    for slot in allowed:
        if slot.medium is Medium.PHONE:
            yield _for_phone(row, slot, situation, now, issued=allowed)
        else:
            yield from (
                _for_card(row, slot, token, situation, now, issued=allowed)
                for token in _tokens(row, situation, Medium.CARD)
            )


def _may_have(slot: Slot, situation: Situation, now: datetime) -> bool:
    """A signing certificate: on a card from 15 on, on a phone while the card has one to apply with."""
    if slot is Slot.CARD_SIGN:
        return situation.may_sign(now)
    return slot is not Slot.PHONE_SIGN or (situation.card is not None and situation.card.has_good(CaKind.SIGN, now))


def _for_card(
    row: Row, slot: Slot, token: Token, situation: Situation, now: datetime, *, issued: Iterable[Slot]
) -> PlannedCertificate:
    partner = _partner(token, slot, now, issued=issued)
    return PlannedCertificate(
        slot=slot,
        token=token,
        last_day=min([token.expires, *([] if partner is None else [_last_day(partner)])]),
        is_renewal=row.is_renewal or partner is not None,  # it ends with its partner, however that was issued
        predecessor=_predecessor(token, slot, situation),
        partner=partner.id if partner else None,
        on_card=None,
    )


def _for_phone(
    row: Row, slot: Slot, situation: Situation, now: datetime, *, issued: Iterable[Slot]
) -> PlannedCertificate:
    """It ends with the card's certificates (ITmedia 2023-05-15), which may have been renewed: hence the longer rule."""
    card, phone = situation.card, situation.phone
    assert card is not None  # every row that issues for a phone needs a card in use
    assert card.auth is not None  # and its authentication certificate lives
    is_new = any(change.role is Role.NEW_PHONE for change in row.becomes)
    partner = None if is_new or phone is None else _partner(phone, slot, now, issued=issued)
    return PlannedCertificate(
        slot=slot,
        token=None if is_new else phone,
        last_day=min(card.expires, _last_day(card.auth)),
        is_renewal=True,
        predecessor=_predecessor(phone, slot, situation),
        partner=partner.id if partner else None,
        on_card=card.sign.id if slot is Slot.PHONE_SIGN and card.sign else None,
    )


def _predecessor(token: Token | None, slot: Slot, situation: Situation) -> CertificateId | None:
    """The newest one on the same card or phone; the first one there comes after the last one of what was before."""
    before = token.certificate(slot.kind) if token else None
    return before.id if before else situation.last.get(slot)


def _successions(row: Row, situation: Situation) -> Iterator[PlannedSuccession]:
    """A card that was renewed after the next one was made: what is handed over is older, and yet comes after it."""
    hand, coming = situation.card, situation.coming
    if hand is None or coming is None or Becomes(Role.COMING, CardState.IN_USE) not in row.becomes:
        return
    for slot in (Slot.CARD_SIGN, Slot.CARD_AUTH):
        old, new = hand.certificate(slot.kind), coming.certificate(slot.kind)
        if old is not None and new is not None and situation.last.get(slot) == old.id:
            yield PlannedSuccession(old=old.id, new=new.id)


def _partner(token: Token, slot: Slot, now: datetime, *, issued: Iterable[Slot]) -> HeldCertificate | None:
    """The certificate of the other kind on the same card or phone that goes on living beside a new one."""
    other = next(kind for kind in CaKind if kind is not slot.kind)
    if Slot((slot.medium, other)) in issued:
        return None
    beside = token.certificate(other)
    return beside if beside is not None and beside.lives(now) else None


def _last_day(certificate: HeldCertificate) -> date:
    return certificate.not_after.astimezone(JST).date()


def _changes(row: Row, situation: Situation) -> Iterator[TokenChange]:
    tokens = {Role.HAND: situation.card, Role.COMING: situation.coming, Role.PHONE: situation.phone}
    for change in row.becomes:
        token = tokens.get(change.role)
        if token is not None:
            yield TokenChange(card_id=token.card_id, state=change.state)


def _new_token(row: Row, request: Request, situation: Situation, now: datetime) -> NewToken | None:
    for change in row.becomes:
        if change.role is Role.NEW_CARD:
            # Choice: the day of application counts, as the register asks for a card's last day when it is entered.
            last_day = request.card_expiry or card_expiry(now, birth_date=situation.holder.birth_date)
            return NewToken(medium=Medium.CARD, state=change.state, expires=last_day)
        if change.role is Role.NEW_PHONE:
            assert situation.card is not None  # a precondition of the row
            return NewToken(medium=Medium.PHONE, state=change.state, expires=situation.card.expires)
    return None
