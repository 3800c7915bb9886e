"""The records of one specimen, signed below a chain of three."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from apdu.layout.record_tlv import LengthForm
from jpki.cv.authority import CvAuthority
from jpki.cv.certificate import CvCertificate
from jpki.cv.chain import CvTrust
from jpki.cv.key_id import LAB_INTERMEDIATE, LAB_ROOT, lab_municipality
from jpki.holder import Holder
from jpki.records.face import FacePictures, issue_face_files
from jpki.records.text import issue_text_files

PICTURES = FacePictures(name=b"N" * 300, address=b"A" * 90, photo=b"P" * 2000, security_code=b"S", my_number=b"M" * 99)


def fixed_bytes(count: int) -> bytes:
    """A source of randomness that always says the same."""
    return hashlib.shake_128(b"records").digest(count)


@pytest.fixture(scope="session")
def root(keys: list[RSAPrivateKey]) -> CvAuthority:
    """The root that is trusted."""
    return CvAuthority.create_root(LAB_ROOT, keys[0])


@pytest.fixture(scope="session")
def intermediate(root: CvAuthority, keys: list[RSAPrivateKey]) -> CvAuthority:
    """The authority between."""
    return root.certify(LAB_INTERMEDIATE, keys[1])


@pytest.fixture(scope="session")
def signer(intermediate: CvAuthority, keys: list[RSAPrivateKey]) -> CvAuthority:
    """The municipality."""
    return intermediate.certify(lab_municipality("99201"), keys[2])


@pytest.fixture(scope="session")
def trust(root: CvAuthority) -> CvTrust:
    """Trusts the root alone."""
    return CvTrust([root.certificate])


@pytest.fixture(scope="session")
def between(intermediate: CvAuthority) -> tuple[CvCertificate, ...]:
    """What the card manager gives."""
    return (intermediate.certificate,)


@pytest.fixture(scope="session")
def make_text(holder: Holder, signer: CvAuthority, keys: list[RSAPrivateKey]) -> Callable[..., dict[int, bytes]]:
    """The files of the text application, any argument changed."""

    def make(**changes: Any) -> dict[int, bytes]:
        arguments: dict[str, Any] = {
            "holder": holder,
            "my_number": "123456789010",
            "signer": signer,
            "internal_key": keys[3].public_key(),
            "session_key": keys[4].public_key(),
            "form": LengthForm.SHORT,
            "rng": fixed_bytes,
        }
        return issue_text_files(**arguments | changes)

    return make


@pytest.fixture(scope="session")
def make_face(holder: Holder, signer: CvAuthority, keys: list[RSAPrivateKey]) -> Callable[..., dict[int, bytes]]:
    """The files of the face application, any argument changed."""

    def make(**changes: Any) -> dict[int, bytes]:
        arguments: dict[str, Any] = {
            "holder": holder,
            "pictures": PICTURES,
            "expiry": date(2036, 4, 15),
            "signer": signer,
            "internal_key": keys[5].public_key(),
            "form": LengthForm.SHORT,
            "rng": fixed_bytes,
        }
        return issue_face_files(**arguments | changes)

    return make


@pytest.fixture(scope="session")
def text_files(make_text: Callable[..., dict[int, bytes]]) -> dict[int, bytes]:
    """The specimen's."""
    return make_text()


@pytest.fixture(scope="session")
def face_files(make_face: Callable[..., dict[int, bytes]]) -> dict[int, bytes]:
    """The specimen's."""
    return make_face()
