"""What a card signs over a challenge of the operator's: byte for byte, so that it can mean nothing else."""

from __future__ import annotations

from hashlib import sha256

import pytest

from jpki.rp.errors import OriginError
from jpki.rp.operator.challenges import give_challenge
from jpki.rp.operator.records import Act
from tests.jpki.rp.bank import NOW
from tests.jpki.rp.operator.conftest import ORIGIN, Shop


@pytest.mark.parametrize("act", Act, ids=lambda one: one.value)
def test_the_message_names_purpose_tenant_origin_nonce_expiry_and_text(shop: Shop, act: Act) -> None:
    given = give_challenge(shop.desk, act, ORIGIN, NOW, shop.rng)
    assert given.message == b"".join(
        (
            f"mynalab operator {act.value} v1\0".encode(),
            sha256(b"bank").digest(),
            sha256(ORIGIN.encode()).digest(),
            sha256(given.nonce).digest(),
            int(given.expires_at.timestamp()).to_bytes(8),
            sha256(given.text.encode()).digest(),
        )
    )
    assert bool(given.text) is (act is Act.CONSENT)


def test_an_origin_has_its_one_form(shop: Shop) -> None:
    with pytest.raises(OriginError):
        give_challenge(shop.desk, Act.LOG_IN, "https://BANK.example/", NOW, shop.rng)
