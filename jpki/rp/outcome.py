"""What a ceremony with a customer comes to."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import Any, Final

from jpki.attributes import HolderAttributes
from jpki.rp.comparing.outcome import Comparison
from jpki.rp.findings import RpFinding
from jpki.verify.procedure import Verdict

_LOG: Final = logging.getLogger("jpki.rp")


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerOutcome:
    """Accepted when every verdict is good and nothing else refuses; then, and only then, something was stored."""

    ceremony: str
    verdicts: tuple[Verdict, ...]
    findings: tuple[RpFinding, ...] = ()
    user_id: str | None = None
    is_new_customer: bool = False
    followed: bool = False
    """A newer certificate of the customer's was met, and bound in the place of the old one."""
    comparison: Comparison | None = None
    evidence: int | None = None
    attributes: HolderAttributes | None = field(default=None, repr=False)
    """Personal data: never into a log."""

    @property
    def ok(self) -> bool:
        """Whether it was accepted."""
        return self.user_id is not None

    @property
    def codes(self) -> tuple[str, ...]:
        """Of the verifier's findings, then of the ceremony's."""
        return (*(code for one in self.verdicts for code in one.codes), *(one.code for one in self.findings))

    def as_dict(self) -> dict[str, Any]:
        """For machines: no attribute and no serial number, unlike the verdicts' own."""
        return {
            "ceremony": self.ceremony,
            "ok": self.ok,
            "user_id": self.user_id,
            "is_new_customer": self.is_new_customer,
            "followed": self.followed,
            "findings": [item.as_dict() for one in self.verdicts for item in one.findings]
            + [item.as_dict() for item in self.findings],
            "comparison": self.comparison.as_dict() if self.comparison else None,
            "evidence": self.evidence,
        }


def noted(outcome: CustomerOutcome) -> CustomerOutcome:
    """Log that it happened, by codes alone: no serial number, no attribute, no user."""
    if outcome.ok:
        _LOG.info("%s accepted", outcome.ceremony)
    else:
        _LOG.warning("%s refused: %s", outcome.ceremony, " ".join(outcome.codes))
    return outcome
