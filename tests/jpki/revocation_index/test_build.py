"""Making the file: whole or not at all, by one process at a time."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path

import pytest

from jpki.ca.authority import Authority
from jpki.ca.crl import CrlEntry, build_crl
from jpki.kinds import CaKind
from jpki.reasons import RevocationReason
from jpki.revocation_index.build import build_index, pieces_of, update_index
from jpki.revocation_index.crl_stream import BLOCK_SIZE
from jpki.revocation_index.errors import (
    CrlRefusedError,
    IndexDamagedError,
    IndexLockedError,
    IndexMissingError,
    IndexUnwritableError,
)
from jpki.revocation_index.mapped import MappedIndex
from jpki.revocation_index.storage import writing
from tests.jpki.revocation_index.conftest import NOW, Forge, entry


def names(directory: Path) -> list[str]:
    """What stands in a directory."""
    return sorted(each.name for each in directory.iterdir())


def test_only_the_index_is_left(forge: Forge, tmp_path: Path) -> None:
    index = build_index(tmp_path / "idx", [forge.crl([entry(7)])], issuer=forge)
    index.verify()
    assert names(tmp_path) == ["idx"]
    assert (tmp_path / "idx").stat().st_mode & 0o777 == 0o600


def test_the_same_list_makes_the_same_bytes(forge: Forge, tmp_path: Path) -> None:
    raw = forge.crl(entry(serial) for serial in (9, 7, 8))
    for label in "ab":
        build_index(tmp_path / label, [raw], issuer=forge)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_a_refused_list_leaves_nothing(forge: Forge, tmp_path: Path) -> None:
    with pytest.raises(CrlRefusedError):
        build_index(tmp_path / "idx", [forge.crl([entry(7)])[:-1]], issuer=forge)
    assert names(tmp_path) == []


@pytest.mark.parametrize("serials", [(7, 7), (2**100, 2**100), (7, 8, 7), (2**63, 7, 2**63)], ids=str)
def test_a_serial_number_listed_twice_is_refused(forge: Forge, tmp_path: Path, serials: tuple[int, ...]) -> None:
    with pytest.raises(CrlRefusedError, match=f"serial number {serials[-1]} is listed twice"):
        build_index(tmp_path / "idx", [forge.crl(entry(serial) for serial in serials)], issuer=forge)


def test_no_directory(forge: Forge, tmp_path: Path) -> None:
    with pytest.raises(IndexUnwritableError, match="No such file") as caught:
        build_index(tmp_path / "none" / "idx", [forge.crl()], issuer=forge)
    assert caught.value.path == tmp_path / "none" / "idx"


def test_a_list_that_cannot_be_read_is_the_reader_s_own_error(forge: Forge, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        build_index(tmp_path / "idx", pieces_of(tmp_path / "none.crl"), issuer=forge)
    assert names(tmp_path) == []


def test_a_damaged_index_is_not_updated_but_built_anew(forge: Forge, tmp_path: Path) -> None:
    """What stood there could have told of a step back: somebody has to decide."""
    (tmp_path / "idx").write_bytes(b"damaged")
    with pytest.raises(IndexDamagedError):
        update_index(tmp_path / "idx", [forge.crl()], issuer=forge)
    assert (tmp_path / "idx").read_bytes() == b"damaged"
    assert len(build_index(tmp_path / "idx", [forge.crl()], issuer=forge)) == 0


def test_one_writes_at_a_time(forge: Forge, tmp_path: Path) -> None:
    with writing(tmp_path / "idx"), pytest.raises(IndexLockedError):
        build_index(tmp_path / "idx", [forge.crl()], issuer=forge)
    assert len(build_index(tmp_path / "idx", [forge.crl()], issuer=forge)) == 0


LITTLE_ROOM = """
import resource, signal, sys
from pathlib import Path
from jpki.revocation_index.errors import IndexUnwritableError
from jpki.revocation_index.storage import writing
import numpy
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (8192, 8192))
try:
    with writing(Path(sys.argv[1])) as file:
        file.publish(bytes(4096), {"words": numpy.zeros(4096, numpy.uint64)})
except IndexUnwritableError as error:
    print(error)
"""


def test_a_full_disk_leaves_the_index_before(forge: Forge, tmp_path: Path) -> None:
    path = tmp_path / "idx"
    build_index(path, [forge.crl([entry(7)])], issuer=forge)
    stood = path.read_bytes()
    ran = subprocess.run([sys.executable, "-c", LITTLE_ROOM, path], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == f"the index {path} cannot be written: File too large"
    assert path.read_bytes() == stood
    assert names(tmp_path) == ["idx"]


@pytest.fixture(scope="module")
def long_lists(forge: Forge) -> list[bytes]:
    """Two lists of a length that takes a few milliseconds to read."""
    entries = [entry(serial) for serial in range(1, 20_000)]
    return [forge.crl(entries, number=number) for number in (1, 2)]


@pytest.mark.parametrize("delay_ms", [0, 1, 2, 3, 5, 8, 13, 21, 34])
def test_a_killed_writer_leaves_an_index_that_is_whole(
    forge: Forge, long_lists: list[bytes], tmp_path: Path, delay_ms: int
) -> None:
    path = tmp_path / "idx"
    for number, raw in enumerate(long_lists):
        (tmp_path / f"{number}.crl").write_bytes(raw)
    build_index(path, [long_lists[0]], issuer=forge)
    writer = subprocess.Popen(
        [sys.executable, "-m", "tests.jpki.revocation_index.writer", tmp_path],
        cwd=Path(__file__).parents[3],
        stdout=subprocess.PIPE,
    )
    assert writer.stdout is not None
    writer.stdout.readline()  # it is at work, over and over
    time.sleep(delay_ms / 1000)
    writer.send_signal(signal.SIGKILL)
    writer.wait()
    writer.stdout.close()
    index = MappedIndex.open(path)
    index.verify()
    assert len(index) == 19_999
    assert len(build_index(path, [forge.crl()], issuer=forge)) == 0  # no lock and no litter stands in the way
    assert names(tmp_path) == ["0.crl", "1.crl", "idx"]


def make_entries(count: int) -> Iterable[CrlEntry]:
    rng = random.Random(3)
    serial = 10**6
    for _ in range(count):
        serial += rng.randrange(1, 200)
        revoked_at = NOW - timedelta(seconds=rng.randrange(10**8))
        yield CrlEntry(serial=serial, revoked_at=revoked_at, reason=RevocationReason(rng.randrange(7)))


def test_a_hundred_thousand_entries_of_our_own(authorities: dict[CaKind, Authority], tmp_path: Path) -> None:
    """Every one of a list that fills several blocks comes back as it went in."""
    from jpki.verify.trust import TrustAnchor

    authority = authorities[CaKind.AUTH]
    entries = list(make_entries(100_000))
    raw = build_crl(authority, entries=entries, number=1, this_update=NOW, next_update=NOW + timedelta(days=2))
    assert len(raw) > 3 * BLOCK_SIZE
    anchor = TrustAnchor.load(authority.kind, authority.hierarchy, authority.certificate_der)
    (tmp_path / "crl").write_bytes(raw)
    index = build_index(tmp_path / "idx", pieces_of(tmp_path / "crl"), issuer=anchor)
    told = [(each.serial, each.revoked_at, each.reason) for each in index.entries()]
    assert told == [(each.serial, each.revoked_at, each.reason) for each in entries]


def test_no_index_where_nothing_was_built(tmp_path: Path) -> None:
    with pytest.raises(IndexMissingError):
        MappedIndex.open(tmp_path / "idx")
