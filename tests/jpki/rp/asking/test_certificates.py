"""Which certificates are asked about: every line of a table and every certificate of a file makes a row."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from jpki.executing.chunks import Row
from jpki.executing.errors import JobInputError
from jpki.kinds import CaKind
from jpki.pem import to_pem
from jpki.rp.asking.certificates import certificate_rows
from jpki.verify.certificate import ReadCertificate, read_certificate

NAMES = {"auth": bytes.fromhex("a1b2"), "sign-earlier": bytes.fromhex("c3d4")}


def read(tmp_path: Path, content: str | bytes, name: str = "table.csv") -> list[Row]:
    path = tmp_path / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return list(certificate_rows([path], NAMES))


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("auth,12,,", {"authority": "a1b2", "serial": 12, "not_after": None}),
        ("sign-earlier,0xFF,,", {"authority": "c3d4", "serial": 255, "not_after": None}),
        ("A1B2,1,,", {"authority": "a1b2", "serial": 1, "not_after": None}),
        ("auth,1,1970-01-01T09:00:01+09:00,", {"authority": "a1b2", "serial": 1, "not_after": 1}),
        ("auth,1,1970-01-01T00:00:01Z,", {"authority": "a1b2", "serial": 1, "not_after": 1}),
        ("auth,x,,", {"flaw": "serial"}),
        ("auth,,,", {"flaw": "serial"}),
        ("auth,0,,", {"flaw": "serial"}),
        ("auth,-3,,", {"flaw": "serial"}),
        (f"auth,{1 << 159},,", {"flaw": "serial"}),
        ("nobody,1,,", {"flaw": "authority"}),
        ("auth,1,tomorrow,", {"flaw": "not_after"}),
        ("auth,1,2026-05-01T00:00:00,", {"flaw": "not_after"}),
        ("auth", {"flaw": "serial"}),
    ],
)
def test_a_line_of_a_table(tmp_path: Path, line: str, expected: Row) -> None:
    rows = read(tmp_path, f"authority,serial,not_after,id\n{line}\nauth,5,,me\n")
    assert rows == [
        {"id": "table.csv:2"} | expected,
        {"id": "me", "authority": "a1b2", "serial": 5, "not_after": None},
    ]


def test_columns_stand_in_any_order_and_two_may_be_missing(tmp_path: Path) -> None:
    rows = read(tmp_path, "serial,name,authority\n7,ignored,auth\n")
    assert rows == [{"id": "table.csv:2", "authority": "a1b2", "serial": 7, "not_after": None}]


def test_a_spreadsheet_s_mark_of_utf_8_is_no_part_of_the_first_name(tmp_path: Path) -> None:
    rows = read(tmp_path, "\N{ZERO WIDTH NO-BREAK SPACE}authority,serial\nauth,7\n")
    assert [row["serial"] for row in rows] == [7]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("authority,number\n", "no column serial"),
        ("a,b\n", "no column authority and no column serial"),
        ("", "neither a table nor a certificate"),
        ("some words\n", "neither a table nor a certificate"),
        ("authority,serial\n" + "x" * 200_000 + ",1\n", "field larger"),
    ],
)
def test_a_file_without_rows_is_refused(tmp_path: Path, content: str, told: str) -> None:
    with pytest.raises(JobInputError, match=told):
        read(tmp_path, content)


def test_certificates_in_pem(tmp_path: Path, issue: Callable[..., bytes]) -> None:
    given = [issue(kind) for kind in CaKind]
    content = b"for people\n".join(to_pem(der, "CERTIFICATE") for der in given)
    rows = read(tmp_path, content, "both.pem")
    for number, (der, row) in enumerate(zip(given, rows, strict=True), start=1):
        known = read_certificate(der)
        assert isinstance(known, ReadCertificate)
        assert known.authority_key is not None
        assert known.authority_key.key_id is not None
        assert row == {
            "id": f"both.pem#{number}",
            "authority": known.authority_key.key_id.hex(),
            "serial": known.serial,
            "not_after": int(known.not_after.timestamp()),
        }


@pytest.mark.parametrize(
    "body", ["AAAA", "not base64!", "", "AAAA\n" * 500], ids=["no-certificate", "no-base64", "empty", "endless"]
)
@pytest.mark.parametrize("end", ["-----END CERTIFICATE-----\n", ""], ids=["ended", "cut"])
def test_what_is_no_certificate_is_a_row_as_well(tmp_path: Path, body: str, end: str) -> None:
    rows = read(tmp_path, f"-----BEGIN CERTIFICATE-----\n{body}\n{end}", "one.pem")
    assert rows == [{"id": "one.pem#1", "flaw": "certificate"}]
