"""The generations of one CA: one name, different keys, three of them alive at a time.

A new root begins about every four years (2015-10, 2019-09, 2023-07), each lives for ten, and the old ones stay until
their end: they sign no new certificates, but their revocation lists (six CA certificates of JPKI). Serial numbers go
on counting across generations. An issuer is found by its key identifier, never by its name.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from jpki.ca.authority import Authority
from jpki.errors import IssueError
from jpki.kinds import CaKind
from jpki.validity import JST, PRESENT_TERMS, Terms, anniversary, end_of_day


class Generations:
    """All generations of one CA, the oldest first. Never changed: a rollover makes another one with ``and_then``."""

    def __init__(self, kind: CaKind, authorities: Iterable[Authority]) -> None:
        self.kind = kind
        self._authorities = tuple(sorted(authorities, key=lambda authority: authority.not_before))
        self._by_key = {authority.key_id: authority for authority in self._authorities}
        if any(authority.kind is not kind for authority in self._authorities):
            raise IssueError("the two CAs of JPKI must never be mixed")
        if len(self._by_key) != len(self._authorities):
            raise IssueError("two generations have the same key", hint="each generation has its own key")

    def __iter__(self) -> Iterator[Authority]:
        return iter(self._authorities)

    def __len__(self) -> int:
        return len(self._authorities)

    def issuing(self, now: datetime) -> Authority:
        """The newest that has begun: the only one that issues certificates."""
        begun = [authority for authority in self._authorities if authority.not_before <= now]
        if not begun:
            raise IssueError(f"no generation of the {self.kind.value} CA has begun by {now:%Y-%m-%dT%H:%M:%SZ}")
        return begun[-1]

    def publishing(self, now: datetime) -> tuple[Authority, ...]:
        """Those that sign a revocation list now: all that have begun and not ended."""
        return tuple(each for each in self._authorities if each.not_before <= now <= each.not_after)

    def with_key(self, key_id: bytes) -> Authority:
        """The generation that an authorityKeyIdentifier names."""
        try:
            return self._by_key[key_id]
        except KeyError:
            raise IssueError(f"no generation of the {self.kind.value} CA has the key {key_id.hex()}") from None

    def and_then(self, authority: Authority) -> Generations:
        """These, and a newer one."""
        return Generations(self.kind, (*self._authorities, authority))


def rollover_due(not_after: datetime, terms: Terms = PRESENT_TERMS) -> datetime:
    """From when on a CA that ends at ``not_after`` needs a successor: certificates could outlive it.

    A renewed certificate may live for almost six years, and the CA for ten: hence the rhythm of four years.
    """
    return end_of_day(anniversary(not_after.astimezone(JST).date(), -terms.birthdays_when_renewed))
