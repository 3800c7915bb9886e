"""Enrolment: both certificates of a card in one session, each bound to the other, become one customer.

What either key signs is the session's statement (``jpki.rp.statement``), which key it is, and SHA-256 over both
certificates: neither half can be taken over into another session or put beside another certificate.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Final

from apdu.ports import RandomBytes
from jpki.kinds import CaKind
from jpki.rp.ceremony import Challenge, SignedResponse, Signer, check_challenge
from jpki.rp.challenges import Pending
from jpki.rp.desk import Desk, new_user_id
from jpki.rp.errors import ChallengeError
from jpki.rp.evidence import Signed, leave_evidence
from jpki.rp.findings import RpFinding, rp_finding
from jpki.rp.following import Known, Presented, bind, follow, resolve
from jpki.rp.interfaces import Unit, UnsafeNoLinks
from jpki.rp.outcome import CustomerOutcome, noted
from jpki.rp.statement import Statement, StatementKind
from jpki.verify.policy import DOCUMENT_SIGNATURE, LOG_IN
from jpki.verify.procedure import Verdict

_PURPOSES: Final = {CaKind.AUTH: LOG_IN, CaKind.SIGN: DOCUMENT_SIGNATURE}


@dataclass(frozen=True, slots=True, kw_only=True)
class EnrolmentResponse:
    """What travels back: one response of each key."""

    auth: SignedResponse
    sign: SignedResponse

    def of(self, kind: CaKind) -> SignedResponse:
        """That of one key."""
        return self.auth if kind is CaKind.AUTH else self.sign


class EnrolmentCeremony:
    """Enrolment at one desk. Built once, shared by threads."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._ceremony = desk.ceremony(StatementKind.ENROL)

    def begin(self, now: datetime, rng: RandomBytes) -> tuple[Challenge, Pending]:
        """A new challenge for the client, and what the server keeps in the user's session."""
        return self._ceremony.begin(now, rng)

    def complete(
        self, pending: Pending, response: EnrolmentResponse, now: datetime, rng: RandomBytes
    ) -> CustomerOutcome:
        """Judge both halves, then store the customer; on any refusal nothing is stored."""
        flaw = self._ceremony.take(pending, now)
        if flaw is not None:
            return _refused((Verdict(findings=(flaw,)),))
        verdicts = {kind: self._judge(kind, pending, response, now) for kind in (CaKind.AUTH, CaKind.SIGN)}
        if not all(one.ok for one in verdicts.values()):
            return _refused(tuple(verdicts.values()))
        presented = {kind: self._presented(one, now) for kind, one in verdicts.items()}
        pair = self._pair(presented, now)
        if pair is not None:
            return _refused(tuple(verdicts.values()), pair)
        return noted(self._store(pending, response, verdicts, presented, now, rng))

    def _judge(self, kind: CaKind, pending: Pending, response: EnrolmentResponse, now: datetime) -> Verdict:
        half = response.of(kind)
        return self._desk.verifier(_PURPOSES[kind]).verify(
            certificate=half.unverified_certificate,
            signature=half.signature,
            message=_message(pending.statement, kind, response),
            now=now,
        )

    def _presented(self, verdict: Verdict, now: datetime) -> Presented:
        assert verdict.certificate is not None
        return Presented.of(verdict.certificate, self._desk.vault, self._desk.links, at=now)

    def _pair(self, presented: dict[CaKind, Presented], now: datetime) -> RpFinding | None:
        links = self._desk.links
        if isinstance(links, UnsafeNoLinks):
            return None
        linked = links.pair(presented[CaKind.SIGN].facts.binding, at=now)
        if linked is None:
            return rp_finding("rp.pair.unknown")
        return None if linked == presented[CaKind.AUTH].facts.binding else rp_finding("rp.pair.mismatch")

    def _store(
        self,
        pending: Pending,
        response: EnrolmentResponse,
        verdicts: dict[CaKind, Verdict],
        presented: dict[CaKind, Presented],
        now: datetime,
        rng: RandomBytes,
    ) -> CustomerOutcome:
        bond = sha256(b"bond" + pending.nonce).digest()[:16]
        with self._desk.store.unit() as unit:
            found = {kind: resolve(unit, one) for kind, one in presented.items()}
            refusal = _refusal(found)
            if refusal is not None:
                return _outcome(verdicts, refusal)
            known = [one for one in found.values() if isinstance(one, Known)]
            user_id = known[0].user_id if known else new_user_id(rng)
            if not known:
                unit.add_customer(user_id, at=now)
            followed = _bind_all(unit, user_id, found, presented, bond=bond, now=now)
            evidence = leave_evidence(
                unit,
                self._desk.vault,
                user_id=user_id,
                statement=pending.statement,
                signed={
                    kind.value: Signed(
                        response.of(kind),
                        _message(pending.statement, kind, response),
                        verdict,
                        self._desk.verifier(_PURPOSES[kind]),
                    )
                    for kind, verdict in verdicts.items()
                },
                more={},
                at=now,
                rng=rng,
            )
        facts = verdicts[CaKind.SIGN].certificate
        return CustomerOutcome(
            ceremony=StatementKind.ENROL.value,
            verdicts=tuple(verdicts.values()),
            user_id=user_id,
            is_new_customer=not known,
            followed=followed,
            evidence=evidence,
            attributes=facts.attributes if facts else None,
        )


