"""The operator, and the operator as one tenant meets it: what all operations share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from apdu.ports import RandomBytes
from jpki.kinds import CaKind
from jpki.rp.evidence import KEEP_YEARS
from jpki.rp.operator.interfaces import LatestSource, PersonLinks, TenantStore
from jpki.rp.operator.records import CheckMethod, EvidenceContent
from jpki.rp.vault import Vault, derive_key
from jpki.verify.policy import DOCUMENT_SIGNATURE, LOG_IN, Policy
from jpki.verify.revocation import RevocationCheck
from jpki.verify.schemes import SignatureScheme
from jpki.verify.trust import TrustStore
from jpki.verify.verifier import Verifier

DEFAULT_CHALLENGE_TTL: Final = timedelta(minutes=5)  # Web eID's default lifetime of a nonce
PURPOSES: Final = {CaKind.AUTH: LOG_IN, CaKind.SIGN: DOCUMENT_SIGNATURE}


@dataclass(frozen=True, slots=True, kw_only=True)
class Operator:
    """Built once, shared by threads and tenants.

    ``link_delay`` is how old a certificate has to be before its links are known: of the real service it is told that
    they may take an hour and a half. ``evidence`` and ``keep_years`` say what is kept of a verification and how long.
    """

    name: str
    trust: TrustStore
    revocation: Mapping[CheckMethod, RevocationCheck]
    links: PersonLinks
    latest: LatestSource
    default_method: CheckMethod = CheckMethod.CRL
    link_delay: timedelta = timedelta(0)
    challenge_ttl: timedelta = DEFAULT_CHALLENGE_TTL
    evidence: EvidenceContent = EvidenceContent.WHOLE
    keep_years: int = KEEP_YEARS
    _verifiers: dict[object, Verifier] = field(default_factory=dict, init=False, repr=False, compare=False)

    def verifier(self, kind: CaKind, method: CheckMethod, schemes: tuple[SignatureScheme, ...]) -> Verifier:
        """The one for these demands; there are a handful."""
        key = (kind, method, schemes)
        if key not in self._verifiers:
            policy = Policy(purpose=PURPOSES[kind], revocation=self.revocation[method], schemes=schemes)
            self._verifiers[key] = Verifier(trust=self.trust, policy=policy)
        return self._verifiers[key]


@dataclass(frozen=True, slots=True, kw_only=True)
class TenantDesk:
    """One tenant's: a store and a vault of its own, so that nothing of it is anything to another tenant."""

    operator: Operator
    tenant: str
    store: TenantStore
    vault: Vault


def tenant_vault(operator_key: bytes, tenant: str) -> Vault:
    """Keys of its own for each tenant: one certificate has unrelated handles at two of them."""
    return Vault(tenant_key(operator_key, tenant))


def tenant_key(operator_key: bytes, tenant: str) -> bytes:
    """That from which all keys of a tenant come, and nobody else's."""
    return derive_key(operator_key, b"mynalab operator tenant v1 " + tenant.encode())


def new_id(rng: RandomBytes) -> str:
    """128 random bits: nothing can be read from it, and nobody guesses another."""
    return rng(16).hex()
