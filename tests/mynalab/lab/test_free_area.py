"""The shipped packages at work on a card of a lab, from the issuer's desk to the terminal that uses them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest

from apdu.layout.free_area import Stage
from apdu.package import Package
from cardsim.card import VirtualCard
from jpki.client.errors import PinFormatError
from jpki.issuer.errors import (
    CardFullError,
    ChannelRefusedError,
    ManagementRefusedError,
    NoFreeAreaError,
    PackageFileError,
)
from jpki.issuer.terminal import Terminal
from jpki.kinds import CaKind
from mynalab.chance import system_random
from mynalab.errors import AppError
from mynalab.lab.cards import open_card
from mynalab.lab.free_area import FreeAreaDesk, application_key, build_package, find_package
from mynalab.lab.lab import Lab
from mynalab.resources import package_files
from readers.inprocess import InProcessChannel


@dataclass
class Hand:
    """The card of alice in a reader, and the lab's keys."""

    lab: Lab
    card: VirtualCard
    channel: InProcessChannel

    @property
    def desk(self) -> FreeAreaDesk:
        return FreeAreaDesk(self.lab.settings, self.channel, rng=system_random)

    def install(self, name: str, **options: str) -> Package:
        file = build_package(find_package(name)[1], self.lab.settings)
        self.desk.install(file, **options)
        return file.package

    def terminal(self, package: Package, *names: str) -> Terminal:
        """The application selected, after the keys of these names."""
        terminal = Terminal.open(self.channel, package.aid)
        for secret in package.secrets:
            if secret.name in names:
                key = application_key(self.lab.settings, package, secret.reference)
                terminal.authenticate(secret.reference, key)
        return terminal


@pytest.fixture
def alice(lab: Lab) -> Iterator[Hand]:
    with open_card(lab.paths, "alice") as card, InProcessChannel(card) as channel:
        yield Hand(lab, card, channel)


def refused(sw: str) -> pytest.RaisesContext[ManagementRefusedError]:
    return pytest.raises(ManagementRefusedError, match=f"answered {sw} ")


def test_library_card(alice: Hand) -> None:
    package = alice.install("library-card", pin="2468")
    desk = alice.terminal(package, "desk")
    desk.update(1, b"B0001234")
    desk.append(2, "978-4-00-000000-0 坊っちゃん".encode())
    assert desk.count(3, 1, transaction=b"loan0001") == 1
    at_home = alice.terminal(package)
    assert at_home.read(1).startswith(b"B0001234")  # the number is for everybody
    with refused("6982"):
        at_home.record(2, 1)  # what she reads is not
    with refused("63C4"):
        at_home.verify(1, "1234")
    at_home.verify(1, "2468")
    assert "坊っちゃん" in at_home.record(2, 1).decode()
    with refused("6982"):
        at_home.append(2, b"a book of her own")
    at_home.set_pin(1, "1357")
    alice.terminal(package).verify(1, "1357")
    alice.terminal(package, "desk").update_record(2, 1, "978-4-00-000000-0 返却".encode())


def test_facility_entry_and_attendance(alice: Hand) -> None:
    package = alice.install("facility-entry")
    alice.terminal(package, "office").update(1, b"building A, floors 1-3")
    gate = alice.terminal(package, "gate")
    assert gate.read(1).startswith(b"building A")
    for day in range(1, 13):
        gate.append(2, f"2026-11-{day:02d}T09:00 in".encode())
        gate.count(3, 1, transaction=f"day {day:04d}".encode())
    assert gate.value(3) == 12
    assert gate.record(2, 1) == b"2026-11-12T09:00 in"
    assert gate.record(2, 10) == b"2026-11-03T09:00 in"  # the card keeps the last ten
    with refused("6A83"):
        gate.record(2, 11)
    with refused("6982"):
        gate.update(1, b"everywhere")
    with refused("6A80"):
        gate.count(3, 2, transaction=b"two days")  # a day at a time
    with refused("6982"):
        alice.terminal(package).read(1)


def test_residents_points(alice: Hand) -> None:
    package = alice.install("residents-points")
    city = alice.terminal(package, "city")
    assert city.credit(1, 3000, transaction=b"gift2026") == 3000
    shop = alice.terminal(package, "shop")
    assert shop.debit(1, 1200, transaction=b"till0001") == 1800
    shop.append(2, "さくら書店 1200".encode())
    assert shop.debit(1, 1200, transaction=b"till0001") == 1800  # the till asks again: paid once
    with refused("6982"):
        shop.credit(1, 100, transaction=b"till0002")
    with refused("6985"):
        shop.debit(1, 1801, transaction=b"till0003")
    with refused("6A80"):
        alice.terminal(package, "city").credit(1, 10001, transaction=b"toomuch!")
    assert alice.terminal(package).value(1) == 1800
    assert alice.terminal(package).record(2, 1).decode() == "さくら書店 1200"


