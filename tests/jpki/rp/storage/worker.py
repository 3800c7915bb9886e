"""A process of a relying party: ``python worker.py PLACE take|enrol …``; it says what it did on its standard output.

take FILE     try every challenge in FILE once, say the ones that were fresh
enrol NAME    bind one certificate of a customer of its own after another until it is killed
"""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from itertools import count
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[4]))

from jpki.kinds import CaKind
from jpki.rp.challenges import Pending, Taken
from jpki.rp.statement import Statement, StatementKind
from jpki.rp.storage.store import SqlStore

NOW = datetime(2026, 5, 1, 3, 0, tzinfo=UTC)


def say(*words: object) -> None:
    """One line, at once."""
    sys.stdout.write(" ".join(map(str, words)) + "\n")
    sys.stdout.flush()


def pending(nonce: int) -> Pending:
    """The challenge of a number."""
    statement = Statement(
        kind=StatementKind.LOG_IN,
        origin="https://bank.example",
        nonce=nonce.to_bytes(32),
        expires_at=NOW + timedelta(minutes=5),
    )
    return Pending(statement=statement, begun_at=NOW)


def take(store: SqlStore, file: str) -> None:
    """Ask for each."""
    for nonce in json.loads(Path(file).read_text("ascii")):
        if store.challenges.take(pending(nonce), now=NOW) is Taken.FRESH:
            say("fresh", nonce)


def enrol(store: SqlStore, name: str) -> None:
    """A customer with both certificates and evidence, all or nothing; said when it is committed."""
    for number in count():
        user_id = f"{name}-{number}"
        with store.unit() as unit:
            unit.lock_bindings()
            unit.add_customer(user_id, at=NOW)
            for kind in CaKind:
                handle = sha256(f"{user_id} {kind}".encode()).digest()
                unit.bind(
                    user_id, kind, handle=handle, authority=b"a", bond=b"b", not_after=NOW + timedelta(days=1), at=NOW
                )
            unit.add_evidence(user_id, "enrol", at=NOW, keep_until=NOW, digest=b"d", sealed=b"s")
        say("enrolled", user_id)


if __name__ == "__main__":
    place, what, argument = sys.argv[1:]
    with SqlStore(place if "://" in place else Path(place)) as opened:
        say("ready")
        {"take": take, "enrol": enrol}[what](opened, argument)
