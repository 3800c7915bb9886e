"""Full certificate revocation lists, version 2 (RFC 5280 clause 5), one for each CA.

The bytes of the real CRL are not public. Choices: see ``profiles.CRL_RULES`` for its extensions, ``CRL_LIFETIME`` for
nextUpdate; entries stand in the order of their serial numbers; a revocation stays listed after the certificate has
expired, so that old signatures can be judged; a hold is listed with its reason and no instruction code.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from itertools import pairwise

from jpki import der, oids
from jpki.ca import encoding
from jpki.ca.authority import Authority
from jpki.errors import IssueError
from jpki.profiles import CRL_RULES
from jpki.reasons import RevocationReason
from jpki.validity import to_whole_seconds

# The list is renewed every day (Digital Agency, JPKI introduction for private businesses, clause 5.1.2).
CRL_PERIOD = timedelta(hours=24)
# Choice: while today's list is on its way yesterday's may be used (PocketSign's documentation of 失効確認), so a list
# outlives its successor's publication by one period.
CRL_LIFETIME = 2 * CRL_PERIOD


@dataclass(frozen=True, slots=True, kw_only=True)
class CrlEntry:
    """One revoked certificate."""

    serial: int
    revoked_at: datetime
    reason: RevocationReason


def crl_number_at(this_update: datetime) -> int:
    """A CRL number that grows with time and needs no counter: seconds since 1970 (RFC 5280 clause 5.2.3).

    It makes "the CRL of that CA at that moment" one sequence of bytes.
    """
    return int(to_whole_seconds(this_update).timestamp())


def build_crl(
    authority: Authority,
    *,
    entries: Iterable[CrlEntry],
    number: int,
    this_update: datetime,
    next_update: datetime,
) -> bytes:
    """The CRL in DER. The same arguments give the same bytes, in whichever order the entries come."""
    this_update, next_update = to_whole_seconds(this_update), to_whole_seconds(next_update)
    if next_update <= this_update:
        raise IssueError("nextUpdate is after thisUpdate")
    if not 0 <= number <= encoding.MAX_SERIAL:
        raise IssueError("a CRL number is not negative and has at most 20 octets")
    listed = sorted(entries, key=lambda entry: entry.serial)
    _check_entries(listed, this_update)
    values = {
        oids.AUTHORITY_KEY_IDENTIFIER: der.sequence(der.implicit(0, authority.key_id)),
        oids.CRL_NUMBER: der.integer(number),
    }
    tbs = der.sequence(
        der.integer(1),  # version 2
        authority.signer.algorithm.identifier,
        authority.name.encode(),
        der.time(this_update),
        der.time(next_update),
        # RFC 5280 clause 5.1.2.6: absent when nothing is revoked.
        der.sequence(*map(_encode_entry, listed)) if listed else b"",
        der.explicit(0, encoding.extensions(CRL_RULES, values)),
    )
    return encoding.sign(authority.signer, tbs)


def _check_entries(entries: list[CrlEntry], this_update: datetime) -> None:
    for entry in entries:
        encoding.check_serial(entry.serial)
        if to_whole_seconds(entry.revoked_at) > this_update:
            raise IssueError(f"serial {entry.serial} is revoked only after this CRL's thisUpdate")
    for entry, following in pairwise(entries):
        if entry.serial == following.serial:
            raise IssueError(f"serial {entry.serial} is listed twice")


def _encode_entry(entry: CrlEntry) -> bytes:
    return der.sequence(der.integer(entry.serial), _encode_time(entry.revoked_at), _entry_extensions(entry.reason))


@cache
def _entry_extensions(reason: RevocationReason) -> bytes:
    # RFC 5280 clause 5.3.1: unspecified is said by leaving the extension out.
    if reason is RevocationReason.UNSPECIFIED:
        return b""
    return der.sequence(encoding.extension(oids.CRL_REASON, der.enumerated(reason), critical=False))


def _encode_time(moment: datetime) -> bytes:
    return der.time(to_whole_seconds(moment))
