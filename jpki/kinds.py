"""The two certification authorities of JPKI, which must never be mixed."""

from __future__ import annotations

from enum import Enum


class CaKind(Enum):
    """Which of the two one-tier roots: each issues its own end-entity certificates directly."""

    SIGN = "sign"
    """署名用認証局: certificates for digital signatures, with the holder's four attributes."""

    AUTH = "auth"
    """利用者証明用認証局: certificates for log-in, without a name in them."""
