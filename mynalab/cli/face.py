"""``mynalab card face``: what the card looks like."""

from __future__ import annotations

from pathlib import Path

import click

from mynalab.cli.opening import ensure_card, open_lab
from mynalab.cli.options import Settings, shared_options


@click.command("face")
@click.argument("name")
@click.option("--svg", is_flag=True, help="Only as SVG.")
@click.option("--png", is_flag=True, help="Only as PNG.")
@click.option(
    "--out",
    metavar="DIR",
    default=".",
    show_default="here",
    type=click.Path(file_okay=False, path_type=Path),
    help="Where the files go; made when there is none.",
)
@shared_options()
def command(name: str, svg: bool, png: bool, out: Path, settings: Settings) -> int:
    """Draw the front and the back of a card, as a specimen.

    Writes NAME-front and NAME-back as SVG and as PNG, the number masked. The face is a cartoon that the lab's seed
    makes up.
    """
    from mynalab.lab.cards import require_card
    from mynalab.lab.face import FORMATS, write_faces
    from mynalab.lab.files import refusals_explained

    lab = open_lab(settings)
    ensure_card(lab, name, settings)
    require_card(lab.paths, name)
    with refusals_explained(out):
        out.mkdir(parents=True, exist_ok=True)
    chosen = tuple(form for form, wanted in zip(FORMATS, (svg, png), strict=True) if wanted)
    files = write_faces(lab, name, out, formats=chosen or FORMATS)
    settings.output.document({"card": name, "files": [str(path) for path in files]})
    for path in files:
        settings.output.say(f"drew {path}", f"{path} を描きました")
    return 0
