"""Packages: one encoding, and nothing in it that makes no sense."""

from __future__ import annotations

from dataclasses import replace

import pytest

from apdu.errors import PackageError
from apdu.layout.facts import FREE, NEVER, Access
from apdu.package import Action, FileKind, FileRule, Package, SecretKind, SecretRule

PIN = SecretRule(reference=1, kind=SecretKind.PIN, name="holder", tries=3, shortest=4, longest=8, change=Access((1, 2)))
KEY = SecretRule(reference=2, kind=SecretKind.KEY, name="desk", tries=10)
TRANSPARENT = FileRule(
    fid=1,
    kind=FileKind.TRANSPARENT,
    name="number",
    size=16,
    initial=b"none",
    rules={Action.READ: FREE, Action.UPDATE: Access((2,))},
)
RECORDS = FileRule(
    fid=2, kind=FileKind.CYCLIC, name="log", size=10, count=3, rules={Action.READ: Access((1, 2)), Action.APPEND: NEVER}
)
PURSE = FileRule(fid=3, kind=FileKind.PURSE, name="points", maximum=500, step=100, rules={Action.CREDIT: Access((2,))})
PACKAGE = Package(
    aid=bytes.fromhex("F0AAAAAAAA01"),
    load_aid=bytes.fromhex("F0AAAAAAAA02"),
    provider=bytes.fromhex("F0AAAAAAAA03"),
    label="試験",
    version=258,
    secrets=(PIN, KEY),
    files=(TRANSPARENT, RECORDS, PURSE),
)
# Written down by hand from the table in the module's docstring.
GOLDEN = (
    "800101 4F06F0AAAAAAAA01 C006F0AAAAAAAA02 C106F0AAAAAAAA03 5006E8A9A6E9A893 81020102"
    "E21A 800101 810101 820103 83020408 8403020102 5006686F6C646572"
    "E216 800102 810102 82010A 83021010 8401FF 50046465736B"
    "E32E 800101 810101 50066E756D626572 82020010 830100 840400000000 850400000000 86046E6F6E65 87050100020102"
    "E328 800102 810103 50036C6F67 8202000A 830103 840400000000 850400000000 8600 870601020102 03FF"
    "E328 800103 810105 5006706F696E7473 82020000 830100 8404000001F4 850400000064 8600 8703050102"
)


def test_golden_encoding() -> None:
    assert PACKAGE.encode().hex().upper() == GOLDEN.replace(" ", "")


def test_round_trip() -> None:
    assert Package.decode(PACKAGE.encode()) == PACKAGE


@pytest.mark.parametrize("size", range(len(PACKAGE.encode())))
def test_every_truncation_is_refused_or_another_package(size: int) -> None:
    # what ends between two parts is a package with fewer of them: its signature is what protects it
    cut = PACKAGE.encode()[:size]
    try:
        package = Package.decode(cut)
    except PackageError:
        return
    assert package.encode() == cut


