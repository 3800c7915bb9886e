"""How commands come by a lab and its cards: what a newcomer would have to make first is made on the way, and said."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from mynalab.cli.options import DEFAULT_CARD, Settings
from mynalab.clock import ClockMode
from mynalab.errors import CardNameError, LabExistsError, LabNotFoundError
from mynalab.lab.cards import anything_unfinished, open_card
from mynalab.lab.clock import LabClock
from mynalab.lab.lab import Lab
from mynalab.lab.paths import LabPaths, default_lab_directory
from mynalab.resources import persona_files

if TYPE_CHECKING:
    from cardsim.card import VirtualCard


def open_lab(settings: Settings) -> Lab:
    """The lab that ``--lab`` names, which has to exist, or the default one, which is made when it does not.

    Says so when the lab's own clock counts for this command and is not the system's.
    """
    lab = find_lab(settings)
    if isinstance(settings.clock, LabClock) and settings.clock.setting().mode is not ClockMode.REAL:
        now = settings.clock()
        settings.output.note(
            f"the lab's clock says {now:%Y-%m-%d %H:%M:%SZ}; back to the real time: mynalab clock real",
            f"ラボの時計は {now:%Y-%m-%d %H:%M:%SZ} です。実時間に戻すには: mynalab clock real",
        )
    return lab


def note_on_real_time(settings: Settings) -> None:
    """Say, where programs of others are about to use the readers, which clock they see."""
    if isinstance(settings.clock, LabClock) and settings.clock.setting().mode is not ClockMode.REAL:
        settings.output.note(
            "programs that use the readers see the real time",
            "リーダーを使うプログラムから見える時刻は実時間です",
        )


def find_lab(settings: Settings) -> Lab:
    """The same, whatever its clock says: for the commands that set it."""
    if settings.lab is not None:
        return Lab.open(settings.lab)
    directory = default_lab_directory()
    try:
        return Lab.open(directory)
    except LabNotFoundError:
        from mynalab.lab.create import create_lab

        try:
            lab = create_lab(directory, now=settings.clock())
        except LabExistsError:
            if not LabPaths(directory).settings.exists():
                raise
            return Lab.open(directory)  # another terminal was quicker
        settings.output.note(f"made a lab in {directory}", f"ラボを {directory} に作りました")
        return lab


def ensure_card(lab: Lab, name: str, settings: Settings) -> None:
    """Make the card, when there is none of that name but a shipped persona; finish what the counter left undone."""
    if anything_unfinished(lab.paths):
        _finish(lab, name)
    if lab.paths.card(name).exists() or name not in persona_files():
        return
    from mynalab.lab.issue import issue_card
    from mynalab.persona import load_persona

    try:
        issue_card(lab, name=name, persona=load_persona(name), now=settings.clock())
    except CardNameError:
        if not lab.paths.card(name).exists():
            raise
        return  # another terminal was quicker
    settings.output.note(f"issued the card {name}", f"カード {name} を発行しました")


def ensure_any_card(lab: Lab, settings: Settings) -> None:
    """Make the default card where there is none: a page that asks for a card has one to choose."""
    if not lab.paths.card_names():
        ensure_card(lab, DEFAULT_CARD, settings)


def _finish(lab: Lab, name: str) -> None:
    from mynalab.lab.counter import LabCounter
    from mynalab.lab.register import open_register

    with open_register(lab) as register:
        LabCounter(lab, register).finish(name)


def card_opener(lab: Lab, settings: Settings) -> Callable[[str], VirtualCard]:
    """What readers use to turn the name of a card into the card."""

    def opener(name: str) -> VirtualCard:
        ensure_card(lab, name, settings)
        return open_card(lab.paths, name)

    return opener


def reader_contents(cards: tuple[str, ...], empty: int) -> list[str | None]:
    """One entry a reader, in order: the cards named, else the default one unless empty readers are wanted."""
    if not cards and not empty:
        return [DEFAULT_CARD]
    return [*cards, *[None] * empty]
