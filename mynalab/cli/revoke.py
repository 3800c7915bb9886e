"""``mynalab revoke``: what the call centre and the municipality do to certificates."""

from __future__ import annotations

import click

from mynalab.cli.opening import open_lab
from mynalab.cli.options import DEFAULT_CARD, Settings, shared_options
from mynalab.words import KIND_JA

# What people say → what the CA writes. A lost card is put on hold (一時保留) and JPKI never lifts that hold.
REASONS = {
    "lost": "CERTIFICATE_HOLD",
    "key-compromise": "KEY_COMPROMISE",
    "changed": "AFFILIATION_CHANGED",
    "renewed": "SUPERSEDED",
    "ceased": "CESSATION_OF_OPERATION",
    "undelivered": "UNSPECIFIED",
}
CERTIFICATES = {"both": ("sign", "auth"), "sign": ("sign",), "auth": ("auth",)}


@click.command(
    epilog="""\b
Examples:
  mynalab revoke                                       the default card is reported lost
  mynalab revoke --card alice --reason key-compromise
  mynalab revoke --card alice --reason changed --certificate sign     she has moved
"""
)
@click.option("--card", default=DEFAULT_CARD, show_default=True, metavar="NAME", help="Whose certificates.")
@click.option("--reason", default="lost", show_default=True, type=click.Choice(list(REASONS)), help="Why.")
@click.option("--certificate", default="both", show_default=True, type=click.Choice(list(CERTIFICATES)), help="Which.")
@shared_options()
def command(card: str, reason: str, certificate: str, settings: Settings) -> int:
    """Revoke the certificates of a card and publish the CRLs that say so. The card itself is not touched."""
    from jpki.errors import AlreadyRevokedError
    from jpki.kinds import CaKind
    from jpki.reasons import RevocationReason
    from mynalab.lab.cards import require_card
    from mynalab.lab.revoke import revoke_card

    lab = open_lab(settings)
    require_card(lab.paths, card)
    kinds = [CaKind(kind) for kind in CERTIFICATES[certificate]]
    meaning = RevocationReason[REASONS[reason]]
    try:
        revoked = revoke_card(lab, card, kinds=kinds, reason=meaning, now=settings.clock())
    except AlreadyRevokedError as error:
        if error.reason is not RevocationReason.CERTIFICATE_HOLD:
            raise
        line = f"mynalab revoke --card {card} --reason key-compromise --certificate {certificate}{settings.lab_words}"
        raise AlreadyRevokedError(
            str(error),
            reason=error.reason,
            revoked_at=error.revoked_at,
            hint=f"a hold can only become a revocation: {line}",
        ) from error
    output = settings.output
    output.document(
        {
            "card": card,
            "reason": meaning.rfc_name,
            "revoked": [{"ca": one.kind.value, "serial": one.serial, "crl": str(one.crl)} for one in revoked],
        }
    )
    for one in revoked:
        output.say(
            f"{one.kind.value} certificate {one.serial} of {card}: {meaning.rfc_name} ({meaning.meaning_en})",
            f"{card} の{KIND_JA[one.kind.value]}電子証明書 {one.serial}: {meaning.rfc_name}（{meaning.meaning_ja}）",
        )
        output.say(f"  published in {one.crl}", f"  {one.crl} に掲載しました")
    return 0
