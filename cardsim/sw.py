"""The status words that this card uses (ISO/IEC 7816-4 clause 5.6, with the meaning that it gives them)."""

from __future__ import annotations

from typing import Final

from apdu.status import StatusWord

AUTHENTICATION_FAILED: Final = StatusWord(0x6300)  # GlobalPlatform Card Specification 2.3.1 table 11-10
MORE_DATA: Final = StatusWord(0x6310)  # GET STATUS goes on: GlobalPlatform Card Specification 2.3.1 table 11-38
EXECUTION_ERROR: Final = StatusWord(0x6400)  # nothing changed
MEMORY_FAILURE: Final = StatusWord(0x6581)
NO_SECURITY_ENVIRONMENT: Final = StatusWord(0x66F1)  # measured: soltia48/myna-card src/sm.rs
WRONG_LENGTH: Final = StatusWord(0x6700)
CHANNEL_NOT_SUPPORTED: Final = StatusWord(0x6881)
SECURE_MESSAGING_NOT_SUPPORTED: Final = StatusWord(0x6882)
CHAINING_NOT_SUPPORTED: Final = StatusWord(0x6884)
INCOMPATIBLE_FILE: Final = StatusWord(0x6981)
SECURITY_STATUS_NOT_SATISFIED: Final = StatusWord(0x6982)
REFERENCE_BLOCKED: Final = StatusWord(0x6984)  # JICSAP: "IEF blocked"; ISO/IEC 7816-4 would say 6983
CONDITIONS_NOT_SATISFIED: Final = StatusWord(0x6985)
TERMINATED: Final = CONDITIONS_NOT_SATISFIED  # to every command once the card has destroyed itself: our choice
NO_CURRENT_FILE: Final = StatusWord(0x6986)
SECURED_DATA_MISSING: Final = StatusWord(0x6987)
SECURED_DATA_WRONG: Final = StatusWord(0x6988)
NO_SECURE_SESSION: Final = StatusWord(0x69FC)  # measured: soltia48/myna-card src/sm.rs
WRONG_DATA: Final = StatusWord(0x6A80)
FUNCTION_NOT_SUPPORTED: Final = StatusWord(0x6A81)
FILE_NOT_FOUND: Final = StatusWord(0x6A82)
RECORD_NOT_FOUND: Final = StatusWord(0x6A83)
NOT_ENOUGH_MEMORY: Final = StatusWord(0x6A84)
WRONG_P1P2: Final = StatusWord(0x6A86)
OBJECT_NOT_FOUND: Final = StatusWord(0x6A88)
OFFSET_OUTSIDE: Final = StatusWord(0x6B00)
INS_NOT_SUPPORTED: Final = StatusWord(0x6D00)
CLA_NOT_SUPPORTED: Final = StatusWord(0x6E00)
CRYPTOGRAM_TOO_LARGE: Final = StatusWord(0x6F00)  # not below the modulus; measured: soltia48/myna-card src/sm.rs
FAULT: Final = StatusWord(0x6F00)
