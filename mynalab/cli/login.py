"""``mynalab login``: the relying party asks, the card answers, the verdict has its reasons."""

from __future__ import annotations

import click

from mynalab.cli.faults import tell_struck, with_struck
from mynalab.cli.holder import CardChoice, card_choice_options, holder_with_card
from mynalab.cli.opening import open_lab
from mynalab.cli.options import Settings, shared_options
from mynalab.cli.verdicts import no_answer, show_verdict

REFUSED = 1
PREFERENCES = ("crl", "ocsp", "ocsp-then-crl", "crl-then-ocsp", "both")
"""Those of ``jpki.verify.preference``, which is not imported for a help text."""


@click.command(
    epilog="""\b
Examples:
  mynalab login
  mynalab login --card alice --json
  mynalab login --card alice --now 2031-05-01               her certificate has expired
  mynalab login --revocation ocsp                           ask the responder, not today's list
  mynalab login --reader "mynalab Virtual Reader 00 00"     a card in a reader of `mynalab serve`
"""
)
@card_choice_options
@click.option("--origin", help="The origin that the log-in is bound to.  [default: the lab's relying party]")
@click.option(
    "--revocation",
    type=click.Choice(PREFERENCES),
    default=PREFERENCES[0],
    show_default=True,
    help="Whom the relying party asks about revocation, and who follows when nobody answers.",
)
@shared_options()
def command(
    choice: CardChoice,
    origin: str | None,
    revocation: str,
    settings: Settings,
) -> int:
    """Log in to the lab's relying party with the user-authentication key (利用者証明用電子証明書).

    Ends with 0 when the log-in is accepted, with 1 when it is refused.
    """
    from jpki.client.errors import PinBlockedError, WrongPinError
    from jpki.verify.preference import Preference
    from mynalab.lab.relying_party import DEFAULT_ORIGIN, log_in

    lab = open_lab(settings)
    with holder_with_card(lab, choice, settings, pin_of=lambda one: one.authentication_pin) as (
        channel,
        typed,
    ):
        try:
            result = log_in(
                lab,
                channel,
                typed,
                now=settings.clock(),
                origin=origin or DEFAULT_ORIGIN,
                preference=Preference(revocation),
            )
        except (WrongPinError, PinBlockedError) as error:
            no_answer(error, settings.output, choice.engine)
            return REFUSED
    output = settings.output
    output.document(with_struck(result.as_dict(), choice.engine))
    if result.ok:
        output.say("log-in accepted", "ログインを受け入れました", colour="green", bold=True)
    else:
        output.say("log-in refused", "ログインを拒否しました", colour="red", bold=True)
    show_verdict(result.verdict, output)
    tell_struck(choice.engine, output)
    return 0 if result.ok else REFUSED
