"""A token of SoftHSM for each test, or one with a key of each kind for all that change nothing."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from jpki.algorithms import KEY_ALGORITHMS
from jpki.tokens.keys import TokenKeyName
from jpki.tokens.token import Pkcs11Signer, Pkcs11Token
from tests.softhsm import MODULE, PIN, SoftHsm, configured


@pytest.fixture(scope="session")
def softhsm() -> Iterator[SoftHsm]:
    """The directory of tokens that the module in this process reads."""
    with configured() as found:
        yield found


@pytest.fixture
def token(softhsm: SoftHsm) -> Pkcs11Token:
    """A new, empty token."""
    return Pkcs11Token(MODULE, softhsm.make_token(), pin=lambda: PIN)


@pytest.fixture(scope="session")
def lasting_signers(softhsm: SoftHsm) -> dict[str, Pkcs11Signer]:
    """A key of each algorithm on one token."""
    token = Pkcs11Token(MODULE, softhsm.make_token(), pin=lambda: PIN)
    return {
        algorithm.name: token.generate(TokenKeyName(label=algorithm.name, id=b"\x01"), algorithm)
        for algorithm in KEY_ALGORITHMS
    }
