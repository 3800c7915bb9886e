"""What a tenant brings: a certificate, a signature, and what was signed, in one of five forms."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Final, TypeAlias

from jpki.algorithms import KEY_ALGORITHMS
from jpki.rp.challenges import Taken
from jpki.rp.operator.challenges import challenge_message, nonce_hash
from jpki.rp.operator.desk import TenantDesk
from jpki.rp.operator.records import Act
from jpki.rp.operator.vocabulary import Refusal, refusal
from jpki.verify.certificate import UNREADABLE
from jpki.verify.findings import moment_text
from jpki.verify.schemes import CARD_SCHEMES, PKCS1_BARE_SHA256, PKCS1_SHA256, MessageDigest, SignatureScheme
from jpki.verify.signed import open_signed

LEAST_NONCE: Final = 16
"""Bytes of a tenant's own nonce, or of a hash in its place."""
_SHA256_INFO: Final = bytes.fromhex("3031300d060960864801650304020105000420")  # RFC 8017 clause 9.2, note 1
_SHA256_SIZE: Final = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class OfChallenge:
    """The message of a challenge that the operator gave out; ``nonce`` says which."""

    nonce: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class OfData:
    """These bytes, hashed by whoever signed."""

    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class OfNonce:
    """A nonce of the tenant's own, hashed by whoever signed. Each certificate may answer it once for each act.

    So one nonce goes through a log-in that is refused and the replacement after it, and through the cards of a family.
    """

    nonce: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class OfDigest:
    """The hash alone, of the algorithm of the certificate's key."""

    digest: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class OfPadded:
    """What the card padded as it was given: a bare SHA-256, or the DigestInfo of one (RFC 8017 clause 9.2)."""

    data: bytes = field(repr=False)


Signed: TypeAlias = OfChallenge | OfData | OfNonce | OfDigest | OfPadded


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """``schemes`` are those that are allowed; the form of what was signed may leave one alone."""

    certificate: bytes = field(repr=False)
    signature: bytes = field(repr=False)
    signed: Signed
    schemes: tuple[SignatureScheme, ...] = CARD_SCHEMES


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """What the signature has to be over, and how. ``text`` is what a challenge showed to the holder."""

    message: bytes | MessageDigest = field(repr=False)
    schemes: tuple[SignatureScheme, ...]
    text: str = ""


def demand_of(desk: TenantDesk, act: Act, proof: Proof, now: datetime) -> Demand | Refusal:
    """Use up the challenge or nonce, whatever follows. A verification of any signature may be made again."""
    if isinstance(proof.signed, OfChallenge):
        return _of_challenge(desk, act, proof, proof.signed.nonce, now)
    demand = read_signed(proof)
    if isinstance(demand, Refusal) or act is Act.VERIFICATION:
        return demand
    if len(_content(proof.signed)) < LEAST_NONCE:
        return refusal("operator.data.too-short", least=str(LEAST_NONCE))
    with desk.store.unit() as unit:
        used = [not unit.use_data(act, name, now=now) for name in _names(proof, demand.message)]
    return demand if not any(used) else refusal("operator.data.used")


def read_signed(proof: Proof) -> Demand | Refusal:
    """Of what is no challenge."""
    match proof.signed:
        case OfDigest(digest=digest):
            return Demand(message=MessageDigest(digest), schemes=proof.schemes)
        case OfPadded(data=data):
            return _of_padded(data)
        case OfData(data=data) | OfNonce(nonce=data):
            return Demand(message=data, schemes=proof.schemes)
    raise TypeError("a challenge is read from the store")


def _of_padded(data: bytes) -> Demand | Refusal:
    """The length says which of the two it is, so no signature counts as made over the other."""
    if len(data) == _SHA256_SIZE:
        return Demand(message=MessageDigest(data), schemes=(PKCS1_BARE_SHA256,))
    if data.startswith(_SHA256_INFO) and len(data) == len(_SHA256_INFO) + _SHA256_SIZE:
        return Demand(message=MessageDigest(data[len(_SHA256_INFO) :]), schemes=(PKCS1_SHA256,))
    return refusal("operator.data.not-padded")


def _of_challenge(desk: TenantDesk, act: Act, proof: Proof, nonce: bytes, now: datetime) -> Demand | Refusal:
    name = nonce_hash(nonce)
    with desk.store.unit() as unit:
        given = unit.challenge(name)
        if given is None or given.act is not act:
            return refusal("operator.challenge.unknown")
        taken = unit.take_challenge(name, now=now)
    if taken is not Taken.FRESH:
        return refusal("operator.challenge.used")
    if not given.begun_at <= now < given.expires_at:
        return refusal("operator.challenge.expired", expires_at=moment_text(given.expires_at))
    return Demand(message=challenge_message(desk.tenant, given, nonce), schemes=proof.schemes, text=given.text)


def _content(signed: OfData | OfNonce | OfDigest | OfPadded) -> bytes:
    match signed:
        case OfDigest(digest=content) | OfNonce(nonce=content):
            return content
        case OfData(data=content) | OfPadded(data=content):
            return content


def _names(proof: Proof, message: bytes | MessageDigest) -> tuple[bytes, ...]:
    """What works once. Data go by their hashes, so that a hash in their place is known, of whichever key's algorithm;
    a nonce goes by the certificate that answers it, and data by theirs as well, so that one form hides no other.
    """
    if isinstance(message, MessageDigest):
        hashes = [message.value]
    else:
        hashes = [algorithm.digest(message) for algorithm in KEY_ALGORITHMS]
    own = sha256(_certificate_name(proof.certificate)).digest()
    bound = tuple(sha256(own + one).digest() for one in hashes)
    return bound if isinstance(proof.signed, OfNonce) else (*hashes, *bound)


def _certificate_name(certificate: bytes) -> bytes:
    """What its issuer signed: of an ECDSA signature anybody makes a second one that is as good."""
    try:
        return open_signed(certificate).tbs
    except UNREADABLE:
        return certificate
