"""The catalogue of findings about signed records."""

from __future__ import annotations

import re
from string import Formatter

import pytest

from jpki.cv.catalogue import CV_CATALOGUE, CvStep
from jpki.cv.findings import CvVerdict, cv_finding
from jpki.cv.key_id import LAB_ROOT
from jpki.verify.catalogue import CATALOGUE

CODES = sorted(CV_CATALOGUE)


@pytest.mark.parametrize("code", CODES)
def test_a_code_is_dotted_and_belongs_to_no_other_catalogue(code: str) -> None:
    assert re.fullmatch(r"jpki\.cv\.[a-z]+(-[a-z]+)*", code)
    assert code not in CATALOGUE


@pytest.mark.parametrize("code", CODES)
def test_it_renders_in_both_languages_from_the_same_details(code: str) -> None:
    rule = CV_CATALOGUE[code]
    names = {name for _, name, _, _ in Formatter().parse(rule.en) if name}
    assert names == {name for _, name, _, _ in Formatter().parse(rule.ja) if name}
    made = cv_finding(code, **{name: f"<{name}>" for name in names})
    assert rule.source
    assert re.search(r"[ぁ-んァ-ン一-龥]", made.message_in("ja"))
    assert all(f"<{name}>" in made.message for name in names)


def test_every_step_has_a_code() -> None:
    assert {rule.step for rule in CV_CATALOGUE.values()} == set(CvStep)


def test_a_verdict_is_plain_for_machines() -> None:
    verdict = CvVerdict(findings=(cv_finding("jpki.cv.photo-changed"),), signer=LAB_ROOT)
    assert verdict.as_dict() == {
        "ok": False,
        "signer": "8000020/001",
        "verified": [],
        "findings": [
            {
                "code": "jpki.cv.photo-changed",
                "step": 4,
                "message": "the photo is not the one whose digest was signed",
                "message_ja": "顔写真が署名された内容と一致しません",
                "detail": {},
            }
        ],
    }


def test_a_verdict_about_nothing_is_not_ok() -> None:
    assert not CvVerdict(findings=()).ok
