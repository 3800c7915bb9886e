"""The contract ceremony: what does the holder will? The signing key signs a text that both sides have.

request, pending = ceremony.begin(text, now, rng)                  # server
response = answer(request, session, pin=…, origin=…, now=…)        # client: shows `request.text`, then signs it
result = ceremony.complete(pending, response, now)                 # server: verdict and the four attributes
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from apdu.ports import RandomBytes
from jpki.attributes import HolderAttributes
from jpki.rp.ceremony import DEFAULT_TTL, Ceremony, Challenge, SignedResponse, Signer, answer_statement
from jpki.rp.challenges import ChallengeStore, Pending
from jpki.rp.errors import CeremonyError, ChallengeError
from jpki.rp.statement import StatementKind
from jpki.verify.policy import Policy
from jpki.verify.procedure import SubjectBinding, Verdict
from jpki.verify.trust import TrustStore
from jpki.verify.verifier import Verifier


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractRequest:
    """What travels to the client: the challenge, and the text to show before it is signed."""

    challenge: Challenge
    text: str

    @property
    def digest(self) -> bytes:
        """SHA-256 of the text in UTF-8, which the client makes itself."""
        return digest_of(self.text)


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractResult:
    """The verdict; the rest only when it is good."""

    verdict: Verdict

    @property
    def ok(self) -> bool:
        """True when the holder of the certificate signed the text."""
        return self.verdict.ok

    @property
    def subject(self) -> SubjectBinding | None:
        """Which certificate signed."""
        return self.verdict.certificate.binding if self.verdict.certificate else None

    @property
    def attributes(self) -> HolderAttributes | None:
        """The four attributes of who signed, from the certificate. Personal data: never into a log."""
        return self.verdict.certificate.attributes if self.verdict.certificate else None

    def as_dict(self) -> dict[str, Any]:
        """For machines: plain values only, without the attributes."""
        return self.verdict.as_dict()


class ContractCeremony:
    """Signing of texts at one origin. Built once, shared by threads."""

    def __init__(
        self,
        origin: str,
        *,
        trust: TrustStore,
        policy: Policy,
        challenges: ChallengeStore,
        relying_party_name: str = "",
        ttl: timedelta = DEFAULT_TTL,
        kind: StatementKind = StatementKind.CONTRACT,
    ) -> None:
        self._ceremony = Ceremony(
            kind=kind,
            origin=origin,
            relying_party_name=relying_party_name,
            verifier=Verifier(trust=trust, policy=policy),
            challenges=challenges,
            ttl=ttl,
        )

    def begin(self, text: str, now: datetime, rng: RandomBytes) -> tuple[ContractRequest, Pending]:
        """A request for the client, and what the server keeps in the user's session."""
        challenge, pending = self._ceremony.begin(now, rng, document_digest=digest_of(text))
        return ContractRequest(challenge=challenge, text=text), pending

    def complete(self, pending: Pending, response: SignedResponse, now: datetime) -> ContractResult:
        """Judge the answer. A challenge of this ceremony is used up by the call, whatever the outcome."""
        return ContractResult(verdict=self._ceremony.complete(pending, response, now))


def answer(
    request: ContractRequest,
    session: Signer,
    *,
    pin: str,
    origin: str,
    now: datetime,
    kind: StatementKind = StatementKind.CONTRACT,
) -> SignedResponse:
    """The client's half: the digest is that of the text which the client has, never one that it was told."""
    if request.challenge.kind is not kind:
        raise ChallengeError("this challenge is not for a contract", hint="a log-in is answered without a text")
    return answer_statement(
        request.challenge, session, pin=pin, origin=origin, now=now, document_digest=digest_of(request.text)
    )


def digest_of(text: str) -> bytes:
    """SHA-256 of a text in UTF-8, byte for byte: no line ends are changed, nothing is normalised."""
    try:
        return sha256(text.encode()).digest()
    except UnicodeEncodeError as error:
        raise CeremonyError("the text has half a surrogate pair, which UTF-8 cannot write") from error
