"""What a verification demands. A policy that leaves something open is not lenient: it fails.

Policy(purpose=LOG_IN, revocation=CrlRevocationCheck([crl]))
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from jpki.algorithms import KEY_ALGORITHMS, KeyAlgorithm
from jpki.kinds import CaKind
from jpki.profiles import END_ENTITY_PROFILES, CertificateProfile
from jpki.verify.revocation import RevocationCheck
from jpki.verify.schemes import CARD_SCHEMES, SignatureScheme


@dataclass(frozen=True, slots=True)
class Purpose:
    """What a certificate is presented for, which decides the CA that may have issued it."""

    label: str
    kind: CaKind

    @property
    def profile(self) -> CertificateProfile:
        """The profile that the certificate must have."""
        return END_ENTITY_PROFILES[self.kind]


LOG_IN: Final = Purpose("log-in", CaKind.AUTH)
"""Who is it? Answered by the authentication key (利用者証明): digitalSignature, clientAuth, no attributes."""

DOCUMENT_SIGNATURE: Final = Purpose("document signature", CaKind.SIGN)
"""What does the holder will? Answered by the signing key (署名): nonRepudiation, with the four attributes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """A purpose and a way to check revocation; ``UnsafeNoRevocationCheck`` is the only way to go without.

    ``algorithms`` are those that the holder's key and the issuer's may have: today's and the next generation's.
    ``schemes`` are those that the holder's signature may be in; PSS and the bare hash have to be allowed by name.
    """

    purpose: Purpose | None = None
    revocation: RevocationCheck | None = None
    algorithms: tuple[KeyAlgorithm, ...] = KEY_ALGORITHMS
    schemes: tuple[SignatureScheme, ...] = CARD_SCHEMES

    @property
    def missing(self) -> tuple[str, ...]:
        """What the policy leaves open."""
        if self.purpose and self.revocation and self.algorithms and self.schemes:
            return ()  # at every log-in
        demands: dict[str, object] = {
            "purpose": self.purpose,
            "revocation": self.revocation,
            "algorithms": self.algorithms or None,
            "schemes": self.schemes or None,
        }
        return tuple(name for name, demand in demands.items() if demand is None)
