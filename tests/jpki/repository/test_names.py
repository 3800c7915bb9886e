"""Names in URLs: RFC 4514 there and back, and what is none."""

from __future__ import annotations

import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jpki import oids
from jpki.errors import DerError
from jpki.kinds import CaKind
from jpki.names import Name, crl_distribution_point
from jpki.repository.names import from_segment, from_text, to_segment, to_text

POINT = crl_distribution_point("JPKI-TEST", CaKind.AUTH, prefecture="Hokkaido", municipality="Sapporo-shi-Minami-ku")


def test_last_rdn_stands_first() -> None:
    assert to_text(POINT) == (
        "CN=Sapporo-shi-Minami-ku CRLDP,OU=Hokkaido,OU=CRL Distribution Points,"
        "OU=JPKI for user authentication,O=JPKI-TEST,C=JP"
    )


def test_segment_reads_well_and_has_no_blank() -> None:
    assert to_segment(POINT).startswith("CN=Sapporo-shi-Minami-ku%20CRLDP,OU=Hokkaido,OU=CRL%20")


@pytest.mark.real_part("openssl")
def test_openssl_writes_the_same_name(tmp_path_factory: pytest.TempPathFactory) -> None:
    subject = "".join(f"/{part}" for part in reversed(to_text(POINT).split(",")))
    made = subprocess.run(
        [
            "openssl",
            "req",
            "-new",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
            "-nodes",
            "-keyout",
            "/dev/null",
            "-utf8",
            "-subj",
            subject,
            "-subject",
            "-noout",
            "-nameopt",
            "RFC2253",
        ],
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path_factory.mktemp("name"),
    )
    assert made.stdout.strip() == f"subject={to_text(POINT)}"


attributes = st.sampled_from([oids.ORGANIZATION, oids.ORGANIZATIONAL_UNIT, oids.LOCALITY, oids.COMMON_NAME])
values = st.text(min_size=1, max_size=64).filter(lambda text: not any("\ud800" <= each <= "\udfff" for each in text))


@given(st.lists(st.tuples(attributes, values), min_size=1, max_size=4))
def test_every_name_comes_back(rdns: list[tuple[str, str]]) -> None:
    name = Name(tuple(rdns))
    assert from_text(to_text(name)) == name
    assert from_segment(to_segment(name)) == name
    assert "/" not in to_segment(name)


@given(st.text(max_size=60))
def test_every_other_text_is_refused_or_read(text: str) -> None:
    try:
        name = from_text(text)
    except DerError:
        return
    assert from_text(to_text(name)) == name


@pytest.mark.parametrize(
    "text",
    [
        "",
        "CN",
        "CN=",
        "CN=a,",
        ",CN=a",
        "CN=a;OU=b",
        "CN=a+OU=b",
        "CN=#04024869",
        "CN= a",
        "CN=a ",
        "XX=a",
        "2.5.4.3=a",
        'CN="a"',
        "CN=a\\",
        "CN=a\\x",
        "CN=\\ff",
        "C=JPN",
        f"CN={'a' * 65}",
    ],
)
def test_text_that_is_no_name_is_refused(text: str) -> None:
    with pytest.raises(DerError):
        from_text(text)


@pytest.mark.parametrize(
    ("text", "value"),
    [("cn=a", "a"), ("CN=a\\, b", "a, b"), ("CN=\\e6\\9c\\ad", "札"), ("CN=\\ a\\ ", " a "), ("CN=a\\=b=c", "a=b=c")],
)
def test_escapes_are_undone(text: str, value: str) -> None:
    assert from_text(text) == Name(((oids.COMMON_NAME, value),))


def test_segment_has_to_be_utf_8() -> None:
    with pytest.raises(DerError, match="UTF-8"):
        from_segment("CN=%ff")
