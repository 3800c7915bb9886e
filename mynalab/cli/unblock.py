"""``mynalab card unblock``: what the municipal counter does for somebody whose PIN is blocked."""

from __future__ import annotations

import click

from mynalab.cli.opening import open_lab
from mynalab.cli.options import Settings, shared_options


@click.command()
@click.argument("name")
@click.option("--pin", type=click.Choice(["sign", "auth"]), required=True, help="Which PIN.")
@click.option("--new", "new_pin", metavar="PIN", help="A new PIN.  [default: the old one gets its tries back]")
@shared_options()
def unblock(name: str, pin: str, new_pin: str | None, settings: Settings) -> int:
    """Reset a blocked PIN of the card NAME, as the issuer.

    As a municipal counter would; on the real card only such a counter can. Cards with a free area only.
    """
    from jpki.kinds import CaKind
    from mynalab.chance import system_random
    from mynalab.lab.cards import open_card
    from mynalab.lab.free_area import FreeAreaDesk
    from readers.inprocess import InProcessChannel

    lab = open_lab(settings)
    with open_card(lab.paths, name) as card, InProcessChannel(card) as channel:
        FreeAreaDesk(lab.settings, channel, rng=system_random).unblock(CaKind(pin), new_pin=new_pin)
    settings.output.document({"card": name, "pin": pin, "changed": new_pin is not None})
    settings.output.say(
        f"the {pin} PIN of {name} has all its tries again", f"{name} の {pin} の暗証番号の試行回数を元に戻しました"
    )
    if new_pin is not None:  # the persona still has the old one, which would cost a try
        settings.output.say(
            "it is a new one: give it to the other commands with --pin",
            "暗証番号が変わりました。ほかのコマンドには --pin で指定してください",
        )
    return 0
