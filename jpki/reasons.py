"""Why a certificate is revoked: CRLReason with its meaning in JPKI (both CAs' practice statements, clause 4.9.9, as
quoted in PocketSign's public documentation).
"""

from __future__ import annotations

from enum import IntEnum


class RevocationReason(IntEnum):
    """CRLReason (RFC 5280 clause 5.3.1), the seven values that JPKI uses."""

    UNSPECIFIED = 0
    KEY_COMPROMISE = 1
    CA_COMPROMISE = 2
    AFFILIATION_CHANGED = 3
    SUPERSEDED = 4
    CESSATION_OF_OPERATION = 5
    CERTIFICATE_HOLD = 6

    @property
    def rfc_name(self) -> str:
        """The identifier in RFC 5280, e.g. ``certificateHold``."""
        return _RFC_NAMES[self]

    @property
    def meaning_en(self) -> str:
        """What JPKI means by it, in English."""
        return _MEANINGS[self][0]

    @property
    def meaning_ja(self) -> str:
        """What JPKI means by it, in Japanese."""
        return _MEANINGS[self][1]


_RFC_NAMES = {
    RevocationReason.UNSPECIFIED: "unspecified",
    RevocationReason.KEY_COMPROMISE: "keyCompromise",
    RevocationReason.CA_COMPROMISE: "cACompromise",
    RevocationReason.AFFILIATION_CHANGED: "affiliationChanged",
    RevocationReason.SUPERSEDED: "superseded",
    RevocationReason.CESSATION_OF_OPERATION: "cessationOfOperation",
    RevocationReason.CERTIFICATE_HOLD: "certificateHold",
}

_MEANINGS = {
    RevocationReason.UNSPECIFIED: ("the card was discarded before delivery", "交付前のカードの廃棄"),
    RevocationReason.KEY_COMPROMISE: ("the holder's private key is compromised", "利用者の秘密鍵の危殆化"),
    RevocationReason.CA_COMPROMISE: ("the CA's key is compromised", "認証局の秘密鍵の危殆化"),
    RevocationReason.AFFILIATION_CHANGED: (
        "what the certificate says has changed (a move, a new name)",
        "証明書の記載事項の変更",
    ),
    RevocationReason.SUPERSEDED: ("the certificate was renewed", "証明書の更新"),
    RevocationReason.CESSATION_OF_OPERATION: ("the holder stopped using it", "利用の取りやめ"),
    RevocationReason.CERTIFICATE_HOLD: (
        "on hold, because the key may be in other hands (a lost card); JPKI never lifts a card's hold",
        "一時保留（カードの紛失など。カードの保留は解除されない）",
    ),
}
