"""What findings tell a business, whatever they carry: no serial number, no attribute."""

from __future__ import annotations

import json
import string
from collections.abc import Callable
from datetime import timedelta

import pytest

from jpki.kinds import CaKind
from jpki.rp.operator.records import Act, CheckMethod, Medium, VerificationRecord
from jpki.rp.operator.standing import Standing
from jpki.rp.operator.verifications import Verified
from jpki.rp.operator.vocabulary import TOLD, Refusal, refused_by
from jpki.rp.records import State
from jpki.verify.catalogue import CATALOGUE
from jpki.verify.findings import Finding, finding
from jpki.verify.procedure import Verdict
from mynalab.operator_server.answers import TYPES, StandingOut, VerifiedOut
from tests.mynalab.conftest import NOW

SERIAL, NAME, ADDRESS = 1234567890123, "見本　花子", "東京都見本区見本1-2-3"
PERSONAL = ("name", "address", "birth_date", "sex", "subject", "holder", "certificate", "why", "message")
# What the sentences of all findings name, but the serial number and what may quote one.
HARMLESS = {
    name for rule in CATALOGUE.values() for _, name, _, _ in string.Formatter().parse(rule.en + rule.ja) if name
} - {"serial", "why"}


def laden(code: str) -> Finding:
    """The finding with all that it may ever carry, and more: a serial number in each form, a whole person."""
    person = f"{NAME} {ADDRESS} {SERIAL} {SERIAL:x} {SERIAL:X}"
    detail: dict[str, str | int] = {**dict.fromkeys(HARMLESS, "-"), **dict.fromkeys(PERSONAL, person)}
    return finding(code, **detail, serial=SERIAL)


def as_problem(one: Finding) -> str:
    refused = refused_by((one,)) if one.is_error else Refusal("operator.status.unknown", findings=(one,))
    return json.dumps(refused.as_problem(), ensure_ascii=False)


def as_verification(one: Finding) -> str:
    record = VerificationRecord(
        id="0" * 32, at=NOW, act=Act.VERIFICATION, result="OK", method=CheckMethod.CRL, keep_until=NOW
    )
    return VerifiedOut.of(Verified(record=record, verdict=Verdict(findings=(one,)))).model_dump_json()


def as_standing(one: Finding) -> str:
    return StandingOut.of(
        Standing(
            certificate_id=None,
            kind=CaKind.SIGN,
            state=State.UNKNOWN,
            method=CheckMethod.OCSP,
            at=NOW,
            not_after=NOW + timedelta(days=1),
            findings=(one,),
        )
    ).model_dump_json()


@pytest.mark.parametrize("answer", [as_problem, as_verification, as_standing])
@pytest.mark.parametrize("code", CATALOGUE)
def test_no_finding_names_anybody(code: str, answer: Callable[[Finding], str]) -> None:
    told = answer(laden(code))
    assert f'"{code}"' in told
    for secret in (str(SERIAL), f"{SERIAL:x}", f"{SERIAL:X}", NAME, ADDRESS):
        assert secret not in told


@pytest.mark.parametrize("name", sorted(HARMLESS))
def test_every_detail_is_told_or_withheld_on_purpose(name: str) -> None:
    assert name in TOLD


@pytest.mark.parametrize("name", sorted(TOLD))
def test_no_detail_is_told_that_there_is_not(name: str) -> None:
    assert name in HARMLESS


@pytest.mark.parametrize("medium", Medium)
@pytest.mark.parametrize("kind", CaKind)
def test_every_certificate_has_a_type_of_its_own(medium: Medium, kind: CaKind) -> None:
    words = {Medium.CARD: "CARD", Medium.PHONE: "PHONE"}, {CaKind.SIGN: "SIGNATURE", CaKind.AUTH: "USER_AUTHENTICATION"}
    assert TYPES[medium, kind] == f"{words[0][medium]}_{words[1][kind]}"
