"""A chain of three for the tests of ``jpki.cv``."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from jpki.cv.authority import CvAuthority
from jpki.cv.key_id import LAB_INTERMEDIATE, LAB_ROOT, lab_municipality


@pytest.fixture(scope="session")
def root(keys: list[RSAPrivateKey]) -> CvAuthority:
    """The root of the lab's shape."""
    return CvAuthority.create_root(LAB_ROOT, keys[0])


@pytest.fixture(scope="session")
def intermediate(root: CvAuthority, keys: list[RSAPrivateKey]) -> CvAuthority:
    """The intermediate below it."""
    return root.certify(LAB_INTERMEDIATE, keys[1])


@pytest.fixture(scope="session")
def municipality(intermediate: CvAuthority, keys: list[RSAPrivateKey]) -> CvAuthority:
    """The municipality that signs records."""
    return intermediate.certify(lab_municipality("99201"), keys[2])
