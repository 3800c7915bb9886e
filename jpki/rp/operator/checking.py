"""From what a tenant brings to a verdict, for certificates of both CAs."""

from __future__ import annotations

import logging
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from jpki.kinds import CaKind
from jpki.rp.operator.desk import TenantDesk
from jpki.rp.operator.proof import Demand, Proof, demand_of
from jpki.rp.operator.records import Act, CheckMethod
from jpki.rp.operator.vocabulary import Refusal, refusal, refused_by
from jpki.verify.certificate import ReadCertificate, read_certificate
from jpki.verify.procedure import CertificateFacts, Verdict
from jpki.verify.schemes import MessageDigest
from jpki.verify.verifier import Verifier

BOTH_KINDS: Final = tuple(CaKind)
_LOG: Final = logging.getLogger("jpki.rp.operator")


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """A verdict, and what it is about. ``facts`` only when it is good."""

    act: Act
    method: CheckMethod
    proof: Proof = field(repr=False)
    demand: Demand = field(repr=False)
    verdict: Verdict
    verifier: Verifier = field(repr=False)
    """By whom: with the roots of that moment."""

    @property
    def facts(self) -> CertificateFacts:
        """Of a good verdict."""
        assert self.verdict.certificate is not None
        return self.verdict.certificate


def check(
    desk: TenantDesk,
    act: Act,
    proof: Proof,
    *,
    kinds: Collection[CaKind] = BOTH_KINDS,
    method: CheckMethod | None,
    now: datetime,
) -> Checked | Refusal:
    """Use up what was signed, then judge. The verdict may be good or bad; a refusal is about the request itself."""
    demand = demand_of(desk, act, proof, now)
    if isinstance(demand, Refusal):
        return noted(act, demand)
    read = read_certificate(proof.certificate)
    message = demand.message
    if isinstance(message, MessageDigest) and isinstance(read, ReadCertificate):
        found = len(message.value)
        if found != read.key_algorithm.new_hash().digest_size:
            return noted(act, refusal("operator.hash.unsupported", found=str(found)))
    asked = method or desk.operator.default_method
    verifier = desk.operator.verifier(_kind_of(desk, read, kinds), asked, demand.schemes)
    verdict = verifier.verify(certificate=proof.certificate, signature=proof.signature, message=message, now=now)
    return Checked(act=act, method=asked, proof=proof, demand=demand, verdict=verdict, verifier=verifier)


def accepted(
    desk: TenantDesk,
    act: Act,
    proof: Proof,
    *,
    kinds: Collection[CaKind] = BOTH_KINDS,
    method: CheckMethod | None,
    now: datetime,
) -> Checked | Refusal:
    """The same for ceremonies: whatever is not good is a refusal."""
    checked = check(desk, act, proof, kinds=kinds, method=method, now=now)
    if isinstance(checked, Checked) and not checked.verdict.ok:
        return noted(act, refused_by(checked.verdict.findings))
    return checked


def noted(act: Act, refused: Refusal) -> Refusal:
    """Log that it happened, by codes alone: no tenant, no user, no serial number."""
    codes = " ".join((refused.code, *(one.code for one in refused.findings)))
    _LOG.warning("%s refused: %s", act.value, codes)
    return refused


def _kind_of(desk: TenantDesk, read: object, kinds: Collection[CaKind]) -> CaKind:
    """The CA that the certificate points to, where it may be of several; the verdict says whether it is of that."""
    if isinstance(read, ReadCertificate) and read.authority_key and read.authority_key.key_id:
        anchor = desk.operator.trust.find(read.authority_key.key_id)
        if anchor is not None and anchor.kind in kinds:
            return anchor.kind
    return next(iter(kinds))
