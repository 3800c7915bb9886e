"""What is asked of the register, by whom and with what; and the answer when it is no."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import Enum

from jpki.holder import Holder
from jpki.registry.effects import Desk
from jpki.registry.situation import Situation
from jpki.validity import PRESENT_TERMS, Terms


class Operation(Enum):
    """Everything that can happen to a person's cards and certificates. The value is its name on the command line."""

    APPLY = "apply"
    ISSUE = "issue"
    DELIVER = "deliver"
    DISCARD = "discard"
    MOVE = "move"
    RENAME = "rename"
    CORRECT_RECORD = "correct-record"
    RENEW = "renew"
    SIGN_ANEW = "sign-anew"
    CERTIFY = "certify"
    LOSE_CARD = "lose-card"
    FIND_CARD = "find-card"
    REISSUE = "reissue"
    RESET_PIN = "reset-pin"
    STOP = "stop"
    COMPROMISE = "compromise"
    RETURN_CARD = "return-card"
    LEAVE = "leave"
    MOVE_ABROAD = "move-abroad"
    DECEASE = "decease"
    ENROL_PHONE = "enrol-phone"
    LOSE_PHONE = "lose-phone"
    FIND_PHONE = "find-phone"
    STOP_PHONE = "stop-phone"
    COMPROMISE_PHONE = "compromise-phone"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One operation asked for at a desk.

    ``holder`` is the new entry of the resident register where the operation is one of change. The rest is of a card
    or phone that comes into being: its name, its profile, its 製造番号, and its last day where it is not the rule's (a
    foreign resident's ends with the permission to stay).
    """

    operation: Operation
    desk: Desk = Desk.COUNTER
    holder: Holder | None = field(default=None, repr=False)
    name: str = ""
    profile: str = ""
    number: str = ""
    card_expiry: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What a precondition is asked about."""

    situation: Situation
    request: Request
    now: datetime
    terms: Terms = PRESENT_TERMS


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why an operation is not done, and what could be done instead. Nothing has changed."""

    code: str
    message_en: str
    message_ja: str
    hint_en: str
    hint_ja: str
