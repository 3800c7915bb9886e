"""The lab's relying party: it trusts the lab's CAs, reads the CRLs that they publish, and keeps no one's data."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from apdu.ports import Channel
from jpki.client.session import CardSession
from jpki.rp.challenges import MemoryChallengeStore
from jpki.rp.contract import ContractCeremony, ContractResult
from jpki.rp.contract import answer as answer_contract
from jpki.rp.login import LoginCeremony, LoginResult
from jpki.rp.login import answer as answer_login
from jpki.verify.errors import TrustAnchorError
from jpki.verify.ocsp import OcspRevocationCheck
from jpki.verify.policy import DOCUMENT_SIGNATURE, LOG_IN, Policy, Purpose
from jpki.verify.preference import Preference, PreferredRevocationCheck
from jpki.verify.revocation import CrlRevocationCheck, RevocationCheck
from jpki.verify.trust import TrustAnchor, TrustStore
from mynalab.chance import system_random
from mynalab.errors import LabBrokenError
from mynalab.lab.authorities import hierarchy
from mynalab.lab.files import read_part
from mynalab.lab.generations import LabCa, publishing_cas, standing_cas
from mynalab.lab.lab import Lab
from mynalab.lab.publish import publish_due_crls
from mynalab.lab.register import open_register
from mynalab.lab.responder import LabResponder

DEFAULT_ORIGIN = "https://rp.mynalab.invalid"
"""A name that never resolves (RFC 2606 clause 2)."""


def trust_store(lab: Lab) -> TrustStore:
    """The lab's roots, each under its own kind."""
    return TrustStore([anchor_of(lab, ca) for ca in standing_cas(lab)])


def anchor_of(lab: Lab, ca: LabCa) -> TrustAnchor:
    """A root of the lab, as its relying party trusts it; ``LabBrokenError`` when it has not that shape."""
    try:
        return TrustAnchor.load(ca.kind, hierarchy(lab.settings, ca.algorithm), ca.certificate_der)
    except TrustAnchorError as error:
        raise LabBrokenError(
            f"{lab.paths.ca_certificate(ca.label)}: {error}",
            hint="restore the file, or make another lab: mynalab lab init DIR",
        ) from error


def log_in(
    lab: Lab,
    channel: Channel,
    pin: str,
    *,
    now: datetime,
    origin: str = DEFAULT_ORIGIN,
    preference: Preference = Preference.CRL_ONLY,
) -> LoginResult:
    """One whole log-in: challenge, answer by the card, verdict. ``JpkiError`` when the card does not answer."""
    with revocation_check(lab, now, preference) as revocation:
        ceremony = LoginCeremony(
            origin,
            trust=trust_store(lab),
            policy=Policy(purpose=LOG_IN, revocation=revocation),
            challenges=MemoryChallengeStore(),
        )
        challenge, pending = ceremony.begin(now, system_random)
        response = answer_login(challenge, CardSession.open(channel), pin=pin, origin=origin, now=now)
        return ceremony.complete(pending, response, now)


def sign_contract(
    lab: Lab,
    channel: Channel,
    pin: str,
    text: str,
    *,
    now: datetime,
    origin: str = DEFAULT_ORIGIN,
    preference: Preference = Preference.CRL_ONLY,
) -> ContractResult:
    """One whole signing of ``text``: request, signature by the card, verdict with the four attributes."""
    with revocation_check(lab, now, preference) as revocation:
        ceremony = ContractCeremony(
            origin,
            trust=trust_store(lab),
            policy=Policy(purpose=DOCUMENT_SIGNATURE, revocation=revocation),
            challenges=MemoryChallengeStore(),
        )
        request, pending = ceremony.begin(text, now, system_random)
        response = answer_contract(request, CardSession.open(channel), pin=pin, origin=origin, now=now)
        return ceremony.complete(pending, response, now)


@contextmanager
def revocation_check(lab: Lab, now: datetime, preference: Preference) -> Iterator[RevocationCheck]:
    """Today's lists, the lab's own responder, or both, as preferred."""
    crl = _todays_lists(lab, now)
    if preference is Preference.CRL_ONLY:
        yield crl
        return
    with open_register(lab) as register:
        responder = LabResponder(lab, register)

        def ask(request: bytes, *, issuer: TrustAnchor, now: datetime) -> bytes:  # noqa: ARG001
            return responder.answer(request, at=now).der

        ocsp = OcspRevocationCheck(ask, rng=system_random)
        yield PreferredRevocationCheck(preference, crl=crl, ocsp=ocsp)


def policy_for(lab: Lab, purpose: Purpose, now: datetime) -> Policy:
    """By today's lists."""
    return Policy(purpose=purpose, revocation=_todays_lists(lab, now))


def _todays_lists(lab: Lab, now: datetime) -> CrlRevocationCheck:
    """The CAs publish them first where yesterday's still stand."""
    publish_due_crls(lab, now=now)
    return CrlRevocationCheck(read_part(lab.paths.crl(ca.label)) for ca in publishing_cas(lab, now))
