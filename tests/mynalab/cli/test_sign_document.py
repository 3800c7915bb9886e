"""``mynalab sign --format`` and ``mynalab verify``: every form, every failure persona, and files that are none."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mynalab.lab.lab import Lab
from mynalab.resources import persona_files
from tests.jpki.signing.paper import paper

Bench = Callable[..., Any]
AT = ("--now", "2026-11-21")
FORMS = ("cms", "cms-detached", "pdf", "pades", "xml", "xml-detached")
DETACHED = ("cms-detached", "xml-detached")
DOCUMENTS = {
    **dict.fromkeys(("cms", "cms-detached"), "甲は乙に見本を貸す。\n".encode()),
    **dict.fromkeys(("pdf", "pades"), paper()),
    **dict.fromkeys(("xml", "xml-detached"), "<契約書><本文>甲は乙に見本を貸す。</本文></契約書>".encode()),
}

each = pytest.mark.parametrize("form", FORMS)


def expected() -> list[object]:
    """The personas whose signature is refused, and the finding that their files name."""
    found = []
    for name, path in sorted(persona_files().items()):
        code = tomllib.loads(path.read_text("utf-8")).get("expect", {}).get("sign")
        if code is not None and code.startswith("jpki."):
            found.append(pytest.param(name, code, id=name))
    return found


@pytest.fixture
def signing(bench: Bench, lab: Lab, home: Path) -> Bench:
    """Sign a document of a form into ``signed``."""

    def run(form: str, *more: object, card: str = "alice", at: tuple[str, ...] = AT) -> Any:
        (home / "document").write_bytes(DOCUMENTS[form])
        here = ("--card", card, "--lab", lab.paths.root, *at)
        return bench("sign", "document", "--format", form, "-o", "signed", *here, *more)

    return run


@pytest.fixture
def verifying(bench: Bench, lab: Lab) -> Bench:
    """Verify what was signed so."""

    def run(form: str, *more: object, at: tuple[str, ...] = AT) -> Any:
        files = ("document", "--signature", "signed") if form in DETACHED else ("signed",)
        return bench("verify", *files, "--lab", lab.paths.root, *at, *more)

    return run


@each
def test_signed_document_is_accepted(signing: Bench, verifying: Bench, form: str) -> None:
    signed = signing(form, "--json")
    assert (signed.status, signed.err) == (0, "")
    assert (signed.json["file"], signed.json["format"], signed.json["ok"]) == ("signed", form, True)
    done = verifying(form, "--json")
    assert (done.status, done.json["ok"], done.json["findings"]) == (0, True, [])
    [one] = done.json["signatures"]
    assert one["findings"] == []


@each
@pytest.mark.parametrize("lang", ["en", "ja"])
def test_verdict_is_told_in_words(signing: Bench, verifying: Bench, form: str, lang: str) -> None:
    told = signing(form, "--lang", lang).out + verifying(form, "--lang", lang).out
    assert told.count({"en": "signature accepted", "ja": "署名を受け入れました"}[lang]) == 2
    assert "見本" not in told


@pytest.mark.parametrize("form", ["cms", "pdf", "xml"])
@pytest.mark.parametrize(("persona", "code"), expected())
def test_failure_persona(signing: Bench, verifying: Bench, form: str, persona: str, code: str) -> None:
    assert signing(form, card=persona).status == 1
    done = verifying(form, "--json")
    assert (done.status, done.json["ok"]) == (1, False)
    assert code in [finding["code"] for one in done.json["signatures"] for finding in one["findings"]]


@each
def test_card_that_is_lost_after_signing(signing: Bench, verifying: Bench, bench: Bench, lab: Lab, form: str) -> None:
    assert signing(form).status == 0
    bench("revoke", "--card", "alice", "--lab", lab.paths.root, *AT)
    done = verifying(form)
    assert (done.status, "jpki.revocation.revoked" in done.out) == (1, True)


@each
def test_changed_document(signing: Bench, verifying: Bench, home: Path, form: str) -> None:
    signing(form)
    path = home / ("document" if form in DETACHED else "signed")
    before = {"pdf": (b"Specimen", b"Specimem"), "pades": (b"Specimen", b"Specimem")}
    old, new = before.get(form, ("貸す".encode(), "売る".encode()))
    assert old in path.read_bytes()
    path.write_bytes(path.read_bytes().replace(old, new))
    done = verifying(form)
    assert (done.status, "jpki.document.digest-mismatch" in done.out) == (1, True)


@each
def test_wrong_pin_costs_a_try_writes_nothing_and_is_not_echoed(signing: Bench, home: Path, form: str) -> None:
    done = signing(form, "--pin", "WRONG99", "--json")
    assert (done.status, done.json["card"]) == (1, {"error": "WrongPinError", "tries_left": 4})
    assert "WRONG99" not in done.out + done.err
    assert not (home / "signed").exists()


@pytest.mark.parametrize("form", ["pdf", "pades"])
def test_years_later_a_pdf_is_judged_by_what_it_carries(signing: Bench, verifying: Bench, form: str) -> None:
    assert signing(form, "--long-term").status == 0
    later = ("--now", "2035-01-01")
    assert "jpki.validity.expired" in verifying(form, at=later).out
    assert verifying(form, "--existed-by", "2026-11-21", at=later).status == 0


def test_pdf_without_its_evidence_is_not_judged_for_the_past(signing: Bench, verifying: Bench) -> None:
    signing("pdf")
    done = verifying("pdf", "--existed-by", "2026-11-21", at=("--now", "2035-01-01"))
    assert (done.status, "jpki.pdf.revocation-missing" in done.out) == (1, True)


def test_moment_that_is_still_to_come_proves_nothing(signing: Bench, verifying: Bench) -> None:
    signing("pdf")
    done = verifying("pdf", "--existed-by", "2027-01-01", "--json")
    assert (done.status, done.error["type"]) == (2, "TimeError")


@pytest.mark.parametrize("form", ["cms", "xml"])
def test_only_a_pdf_tells_of_the_past(signing: Bench, verifying: Bench, form: str) -> None:
    done = signing(form, "--long-term", "--json")
    assert (done.status, done.error["type"]) == (3, "DocumentError")
    signing(form)
    done = verifying(form, "--existed-by", "2026-11-20", "--json")
    assert (done.status, done.error["type"]) == (3, "DocumentError")


def test_what_was_signed_is_written_once_it_is_accepted(signing: Bench, verifying: Bench, home: Path) -> None:
    signing("cms")
    assert verifying("cms", "-o", "content").status == 0
    assert (home / "content").read_bytes() == DOCUMENTS["cms"]
    (home / "content").unlink()
    verifying("cms", "-o", "content", at=("--now", "2035-01-01"))
    assert not (home / "content").exists()


def test_next_generation_signs_documents(signing: Bench, verifying: Bench) -> None:
    for_now = [signing(form, card="next-generation").status for form in ("cms", "pdf", "xml")]
    assert (for_now, verifying("xml").status) == ([0, 0, 0], 0)


@pytest.mark.parametrize(("form", "wrong"), [("pdf", b"no PDF"), ("xml", b"no XML")], ids=["pdf", "xml"])
def test_file_that_is_not_of_the_form(bench: Bench, lab: Lab, home: Path, form: str, wrong: bytes) -> None:
    (home / "odd").write_bytes(wrong)
    done = bench("sign", "odd", "--format", form, "--card", "alice", "--lab", lab.paths.root, *AT, "--json")
    assert (done.status, done.error["type"]) == (3, "DocumentError")


@pytest.mark.parametrize(
    "words",
    [
        pytest.param(("sign", "document", "-o", "x"), id="text keeps no signature"),
        pytest.param(("sign", "document", "--long-term"), id="text has no evidence"),
        pytest.param(("sign", "document", "--format", "cms", "--origin", "https://a.invalid"), id="origin"),
        pytest.param(("sign", "document", "--format", "cms", "-o", "document"), id="onto itself"),
        pytest.param(("sign", "-", "--format", "cms"), id="no name"),
        pytest.param(("sign", "document", "--format", "word"), id="no such form"),
        pytest.param(("verify", "-", "--signature", "-"), id="both by standard input"),
        pytest.param(("verify",), id="no file"),
    ],
)
def test_command_line(bench: Bench, lab: Lab, home: Path, words: tuple[str, ...]) -> None:
    (home / "document").write_bytes(DOCUMENTS["cms"])
    assert bench(*words, "--lab", lab.paths.root).status == 2
    assert (home / "document").read_bytes() == DOCUMENTS["cms"]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "jpki.document.unreadable"),
        (b"text", "jpki.document.unreadable"),
        (b"%PDF-1.7", "jpki.document.unreadable"),
        (b"<a/>", "jpki.document.unsigned"),
        (b"\xef\xbb\xbf<!DOCTYPE a><a/>", "jpki.xml.document-type"),
        (b"-----BEGIN CMS-----\n=\n-----END CMS-----\n", "jpki.document.unreadable"),
    ],
    ids=["nothing", "text", "no PDF", "no signature", "a document type", "no PEM"],
)
def test_file_that_is_no_signed_document(bench: Bench, lab: Lab, home: Path, content: bytes, code: str) -> None:
    (home / "odd").write_bytes(content)
    done = bench("verify", "odd", "--lab", lab.paths.root, *AT, "--json")
    assert (done.status, [one["code"] for one in done.json["findings"]]) == (1, [code])


def test_file_that_is_not_there(bench: Bench, lab: Lab) -> None:
    done = bench("verify", "nowhere", "--lab", lab.paths.root, "--json")
    assert (done.status, done.error["type"]) == (3, "TextError")


@pytest.mark.parametrize(
    ("name", "form", "written"),
    [("a.txt", "cms-detached", "a.txt.p7s"), ("a.pdf", "pdf", "a.signed.pdf"), ("a", "xml", "a.signed.xml")],
    ids=["cms-detached", "pdf", "xml without a suffix"],
)
def test_default_name_of_what_is_written(
    bench: Bench, lab: Lab, home: Path, name: str, form: str, written: str
) -> None:
    (home / name).write_bytes(DOCUMENTS[form])
    done = bench("sign", name, "--format", form, "--card", "alice", "--lab", lab.paths.root, *AT)
    assert (done.status, (home / written).exists()) == (0, True)
    assert (home / name).read_bytes() == DOCUMENTS[form]


@pytest.mark.parametrize(("form", "module"), [("pdf", "pyhanko"), ("xml", "signxml")])
def test_missing_extra_is_named(signing: Bench, form: str, module: str, monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    for name in [name for name in sys.modules if name.startswith((f"jpki.signing.{form}", f"{module}."))]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, module, None)
    done = signing(form, "--json")
    assert (done.status, done.error["type"]) == (3, "MissingLibraryError")
    assert f"pip install 'mynalab[{form}]'" in done.error["hint"]
