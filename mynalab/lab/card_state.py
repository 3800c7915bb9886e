"""The state of a card as a file: kept, brought back, copied, compared. A card in a reader is left alone."""

from __future__ import annotations

from pathlib import Path

from cardsim.image import encode_image
from cardsim.state import CardImage
from cardsim.store import FileStore, read_image
from mynalab.errors import CardNameError, SnapshotError
from mynalab.lab.cards import require_card
from mynalab.lab.files import read_part, taking_turns, write_atomically
from mynalab.lab.lab import Lab

_PRIVATE = 0o600  # it holds keys and PINs, as the card's own file does


def snapshot(lab: Lab, name: str, file: Path) -> None:
    """Write the state of a card to ``file``, which must not exist; ``StoreLockedError`` for a card in a reader."""
    require_card(lab.paths, name)
    if file.exists():
        raise SnapshotError(f"{file} exists already", hint="name another file: a snapshot overwrites nothing")
    with FileStore(lab.paths.card(name)) as store:
        write_atomically(file, encode_image(store.load()), mode=_PRIVATE)


def restore(lab: Lab, name: str, file: Path) -> None:
    """Give a card the state of a snapshot of it; ``StoreLockedError`` for a card in a reader."""
    require_card(lab.paths, name)
    image = read_image(file)
    with FileStore(lab.paths.card(name)) as store:
        serial = store.load().serial
        if image.serial != serial:
            raise SnapshotError(
                f"{file} is of the card number {image.serial}; {name} is number {serial}",
                hint="choose the card that the snapshot is of, or fork that card: mynalab card fork NAME NEW",
            )
        store.commit(image)


def fork(lab: Lab, name: str, new: str) -> None:
    """Make a second card of the same number, keys and certificates; ``StoreLockedError`` for a card in a reader.

    No real card has a twin. Each of the two has its own counters and its own lock; the register knows only one.
    """
    require_card(lab.paths, name)
    target = lab.paths.card(new)
    with taking_turns(lab.paths.cards), FileStore(lab.paths.card(name)) as store:
        if target.exists():
            raise CardNameError(f"there is a card {new!r} already", hint="choose another name for the twin")
        write_atomically(lab.paths.persona(new), read_part(lab.paths.persona(name)))
        FileStore.create(target, store.load())


def state_of(lab: Lab, name_or_file: str) -> CardImage:
    """The present state of a card, or that in a snapshot; a card's name comes first. For looking only."""
    if name_or_file in lab.paths.card_names():
        return read_image(lab.paths.card(name_or_file))
    if Path(name_or_file).is_file():
        return read_image(Path(name_or_file))
    raise CardNameError(
        f"{name_or_file!r} is neither a card in {lab.paths.root} nor a file",
        hint="list the cards: mynalab card list",
    )
