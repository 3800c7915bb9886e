"""What the CAs of a lab certify for one card."""

from __future__ import annotations

import pytest
from cryptography import x509

from jpki.kinds import CaKind
from mynalab.lab.issue import issue_card
from mynalab.lab.lab import Lab
from mynalab.lab.register import open_register
from mynalab.persona import load_persona


@pytest.mark.parametrize(
    "persona",
    ["adult-resident", "foreign-resident", "leap-day-birthday", "unknown-birth-date", "teenager", "renewed", "moved"],
)
def test_signing_certificate_ends_when_the_authentication_certificate_does(lab: Lab, persona: str) -> None:
    """地方公共団体情報システム機構, FAQ of 公的個人認証: both live until the same birthday or the card's end."""
    issue_card(lab, name="bob", persona=load_persona(persona), now=lab.settings.created)
    ends: dict[CaKind, list[object]] = {CaKind.AUTH: [], CaKind.SIGN: []}
    with open_register(lab) as register:
        issued = register.certificates(card="bob")
    for one in issued:
        ends[one.id.kind].append(x509.load_der_x509_certificate(one.certificate_der).not_valid_after_utc)
    assert ends[CaKind.SIGN]
    assert ends[CaKind.SIGN] == ends[CaKind.AUTH]
