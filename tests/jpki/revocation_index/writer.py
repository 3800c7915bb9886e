"""A process that builds an index over and over until it is killed: python -m tests.jpki.revocation_index.writer DIR"""

from __future__ import annotations

import base64
import sys
from itertools import cycle
from pathlib import Path

from jpki.keys import load_private_key
from jpki.revocation_index.build import build_index, pieces_of
from tests.jpki.revocation_index.conftest import Forge

KEYS = Path(__file__).parents[3] / "fixtures" / "keys" / "rsa2048.txt"


def main(directory: Path) -> None:
    """Say a word once the first index was replaced, and go on."""
    first = next(line for line in KEYS.read_text("utf-8").splitlines() if not line.startswith("#"))
    forge = Forge(load_private_key(base64.b64decode(first)))
    for label in cycle("10"):
        build_index(directory / "idx", pieces_of(directory / f"{label}.crl"), issuer=forge)
        print("replaced", flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
