"""What people call the certificates of a card, and how these stand, in Japanese."""

from __future__ import annotations

from typing import Final

KIND_JA: Final = {"sign": "署名用", "auth": "利用者証明用"}
"""By the value of a ``CaKind``; followed by 電子証明書, 認証局 or の暗証番号."""

STATE_JA: Final = {"not-yet-issued": "未発行", "good": "有効", "on-hold": "一時保留", "revoked": "失効"}
"""By the value of a ``CertificateState``."""
