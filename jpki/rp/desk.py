"""What all ceremonies with customers share: where, whom to trust, where to keep, with which key."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

from apdu.ports import RandomBytes
from jpki.rp.ceremony import DEFAULT_TTL, Ceremony
from jpki.rp.interfaces import LinkSource, Store
from jpki.rp.statement import StatementKind
from jpki.rp.vault import Vault
from jpki.verify.policy import DOCUMENT_SIGNATURE, LOG_IN, Policy, Purpose
from jpki.verify.revocation import RevocationCheck
from jpki.verify.schemes import CARD_SCHEMES, SignatureScheme
from jpki.verify.trust import TrustStore
from jpki.verify.verifier import DEFAULT_REMEMBERED, Verifier


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """One relying party at one origin. Built once, shared by threads.

    ``revocation`` says whom to ask and who follows when nobody answers (``jpki.verify.preference``). The ceremonies of
    one desk share one verifier for each purpose, which remembers ``remembered`` certificates.
    """

    origin: str
    trust: TrustStore
    revocation: RevocationCheck
    store: Store
    vault: Vault
    links: LinkSource
    name: str = ""
    ttl: timedelta = DEFAULT_TTL
    schemes: tuple[SignatureScheme, ...] = CARD_SCHEMES
    remembered: int = DEFAULT_REMEMBERED
    _verifiers: dict[Purpose, Verifier] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        verifiers = {purpose: self._made(purpose) for purpose in (LOG_IN, DOCUMENT_SIGNATURE)}
        object.__setattr__(self, "_verifiers", verifiers)

    def verifier(self, purpose: Purpose) -> Verifier:
        """The one that judges certificates for this purpose here."""
        return self._verifiers[purpose]

    def ceremony(self, kind: StatementKind) -> Ceremony:
        """A ceremony of this kind, with the desk's challenges and verifier."""
        return Ceremony(
            kind=kind,
            origin=self.origin,
            relying_party_name=self.name,
            verifier=self.verifier(kind.purpose),
            challenges=self.store.challenges,
            ttl=self.ttl,
        )

    def _made(self, purpose: Purpose) -> Verifier:
        policy = Policy(purpose=purpose, revocation=self.revocation, schemes=self.schemes)
        return Verifier(trust=self.trust, policy=policy, remembered=self.remembered)


def new_user_id(rng: RandomBytes) -> str:
    """160 random bits: nothing about the person, and nobody guesses another's."""
    return rng(20).hex()
