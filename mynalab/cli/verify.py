"""``mynalab verify``: the relying party judges a signed document."""

from __future__ import annotations

from pathlib import Path

import click

from mynalab.cli.opening import open_lab
from mynalab.cli.options import Settings, shared_options
from mynalab.cli.sign_document import STANDARD_INPUT, read_document, tell_document_verdict

REFUSED = 1
_PATH = click.Path(path_type=Path, readable=False, allow_dash=True)


@click.command(
    epilog="""\b
Examples:
  mynalab verify contract.signed.pdf
  mynalab verify contract.signed.xml --output signed-content.xml
  mynalab verify contract.txt --signature contract.txt.p7s
  mynalab verify old.pdf --existed-by 2027-01-31 --now 2035-01-31
"""
)
@click.argument("file", type=_PATH)
@click.option("--signature", type=_PATH, help="The detached signature; FILE is then the document that it is about.")
@click.option(
    "--existed-by",
    metavar="MOMENT",
    help="Judge a PDF for this moment, by the CRLs and OCSP responses in it. Give one for which you can prove that "
    "the file existed.",
)
@click.option("--output", "-o", type=click.Path(path_type=Path), help="Write what was signed there, once accepted.")
@shared_options()
def command(file: Path, signature: Path | None, existed_by: str | None, output: Path | None, settings: Settings) -> int:
    """Verify the signed document FILE: CMS (DER or PEM), PDF or XML, as the lab's relying party does.

    Every signature in it has to be good, made with a signing key (署名用電子証明書) of the lab, and cover the whole
    document. FILE may be - for standard input.

    Ends with 0 when it is accepted, with 1 when it is refused.
    """
    from mynalab.clock import parse_moment
    from mynalab.errors import TimeError
    from mynalab.lab.documents import verify_document
    from mynalab.lab.files import write_atomically

    if STANDARD_INPUT == file == signature:
        raise click.UsageError("standard input cannot be both the document and its signature")
    now = settings.clock()
    moment = parse_moment(existed_by) if existed_by is not None else None
    if moment is not None and moment > now:
        raise TimeError(f"{existed_by} is still to come", hint="give a moment for which it is proven that FILE existed")
    document = read_document(file)
    signed, content = (document, None) if signature is None else (read_document(signature), document)
    verdict = verify_document(open_lab(settings), signed, now=now, content=content, existed_by=moment)
    if output is not None and verdict.content is not None:
        write_atomically(output, verdict.content)
    settings.output.document(verdict.as_dict())
    tell_document_verdict(verdict, settings.output)
    return 0 if verdict.ok else REFUSED
