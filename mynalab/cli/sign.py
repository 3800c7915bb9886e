"""``mynalab sign``: the signing key signs a text, and the relying party verifies it."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from mynalab.cli.faults import tell_struck, with_struck
from mynalab.cli.holder import CardChoice, card_choice_options, holder_with_card
from mynalab.cli.opening import open_lab
from mynalab.cli.options import Settings, shared_options
from mynalab.cli.verdicts import no_answer, show_verdict
from mynalab.errors import TextError

REFUSED = 1
_STANDARD_INPUT = Path("-")


@click.command(
    epilog="""\b
Examples:
  mynalab sign contract.txt
  mynalab sign contract.txt --card alice --json
  some-program | mynalab sign -
"""
)
@click.argument("file", type=click.Path(path_type=Path, readable=False, allow_dash=True))
@card_choice_options
@click.option("--origin", help="The origin that the signature is bound to.  [default: the lab's relying party]")
@shared_options()
def command(
    file: Path,
    choice: CardChoice,
    origin: str | None,
    settings: Settings,
) -> int:
    """Sign the text in FILE (UTF-8) with the signing key (署名用電子証明書), and verify it as the relying party does.

    FILE may be - for standard input. The text is signed as it is, byte for byte.

    Ends with 0 when the signature is accepted, with 1 when it is refused.
    """
    from jpki.client.errors import PinBlockedError, WrongPinError
    from mynalab.lab.relying_party import DEFAULT_ORIGIN, sign_contract

    text = _read(file)
    lab = open_lab(settings)
    with holder_with_card(lab, choice, settings, pin_of=lambda persona: persona.signature_pin) as (channel, secret):
        try:
            result = sign_contract(lab, channel, secret, text, now=settings.clock(), origin=origin or DEFAULT_ORIGIN)
        except (WrongPinError, PinBlockedError) as error:
            no_answer(error, settings.output, choice.engine)
            return REFUSED
    output = settings.output
    output.document(with_struck(result.as_dict(), choice.engine))
    if result.ok:
        output.say("signature accepted", "署名を受け入れました", colour="green", bold=True)
    else:
        output.say("signature refused", "署名を拒否しました", colour="red", bold=True)
    show_verdict(result.verdict, output)
    tell_struck(choice.engine, output)
    return 0 if result.ok else REFUSED


def _read(file: Path) -> str:
    name = "standard input" if file == _STANDARD_INPUT else str(file)
    try:
        text = _bytes_of(file).decode("utf-8")
    except OSError as error:
        raise TextError(f"{name} cannot be read: {error.strerror}", hint="give the path of a text file") from error
    except UnicodeDecodeError as error:
        raise TextError(f"{name} is no text in UTF-8", hint="save it as UTF-8: it is signed as a text") from error
    if not text:
        raise click.UsageError(f"there is no text to sign: {name} is empty")
    return text


def _bytes_of(file: Path) -> bytes:
    if file != _STANDARD_INPUT:
        return file.read_bytes()
    return sys.stdin.buffer.read() if sys.stdin is not None else b""  # one that is closed is an empty one
