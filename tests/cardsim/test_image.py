"""The document of a card image: round trip, frozen samples, and every way to be none."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cardsim.errors import ImageError, ImageSchemaError
from cardsim.image import decode_image, encode_image
from cardsim.state import LifeCycle
from cardsim.store import MemoryStore

SAMPLES = Path(__file__).parents[2] / "fixtures/vectors/cardsim/images"
SAMPLE = (SAMPLES / "schema-1.json").read_bytes()
SAMPLE_2 = (SAMPLES / "schema-2.json").read_bytes()


def test_what_is_written_is_read(image) -> None:
    assert decode_image(encode_image(image)) == image


@pytest.mark.parametrize("sample", sorted(SAMPLES.glob("*.json")), ids=lambda path: path.name)
def test_a_released_image_loads_and_is_a_card(make_hand_over, sample: Path) -> None:
    hand = make_hand_over(MemoryStore(decode_image(sample.read_bytes())))
    hand.command(0x00, 0xCA, 0x00, 0x45, ne=256).expect(0x9000, b"400000012719843")
    hand.select_jpki().expect(0x9000)
    hand.verify(0x1B, "ABC123").expect(0x9000)
    assert len(hand.sign(0x1A, b"m").expect(0x9000)) == 256
    assert len(hand.send("00B08100000000").expect(0x9000)) == 2048


def test_the_current_schema_writes_its_sample_again() -> None:
    assert encode_image(decode_image(SAMPLE_2)) == SAMPLE_2


def test_a_frozen_whole_card_is_whole(make_hand_over) -> None:
    hand = make_hand_over(MemoryStore(decode_image(SAMPLE_2)))
    for aid, sfi, pin in (
        ("D3921000310001010408", 0x11, "4321"),
        ("D3921000310001010402", 0x13, "537686677188"),
        ("D3921000310001010401", 0x1C, "3333"),
        ("D3921000310001010100", 0x1C, "2222"),
    ):
        hand.select_application(aid).expect(0x9000)
        hand.verify(sfi, pin).expect(0x9000)
    assert len(hand.send("00B2010C00").expect(0x9000)) == 30


def test_a_card_of_schema_1_is_written_as_schema_2() -> None:
    document = json.loads(encode_image(decode_image(SAMPLE)))
    assert (document["schema"], document["free_area"]) == (2, None)
    assert [(entry["records"], entry["hidden"]) for entry in document["applications"]] == [({}, {})] * 2
    assert decode_image(encode_image(decode_image(SAMPLE))) == decode_image(SAMPLE)


def test_what_schema_2_adds_comes_back(image) -> None:
    jpki = image.applications[JPKI]
    rich = replace(jpki, records={0x0012: (b"one", b"")}, hidden={0x0006: b"key"})
    card = replace(
        image,
        applications={**image.applications, JPKI: rich},
        life_cycle=LifeCycle.TERMINATED,
    )
    assert decode_image(encode_image(card)) == card


def test_a_blocked_card_is_a_card(make_hand_over) -> None:
    hand = make_hand_over(MemoryStore(decode_image(edited(f"{PIN}/tries_left", 0))))
    hand.select_jpki()
    hand.verify(0x18, "1234").expect(0x6984)


@given(st.integers(0, len(SAMPLE) - 3))
def test_every_truncation_is_refused(length: int) -> None:
    with pytest.raises(ImageError, match="no complete JSON"):
        decode_image(SAMPLE[:length])


@given(st.binary(max_size=200))
def test_other_bytes_are_refused(raw: bytes) -> None:
    with pytest.raises(ImageError):
        decode_image(raw)


def edited(path: str, value: object, *, sample: bytes = SAMPLE) -> bytes:
    """The sample with one place changed; ``path`` as in ``applications/1/pins``; DROP removes it."""
    document = json.loads(sample)
    *parents, last = path.split("/")
    place = document
    for step in parents:
        place = place[int(step)] if isinstance(place, list) else place[step]
    if value is DROP:
        del place[last]
    else:
        place[last] = value
    return json.dumps(document).encode()


DROP = object()
JPKI = bytes.fromhex("D392F000260100000001")
PIN = "applications/1/pins/0018"


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("profile", DROP, "exactly schema, profile"),
        ("more", 1, "exactly schema, profile"),
        ("profile", 5, "'profile' of the card image is no text"),
        ("serial", None, "'serial' of the card image is no text"),
        ("life_cycle", "born", "life cycle"),
        ("life_cycle", [], "life cycle"),
        ("applications", {}, "'applications' of the card image is no list"),
        ("applications", [[]], "application does not have exactly"),
        ("applications/1/aid", "A0000001510000", "same AID"),
        ("applications/1/aid", "XY", "AID"),
        ("applications/1/files", [], "'files' of the card image is no JSON object"),
        ("applications/1/files/1", "", "four hexadecimal digits"),
        ("applications/1/files/000a", "", "four hexadecimal digits"),
        ("applications/1/files/0018", "", "stands twice"),
        ("applications/1/files/0006", "*", "base64"),
        ("applications/1/files/0006", "QQ=", "base64"),
        ("applications/1/files/0006", "é", "ASCII"),
        ("applications/1/files/0006", 7, "no text"),
        ("applications/1/internal", ["0018"], "stands twice"),
        ("applications/1/internal", [24], "four hexadecimal digits"),
        (f"{PIN}/value", DROP, "PIN does not have exactly"),
        (f"{PIN}/tries_left", 4, "tries"),
        (f"{PIN}/tries_left", -1, "tries"),
        (f"{PIN}/tries_left", True, "tries"),
        (f"{PIN}/tries_left", 1.0, "tries"),
        (f"{PIN}/limit", 16, "tries"),
    ],
)
def test_an_edited_image_is_refused_by_name(path: str, value: object, message: str) -> None:
    with pytest.raises(ImageError, match=message):
        decode_image(edited(path, value))


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("free_area", DROP, "exactly schema, profile"),
        ("applications/1/records", DROP, "application does not have exactly"),
        ("applications/1/hidden", DROP, "application does not have exactly"),
        ("applications/5/records", [], "'records' of the card image is no JSON object"),
        ("applications/5/records/0001", "", "'records' of the card image is no list"),
        ("applications/5/records/0001", ["*"], "base64"),
        ("applications/5/records/001C", [], "stands twice"),
        ("applications/2/hidden/0006", 7, "no text"),
    ],
)
def test_an_edited_image_of_schema_2_is_refused_by_name(path: str, value: object, message: str) -> None:
    with pytest.raises(ImageError, match=message):
        decode_image(edited(path, value, sample=SAMPLE_2))


@pytest.mark.parametrize("raw", [b"[]", b"1", b'"card"', b"null"])
def test_another_kind_of_document(raw: bytes) -> None:
    with pytest.raises(ImageError, match="JSON object"):
        decode_image(raw)


def test_deep_nesting_is_no_card() -> None:
    with pytest.raises(ImageError):
        decode_image(b"[" * 200_000)


@pytest.mark.parametrize(
    ("once", "twice"),
    [
        (b'"schema":1', b'"schema":9,"schema":1'),
        (b'"limit":3', b'"limit":15,"limit":3'),
        (b'"files":{}', b'"files":{"0006":"","0006":""}'),
    ],
    ids=["schema", "limit", "file"],
)
def test_a_name_twice_is_refused(once: bytes, twice: bytes) -> None:
    assert once in SAMPLE
    with pytest.raises(ImageError, match="a name stands twice"):
        decode_image(SAMPLE.replace(once, twice))


@pytest.mark.parametrize("schema", [0, 3, None, "1", True, 1.0])
def test_another_schema_tells_both_numbers(schema: object) -> None:
    with pytest.raises(ImageSchemaError) as caught:
        decode_image(edited("schema", schema))
    assert (caught.value.found, caught.value.supported) == (schema, 2)
