"""Opening an account: a signed application, the entry compared with the certificate, evidence for seven years.

The attributes are kept, sealed: a bank has to know its customer. Log-in and contract keep none.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from apdu.ports import RandomBytes
from jpki.attributes import HolderAttributes
from jpki.rp.ceremony import SignedResponse
from jpki.rp.challenges import Pending
from jpki.rp.comparing.compare import compare
from jpki.rp.comparing.entry import CustomerEntry
from jpki.rp.comparing.outcome import Outcome
from jpki.rp.contract import ContractRequest
from jpki.rp.customer_signing import Checked, CustomerSigning
from jpki.rp.desk import Desk
from jpki.rp.findings import rp_finding
from jpki.rp.interfaces import Unit
from jpki.rp.outcome import CustomerOutcome
from jpki.rp.statement import StatementKind
from jpki.rp.vault import Vault
from jpki.verify.procedure import CertificateFacts

REQUIRED: Final = ("name", "address", "birth_date")
"""What identifies a natural person by the law on criminal proceeds (犯罪収益移転防止法 Art. 4 (1) (i))."""


class AccountOpening:
    """Account opening at one desk. ``accept_form=False`` wants every field character for character."""

    def __init__(self, desk: Desk, *, required: Iterable[str] = REQUIRED, accept_form: bool = True) -> None:
        self._desk = desk
        self._signing = CustomerSigning(desk, StatementKind.ACCOUNT)
        self._required = tuple(required)
        self._accept_form = accept_form

    def begin(self, text: str, now: datetime, rng: RandomBytes) -> tuple[ContractRequest, Pending]:
        """The application to sign."""
        return self._signing.begin(text, now, rng)

    def complete(
        self,
        pending: Pending,
        response: SignedResponse,
        entry: CustomerEntry,
        now: datetime,
        rng: RandomBytes,
        *,
        user_id: str | None = None,
    ) -> CustomerOutcome:
        """Judge, compare and store; on any refusal nothing is stored."""

        def keep(unit: Unit, known: str, facts: CertificateFacts) -> None:
            assert facts.attributes is not None
            unit.keep_attributes(known, seal_attributes(self._desk.vault, known, facts.attributes, rng), at=now)

        return self._signing.complete(
            pending,
            response,
            now,
            rng,
            user_id=user_id,
            check=lambda attributes: self._check(attributes, entry),
            keep=keep,
        )

    def _check(self, attributes: HolderAttributes, entry: CustomerEntry) -> Checked:
        missing = [name for name in self._required if getattr(entry, name) is None]
        if missing:
            return Checked(findings=(rp_finding("rp.entry.incomplete", fields=", ".join(missing)),))
        comparison = compare(attributes, entry)
        if comparison.overall is Outcome.DIFFERS:
            differing = ", ".join(comparison.differing)
            return Checked(findings=(rp_finding("rp.entry.differs", fields=differing),), comparison=comparison)
        if comparison.overall is Outcome.DIFFERS_IN_FORM and not self._accept_form:
            in_form = [one.field for one in comparison.fields.values() if one.outcome is Outcome.DIFFERS_IN_FORM]
            refusal = rp_finding("rp.entry.differs-in-form", fields=", ".join(in_form))
            return Checked(findings=(refusal,), comparison=comparison)
        return Checked(comparison=comparison)


def seal_attributes(vault: Vault, user_id: str, attributes: HolderAttributes, rng: RandomBytes) -> bytes:
    """As the certificate has them, encrypted for this customer's place."""
    return vault.seal(attributes.encode(), place=_place(user_id), rng=rng)


def kept_attributes(desk: Desk, user_id: str) -> HolderAttributes | None:
    """What was kept of a customer; None where no ceremony had to."""
    with desk.store.reading() as unit:
        sealed = unit.attributes(user_id)
    return None if sealed is None else open_attributes(desk.vault, user_id, sealed)


def open_attributes(vault: Vault, user_id: str, sealed: bytes) -> HolderAttributes:
    """What was sealed for this customer."""
    return HolderAttributes.decode(vault.open(sealed, place=_place(user_id)))


def _place(user_id: str) -> str:
    return f"attributes of {user_id}"
