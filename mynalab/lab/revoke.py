"""Revoking the certificates of a card, and publishing that."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from jpki.kinds import CaKind
from jpki.reasons import RevocationReason
from jpki.registry.records import CertificateId
from jpki.registry.registry import Registry
from mynalab.errors import LabBrokenError, LabUnwritableError
from mynalab.lab.authorities import authority_of
from mynalab.lab.generations import issuer_of, standing_cas
from mynalab.lab.lab import Lab
from mynalab.lab.publish import publish_crls
from mynalab.lab.register import open_register


@dataclass(frozen=True, slots=True)
class Revoked:
    """One certificate that is on the list now, and the list."""

    kind: CaKind
    serial: int
    crl: Path


def revoke_card(
    lab: Lab, card: str, *, kinds: Sequence[CaKind], reason: RevocationReason, now: datetime
) -> list[Revoked]:
    """Revoke the newest certificates of ``card`` of these CAs, all or none, and publish both CRLs.

    ``AlreadyRevokedError`` when one of them was revoked before; a certificate on hold may still be revoked.
    ``LabBrokenError`` when the register knows none of them.
    """
    for ca in standing_cas(lab):
        authority_of(lab, ca)  # a lab that cannot publish a revocation is told so before there is one
    registry = open_register(lab)
    ids = [issued[-1].id for kind in kinds if (issued := registry.certificates(kind=kind, card=card))]
    if not ids:
        raise LabBrokenError(
            f"{lab.paths.register} has no such certificate of the card {card!r}",
            hint=f"restore that file from a copy, or remove {lab.paths.card(card)} and make the card again",
        )
    registry.revoke(ids, reason, now=now)
    try:
        publish_crls(lab, now=now)
    except LabUnwritableError as error:
        raise LabUnwritableError(
            f"revoked in the register, but not published: {error}", hint="mend that, then: mynalab lab publish"
        ) from error
    return [Revoked(id_.kind, id_.serial, _list_of(lab, registry, id_)) for id_ in ids]


def _list_of(lab: Lab, registry: Registry, id_: CertificateId) -> Path:
    return lab.paths.crl(issuer_of(lab.settings, registry.certificate(id_)).label)
