"""Log-in of a customer: the authentication key answers, the certificate's hash tells who it is.

A newer certificate of the same person is followed by the links, and logs in as the same customer.
"""

from __future__ import annotations

from datetime import datetime

from apdu.ports import RandomBytes
from jpki.rp.ceremony import Challenge, SignedResponse
from jpki.rp.challenges import Pending
from jpki.rp.desk import Desk
from jpki.rp.findings import RpFinding, rp_finding
from jpki.rp.following import Known, Presented, follow, resolve, whose
from jpki.rp.outcome import CustomerOutcome, noted
from jpki.rp.statement import StatementKind
from jpki.verify.procedure import Verdict


class CustomerLogin:
    """Log-in at one desk. Built once, shared by threads. ``jpki.rp.login.answer`` is the client's half."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._ceremony = desk.ceremony(StatementKind.LOG_IN)

    def begin(self, now: datetime, rng: RandomBytes) -> tuple[Challenge, Pending]:
        """A new challenge for the client, and what the server keeps in the user's session."""
        return self._ceremony.begin(now, rng)

    def complete(self, pending: Pending, response: SignedResponse, now: datetime) -> CustomerOutcome:
        """Judge the answer, and say whose it is."""
        verdict = self._ceremony.complete(pending, response, now)
        if verdict.certificate is None:
            return _outcome(verdict)
        presented = Presented.of(verdict.certificate, self._desk.vault, self._desk.links, at=now)
        with self._desk.store.reading() as unit:
            known = whose(unit, presented)
        if not isinstance(known, Known) or known.earlier is None:
            return _outcome(verdict, known)
        with self._desk.store.unit() as unit:
            known = resolve(unit, presented)
            followed = isinstance(known, Known) and follow(unit, known, presented, at=now)
        return _outcome(verdict, known, followed=followed)


def _outcome(verdict: Verdict, known: Known | RpFinding | None = None, *, followed: bool = False) -> CustomerOutcome:
    if verdict.ok and known is None:
        known = rp_finding("rp.customer.not-enrolled")
    return noted(
        CustomerOutcome(
            ceremony=StatementKind.LOG_IN.value,
            verdicts=(verdict,),
            findings=(known,) if isinstance(known, RpFinding) else (),
            user_id=known.user_id if isinstance(known, Known) else None,
            followed=followed,
        )
    )
