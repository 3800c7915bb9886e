"""Residents by the thousand: who they could be, drawn from a seed, one at a time.

Each is a persona document. Resident n of a seed is the same however many are drawn, and none is kept in memory.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import Any, Final, TypeVar

from mynalab.chance import seeded_random
from mynalab.personas.fields import SCHEMA
from mynalab.personas.write import Document

T = TypeVar("T")
Weighted = Sequence[tuple[int, T]]

# Statistics Bureau of Japan, population estimates of October 2023, in units of 100,000: (weight, (from age, to age)).
_AGES: Final[Weighted[tuple[int, int]]] = (
    (41, (0, 4)),
    (48, (5, 9)),
    (53, (10, 14)),
    (55, (15, 19)),
    (62, (20, 24)),
    (64, (25, 29)),
    (64, (30, 34)),
    (69, (35, 39)),
    (78, (40, 44)),
    (92, (45, 49)),
    (95, (50, 54)),
    (82, (55, 59)),
    (74, (60, 64)),
    (73, (65, 69)),
    (88, (70, 74)),
    (76, (75, 79)),
    (58, (80, 84)),
    (41, (85, 89)),
    (21, (90, 94)),
    (6, (95, 99)),
    (1, (100, 107)),
)
# Places that are none: (weight, (prefecture, municipality, both in Latin letters, code)). Their codes are nobody's.
_PLACES: Final[Weighted[tuple[str, str, str, str, str]]] = (
    (30, ("見本県", "見本市", "Mihon-ken", "Mihon-shi", "99201")),
    (24, ("見本県", "標本区", "Mihon-ken", "Hyohon-ku", "99102")),
    (14, ("例示県", "例示市", "Reiji-ken", "Reiji-shi", "98201")),
    (12, ("例示県", "試験市", "Reiji-ken", "Shiken-shi", "98202")),
    (8, ("仮想府", "架空市", "Kaso-fu", "Kaku-shi", "97201")),
    (6, ("仮想府", "模擬町", "Kaso-fu", "Mogi-cho", "97301")),
    (4, ("練習道", "稽古町", "Renshudo", "Keiko-cho", "96301")),
    (2, ("練習道", "下書村", "Renshudo", "Shitagaki-mura", "96302")),
)
_TOWNS: Final = ("中央", "本町", "栄町", "緑町", "東", "西", "南", "北", "旭町", "港")
# Words for what is no original: nobody is called so.
_FAMILY_NAMES: Final = ("見本", "例示", "標本", "試験", "模擬", "仮名", "架空", "練習", "稽古", "下書", "複製", "雛形")
_GIVEN_NAMES: Final = {
    "male": ("太郎", "一郎", "健", "翔", "大輝", "誠", "蓮", "進", "茂", "直樹", "陽翔", "正"),
    "female": ("花子", "さくら", "陽子", "美咲", "結衣", "恵", "葵", "和子", "幸子", "愛", "結愛", "静"),
}
_FOREIGN_NAMES: Final = {"male": ("ＪＯＨＮ", "ＭＩＮＨ", "ＬＥＥ"), "female": ("ＪＡＮＥ", "ＬＩＮＨ", "ＭＡＲＩＡ")}
_FULL_WIDTH: Final = str.maketrans("0123456789", "０１２３４５６７８９")
_LETTERS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

# Shares in a thousand. The first is that of foreign residents in 2023 (Statistics Bureau); the others are choices.
_FOREIGN: Final = 25
_SIGN_DECLINED, _BOTH_DECLINED = 30, 50
_HELD, _MOVED, _EXPIRED, _AUTH_BLOCKED, _SIGN_BLOCKED = 10, 25, 25, 10, 20

# A certificate issued longer ago may have ended with a fifth birthday.
_FRESH_DAYS: Final = 4 * 365 - 1
_REVOKED: Final = "jpki.revocation.revoked"


def residents(count: int, seed: str, *, today: date, first: int = 1) -> Iterator[Document]:
    """``count`` residents of a seed from number ``first`` on, as they stand on the day ``today``."""
    return (resident(seed, number, today=today) for number in range(first, first + count))


def resident(seed: str, number: int, *, today: date) -> Document:
    """The n-th resident of a seed; a persona document."""
    dice = _Dice(seed, number)
    birth = _born(dice, today)
    age = (today - birth).days // 365
    sex = "female" if dice.permille() < (610 if age >= 80 else 510) else "male"
    foreign = 15 <= age < 80 and dice.permille() < _FOREIGN
    card, history, troubles, expect = _card(dice, age, foreign=foreign)
    return {
        "schema": SCHEMA,
        "name": f"resident-{number:06d}",
        "why": f"Resident {number} of the seed {seed}, {age} years old.",
        "person": _person(dice, sex, birth, foreign=foreign),
        "card": card,
        "pins": {"authentication": dice.text("0123456789", 4), "signature": _password(dice)},
        "history": history,
        **troubles,
        "expect": expect,
    }


class _Dice:
    """Chance for one resident."""

    def __init__(self, seed: str, number: int) -> None:
        self._read = seeded_random(seed, f"resident/{number}")

    def below(self, limit: int) -> int:
        return int.from_bytes(self._read(8)) % limit

    def between(self, least: int, most: int) -> int:
        return least + self.below(most - least + 1)

    def permille(self) -> int:
        return self.below(1000)

    def one_of(self, choices: Sequence[T]) -> T:
        return choices[self.below(len(choices))]

    def weighted(self, choices: Weighted[T]) -> T:
        left = self.below(sum(weight for weight, _ in choices))
        for weight, choice in choices:
            left -= weight
            if left < 0:
                return choice
        raise AssertionError("the weights add up")

    def text(self, alphabet: str, count: int) -> str:
        return "".join(self.one_of(alphabet) for _ in range(count))


def _born(dice: _Dice, today: date) -> date:
    youngest, oldest = dice.weighted(_AGES)
    days = dice.between(youngest, oldest) * 365.25 + dice.below(365)
    return today - timedelta(days=int(days) + 1)


def _person(dice: _Dice, sex: str, birth: date, *, foreign: bool) -> Document:
    prefecture, municipality, prefecture_romaji, municipality_romaji, code = dice.weighted(_PLACES)
    family, given = ("ＳＰＥＣＩＭＥＮ", _FOREIGN_NAMES) if foreign else (dice.one_of(_FAMILY_NAMES), _GIVEN_NAMES)
    house = f"{dice.between(1, 9)}丁目{dice.between(1, 30)}番{dice.between(1, 25)}号"
    return {
        "name": f"{family}　{dice.one_of(given[sex])}",
        "sex": sex,
        "birth": birth,
        "address": f"{prefecture}{municipality}{dice.one_of(_TOWNS)}{house.translate(_FULL_WIDTH)}",
        "prefecture": prefecture_romaji,
        "municipality": municipality_romaji,
        "municipality_code": code,
    }


def _card(dice: _Dice, age: int, *, foreign: bool) -> tuple[Document, Document, Document, Document]:
    """Card, history, troubles and what comes of it. One trouble at a time: two would hide each other."""
    # Whoever has a signing certificate was fifteen when she got it.
    oldest = (age - 15) * 365 if age >= 15 else age * 365
    issued = dice.between(1, min(_FRESH_DAYS, max(1, oldest)))
    certificates = _certificates(dice, age)
    card: dict[str, Any] = {"profile": "C2", "valid_years": 5 if age * 365 - issued < 18 * 365 else 10}
    card["certificates"] = certificates
    if foreign:
        card["ends"] = f"in {dice.between(30, 1000)}d"
    elif age >= 25 and dice.permille() < 400:  # a card in its second half: its certificates were renewed once
        card["ends"] = f"in {dice.between(30, 1800)}d"
    expect = {
        "log_in": "accepted" if "auth" in certificates else "PinBlockedError",
        "sign": "accepted" if "sign" in certificates else "PinBlockedError",
    }
    troubles: dict[str, Any] = {}
    since = f"{dice.between(0, min(issued, 60))}d ago"
    lot = dice.permille() if len(certificates) == 2 and age >= 23 else 1000
    if lot < _HELD:
        troubles["revoked"] = [{"certificates": certificates, "reason": "certificateHold", "at": since}]
        expect = {"log_in": _REVOKED, "sign": _REVOKED}
    elif (lot := lot - _HELD) < _MOVED:
        troubles["revoked"] = [{"certificates": ["sign"], "reason": "affiliationChanged", "at": since}]
        expect["sign"] = _REVOKED
    elif (lot := lot - _MOVED) < _EXPIRED:
        issued = dice.between(5 * 366, 5 * 366 + 120)
        expect = {"log_in": "jpki.validity.expired", "sign": "jpki.validity.expired"}
    elif (lot := lot - _EXPIRED) < _AUTH_BLOCKED:
        troubles["tries_left"] = {"authentication": 0}
        expect["log_in"] = "PinBlockedError"
    elif lot - _AUTH_BLOCKED < _SIGN_BLOCKED:
        troubles["tries_left"] = {"signature": 0}
        expect["sign"] = "PinBlockedError"
    return card, {"issued": f"{issued}d ago"}, troubles, expect


def _certificates(dice: _Dice, age: int) -> list[str]:
    """In principle nobody under 15 has a signing certificate (public pages of the cities of Nabari and Ebetsu)."""
    lot = dice.permille()
    if lot < _BOTH_DECLINED:
        return []
    return ["auth"] if age < 15 or lot < _BOTH_DECLINED + _SIGN_DECLINED else ["sign", "auth"]


def _password(dice: _Dice) -> str:
    """At least one letter and one digit, as counters ask for (docs.p8n.app, 暗証番号)."""
    return dice.text(_LETTERS, dice.between(3, 8)) + dice.text("0123456789", dice.between(3, 8))
