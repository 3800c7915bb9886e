"""A process of its own: so many cards alive, and what each takes beyond its image. Prints one JSON object."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from apdu.layout import jpki
from benchmarks.cards import BEFORE_SIGNING, SIGN_BLOCK, lab_image
from cardsim.card import VirtualCard
from cardsim.image import decode_image, encode_image
from cardsim.store import MemoryStore

_PAGES_RESIDENT = 1  # second number of /proc/self/statm: proc_pid_statm(5)


def resident_bytes() -> int:
    """Memory of this process that is in RAM."""
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[_PAGES_RESIDENT])
    return pages * os.sysconf("SC_PAGE_SIZE")


def main(count: int) -> None:
    """Measure before there is a card, and when each of them has signed and keeps its PIN verified."""
    raw = encode_image(lab_image())
    images = [decode_image(raw) for _ in range(count)]
    before = resident_bytes()
    cards = [VirtualCard(MemoryStore(image), rng=os.urandom) for image in images]
    for card in cards:
        for command in BEFORE_SIGNING:
            assert card.process(command) == b"\x90\x00"
        assert len(card.process(SIGN_BLOCK)) == jpki.SIGNATURE_SIZE + 2
    after = resident_bytes()
    print(json.dumps({"cards": len(cards), "image_bytes": len(raw), "bytes_a_card": (after - before) / count}))


if __name__ == "__main__":
    main(int(sys.argv[1]))
