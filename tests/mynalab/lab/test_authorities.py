"""The authorities of a lab, whole and broken."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from jpki.kinds import CaKind
from mynalab.errors import LabBrokenError
from mynalab.lab.authorities import KINDS, authority_of
from mynalab.lab.create import create_lab
from mynalab.lab.generations import LabCa, standing_cas
from mynalab.lab.lab import Lab


def ca_called(lab: Lab, label: str) -> LabCa:
    return next(ca for ca in standing_cas(lab) if ca.label == label)


@pytest.mark.parametrize("suffix", ["", "-earlier", "-first"])
@pytest.mark.parametrize("kind", KINDS)
def test_authority_is_that_of_its_kind(lab: Lab, kind: CaKind, suffix: str) -> None:
    ca = authority_of(lab, ca_called(lab, kind.value + suffix))
    assert ca.kind is kind
    assert "JPKI-TEST" in ca.name.encode().decode("latin-1")


def test_production_names_are_there_only_when_asked_for(tmp_path: Path) -> None:
    moment = datetime(2026, 11, 20, tzinfo=UTC)
    odd = create_lab(tmp_path / "odd", now=moment, seed="a", unsafe_production_names=True)
    assert b"JPKI-TEST" not in authority_of(odd, ca_called(odd, "sign")).certificate_der


@pytest.mark.parametrize("which", ["key", "certificate"])
@pytest.mark.parametrize("content", [b"", b"garbage", b"0\x82\x01\x00", None], ids=["empty", "text", "cut", "other's"])
def test_broken_part_is_named(lab: Lab, which: str, content: bytes | None) -> None:
    paths = (lab.paths.ca_key if which == "key" else lab.paths.ca_certificate)("auth"), lab.paths
    other = (lab.paths.ca_key if which == "key" else lab.paths.ca_certificate)("sign")
    paths[0].write_bytes(other.read_bytes() if content is None else content)
    # A key that is somebody else's is found out by the certificate.
    culprit = lab.paths.ca_certificate("auth") if content is None else paths[0]
    with pytest.raises(LabBrokenError, match=f"^{culprit}: ") as caught:
        authority_of(lab, ca_called(lab, "auth"))
    assert "mynalab lab init" in caught.value.hint
