"""``mynalab rp answer``: the card's half of what the platform operator asks."""

from __future__ import annotations

import base64
import binascii

import click

from mynalab.cli.holder import CardChoice, card_choice_options, holder_with_card
from mynalab.cli.opening import open_lab
from mynalab.cli.options import Settings, shared_options

REFUSED = 1


@click.command(
    epilog="""\b
Examples:
  mynalab rp answer MESSAGE                             the signing key of the default card
  mynalab rp answer MESSAGE --key auth --card alice
"""
)
@click.argument("message")
@click.option("--key", default="sign", show_default=True, type=click.Choice(["sign", "auth"]), help="Which of the two.")
@card_choice_options
@shared_options()
def answer(message: str, key: str, choice: CardChoice, settings: Settings) -> int:
    """Sign MESSAGE, in Base64 as a challenge of the operator has it, with a card.

    Prints certificate and signature as JSON, as the operator's requests take them.
    """
    import json

    from jpki.client.errors import PinBlockedError, WrongPinError
    from jpki.client.session import CardSession
    from jpki.kinds import CaKind
    from mynalab.cli.verdicts import no_answer

    try:
        signed = base64.b64decode(message, validate=True)
    except (binascii.Error, ValueError) as error:
        raise click.BadParameter("this is no Base64", param_hint="MESSAGE") from error
    kind = CaKind(key)

    def pin_of(one: object) -> str:
        name = "signature_pin" if kind is CaKind.SIGN else "authentication_pin"
        return str(getattr(one, name))

    with holder_with_card(open_lab(settings), choice, settings, pin_of=pin_of) as (channel, typed):
        session = CardSession.open(channel)
        try:
            session.verify_pin(kind, typed)
        except (WrongPinError, PinBlockedError) as error:
            no_answer(error, settings.output, choice.engine)
            return REFUSED
        certificate, signature = session.read_certificate(kind), session.sign(kind, signed)
    told = {"certificate": certificate, "signature": signature}
    click.echo(json.dumps({name: base64.b64encode(content).decode() for name, content in told.items()}))
    return 0
