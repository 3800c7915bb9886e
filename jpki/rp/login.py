"""The log-in ceremony: who is it? The authentication key signs a challenge; the answer is one certificate's binding.

    challenge, pending = ceremony.begin(now, rng)            # server; `pending` goes into the user's session
    response = answer(challenge, session, pin=…, origin=…, now=…)  # client, with the card
    result = ceremony.complete(pending, response, now)        # server

The certificate tells no name. A relying party stores the binding at enrolment and compares it here.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeAlias

from apdu.ports import RandomBytes
from jpki.rp.ceremony import DEFAULT_TTL, Ceremony, Challenge, SignedResponse, Signer, answer_statement
from jpki.rp.challenges import ChallengeStore, Pending
from jpki.rp.errors import ChallengeError
from jpki.rp.statement import StatementKind
from jpki.verify.policy import Policy
from jpki.verify.procedure import SubjectBinding, Verdict
from jpki.verify.trust import TrustStore
from jpki.verify.verifier import Verifier

LoginResponse: TypeAlias = SignedResponse
PendingLogin: TypeAlias = Pending


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginResult:
    """The verdict; ``subject`` only when it is good."""

    verdict: Verdict

    @property
    def ok(self) -> bool:
        """True when the holder of the certificate is here."""
        return self.verdict.ok

    @property
    def subject(self) -> SubjectBinding | None:
        """Which certificate logged in."""
        return self.verdict.certificate.binding if self.verdict.certificate else None

    def as_dict(self) -> dict[str, Any]:
        """For machines: plain values only."""
        return self.verdict.as_dict()


class LoginCeremony:
    """Log-in at one origin. Built once, shared by threads."""

    def __init__(
        self,
        origin: str,
        *,
        trust: TrustStore,
        policy: Policy,
        challenges: ChallengeStore,
        relying_party_name: str = "",
        ttl: timedelta = DEFAULT_TTL,
    ) -> None:
        self._ceremony = Ceremony(
            kind=StatementKind.LOG_IN,
            origin=origin,
            relying_party_name=relying_party_name,
            verifier=Verifier(trust=trust, policy=policy),
            challenges=challenges,
            ttl=ttl,
        )

    def begin(self, now: datetime, rng: RandomBytes) -> tuple[Challenge, PendingLogin]:
        """A new challenge for the client, and what the server keeps in the user's session."""
        return self._ceremony.begin(now, rng)

    def complete(self, pending: PendingLogin, response: LoginResponse, now: datetime) -> LoginResult:
        """Judge the answer. A challenge of this ceremony is used up by the call, whatever the outcome."""
        return LoginResult(verdict=self._ceremony.complete(pending, response, now))


def answer(challenge: Challenge, session: Signer, *, pin: str, origin: str, now: datetime) -> LoginResponse:
    """The client's half. ``origin`` is where the client is connected to, never what the server says it is."""
    if challenge.kind is not StatementKind.LOG_IN:
        raise ChallengeError("this challenge is not for a log-in", hint="a contract is answered with its text at hand")
    return answer_statement(challenge, session, pin=pin, origin=origin, now=now)
