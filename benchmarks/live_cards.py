"""A process of its own: so many cards alive, and what each takes beyond its image. Prints one JSON object.

The cards are as a lab issues them, every application filled. An image is what a card's file holds, decoded, each its
own in memory; beyond it is all that a card in use adds: the object, its session, the private key that has signed, and
what of the image was written anew as the tries of its PINs were counted.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from apdu.command import Command
from apdu.layout import common, face, jpki, juki, text
from benchmarks.cards import BEFORE_SIGNING, OK, SIGN_BLOCK, select_file
from cardsim.card import VirtualCard
from cardsim.image import decode_image, encode_image
from cardsim.store import MemoryStore, read_image
from mynalab.lab.create import create_lab
from mynalab.lab.issue import issue_card
from mynalab.persona import parse_persona
from mynalab.resources import persona_files

_NOW = datetime(2026, 4, 1, tzinfo=UTC)
_BEFORE_ATTRIBUTES = (
    Command(cla=0x00, ins=0xA4, p1=0x04, p2=0x0C, data=text.AID).encode(),
    select_file(text.PIN),
    Command(cla=0x00, ins=0x20, p1=0x00, p2=0x80, data=b"1234").encode(),
    select_file(text.ATTRIBUTES),
)
_PAGES_RESIDENT = 1  # second number of /proc/self/statm: proc_pid_statm(5)


def resident_bytes() -> int:
    """Memory of this process that is in RAM."""
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[_PAGES_RESIDENT])
    return pages * os.sysconf("SC_PAGE_SIZE")


def filled_image() -> bytes:
    """The image of a card with every application, as its file has it."""
    persona = parse_persona(persona_files()["adult-resident"].read_text("utf-8"), origin="adult-resident")
    with tempfile.TemporaryDirectory(prefix="mynalab-bench-") as directory:
        lab = create_lab(Path(directory) / "lab", now=_NOW, seed="bench")
        image = read_image(issue_card(lab, name="live", persona=persona, now=_NOW).path)
    missing = {text.AID, face.AID, juki.AID, common.AID, jpki.AID} - image.applications.keys()
    assert not missing, missing
    assert image.free_area is not None
    return encode_image(image)


def use(card: VirtualCard) -> None:
    """Read the attributes behind the PIN of the text application, then sign: the card keeps the key and the log-in."""
    for command in (*_BEFORE_ATTRIBUTES, *BEFORE_SIGNING):
        assert card.process(command) == OK, command.hex()
    assert len(card.process(SIGN_BLOCK)) == jpki.SIGNATURE_SIZE + len(OK)


def main(count: int) -> None:
    """Measure before there is a card, and when each of them has been used."""
    raw = filled_image()
    use(VirtualCard(MemoryStore(decode_image(raw)), rng=os.urandom))  # what the first one loads is no card's own
    before_images = resident_bytes()
    images = [decode_image(raw) for _ in range(count)]
    before = resident_bytes()
    cards = [VirtualCard(MemoryStore(image), rng=os.urandom) for image in images]
    for card in cards:
        use(card)
    after = resident_bytes()
    answer = {
        "cards": len(cards),
        "image_bytes": (before - before_images) / count,
        "file_bytes": len(raw),
        "bytes_a_card": (after - before) / count,
    }
    print(json.dumps(answer))


if __name__ == "__main__":
    main(int(sys.argv[1]))
