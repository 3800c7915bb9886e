"""The full CRLs of a lab's CAs, published at once: the lab's own relying party need not wait for the night."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from jpki.ca.authority import Authority
from jpki.ca.crl import CRL_LIFETIME, CRL_PERIOD, CrlEntry, build_crl, crl_number_at
from jpki.registry.interfaces import Register
from jpki.verify.crl_index import CrlIndex, CrlUnreadableError
from mynalab.lab.authorities import authority_of
from mynalab.lab.files import taking_turns
from mynalab.lab.founding import finish
from mynalab.lab.freshness import Freshness
from mynalab.lab.generations import LabCa, publishing_cas
from mynalab.lab.lab import Lab
from mynalab.lab.published import publish_crl
from mynalab.lab.register import open_register

_AT_LAST: Final = datetime(9999, 1, 1, tzinfo=UTC)


def publish_crls(lab: Lab, *, now: datetime, register: Register | None = None) -> list[Path]:
    """Publish the CRL of each CA that lives, as it is at ``now``, once all are signed; return the paths.

    ``register`` is the lab's, where the caller has it open already.
    """
    if register is None:
        with open_register(lab) as opened:
            return publish_crls(lab, now=now, register=opened)
    finish(lab, register)
    # Every CA is loaded before the register gives out a number: a lab with a broken one is left as it is.
    authorities = [(ca, authority_of(lab, ca)) for ca in publishing_cas(lab, now)]
    # In turns from number to file: the slower of two would put its list, the older one, in the place of the newer.
    with taking_turns(lab.paths.public):
        signed = {lab.paths.crl(ca.label): _sign_crl(authority, ca, register, now) for ca, authority in authorities}
        for path, crl in signed.items():
            publish_crl(path, crl)
    return list(signed)


def publish_due_crls(lab: Lab, *, now: datetime) -> None:
    """Publish the CRLs unless today's are there: what the CAs' daily job does.

    Lists that a revocation has not reached, because the process died in between, count as not there.
    """
    cas = publishing_cas(lab, now)
    freshness = Freshness(lab, [lab.paths.crl(ca.label) for ca in cas])
    if freshness.holds(now):
        return
    with open_register(lab) as register:
        if not all(_is_current(lab.paths.crl(ca.label), list(_entries(ca, register, now)), now) for ca in cas):
            publish_crls(lab, now=now, register=register)
            return
        span = _span(lab, cas, register)
    if span is not None:
        freshness.note(begin=span[0], end=span[1])


def _span(lab: Lab, cas: Sequence[LabCa], register: Register) -> tuple[datetime, datetime] | None:
    """For which moments the lists are current; None where the register knows what is yet to come."""
    moments = []
    for ca in cas:
        published = _published(lab.paths.crl(ca.label))
        if published is None or not _says_the_same(ca, register, published.frame.this_update):
            return None
        moments.append(published.frame.this_update)
    return (max(moments), min(moments) + CRL_PERIOD) if moments else None


def _says_the_same(ca: LabCa, register: Register, since: datetime) -> bool:
    """No entry of this CA is dated later than its list."""
    return list(_entries(ca, register, since)) == list(_entries(ca, register, _AT_LAST))


def _is_current(path: Path, revoked: Sequence[CrlEntry], now: datetime) -> bool:
    published = _published(path)
    if published is None or not published.frame.this_update <= now < published.frame.this_update + CRL_PERIOD:
        return False
    return len(published) == len(revoked) and all(_is_listed(entry, published) for entry in revoked)


def _is_listed(entry: CrlEntry, published: CrlIndex) -> bool:
    listed = published.entry(entry.serial)
    return listed is not None and listed.reason is entry.reason


def _published(path: Path) -> CrlIndex | None:
    try:
        return CrlIndex(path.read_bytes())
    except (OSError, CrlUnreadableError):
        return None  # a list that is missing or damaged is simply published again


def _entries(ca: LabCa, register: Register, now: datetime) -> Iterator[CrlEntry]:
    return register.crl_entries(ca.kind, at=now, key_id=ca.key_id)


def _sign_crl(authority: Authority, ca: LabCa, register: Register, now: datetime) -> bytes:
    # RFC 5280 clause 5.2.3: the register sees to it that no two lists share a number and that it never falls.
    number = register.next_crl_number(ca.kind, ca.key_id, at_least=crl_number_at(now))
    return build_crl(
        authority,
        entries=_entries(ca, register, now),
        number=number,
        this_update=now,
        next_update=now + CRL_LIFETIME,
    )
