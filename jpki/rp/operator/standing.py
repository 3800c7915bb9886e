"""How a certificate stands: good, held, revoked, expired, or nobody can say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from jpki.kinds import CaKind
from jpki.reasons import RevocationReason
from jpki.rp.operator.desk import TenantDesk
from jpki.rp.operator.evidence import binding_of
from jpki.rp.operator.records import CheckMethod, KeptCertificate, Medium
from jpki.rp.operator.vocabulary import Refusal, refusal
from jpki.rp.records import State
from jpki.verify.crl_frame import RevokedEntry
from jpki.verify.findings import Finding
from jpki.verify.procedure import SubjectBinding


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """``source_at`` is when the list or response says that it was so; None where there was none."""

    certificate_id: str | None
    kind: CaKind
    state: State
    method: CheckMethod
    at: datetime
    not_after: datetime
    reason: int | None = None
    since: datetime | None = None
    source_at: datetime | None = None
    medium: Medium | None = None
    findings: tuple[Finding, ...] = ()
    """Why it is unknown."""


def standing_of(desk: TenantDesk, certificate: KeptCertificate, method: CheckMethod | None, now: datetime) -> Standing:
    """Ask again."""
    binding, points = binding_of(desk, certificate)
    return ask(
        desk,
        binding,
        certificate.kind,
        points=points,
        not_after=certificate.not_after,
        method=method,
        now=now,
        certificate_id=certificate.id,
        medium=certificate.medium,
    )


def standings_by_id(
    desk: TenantDesk, ids: Sequence[str], method: CheckMethod | None, now: datetime
) -> list[Standing | Refusal]:
    """Many at once, in their order."""
    with desk.store.reading() as unit:
        found = [unit.kept_certificate(one) for one in ids]
    return [
        refusal("operator.certificate.unknown") if one is None else standing_of(desk, one, method, now) for one in found
    ]


def ask(
    desk: TenantDesk,
    binding: SubjectBinding,
    kind: CaKind,
    *,
    not_after: datetime,
    method: CheckMethod | None,
    now: datetime,
    certificate_id: str | None = None,
    medium: Medium | None = None,
    points: frozenset[bytes] = frozenset(),
) -> Standing:
    """Of a certificate that was verified once. What is listed stays listed after its end, and an end needs no list."""
    asked = method or desk.operator.default_method
    anchor = desk.operator.trust.find(binding.issuer_key_id)
    check = desk.operator.revocation[asked].check
    answer = None if anchor is None else check(binding.serial, anchor, now=now, distribution_points=points)
    entry = answer.status.entry if answer and answer.status else None
    flaws = tuple(one for one in answer.findings if one.is_error) if answer and entry is None else ()
    is_known = answer is not None and answer.status is not None and not flaws
    state = _state(entry, is_known=is_known, has_ended=now > not_after)
    return Standing(
        certificate_id=certificate_id,
        kind=kind,
        state=state,
        method=asked,
        at=now,
        not_after=not_after,
        reason=entry.reason_code if entry else None,
        since=entry.revoked_at if entry else None,
        source_at=answer.status.this_update if answer and answer.status else None,
        medium=medium,
        findings=flaws if state is State.UNKNOWN else (),
    )


def _state(entry: RevokedEntry | None, *, is_known: bool, has_ended: bool) -> State:
    if entry is not None:
        return State.HELD if entry.reason_code == RevocationReason.CERTIFICATE_HOLD else State.REVOKED
    if has_ended:
        return State.EXPIRED
    return State.GOOD if is_known else State.UNKNOWN
