"""Personas: each field checked, each complaint with file and field, no PIN in any."""

from __future__ import annotations

import tomllib
from datetime import date
from pathlib import Path

import pytest

from mynalab.errors import PersonaError
from mynalab.persona import load_persona, parse_persona
from mynalab.resources import persona_files

GOOD = persona_files()["adult-resident"].read_text("utf-8")
FIELDS = [
    field if table is None else f"{table}.{field}"
    for table, names in [
        (None, ["schema", "name", "why"]),
        *[(table, list(tomllib.loads(GOOD)[table])) for table in ("person", "card", "pins")],
    ]
    for field in names
]


def with_field(field: str, value: str | None) -> str:
    """The good persona with one field set to other TOML, or left out."""
    key = field.split(".")[-1]
    table = f"[{field.split('.')[0]}]" if "." in field else ""
    lines, at = [], ""
    for line in GOOD.splitlines():
        at = line if line.startswith("[") else at
        if at == table and line.startswith(f"{key} ="):
            if value is not None:
                lines.append(f"{key} = {value}")
        else:
            lines.append(line)
    return "\n".join(lines)


@pytest.mark.parametrize("name", persona_files())
def test_shipped_persona_is_named_after_its_file(name: str) -> None:
    assert load_persona(name).name == name


def test_persona_of_a_file_keeps_text_and_place(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(GOOD, "utf-8")
    persona = load_persona(str(path))
    assert (persona.birth.as_date(), persona.source, persona.origin) == (date(1990, 4, 15), GOOD, str(path))


@pytest.mark.parametrize("field", FIELDS)
def test_missing_field_is_named(field: str) -> None:
    with pytest.raises(PersonaError, match=rf"^her\.toml:\d+: {field} is missing$"):
        parse_persona(with_field(field, None), origin="her.toml")


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("value", ["[]", "-1", '""', "{}"])
def test_wrong_field_is_named(field: str, value: str) -> None:
    with pytest.raises(PersonaError, match=rf"^her\.toml:\d+: {field}\b") as caught:
        parse_persona(with_field(field, value), origin="her.toml")
    assert caught.value.hint


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("schema", "2"),
        ("schema", "true"),
        ("schema", "1.0"),
        ("name", '"Adult"'),
        ("name", '"-a"'),
        ("name", '"' + "a" * 65 + '"'),
        ("why", '" "'),
        ("person.sex", '"f"'),
        ("person.birth", '"1990-04-15"'),
        ("person.birth", "1990-04-15T00:00:00Z"),
        ("person.prefecture", '"mihon-ken"'),
        ("person.prefecture", '"見本県"'),
        ("person.municipality", '"' + "M" * 59 + '"'),
        ("person.municipality_code", '"9920"'),
        ("person.municipality_code", '"９９２０１"'),
        ("person.municipality_code", "99201"),
        ("card.valid_years", "0"),
        ("card.valid_years", "11"),
        ("card.valid_years", "true"),
        ("pins.authentication", '"12345"'),
        ("pins.authentication", '"１２３４"'),
        ("pins.signature", '"abc123"'),
        ("pins.signature", '"ABC12"'),
        ("pins.signature", '"ABCDEFGHIJKLMNOPQ"'),
    ],
)
def test_value_outside_its_field_is_refused(field: str, value: str) -> None:
    with pytest.raises(PersonaError, match=rf"^her\.toml:\d+: {field} has to be "):
        parse_persona(with_field(field, value), origin="her.toml")


@pytest.mark.parametrize(("field", "pin"), [("pins.authentication", "98765"), ("pins.signature", "secret99")])
def test_wrong_pin_is_not_echoed(field: str, pin: str) -> None:
    with pytest.raises(PersonaError) as caught:
        parse_persona(with_field(field, f'"{pin}"'), origin="her.toml")
    assert pin not in str(caught.value) + caught.value.hint + repr(caught.value)


@pytest.mark.parametrize(
    ("source", "field"),
    [
        (GOOD.replace("[person]", "[person]\nnickname = 1"), "person.nickname"),
        (f"{GOOD}\n[photo]\nfile = 1", "photo"),
        (f"{GOOD}\n[photo]", "photo"),
        (f"colour = 1\n{GOOD}", "colour"),
        (f"pins = 1\n{GOOD.partition('[pins]')[0]}", "pins"),
    ],
    ids=["field", "table", "empty-table", "top", "table-that-is-none"],
)
def test_unknown_field_is_named(source: str, field: str) -> None:
    with pytest.raises(PersonaError, match=rf"^her\.toml:\d+: {field} is no field of a persona$"):
        parse_persona(source, origin="her.toml")


