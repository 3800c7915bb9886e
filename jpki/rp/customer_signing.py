"""A customer signs: a contract, the opening of an account, a consent. Three purposes, three labels, one procedure.

The signature is verified, the signer is one that the desk knows (and the one that is logged in, if anybody is), what
the ceremony compares is compared; then, in one transaction, everything is stored, evidence first.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

from apdu.ports import RandomBytes
from jpki.attributes import HolderAttributes
from jpki.rp.ceremony import SignedResponse
from jpki.rp.challenges import Pending
from jpki.rp.comparing.outcome import Comparison
from jpki.rp.contract import ContractRequest, digest_of
from jpki.rp.desk import Desk
from jpki.rp.evidence import Signed, leave_evidence
from jpki.rp.findings import RpFinding, rp_finding
from jpki.rp.following import Known, Presented, follow, resolve
from jpki.rp.interfaces import Unit
from jpki.rp.outcome import CustomerOutcome, noted
from jpki.rp.statement import StatementKind
from jpki.verify.procedure import CertificateFacts, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What a ceremony demands beside a good signature."""

    findings: tuple[RpFinding, ...] = ()
    comparison: Comparison | None = None


Check: TypeAlias = Callable[[HolderAttributes], Checked]
Keep: TypeAlias = Callable[[Unit, str, CertificateFacts], None]


class CustomerSigning:
    """Signing at one desk for one purpose. Built once, shared by threads."""

    def __init__(self, desk: Desk, kind: StatementKind = StatementKind.CONTRACT) -> None:
        self._desk = desk
        self._kind = kind
        self._ceremony = desk.ceremony(kind)
        self._verifier = desk.verifier(kind.purpose)

    def begin(self, text: str, now: datetime, rng: RandomBytes) -> tuple[ContractRequest, Pending]:
        """A request for the client, and what the server keeps in the user's session."""
        challenge, pending = self._ceremony.begin(now, rng, document_digest=digest_of(text))
        return ContractRequest(challenge=challenge, text=text), pending

    def complete(
        self,
        pending: Pending,
        response: SignedResponse,
        now: datetime,
        rng: RandomBytes,
        *,
        user_id: str | None = None,
        check: Check | None = None,
        keep: Keep | None = None,
    ) -> CustomerOutcome:
        """Judge and store. ``user_id`` is who is logged in: nobody else's signature will do."""
        verdict = self._ceremony.complete(pending, response, now)
        facts = verdict.certificate
        if facts is None or facts.attributes is None:
            return self._outcome(verdict)
        checked = check(facts.attributes) if check else Checked()
        if checked.findings:
            return self._outcome(verdict, *checked.findings, comparison=checked.comparison)
        presented = Presented.of(facts, self._desk.vault, self._desk.links, at=now)
        with self._desk.store.unit() as unit:
            known = self._known(unit, presented, user_id)
            if isinstance(known, RpFinding):
                return self._outcome(verdict, known, comparison=checked.comparison)
            followed = follow(unit, known, presented, at=now)
            evidence = self._evidence(unit, known.user_id, pending, response, verdict, checked, now, rng)
            if keep:
                keep(unit, known.user_id, facts)
        return noted(
            CustomerOutcome(
                ceremony=self._kind.value,
                verdicts=(verdict,),
                user_id=known.user_id,
                followed=followed,
                comparison=checked.comparison,
                evidence=evidence,
                attributes=facts.attributes,
            )
        )

    def _known(self, unit: Unit, presented: Presented, user_id: str | None) -> Known | RpFinding:
        known = resolve(unit, presented)
        if known is None:
            known = rp_finding("rp.customer.not-enrolled")
        if isinstance(known, Known) and user_id not in (None, known.user_id):
            return rp_finding("rp.customer.other")
        return known

    def _evidence(
        self,
        unit: Unit,
        user_id: str,
        pending: Pending,
        response: SignedResponse,
        verdict: Verdict,
        checked: Checked,
        now: datetime,
        rng: RandomBytes,
    ) -> int:
        more: dict[str, Any] = {"comparison": checked.comparison.as_dict()} if checked.comparison else {}
        return leave_evidence(
            unit,
            self._desk.vault,
            user_id=user_id,
            statement=pending.statement,
            signed={"sign": Signed(response, pending.statement.message(), verdict, self._verifier)},
            more=more,
            at=now,
            rng=rng,
        )

    def _outcome(self, verdict: Verdict, *findings: RpFinding, comparison: Comparison | None = None) -> CustomerOutcome:
        return noted(
            CustomerOutcome(ceremony=self._kind.value, verdicts=(verdict,), findings=findings, comparison=comparison)
        )
