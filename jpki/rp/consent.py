"""Consent to the latest four attributes (最新の4情報の提供への同意), its withdrawal, and what it allows.

Given with the signing key, for one service, for ten years that begin with the next day; withdrawn at any time. While
it stands, and only then, the serial number is kept (sealed), because the service is asked with it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from apdu.ports import RandomBytes
from jpki.attributes import HolderAttributes
from jpki.kinds import CaKind
from jpki.rp.account import seal_attributes
from jpki.rp.ceremony import SignedResponse
from jpki.rp.challenges import Pending
from jpki.rp.contract import ContractRequest
from jpki.rp.customer_signing import CustomerSigning
from jpki.rp.desk import Desk
from jpki.rp.findings import RpFinding, rp_finding
from jpki.rp.interfaces import LatestAttributesSource, Unit
from jpki.rp.outcome import CustomerOutcome
from jpki.rp.records import Consent
from jpki.rp.statement import StatementKind
from jpki.rp.vault import Vault
from jpki.rp.years import years_later
from jpki.verify.findings import moment_text
from jpki.verify.procedure import CertificateFacts, SubjectBinding

CONSENT_YEARS: Final = 10
_TEXT: Final = (
    "{service} が、署名用電子証明書の失効後に、最新の基本4情報（氏名・住所・生年月日・性別）の提供を"
    "受けることに同意します。同意は翌日から起算して{years}年間有効で、いつでも取り消せます。\n"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class LatestAnswer:
    """The newest attributes, or why there are none."""

    finding: RpFinding | None = None
    is_new: bool = False
    """The signing certificate is another than at the last time."""
    attributes: HolderAttributes | None = field(default=None, repr=False)


class ConsentCeremony:
    """Consents at one desk."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._signing = CustomerSigning(desk, StatementKind.CONSENT)

    def begin(self, now: datetime, rng: RandomBytes) -> tuple[ContractRequest, Pending]:
        """The text of the consent, to be signed."""
        return self._signing.begin(consent_text(self._desk.name or self._desk.origin), now, rng)

    def complete(
        self, pending: Pending, response: SignedResponse, now: datetime, rng: RandomBytes, *, user_id: str | None = None
    ) -> CustomerOutcome:
        """Judge the signature and keep the consent."""

        def keep(unit: Unit, known: str, facts: CertificateFacts) -> None:
            sealed = seal_consent(self._desk.vault, known, facts.binding, rng)
            unit.give_consent(known, at=now, ends_at=years_later(now, CONSENT_YEARS), sealed=sealed)

        return self._signing.complete(pending, response, now, rng, user_id=user_id, keep=keep)

    def withdraw(self, user_id: str, now: datetime) -> RpFinding | None:
        """From now on nothing is asked for; why not, when there is nothing to withdraw."""
        with self._desk.store.unit() as unit:
            if not unit.lock(user_id):
                return rp_finding("rp.customer.unknown")
            refusal = why_not(unit.consent(user_id), now)
            if refusal is None:
                unit.withdraw_consent(user_id, at=now)
        return refusal

    def latest(self, user_id: str, source: LatestAttributesSource, now: datetime, rng: RandomBytes) -> LatestAnswer:
        """Ask for the newest attributes; they take the place of those that were kept, and the consent follows."""
        with self._desk.store.reading() as unit:
            known, consent = unit.customer(user_id), unit.consent(user_id)
        refusal = why_not(consent, now) if known else rp_finding("rp.customer.unknown")
        if refusal is not None or consent is None:
            return LatestAnswer(finding=refusal)
        asked = open_consent(self._desk.vault, consent)
        found = source.latest(asked, at=now)
        if found is None:
            return LatestAnswer(finding=rp_finding("rp.latest.no-certificate"))
        newest, attributes = found
        with self._desk.store.unit() as unit:
            # The customer may have withdrawn it, or gone, while the service was asked.
            current = unit.consent(user_id) if unit.lock(user_id) else None
            refusal = why_not(current, now)
            if refusal is not None:
                return LatestAnswer(finding=refusal)
            if unit.attributes(user_id) is not None:
                unit.keep_attributes(user_id, seal_attributes(self._desk.vault, user_id, attributes, rng), at=now)
            unit.move_consent(consent.number, seal_consent(self._desk.vault, user_id, newest, rng))
        return LatestAnswer(is_new=newest != asked, attributes=attributes)


def consent_text(service: str) -> str:
    """What is signed; the words are the lab's own."""
    return _TEXT.format(service=service, years=CONSENT_YEARS)


def why_not(consent: Consent | None, now: datetime) -> RpFinding | None:
    """Why nobody may be asked; None while the consent stands."""
    if consent is None:
        return rp_finding("rp.consent.none")
    if consent.withdrawn_at is not None:
        return rp_finding("rp.consent.withdrawn")
    if now >= consent.ends_at:
        return rp_finding("rp.consent.ended", ends_at=moment_text(consent.ends_at))
    return None


def seal_consent(vault: Vault, user_id: str, binding: SubjectBinding, rng: RandomBytes) -> bytes:
    """About whom the service is asked, encrypted for this customer's place."""
    plain = len(binding.issuer_key_id).to_bytes(1) + binding.issuer_key_id + b"%x" % binding.serial
    return vault.seal(plain, place=_place(user_id), rng=rng)


def open_consent(vault: Vault, consent: Consent) -> SubjectBinding:
    """The signing certificate that a consent in force is about."""
    plain = vault.open(consent.sealed, place=_place(consent.user_id))
    size = plain[0]
    return SubjectBinding(plain[1 : 1 + size], int(plain[1 + size :], 16))


def _place(user_id: str) -> str:
    return f"consent of {user_id} for {CaKind.SIGN.value}"