@pytest.mark.parametrize("more", [b"\x00", b"\xe3\x00", b"\x80\x00", b"\xe2\x00", b"\x30\x00"], ids=bytes.hex)
def test_trailing_bytes_are_refused(more: bytes) -> None:
    with pytest.raises(PackageError):
        Package.decode(PACKAGE.encode() + more)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("800101 4F", "800102 4F"),
        ("8403020102", "8403020201"),
        ("8403020102", "8403020101"),
        ("4F06", "4E06"),
        ("810105", "810107"),
        ("8703050102", "8703090102"),
        ("87050100020102", "87050201020100"),
        ("870601020102 03FF", "870603FF 01020102"),
        ("870601020102 03FF", "870601020102 03 05"),
        ("E8A9A6E9A893", "E8A9A6E9A8FF"),
    ],
    ids=[
        "format",
        "order-of-references",
        "reference-twice",
        "tag",
        "kind",
        "action",
        "order-of-rules",
        "order",
        "cut-rule",
        "utf-8",
    ],
)
def test_changed_bytes(old: str, new: str) -> None:
    raw = GOLDEN.replace(" ", "").replace(old.replace(" ", ""), new.replace(" ", ""), 1)
    with pytest.raises(PackageError):
        Package.decode(bytes.fromhex(raw))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"aid": b"\xf0AA"}, "aid has 5 to 16 bytes"),
        ({"aid": PACKAGE.load_aid}, "all different"),
        ({"label": ""}, "label"),
        ({"label": "長" * 22}, "label"),
        ({"version": 65536}, "version"),
        ({"secrets": (KEY, PIN)}, "order"),
        ({"secrets": tuple(replace(KEY, reference=n) for n in range(1, 11))}, "at most 9 PINs and keys, not 10"),
        ({"files": (TRANSPARENT, TRANSPARENT)}, "order"),
        ({"secrets": (replace(PIN, reference=31),)}, "references are 1 to 30"),
        ({"secrets": (replace(PIN, tries=0), KEY)}, "tries are 1 to 15"),
        ({"secrets": (replace(PIN, tries=16), KEY)}, "tries are 1 to 15"),
        ({"secrets": (replace(PIN, shortest=9), KEY)}, "1 to 16 characters"),
        ({"secrets": (PIN, replace(KEY, longest=15))}, "a key has 16 bytes"),
        ({"secrets": (PIN, replace(KEY, change=FREE))}, "keys are not changed"),
        ({"secrets": (PIN,)}, "names the secret 2"),
        ({"secrets": (replace(PIN, change=Access((2, 1))), KEY)}, "a rule names secrets in the order"),
        ({"files": (replace(TRANSPARENT, rules={Action.READ: Access((1, 1))}),)}, "a rule names secrets in the order"),
        ({"files": (replace(TRANSPARENT, fid=31),)}, "ids are 1 to 30"),
        ({"files": (replace(TRANSPARENT, size=4097),)}, "size of 1 to 4096"),
        ({"files": (replace(TRANSPARENT, size=0, initial=b""),)}, "size of 1 to 4096"),
        ({"files": (replace(TRANSPARENT, initial=bytes(17)),)}, "initial content"),
        ({"files": (replace(TRANSPARENT, count=1),)}, "count"),
        ({"files": (replace(RECORDS, size=241),)}, "size of 1 to 240"),
        ({"files": (replace(RECORDS, count=0),)}, "count of 1 to 254"),
        ({"files": (replace(RECORDS, count=255),)}, "count of 1 to 254"),
        ({"files": (replace(RECORDS, maximum=1),)}, "maximum"),
        ({"files": (replace(PURSE, maximum=0),)}, "maximum"),
        ({"files": (replace(PURSE, step=501),)}, "maximum"),
        ({"files": (replace(PURSE, step=0),)}, "step"),
        ({"files": (replace(PURSE, size=1),)}, "no size"),
        ({"files": (replace(PURSE, initial=b"1"),)}, "initial content"),
        ({"files": (replace(PURSE, rules={Action.UPDATE: FREE}),)}, "a purse cannot update"),
    ],
    ids=lambda part: "" if isinstance(part, dict) else part.replace(" ", "-"),
)
def test_descriptions_that_make_no_package(change: dict[str, object], words: str) -> None:
    with pytest.raises(PackageError, match=words):
        replace(PACKAGE, **change)


@pytest.mark.parametrize(
    ("secret", "value", "accepted"),
    [
        (PIN, b"1234", True),
        (PIN, b"12345678", True),
        (PIN, b"123", False),
        (PIN, b"123456789", False),
        (PIN, b"12a4", False),
        (PIN, "１２３４".encode(), False),
        (KEY, bytes(16), True),
        (KEY, bytes(15), False),
    ],
)
def test_values_of_secrets(secret: SecretRule, value: bytes, accepted: bool) -> None:
    assert secret.accepts(value) is accepted


def test_what_it_takes_of_a_card() -> None:
    assert PACKAGE.footprint == 64 + 2 * 32 + (16 + 32) + (3 * 12 + 32) + (8 + 32)
