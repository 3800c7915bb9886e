"""A process that issues cards until it is told to stop or is killed: ``python worker.py PLACE NAME COUNT``.

It says each number on its standard output when it "signs" with it, hence before the register has the certificate.
"""

from __future__ import annotations

import sys
from datetime import UTC, date, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[4]))

from jpki.attributes import Sex
from jpki.birthdate import BirthDate
from jpki.holder import Holder
from jpki.kinds import CaKind
from jpki.registry.interfaces import Register
from jpki.registry.opening import open_register
from tests.jpki.registry.stock import BOTH, Stock, a_card, key_id

NOW = datetime(2026, 4, 1, 0, 30, tzinfo=UTC)
HOLDER = Holder(
    name="見本　花子",
    birth_date=BirthDate.of(date(1990, 4, 15)),
    sex=Sex.FEMALE,
    address="見本県見本市中央一丁目２番３号",
    prefecture_romaji="Mihon-ken",
    municipality_romaji="Mihon-shi",
    municipality_code="99201",
)


def say(*words: object) -> None:
    """One line, at once."""
    sys.stdout.write(" ".join(map(str, words)) + "\n")
    sys.stdout.flush()


def work(register: Register, name: str, number: int) -> None:
    """Issue one card and take one CRL number."""
    stock = Stock(register, HOLDER, NOW)
    person = f"{name}-{number}"
    with register.transaction(now=NOW, serials=BOTH) as unit:
        unit.operation("issue", person_id=person)
        unit.register_person(person, HOLDER)
        card_id = unit.record_card(person, a_card(person))
        signed = []
        for kind in CaKind:
            serial = unit.take_serial(kind)
            say("signed", kind.value, serial)
            signed.append(stock.signed(kind, serial, card_id))
        unit.record_certificates(signed)
    say("issued", person)
    say("crl", register.next_crl_number(CaKind.SIGN, key_id(CaKind.SIGN)))


if __name__ == "__main__":
    place, name, count = sys.argv[1:]
    with open_register(place if "://" in place else Path(place)) as register:
        say("ready")
        for number in range(int(count)):
            work(register, name, number)
