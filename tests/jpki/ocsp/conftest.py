"""The desk as a fixture."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from jpki.ca.authority import Authority
from jpki.keys import load_private_key
from jpki.kinds import CaKind
from jpki.ocsp.status import GOOD, revoked
from tests.jpki.ocsp.desk import GOOD_SERIAL, HELD_SERIAL, HELD_SINCE, HOLD, MOVED, MOVED_SERIAL, Desk, Register

POOL = Path(__file__).parents[3] / "fixtures" / "keys" / "rsa2048.txt"


@pytest.fixture
def desk(authorities: Mapping[CaKind, Authority], make_authority: Callable[..., Authority]) -> Desk:
    """A desk with three certificates of each authority: good, held, revoked after a move."""
    encoded = [line for line in POOL.read_text("utf-8").splitlines() if not line.startswith("#")]
    later = {kind: make_authority(kind, generation=1) for kind in CaKind}
    register = Register()
    for authority in (*authorities.values(), *later.values()):
        for serial in (GOOD_SERIAL, HELD_SERIAL, MOVED_SERIAL):
            register.record(authority.key_id, serial, authority.not_before, GOOD)
        register.record(authority.key_id, HELD_SERIAL, HELD_SINCE, revoked(HELD_SINCE, HOLD))
        register.record(authority.key_id, MOVED_SERIAL, HELD_SINCE, revoked(HELD_SINCE, MOVED))
    key, stranger = (load_private_key(base64.b64decode(line)) for line in encoded[6:8])
    return Desk(authorities=authorities, next_generation=later, register=register, key=key, stranger=stranger)
