"""The two certification authorities of JPKI, which must never be mixed."""

from __future__ import annotations

from enum import Enum


class CaKind(Enum):
    """Which of the two one-tier roots: each issues its own end-entity certificates directly."""

    SIGN = "sign"
    """署名用認証局: certificates for digital signatures, with the holder's four attributes."""

    AUTH = "auth"
    """利用者証明用認証局: certificates for log-in, without a name in them."""


class RecordPin(Enum):
    """What opens the records of the 券面 applications."""

    TEXT = "text"
    """券面事項入力補助用暗証番号."""
    BIRTH = "birth"
    """The birth date, YYMMDD of the era."""
    REFERENCE_A = "reference-a"
    """照合番号A: the My Number."""
    REFERENCE_B = "reference-b"
    """照合番号B: what is printed in front."""
    REFERENCE = "reference"
    """照合番号 of the next generation's card: six digits, printed."""
