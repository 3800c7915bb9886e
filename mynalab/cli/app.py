"""``mynalab app``: applications of towns and companies in the free area (空き領域) of a card."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from mynalab.cli.holder import one_card, served_card
from mynalab.cli.opening import ensure_card, open_lab
from mynalab.cli.options import DEFAULT_CARD, Settings, shared_options
from mynalab.errors import AppError

if TYPE_CHECKING:
    from mynalab.lab.free_area import FreeAreaDesk

_Command = TypeVar("_Command", bound=Callable[..., Any])
SUFFIX = ".mpkg"


@click.group(
    epilog="""\b
Examples:
  mynalab app install library-card
  mynalab app build my-app.toml && mynalab app install my-app.mpkg --card alice
  mynalab app list --card alice
  mynalab app remove library-card
"""
)
def command() -> None:
    """Build card application packages; install, list and remove them in the free area of a lab card.

    A package is a description, signed by its provider; no code goes onto the card. Shipped ones go by their name.
    The card's real commands are not public: GlobalPlatform's are our design.
    """


def _card_options(decorated: _Command) -> _Command:
    reader = click.option("--reader", metavar="NAME", help="The lab card in this reader of `mynalab serve`, instead.")
    card = click.option("--card", metavar="NAME", help=f"A card of the lab.  [default: {DEFAULT_CARD}]")
    return card(reader(one_card(decorated)))


@command.command()
@click.argument("package")
@click.option("--output", "-o", type=click.Path(path_type=Path), help="Where to.  [default: PACKAGE.mpkg, here]")
@shared_options()
def build(package: str, output: Path | None, settings: Settings) -> int:
    """Compile the description PACKAGE (a TOML file, or a shipped name) and sign it as its provider."""
    from mynalab.lab.files import write_atomically
    from mynalab.lab.free_area import build_package, find_package

    lab = open_lab(settings)
    name, path = find_package(package)
    file = build_package(path, lab.settings)
    target = output or Path(name + SUFFIX)
    write_atomically(target, file.encode())
    built = file.package
    settings.output.document(
        {"file": str(target), "aid": built.aid.hex().upper(), "label": built.label, "card_bytes": _size(file)}
    )
    settings.output.say(
        f"built {target}: {built.label}, takes {_size(file)} bytes of a card",
        f"{target} を作りました: {built.label}（カード上で {_size(file)} バイト）",
    )
    return 0


@command.command()
@click.argument("package")
@_card_options
@click.option("--pin", default="1234", show_default=True, help="The first PIN of an application that has one.")
@shared_options()
def install(package: str, card: str | None, reader: str | None, pin: str, settings: Settings) -> int:
    """Install PACKAGE: a shipped name, a TOML file, or what `mynalab app build` wrote."""
    from mynalab.lab.free_area import build_package, find_package

    file = build_package(find_package(package)[1], open_lab(settings).settings)
    with _desk(card, reader, settings) as (desk, where):
        desk.install(file, pin=pin)
        free = desk.inventory().resources.free
    built = file.package
    settings.output.document({"card": where, "aid": built.aid.hex().upper(), "label": built.label, "free": free})
    settings.output.say(
        f"installed {built.label} on {where}; {free} bytes are free",
        f"{built.label} を {where} に搭載しました（空き {free} バイト）",
    )
    return 0


@command.command("list")
@_card_options
@shared_options()
def list_applications(card: str | None, reader: str | None, settings: Settings) -> int:
    """List the applications in the free area, and the room that is left."""
    with _desk(card, reader, settings) as (desk, where):
        inventory = desk.inventory()
    labels = _labels(settings)
    lines = [
        {
            "aid": entry.aid.hex().upper(),
            "label": labels.get(entry.aid, ""),
            "provider": entry.domain.hex().upper(),
            "locked": bool(entry.state & 0x80),
        }
        for entry in inventory.applications
    ]
    free = inventory.resources.free
    settings.output.document({"card": where, "applications": lines, "free": free})
    for line in lines:
        settings.output.say(f"{line['aid']}  {line['label']}", f"{line['aid']}  {line['label']}")
    settings.output.say(f"{free} bytes are free", f"空き {free} バイト")
    return 0


@command.command()
@click.argument("application")
@_card_options
@shared_options()
def remove(application: str, card: str | None, reader: str | None, settings: Settings) -> int:
    """Remove APPLICATION: a shipped package's name, or an AID."""
    from mynalab.lab.free_area import build_package, find_package
    from mynalab.resources import package_files

    if application in package_files():
        aid = build_package(find_package(application)[1], open_lab(settings).settings).package.aid
    else:
        try:
            aid = bytes.fromhex(application)
        except ValueError as error:
            hint = f"name an AID or one of {', '.join(package_files())}; see: mynalab app list"
            raise AppError(f"{application!r} is no application", hint=hint) from error
    with _desk(card, reader, settings) as (desk, where):
        desk.remove(aid)
        free = desk.inventory().resources.free
    settings.output.document({"card": where, "aid": aid.hex().upper(), "free": free})
    settings.output.say(
        f"removed {application} from {where}; {free} bytes are free",
        f"{application} を {where} から削除しました（空き {free} バイト）",
    )
    return 0


@contextmanager
def _desk(card: str | None, reader: str | None, settings: Settings) -> Iterator[tuple[FreeAreaDesk, str]]:
    """The issuer at the chosen card. A card that is not surely the lab's own is not touched."""
    from mynalab.chance import system_random
    from mynalab.lab.cards import open_card
    from mynalab.lab.free_area import FreeAreaDesk

    lab = open_lab(settings)
    with ExitStack() as stack:
        if reader is None:
            from readers.inprocess import InProcessChannel

            name = card or DEFAULT_CARD
            ensure_card(lab, name, settings)
            virtual = open_card(lab.paths, name)
            stack.callback(virtual.close)
            in_process = stack.enter_context(InProcessChannel(virtual))
            yield FreeAreaDesk(lab.settings, in_process, rng=system_random), name
            return
        served = served_card(lab, reader)
        if served is None:
            raise AppError(
                f"what is in {reader} is not surely a card of this lab, so nothing was sent to it",
                hint="use `mynalab serve` and its export line, or name a card: --card",
            )
        from readers.pcsc import PcscChannel

        channel = stack.enter_context(PcscChannel.open(reader, is_lab_card=True, pin_budget=0))
        yield FreeAreaDesk(lab.settings, channel, rng=system_random), served


def _labels(settings: Settings) -> dict[bytes, str]:
    """What the shipped packages are called; the registry of a card knows AIDs alone."""
    from mynalab.lab.free_area import build_package
    from mynalab.resources import package_files

    lab = open_lab(settings)
    packages = [build_package(path, lab.settings).package for path in package_files().values()]
    return {package.aid: package.label for package in packages}


def _size(file: Any) -> int:
    size: int = len(file.block) + file.package.footprint
    return size
