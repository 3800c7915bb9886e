"""How a certificate stands for people: what the register says, until the certificate is over."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from jpki.kinds import CaKind
from jpki.reasons import RevocationReason
from mynalab.lab.lab import Lab
from mynalab.lab.register import open_register
from mynalab.lab.revoke import revoke_card
from mynalab.lab.standing import standing

NOW = datetime(2026, 11, 20, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def stands(lab: Lab, after_its_end: timedelta) -> str:
    with open_register(lab) as register:
        (certificate,) = register.certificates(card="alice", kind=CaKind.AUTH)
        at = certificate.not_after + after_its_end
        return standing(certificate, register.status(certificate.id, at=at), at=at)


@pytest.mark.parametrize(("after", "word"), [(-SECOND, "good"), (0 * SECOND, "good"), (SECOND, "expired")])
def test_its_last_second_belongs_to_it(lab: Lab, after: timedelta, word: str) -> None:
    assert stands(lab, after) == word


def test_what_was_revoked_stays_revoked(lab: Lab) -> None:
    revoke_card(lab, "alice", kinds=[CaKind.AUTH], reason=RevocationReason.KEY_COMPROMISE, now=NOW)
    assert stands(lab, SECOND) == "revoked"
