"""What was brought to the lab's counter, checked, and put as the life cycle wants it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from typing import Any, Final

from cardsim.profiles import profile_named
from jpki.birthdate import BirthDate
from jpki.errors import HolderError
from jpki.holder import Holder
from jpki.registry.effects import Desk
from jpki.registry.interfaces import Questions
from jpki.registry.lifecycle import TABLE
from jpki.registry.request import Operation, Request
from jpki.registry.situation import Situation
from jpki.validity import end_of_day
from mynalab.errors import CardNameError, CounterArgumentError
from mynalab.lab.lab import Lab
from mynalab.lab.making import SEXES, serial_of
from mynalab.pki_server.counter import Document

MAKES_TOKEN: Final = frozenset(operation for operation, row in TABLE.items() if row.makes_token)
"""Operations by which a card or phone comes into being."""
_DEFAULT_PROFILE: Final = "C2"
_DEFAULT_PHONE: Final = "android"
_WHOM: Final = ("card", "person", "persona")
_RECORD_TEXTS: Final = {
    "name": "name",
    "address": "address",
    "prefecture": "prefecture_romaji",
    "municipality": "municipality_romaji",
    "municipality_code": "municipality_code",
}
_WRITTEN_FULL_WIDTH: Final = ("name", "address")
_FULL_WIDTH: Final = {0x20: 0x3000, **{code: code + 0xFEE0 for code in range(0x21, 0x7F)}}  # Unicode: U+FF01 to U+FF5E


def require_sense(lab: Lab, register: Questions, operation: Operation, arguments: Document, *, now: datetime) -> None:
    """Whatever the arguments themselves show, before anybody is entered: ``CounterArgumentError``, ``CardNameError``,
    ``ProfileError``.
    """
    whom = [name for name in _WHOM if name in arguments]
    if len(whom) != 1:
        raise CounterArgumentError(
            f"{operation.value} of whom? {' and '.join(whom) if whom else 'Neither a card nor a person'} is named",
            hint="name a card of the person, or the person's number in the register, and nobody else",
        )
    if "profile" in arguments and profile_named(arguments["profile"]).is_phone != (operation is Operation.ENROL_PHONE):
        raise CounterArgumentError(
            f"{arguments['profile']} is no profile for this: {operation.value}",
            hint="phones are android and iphone; cards are C2, next and others: mynalab card new --help",
        )
    expiry = arguments.get("card_expiry")
    if expiry is not None and end_of_day(date.fromisoformat(expiry)) < now:
        raise CounterArgumentError(
            f"a card that ended on {expiry} cannot be made", hint="give a later last day, or leave it to the rule"
        )
    name = arguments.get("new_card")
    if name is not None and (lab.paths.card(name).exists() or register.cards(name=name)):
        raise CardNameError(f"there is a card {name!r} already", hint="choose another name for the new one")


def request_of(
    lab: Lab, register: Questions, operation: Operation, situation: Situation, arguments: Document
) -> Request:
    """What is asked of the life cycle."""
    row = TABLE[operation]
    request = Request(
        operation=operation,
        desk=Desk(arguments["desk"]) if "desk" in arguments else row.desks[0],
        holder=_changed(situation.holder, arguments) if row.new_record else None,
    )
    if operation not in MAKES_TOKEN:
        return request
    name = arguments.get("new_card") or _free_name(lab, register, situation, operation)
    default = _DEFAULT_PHONE if operation is Operation.ENROL_PHONE else _DEFAULT_PROFILE
    expiry = arguments.get("card_expiry")
    return replace(
        request,
        name=name,
        profile=arguments.get("profile", default),
        number=serial_of(lab.settings, name),
        card_expiry=None if expiry is None else date.fromisoformat(expiry),
    )


def _free_name(lab: Lab, register: Questions, situation: Situation, operation: Operation) -> str:
    """What the new one is called if nobody says: as the old card, with a number."""
    token = situation.card or situation.phone or situation.coming
    stem = token.name if token is not None else situation.resident_id
    if operation is Operation.ENROL_PHONE:
        stem = f"{stem}-phone"
    names = (stem if n == 1 else f"{stem}-{n}" for n in range(1, 10_000))
    return next(name for name in names if not lab.paths.card(name).exists() and not register.cards(name=name))


def _changed(holder: Holder, arguments: Document) -> Holder:
    """What the resident register says from now on; what is not given stays."""
    changes: dict[str, Any] = {
        field: _full_width(arguments[name]) if name in _WRITTEN_FULL_WIDTH else arguments[name]
        for name, field in _RECORD_TEXTS.items()
        if name in arguments
    }
    if "sex" in arguments:
        changes["sex"] = SEXES[arguments["sex"]]
    if "birth_date" in arguments:
        changes["birth_date"] = _birth_date(arguments["birth_date"])
    return replace(holder, **changes)


def _birth_date(text: str) -> BirthDate:
    try:
        return BirthDate.decode(text)
    except ValueError as error:
        raise HolderError(
            f"{text!r} is no birth date", hint="era, year, month, day: 319800217 for 1980-02-17 (昭和)"
        ) from error


def _full_width(text: str) -> str:
    """As the clerk writes it: the resident register has no half-width characters."""
    return text.translate(_FULL_WIDTH)
