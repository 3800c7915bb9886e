"""The life cycle as one table: the code runs it, docs/lifecycle.md shows it, the tests go through it row by row.

Where a source says what happens but not with which CRLReason, the reason follows from the meanings of the practice
statements' clause 4.9.9 (``jpki.reasons``); such rows say "choice".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from jpki.reasons import RevocationReason
from jpki.registry import preconditions as must
from jpki.registry.effects import HOLD, ISSUE, KEEP, RELEASE, Becomes, Desk, Effect, Role, Scope, replace, revoke
from jpki.registry.preconditions import Precondition
from jpki.registry.records import CardState, ResidentState
from jpki.registry.request import Operation
from jpki.registry.situation import Slot

_CHANGED = revoke(RevocationReason.AFFILIATION_CHANGED)
_SUPERSEDED = revoke(RevocationReason.SUPERSEDED)
_CEASED = revoke(RevocationReason.CESSATION_OF_OPERATION)
_COMPROMISED = revoke(RevocationReason.KEY_COMPROMISE)
_DISCARDED = revoke(RevocationReason.UNSPECIFIED)
_RENEWED = replace(RevocationReason.SUPERSEDED)
_GIVEN_AGAIN = replace(RevocationReason.CESSATION_OF_OPERATION)

_COUNTER = (Desk.COUNTER,)
_ANYBODY = (must.NOT_BEFORE_HISTORY, must.ALIVE)
_RESIDENT = (*_ANYBODY, must.AT_HOME)
_WITH_CARD = (*_RESIDENT, must.HAS_CARD)
_WITH_CARD_IN_USE = (*_WITH_CARD, must.CARD_IN_USE, must.CARD_LASTS)
_WITH_COMING_CARD = (*_RESIDENT, must.APPLIED)
_WITH_PHONE = (*_RESIDENT, must.HAS_PHONE)

_HAND_ENDS = Becomes(Role.HAND, CardState.ENDED)
_COMING_ENDS = Becomes(Role.COMING, CardState.ENDED)
_PHONE_ENDS = Becomes(Role.PHONE, CardState.ENDED)
_ALL_END = (_HAND_ENDS, _COMING_ENDS, _PHONE_ENDS)

# ITmedia 2023-05-15: a phone's certificates end with the card's.
_AND_PHONE: Final = "; a phone's certificates end with the card's (ITmedia 2023-05-15)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One operation: what it is called, where it is done, what must be so, and what it does."""

    operation: Operation
    title_en: str
    title_ja: str
    desks: tuple[Desk, ...] = _COUNTER
    needs: tuple[Precondition, ...]
    card_sign: Effect = KEEP
    card_auth: Effect = KEEP
    phone_sign: Effect = KEEP
    phone_auth: Effect = KEEP
    scope: Scope = Scope.HAND
    becomes: tuple[Becomes, ...] = ()
    resident: ResidentState | None = None
    new_record: bool = False
    is_renewal: bool = False
    """The certificates issued live until the sixth birthday, not the fifth."""
    source: str

    @property
    def makes_token(self) -> bool:
        """Whether a card or phone comes into being."""
        return any(becomes.role in (Role.NEW_CARD, Role.NEW_PHONE) for becomes in self.becomes)

    def effect(self, slot: Slot) -> Effect:
        """What happens to the certificate in a place."""
        return {
            Slot.CARD_SIGN: self.card_sign,
            Slot.CARD_AUTH: self.card_auth,
            Slot.PHONE_SIGN: self.phone_sign,
            Slot.PHONE_AUTH: self.phone_auth,
        }[slot]


