"""Lists, OCSP or both: who is asked, who follows, and that silence of all refuses."""

from __future__ import annotations

import itertools
from datetime import timedelta
from typing import Any

import pytest

from jpki.kinds import CaKind
from jpki.ocsp.response import ResponseStatus
from jpki.verify.catalogue_sources import SOURCE_RULES
from jpki.verify.crl_frame import RevokedEntry
from jpki.verify.errors import PolicyError
from jpki.verify.findings import finding
from jpki.verify.ocsp_status import OcspRevocationStatus
from jpki.verify.preference import OFFLINE_OVERDUE, TODAYS_LIST, Preference, PreferredRevocationCheck
from jpki.verify.revocation import CrlRevocationCheck, RevocationAnswer, what_it_says
from tests.jpki.verify.conftest import NOW

REVOKED, FELL_BACK, DIFFER = "jpki.revocation.revoked", "jpki.revocation.fell-back", "jpki.revocation.sources-differ"


def status(*, revoked: bool) -> OcspRevocationStatus:
    entry = RevokedEntry(serial=7, revoked_at=NOW - timedelta(days=1), reason_code=4) if revoked else None
    return OcspRevocationStatus(produced_at=NOW, this_update=NOW, next_update=None, entry=entry)


def refusal(code: str, **detail: str) -> RevocationAnswer:
    return RevocationAnswer((finding(f"jpki.revocation.{code}", **detail),))


ANSWERS = {
    "good": RevocationAnswer((), status(revoked=False)),
    "revoked": RevocationAnswer(what_it_says(status(revoked=True)), status(revoked=True)),
    "unreachable": refusal("ocsp-unreachable", why="a cut cable"),
    "try-later": refusal("ocsp-error", status=ResponseStatus.TRY_LATER.rfc_name),
    "unauthorized": refusal("ocsp-error", status=ResponseStatus.UNAUTHORIZED.rfc_name),
    "forged": refusal("ocsp-signature-invalid"),
    "unknown": refusal("ocsp-unknown", serial="7"),
    "no-crl": refusal("no-crl"),
    "stale": refusal("crl-stale", next_update="yesterday"),
    "stale-and-unknown-scope": RevocationAnswer(
        (
            finding("jpki.revocation.crl-stale", next_update="yesterday"),
            finding("jpki.revocation.crl-critical-extension", extension="x"),
        )
    ),
    "forged-list": refusal("crl-signature-invalid"),
}


class Fixed:
    """A source that always gives one answer and counts how often it was asked."""

    def __init__(self, name: str) -> None:
        self.answer = ANSWERS[name]
        self.asked = 0

    def check(self, *_: object, **__: object) -> RevocationAnswer:
        self.asked += 1
        return self.answer


P = Preference
# preference, OCSP's answer, the list's answer → codes, is a status given, who was asked (OCSP, CRL)
CASES: list[tuple[Preference, str, str, list[str], bool, tuple[int, int]]] = [
    (P.CRL_ONLY, "revoked", "good", [], True, (0, 1)),
    (P.CRL_ONLY, "good", "stale", ["jpki.revocation.crl-stale"], False, (0, 1)),
    (P.OCSP_ONLY, "good", "revoked", [], True, (1, 0)),
    (P.OCSP_ONLY, "unreachable", "good", ["jpki.revocation.ocsp-unreachable"], False, (1, 0)),
    (P.OCSP_THEN_CRL, "good", "revoked", [], True, (1, 0)),
    (P.OCSP_THEN_CRL, "revoked", "good", [REVOKED], True, (1, 0)),
    (P.OCSP_THEN_CRL, "unreachable", "good", [FELL_BACK], True, (1, 1)),
    (P.OCSP_THEN_CRL, "try-later", "good", [FELL_BACK], True, (1, 1)),
    (P.OCSP_THEN_CRL, "unreachable", "revoked", [FELL_BACK, REVOKED], True, (1, 1)),
    (P.OCSP_THEN_CRL, "unauthorized", "good", ["jpki.revocation.ocsp-error"], False, (1, 0)),
    (P.OCSP_THEN_CRL, "forged", "good", ["jpki.revocation.ocsp-signature-invalid"], False, (1, 0)),
    (P.OCSP_THEN_CRL, "unknown", "good", ["jpki.revocation.ocsp-unknown"], False, (1, 0)),
    (
        P.OCSP_THEN_CRL,
        "unreachable",
        "no-crl",
        ["jpki.revocation.ocsp-unreachable", "jpki.revocation.no-crl"],
        False,
        (1, 1),
    ),
    (
        P.OCSP_THEN_CRL,
        "unreachable",
        "forged-list",
        [FELL_BACK, "jpki.revocation.crl-signature-invalid"],
        False,
        (1, 1),
    ),
    (P.CRL_THEN_OCSP, "good", "good", [], True, (0, 1)),
    (P.CRL_THEN_OCSP, "good", "stale", [FELL_BACK], True, (1, 1)),
    (P.CRL_THEN_OCSP, "revoked", "no-crl", [FELL_BACK, REVOKED], True, (1, 1)),
    (
        P.CRL_THEN_OCSP,
        "good",
        "stale-and-unknown-scope",
        ["jpki.revocation.crl-stale", "jpki.revocation.crl-critical-extension"],
        False,
        (0, 1),
    ),
    (P.CRL_THEN_OCSP, "good", "forged-list", ["jpki.revocation.crl-signature-invalid"], False, (0, 1)),
    (P.BOTH, "good", "good", [], True, (1, 1)),
    (P.BOTH, "revoked", "good", [REVOKED, DIFFER], True, (1, 1)),
    (P.BOTH, "good", "revoked", [REVOKED, DIFFER], True, (1, 1)),
    (P.BOTH, "revoked", "revoked", [REVOKED, REVOKED], True, (1, 1)),
    (P.BOTH, "unreachable", "good", ["jpki.revocation.ocsp-unreachable"], True, (1, 1)),
    (P.BOTH, "good", "no-crl", ["jpki.revocation.no-crl"], True, (1, 1)),
]


