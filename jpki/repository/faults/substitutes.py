"""The repositories that answer in a fault's stead: the same addresses, with the wrong list or another responder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from jpki import der, names
from jpki.der_reader import DerReader
from jpki.der_walk import SEQUENCE
from jpki.kinds import CaKind
from jpki.names import Name
from jpki.ocsp.faults import OCSP_FAULTS, Workshop
from jpki.ocsp.responder import Answering
from jpki.repository.messages import Service
from jpki.repository.repository import Repository
from jpki.repository.schedule import DEFAULT_HOUR_JST
from jpki.repository.sources import Publications, PublishedAuthority, PublishedCrl
from jpki.signer import Signer


@dataclass(frozen=True, slots=True)
class _Wrapped:
    """Everything as it is but the lists."""

    inner: Publications

    def authorities(self, *, at: datetime) -> Sequence[PublishedAuthority]:
        return self.inner.authorities(at=at)

    def distribution_points(self, authority: PublishedAuthority, *, at: datetime) -> Sequence[Name]:
        return self.inner.distribution_points(authority, at=at)


@dataclass(frozen=True, slots=True)
class OtherCaPublications(_Wrapped):
    """At each address the list of the other CA; a municipality that has none there gets the full one."""

    def crl(
        self, authority: PublishedAuthority, distribution_point: Name | None, *, issued_at: datetime
    ) -> PublishedCrl | None:
        """The other CA's list, by the same part of its name."""
        others = [each for each in self.authorities(at=issued_at) if each.kind is not authority.kind]
        if not others or self.inner.crl(authority, distribution_point, issued_at=issued_at) is None:
            return None
        point = None if distribution_point is None else _same_point(distribution_point, others[0].kind)
        return self.inner.crl(others[0], point, issued_at=issued_at) or self.inner.crl(
            others[0], None, issued_at=issued_at
        )


@dataclass(frozen=True, slots=True)
class ForgedPublications(_Wrapped):
    """Every list signed by a key that no CA has: the same content, the same names, another signature."""

    strangers: tuple[Signer, ...] = field(repr=False)

    def crl(
        self, authority: PublishedAuthority, distribution_point: Name | None, *, issued_at: datetime
    ) -> PublishedCrl | None:
        """The list with its signature replaced."""
        crl = self.inner.crl(authority, distribution_point, issued_at=issued_at)
        if crl is None:
            return None
        forged = _sign_again(crl.der, self.strangers)
        return PublishedCrl(der=forged, this_update=crl.this_update, next_update=crl.next_update)


def substitutes(
    publications: Publications,
    responders: Mapping[CaKind, Answering],
    workshop: Workshop,
    *,
    crl_hour_jst: int = DEFAULT_HOUR_JST,
) -> Mapping[str, Service]:
    """A repository for each word of ``effects.SUBSTITUTES``."""
    lists: dict[str, Publications] = {
        "other-ca": OtherCaPublications(publications),
        "wrong-signer": ForgedPublications(publications, workshop.strangers),
    }
    answers = {
        name: {kind: fault.around(responder, workshop) for kind, responder in responders.items()}
        for name, fault in OCSP_FAULTS.items()
    }
    return {
        word: Repository(lists.get(word, publications), answers.get(word, responders), crl_hour_jst=crl_hour_jst)
        for word in {**lists, **answers}
    }


def _sign_again(crl: bytes, strangers: tuple[Signer, ...]) -> bytes:
    """The same CertificateList (RFC 5280 clause 5.1) with a signature by the one whose algorithm it names, or any."""
    reader = DerReader.only(crl, SEQUENCE)
    content, algorithm = reader.whole(SEQUENCE), reader.whole(SEQUENCE)
    fitting = (stranger for stranger in strangers if stranger.algorithm.identifier == algorithm)
    return der.sequence(content, algorithm, der.bit_string(next(fitting, strangers[0]).sign(content)))


def _same_point(point: Name, kind: CaKind) -> Name:
    units = dict.fromkeys(names.SERVICE_UNIT.values(), names.SERVICE_UNIT[kind])
    return Name(tuple((attribute, units.get(value, value)) for attribute, value in point.rdns))
