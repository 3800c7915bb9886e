"""From what the register tells of a person or a certificate to a ``Timeline``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from jpki.kinds import CaKind
from jpki.ocsp.status import OCSP_PERIOD, data_moment
from jpki.reasons import RevocationReason
from jpki.registry.records import CertificateChange, CertificateChanged, CertificateRecord, TimelineEntry
from jpki.repository.schedule import DEFAULT_HOUR_JST, crl_moment, next_crl_moment
from mynalab.timeline.model import Condition, Happening, Lane, Span, Timeline
from mynalab.timeline.telling import told

_SECOND: Final = timedelta(seconds=1)
# What a certificate becomes, in truth, for OCSP, and on a list.
_BECOMES: Final = {
    CertificateChange.HELD: (Condition.HELD, Condition.HELD, Condition.HELD),
    CertificateChange.RELEASED: (Condition.VALID, Condition.GOOD, Condition.UNLISTED),
    CertificateChange.REVOKED: (Condition.REVOKED, Condition.REVOKED, Condition.REVOKED),
}


@dataclass(frozen=True, slots=True)
class _Step:
    """From ``at`` on."""

    at: datetime
    condition: Condition
    reason: RevocationReason | None = None


def ocsp_visible(at: datetime) -> datetime:
    """From when on OCSP tells what happened at ``at``: its data is renewed every quarter of an hour."""
    moment = data_moment(at)
    return moment if moment == at else moment + OCSP_PERIOD


def crl_visible(at: datetime, *, hour_jst: int = DEFAULT_HOUR_JST) -> datetime:
    """From when on the list tells it: the next one that is issued."""
    return at if crl_moment(at, hour_jst=hour_jst) == at else next_crl_moment(at, hour_jst=hour_jst)


def build_timeline(
    entries: Sequence[TimelineEntry], *, subject: str, now: datetime, crl_hour_jst: int = DEFAULT_HOUR_JST
) -> Timeline:
    """The timeline of these entries as far as ``now`` knows them. ``subject`` is whose it is, for the title."""
    known = [entry for entry in entries if entry.at <= now]
    certificates = [entry for entry in known if isinstance(entry, CertificateRecord)]
    begin = min((entry.at for entry in known), default=now)
    end = max([now, *(certificate.not_after + _SECOND for certificate in certificates)])
    lanes = (
        _lane(
            certificate,
            [each for each in known if isinstance(each, CertificateChanged) and each.id == certificate.id],
            now=now,
            end=end,
            hour=crl_hour_jst,
        )
        for certificate in certificates
    )
    return Timeline(
        subject=subject,
        begin=begin,
        end=end,
        now=now,
        lanes=tuple(sorted(lanes, key=_order)),
        happenings=tuple(_happenings(known, crl_hour_jst)),
    )


def _order(lane: Lane) -> tuple[datetime, int, int]:
    return lane.truth[0].begin, list(CaKind).index(lane.id.kind), lane.id.serial


def _lane(
    certificate: CertificateRecord,
    changes: Sequence[CertificateChanged],
    *,
    now: datetime,
    end: datetime,
    hour: int,
) -> Lane:
    issued, ended = certificate.at, certificate.not_after + _SECOND
    first = [_Step(issued, Condition.PENDING)] if issued < certificate.not_before else []
    truth = [*first, _Step(max(issued, certificate.not_before), Condition.VALID)]
    ocsp = [_Step(issued, Condition.UNKNOWN), _Step(ocsp_visible(issued), Condition.GOOD)]
    crl = [_Step(issued, Condition.UNLISTED)]
    for change in changes:
        true, said, listed = _BECOMES[change.change]
        truth.append(_Step(change.at, true, change.reason))
        ocsp.append(_Step(ocsp_visible(change.at), said, change.reason))
        crl.append(_Step(crl_visible(change.at, hour_jst=hour), listed, change.reason))
    if all(step.condition is not Condition.REVOKED for step in truth):
        truth.append(_Step(ended, Condition.EXPIRED))
    return Lane(
        id=certificate.id,
        card=certificate.card,
        medium=certificate.medium,
        not_before=certificate.not_before,
        not_after=certificate.not_after,
        truth=tuple(_spans(truth, end, now)),
        ocsp=tuple(_spans(ocsp, now, now)),
        crl=tuple(_spans(crl, now, now)),
    )


def _spans(steps: Iterable[_Step], end: datetime, now: datetime) -> Iterator[Span]:
    """Each step until the next one; of several at one moment the last counts."""
    ordered = sorted(steps, key=lambda step: step.at)
    for number, step in enumerate(ordered):
        until = min(ordered[number + 1].at if number + 1 < len(ordered) else end, end)
        if step.at < until or step.at == end == now:
            yield Span(begin=step.at, end=until, condition=step.condition, reason=step.reason)


def _happenings(entries: Iterable[TimelineEntry], hour: int) -> Iterator[Happening]:
    for entry in entries:
        happening = told(entry)
        if happening is None:
            continue
        if isinstance(entry, CertificateChanged):
            yield Happening(
                at=entry.at,
                en=happening.en,
                ja=happening.ja,
                condition=_BECOMES[entry.change][0],
                certificate=entry.id,
                ocsp_at=ocsp_visible(entry.at),
                crl_at=crl_visible(entry.at, hour_jst=hour),
            )
        else:
            yield happening
