"""The state of a card as a file: snapshot, restore, fork and diff of ``mynalab card``."""

from __future__ import annotations

from pathlib import Path

import click

from mynalab.cli.opening import open_lab
from mynalab.cli.options import Settings, shared_options

_FILE = click.Path(path_type=Path, readable=False, dir_okay=False)
DIFFERENT = 1


@click.command()
@click.argument("name")
@click.argument("file", type=_FILE)
@shared_options(now=False)
def snapshot(name: str, file: Path, settings: Settings) -> int:
    """Write the state of the card NAME to FILE. The card must not be in a reader; FILE holds its keys and PINs."""
    from mynalab.lab import card_state

    card_state.snapshot(open_lab(settings), name, file)
    settings.output.document({"card": name, "snapshot": str(file)})
    settings.output.say(f"{name} as it is now: {file}", f"{name} の現在の状態: {file}")
    return 0


@click.command()
@click.argument("name")
@click.argument("file", type=_FILE)
@shared_options(now=False)
def restore(name: str, file: Path, settings: Settings) -> int:
    """Give the card NAME the state of a snapshot of it. The register and the CRLs stay as they are."""
    from mynalab.lab import card_state

    card_state.restore(open_lab(settings), name, file)
    settings.output.document({"card": name, "restored": str(file)})
    settings.output.say(f"{name} is as in {file}", f"{name} を {file} の状態に戻しました")
    return 0


@click.command()
@click.argument("name")
@click.argument("new")
@shared_options(now=False)
def fork(name: str, new: str, settings: Settings) -> int:
    """Copy the card NAME to the card NEW. Number, keys and PINs are the same, the counters go their own ways."""
    from mynalab.lab import card_state

    card_state.fork(open_lab(settings), name, new)
    output = settings.output
    output.document({"card": new, "fork_of": name})
    output.say(f"{new} is a copy of {name}", f"{new} は {name} の複製です")
    output.note(
        f"both have the same number, keys and certificates: revoke them under the name {name}",
        f"製造番号・鍵・証明書は同じです。失効は {name} の名前で行ってください",
    )
    return 0


@click.command()
@click.argument("before")
@click.argument("after")
@shared_options(now=False)
def diff(before: str, after: str, settings: Settings) -> int:
    """Name what is different between two cards or snapshot files. No PIN and no content is shown.

    Ends with 0 when they are the same, with 1 when they are not.
    """
    from cardsim.diff import diff_images
    from mynalab.lab.card_state import state_of

    lab = open_lab(settings)
    found = diff_images(state_of(lab, before), state_of(lab, after))
    output = settings.output
    output.document({"same": not found, "differences": [one.as_dict() for one in found]})
    for one in found:
        output.say(f"{one.place_en}: {one.before} → {one.after}", f"{one.place_ja}: {one.before} → {one.after}")
    if not found:
        output.say("no difference", "違いはありません")
    return DIFFERENT if found else 0


COMMANDS = (snapshot, restore, fork, diff)
