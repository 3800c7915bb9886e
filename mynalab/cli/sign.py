"""``mynalab sign``: the signing key signs a text or a document, and the relying party verifies it."""

from __future__ import annotations

from pathlib import Path

import click

from mynalab.cli.faults import tell_struck, with_struck
from mynalab.cli.holder import CardChoice, card_choice_options, holder_with_card
from mynalab.cli.opening import open_lab
from mynalab.cli.options import Settings, shared_options
from mynalab.cli.sign_document import STANDARD_INPUT, WHOLE, read_document, tell_document_verdict
from mynalab.cli.verdicts import no_answer, show_verdict
from mynalab.errors import TextError

REFUSED = 1
_TEXT = "text"
_FORMATS = (_TEXT, "cms", "cms-detached", "pdf", "pades", "xml", "xml-detached")


@click.command(
    epilog="""\b
Examples:
  mynalab sign contract.txt
  mynalab sign contract.txt --card alice --json
  some-program | mynalab sign -
  mynalab sign contract.pdf --format pdf -o signed.pdf
  mynalab sign contract.pdf --format pades --long-term -o signed.pdf
  mynalab sign contract.txt --format cms-detached -o contract.p7s
  mynalab sign contract.xml --format xml -o signed.xml
"""
)
@click.argument("file", type=click.Path(path_type=Path, readable=False, allow_dash=True))
@click.option(
    "--format",
    "form",
    type=click.Choice(_FORMATS),
    default=_TEXT,
    show_default=True,
    help="How the signature is kept: text keeps none, and signs for one relying party.",
)
@click.option(
    "--output", "-o", type=click.Path(path_type=Path), help="Where to write it.  [default: FILE with a suffix]"
)
@click.option("--long-term", is_flag=True, help="With pdf and pades: put in today's CRL and OCSP response.")
@card_choice_options
@click.option("--origin", help="With text: the origin it is bound to.  [default: the lab's relying party]")
@shared_options()
def command(
    file: Path,
    form: str,
    output: Path | None,
    long_term: bool,
    choice: CardChoice,
    origin: str | None,
    settings: Settings,
) -> int:
    """Sign FILE with the signing key (署名用電子証明書), and verify it as the relying party does.

    FILE may be - for standard input. A text (UTF-8) is signed as it is, byte for byte. With another --format the
    signature is written, also when the relying party refuses it; see `mynalab verify`.

    Ends with 0 when the signature is accepted, with 1 when it is refused.
    """
    if form != _TEXT:
        if origin is not None:
            raise click.UsageError("--origin is for --format text: a document is not bound to one relying party")
        return _sign_document(file, form, output, long_term=long_term, choice=choice, settings=settings)
    if output is not None or long_term:
        raise click.UsageError("--output and --long-term need another --format than text, which keeps no signature")
    return _sign_text(file, choice, origin, settings)


def _sign_text(file: Path, choice: CardChoice, origin: str | None, settings: Settings) -> int:
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


def _sign_document(
    file: Path, form: str, output: Path | None, *, long_term: bool, choice: CardChoice, settings: Settings
) -> int:
    from jpki.client.errors import PinBlockedError, WrongPinError
    from mynalab.lab.documents import Form, SigningOrder, sign_document, verify_document
    from mynalab.lab.files import write_atomically

    wanted = Form(form)
    target = _target(file, output, wanted.suffix)
    order = SigningOrder(form=wanted, document=read_document(file), name=file.name, long_term=long_term)
    lab, now = open_lab(settings), settings.clock()
    with holder_with_card(lab, choice, settings, pin_of=lambda persona: persona.signature_pin) as (channel, secret):
        try:
            signed = sign_document(lab, channel, secret, order, now=now)
        except (WrongPinError, PinBlockedError) as error:
            no_answer(error, settings.output, choice.engine)
            return REFUSED
    write_atomically(target, signed)
    beside = order.document if wanted in (Form.CMS_DETACHED, Form.XML_DETACHED) else None
    verdict = verify_document(lab, signed, now=now, content=beside)
    told = {"file": str(target), "format": form, **verdict.as_dict()}
    settings.output.document(with_struck(told, choice.engine))
    settings.output.say(f"signed: {target}", f"署名しました: {target}")
    tell_document_verdict(verdict, settings.output)
    tell_struck(choice.engine, settings.output)
    return 0 if verdict.ok else REFUSED


def _target(file: Path, output: Path | None, suffix: str) -> Path:
    if output is None:
        if file == STANDARD_INPUT:
            raise click.UsageError("what comes by standard input has no name: say where to write with --output")
        # contract.pdf becomes contract.signed.pdf, contract.txt contract.txt.p7m
        stem = file.stem if file.suffix and suffix.endswith(file.suffix) else file.name
        return file.with_name(stem + suffix)
    if output.exists() and file != STANDARD_INPUT and output.samefile(file):
        raise click.UsageError("--output is FILE itself, which would be lost")
    return output


def _read(file: Path) -> str:
    name = "standard input" if file == STANDARD_INPUT else str(file)
    try:
        text = read_document(file, most=WHOLE).decode("utf-8")
    except UnicodeDecodeError as error:
        raise TextError(f"{name} is no text in UTF-8", hint="save it as UTF-8: it is signed as a text") from error
    if not text:
        raise click.UsageError(f"there is no text to sign: {name} is empty")
    return text
