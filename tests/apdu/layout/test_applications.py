"""Applications by AID and by prefix, and the tables of all of them."""

from __future__ import annotations

import pytest

from apdu.layout import applications
from apdu.layout.applications import APPLICATIONS, FOREIGN, NEXT_CARD, ON_CARD
from apdu.layout.facts import ApplicationFact, FileKind


@pytest.mark.parametrize(
    ("aid", "name"),
    [
        ("D392F000260100000001", "JPKI"),
        ("D3921000310001010408", "text entry"),
        ("D3921000310001010402", "card face"),
        ("D3921000310001010401", "resident registry"),
        ("D3921000310001010100", "common application"),
        ("A0000001510000", "card manager, the issuer's security domain"),
        ("A00000030800001000", "PIV"),
        ("A000000079010F", "CAC PKI slot 15"),
    ],
)
def test_by_aid(aid: str, name: str) -> None:
    fact = applications.by_aid(bytes.fromhex(aid))
    assert fact is not None
    assert fact.name_en == name


def test_unknown_aid() -> None:
    assert applications.by_aid(bytes.fromhex("A0000000041010")) is None


@pytest.mark.parametrize(
    ("prefix", "count"),
    [("D3", 5), ("D392F0", 1), ("D3921000", 4), ("A0", 1), ("D392F000260100000001", 1), ("D392F00026010000000100", 0)],
)
def test_by_prefix(prefix: str, count: int) -> None:
    """Only the card's own: the foreign ones are not on it."""
    assert len(applications.by_prefix(bytes.fromhex(prefix))) == count


@pytest.mark.parametrize("fact", APPLICATIONS.values(), ids=lambda fact: fact.aid.hex())
def test_every_application(fact: ApplicationFact) -> None:
    """ISO/IEC 7816-4 clause 12: a name has 1 to 16 bytes."""
    assert 1 <= len(fact.aid) <= 16
    assert fact.source
    assert fact.on_card is not bool(fact.probed_by)


def test_no_two_have_the_same_aid() -> None:
    assert len(APPLICATIONS) == len(ON_CARD) + len(NEXT_CARD) + len(FOREIGN)


FILES = [
    pytest.param(application, fid, id=f"{application.aid.hex()}-{fid:04X}")
    for application in (*ON_CARD, *NEXT_CARD)
    for fid in application.files
]


@pytest.mark.parametrize(("application", "fid"), FILES)
def test_every_file(application: ApplicationFact, fid: int) -> None:
    """Ids are 0001..001E, the PINs that guard a file exist and are PINs, names and sources are there."""
    fact = application.files[fid]
    assert 0x0001 <= fact.fid == fid <= 0x001E
    assert fact.name("en")
    assert fact.name("ja") == fact.name_ja
    assert fact.source
    assert {application.files[pin].kind for pin in fact.access.any_of or ()} <= {FileKind.PIN}
    assert fact.pin is None or fact.kind is FileKind.PIN
