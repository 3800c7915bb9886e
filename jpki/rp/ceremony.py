"""What log-in and contract have in common: begin with a challenge, complete with a verdict.

Step 1 of the procedure, **challenge**, lives here; the other steps are those of ``jpki.verify.procedure``. The
challenge is taken from its store before the answer is looked at, so a failed answer uses it up as well.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, Protocol

from apdu.ports import RandomBytes
from jpki.kinds import CaKind
from jpki.rp.challenges import ChallengeStore, Pending, Taken
from jpki.rp.errors import ChallengeError
from jpki.rp.origin import require_origin
from jpki.rp.statement import NONCE_SIZE, Statement, StatementKind, is_whole_second
from jpki.verify.errors import PolicyError
from jpki.verify.findings import Finding, finding, moment_text
from jpki.verify.procedure import Verdict
from jpki.verify.verifier import Verifier

DEFAULT_TTL: Final = timedelta(minutes=5)  # Web eID's default lifetime of a nonce


class Signer(Protocol):
    """What a client needs of a card; ``jpki.client.session.CardSession`` has it."""

    def verify_pin(self, kind: CaKind, pin: str) -> None:
        """Verify the PIN of the key."""
        ...

    def read_certificate(self, kind: CaKind) -> bytes:
        """The certificate of the key, DER."""
        ...

    def sign(self, kind: CaKind, message: bytes) -> bytes:
        """The signature over the message in the algorithm of the key, as X.509 encodes it."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Challenge:
    """What travels to the client. The origin does not: a client signs the one that it is really connected to."""

    kind: StatementKind
    nonce: bytes = field(repr=False)
    expires_at: datetime
    relying_party_name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedResponse:
    """What travels back. The certificate is whatever the client sent, hence its name."""

    unverified_certificate: bytes = field(repr=False)
    signature: bytes = field(repr=False)


class Ceremony:
    """One kind of ceremony at one origin. Built once, holds no state but its verifier's memory, shared by threads."""

    def __init__(
        self,
        *,
        kind: StatementKind,
        origin: str,
        relying_party_name: str,
        verifier: Verifier,
        challenges: ChallengeStore,
        ttl: timedelta,
    ) -> None:
        purpose = verifier.policy.purpose
        if purpose is not None and purpose != kind.purpose:
            raise PolicyError(
                f"a policy for {purpose.label} does not fit a ceremony for {kind.purpose.label}",
                hint=f"give it a policy whose purpose is {kind.purpose.label}",
            )
        if ttl < timedelta(seconds=1):
            raise ValueError("a challenge lives for a second at least")
        self._kind = kind
        self._origin = require_origin(origin)
        self._name = relying_party_name
        self._verifier = verifier
        self._challenges = challenges
        self._ttl = ttl

    def begin(
        self, now: datetime, rng: RandomBytes, *, document_digest: bytes | None = None
    ) -> tuple[Challenge, Pending]:
        """Give out a new challenge; it is in the store when this returns."""
        statement = Statement(
            kind=self._kind,
            origin=self._origin,
            nonce=rng(NONCE_SIZE),
            expires_at=(now + self._ttl).replace(microsecond=0),
            document_digest=document_digest,
        )
        pending = Pending(statement=statement, begun_at=now)
        self._challenges.put(pending, now=now)
        challenge = Challenge(
            kind=self._kind,
            nonce=statement.nonce,
            expires_at=statement.expires_at,
            relying_party_name=self._name,
        )
        return challenge, pending

    def complete(self, pending: Pending, response: SignedResponse, now: datetime) -> Verdict:
        """Use the challenge up, then judge the response.

        Whatever the outcome, the challenge is used up, unless it is none of this ceremony's.
        """
        flaw = self.take(pending, now)
        if flaw is not None:
            return Verdict(findings=(flaw,))
        return self._verifier.verify(
            certificate=response.unverified_certificate,
            signature=response.signature,
            message=pending.statement.message(),
            now=now,
        )

    def take(self, pending: Pending, now: datetime) -> Finding | None:
        """Use the challenge up; what is wrong with it, if anything."""
        statement = pending.statement
        if (statement.kind, statement.origin) != (self._kind, self._origin):
            return finding("jpki.challenge.wrong-ceremony")
        taken = self._challenges.take(pending, now=now)
        if taken is Taken.USED:
            return finding("jpki.challenge.used")
        if now >= statement.expires_at:  # also when the store has forgotten it since
            return finding("jpki.challenge.expired", expires_at=moment_text(statement.expires_at))
        if taken is Taken.UNKNOWN:
            return finding("jpki.challenge.unknown")
        if now < pending.begun_at:
            return finding("jpki.challenge.not-yet-valid", begun_at=moment_text(pending.begun_at))
        return None


def answer_statement(
    challenge: Challenge, signer: Signer, *, pin: str, origin: str, now: datetime, document_digest: bytes | None = None
) -> SignedResponse:
    """The client's half: check the challenge, then verify the PIN, read the certificate and sign.

    ``ChallengeError`` before the card is touched, when the challenge is weak, ambiguous or has expired.
    """
    statement = check_challenge(challenge, origin=origin, now=now, document_digest=document_digest)
    kind = challenge.kind.purpose.kind
    signer.verify_pin(kind, pin)
    return SignedResponse(
        unverified_certificate=signer.read_certificate(kind), signature=signer.sign(kind, statement.message())
    )


def check_challenge(
    challenge: Challenge, *, origin: str, now: datetime, document_digest: bytes | None = None
) -> Statement:
    """What a client would sign; ``ChallengeError`` when the challenge is weak, ambiguous or has expired."""
    if len(challenge.nonce) != NONCE_SIZE:
        raise ChallengeError(f"a challenge has {NONCE_SIZE * 8} random bits, this one {len(challenge.nonce) * 8}")
    if not is_whole_second(challenge.expires_at):
        raise ChallengeError("a challenge ends at a whole second of a known time zone")
    if now >= challenge.expires_at:
        raise ChallengeError("the challenge has expired", hint="ask the server for a new one")
    return Statement(
        kind=challenge.kind,
        origin=require_origin(origin),
        nonce=challenge.nonce,
        expires_at=challenge.expires_at,
        document_digest=document_digest,
    )
