"""What a verdict tells, and what is accepted; the codes of what is not are in test_procedure_codes.py."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from jpki.ca.crl import CrlEntry
from jpki.kinds import CaKind
from jpki.reasons import RevocationReason
from jpki.validity import JST
from jpki.verify.policy import LOG_IN, Policy
from jpki.verify.procedure import verify
from jpki.verify.revocation import CrlRevocationCheck

SIGN, AUTH = CaKind.SIGN, CaKind.AUTH
NOW = datetime(2026, 5, 1, 3, 0, tzinfo=UTC)


@pytest.mark.parametrize("kind", CaKind, ids=lambda kind: kind.value)
def test_a_good_certificate_and_signature_are_accepted(bench: Any, kind: CaKind) -> None:
    verdict = bench.verify(kind=kind)
    assert verdict.codes == ()
    assert verdict.ok
    assert verdict.certificate.binding.serial == 7
    assert verdict.certificate.binding.issuer_key_id == bench.authorities[kind].key_id
    assert verdict.revocation.crl_number == 42


def test_a_signing_certificate_gives_the_four_attributes(bench: Any, holder: Any) -> None:
    assert bench.verify(kind=SIGN).certificate.attributes == holder.attributes()


def test_an_authentication_certificate_has_none(bench: Any) -> None:
    assert bench.verify().certificate.attributes is None


def test_no_fact_is_given_when_something_refuses(bench: Any) -> None:
    parts = bench.parts()
    parts.not_after = NOW - timedelta(seconds=1)
    assert bench.verify(bench.seal(parts)).certificate is None


@pytest.mark.parametrize("generation", [0, 1])
def test_each_generation_is_found_by_its_key_though_all_share_a_name(bench: Any, generation: int) -> None:
    authority = (bench.authorities, bench.next_generation)[generation][AUTH]
    both = (bench.authorities[AUTH], bench.next_generation[AUTH])
    crls = [bench.crl(authority=one) for one in both]
    verdict = bench.verify(bench.issue(AUTH, authority), trust=bench.trust(*both), crls=crls)
    assert verdict.codes == ()
    assert verdict.certificate.binding.issuer_key_id == authority.key_id


@pytest.mark.parametrize("moment", ["not_before", "not_after"])
def test_the_ends_of_validity_belong_to_it(bench: Any, moment: str) -> None:
    parts = bench.parts()
    setattr(parts, moment, NOW)
    assert bench.verify(bench.seal(parts)).codes == ()


@pytest.mark.parametrize("moment", ["not_before", "not_after"])
def test_a_fraction_of_a_second_is_within_its_second(bench: Any, moment: str) -> None:
    """Certificates know whole seconds: 23:59:59.9 is before midnight."""
    parts = bench.parts()
    setattr(parts, moment, NOW)
    assert bench.verify(bench.seal(parts), now=NOW + timedelta(milliseconds=900)).codes == ()


def test_a_moment_may_be_in_any_time_zone(bench: Any) -> None:
    assert bench.verify(now=NOW.astimezone(JST)).codes == ()


def test_the_revocation_is_told_with_its_list_and_entry(bench: Any) -> None:
    entry = CrlEntry(serial=7, revoked_at=NOW - timedelta(days=1), reason=RevocationReason.CERTIFICATE_HOLD)
    verdict = bench.verify(crls=[bench.crl(AUTH, entry)])
    assert verdict.findings[0].detail == {
        "serial": 7,
        "revoked_at": "2026-04-30T03:00:00Z",
        "reason": "certificateHold",
        "meaning_en": RevocationReason.CERTIFICATE_HOLD.meaning_en,
        "meaning_ja": RevocationReason.CERTIFICATE_HOLD.meaning_ja,
        "evidence": "CRL 42",
        "this_update": "2026-05-01T00:00:00Z",
    }
    assert verdict.as_dict()["revocation"] == {
        "method": "crl",
        "crl_number": 42,
        "this_update": "2026-05-01T00:00:00Z",
        "next_update": "2026-05-03T00:00:00Z",
        "revoked": True,
        "revoked_at": "2026-04-30T03:00:00Z",
        "reason": "certificateHold",
    }


def test_a_verdict_shows_no_attribute_of_the_holder(bench: Any) -> None:
    verdict = bench.verify(kind=SIGN)
    assert "見本" not in repr(verdict) + str(verdict.as_dict())


def test_a_naive_moment_is_the_callers_mistake(bench: Any) -> None:
    with pytest.raises(ValueError, match="time zone"):
        bench.verify(now=NOW.replace(tzinfo=None))


@pytest.mark.parametrize("length", range(0, 60, 7))
def test_a_cut_certificate_is_unreadable(bench: Any, length: int) -> None:
    assert bench.verify(bench.issue(AUTH)[:length]).codes == ("jpki.certificate.unreadable",)


@pytest.mark.parametrize("bit", [0x01, 0x20, 0x80], ids="{:02X}".format)
def test_no_changed_bit_of_a_certificate_passes(bench: Any, bit: int) -> None:
    """Not one byte may change: not in the fields, the headers, the algorithms, the signature."""
    arguments = {
        "signature": bench.sign(),
        "message": bench.message,
        "trust": bench.trust(),
        "policy": Policy(purpose=LOG_IN, revocation=CrlRevocationCheck(bench.crls())),
        "now": NOW,
    }
    whole = bench.issue(AUTH)
    assert verify(certificate=whole, **arguments).ok
    passed = [at for at in range(len(whole)) if verify(certificate=flipped(whole, at, bit), **arguments).ok]
    assert passed == []


@pytest.mark.parametrize("bit", [0x01, 0x20, 0x80], ids="{:02X}".format)
def test_no_changed_bit_of_a_list_passes(bench: Any, bit: int) -> None:
    """The same of a revocation list; status is what a usable one gives."""
    anchor, whole = bench.anchor(bench.authorities[AUTH]), bench.crl()
    statuses = [CrlRevocationCheck([flipped(whole, at, bit)]).check(7, anchor, now=NOW) for at in range(len(whole))]
    assert [at for at, answer in enumerate(statuses) if answer.status is not None] == []


def flipped(raw: bytes, at: int, bit: int) -> bytes:
    return raw[:at] + bytes((raw[at] ^ bit,)) + raw[at + 1 :]
