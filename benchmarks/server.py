"""``python -m benchmarks.server SOCKET CARD``: the least program that keeps a reader with a card up, until SIGTERM."""

import os
import signal
import sys
from pathlib import Path

from cardsim.card import VirtualCard
from cardsim.store import FileStore
from mynalab.virtual_readers import VirtualReaders


def main(socket_path: Path, card_path: Path) -> None:
    """Open the card, serve it."""
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})  # before any thread: sigwait takes it
    with VirtualReaders(socket_path, lambda _: VirtualCard(FileStore(card_path), rng=os.urandom)) as readers:
        readers.add_reader("card")
        signal.sigwait({signal.SIGTERM})


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