@pytest.mark.parametrize("length", range(0, GOOD.index("[expect]"), 40))
def test_truncated_file_is_refused(length: int) -> None:
    with pytest.raises(PersonaError, match=r"^her\.toml:(\d+:)? "):
        parse_persona(GOOD[:length], origin="her.toml")


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", GOOD.encode("shift_jis", "replace"), b"\x00" * 9], ids=range(3))
def test_file_that_is_no_utf8_toml_is_named(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "her.toml"
    path.write_bytes(content)
    with pytest.raises(PersonaError, match=r"her\.toml: ") as caught:
        load_persona(str(path))
    assert caught.value.hint


def test_byte_order_mark_does_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "her.toml"
    path.write_bytes(b"\xef\xbb\xbf" + GOOD.encode())
    assert load_persona(str(path)).source == GOOD


@pytest.mark.parametrize("name", ["nobody", "", "/no/such/file.toml"])
def test_unknown_persona_lists_the_shipped_ones(name: str) -> None:
    with pytest.raises(PersonaError) as caught:
        load_persona(name)
    assert caught.value.hint


def test_directory_is_no_persona(tmp_path: Path) -> None:
    with pytest.raises(PersonaError, match="cannot be read"):
        load_persona(str(tmp_path))


@pytest.mark.parametrize(
    ("birth", "digits"),
    [
        ("1990-04-15", "419900415"),
        ('"1948-04-00"', "319480400"),
        ('"1941-00-00"', "319410000"),
        ('"0000-00-00"', "000000000"),
        ('"1989-00-00"', "419890000"),  # two eras: that of its end
    ],
)
def test_birth_may_be_unknown_in_part(birth: str, digits: str) -> None:
    assert parse_persona(with_field("person.birth", birth), origin="her.toml").birth.encode() == digits


@pytest.mark.parametrize(
    "birth", ['"1948-04-01"', '"1948-13-00"', '"0000-04-00"', '"1948-00-01"', '"1948"', '"48-00-00"', "1948", "true"]
)
def test_birth_that_nobody_knows_so_is_refused(birth: str) -> None:
    with pytest.raises(PersonaError, match=r"^her\.toml:9: person\.birth has to be a date"):
        parse_persona(with_field("person.birth", birth), origin="her.toml")


@pytest.mark.parametrize(
    ("more", "complaint"),
    [
        ('[history]\nissued = "soon"', "history.issued has to be a moment told from now"),
        ('[history]\nissued = "1y ago"\nrenewed = "2y ago"', "history.renewed has to be after history.issued"),
        ("[tries_left]\nauthentication = 4", "tries_left.authentication has to be a number from 0 to 3, not 4"),
        ("[tries_left]\nsignature = true", "tries_left.signature has to be a number from 0 to 5, not True"),
        ("[tries_left]\nfacebook = 1", "tries_left.facebook is no field of a persona"),
        ("[revoked]\nreason = 1", "revoked has to be written as [[revoked]]"),
        ("[[revoked]]", "revoked[0].certificates is missing"),
        (
            '[[revoked]]\ncertificates = ["sign"]\nreason = "lost"\nat = "now"',
            "revoked[0].reason has to be unspecified or keyCompromise or cACompromise or affiliationChanged or",
        ),
        (
            '[[revoked]]\ncertificates = ["sign"]\nreason = "superseded"\nat = "1d ago"',
            "revoked[0].at has to be after the certificates were issued",
        ),
        (
            '[[revoked]]\ncertificates = ["sign"]\nreason = "superseded"\nat = "in 1d"',
            "revoked[0].at has to be in the past",
        ),
        (
            '[[revoked]]\ncertificates = []\nreason = "superseded"\nat = "now"',
            "revoked[0].certificates has to name certificates that the card has",
        ),
        ('[[revoked]]\ncolour = "red"', "revoked[0].colour is no field of a persona"),
    ],
    ids=range(12),
)
def test_history_that_cannot_be_is_refused_with_its_line(more: str, complaint: str) -> None:
    with pytest.raises(PersonaError) as caught:
        parse_persona(f"{GOOD}\n{more}\n", origin="her.toml")
    field = complaint.split()[0]
    key = "colour" if "colour" in field else field.rpartition(".")[2].removesuffix("[0]")
    lines = f"{GOOD}\n{more}\n".splitlines()
    first = lines.index(more.splitlines()[0]) + 1
    expected = next((n for n, line in enumerate(lines, 1) if n >= first and line.startswith(key)), first)
    assert str(caught.value).startswith(f"her.toml:{expected}: {complaint}")


def test_former_name_stands_in_the_name() -> None:
    source = with_field("person.sex", '"female"\nformer_name = "例示"')
    with pytest.raises(
        PersonaError, match=r"^her\.toml:9: person\.former_name has to stand in person\.name as ［例示］$"
    ):
        parse_persona(source, origin="her.toml")
    assert parse_persona(source.replace("見本　", "見本［例示］　"), origin="her.toml").former_name == "例示"


def test_card_that_ends_before_it_begins_is_refused() -> None:
    source = with_field("card.valid_years", '10\nends = "1d ago"')
    with pytest.raises(PersonaError, match=r"^her\.toml:18: card\.ends has to be after"):
        parse_persona(source, origin="her.toml")


def test_pins_of_the_other_applications_are_as_most_people_choose_them() -> None:
    same = parse_persona(GOOD, origin="her.toml")
    other = parse_persona(with_field("pins.signature", '"ABC123"\ntext = "0815"'), origin="her.toml")
    assert (same.text_pin, same.registry_pin) == ("1234", "1234")
    assert (other.text_pin, other.registry_pin) == ("0815", "1234")


@pytest.mark.parametrize("pin", ["1234", "ABC123"])
def test_repr_shows_no_pin(pin: str) -> None:
    assert pin in GOOD
    assert pin not in repr(parse_persona(GOOD, origin="here"))