@pytest.mark.parametrize(
    ("preference", "by_ocsp", "by_list", "codes", "known", "asked"),
    CASES,
    ids=[f"{case[0].value}-{case[1]}-{case[2]}" for case in CASES],
)
def test_the_preference_decides_who_is_asked_and_who_is_heard(
    preference: Preference, by_ocsp: str, by_list: str, codes: list[str], known: bool, asked: tuple[int, int]
) -> None:
    ocsp, crl = Fixed(by_ocsp), Fixed(by_list)
    answer = PreferredRevocationCheck(preference, crl=crl, ocsp=ocsp).check(7, None, now=NOW)  # type: ignore[arg-type]
    assert [each.code for each in answer.findings] == codes
    assert (answer.status is not None) is known
    assert (ocsp.asked, crl.asked) == asked


@pytest.mark.parametrize(
    ("preference", "by_ocsp", "by_list"),
    list(itertools.product(Preference, ANSWERS, ANSWERS)),
    ids=lambda value: getattr(value, "value", value),
)
def test_nothing_passes_unless_a_source_that_was_asked_said_good(
    preference: Preference, by_ocsp: str, by_list: str
) -> None:
    ocsp, crl = Fixed(by_ocsp), Fixed(by_list)
    answer = PreferredRevocationCheck(preference, crl=crl, ocsp=ocsp).check(7, None, now=NOW)  # type: ignore[arg-type]
    passes = not any(each.is_error for each in answer.findings)
    heard = [name for name, source in ((by_ocsp, ocsp), (by_list, crl)) if source.asked]
    if passes:
        assert "good" in heard
        assert "revoked" not in heard
    if preference is Preference.BOTH:
        assert passes is (heard == ["good", "good"])


@pytest.mark.parametrize("preference", Preference, ids=lambda preference: preference.value)
def test_a_source_that_is_not_there_is_the_callers_mistake(preference: Preference) -> None:
    with pytest.raises(PolicyError, match="no check by") as caught:
        PreferredRevocationCheck(preference)
    assert preference.value in caught.value.hint


@pytest.mark.parametrize("code", [rule.code for rule in SOURCE_RULES])
def test_every_code_has_a_case(code: str) -> None:
    here = {code for case in CASES for code in case[3]}
    assert code in here | {"jpki.revocation.crl-overdue"}  # test_procedure_codes has that


def test_a_machine_without_a_network_uses_its_newest_list_for_a_while(bench: Any) -> None:
    lists = [bench.crl(CaKind.AUTH, number=number) for number in (41, 42)]
    offline = CrlRevocationCheck(lists, overdue=OFFLINE_OVERDUE)
    due = NOW + timedelta(hours=45)
    assert bench.verify(revocation=offline, now=due).codes == ()
    late = bench.verify(revocation=offline, now=due + timedelta(days=2))
    assert late.ok
    assert late.codes == ("jpki.revocation.crl-overdue",)
    assert late.revocation.crl_number == 42
    too_late = bench.verify(revocation=offline, now=due + timedelta(days=3, minutes=6))
    assert too_late.codes == ("jpki.revocation.crl-stale",)


def test_a_policy_can_ask_for_the_list_of_today(bench: Any) -> None:
    check = CrlRevocationCheck(bench.crls(), max_age=TODAYS_LIST)
    assert bench.verify(revocation=check).codes == ()
    assert bench.verify(revocation=check, now=NOW + timedelta(hours=22)).codes == ("jpki.revocation.crl-too-old",)
