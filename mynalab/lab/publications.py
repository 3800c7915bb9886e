"""What the lab's CAs have published by a moment, as the real ones do: a list a day, at a set hour, made when asked.

Apart from that the lab publishes lists at once (``mynalab.lab.publish``) for its own relying party.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence
from datetime import datetime
from typing import Final, TypeAlias

from jpki.ca.authority import Authority
from jpki.ca.crl import CRL_LIFETIME, build_crl, crl_number_at
from jpki.names import Name, crl_distribution_point
from jpki.registry.interfaces import Register
from jpki.registry.records import CrlPoint
from jpki.repository.sources import PublishedAuthority, PublishedCrl
from mynalab.lab.authorities import authority_of, hierarchy
from mynalab.lab.generations import LabCa, ca_with_key, standing_cas
from mynalab.lab.lab import Lab

_KEPT: Final = 256
_Key: TypeAlias = tuple[bytes, Name | None, datetime, int]


class LabPublications:
    """See ``jpki.repository.sources.Publications``. Serves many threads."""

    def __init__(self, lab: Lab, register: Register) -> None:
        self._lab = lab
        self._register = register
        self._guard = threading.Lock()
        self._authorities: dict[bytes, Authority] = {}
        self._lists: OrderedDict[_Key, PublishedCrl] = OrderedDict()

    def authorities(self, *, at: datetime) -> Sequence[PublishedAuthority]:
        """Every generation that had begun, the youngest of each CA first."""
        return [_published(self._lab, ca) for ca in standing_cas(self._lab) if ca.not_before <= at]

    def distribution_points(self, authority: PublishedAuthority, *, at: datetime) -> Sequence[Name]:  # noqa: ARG002
        """Those that certificates of this generation name."""
        return list(self._points(authority))

    def crl(
        self, authority: PublishedAuthority, distribution_point: Name | None, *, issued_at: datetime
    ) -> PublishedCrl | None:
        """The list of that moment; None while the CA did not live, and for a point that no certificate names."""
        if not authority.not_before <= issued_at <= authority.not_after:
            return None
        point = None
        if distribution_point is not None:
            point = self._points(authority).get(distribution_point)
            if point is None:
                return None
        key = (authority.key_id, distribution_point, issued_at, self._register.changes)
        with self._guard:
            if key in self._lists:
                self._lists.move_to_end(key)
                return self._lists[key]
        made = self._build(authority, distribution_point, point, issued_at)
        with self._guard:
            self._lists[key] = made
            while len(self._lists) > _KEPT:
                self._lists.popitem(last=False)
        return made

    def _build(
        self, published: PublishedAuthority, name: Name | None, point: CrlPoint | None, issued_at: datetime
    ) -> PublishedCrl:
        next_update = issued_at + CRL_LIFETIME
        der = build_crl(
            self._authority(published.key_id),
            entries=self._register.crl_entries(published.kind, at=issued_at, key_id=published.key_id, point=point),
            number=crl_number_at(issued_at),
            this_update=issued_at,
            next_update=next_update,
            distribution_point=name,
        )
        return PublishedCrl(der=der, this_update=issued_at, next_update=next_update)

    def _points(self, authority: PublishedAuthority) -> dict[Name, CrlPoint]:
        ca = ca_with_key(standing_cas(self._lab), authority.key_id)
        organization = hierarchy(self._lab.settings, ca.algorithm).organization
        return {
            crl_distribution_point(
                organization, ca.kind, prefecture=point.prefecture, municipality=point.municipality
            ): point
            for point in self._register.points(ca.kind, key_id=ca.key_id)
        }

    def _authority(self, key_id: bytes) -> Authority:
        if key_id not in self._authorities:
            self._authorities[key_id] = authority_of(self._lab, ca_with_key(standing_cas(self._lab), key_id))
        return self._authorities[key_id]


def _published(lab: Lab, ca: LabCa) -> PublishedAuthority:
    return PublishedAuthority(
        label=ca.label,
        kind=ca.kind,
        name=hierarchy(lab.settings, ca.algorithm).ca_name(ca.kind),
        key_id=ca.key_id,
        certificate_der=ca.certificate_der,
        not_before=ca.not_before,
        not_after=ca.not_after,
    )
