"""From when to when certificates are valid. Every end is 23:59:59 in Japan, 14:59:59Z (six CA certificates of JPKI)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone

from jpki.birthdate import BirthDate
from jpki.errors import IssueError

JST = timezone(timedelta(hours=9), "JST")


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """How long a generation's certificates live: its CAs in years, its holders' in birthdays after the day of issue."""

    ca_years: int
    birthdays: int
    birthdays_when_renewed: int
    renewal_months: int
    """From how long before their end on the holders' can be renewed."""


PRESENT_TERMS = Terms(
    ca_years=10,  # six CA certificates of JPKI
    # 公的個人認証法施行規則 as city offices quote it (Higashimurayama, 2018): the fifth birthday after the day of
    # issue, the sixth when a certificate is renewed in its last three months.
    birthdays=5,
    birthdays_when_renewed=6,
    renewal_months=3,
)
NEXT_TERMS = Terms(
    # Choice: nothing is public of the CAs; they outlive what they issue in the first half of their lives.
    ca_years=20,
    # 次期個人番号カードタスクフォース, 2024 (pki.world-tls.com): ten years instead of five, renewed in the last.
    birthdays=10,
    birthdays_when_renewed=11,
    renewal_months=12,
)

# Digital Agency on the card: until the tenth birthday after its issue, the fifth when issued before the eighteenth.
CARD_BIRTHDAYS = 10
CARD_BIRTHDAYS_OF_MINORS = 5
ADULT_AGE_YEARS = 18
# Digital Agency: a new card can be applied for from three months before the end of the old one on.
CARD_RENEWAL_MONTHS = 3


def to_whole_seconds(moment: datetime) -> datetime:
    """The moment in UTC, as X.509 can say it; ``IssueError`` when it has no time zone."""
    if moment.tzinfo is None:
        raise IssueError("a moment without a time zone is no moment", hint="pass an aware datetime in UTC")
    return moment.astimezone(UTC).replace(microsecond=0)


def end_of_day(day: date) -> datetime:
    """23:59:59 of a day in Japan, in UTC."""
    return datetime.combine(day, time(23, 59, 59), JST).astimezone(UTC)


def ca_not_after(now: datetime, terms: Terms = PRESENT_TERMS) -> datetime:
    """End of the day before a CA's last anniversary, both in Japan's calendar (six CA certificates of JPKI)."""
    return end_of_day(anniversary(now.astimezone(JST).date(), terms.ca_years) - timedelta(days=1))


def end_entity_not_after(
    now: datetime,
    *,
    birth_date: BirthDate,
    card_expiry: date,
    renewal: bool = False,
    terms: Terms = PRESENT_TERMS,
) -> datetime:
    """End of the fifth (sixth) birthday after the day of issue, or of the card's last day if that is earlier.

    A foreign resident's card ends with the permission to stay, hence often early. Somebody whose birthday the register
    does not know gets full years from the day of issue (choice: no public text says).
    """
    issued = now.astimezone(JST).date()
    years = terms.birthdays_when_renewed if renewal else terms.birthdays
    born = birth_date.as_date()
    last = anniversary(issued, years) if born is None else _birthday_after(issued, born, years)
    return end_of_day(min(last, card_expiry))


def card_expiry(now: datetime, *, birth_date: BirthDate) -> date:
    """The last day of a card issued now: the tenth birthday after that, the fifth for those under 18.

    Whose birthday nobody knows gets full years of an adult's card (choice: no public text says).
    """
    issued = now.astimezone(JST).date()
    born = birth_date.as_date()
    if born is None:
        return anniversary(issued, CARD_BIRTHDAYS)
    is_minor = issued < birthday(born.year + ADULT_AGE_YEARS, born)
    return _birthday_after(issued, born, CARD_BIRTHDAYS_OF_MINORS if is_minor else CARD_BIRTHDAYS)


def months_before(last_day: date, months: int) -> date:
    """The same day some months earlier.

    A day that its month does not have becomes the month's last one.
    """
    year, month = divmod(last_day.year * 12 + last_day.month - 1 - months, 12)
    last_of_month = (date(year + (month == 11), (month + 1) % 12 + 1, 1) - timedelta(days=1)).day
    return date(year, month + 1, min(last_day.day, last_of_month))


def _birthday_after(issued: date, born: date, count: int) -> date:
    # The day of issue itself is no birthday after it.
    first = issued.year if birthday(issued.year, born) > issued else issued.year + 1
    return birthday(first + count - 1, born)


def birthday(year: int, born: date) -> date:
    """The birthday of a year.

    Choice: 29 February counts as 28 February in every year, as 道路交通法 Art. 92-2 has it for driving licences.
    """
    day = 28 if (born.month, born.day) == (2, 29) else born.day
    return date(year, born.month, day)


def anniversary(day: date, years: int) -> date:
    """The same day some years later.

    29 February has its anniversary on 1 March of a common year: 民法 Art. 143 ends the period with 28 February.
    """
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return date(day.year + years, 3, 1)
