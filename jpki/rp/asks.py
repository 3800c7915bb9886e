"""What a sweep's finding means: what to do, and whom to ask. One row for each way that a certificate can stand."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final

from jpki.kinds import CaKind
from jpki.reasons import RevocationReason
from jpki.rp.records import Snapshot, State


class Ask(Enum):
    """What a relying party does next, the mildest first."""

    NOTHING = "nothing"
    CHECK_AGAIN = "check-again"
    AWAIT_NEWER = "await-newer"
    LATEST_ATTRIBUTES = "latest-attributes"
    RENEW = "renew"
    CONTACT = "contact"
    SUSPEND = "suspend"

    @property
    def rank(self) -> int:
        """The sterner, the higher: what counts of a customer with two certificates."""
        return list(Ask).index(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class AskRow:
    """What to do and of whom, in both languages. None stands for any kind, any reason. Codes are an interface."""

    code: str
    state: State
    kind: CaKind | None = None
    reason: RevocationReason | None = None
    ask: Ask
    whom: str
    en: str
    ja: str


_NOBODY, _CUSTOMER, _CA, _SERVICE = "nobody", "the customer", "the CA's lists", "the service of the latest attributes"

ASKS: Final = (
    AskRow(code="rp.sweep.good", state=State.GOOD, ask=Ask.NOTHING, whom=_NOBODY, en="nothing to do", ja="対応不要"),
    AskRow(
        code="rp.sweep.no-list",
        state=State.UNKNOWN,
        ask=Ask.CHECK_AGAIN,
        whom=_CA,
        en="no usable list of the issuer: sweep again with one",
        ja="失効リストが利用できないため、再確認する",
    ),
    AskRow(
        code="rp.sweep.expired",
        state=State.EXPIRED,
        ask=Ask.RENEW,
        whom=_CUSTOMER,
        en="the certificate ended: ask for the renewed one at the next visit",
        ja="有効期間満了。更新後の証明書の提示を求める",
    ),
    AskRow(
        code="rp.sweep.held",
        state=State.HELD,
        ask=Ask.SUSPEND,
        whom=_CUSTOMER,
        en="reported lost: accept nothing signed with it, ask through another channel",
        ja="一時保留（紛失など）。取引を止め、別の手段で本人に確認する",
    ),
    AskRow(
        code="rp.sweep.key-compromised",
        state=State.REVOKED,
        reason=RevocationReason.KEY_COMPROMISE,
        ask=Ask.SUSPEND,
        whom=_CUSTOMER,
        en="the key is in other hands: look at what was done with it since",
        ja="秘密鍵の危殆化。以後の取引を点検する",
    ),
    AskRow(
        code="rp.sweep.ca-compromised",
        state=State.REVOKED,
        reason=RevocationReason.CA_COMPROMISE,
        ask=Ask.SUSPEND,
        whom=_CUSTOMER,
        en="the CA's key is in other hands: enrol everybody anew",
        ja="認証局の秘密鍵の危殆化。登録をやり直す",
    ),
    AskRow(
        code="rp.sweep.superseded",
        state=State.REVOKED,
        reason=RevocationReason.SUPERSEDED,
        ask=Ask.AWAIT_NEWER,
        whom=_NOBODY,
        en="renewed: the links follow the newer certificate at its first use",
        ja="更新済み。新しい証明書の初回利用時に新旧紐付けで追跡する",
    ),
    AskRow(
        code="rp.sweep.moved",
        state=State.REVOKED,
        kind=CaKind.SIGN,
        reason=RevocationReason.AFFILIATION_CHANGED,
        ask=Ask.LATEST_ATTRIBUTES,
        whom=_SERVICE,
        en="moved or renamed: with consent ask for the latest attributes, without it ask the customer",
        ja="住所・氏名等の変更。同意があれば最新の4情報を取得し、なければ本人に確認する",
    ),
    AskRow(
        code="rp.sweep.left-register",
        state=State.REVOKED,
        kind=CaKind.AUTH,
        reason=RevocationReason.AFFILIATION_CHANGED,
        ask=Ask.CONTACT,
        whom=_CUSTOMER,
        en="left the register (a death, a move abroad): ask through another channel",
        ja="住民票の消除（死亡・国外転出など）の可能性。別の手段で確認する",
    ),
    AskRow(
        code="rp.sweep.revoked",
        state=State.REVOKED,
        ask=Ask.CONTACT,
        whom=_CUSTOMER,
        en="the certificate is no longer used: ask for another card or another means",
        ja="証明書の利用終了。別の手段または新しいカードを求める",
    ),
)
"""The first row that fits counts."""


def ask_about(snapshot: Snapshot) -> AskRow:
    """What this finding means."""
    return next(row for row in ASKS if _fits(row, snapshot))


def _fits(row: AskRow, snapshot: Snapshot) -> bool:
    return (
        row.state is snapshot.state
        and row.kind in (None, snapshot.kind)
        and (row.reason is None or row.reason == snapshot.reason)
    )
