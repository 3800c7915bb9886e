"""Publications made from an open register: every list is signed when it is first asked for, and kept for the next."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Final

from jpki.ca.authority import Authority
from jpki.ca.crl import CRL_LIFETIME, build_crl, crl_number_at
from jpki.kinds import CaKind
from jpki.names import Name, crl_distribution_point
from jpki.registry.interfaces import Register
from jpki.registry.records import CrlPoint
from jpki.repository.sources import PublishedAuthority, PublishedCrl

DEFAULT_BYTES_KEPT: Final = 256 * 1024 * 1024
"""Of lists; a list of a million entries has 37 MB. The one asked for last is kept, whatever its size."""


class RegisterPublications:
    """``jpki.repository.sources.Publications`` over a register and its CAs, for as many threads as the register is.

    The list at a moment is made of what the register knows of that moment: the same bytes, whenever it is asked for,
    unless something was entered afterwards that happened before.
    """

    def __init__(
        self,
        register: Register,
        authorities: Callable[[], Iterable[Authority]],
        *,
        label_of: Callable[[Authority], str],
        bytes_kept: int = DEFAULT_BYTES_KEPT,
    ) -> None:
        self._register = register
        self._authorities = authorities
        self._label_of = label_of
        self._bytes_kept = bytes_kept
        self._lists: OrderedDict[tuple[object, ...], PublishedCrl] = OrderedDict()
        self._lock = threading.Lock()

    def authorities(self, *, at: datetime) -> Sequence[PublishedAuthority]:
        """Those that have begun, also the ones that have ended: their last lists judge old signatures."""
        begun = [authority for authority in self._authorities() if authority.not_before <= at]
        order = list(CaKind)
        begun.sort(key=lambda authority: (order.index(authority.kind), -authority.not_before.timestamp()))
        return [self._published(authority) for authority in begun]

    def distribution_points(self, authority: PublishedAuthority, *, at: datetime) -> Sequence[Name]:  # noqa: ARG002 - a point stays
        """Of every municipality that a certificate of this generation names."""
        return [
            self._name(authority, point) for point in self._register.points(authority.kind, key_id=authority.key_id)
        ]

    def crl(
        self, authority: PublishedAuthority, distribution_point: Name | None, *, issued_at: datetime
    ) -> PublishedCrl | None:
        """The list, from what is kept or signed now; None when the CA did not live then."""
        if not authority.not_before <= issued_at <= authority.not_after:
            return None
        point = None if distribution_point is None else self._point(authority, distribution_point)
        if distribution_point is not None and point is None:
            return None
        key = (authority.key_id, point, issued_at, self._register.changes)
        with self._lock:
            kept = self._lists.get(key)
            if kept is None:
                kept = self._lists[key] = self._sign(authority, distribution_point, point, issued_at)
                self._forget()
            self._lists.move_to_end(key)
            return kept

    def _forget(self) -> None:
        size = sum(len(kept.der) for kept in self._lists.values())
        while size > self._bytes_kept and len(self._lists) > 1:
            size -= len(self._lists.popitem(last=False)[1].der)

    def _sign(
        self, authority: PublishedAuthority, name: Name | None, point: CrlPoint | None, issued_at: datetime
    ) -> PublishedCrl:
        issuer = next(each for each in self._authorities() if each.key_id == authority.key_id)
        until = issued_at + CRL_LIFETIME
        entries = self._register.crl_entries(authority.kind, at=issued_at, key_id=authority.key_id, point=point)
        der = build_crl(
            issuer,
            entries=entries,
            number=crl_number_at(issued_at),
            this_update=issued_at,
            next_update=until,
            distribution_point=name,
        )
        return PublishedCrl(der=der, this_update=issued_at, next_update=until)

    def _point(self, authority: PublishedAuthority, name: Name) -> CrlPoint | None:
        points = self._register.points(authority.kind, key_id=authority.key_id)
        return next((point for point in points if self._name(authority, point) == name), None)

    @staticmethod
    def _name(authority: PublishedAuthority, point: CrlPoint) -> Name:
        organization = authority.name.rdns[1][1]  # the CA's own: C, O, OU, OU
        return crl_distribution_point(
            organization, authority.kind, prefecture=point.prefecture, municipality=point.municipality
        )

    def _published(self, authority: Authority) -> PublishedAuthority:
        return PublishedAuthority(
            label=self._label_of(authority),
            kind=authority.kind,
            name=authority.name,
            key_id=authority.key_id,
            certificate_der=authority.certificate_der,
            not_before=authority.not_before,
            not_after=authority.not_after,
        )