ROWS: Final = (
    Row(
        operation=Operation.APPLY,
        title_en="apply for a card",
        title_ja="カードの交付申請",
        desks=(Desk.COUNTER, Desk.PHONE),
        needs=(*_RESIDENT, must.NO_CARD_COMING, must.CARD_WANTED),
        becomes=(Becomes(Role.NEW_CARD, CardState.APPLIED),),
        source="Digital Agency: applied for at the counter or by smartphone; again from three months before the end",
    ),
    Row(
        operation=Operation.ISSUE,
        title_en="make the card, with its certificates (no signing certificate under 15)",
        title_ja="カードの作成と電子証明書の発行（15歳未満は署名用なし）",
        needs=(*_WITH_COMING_CARD, must.NOT_MADE),
        card_sign=ISSUE,
        card_auth=ISSUE,
        scope=Scope.COMING,
        becomes=(Becomes(Role.COMING, CardState.MADE),),
        source="公的個人認証法 Art. 3 and following; under 15 none for signing (Nabari, Ebetsu city)",
    ),
    Row(
        operation=Operation.DELIVER,
        title_en="hand the card over; the one before it ends",
        title_ja="カードの交付（以前のカードは回収・廃止）",
        needs=(*_WITH_COMING_CARD, must.MADE, must.COMING_LASTS),
        card_sign=_SUPERSEDED,
        card_auth=_SUPERSEDED,
        phone_sign=_SUPERSEDED,
        phone_auth=_SUPERSEDED,
        becomes=(_HAND_ENDS, _PHONE_ENDS, Becomes(Role.COMING, CardState.IN_USE)),
        source="CPS 4.9.9 superseded: certificate renewed" + _AND_PHONE,
    ),
    Row(
        operation=Operation.DISCARD,
        title_en="discard the card before it is handed over",
        title_ja="交付前のカードの廃棄",
        needs=_WITH_COMING_CARD,
        card_sign=_DISCARDED,
        card_auth=_DISCARDED,
        scope=Scope.COMING,
        becomes=(_COMING_ENDS,),
        source="CPS 4.9.9 unspecified: discarded before delivery",
    ),
    Row(
        operation=Operation.MOVE,
        title_en="change of address (also: return from abroad)",
        title_ja="転入・転居（住所の変更。帰国を含む）",
        needs=(*_ANYBODY, must.RECORD_IS_NEW),
        card_sign=_CHANGED,
        phone_sign=_CHANGED,
        scope=Scope.BOTH,
        resident=ResidentState.HERE,
        new_record=True,
        source="Digital Agency, when certificates lapse: change of the four attributes; CPS 4.9.9 affiliationChanged",
    ),
    Row(
        operation=Operation.RENAME,
        title_en="change of name, birth date or sex",
        title_ja="氏名・生年月日・性別の変更",
        needs=(*_RESIDENT, must.RECORD_IS_NEW),
        card_sign=_CHANGED,
        phone_sign=_CHANGED,
        scope=Scope.BOTH,
        new_record=True,
        source="Digital Agency, when certificates lapse: change of the four attributes; CPS 4.9.9 affiliationChanged",
    ),
    Row(
        operation=Operation.CORRECT_RECORD,
        title_en="an error or omission in the record was found",
        title_ja="記録の誤り・漏れの訂正",
        needs=(*_RESIDENT, must.RECORD_IS_NEW),
        card_sign=_CHANGED,
        phone_sign=_CHANGED,
        scope=Scope.BOTH,
        new_record=True,
        source="Digital Agency, when certificates lapse: 記録誤り等; the reason affiliationChanged is our choice",
    ),
    Row(
        operation=Operation.RENEW,
        title_en="renew the certificates, from three months before they end (then the sixth birthday counts)",
        title_ja="電子証明書の更新（満了の3か月前から。6回目の誕生日まで）",
        needs=(*_WITH_CARD_IN_USE, must.AUTH_LIVES, must.RENEWABLE, must.CARD_OUTLASTS),
        card_sign=_RENEWED,
        card_auth=_RENEWED,
        phone_sign=_SUPERSEDED,
        phone_auth=_SUPERSEDED,
        becomes=(_PHONE_ENDS,),
        is_renewal=True,
        source="CPS 4.9.9 superseded; JPKI FAQ on validity" + _AND_PHONE + " and have to be applied for again",
    ),
    Row(
        operation=Operation.SIGN_ANEW,
        title_en="a signing certificate for a card that has none: after a move, from the 15th birthday on",
        title_ja="署名用電子証明書のみの発行（転居後、15歳に達した後など）",
        needs=(*_WITH_CARD_IN_USE, must.AUTH_LIVES, must.NO_SIGN, must.OLD_ENOUGH),
        card_sign=ISSUE,
        source="JPKI FAQ: applied for at the counter; it ends with the authentication certificate",
    ),
    Row(
        operation=Operation.CERTIFY,
        title_en="new certificates for a card that has none: after their end, or after a revocation",
        title_ja="電子証明書の新規発行（期限切れ・失効の後）",
        needs=(*_WITH_CARD_IN_USE, must.NO_AUTH),
        card_sign=_RENEWED,
        card_auth=_RENEWED,
        phone_sign=_SUPERSEDED,
        phone_auth=_SUPERSEDED,
        becomes=(_PHONE_ENDS,),
        source="公的個人認証法 Art. 3 and following" + _AND_PHONE,
    ),
    Row(
        operation=Operation.LOSE_CARD,
        title_en="the card is lost: suspend it, day and night",
        title_ja="カードの紛失による一時停止（24時間365日）",
        desks=(Desk.HOT_LINE, Desk.COUNTER),
        needs=(*_WITH_CARD, must.CARD_IN_USE),
        card_sign=HOLD,
        card_auth=HOLD,
        becomes=(Becomes(Role.HAND, CardState.SUSPENDED),),
        source="www2.jpki.go.jp/procedure/lost.html; CPS 4.9.9 certificateHold; that a phone's go on is our choice",
    ),
    Row(
        operation=Operation.FIND_CARD,
        title_en="the card was found: its hold is never lifted, it gets new certificates",
        title_ja="カードの発見（一時保留は解除されず、失効の後に新規発行）",
        needs=(*_WITH_CARD, must.CARD_SUSPENDED, must.CARD_LASTS),
        card_sign=_GIVEN_AGAIN,
        card_auth=_GIVEN_AGAIN,
        phone_sign=_CEASED,
        phone_auth=_CEASED,
        becomes=(Becomes(Role.HAND, CardState.IN_USE), _PHONE_ENDS),
        source="www2.jpki.go.jp/procedure/lost.html; CPS 4.9.9: a hold is not lifted; the reason is our choice"
        + _AND_PHONE,
    ),
    Row(
        operation=Operation.REISSUE,
        title_en="the lost card is given up, another one is applied for",
        title_ja="紛失したカードの廃止と再交付の申請",
        needs=(*_WITH_CARD, must.CARD_SUSPENDED, must.NO_CARD_COMING),
        card_sign=_CEASED,
        card_auth=_CEASED,
        phone_sign=_CEASED,
        phone_auth=_CEASED,
        becomes=(_HAND_ENDS, _PHONE_ENDS, Becomes(Role.NEW_CARD, CardState.APPLIED)),
        source="Digital Agency, when certificates lapse: loss; CPS 4.9.9 cessationOfOperation (choice)" + _AND_PHONE,
    ),
    Row(
        operation=Operation.RESET_PIN,
        title_en="reset a PIN: no certificate changes",
        title_ja="暗証番号の初期化（証明書に影響なし）",
        desks=(Desk.COUNTER, Desk.PHONE),
        needs=_WITH_CARD_IN_USE,
        source="JPKI FAQ: at the counter, or by smartphone and a convenience store's kiosk",
    ),
    Row(
        operation=Operation.STOP,
        title_en="the holder asks to revoke the card's certificates",
        title_ja="本人の申請による電子証明書の失効",
        needs=(*_WITH_CARD, must.SOMETHING_LIVES),
        card_sign=_CEASED,
        card_auth=_CEASED,
        phone_sign=_CEASED,
        phone_auth=_CEASED,
        becomes=(_PHONE_ENDS,),
        source="Digital Agency, when certificates lapse: the holder's request; CPS 4.9.9 cessationOfOperation"
        + _AND_PHONE,
    ),
    Row(
        operation=Operation.COMPROMISE,
        title_en="the card's private keys may be known to others",
        title_ja="カードの秘密鍵の漏えい",
        needs=(*_WITH_CARD, must.SOMETHING_LIVES),
        card_sign=_COMPROMISED,
        card_auth=_COMPROMISED,
        phone_sign=_CEASED,
        phone_auth=_CEASED,
        becomes=(_PHONE_ENDS,),
        source="CPS 4.9.9 keyCompromise" + _AND_PHONE,
    ),
    Row(
        operation=Operation.RETURN_CARD,
        title_en="return the card",
        title_ja="カードの返納",
        needs=_WITH_CARD,
        card_sign=_CEASED,
        card_auth=_CEASED,
        phone_sign=_CEASED,
        phone_auth=_CEASED,
        becomes=(_HAND_ENDS, _PHONE_ENDS),
        source="CPS 4.9.9 cessationOfOperation: no longer needed" + _AND_PHONE,
    ),
    Row(
        operation=Operation.LEAVE,
        title_en="leave the country; the card ends",
        title_ja="国外転出（カードは失効）",
        needs=_RESIDENT,
        card_sign=_CEASED,
        card_auth=_CEASED,
        phone_sign=_CEASED,
        phone_auth=_CEASED,
        scope=Scope.BOTH,
        becomes=_ALL_END,
        resident=ResidentState.ABROAD,
        source="Digital Agency, when certificates lapse: 国外転出; the reason cessationOfOperation is our choice",
    ),
    Row(
        operation=Operation.MOVE_ABROAD,
        title_en="leave the country and keep the card (since 2024-05-27)",
        title_ja="国外転出後のカードの継続利用（2024年5月27日から）",
        needs=(*_WITH_CARD_IN_USE, must.RECORD_IS_NEW, must.LAW_LETS_CARDS_ABROAD),
        card_sign=_CHANGED,
        phone_sign=_CHANGED,
        scope=Scope.BOTH,
        new_record=True,
        source="Digital Agency on cards abroad since 2024-05-27: the address changes, hence as a move (choice)",
    ),
    Row(
        operation=Operation.DECEASE,
        title_en="decease",
        title_ja="死亡",
        needs=_ANYBODY,
        card_sign=_CEASED,
        card_auth=_CEASED,
        phone_sign=_CEASED,
        phone_auth=_CEASED,
        scope=Scope.BOTH,
        becomes=_ALL_END,
        resident=ResidentState.DECEASED,
        source="Digital Agency, when certificates lapse: 死亡; the reason cessationOfOperation is our choice",
    ),
    Row(
        operation=Operation.ENROL_PHONE,
        title_en="certificates for a phone, by the card's signature; those of the phone before it end",
        title_ja="スマートフォン用電子証明書の発行（以前の端末の証明書は自動的に失効）",
        desks=(Desk.PHONE,),
        needs=(*_WITH_CARD_IN_USE, must.AUTH_LIVES, must.CARD_SIGN_GOOD),
        phone_sign=_RENEWED,
        phone_auth=_RENEWED,
        becomes=(_PHONE_ENDS, Becomes(Role.NEW_PHONE, CardState.IN_USE)),
        source="公的個人認証法 Art. 16-2 and following; ITmedia 2023-05-15: one device; a new issue ends the old",
    ),
    Row(
        operation=Operation.LOSE_PHONE,
        title_en="the phone is lost: suspend it, day and night",
        title_ja="スマートフォンの紛失による一時停止（24時間365日）",
        desks=(Desk.HOT_LINE, Desk.COUNTER),
        needs=(*_WITH_PHONE, must.PHONE_IN_USE),
        phone_sign=HOLD,
        phone_auth=HOLD,
        becomes=(Becomes(Role.PHONE, CardState.SUSPENDED),),
        source="www2.jpki.go.jp/procedure/lost.html; CPS 4.9.9 certificateHold",
    ),
    Row(
        operation=Operation.FIND_PHONE,
        title_en="the phone was found: the hold is lifted for authentication, the signing certificate is issued anew",
        title_ja="スマートフォンの発見（利用者証明用は一時停止の解除、署名用は再発行）",
        desks=(Desk.PHONE,),
        needs=(*_WITH_PHONE, must.PHONE_SUSPENDED, must.HAS_CARD, must.CARD_IN_USE, must.CARD_LASTS),
        phone_sign=_GIVEN_AGAIN,
        phone_auth=RELEASE,
        becomes=(Becomes(Role.PHONE, CardState.IN_USE),),
        source="www2.jpki.go.jp/procedure/lost.html; the reason cessationOfOperation is our choice",
    ),
    Row(
        operation=Operation.STOP_PHONE,
        title_en="the phone is given up",
        title_ja="スマートフォン用電子証明書の失効（機種変更・廃棄など）",
        desks=(Desk.PHONE, Desk.COUNTER),
        needs=_WITH_PHONE,
        phone_sign=_CEASED,
        phone_auth=_CEASED,
        becomes=(_PHONE_ENDS,),
        source="Digital Agency, when certificates lapse: the holder's request; CPS 4.9.9 cessationOfOperation",
    ),
    Row(
        operation=Operation.COMPROMISE_PHONE,
        title_en="the phone's private keys may be known to others",
        title_ja="スマートフォンの秘密鍵の漏えい",
        needs=_WITH_PHONE,
        phone_sign=_COMPROMISED,
        phone_auth=_COMPROMISED,
        becomes=(_PHONE_ENDS,),
        source="CPS 4.9.9 keyCompromise",
    ),
)

TABLE: Final[Mapping[Operation, Row]] = MappingProxyType({row.operation: row for row in ROWS})
