"""The free area in the card file: comes back as it was, and refuses what it never writes."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from cardsim.errors import ImageError
from cardsim.free_area.document import decode_free_area, encode_free_area
from cardsim.image import decode_image, encode_image
from cardsim.store import MemoryStore


@pytest.fixture
def full(bench, ready):
    for name in ("library-card", "event-ticket", "residents-points", "facility-entry"):
        package = ready(name)
    bench.terminal(package, 1).append(2, b"in")
    return bench.card.image


def test_a_full_area_comes_back(full) -> None:
    assert decode_image(encode_image(full)) == full


def test_it_is_plain_json(full) -> None:
    document = json.loads(json.dumps(encode_free_area(full.free_area)))
    assert decode_free_area(document) == full.free_area


def put(document: Any, path: tuple[Any, ...], value: Any) -> Any:
    """The document with one part replaced; a value of ``...`` takes it away."""
    changed = copy.deepcopy(document)
    here = changed
    for step in path[:-1]:
        here = here[step]
    if value is ...:
        del here[path[-1]]
    else:
        here[path[-1]] = value
    return changed


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("memory",), ...),
        (("memory",), -1),
        (("memory",), True),
        (("memory",), "16384"),
        (("more",), 1),
        (("domains",), {}),
        (("domains", 0), ...),
        (("domains", 0, "aid"), "a0"),
        (("domains", 0, "sequence"), 2**32),
        (("domains", 0, "keys"), {"30": ["00"] * 3}),
        (("domains", 0, "keys"), {"30": ["00" * 16] * 2}),
        (("domains", 0, "keys"), {"3030": ["00" * 16] * 3}),
        (("domains", 0, "keys"), []),
        (("domains", 1), ...),
        (("loaded",), []),
        (("loaded", 0, "block"), "00"),
        (("loaded", 0, "block"), "0"),
        (("loaded", 0, "domain"), "F0AAAAAAAA"),
        (("instances", 0, "locked"), 0),
        (("instances", 0, "files"), {}),
        (("instances", 0, "secrets"), {}),
        (("instances", 0, "files", "01", "number"), 1.5),
        (("instances", 0, "files", "01", "records"), None),
        (("instances", 0, "secrets", "01", "tries_left"), 9),
        (("instances", 0, "secrets", "01", "value"), None),
        (("instances", 0, "secrets", "01", "value"), ""),
        (("instances", 0, "locked"), "F0AAAAAAAA"),
        (("instances", 0, "locked"), ""),
        (("domains", 1, "provider_key"), "04" + "00" * 64),
        (("domains", 1, "provider_key"), "02" + "11" * 32),
    ],
    ids=lambda part: ".".join(map(str, part)) if isinstance(part, tuple) else "",
)
def test_what_it_never_writes(full, path: tuple[Any, ...], value: Any) -> None:
    with pytest.raises(ImageError):
        decode_free_area(put(encode_free_area(full.free_area), path, value))


@pytest.mark.parametrize("locked", [False, True, "A0000001510000"], ids=["not", "by-its-domain", "by-the-issuer"])
def test_who_locked_it_comes_back(full, locked: bool | str) -> None:
    changed = put(encode_free_area(full.free_area), ("instances", 0, "locked"), locked)
    assert encode_free_area(decode_free_area(changed)) == changed


@pytest.mark.parametrize("document", [[], "x", 1, {}], ids=["list", "text", "number", "empty"])
def test_no_object_at_all(document: Any) -> None:
    with pytest.raises(ImageError):
        decode_free_area(document)


SAMPLE = (Path(__file__).parents[3] / "fixtures/vectors/cardsim/images/schema-2-free-area.json").read_bytes()


@pytest.fixture
def frozen(make_bench):
    """A card that was written when schema 2 was released: four applications, one of them locked."""
    return make_bench(MemoryStore(decode_image(SAMPLE)))


def test_the_current_schema_writes_its_sample_again() -> None:
    assert encode_image(decode_image(SAMPLE)) == SAMPLE


def test_a_frozen_ticket_is_redeemed(frozen, named) -> None:
    ticket = frozen.terminal(named("event-ticket"), 2).redeem(1, transaction=b"gate0001")
    assert ticket.text.decode() == "花火大会 A-12"


def test_frozen_points_and_entries_are_there(frozen, named) -> None:
    assert frozen.terminal(named("residents-points")).value(1) == 1500
    assert frozen.terminal(named("facility-entry"), 1).record(2, 1) == b"2026-11-20T09:00 in"


def test_a_frozen_lock_is_opened_by_the_issuer(frozen, named) -> None:
    package = named("library-card")
    assert frozen.command(0x00, 0xA4, 0x04, 0x0C, package.aid) == "6A82"
    frozen.issuer().set_locked(package.aid, locked=False)
    frozen.terminal(package).verify(1, "1234")
