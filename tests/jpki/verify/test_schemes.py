"""Signature schemes: each is accepted where the policy names it, and nothing passes for another."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, PSS, PKCS1v15
from cryptography.hazmat.primitives.asymmetric.utils import NoDigestInfo
from cryptography.hazmat.primitives.hashes import SHA1, SHA256, SHA512

from jpki import der, oids
from jpki.kinds import CaKind
from jpki.verify.policy import DOCUMENT_SIGNATURE, Policy
from jpki.verify.procedure import Verdict
from jpki.verify.revocation import CrlRevocationCheck
from jpki.verify.schemes import (
    CARD_SCHEMES,
    ECDSA_SHA384,
    PKCS1_BARE_SHA256,
    PKCS1_SHA256,
    PSS_SHA256,
    SIGNATURE_SCHEMES,
    MessageDigest,
    SignatureScheme,
)

SIGN = CaKind.SIGN
RSA_SCHEMES = [PKCS1_SHA256, PKCS1_BARE_SHA256, PSS_SHA256]

every_rsa_scheme = pytest.mark.parametrize("scheme", RSA_SCHEMES, ids=lambda scheme: scheme.name)


def sign(bench: Any, *how: Any, message: bytes | None = None) -> bytes:
    """The holder's key, told to do anything."""
    return bytes(bench.holder_keys[SIGN].sign(bench.message if message is None else message, *how))


def sha256(message: bytes) -> bytes:
    return hashlib.sha256(message).digest()


def pss(hash_: Any = SHA256, *, mask: Any = SHA256, salt: int = 32) -> tuple[Any, ...]:
    return PSS(mgf=MGF1(mask()), salt_length=salt), hash_()


def made_in(bench: Any, scheme: SignatureScheme) -> bytes:
    """A signature in the scheme, made without the table."""
    if scheme is PKCS1_SHA256:
        return sign(bench, PKCS1v15(), SHA256())
    if scheme is PKCS1_BARE_SHA256:
        return sign(bench, PKCS1v15(), NoDigestInfo(), message=sha256(bench.message))
    return sign(bench, *pss())


def verify(bench: Any, signature: bytes, *allowed: SignatureScheme, **changes: Any) -> Verdict:
    policy = Policy(purpose=DOCUMENT_SIGNATURE, revocation=CrlRevocationCheck(bench.crls()), schemes=allowed)
    verdict: Verdict = bench.verify(kind=SIGN, signature=signature, policy=policy, **changes)
    return verdict


@every_rsa_scheme
def test_a_scheme_that_is_allowed_is_found_and_told(bench: Any, scheme: SignatureScheme) -> None:
    verdict = verify(bench, made_in(bench, scheme), *SIGNATURE_SCHEMES)
    assert verdict.ok
    assert verdict.scheme is scheme
    assert verdict.as_dict()["scheme"] == scheme.name


@every_rsa_scheme
@pytest.mark.parametrize("made", RSA_SCHEMES, ids=lambda scheme: f"made-in-{scheme.name}")
def test_no_scheme_passes_for_another(bench: Any, made: SignatureScheme, scheme: SignatureScheme) -> None:
    verdict = verify(bench, made_in(bench, made), scheme)
    assert verdict.codes == (() if made is scheme else ("jpki.signature.invalid",))


@every_rsa_scheme
def test_a_digest_stands_for_its_message(bench: Any, scheme: SignatureScheme) -> None:
    assert verify(bench, made_in(bench, scheme), scheme, message=MessageDigest(sha256(bench.message))).ok


def test_only_what_cards_sign_is_allowed_unless_said(bench: Any) -> None:
    assert Policy().schemes == CARD_SCHEMES == (PKCS1_SHA256, ECDSA_SHA384)


def test_a_policy_without_schemes_fails(bench: Any) -> None:
    verdict = verify(bench, made_in(bench, PKCS1_SHA256))
    assert verdict.codes == ("jpki.policy.empty",)
    assert verdict.findings[0].detail == {"missing": "schemes"}


def test_a_scheme_of_another_key_is_never_tried(bench: Any) -> None:
    assert verify(bench, made_in(bench, PKCS1_SHA256), ECDSA_SHA384).codes == ("jpki.signature.invalid",)


FORGED: dict[str, Any] = {
    "another-hash": lambda bench: sign(bench, PKCS1v15(), SHA512()),
    "sha-1": lambda bench: sign(bench, PKCS1v15(), SHA1()),
    "message-itself-padded": lambda bench: sign(bench, PKCS1v15(), NoDigestInfo()),
    "digest-info-without-null": lambda bench: sign(
        bench,
        PKCS1v15(),
        NoDigestInfo(),
        message=der.sequence(der.sequence(der.oid(oids.SHA256)), der.octet_string(sha256(bench.message))),
    ),
    "digest-info-with-more-behind": lambda bench: sign(
        bench,
        PKCS1v15(),
        NoDigestInfo(),
        message=der.sequence(der.sequence(der.oid(oids.SHA256), der.null()), der.octet_string(sha256(bench.message)))
        + bytes(1),
    ),
    "hash-of-the-hash": lambda bench: sign(bench, PKCS1v15(), SHA256(), message=sha256(bench.message)),
    "bare-hash-cut": lambda bench: sign(bench, PKCS1v15(), NoDigestInfo(), message=sha256(bench.message)[:31]),
    "bare-hash-longer": lambda bench: sign(bench, PKCS1v15(), NoDigestInfo(), message=sha256(bench.message) + bytes(1)),
    "pss-without-salt": lambda bench: sign(bench, *pss(salt=0)),
    "pss-with-a-longer-salt": lambda bench: sign(bench, *pss(salt=33)),
    "pss-with-another-mask": lambda bench: sign(bench, *pss(mask=SHA1)),
    "pss-with-another-hash": lambda bench: sign(bench, *pss(SHA512, salt=32)),
}


@pytest.mark.parametrize("forge", FORGED.values(), ids=FORGED)
def test_what_only_looks_like_a_scheme_is_refused_by_all(bench: Any, forge: Any) -> None:
    assert verify(bench, forge(bench), *SIGNATURE_SCHEMES).codes == ("jpki.signature.invalid",)


@pytest.mark.parametrize("length", [0, 31, 33, 51])
def test_a_digest_of_another_length_is_none(bench: Any, length: int) -> None:
    """51 octets are a whole DigestInfo: padded as it is, it would be a signature over another message."""
    signature = sign(bench, PKCS1v15(), NoDigestInfo(), message=bytes(length))
    verdict = verify(bench, signature, *SIGNATURE_SCHEMES, message=MessageDigest(bytes(length)))
    assert verdict.codes == ("jpki.signature.invalid",)


@pytest.mark.parametrize("scheme", SIGNATURE_SCHEMES, ids=lambda scheme: scheme.name)
def test_each_scheme_names_its_source(scheme: SignatureScheme) -> None:
    assert scheme.source