def _refusal(found: dict[CaKind, Known | RpFinding | None]) -> RpFinding | None:
    refused = [one for one in found.values() if isinstance(one, RpFinding)]
    known = [one for one in found.values() if isinstance(one, Known)]
    if refused:
        return refused[0]
    if len({one.user_id for one in known}) > 1:
        return rp_finding("rp.customer.other")
    if len(known) == len(found) and all(one.earlier is None for one in known):
        return rp_finding("rp.customer.already-enrolled")
    return None


def _bind_all(
    unit: Unit,
    user_id: str,
    found: dict[CaKind, Known | RpFinding | None],
    presented: dict[CaKind, Presented],
    *,
    bond: bytes,
    now: datetime,
) -> bool:
    followed = False
    for kind, one in presented.items():
        known = found[kind]
        if isinstance(known, Known):
            followed |= follow(unit, known, one, at=now)
        else:
            bind(unit, user_id, one, bond=bond, at=now)
    return followed


def _outcome(verdicts: dict[CaKind, Verdict], refusal: RpFinding) -> CustomerOutcome:
    return CustomerOutcome(ceremony=StatementKind.ENROL.value, verdicts=tuple(verdicts.values()), findings=(refusal,))


def _refused(verdicts: tuple[Verdict, ...], *findings: RpFinding) -> CustomerOutcome:
    return noted(CustomerOutcome(ceremony=StatementKind.ENROL.value, verdicts=verdicts, findings=findings))


def _message(statement: Statement, kind: CaKind, response: EnrolmentResponse) -> bytes:
    return enrolment_message(
        statement, kind, auth=response.auth.unverified_certificate, sign=response.sign.unverified_certificate
    )


def enrolment_message(statement: Statement, kind: CaKind, *, auth: bytes, sign: bytes) -> bytes:
    """Exactly the bytes that one key signs: every part has a fixed length."""
    both = sha256(sha256(auth).digest() + sha256(sign).digest()).digest()
    return statement.message() + kind.value.encode("ascii")[:4] + both


def answer(
    challenge: Challenge, session: Signer, *, auth_pin: str, sign_pin: str, origin: str, now: datetime
) -> EnrolmentResponse:
    """The client's half. ``origin`` is where the client is connected to, never what the server says it is."""
    if challenge.kind is not StatementKind.ENROL:
        raise ChallengeError("this challenge is not for an enrolment", hint="a log-in is answered with one key")
    statement = check_challenge(challenge, origin=origin, now=now)
    session.verify_pin(CaKind.AUTH, auth_pin)
    session.verify_pin(CaKind.SIGN, sign_pin)
    auth, sign = session.read_certificate(CaKind.AUTH), session.read_certificate(CaKind.SIGN)

    def half(kind: CaKind, certificate: bytes) -> SignedResponse:
        message = enrolment_message(statement, kind, auth=auth, sign=sign)
        return SignedResponse(unverified_certificate=certificate, signature=session.sign(kind, message))

    return EnrolmentResponse(auth=half(CaKind.AUTH, auth), sign=half(CaKind.SIGN, sign))
