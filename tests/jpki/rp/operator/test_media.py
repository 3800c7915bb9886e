"""A card's certificate or a phone's: the certificate's policy comes first, then the links."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from jpki.ca.authority import Authority
from jpki.kinds import CaKind
from jpki.profiles import TEST
from jpki.rp.operator.ceremonies import Accepted
from jpki.rp.operator.records import Medium
from jpki.verify.trust import TrustAnchor, TrustStore
from tests.jpki.rp.operator.conftest import Shop

PHONE = "1.2.392.200149.8.5.1.1.40"
"""Reported for signing on phones, see ``jpki.profiles``."""
CARD = TEST.sign_policy


@pytest.mark.parametrize(
    ("policy", "linked", "medium"),
    [
        (PHONE, "unheard", Medium.PHONE),
        (PHONE, None, Medium.PHONE),
        (CARD, "phones", Medium.PHONE),
        (CARD, "unheard", None),
        (CARD, None, Medium.CARD),
    ],
    ids=["policy-alone", "policy-before-links", "links-alone", "neither", "links-say-card"],
)
def test_who_says_on_what_a_certificate_lives(
    shop: Shop, make_authority: Callable[..., Authority], policy: str, linked: str | None, medium: Medium | None
) -> None:
    told = replace(TEST, phone_policies=((CaKind.SIGN, PHONE),))
    issuing = make_authority(CaKind.SIGN, hierarchy=replace(TEST, sign_policy=policy))
    auth = shop.authorities[CaKind.AUTH]
    anchors = [
        TrustAnchor.load(CaKind.SIGN, told, issuing.certificate_der),
        TrustAnchor.load(CaKind.AUTH, auth.hierarchy, auth.certificate_der),
    ]
    there = replace(
        shop.with_operator(trust=TrustStore(anchors)), authorities={CaKind.SIGN: issuing, CaKind.AUTH: auth}
    )
    there.pair(11, 12)
    there.publish()
    if linked is not None:
        getattr(there.links, linked).add(there.binding(CaKind.SIGN, 11))
    outcome = there.register(authority=issuing)
    assert isinstance(outcome, Accepted), outcome
    assert outcome.certificate.medium is medium
