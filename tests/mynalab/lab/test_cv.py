"""The lab's card-verifiable chain: made once, read afterwards, broken with a sentence."""

from __future__ import annotations

from pathlib import Path

import pytest

from jpki.cv.certificate import CvCertificate
from jpki.cv.key_id import LAB_INTERMEDIATE, LAB_ROOT, lab_municipality
from mynalab.errors import LabBrokenError
from mynalab.lab.create import create_lab
from mynalab.lab.cv import cv_chain, cv_trust
from mynalab.lab.lab import Lab


def test_the_chain_leads_from_the_root_to_the_municipality(lab: Lab) -> None:
    chain = cv_chain(lab, "99201")
    assert (chain.root.subject, chain.intermediate.subject) == (LAB_ROOT, LAB_INTERMEDIATE)
    assert chain.signer.certificate.subject == lab_municipality("99201")
    assert cv_trust(lab).check(chain.signer.certificate, [chain.intermediate]) is None


def test_it_is_made_once(lab: Lab) -> None:
    assert cv_chain(lab, "99201").signer.certificate == cv_chain(lab, "99201").signer.certificate


def test_every_municipality_has_its_own_certificate(lab: Lab) -> None:
    assert cv_chain(lab, "99202").signer.certificate.subject == lab_municipality("99202")


def test_the_same_seed_gives_the_same_chain(lab: Lab, tmp_path: Path) -> None:
    other = create_lab(tmp_path / "other", now=lab.settings.created, seed=lab.settings.seed)
    assert cv_chain(other, "99201") is not None
    assert cv_chain(other, "99201").signer.certificate == cv_chain(lab, "99201").signer.certificate


def test_fresh_keys_stay_those_of_the_lab(lab: Lab, tmp_path: Path) -> None:
    other = create_lab(tmp_path / "other", now=lab.settings.created, fresh_keys=True)
    first = cv_chain(other, "99201")
    assert first.root == cv_chain(other, "99202").root
    assert first.root != cv_chain(lab, "99201").root


def test_keys_are_private_files(lab: Lab) -> None:
    assert {path.stat().st_mode & 0o777 for path in lab.paths.ca_keys.glob("cv-*.key")} == {0o600}


@pytest.mark.parametrize("name", ["cv-root", "cv-intermediate", "cv-99201"])
def test_a_damaged_certificate_is_named(lab: Lab, name: str) -> None:
    path = lab.paths.cv_certificate(name)
    path.write_bytes(b"x")
    with pytest.raises(LabBrokenError, match=name):
        cv_chain(lab, "99201")


def test_a_key_that_is_gone_is_named(lab: Lab) -> None:
    lab.paths.ca_key("cv-root").unlink()
    with pytest.raises(LabBrokenError, match=r"cv-root\.key"):
        cv_chain(lab, "99201")


def test_a_root_that_is_none_is_not_trusted(lab: Lab) -> None:
    path = lab.paths.cv_certificate("cv-root")
    path.write_bytes(lab.paths.cv_certificate("cv-intermediate").read_bytes())
    with pytest.raises(LabBrokenError, match="no root"):
        cv_trust(lab)


def test_the_published_files_are_card_verifiable_certificates(lab: Lab) -> None:
    found = {CvCertificate.decode(path.read_bytes()).subject for path in lab.paths.public.glob("*.cvc")}
    assert found == {LAB_ROOT, LAB_INTERMEDIATE, lab_municipality("99201")}
