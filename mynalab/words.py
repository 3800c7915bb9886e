"""What people call the certificates and PINs of a card, and how these stand, in Japanese."""

from __future__ import annotations

from typing import Final

KIND_JA: Final = {"sign": "署名用", "auth": "利用者証明用"}
"""By the value of a ``CaKind``; followed by 電子証明書, 認証局 or の暗証番号."""

PIN_JA: Final = {
    "auth": "利用者証明用の暗証番号",
    "sign": "署名用の暗証番号",
    "text": "券面事項入力補助用の暗証番号",
    "text-a": "照合番号A（券面事項入力補助）",
    "text-b": "照合番号B（券面事項入力補助）",
    "face-birth": "生年月日（券面事項確認）",
    "face-a": "照合番号A（券面事項確認）",
    "face-b": "照合番号B（券面事項確認）",
    "reference": "照合番号（次期カード）",
    "registry": "住民基本台帳用の暗証番号",
    "common": "共通カードAPの暗証番号",
}
"""By the name of a counter in ``cardsim.inspect``."""

LIFE_CYCLE_JA: Final = {"secured": "使用中", "terminated": "使用終了（元に戻せません）"}
"""By the value of a ``LifeCycle`` of a card."""

STATE_JA: Final = {
    "not-yet-issued": "未発行",
    "good": "有効",
    "on-hold": "一時保留",
    "revoked": "失効",
    "expired": "有効期間満了",
}
"""By the value of a ``CertificateState``, and of what is over (``mynalab.lab.standing``)."""
