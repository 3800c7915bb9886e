"""Commands that every application knows of and refuses."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from cardsim import sw
from cardsim.applications.rules import Refusal

_NEEDS_AUTHORITY: Final = Refusal(sw.SECURITY_STATUS_NOT_SATISFIED)

EVERYWHERE: Final = MappingProxyType(
    {
        0x80A2: Refusal(  # SET PUBLIC IC KEY; measured: mynatest, jsapdu e2e
            sw.WRONG_P1P2, {0x00C1: sw.WRONG_LENGTH, 0x06C1: sw.WRONG_LENGTH}
        ),
        0x80FC: Refusal(sw.WRONG_LENGTH),  # the iPhone's last-command indicator; measured: soltia48/myna-card
        # Commands of the issuer, listed by soltia48/myna-card after JICSAP; no public client sends them.
        0x002C: _NEEDS_AUTHORITY,  # RESET RETRY COUNTER
        0x0082: _NEEDS_AUTHORITY,  # EXTERNAL AUTHENTICATE
        0x8006: _NEEDS_AUTHORITY,  # ERASE ALL RECORDS
        0x8032: _NEEDS_AUTHORITY,  # CHANGE KEY
        0x8050: _NEEDS_AUTHORITY,  # LOCK DF
        0x8052: _NEEDS_AUTHORITY,  # UNLOCK DF
        0x8054: _NEEDS_AUTHORITY,  # UNLOCK KEY
        0x808A: _NEEDS_AUTHORITY,  # MANAGE ATTRIBUTES
    }
)

NO_SESSION_KEY: Final = {0x80AE: Refusal(sw.NO_SECURITY_ENVIRONMENT)}
"""SET SESSION KEY in the common and the card-face application; measured: soltia48/myna-card src/sm.rs."""

SESSION_KEY_FORBIDDEN: Final = {0x80AE: Refusal(sw.SECURITY_STATUS_NOT_SATISFIED)}
"""SET SESSION KEY in the JPKI application and the resident registry; measured: soltia48/myna-card src/sm.rs."""

AUTHENTICATION_FORBIDDEN: Final = {0x0088: Refusal(sw.SECURITY_STATUS_NOT_SATISFIED)}
"""INTERNAL AUTHENTICATE where keys need a PIN; measured: soltia48/myna-card src/ap/common.rs."""

AUTHENTICATION_UNSUITED: Final = {0x0088: Refusal(sw.CONDITIONS_NOT_SATISFIED)}
"""INTERNAL AUTHENTICATE with the signing keys of the text and card-face application; measured as above."""
