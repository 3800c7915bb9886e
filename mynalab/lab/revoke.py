"""Revoking the certificates of a card, and publishing that."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from jpki.errors import TokenError
from jpki.kinds import CaKind
from jpki.reasons import RevocationReason
from jpki.registry.interfaces import Register
from jpki.registry.records import CardState, CertificateRecord
from mynalab.errors import LabBrokenError, LabUnwritableError
from mynalab.lab.authorities import authority_of
from mynalab.lab.generations import ca_with_key, standing_cas
from mynalab.lab.lab import Lab
from mynalab.lab.publish import publish_crls
from mynalab.lab.register import name_of, open_register


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
    with open_register(lab) as register:
        revoked = _enter(lab, register, card, kinds, reason, now)
        try:
            publish_crls(lab, now=now, register=register)
        except TokenError as error:
            error.add_note("revoked in the register, but not published: when the token is there, mynalab lab publish")
            raise
        except LabUnwritableError as error:
            raise LabUnwritableError(
                f"revoked in the register, but not published: {error}", hint="mend that, then: mynalab lab publish"
            ) from error
    return [Revoked(one.id.kind, one.id.serial, _list_of(lab, one)) for one in revoked]


def _enter(
    lab: Lab,
    register: Register,
    card: str,
    kinds: Sequence[CaKind],
    reason: RevocationReason,
    now: datetime,
) -> list[CertificateRecord]:
    with register.transaction(now=now) as unit:
        certificates = [issued[-1] for kind in kinds if (issued := unit.certificates(kind=kind, card=card))]
        if not certificates:
            raise LabBrokenError(
                f"{name_of(lab)} has no such certificate of the card {card!r}",
                hint=f"restore it from a copy, or remove {lab.paths.card(card)} and make the card again",
            )
        unit.operation("revoke", person_id=certificates[0].person_id, details={"card": card})
        unit.revoke([one.id for one in certificates], reason)
        card_id = certificates[0].card_id
        # A card that was not handed over yet, or has ended, is not in anybody's hand because of a hold.
        in_use = unit.card_state(card_id, at=unit.now) is CardState.IN_USE
        if in_use and reason is RevocationReason.CERTIFICATE_HOLD:
            unit.change_card(card_id, CardState.SUSPENDED)
    return certificates


def _list_of(lab: Lab, issued: CertificateRecord) -> Path:
    return lab.paths.crl(ca_with_key(standing_cas(lab), issued.key_id).label)
