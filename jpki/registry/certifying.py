"""Certificates for the places that an operation fills: keys come from outside, serial numbers from the register."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Final, Protocol

from apdu.ports import RandomBytes
from jpki.algorithms import PublicKey
from jpki.ca.authority import Authority
from jpki.ca.issue import issue_authentication, issue_signing, validity
from jpki.holder import Holder
from jpki.kinds import CaKind
from jpki.registry.records import CertificateId, CertificateSigned, CrlPoint, Medium

# The real service signs in the night after a request made in the daytime (measured on published certificates).
_BETWEEN_REQUEST_AND_ISSUE: Final = timedelta(hours=8)


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateOrder:
    """One certificate to be made. ``last_day`` is the latest day on which it may end, in Japan."""

    kind: CaKind
    serial: int
    person_id: str
    holder: Holder = field(repr=False)
    medium: Medium
    card_id: int
    card: str
    last_day: date
    is_renewal: bool
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeCertificate:
    """A certificate, which generation of its CA signed it, and from when to when it is valid."""

    certificate_der: bytes = field(repr=False)
    key_id: bytes
    not_before: datetime
    not_after: datetime


def entry_of(order: CertificateOrder, made: MadeCertificate) -> CertificateSigned:
    """What the register is to know of a certificate that was made."""
    return CertificateSigned(
        id=CertificateId(order.kind, order.serial),
        key_id=made.key_id,
        card_id=order.card_id,
        not_before=made.not_before,
        not_after=made.not_after,
        point=CrlPoint.of(order.holder),
        certificate_der=made.certificate_der,
    )


class CertificateMaker(Protocol):
    """Signs what an operation orders, while the operation is under way: what it raises undoes the operation."""

    def make(self, order: CertificateOrder) -> MadeCertificate:
        """Sign one certificate with the serial number that the order carries."""
        ...


class KeySupply(Protocol):
    """Where the keys of cards and phones come from."""

    def public_key(self, order: CertificateOrder) -> PublicKey:
        """The public half of the key that this certificate is for; the other half stays with the caller."""
        ...


class AuthorityMaker:
    """Certificates signed by the generation of the day.

    ``authority`` tells which that is, ``randomness`` gives the random bytes of one common name.
    """

    def __init__(
        self,
        authority: Callable[[CaKind, datetime], Authority],
        keys: KeySupply,
        *,
        randomness: Callable[[CertificateOrder], RandomBytes],
    ) -> None:
        self._authority = authority
        self._keys = keys
        self._randomness = randomness

    def make(self, order: CertificateOrder) -> MadeCertificate:
        """Sign one certificate."""
        authority = self._authority(order.kind, order.now)
        sign = _issue_signing if order.kind is CaKind.SIGN else _issue_authentication
        certificate_der = sign(authority, order, self._keys.public_key(order), self._randomness(order))
        not_before, not_after = validity(
            authority, holder=order.holder, now=order.now, card_expiry=order.last_day, renewal=order.is_renewal
        )
        return MadeCertificate(
            certificate_der=certificate_der, key_id=authority.key_id, not_before=not_before, not_after=not_after
        )


def _issue_authentication(authority: Authority, order: CertificateOrder, key: PublicKey, rng: RandomBytes) -> bytes:
    return issue_authentication(
        authority,
        holder=order.holder,
        public_key=key,
        serial=order.serial,
        now=order.now,
        card_expiry=order.last_day,
        rng=rng,
        renewal=order.is_renewal,
    )


def _issue_signing(authority: Authority, order: CertificateOrder, key: PublicKey, rng: RandomBytes) -> bytes:
    return issue_signing(
        authority,
        holder=order.holder,
        public_key=key,
        serial=order.serial,
        now=order.now,
        card_expiry=order.last_day,
        request_time=order.now - _BETWEEN_REQUEST_AND_ISSUE,
        rng=rng,
        renewal=order.is_renewal,
    )
