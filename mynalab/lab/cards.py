"""The cards of a lab as cards: opened, so that no second reader can hold them at the same time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cardsim.errors import CardSimError
from mynalab.chance import system_random
from mynalab.errors import CardNameError, LabBrokenError
from mynalab.lab.paths import LabPaths

if TYPE_CHECKING:
    from cardsim.card import VirtualCard


UNFINISHED: Final = ".unfinished-"
"""What directories beside the cards begin with: see ``mynalab.lab.unfinished``."""


def anything_unfinished(paths: LabPaths) -> bool:
    """Whether the counter left something undone for anybody; without a look into the register."""
    return next(paths.cards.glob(f"{UNFINISHED}*"), None) is not None


def open_card(paths: LabPaths, name: str) -> VirtualCard:
    """Take the card ``name`` out of its drawer; it stays locked for others until it is closed."""
    from cardsim.card import VirtualCard
    from cardsim.store import FileStore

    require_card(paths, name)
    store = FileStore(paths.card(name))
    try:
        return VirtualCard(store, rng=system_random)
    except CardSimError:
        store.close()
        raise


def require_card(paths: LabPaths, name: str) -> None:
    """``CardNameError`` with the names there are, when there is no card ``name``."""
    path = paths.card(name)
    try:
        known = path.exists()
    except OSError as error:
        raise LabBrokenError(f"{path.parent} cannot be looked into: {error.strerror}", hint="whose is it?") from error
    if not known:
        names = paths.card_names()
        raise CardNameError(
            f"there is no card {name!r} in {paths.root}",
            hint=f"make it: mynalab card new {name}; cards there: {', '.join(names) if names else 'none'}",
        )
