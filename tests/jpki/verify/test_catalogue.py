"""The catalogue of findings as data."""

from __future__ import annotations

import re
from string import Formatter

import pytest

from jpki.verify.catalogue import CATALOGUE, Severity, Step
from jpki.verify.findings import finding

CODES = sorted(CATALOGUE)


@pytest.mark.parametrize("code", CODES)
def test_a_code_is_dotted_and_says_its_step(code: str) -> None:
    assert re.fullmatch(r"jpki\.[a-z]+\.[a-z]+(-[a-z]+)*", code)


@pytest.mark.parametrize("code", CODES)
def test_both_sentences_and_the_source_are_there(code: str) -> None:
    rule = CATALOGUE[code]
    assert rule.en
    assert rule.source
    assert re.search(r"[ぁ-んァ-ン一-龥]", rule.ja)


@pytest.mark.parametrize("code", CODES)
def test_a_finding_renders_in_both_languages_from_the_details_of_the_english_one(code: str) -> None:
    rule = CATALOGUE[code]
    names = {name for _, name, _, _ in Formatter().parse(rule.en + rule.ja) if name}
    made = finding(code, **{name: f"<{name}>" for name in names})
    assert made.message == made.message_in("en")
    assert made.as_dict()["message_ja"] == made.message_in("ja")
    assert all(f"<{name}>" in made.message + made.message_in("ja") for name in names)


def test_details_are_not_templates() -> None:
    assert "{0}" in finding("jpki.certificate.algorithm", algorithm="{0}", wanted="{1}").message


def test_a_finding_is_plain_for_machines() -> None:
    assert finding("jpki.signature.malformed", found=3, wanted="256 bytes").as_dict() == {
        "code": "jpki.signature.malformed",
        "severity": "error",
        "step": 8,
        "place": "signature",
        "message": "a signature by the certificate's key is 256 bytes, these 3 bytes are none",
        "message_ja": "署名が証明書の鍵の形式（256 bytes）ではありません（3 バイト）",
        "detail": {"found": 3, "wanted": "256 bytes"},
    }


def test_only_these_findings_do_not_refuse() -> None:
    warnings = {code for code, rule in CATALOGUE.items() if rule.severity is Severity.WARNING}
    assert warnings == {
        "jpki.cms.signing-certificate-absent",
        "jpki.evidence.anchor-not-compared",
        "jpki.evidence.not-reproducible",
        "jpki.evidence.seal-not-checked",
        "jpki.profile.extension-order",
        "jpki.profile.extension-unknown",
        "jpki.revocation.crl-overdue",
        "jpki.revocation.fell-back",
        "jpki.revocation.not-checked",
        "jpki.revocation.sources-differ",
    }


def test_every_step_has_a_code() -> None:
    assert {rule.step for rule in CATALOGUE.values()} == set(Step)
