"""A verifier for many log-ins: ``procedure.verify`` that remembers what it found of a certificate.

What steps 3 to 5 say of a certificate's bytes never changes, so a customer who comes back costs one check of a
signature. Dates, revocation and the signature are looked at each time.
"""

from __future__ import annotations

import threading
from datetime import datetime
from typing import Final

from jpki.verify.examine import Examined, examine
from jpki.verify.findings import Finding
from jpki.verify.policy import Policy
from jpki.verify.procedure import Verdict, empty_policy, judge, whole_seconds
from jpki.verify.schemes import MessageDigest
from jpki.verify.trust import TrustStore

DEFAULT_REMEMBERED: Final = 20_000
"""Certificates. One takes some 4 KB, so that a full memory has 80 MB."""


class Verifier:
    """Trust and policy put together once; shared by threads. Gives the verdicts of ``procedure.verify``.

    Only certificates that an anchor signed and step 5 did not refuse are remembered: what anybody can make in any
    number pushes nothing out. The oldest goes first when there are more than ``remembered``; 0 remembers none.
    """

    def __init__(self, *, trust: TrustStore, policy: Policy, remembered: int = DEFAULT_REMEMBERED) -> None:
        self._trust = trust
        self._policy = policy
        self._limit = remembered
        self._lock = threading.Lock()
        self._examined: dict[bytes, Examined] = {}

    @property
    def policy(self) -> Policy:
        """What is demanded."""
        return self._policy

    @property
    def trust(self) -> TrustStore:
        """Who is trusted."""
        return self._trust

    @property
    def remembered(self) -> int:
        """How many certificates are remembered now."""
        return len(self._examined)

    def verify(self, *, certificate: bytes, signature: bytes, message: bytes | MessageDigest, now: datetime) -> Verdict:
        """Run the steps of ``procedure``. Whatever the peer sent, the answer is a verdict."""
        now = whole_seconds(now)
        policy = self._policy
        if policy.purpose is None or policy.revocation is None or policy.missing:
            return empty_policy(policy)
        examined = self._examined.get(certificate)
        return judge(
            examined or self._examine(certificate),
            revocation=policy.revocation,
            schemes=policy.schemes,
            message=message,
            signature=signature,
            now=now,
        )

    def _examine(self, certificate: bytes) -> Examined | tuple[Finding, ...]:
        purpose, algorithms = self._policy.purpose, self._policy.algorithms
        assert purpose is not None
        examined = examine(certificate, trust=self._trust, purpose=purpose, algorithms=algorithms)
        if isinstance(examined, Examined) and self._limit and not any(each.is_error for each in examined.findings):
            self._remember(bytes(certificate), examined)
        return examined

    def _remember(self, certificate: bytes, examined: Examined) -> None:
        with self._lock:
            self._examined[certificate] = examined
            while len(self._examined) > self._limit:
                self._examined.pop(next(iter(self._examined)))
