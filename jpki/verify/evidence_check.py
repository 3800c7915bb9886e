"""Reading an evidence record again: unchanged, its data as hashed, and the same verdict from them at its moment."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Final

from jpki.algorithms import KEY_ALGORITHMS, KeyAlgorithm
from jpki.kinds import CaKind
from jpki.profiles import Hierarchy
from jpki.verify.archive import EvidenceArchive
from jpki.verify.catalogue import CATALOGUE, Step
from jpki.verify.errors import TrustAnchorError
from jpki.verify.evidence import NOBODY, OTHERS, recorded_finding
from jpki.verify.evidence_form import EvidenceFormError, Fields, opened, seal_holds
from jpki.verify.findings import Finding, finding
from jpki.verify.ocsp import OcspLimits, check_ocsp_response
from jpki.verify.policy import DOCUMENT_SIGNATURE, LOG_IN, Policy
from jpki.verify.preference import Preference
from jpki.verify.procedure import Verdict, verify
from jpki.verify.revocation import CrlRevocationCheck, RevocationAnswer
from jpki.verify.schemes import SIGNATURE_SCHEMES, MessageDigest
from jpki.verify.trust import TrustAnchor, TrustStore

_PURPOSES: Final = {purpose.label: purpose for purpose in (LOG_IN, DOCUMENT_SIGNATURE)}
_ALGORITHMS: Final = {algorithm.name: algorithm for algorithm in KEY_ALGORITHMS}
_SCHEMES: Final = {scheme.name: scheme for scheme in SIGNATURE_SCHEMES}
_KINDS: Final = {kind.value: kind for kind in CaKind}
_DATA: Final = {"crl": "CRL", "ocsp": "OCSP response"}
_ANY: Final = frozenset(_DATA)
# Who was asked → the data of which kinds, and whether of all of them, have to call a certificate good.
_NEEDED: Final[dict[str | None, tuple[frozenset[str], bool]]] = {
    Preference.CRL_ONLY.value: (frozenset({"crl"}), True),
    Preference.OCSP_ONLY.value: (frozenset({"ocsp"}), True),
    Preference.OCSP_THEN_CRL.value: (_ANY, False),
    Preference.CRL_THEN_OCSP.value: (_ANY, False),
    Preference.BOTH.value: (_ANY, True),
    OTHERS: (_ANY, False),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reverification:
    """``ok`` when the record holds: that says nothing about the verdict, which may be a refusal that holds."""

    findings: tuple[Finding, ...]
    verdict: Verdict | None = None
    verified_at: datetime | None = None

    @property
    def ok(self) -> bool:
        """True when the record is what was written then, and its data give its verdict."""
        return self.verdict is not None and not any(each.is_error for each in self.findings)

    @property
    def codes(self) -> tuple[str, ...]:
        """The codes of all findings about the record."""
        return tuple(each.code for each in self.findings)


class _BrokenError(Exception):
    """A finding that ends the reading."""

    def __init__(self, broken: Finding) -> None:
        super().__init__(broken.code)
        self.finding = broken


@dataclass(slots=True)
class _Reader:
    archive: EvidenceArchive | None
    findings: list[Finding] = field(default_factory=list)

    def data(self, fields: Fields, what: str) -> bytes:
        """The bytes that an object of the record has, or names by their hash."""
        digest = fields.digest("sha256")
        content = fields.data("der")
        if content is None and self.archive is not None:
            content = self.archive.fetch(digest)
        if content is None:
            raise _BrokenError(finding("jpki.evidence.data-missing", what=what, sha256=digest.hex()))
        if sha256(content).digest() != digest:
            raise _BrokenError(finding("jpki.evidence.data-changed", what=what, sha256=digest.hex()))
        return content


def reverify(
    raw: bytes,
    *,
    trust: TrustStore | None = None,
    archive: EvidenceArchive | None = None,
    key: bytes | None = None,
) -> Reverification:
    """Check seal, hashes and roots, then verify again at the recorded moment. Whatever was written, it is a finding."""
    reader = _Reader(archive)
    try:
        return _reverify(opened(raw), reader, trust=trust, key=key)
    except EvidenceFormError as error:
        return Reverification(findings=(*reader.findings, finding("jpki.evidence.unreadable", why=str(error))))
    except _BrokenError as broken:
        return Reverification(findings=(*reader.findings, broken.finding))


def _reverify(
    record: dict[str, Any], reader: _Reader, *, trust: TrustStore | None, key: bytes | None
) -> Reverification:
    holds = seal_holds(record, key)
    if holds is False:
        raise _BrokenError(finding("jpki.evidence.seal-invalid"))
    if holds is None:
        reader.findings.append(finding("jpki.evidence.seal-not-checked"))
    fields = Fields(record)
    at = fields.moment("verified_at")
    recorded = fields.object("verdict")
    asked = fields.object("policy").optional("revocation")
    replay = _Replay(reader, fields.objects("revocation"), recorded, asked)
    verdict = verify(
        certificate=reader.data(fields.object("certificate"), "certificate"),
        signature=fields.object("signature").data("value") or b"",
        message=_digest(fields.object("signature")),
        trust=_anchors(fields.objects("anchors"), reader, trust),
        policy=_policy(fields.object("policy"), replay),
        now=at,
    )
    reader.findings.extend(_compared(recorded, verdict))
    if replay.carried:
        codes = ", ".join(each.code for each in replay.carried)
        reader.findings.append(finding("jpki.evidence.not-reproducible", codes=codes))
    return Reverification(findings=tuple(reader.findings), verdict=verdict, verified_at=at)


def _digest(signature: Fields) -> MessageDigest:
    digest, message = signature.data("digest"), signature.data("message")
    algorithm = _named(_ALGORITHMS, signature.text("digest_of"))
    if digest is None or (message is not None and algorithm.digest(message) != digest):
        raise _BrokenError(finding("jpki.evidence.data-changed", what="message", sha256=(digest or b"").hex()))
    return MessageDigest(digest)


def _named(table: dict[str, Any], name: str) -> Any:
    if name not in table:
        raise EvidenceFormError(f"{name!r} is not known here")
    return table[name]


def _policy(fields: Fields, replay: _Replay) -> Policy:
    purpose = fields.optional("purpose")
    return Policy(
        purpose=None if purpose is None else _named(_PURPOSES, purpose),
        revocation=None if fields.optional("revocation") is None else replay,
        algorithms=tuple(_named(_ALGORITHMS, str(name)) for name in fields.of("algorithms", list)),
        schemes=tuple(_named(_SCHEMES, str(name)) for name in fields.of("schemes", list)),
    )


def _anchors(listed: list[Fields], reader: _Reader, trust: TrustStore | None) -> TrustStore:
    anchors = [_anchor(each, reader) for each in listed]
    if trust is None and anchors:
        reader.findings.append(finding("jpki.evidence.anchor-not-compared"))
    for anchor in anchors if trust is not None else ():
        known = trust.find(anchor.key_id) if trust else None
        if known is None or not _is_of(anchor, known):
            raise _BrokenError(finding("jpki.evidence.anchor-unknown", sha256=anchor.key_id.hex()))
    return TrustStore(anchors)


def _is_of(anchor: TrustAnchor, known: TrustAnchor) -> bool:
    """The same root in the same hierarchy, and no policy accepted for it that is not accepted today."""
    said, trusted = anchor.hierarchy, known.hierarchy
    return (
        known.certificate == anchor.certificate
        and said.label == trusted.label
        and set(said.policies(anchor.kind)) <= set(trusted.policies(known.kind))
    )


def _anchor(fields: Fields, reader: _Reader) -> TrustAnchor:
    said = fields.object("hierarchy")
    algorithm: KeyAlgorithm = _named(_ALGORITHMS, said.text("algorithm"))
    hierarchy = Hierarchy(
        label=said.text("label"),
        organization=said.text("organization"),
        sign_policy=said.text("sign_policy"),
        auth_policy=said.text("auth_policy"),
        cps_uri="",  # what an issuer writes; no step reads it
        auth_ocsp_uri="",
        algorithm=algorithm,
        phone_policies=tuple(
            (kind, policy)
            for kind in CaKind
            if (name := f"phone_{kind.value}_policies") in said
            for policy in said.text(name).split()
        ),
    )
    try:
        return TrustAnchor.load(_named(_KINDS, fields.text("kind")), hierarchy, reader.data(fields, "root"))
    except TrustAnchorError as error:
        raise EvidenceFormError(str(error)) from error


class _Replay:
    """Asks the recorded lists and responses again.

    What no data can show again, such as a responder's silence, is carried over from the record. It never lets a
    certificate pass: unless nobody was to be asked, data of the kinds that were have to call it good.
    """

    def __init__(self, reader: _Reader, materials: list[Fields], recorded: Fields, asked: str | None) -> None:
        if asked not in (*_NEEDED, NOBODY, None):
            raise EvidenceFormError(f"{asked!r} is no way to ask about revocation that is known here")
        self._asked = asked
        self._materials = [_material(each, reader) for each in materials]
        found = [_finding(each) for each in recorded.objects("findings")]
        self._recorded = [each for each in found if each.step is Step.REVOCATION]
        self.carried: tuple[Finding, ...] = ()

    def check(
        self, serial: int, issuer: TrustAnchor, *, now: datetime, distribution_points: Collection[bytes] = ()
    ) -> RevocationAnswer:
        """The findings in their recorded order where they are the recorded ones."""
        answers = [
            _ask(*material, serial=serial, issuer=issuer, now=now, distribution_points=distribution_points)
            for material in self._materials
        ]
        shown = [each for answer in answers for each in answer.findings]
        if self._asked == NOBODY:
            shown.append(finding("jpki.revocation.not-checked"))
        self.carried = tuple(each for each in self._recorded if each not in shown)
        ordered = [*self._recorded, *(each for each in shown if each not in self._recorded)]
        if not any(each.is_error for each in ordered) and not self._is_shown(answers):
            ordered.append(finding("jpki.revocation.no-crl"))
        status = next((answer.status for answer in answers if answer.status is not None), None)
        return RevocationAnswer(tuple(ordered), status)

    def _is_shown(self, answers: list[RevocationAnswer]) -> bool:
        """Whether all that was to be asked is among the data, and gave an answer."""
        if self._asked == NOBODY:
            return True
        needed, all_of_them = _NEEDED[self._asked]
        answered = {kind for (kind, *_), answer in zip(self._materials, answers, strict=True) if answer.status}
        return needed <= answered if all_of_them else bool(needed & answered)


def _material(fields: Fields, reader: _Reader) -> tuple[str, bytes, bytes | None, Fields]:
    kind = fields.text("kind")
    content = reader.data(fields, _named(_DATA, kind))
    return kind, content, fields.data("nonce"), fields.object("freshness")


def _ask(
    kind: str, content: bytes, nonce: bytes | None, freshness: Fields, *, serial: int, issuer: TrustAnchor, **how: Any
) -> RevocationAnswer:
    skew, max_age = freshness.seconds("clock_skew_s") or timedelta(0), freshness.seconds("max_age_s")
    if kind == "crl":
        overdue = freshness.seconds("overdue_s") or timedelta(0)
        check = CrlRevocationCheck([content], clock_skew=skew, max_age=max_age, overdue=overdue)
        return check.check(serial, issuer, **how)
    limits = OcspLimits(clock_skew=skew, max_age=max_age or timedelta(0))
    return check_ocsp_response(content, serial=serial, issuer=issuer, nonce=nonce, now=how["now"], limits=limits)


def _finding(fields: Fields) -> Finding:
    code, detail = fields.text("code"), fields.of("detail", dict)
    if code not in CATALOGUE or not all(type(value) in (str, int) for value in detail.values()):
        raise EvidenceFormError(f"{code!r} is no finding that is known here")
    try:
        return finding(code, **detail)
    except (KeyError, TypeError) as error:
        raise EvidenceFormError(f"{code!r} lacks a detail") from error


def _compared(recorded: Fields, verdict: Verdict) -> Iterator[Finding]:
    said = [_finding(each) for each in recorded.objects("findings")]
    same = (
        [recorded_finding(each) for each in said] == [recorded_finding(each) for each in verdict.findings]
        and recorded.of("ok", bool) is verdict.ok
        and recorded.optional("scheme") == (verdict.scheme.name if verdict.scheme else None)
    )
    if not same:
        yield finding(
            "jpki.evidence.verdict-differs",
            recorded=_told(ok=recorded.of("ok", bool), codes=[each.code for each in said]),
            found=_told(ok=verdict.ok, codes=list(verdict.codes)),
        )


def _told(*, ok: bool, codes: list[str]) -> str:
    return " ".join(["accepted" if ok else "refused", *codes])
