"""What must be so before an operation is done: each with the stable code, the words and the next step of its refusal.

The order in a row of the life-cycle table is the order in which they are asked: the first that fails is the answer.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Final

from jpki.kinds import CaKind
from jpki.registry.records import CardState, Medium, ResidentState
from jpki.registry.request import Question, Refusal
from jpki.registry.situation import Token
from jpki.validity import CARD_RENEWAL_MONTHS, JST, end_entity_not_after, months_before

CODE_PREFIX: Final = "registry.lifecycle."

# Since this day a card can be kept when one moves abroad (Digital Agency; PocketSign on overseas addresses).
CARDS_GO_ABROAD_SINCE: Final = datetime(2024, 5, 26, 15, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Precondition:
    """``holds`` is asked; when it says no, the rest is the refusal."""

    name: str
    holds: Callable[[Question], bool]
    message_en: str
    message_ja: str
    hint_en: str
    hint_ja: str

    @property
    def code(self) -> str:
        """The stable name of the refusal."""
        return CODE_PREFIX + self.name

    def refusal(self) -> Refusal:
        """The answer when it does not hold."""
        return Refusal(
            code=self.code,
            message_en=self.message_en,
            message_ja=self.message_ja,
            hint_en=self.hint_en,
            hint_ja=self.hint_ja,
        )


def _today(question: Question) -> date:
    return question.now.astimezone(JST).date()


def _in_state(token: Token | None, *states: CardState) -> bool:
    return token is not None and token.state in states


def _card_wanted(question: Question) -> bool:
    card = question.situation.card
    return card is None or _today(question) >= months_before(card.expires, CARD_RENEWAL_MONTHS)


def _auth_lives(question: Question) -> bool:
    card = question.situation.card
    return card is not None and card.has_living(CaKind.AUTH, question.now)


def _renewable(question: Question) -> bool:
    card = question.situation.card
    if card is None or card.auth is None:
        return False
    last_day = card.auth.not_after.astimezone(JST).date()
    return _today(question) >= months_before(last_day, question.terms.renewal_months)


def _card_outlasts(question: Question) -> bool:
    card = question.situation.card
    if card is None or card.auth is None:
        return False
    born = question.situation.holder.birth_date
    renewed = end_entity_not_after(
        question.now, birth_date=born, card_expiry=card.expires, renewal=True, terms=question.terms
    )
    return renewed > card.auth.not_after


def _card_sign_good(question: Question) -> bool:
    card = question.situation.card
    return card is not None and card.has_good(CaKind.SIGN, question.now)


def _something_lives(medium: Medium) -> Callable[[Question], bool]:
    def holds(question: Question) -> bool:
        token = question.situation.card if medium is Medium.CARD else question.situation.phone
        return token is not None and any(token.has_living(kind, question.now) for kind in CaKind)

    return holds


def _record_is_new(question: Question) -> bool:
    wanted = question.request.holder
    return wanted is not None and wanted != question.situation.holder


NOT_BEFORE_HISTORY: Final = Precondition(
    "before-history",
    lambda q: q.situation.last_event_at is None or q.now >= q.situation.last_event_at,
    "something has happened to this person after that moment already",
    "その日時より後の出来事がすでに登録されています。",
    "move the clock on: nothing is entered before what is in the register",
    "時計を進めてください。登録済みの出来事より前には登録できません。",
)
ALIVE: Final = Precondition(
    "resident-deceased",
    lambda q: q.situation.resident is not ResidentState.DECEASED,
    "the person has died",
    "その人は死亡しています。",
    "nothing more can be done for this person",
    "この人に対して行える手続きはもうありません。",
)
AT_HOME: Final = Precondition(
    "resident-abroad",
    lambda q: q.situation.resident is not ResidentState.ABROAD,
    "the person has left the country",
    "その人は国外に転出しています。",
    "enter the return first: move",
    "先に帰国（転入）の手続き move を行ってください。",
)
RECORD_IS_NEW: Final = Precondition(
    "record-unchanged",
    _record_is_new,
    "the resident register says nothing new",
    "住民票の記載が変わっていません。",
    "give the new name, address, birth date or sex",
    "新しい氏名・住所・生年月日・性別を指定してください。",
)
LAW_LETS_CARDS_ABROAD: Final = Precondition(
    "not-yet-law",
    lambda q: q.now >= CARDS_GO_ABROAD_SINCE,
    "before 2024-05-27 a card could not be kept abroad",
    "2024年5月27日より前は、国外転出後にカードを継続して利用できません。",
    "use leave, or a later moment",
    "leave を使うか、後の日時を指定してください。",
)
NO_CARD_COMING: Final = Precondition(
    "card-on-its-way",
    lambda q: q.situation.coming is None,
    "another card is on its way already",
    "別のカードがすでに申請中または交付待ちです。",
    "deliver it, or discard it first",
    "先に deliver（交付）または discard（廃棄）を行ってください。",
)
CARD_WANTED: Final = Precondition(
    "card-exists",
    _card_wanted,
    "the person has a card that goes on for more than three months",
    "有効期限まで3か月を超えるカードを持っています。",
    "renew replaces its certificates; a lost card is replaced by lose-card and reissue",
    "証明書の更新は renew、紛失したカードの再交付は lose-card の後に reissue です。",
)
APPLIED: Final = Precondition(
    "no-application",
    lambda q: q.situation.coming is not None,
    "no card has been applied for",
    "カードが申請されていません。",
    "apply first",
    "先に apply（申請）を行ってください。",
)
NOT_MADE: Final = Precondition(
    "card-made-already",
    lambda q: _in_state(q.situation.coming, CardState.APPLIED),
    "the card has been made already",
    "カードはすでに作成されています。",
    "deliver it, or discard it",
    "deliver（交付）または discard（廃棄）を行ってください。",
)
MADE: Final = Precondition(
    "card-not-made",
    lambda q: _in_state(q.situation.coming, CardState.MADE),
    "the card has not been made yet",
    "カードはまだ作成されていません。",
    "issue it first",
    "先に issue（発行）を行ってください。",
)
COMING_LASTS: Final = Precondition(
    "coming-card-expired",
    lambda q: q.situation.coming is None or not q.situation.coming.is_past_its_end(q.now),
    "the card that waits to be handed over has expired",
    "交付待ちのカードは有効期限が切れています。",
    "discard it, and apply again",
    "discard（廃棄）の後、改めて apply（申請）してください。",
)
HAS_CARD: Final = Precondition(
    "no-card",
    lambda q: q.situation.card is not None,
    "the person has no card",
    "カードを持っていません。",
    "apply, issue and deliver one first",
    "先に apply（申請）、issue（発行）、deliver（交付）を行ってください。",
)
CARD_IN_USE: Final = Precondition(
    "card-suspended",
    lambda q: _in_state(q.situation.card, CardState.IN_USE),
    "the card has been reported lost",
    "カードは紛失のため一時停止中です。",
    "find-card when it was found, reissue when it was not",
    "見つかった場合は find-card、見つからない場合は reissue です。",
)
CARD_SUSPENDED: Final = Precondition(
    "card-not-suspended",
    lambda q: _in_state(q.situation.card, CardState.SUSPENDED),
    "the card has not been reported lost",
    "カードは一時停止されていません。",
    "lose-card reports it lost",
    "紛失の届け出は lose-card です。",
)
CARD_LASTS: Final = Precondition(
    "card-expired",
    lambda q: q.situation.card is None or not q.situation.card.is_past_its_end(q.now),
    "the card itself has expired",
    "カード自体の有効期限が切れています。",
    "apply for a new card",
    "新しいカードを apply（申請）してください。",
)
OLD_ENOUGH: Final = Precondition(
    "under-15",
    lambda q: q.situation.may_sign(q.now),
    "those under 15 get no signing certificate",
    "15歳未満の人に署名用電子証明書は発行されません。",
    "wait for the fifteenth birthday",
    "15歳の誕生日以降に行ってください。",
)
AUTH_LIVES: Final = Precondition(
    "no-authentication-certificate",
    _auth_lives,
    "the card has no authentication certificate that is valid",
    "カードに有効な利用者証明用電子証明書がありません。",
    "certify gives the card new certificates",
    "certify で証明書を新しく発行してください。",
)
NO_AUTH: Final = Precondition(
    "authentication-certificate-lives",
    lambda q: not _auth_lives(q),
    "the card has an authentication certificate that is valid",
    "カードの利用者証明用電子証明書は有効です。",
    "sign-anew gives it a signing certificate, renew replaces both",
    "署名用だけの発行は sign-anew、両方の更新は renew です。",
)
NO_SIGN: Final = Precondition(
    "signing-certificate-lives",
    lambda q: q.situation.card is not None and not q.situation.card.has_living(CaKind.SIGN, q.now),
    "the card has a signing certificate that is valid",
    "カードの署名用電子証明書は有効です。",
    "renew replaces it in its last three months",
    "有効期限の3か月前から renew で更新できます。",
)
RENEWABLE: Final = Precondition(
    "too-early-to-renew",
    _renewable,
    "the certificates end too late to be renewed yet: in more than three months (next generation: a year)",
    "証明書の有効期限まで3か月（次期カードは1年）を超えています。",
    "come back in the last three months before the end (next generation: the last year)",
    "有効期限の3か月前（次期カードは1年前）以降に行ってください。",
)
CARD_OUTLASTS: Final = Precondition(
    "card-ends-first",
    _card_outlasts,
    "new certificates would end no later than the present ones: the card itself ends",
    "カード自体の有効期限のため、更新しても証明書の期限は延びません。",
    "apply for a new card",
    "新しいカードを apply（申請）してください。",
)
SOMETHING_LIVES: Final = Precondition(
    "nothing-to-revoke",
    _something_lives(Medium.CARD),
    "the card has no certificate that is valid",
    "カードに有効な証明書がありません。",
    "nothing is to be done",
    "行う手続きはありません。",
)
CARD_SIGN_GOOD: Final = Precondition(
    "no-signing-certificate",
    _card_sign_good,
    "the card has no valid signing certificate, and with that one applies for a phone's",
    "スマートフォン用電子証明書の申請に使う、カードの署名用電子証明書がありません。",
    "sign-anew gives the card one",
    "先に sign-anew でカードに署名用電子証明書を発行してください。",
)
HAS_PHONE: Final = Precondition(
    "no-phone",
    lambda q: q.situation.phone is not None,
    "the person has no phone with certificates",
    "スマートフォン用電子証明書がありません。",
    "enrol-phone puts them on one",
    "enrol-phone で発行できます。",
)
PHONE_IN_USE: Final = Precondition(
    "phone-suspended",
    lambda q: _in_state(q.situation.phone, CardState.IN_USE),
    "the phone has been reported lost",
    "スマートフォンは紛失のため一時停止中です。",
    "find-phone when it was found, enrol-phone with another one, or stop-phone",
    "見つかった場合は find-phone、別の端末なら enrol-phone、やめるなら stop-phone です。",
)
PHONE_SUSPENDED: Final = Precondition(
    "phone-not-suspended",
    lambda q: _in_state(q.situation.phone, CardState.SUSPENDED),
    "the phone has not been reported lost",
    "スマートフォンは一時停止されていません。",
    "lose-phone reports it lost",
    "紛失の届け出は lose-phone です。",
)

WRONG_DESK: Final = Refusal(
    code=CODE_PREFIX + "wrong-desk",
    message_en="this desk does not do that",
    message_ja="その手続きはこの窓口では行えません。",
    hint_en="the table of the life cycle says who does",
    hint_ja="どこで行えるかはライフサイクルの表にあります。",
)
