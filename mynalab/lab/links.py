"""What a lab's relying party may ask about certificates: the links of the register, the latest attributes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from jpki.attributes import HolderAttributes
from jpki.errors import UnknownEntryError
from jpki.kinds import CaKind
from jpki.registry.interfaces import Questions
from jpki.registry.records import CertificateId, CertificateRecord, CertificateState, Link
from jpki.registry.records import Medium as Registered
from jpki.rp.operator.interfaces import Absence
from jpki.rp.operator.records import Medium
from jpki.verify.procedure import SubjectBinding

_MEDIA: Final = {Registered.CARD: Medium.CARD, Registered.PHONE: Medium.PHONE}


class RegisterLinks:
    """See ``jpki.rp.interfaces.LinkSource``: the register stands for J-LIS."""

    def __init__(self, register: Questions) -> None:
        self._register = register

    def pair(self, sign: SubjectBinding, *, at: datetime) -> SubjectBinding | None:
        """The authentication certificate that was issued together with a signing certificate."""
        id_ = self._id(CaKind.SIGN, sign)
        if id_ is None:
            return None
        links = self._register.links(id_, at=at, link=Link.PAIR)
        return next((self._binding(link.target) for link in links if link.source == id_), None)

    def predecessors(self, kind: CaKind, binding: SubjectBinding, *, at: datetime) -> Sequence[SubjectBinding]:
        """The certificates before this one, newest first."""
        found: list[SubjectBinding] = []
        id_ = self._id(kind, binding)
        while id_ is not None:
            id_ = self._before(id_, at)
            if id_ is not None:
                found.append(self._binding(id_))
        return found

    def partners(self, kind: CaKind, binding: SubjectBinding, *, at: datetime) -> Sequence[SubjectBinding]:
        """The certificates of the other kind that were issued with this one or one before it, newest first."""
        found: dict[CertificateId, None] = {}
        for one in (binding, *self.predecessors(kind, binding, at=at)):
            id_ = self._id(kind, one)
            links = () if id_ is None else self._register.links(id_, at=at, link=Link.PAIR)
            found |= {link.source if link.target == id_ else link.target: None for link in links}
        newest_first = sorted(found, key=lambda id_: (self._register.certificate(id_).at, id_.serial), reverse=True)
        nearest = [self._binding(id_) for id_ in newest_first]
        earlier = [
            before
            for id_, one in zip(newest_first, nearest, strict=True)
            for before in self.predecessors(id_.kind, one, at=at)
        ]
        return list(dict.fromkeys((*nearest, *earlier)))

    def medium(self, kind: CaKind, binding: SubjectBinding) -> Medium | None:
        """A card or a phone, as the register has it."""
        id_ = self._id(kind, binding)
        return None if id_ is None else _MEDIA[self._register.certificate(id_).medium]

    def _before(self, id_: CertificateId, at: datetime) -> CertificateId | None:
        """By the newest link: the card before may have been renewed after the new one was made."""
        links = self._register.links(id_, at=at, link=Link.SUCCESSOR)
        return next((link.source for link in reversed(links) if link.target == id_), None)

    def _id(self, kind: CaKind, binding: SubjectBinding) -> CertificateId | None:
        """The register's name for it, if it is of the register at all."""
        id_ = CertificateId(kind, binding.serial)
        try:
            return id_ if self._register.certificate(id_).key_id == binding.issuer_key_id else None
        except UnknownEntryError:
            return None

    def _binding(self, id_: CertificateId) -> SubjectBinding:
        return SubjectBinding(self._register.certificate(id_).key_id, id_.serial)


class RegisterLatest:
    """See ``jpki.rp.interfaces.LatestAttributesSource``: what the newest good signing certificate of a person says."""

    def __init__(self, register: Questions) -> None:
        self._register = register

    def absence(self, sign: SubjectBinding, *, at: datetime) -> Absence:
        """Why ``latest`` has nothing."""
        newest = self._newest(sign, at)
        if newest is None:
            return Absence.UNKNOWN
        if self._register.status(newest.id, at=at).state is not CertificateState.GOOD:
            return Absence.REVOKED_OR_HELD
        return Absence.EXPIRED

    def latest(self, sign: SubjectBinding, *, at: datetime) -> tuple[SubjectBinding, HolderAttributes] | None:
        """None while there is no new certificate, or it is held, revoked or has ended."""
        newest = self._newest(sign, at)
        if newest is None:
            return None
        good = self._register.status(newest.id, at=at).state is CertificateState.GOOD
        if not good or not newest.not_before <= at <= newest.not_after:
            return None
        holder = self._register.holder(newest.person_id, at=newest.at).holder
        return SubjectBinding(newest.key_id, newest.id.serial), holder.attributes()

    def _newest(self, sign: SubjectBinding, at: datetime) -> CertificateRecord | None:
        """The newest signing certificate of the person that this one is or was of."""
        try:
            asked = self._register.certificate(CertificateId(CaKind.SIGN, sign.serial))
        except UnknownEntryError:
            return None
        records = self._register.certificates(kind=CaKind.SIGN, person_id=asked.person_id)
        issued = [one for one in records if one.at <= at and one.medium is asked.medium]
        if asked.key_id != sign.issuer_key_id or not issued:
            return None
        return max(issued, key=lambda one: (one.at, one.id.serial))
