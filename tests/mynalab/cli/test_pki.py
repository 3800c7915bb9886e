"""``mynalab pki``: what is seen from outside, in both languages and for machines."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

from jpki.verify.crl_index import CrlIndex
from mynalab.lab.lab import Lab
from mynalab.lab.published import to_pem
from tests.mynalab.conftest import Bench

MOVED = "2026-11-21T09:07:00Z"
LATER, NEXT_DAY = "2026-11-21T09:15:00Z", "2026-11-21T18:00:00Z"
ADDRESS = ("--address", "東京都架空区架空町1")


@pytest.fixture
def moved(lab: Lab, bench: Bench) -> Lab:
    done = bench("counter", "move", "--card", "alice", *ADDRESS, "--lab", lab.paths.root, "--now", MOVED)
    assert done.status == 0
    return lab


def at(lab: Lab, moment: str) -> tuple[str, ...]:
    return ("--lab", str(lab.paths.root), "--now", moment)


@pytest.mark.parametrize(
    ("moment", "register", "ocsp", "listed"),
    [
        ("2026-11-21T09:00:00Z", "good", "good", False),
        (MOVED, "revoked", "good", False),
        (LATER, "revoked", "revoked", False),
        (NEXT_DAY, "revoked", "revoked", True),
    ],
)
def test_status_at_a_moment(moved: Lab, bench: Bench, moment: str, register: str, ocsp: str, listed: bool) -> None:
    done = bench("pki", "status", "--card", "alice", *at(moved, moment), "--json")
    assert done.status == 0  # the other one is good
    sign, auth = done.json["certificates"]
    assert (sign["register"]["state"], sign["ocsp"]["says"], sign["crl"]["listed"]) == (register, ocsp, listed)
    assert (auth["register"]["state"], auth["ocsp"]["says"], auth["crl"]["listed"]) == ("good", "good", False)
    assert done.json["at"] == f"{moment[:19]}+00:00"


def test_status_in_words(moved: Lab, bench: Bench) -> None:
    lines = bench("pki", "status", "--card", "alice", "--ca", "sign", *at(moved, NEXT_DAY)).out.splitlines()
    assert lines[1:] == [
        f"  register  revoked since {MOVED}: affiliationChanged",
        f"  OCSP      revoked as of {NEXT_DAY}",
        f"  CRL       on the list of {NEXT_DAY}: affiliationChanged",
    ]


def test_status_in_japanese(moved: Lab, bench: Bench) -> None:
    lines = bench(
        "pki", "status", "--ca", "sign", "--card", "alice", *at(moved, LATER), "--lang", "ja"
    ).out.splitlines()
    assert lines[0].startswith("署名用電子証明書")
    assert lines[2].startswith("  OCSP    失効")
    assert lines[3].endswith("のリストにはありません")


def test_status_is_1_when_none_is_good(moved: Lab, bench: Bench) -> None:
    assert bench("pki", "status", "--card", "alice", "--ca", "sign", *at(moved, MOVED)).status == 1


@pytest.mark.parametrize(("moment", "status", "says"), [(MOVED, 0, "good"), (LATER, 1, "revoked")])
def test_ocsp_asks_and_checks(moved: Lab, bench: Bench, moment: str, status: int, says: str) -> None:
    done = bench("pki", "ocsp", "--card", "alice", "--ca", "sign", *at(moved, moment), "--json")
    assert (done.status, [one["says"] for one in done.json["answers"]]) == (status, [says])
    assert done.json["answers"][0]["codes"] == ([] if says == "good" else ["jpki.revocation.revoked"])


def test_ocsp_is_1_unless_all_are_good(moved: Lab, bench: Bench) -> None:
    assert bench("pki", "ocsp", "--card", "alice", *at(moved, LATER)).status == 1


@pytest.mark.parametrize(("language", "word"), [("en", ": revoked\n"), ("ja", ": 失効\n")])
def test_ocsp_in_words(moved: Lab, bench: Bench, language: str, word: str) -> None:
    done = bench("pki", "ocsp", "--card", "alice", "--ca", "sign", *at(moved, LATER), "--lang", language)
    assert word in done.out
    assert "jpki.revocation.revoked: " in done.out


@pytest.mark.parametrize("nonce", [(), ("--no-nonce",)], ids=["nonce", "none"])
def test_ocsp_response_is_kept(lab: Lab, bench: Bench, home: Path, nonce: tuple[str, ...]) -> None:
    done = bench("pki", "ocsp", "--card", "alice", *nonce, "-o", home / "answer.der", *at(lab, MOVED))
    assert done.status == 0
    # 1.3.6.1.5.5.7.48.1.2: id-pkix-ocsp-nonce (RFC 9654)
    has_nonce = bytes.fromhex("2b0601050507300102") in (home / "answer.der").read_bytes()
    assert has_nonce is not bool(nonce)


def test_nobody_there_is_no_answer(lab: Lab, bench: Bench) -> None:
    done = bench("pki", "ocsp", "--card", "alice", "--url", "http://127.0.0.1:9", *at(lab, MOVED), "--json")
    assert done.status == 1
    assert {tuple(one["codes"]) for one in done.json["answers"]} == {("jpki.revocation.ocsp-unreachable",)}


@pytest.mark.parametrize("pem", [False, True], ids=["der", "pem"])
def test_list_is_written(moved: Lab, bench: Bench, home: Path, pem: bool) -> None:
    words = ("pki", "crl", "--ca", "sign", "-o", home / "list", *(("--pem",) if pem else ()))
    done = bench(*words, *at(moved, NEXT_DAY), "--json")
    again = bench("pki", "crl", "--ca", "sign", "-o", home / "der", *at(moved, NEXT_DAY))
    der = (home / "der").read_bytes()
    assert (home / "list").read_bytes() == (to_pem(der, "X509 CRL") if pem else der)
    assert done.json["number"] == CrlIndex(der).frame.number
    assert [one["reason"] for one in done.json["entries"]] == ["affiliationChanged"]
    assert again.out.startswith(f"CRL {done.json['number']} of sign, issued {NEXT_DAY}: 1 entries\n")


def test_list_of_a_municipality(moved: Lab, bench: Bench) -> None:
    done = bench("pki", "crl", "--ca", "sign", "--point", "Mihon-ken/Mihon-shi", *at(moved, NEXT_DAY), "--lang", "ja")
    assert done.out.startswith("sign（Mihon-ken/Mihon-shi） の CRL ")


def test_hour_of_the_cas(moved: Lab, bench: Bench) -> None:
    done = bench("pki", "crl", "--ca", "sign", "--hour", "19", *at(moved, "2026-11-21T10:00:00Z"), "--json").json
    assert (done["this_update"], len(done["entries"])) == ("2026-11-21T10:00:00Z", 1)


@pytest.mark.parametrize("whose", [("--card", "alice"), ("--person", "000001")], ids=["card", "person"])
def test_timeline(moved: Lab, bench: Bench, home: Path, whose: tuple[str, ...]) -> None:
    words = ("pki", "timeline", *whose, *at(moved, NEXT_DAY))
    done = bench(*words, "--svg", home / "picture.svg", "--json")
    assert done.status == 0
    assert len(done.json["lanes" if "lanes" in done.json else "certificates"]) == 2
    ElementTree.parse(home / "picture.svg")
    english, japanese = bench(*words), bench(*words, "--lang", "ja")
    assert "affiliationChanged" in english.out
    assert english.out != japanese.out


def test_timeline_of_one_certificate(moved: Lab, bench: Bench) -> None:
    serial = bench("pki", "status", "--card", "alice", *at(moved, MOVED), "--json").json["certificates"][0]["serial"]
    done = bench("pki", "timeline", "--ca", "sign", "--serial", serial, *at(moved, NEXT_DAY))
    assert (done.status, str(serial) in done.out) == (0, True)


@pytest.mark.parametrize("algorithm", ["rsa-2048", "p-384"])
def test_rollover(lab: Lab, bench: Bench, algorithm: str) -> None:
    done = bench("pki", "rollover", "--algorithm", algorithm, *at(lab, MOVED), "--json")
    assert done.json["began"] == {"sign": "sign-4", "auth": "auth-4"}
    assert lab.paths.ca_certificate("auth-4").exists()
    assert lab.paths.crl("sign-4").exists()
    for language in ("en", "ja"):
        moment = {"en": LATER, "ja": NEXT_DAY}[language]
        assert "auth-" in bench("pki", "rollover", "--ca", "auth", *at(lab, moment), "--lang", language).out
    assert bench("card", "new", "bob", *at(lab, NEXT_DAY)).status == 0
    assert bench("login", "--card", "bob", *at(lab, NEXT_DAY)).status == 0


def test_rollover_twice_at_a_moment_is_refused(lab: Lab, bench: Bench) -> None:
    assert bench("pki", "rollover", *at(lab, MOVED)).status == 0
    done = bench("pki", "rollover", *at(lab, MOVED), "--json")
    assert (done.status, done.error["type"], done.error["hint"]) == (3, "OperationRefusedError", "move the clock on")


@pytest.mark.parametrize(
    ("words", "status", "kind"),
    [
        (("status", "--serial", "1"), 2, "UsageError"),
        (("status", "--serial", "1", "--ca", "sign", "--card", "alice"), 2, "UsageError"),
        (("status", "--card", "alice", "--person", "000001"), 2, "UsageError"),
        (("status", "--serial", "0", "--ca", "sign"), 2, "BadParameter"),
        (("status", "--serial", "1", "--ca", "sign"), 3, "UnknownEntryError"),
        (("status", "--card", "nobody"), 3, "PkiQuestionError"),
        (("ocsp", "--person", "000009"), 3, "PkiQuestionError"),
        (("ocsp", "--card", "alice", "--url", "nowhere"), 3, "ServerAddressError"),
        (("timeline", "--card", "nobody"), 3, "PkiQuestionError"),
        (("crl", "--ca", "nobody"), 3, "PkiQuestionError"),
        (("crl", "--point", "Here"), 3, "PkiQuestionError"),
        (("crl", "--hour", "24"), 2, "BadParameter"),
        (("rollover", "--ca", "nobody"), 2, "BadParameter"),
        (("crl", "-o", "/nowhere/list"), 3, "LabUnwritableError"),
    ],
)
def test_what_is_wrong(bench: Bench, lab: Lab, words: tuple[str, ...], status: int, kind: str) -> None:
    done = bench("pki", *words, *at(lab, MOVED), "--json")
    assert (done.status, done.error["type"]) == (status, kind)
    assert done.error["hint"]
    assert done.out == ""


@pytest.mark.parametrize(
    ("moment", "says"),
    [("2032-01-01", "the list of"), ("2036-01-01", "none any more: its CA has ended")],
    ids=["certificate", "ca"],
)
def test_what_is_over_is_not_good(bench: Bench, lab: Lab, moment: str, says: str) -> None:
    words = ("pki", "status", "--card", "alice", *at(lab, moment))
    done = bench(*words)
    assert (done.status, done.out.count("  register  expired\n"), done.out.count(says)) == (1, 2, 2)
    assert [one["register"]["state"] for one in bench(*words, "--json").json["certificates"]] == ["expired"] * 2
    assert bench(*words, "--lang", "ja").out.count("  登録簿  有効期間満了\n") == 2


def test_a_ca_that_has_ended_issues_no_lists(bench: Bench, lab: Lab) -> None:
    done = bench("pki", "crl", *at(lab, "2036-01-01"), "--json")
    assert (done.status, done.error["type"]) == (3, "PkiQuestionError")
    assert "the CA auth ended at 2035-" in done.error["message"]
    assert "earlier moment" in done.error["hint"]


@pytest.mark.parametrize("command", ["status", "ocsp", "timeline"])
def test_default_card_is_made_on_the_way(bench: Bench, command: str) -> None:
    done = bench("pki", command)
    assert "issued the card adult-resident\n" in done.err
    assert done.status == (1 if command == "ocsp" else 0)  # OCSP will know it in a quarter of an hour


@pytest.mark.parametrize("command", ["serve", "status", "ocsp", "crl", "timeline", "rollover"])
def test_help(bench: Bench, command: str) -> None:
    assert bench("pki", command, "--help").status == 0