def test_event_ticket(alice: Hand) -> None:
    package = alice.install("event-ticket")
    alice.terminal(package, "organiser").issue(1, "花火大会 A-12".encode(), transaction=b"issue001")
    shown = alice.terminal(package).ticket(1)
    assert (shown.stage, shown.text.decode()) == (Stage.ISSUED, "花火大会 A-12")
    with refused("6982"):
        alice.terminal(package, "organiser").redeem(1, transaction=b"gate0001")
    assert alice.terminal(package, "gate").redeem(1, transaction=b"gate0001").stage is Stage.REDEEMED
    with refused("6985"):
        alice.terminal(package, "gate").redeem(1, transaction=b"gate0002")


class TornAwayError(Exception):
    """The card left the field before its answer arrived."""


def test_event_ticket_survives_the_card_being_torn_away_in_the_middle(alice: Hand, lab: Lab) -> None:
    package = alice.install("event-ticket")
    alice.terminal(package, "organiser").issue(1, b"seat 7", transaction=b"issue001")
    gate = alice.terminal(package, "gate")

    class Torn:
        def transmit(self, raw: bytes) -> bytes:
            alice.channel.transmit(raw)
            raise TornAwayError

        def reset(self) -> bytes:
            raise TornAwayError

    gate._channel = Torn()
    with pytest.raises(TornAwayError):
        gate.redeem(1, transaction=b"gate0001")
    alice.card.close()
    with open_card(lab.paths, "alice") as card, InProcessChannel(card) as channel:
        again = Hand(lab, card, channel)
        with refused("6985"):
            again.terminal(package, "gate").redeem(1, transaction=b"gate0002")  # nobody else gets in
        assert again.terminal(package, "gate").redeem(1, transaction=b"gate0001").text == b"seat 7"  # the holder does


def test_what_was_installed_goes_and_comes_again(alice: Hand) -> None:
    free = alice.desk.inventory().resources.free
    package = alice.install("residents-points")
    alice.terminal(package, "city").credit(1, 10, transaction=b"gift2026")
    with pytest.raises(AppError, match="on the card already"):
        alice.install("residents-points")
    alice.desk.remove(package.aid)
    assert alice.desk.inventory().resources.free == free
    with pytest.raises(NoFreeAreaError):
        alice.terminal(package)
    assert alice.terminal(alice.install("residents-points")).value(1) == 0


def test_all_four_live_beside_each_other(alice: Hand) -> None:
    packages = [alice.install(name) for name in package_files()]
    inventory = alice.desk.inventory()
    assert {entry.aid for entry in inventory.applications} == {package.aid for package in packages}
    assert inventory.resources.applications == 4


def test_a_card_that_is_full_is_left_as_it_was(alice: Hand, lab: Lab, tmp_path) -> None:
    description = tmp_path / "big.toml"
    files = "".join(
        f'[[file]]\nid = {number}\nkind = "transparent"\nname = "f"\nsize = 4096\n' for number in range(1, 5)
    )
    description.write_text(
        '[package]\nlabel = "big"\naid = "F0AAAAAAAA01"\nload_aid = "F0AAAAAAAA02"\nversion = 1\n'
        f'[provider]\nname = "x"\naid = "F0AAAAAAAA03"\n{files}'
    )
    before = alice.desk.inventory()
    with pytest.raises(CardFullError):
        alice.desk.install(build_package(description, lab.settings))
    assert alice.desk.inventory() == before


def test_keys_differ_from_card_to_card_and_from_lab_to_lab(alice: Hand, lab: Lab) -> None:
    stranger = replace(lab.settings, seed="another")
    with pytest.raises(ChannelRefusedError, match="keys of this lab"):
        FreeAreaDesk(stranger, alice.channel, rng=system_random).inventory()


def test_a_pin_of_another_form_is_not_sent(alice: Hand) -> None:
    before = alice.card.image
    with pytest.raises(PinFormatError):
        alice.desk.unblock(CaKind.SIGN, new_pin="abc")
    assert alice.card.image is before


@pytest.mark.parametrize("pin", ["", "12", "12345", "abcd"])
def test_a_first_pin_has_to_fit_the_package(alice: Hand, pin: str) -> None:
    with pytest.raises(AppError, match="4 to 4 digits"):
        alice.install("library-card", pin=pin)
    assert alice.desk.inventory().applications == ()


def test_a_package_that_is_not_there_names_those_that_are(lab: Lab, tmp_path) -> None:
    with pytest.raises(PackageFileError) as caught:
        build_package(tmp_path / "nothing.toml", lab.settings)
    assert "event-ticket" in caught.value.hint
