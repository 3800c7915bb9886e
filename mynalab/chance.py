"""Where chance enters the lab: a seed that describes it for ever, or the operating system."""

from __future__ import annotations

import hashlib
import os

from apdu.ports import RandomBytes


def system_random(count: int) -> bytes:
    """``count`` bytes of the operating system's generator: nonces and card challenges, never lab content."""
    return os.urandom(count)


def seeded_random(seed: str, label: str) -> RandomBytes:
    """A stream that ``seed`` and ``label`` determine: SHA-256 in counter mode. Reproducible, hence not secret."""
    prefix = hashlib.sha256(f"{seed}\0{label}".encode()).digest()
    counter = 0
    pool = b""

    def read(count: int) -> bytes:
        nonlocal counter, pool
        while len(pool) < count:
            pool += hashlib.sha256(prefix + counter.to_bytes(8)).digest()
            counter += 1
        taken, pool = pool[:count], pool[count:]
        return taken

    return read


def seeded_number(seed: str, label: str, below: int) -> int:
    """One number in 0..below-1 that ``seed`` and ``label`` determine."""
    return int.from_bytes(seeded_random(seed, label)(16)) % below
