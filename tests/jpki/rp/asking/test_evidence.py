"""Very many evidence records, verified again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from jpki.ca.authority import Authority
from jpki.executing.chunks import Chunk
from jpki.kinds import CaKind
from jpki.rp.asking.evidence import MISSING, RecheckEvidence, record_rows
from jpki.verify.archive import DirectoryArchive
from jpki.verify.evidence import record
from jpki.verify.policy import LOG_IN, Policy
from jpki.verify.procedure import verify
from tests.jpki.rp.conftest import NOW, RelyingParty

KEY = b"the lab's key for records"
AT = datetime(2033, 5, 1, tzinfo=UTC)


@pytest.fixture
def write(
    rp: RelyingParty, issue: Callable[..., bytes], keys: list[RSAPrivateKey], tmp_path: Path
) -> Callable[..., Path]:
    """Write the record of a log-in, good or not; lists and roots into the archive."""
    (tmp_path / "archive").mkdir()
    (tmp_path / "records").mkdir()

    def make(name: str, *, message: bytes = b"message", key: bytes | None = KEY) -> Path:
        given: dict[str, Any] = {
            "certificate": issue(CaKind.AUTH),
            "signature": keys[5].sign(b"message", padding.PKCS1v15(), hashes.SHA256()),
            "message": message,
            "trust": rp.trust,
            "policy": Policy(purpose=LOG_IN, revocation=rp.check),
            "now": NOW,
        }
        path = tmp_path / "records" / name
        path.write_bytes(record(verify(**given), **given, key=key, archive=DirectoryArchive(tmp_path / "archive")))
        return path

    return make


@pytest.fixture
def task(rp: RelyingParty, tmp_path: Path) -> RecheckEvidence:
    return RecheckEvidence(anchors=tuple(rp.trust), archive=tmp_path / "archive", key=KEY)


def recheck(task: RecheckEvidence, *paths: Path) -> list[Mapping[str, Any]]:
    return list(task(Chunk(number=0, first=0, rows=list(record_rows(paths)), at=AT)))


@pytest.mark.parametrize(
    ("message", "accepted"), [(b"message", True), (b"another", False)], ids=["accepted", "refused"]
)
def test_a_record_holds_whatever_it_says(
    write: Callable[..., Path], task: RecheckEvidence, message: bytes, accepted: bool
) -> None:
    path = write("one.json", message=message)
    assert recheck(task, path) == [
        {"id": str(path), "state": "holds", "codes": [], "accepted": accepted, "verified_at": "2026-05-01T03:00:00Z"}
    ]


@pytest.mark.parametrize(
    ("spoil", "state", "code"),
    [
        (lambda path: path.write_bytes(path.read_bytes().replace(b"log-in", b"log-on")), "broken", "seal-invalid"),
        (lambda path: path.write_bytes(b"{"), "broken", "unreadable"),
        (lambda path: path.unlink(), "unreadable", MISSING),
    ],
    ids=["changed", "cut", "missing"],
)
def test_a_record_that_does_not_hold(
    write: Callable[..., Path], task: RecheckEvidence, spoil: Callable[[Path], object], state: str, code: str
) -> None:
    path, other = write("a.json"), write("b.json")
    rows = list(record_rows([path, other]))
    spoil(path)
    first, second = task(Chunk(number=0, first=0, rows=rows, at=AT))
    assert first["state"] == state
    assert any(code in one for one in first["codes"])
    assert second["state"] == "holds"


def test_a_record_without_its_data(write: Callable[..., Path], task: RecheckEvidence, tmp_path: Path) -> None:
    path = write("one.json")
    for one in (tmp_path / "archive").iterdir():
        one.unlink()
    [result] = recheck(task, path)
    assert (result["state"], result["codes"]) == ("broken", ["jpki.evidence.data-missing"])


def test_another_root_is_not_believed(
    write: Callable[..., Path], task: RecheckEvidence, rp: RelyingParty, authorities: Mapping[CaKind, Authority]
) -> None:
    sign_alone = tuple(anchor for anchor in rp.trust if anchor.kind is CaKind.SIGN)
    other = RecheckEvidence(anchors=sign_alone, archive=task.archive, key=KEY)
    [result] = recheck(other, write("one.json"))
    assert (result["state"], result["codes"]) == ("broken", ["jpki.evidence.anchor-unknown"])


def test_directories_are_read_in_order(write: Callable[..., Path], tmp_path: Path) -> None:
    paths = [write(name) for name in ("b.json", "a.json")]
    (tmp_path / "records" / "notes.txt").write_text("no record")
    assert [row["id"] for row in record_rows([tmp_path / "records"])] == sorted(map(str, paths))


def test_the_key_is_in_no_repr(task: RecheckEvidence) -> None:
    assert "lab's key" not in repr(task)


def test_a_spoilt_record_cannot_be_read(task: RecheckEvidence) -> None:
    spoilt = task.spoilt({"id": "x", "path": "/x"}, number=0, why="MemoryError")
    assert (spoilt["state"], spoilt["why"]) == ("unreadable", "MemoryError")
