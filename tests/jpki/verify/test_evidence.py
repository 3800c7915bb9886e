"""Evidence records: written beside a verdict, they give it again years later, and nothing else."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from jpki.ca.authority import Authority
from jpki.ca.crl import CrlEntry
from jpki.kinds import CaKind
from jpki.reasons import RevocationReason
from jpki.revocation_index.build import build_index
from jpki.verify.archive import DirectoryArchive
from jpki.verify.catalogue_evidence import EVIDENCE_RULES
from jpki.verify.errors import OcspUnavailableError
from jpki.verify.evidence import record
from jpki.verify.evidence_check import Reverification, reverify
from jpki.verify.evidence_form import canonical, sealed
from jpki.verify.ocsp import OcspRevocationCheck
from jpki.verify.policy import DOCUMENT_SIGNATURE, LOG_IN, Policy
from jpki.verify.preference import Preference, PreferredRevocationCheck
from jpki.verify.procedure import Verdict, verify
from jpki.verify.revocation import CrlRevocationCheck, UnsafeNoRevocationCheck
from tests.jpki.ocsp.desk import Desk, make_desk
from tests.jpki.verify.conftest import NOW, PURPOSES

SIGN, AUTH = CaKind.SIGN, CaKind.AUTH
KEY = b"the lab's key for records"
NONCE = bytes(range(32))
REVOKED = CrlEntry(serial=7, revoked_at=NOW - timedelta(days=1), reason=RevocationReason.SUPERSEDED)
NOT_COMPARED = "jpki.evidence.anchor-not-compared"


@dataclass
class Office:
    """Verifies and writes the record."""

    bench: Any
    desk: Desk

    def ocsp(self, *, is_down: bool = False, with_nonce: bool = True) -> OcspRevocationCheck:
        def carry(request: bytes, *, issuer: Any, now: datetime) -> bytes:
            if is_down:
                raise OcspUnavailableError("a cut cable")
            return self.desk.responder().answer(request, at=now).der

        return OcspRevocationCheck(carry, rng=lambda count: NONCE[:count], with_nonce=with_nonce)

    def verify(self, *, kind: CaKind = AUTH, revocation: Any = None, **changes: Any) -> tuple[Verdict, dict[str, Any]]:
        arguments: dict[str, Any] = {
            "certificate": self.bench.issue(kind),
            "signature": self.bench.sign(kind),
            "message": self.bench.message,
            "trust": self.bench.trust(),
            "policy": Policy(purpose=PURPOSES[kind], revocation=revocation or CrlRevocationCheck(self.bench.crls())),
            "now": NOW + timedelta(minutes=7),
        } | changes
        return verify(**arguments), arguments

    def write(self, *, archive: Any = None, key: bytes | None = None, with_message: bool = False, **how: Any) -> bytes:
        verdict, arguments = self.verify(**how)
        return record(verdict, **arguments, archive=archive, key=key, with_message=with_message)


@pytest.fixture(scope="module")
def office(bench: Any, authorities: Mapping[CaKind, Authority], make_authority: Callable[..., Authority]) -> Office:
    return Office(bench, make_desk(authorities, make_authority))


def preferred(office: Office, preference: Preference, *, is_down: bool = False, crls: Any = None) -> Any:
    crl = CrlRevocationCheck(office.bench.crls() if crls is None else crls)
    return PreferredRevocationCheck(preference, crl=crl, ocsp=office.ocsp(is_down=is_down))


def no_check(_: Office) -> dict[str, Any]:
    with pytest.warns(UserWarning, match="revoked certificates"):
        return {"revocation": UnsafeNoRevocationCheck()}


def late(office: Office) -> dict[str, Any]:
    lists = [office.bench.crl(next_update=NOW - timedelta(hours=1))]
    return {"revocation": CrlRevocationCheck(lists, overdue=timedelta(days=1))}


# What was verified, and what reading its record again finds besides.
GIVEN: dict[str, tuple[Callable[[Office], dict[str, Any]], list[str]]] = {
    "log-in": (lambda _: {}, []),
    "document": (lambda _: {"kind": SIGN}, []),
    "by-ocsp": (lambda office: {"revocation": office.ocsp()}, []),
    "by-ocsp-without-a-nonce": (lambda office: {"revocation": office.ocsp(with_nonce=False)}, []),
    "by-both": (lambda office: {"revocation": preferred(office, Preference.BOTH)}, []),
    "sources-differ": (
        lambda office: {"revocation": preferred(office, Preference.BOTH, crls=[office.bench.crl(AUTH, REVOKED)])},
        ["jpki.evidence.not-reproducible"],
    ),
    "fell-back": (
        lambda office: {"revocation": preferred(office, Preference.OCSP_THEN_CRL, is_down=True)},
        ["jpki.evidence.not-reproducible"],
    ),
    "list-overdue": (late, []),
    "nobody-asked": (no_check, []),
    "revoked": (lambda office: {"revocation": CrlRevocationCheck([office.bench.crl(AUTH, REVOKED)])}, []),
    "no-list": (lambda _: {"revocation": CrlRevocationCheck()}, ["jpki.evidence.not-reproducible"]),
    "ocsp-down": (lambda office: {"revocation": office.ocsp(is_down=True)}, ["jpki.evidence.not-reproducible"]),
    "expired": (lambda _: {"now": NOW + timedelta(days=365 * 6)}, ["jpki.evidence.not-reproducible"]),
    "bad-signature": (lambda _: {"signature": bytes(256)}, []),
    "other-message": (lambda _: {"message": b"other"}, []),
    "no-certificate": (lambda _: {"certificate": b"none"}, []),
    "root-itself": (lambda office: {"certificate": office.bench.authorities[AUTH].certificate_der}, []),
    "wrong-ca": (lambda office: {"certificate": office.bench.issue(SIGN)}, []),
    "forged": (lambda office: {"certificate": office.bench.seal(office.bench.parts(), office.bench.keys[3])}, []),
    "empty-policy": (lambda _: {"policy": Policy()}, []),
}


@pytest.mark.parametrize("name", GIVEN)
def test_the_record_gives_the_verdict_again(office: Office, name: str) -> None:
    make, more = GIVEN[name]
    how = make(office)
    verdict, _ = office.verify(**how)
    again = reverify(office.write(**how, key=KEY), trust=office.bench.trust(), key=KEY)
    assert list(again.codes) == more
    assert again.ok
    assert again.verdict is not None
    assert (again.verdict.ok, again.verdict.codes) == (verdict.ok, verdict.codes)
    assert again.verdict.findings == verdict.findings


def test_the_recorded_root_is_believed_only_with_a_warning(office: Office) -> None:
    again = reverify(office.write())
    assert again.ok
    assert again.codes == (NOT_COMPARED,)


def test_a_record_is_canonical_and_has_a_known_shape(office: Office) -> None:
    raw = office.write()
    parsed = json.loads(raw)
    assert raw == canonical(parsed)
    assert {"format": parsed["format"], "version": parsed["version"]} == {"format": "mynalab-evidence", "version": 1}
    assert sorted(parsed) == [
        "anchors",
        "certificate",
        "format",
        "policy",
        "revocation",
        "seal",
        "signature",
        "verdict",
        "verified_at",
        "version",
    ]
    assert parsed["policy"] == {
        "algorithms": ["rsa-2048", "p-384"],
        "purpose": "log-in",
        "revocation": "crl",
        "schemes": ["rsassa-pkcs1-v1_5-sha256", "ecdsa-sha384"],
    }


def test_the_same_verification_writes_the_same_record(office: Office) -> None:
    assert office.write(key=KEY) == office.write(key=KEY)


@pytest.mark.parametrize("with_message", [False, True])
def test_the_message_is_recorded_only_when_asked_for(office: Office, with_message: bool) -> None:
    raw = office.write(with_message=with_message)
    assert (b64encode(office.bench.message) in raw) is with_message
    assert reverify(raw).ok


def test_a_record_names_nobody_outside_the_certificate(office: Office) -> None:
    parsed = json.loads(office.write(kind=SIGN))
    del parsed["certificate"]
    assert "見本" not in json.dumps(parsed, ensure_ascii=False)


def test_an_archive_keeps_data_once_for_all_records(office: Office, tmp_path: Path) -> None:
    archive = DirectoryArchive(tmp_path)
    records = [office.write(archive=archive, certificate=office.bench.issue(AUTH, serial=number)) for number in (1, 2)]
    assert len(list(tmp_path.iterdir())) == 2  # the root and the list
    assert all(reverify(raw, archive=archive).ok for raw in records)
    assert reverify(records[0]).codes[-1] == "jpki.evidence.data-missing"
    assert max(map(len, records)) < 4_000


def test_an_index_is_recorded_by_its_list(office: Office, tmp_path: Path) -> None:
    raw_list = office.bench.crl()
    index = build_index(tmp_path / "idx", [raw_list], issuer=office.bench.anchor(office.bench.authorities[AUTH]))
    raw = office.write(revocation=CrlRevocationCheck([index]))
    assert json.loads(raw)["revocation"][0]["sha256"] == sha256(raw_list).hexdigest()
    assert reverify(raw).codes == ("jpki.evidence.data-missing",)
    archive = DirectoryArchive(tmp_path)
    archive.keep(raw_list)
    assert reverify(raw, archive=archive).ok


def test_what_an_archive_gives_is_not_believed(office: Office) -> None:
    class Lying:
        def keep(self, content: bytes) -> None:
            pass

        def fetch(self, digest: bytes) -> bytes | None:
            return b"something else"

    assert reverify(office.write(archive=Lying()), archive=Lying()).codes == ("jpki.evidence.data-changed",)


# Changed by someone who makes a new seal: path of the member → its new value; what is found.
def other_certificate(office: Office, parsed: dict[str, Any]) -> None:
    der = office.bench.issue(AUTH, serial=99)
    parsed["certificate"] = {"der": b64encode(der).decode(), "sha256": sha256(der).hexdigest()}
    parsed["verdict"]["findings"] = [{"code": "jpki.validity.expired", "detail": {"not_after": "then"}}]


def turned_to_accepted(office: Office, parsed: dict[str, Any]) -> None:
    bad = json.loads(office.write(message=b"other"))
    parsed.update(bad)
    parsed["verdict"] = {"ok": True, "scheme": "rsassa-pkcs1-v1_5-sha256", "findings": []}


def revoked_turned_to_accepted(office: Office, parsed: dict[str, Any]) -> None:
    revoked = json.loads(office.write(revocation=CrlRevocationCheck([office.bench.crl(AUTH, REVOKED)])))
    parsed.update(revoked)
    parsed["verdict"] = {"ok": True, "scheme": "rsassa-pkcs1-v1_5-sha256", "findings": []}


def one_source_of_both_dropped(office: Office, parsed: dict[str, Any]) -> None:
    parsed.update(json.loads(office.write(revocation=preferred(office, Preference.BOTH))))
    parsed["revocation"] = parsed["revocation"][:1]


def warning_instead_of_a_list(_: Office, parsed: dict[str, Any]) -> None:
    detail = {"first": "OCSP", "then": "CRL", "why": "so they say"}
    parsed["revocation"] = []
    parsed["verdict"]["findings"] = [{"code": "jpki.revocation.fell-back", "detail": detail}]


def said_not_to_be_checked(_: Office, parsed: dict[str, Any]) -> None:
    parsed["revocation"] = []
    parsed["verdict"]["findings"] = [{"code": "jpki.revocation.not-checked", "detail": {}}]


def setter(*path: Any, value: Any) -> Callable[[Office, dict[str, Any]], None]:
    def change(_: Office, parsed: dict[str, Any]) -> None:
        at: Any = parsed
        for step in path[:-1]:
            at = at[step]
        at[path[-1]] = value

    return change


DIFFERS, CHANGED, UNREADABLE = "verdict-differs", "data-changed", "unreadable"
TAMPERED: dict[str, tuple[Callable[[Office, dict[str, Any]], None], str]] = {
    "other-certificate": (other_certificate, DIFFERS),
    "refusal-turned": (turned_to_accepted, DIFFERS),
    "revocation-turned": (revoked_turned_to_accepted, DIFFERS),
    "list-dropped": (setter("revocation", value=[]), DIFFERS),
    "one-of-both-dropped": (one_source_of_both_dropped, DIFFERS),
    "warning-instead-of-a-list": (warning_instead_of_a_list, DIFFERS),
    "said-not-to-be-checked": (said_not_to_be_checked, DIFFERS),
    "acceptance-turned": (setter("verdict", "ok", value=False), DIFFERS),
    "other-scheme": (setter("verdict", "scheme", value="rsassa-pss-sha256"), DIFFERS),
    "no-scheme-allowed": (setter("policy", "schemes", value=[]), DIFFERS),
    "other-purpose": (setter("policy", "purpose", value="document signature"), DIFFERS),
    "later": (setter("verified_at", value="2026-05-09T00:00:00Z"), DIFFERS),
    "earlier": (setter("verified_at", value="2026-04-09T00:00:00Z"), DIFFERS),
    "other-digest": (setter("signature", "digest", value=b64encode(bytes(32)).decode()), DIFFERS),
    "other-message": (setter("signature", "message", value=b64encode(b"other").decode()), CHANGED),
    "certificate-bytes": (setter("certificate", "der", value=b64encode(b"none").decode()), CHANGED),
    "list-bytes": (setter("revocation", 0, "der", value=b64encode(b"none").decode()), CHANGED),
    "root-bytes": (setter("anchors", 0, "der", value=b64encode(b"none").decode()), CHANGED),
    "list-not-there": (setter("revocation", 0, "der", value=None), "data-missing"),
    "other-version": (setter("version", value=2), UNREADABLE),
    "version-true": (setter("version", value=True), UNREADABLE),
    "other-format": (setter("format", value="elsewhere"), UNREADABLE),
    "no-anchors": (setter("anchors", value=None), UNREADABLE),
    "unknown-scheme": (setter("policy", "schemes", value=["none"]), UNREADABLE),
    "unknown-preference": (setter("policy", "revocation", value="whatever"), UNREADABLE),
    "unknown-finding": (setter("verdict", "findings", value=[{"code": "x", "detail": {}}]), UNREADABLE),
    "finding-without-detail": (
        setter("verdict", "findings", value=[{"code": "jpki.validity.expired", "detail": {}}]),
        UNREADABLE,
    ),
    "no-base64": (setter("signature", "value", value="%%%"), UNREADABLE),
    "no-moment": (setter("verified_at", value="yesterday"), UNREADABLE),
    "moment-without-zone": (setter("verified_at", value="2026-05-01T03:00:00"), UNREADABLE),
    "negative-age": (setter("revocation", 0, "freshness", "clock_skew_s", value=-1), UNREADABLE),
    "root-of-the-other-kind": (setter("anchors", 0, "kind", value="sign"), UNREADABLE),
    "root-of-another-hierarchy": (setter("anchors", 0, "hierarchy", "organization", value="X"), UNREADABLE),
}


def tampered(office: Office, name: str) -> tuple[bytes, bytes]:
    """The record changed, with a seal that anybody can make, and with the seal that it had."""
    raw = office.write(key=KEY)
    parsed = json.loads(raw)
    seal = parsed.pop("seal")
    TAMPERED[name][0](office, parsed)
    parsed.pop("seal", None)
    return sealed(parsed, None), canonical({**parsed, "seal": seal})


@pytest.mark.parametrize("name", TAMPERED)
def test_a_changed_record_is_found_out_even_without_a_key(office: Office, name: str) -> None:
    again = reverify(tampered(office, name)[0])
    assert not again.ok
    assert f"jpki.evidence.{TAMPERED[name][1]}" in again.codes


@pytest.mark.parametrize("name", TAMPERED)
def test_a_key_finds_every_change(office: Office, name: str) -> None:
    for raw in tampered(office, name):
        again = reverify(raw, trust=office.bench.trust(), key=KEY)
        assert not again.ok
        assert again.codes[-1] in ("jpki.evidence.seal-invalid", "jpki.evidence.unreadable")


@pytest.mark.parametrize("key", [None, b"another key"], ids=["none", "another"])
def test_the_key_of_the_seal_is_needed(office: Office, key: bytes | None) -> None:
    again = reverify(office.write(key=KEY), trust=office.bench.trust(), key=key)
    assert again.codes == (("jpki.evidence.seal-not-checked",) if key is None else ("jpki.evidence.seal-invalid",))
    assert again.ok is (key is None)


def test_a_root_that_nobody_trusts_today_ends_it(office: Office) -> None:
    later = office.bench.trust(*office.bench.next_generation.values())
    assert reverify(office.write(), trust=later).codes == ("jpki.evidence.anchor-unknown",)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"[]",
        b"null",
        b"\xff",
        b"{}",
        b'{"a":1,"a":1}',
        b"[" * 100_000,
        b'{"format":"mynalab-evidence","version":1}',
    ],
    ids=["nothing", "list", "null", "no-utf8", "empty", "twice", "deep", "no-seal"],
)
def test_what_is_no_record_is_unreadable(raw: bytes) -> None:
    assert reverify(raw).codes == ("jpki.evidence.unreadable",)


def test_another_encoding_of_a_record_is_unreadable(office: Office) -> None:
    assert reverify(office.write() + b"\n").codes == ("jpki.evidence.unreadable",)


@pytest.mark.parametrize("at", range(0, 6_000, 97))
def test_no_changed_character_holds(office: Office, at: int) -> None:
    raw = office.write(key=KEY)
    changed = raw[: at % len(raw)] + bytes([raw[at % len(raw)] ^ 1]) + raw[at % len(raw) + 1 :]
    again: Reverification = reverify(changed, key=KEY)
    assert not again.ok


@pytest.mark.parametrize("code", [rule.code for rule in EVIDENCE_RULES])
def test_every_code_has_a_case(code: str) -> None:
    here = {f"jpki.evidence.{code}" for _, code in TAMPERED.values()}
    here |= {each for _, more in GIVEN.values() for each in more}
    elsewhere = {"seal-invalid", "seal-not-checked", "anchor-unknown", "anchor-not-compared"}
    assert code in here | {f"jpki.evidence.{each}" for each in elsewhere}


def test_purposes_are_those_of_the_policy() -> None:
    assert {LOG_IN.label, DOCUMENT_SIGNATURE.label} == {"log-in", "document signature"}
