"""Both algorithms through the whole procedure, and every way to take the one for the other."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256, SHA384, SHA512
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from jpki import der
from jpki.algorithms import KEY_ALGORITHMS, P_384, RSA_2048, KeyAlgorithm
from jpki.ca.authority import Authority
from jpki.ca.crl import CrlEntry, build_crl
from jpki.kinds import CaKind
from jpki.profiles import TEST, next_generation
from jpki.reasons import RevocationReason
from jpki.signer import SoftwareSigner
from jpki.verify.errors import TrustAnchorError
from jpki.verify.policy import DOCUMENT_SIGNATURE, LOG_IN, Policy
from jpki.verify.procedure import Verdict, verify
from jpki.verify.revocation import CrlRevocationCheck
from jpki.verify.trust import TrustAnchor, TrustStore

NOW = datetime(2026, 5, 1, 3, 0, tzinfo=UTC)
MESSAGE = b"exactly these bytes"
AUTH = CaKind.AUTH
PURPOSES = {CaKind.SIGN: DOCUMENT_SIGNATURE, AUTH: LOG_IN}
ECDSA_SHA256 = der.sequence(der.oid("1.2.840.10045.4.3.2"))
ECDSA_SHA512 = der.sequence(der.oid("1.2.840.10045.4.3.4"))
ECDSA_SHA384_NULL = der.sequence(der.oid("1.2.840.10045.4.3.3"), der.null())

kinds = pytest.mark.parametrize("kind", CaKind, ids=lambda kind: kind.value)
every_algorithm = pytest.mark.parametrize("algorithm", KEY_ALGORITHMS, ids=lambda algorithm: algorithm.name)


@dataclass(frozen=True)
class World:
    """One generation: its authorities, how they issue, and the holder's keys."""

    authorities: Mapping[CaKind, Authority]
    issue: Callable[..., bytes]
    holders: Mapping[CaKind, SoftwareSigner]

    def crl(self, kind: CaKind, *serials: int) -> bytes:
        reason = RevocationReason.KEY_COMPROMISE
        entries = [CrlEntry(serial=serial, revoked_at=NOW - timedelta(days=1), reason=reason) for serial in serials]
        times = {"this_update": NOW - timedelta(hours=3), "next_update": NOW + timedelta(hours=45)}
        return build_crl(self.authorities[kind], entries=entries, number=42, **times)

    def verify(self, kind: CaKind = AUTH, *, crls: list[bytes] | None = None, **changes: Any) -> Verdict:
        revocation = CrlRevocationCheck([self.crl(one) for one in CaKind] if crls is None else crls)
        policy = Policy(
            purpose=PURPOSES[kind], revocation=revocation, algorithms=changes.pop("algorithms", KEY_ALGORITHMS)
        )
        arguments: dict[str, Any] = {
            "certificate": self.issue(kind),
            "signature": self.holders[kind].sign(MESSAGE),
            "message": MESSAGE,
            "trust": trust(*self.authorities.values()),
            "policy": policy,
            "now": NOW,
        }
        return verify(**arguments | changes)


def trust(*authorities: Authority) -> TrustStore:
    return TrustStore(TrustAnchor.load(one.kind, one.hierarchy, one.certificate_der) for one in authorities)


@pytest.fixture(scope="module")
def worlds(
    authorities: Any, next_authorities: Any, issue: Any, next_issue: Any, keys: Any, curve_keys: Any
) -> dict[KeyAlgorithm, World]:
    def holders(of: Any) -> dict[CaKind, SoftwareSigner]:
        return {CaKind.SIGN: SoftwareSigner(of[4]), AUTH: SoftwareSigner(of[5])}

    return {
        RSA_2048: World(authorities, issue, holders(keys)),
        P_384: World(next_authorities, next_issue, holders(curve_keys)),
    }


@pytest.fixture(scope="module")
def today(worlds: dict[KeyAlgorithm, World]) -> World:
    return worlds[RSA_2048]


@pytest.fixture(scope="module")
def next_world(worlds: dict[KeyAlgorithm, World]) -> World:
    return worlds[P_384]


@every_algorithm
@kinds
def test_a_good_signature_is_accepted(worlds: dict[KeyAlgorithm, World], algorithm: KeyAlgorithm, kind: CaKind) -> None:
    verdict = worlds[algorithm].verify(kind)
    assert (verdict.ok, verdict.codes) == (True, ())
    assert verdict.certificate is not None
    assert (verdict.certificate.attributes is not None) is (kind is CaKind.SIGN)


@every_algorithm
@kinds
def test_both_generations_are_trusted_side_by_side(
    worlds: dict[KeyAlgorithm, World], algorithm: KeyAlgorithm, kind: CaKind
) -> None:
    """They share their names; lists of both are there."""
    all_of_them = [one for world in worlds.values() for one in world.authorities.values()]
    lists = [world.crl(one) for world in worlds.values() for one in CaKind]
    assert worlds[algorithm].verify(kind, trust=trust(*all_of_them), crls=lists).ok


@every_algorithm
def test_a_revoked_certificate_is_refused(worlds: dict[KeyAlgorithm, World], algorithm: KeyAlgorithm) -> None:
    world = worlds[algorithm]
    assert world.verify(crls=[world.crl(AUTH, 7)]).codes == ("jpki.revocation.revoked",)


@every_algorithm
def test_another_message_is_refused(worlds: dict[KeyAlgorithm, World], algorithm: KeyAlgorithm) -> None:
    assert worlds[algorithm].verify(message=b"other bytes").codes == ("jpki.signature.invalid",)


@every_algorithm
def test_the_policy_allows_what_it_names_alone(worlds: dict[KeyAlgorithm, World], algorithm: KeyAlgorithm) -> None:
    [other] = set(KEY_ALGORITHMS) - {algorithm}
    assert worlds[algorithm].verify(algorithms=(algorithm,)).ok
    refused = worlds[algorithm].verify(algorithms=(other,))
    assert refused.codes == ("jpki.certificate.algorithm",)
    assert refused.findings[0].detail == {"algorithm": algorithm.signature_oid, "wanted": other.signature_name}


@every_algorithm
def test_a_policy_without_algorithms_is_empty(worlds: dict[KeyAlgorithm, World], algorithm: KeyAlgorithm) -> None:
    verdict = worlds[algorithm].verify(algorithms=())
    assert verdict.codes == ("jpki.policy.empty",)
    assert verdict.findings[0].detail == {"missing": "algorithms"}


def test_a_key_is_of_an_allowed_algorithm_too(today: World, next_world: World) -> None:
    """An allowed signature over a key of another algorithm, which no CA of ours would make."""
    certificate = reissued(today, key=next_world.holders[AUTH].public_key)
    assert today.verify(certificate=certificate, algorithms=(RSA_2048,)).codes == ("jpki.certificate.key-unsupported",)


# --- certificates whose signature and issuer do not fit each other


def reissued(
    world: World,
    *,
    inner: bytes | None = None,
    outer: bytes | None = None,
    sign: Callable[[bytes], bytes] | None = None,
    key: Any = None,
) -> bytes:
    """The holder's certificate with other algorithms, another key, or signed otherwise."""
    good = x509.load_der_x509_certificate(world.issue(AUTH))
    own = world.authorities[AUTH].signer.algorithm.identifier
    tbs = good.tbs_certificate_bytes.replace(own, own if inner is None else inner, 1)
    if key is not None:
        info, other = (
            one.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo) for one in (good.public_key(), key)
        )
        tbs = tbs.replace(info, other)
    # The header of the whole is made anew, as the parts have other lengths now.
    content = tbs[4:] if tbs[1] == 0x82 else tbs[2:]
    tbs = der.sequence(content)
    signature = (sign or world.authorities[AUTH].signer.sign)(tbs)
    return der.sequence(tbs, own if outer is None else outer, der.bit_string(signature))


def test_the_same_parts_make_the_same_certificate(next_world: World) -> None:
    assert reissued(next_world) == next_world.issue(AUTH)


def test_an_rsa_signature_under_an_issuer_on_a_curve(today: World, next_world: World) -> None:
    """It says truly how it is signed, and points to a key that cannot have done so."""
    rsa = today.authorities[AUTH].signer
    forged = reissued(next_world, inner=RSA_2048.identifier, outer=RSA_2048.identifier, sign=rsa.sign)
    assert next_world.verify(certificate=forged).codes == ("jpki.path.signature-invalid",)


def test_an_ecdsa_signature_under_an_rsa_issuer(today: World, next_world: World) -> None:
    curve = next_world.authorities[AUTH].signer
    forged = reissued(today, inner=P_384.identifier, outer=P_384.identifier, sign=curve.sign)
    assert today.verify(certificate=forged).codes == ("jpki.path.signature-invalid",)


def test_the_issuer_s_own_signature_under_the_name_of_another_algorithm(today: World) -> None:
    """The key made it, with its own hash; the certificate says otherwise."""
    forged = reissued(today, inner=P_384.identifier, outer=P_384.identifier)
    assert today.verify(certificate=forged).codes == ("jpki.path.signature-invalid",)


@pytest.mark.parametrize(
    ("identifier", "digest", "code"),
    [
        (ECDSA_SHA256, SHA256(), "jpki.certificate.algorithm"),
        (ECDSA_SHA512, SHA512(), "jpki.certificate.algorithm"),
        (ECDSA_SHA384_NULL, SHA384(), "jpki.certificate.unreadable"),  # pyca/cryptography refuses it before we do
    ],
    ids=["sha-256", "sha-512", "sha-384-with-null"],
)
def test_another_hash_is_refused_though_the_issuer_signed_with_it(
    next_world: World, curve_keys: list[ec.EllipticCurvePrivateKey], identifier: bytes, digest: Any, code: str
) -> None:
    issuer = curve_keys[1]
    forged = reissued(
        next_world, inner=identifier, outer=identifier, sign=lambda tbs: issuer.sign(tbs, ec.ECDSA(digest))
    )
    assert next_world.verify(certificate=forged).codes == (code,)


def test_another_hash_behind_the_right_name_is_refused(
    next_world: World, curve_keys: list[ec.EllipticCurvePrivateKey]
) -> None:
    forged = reissued(next_world, sign=lambda tbs: curve_keys[1].sign(tbs, ec.ECDSA(SHA256())))
    assert next_world.verify(certificate=forged).codes == ("jpki.path.signature-invalid",)


@pytest.mark.parametrize("place", ["inner", "outer"])
def test_the_two_places_name_one_algorithm(next_world: World, place: str) -> None:
    """RFC 5280 clause 4.1.1.2."""
    forged = reissued(next_world, **{place: RSA_2048.identifier})  # type: ignore[arg-type]
    assert next_world.verify(certificate=forged).codes == ("jpki.certificate.algorithm",)


@pytest.mark.parametrize("curve", [ec.SECP256R1(), ec.SECP521R1()], ids=["p-256", "p-521"])
def test_a_key_on_another_curve_is_refused(next_world: World, curve: ec.EllipticCurve) -> None:
    certificate = reissued(next_world, key=ec.generate_private_key(curve).public_key())
    assert next_world.verify(certificate=certificate).codes == ("jpki.certificate.key-unsupported",)


# --- lists whose signature and issuer do not fit each other


def test_a_list_of_the_other_generation_is_none_of_this_key(today: World, next_world: World) -> None:
    assert next_world.verify(crls=[today.crl(AUTH)]).codes == ("jpki.revocation.crl-of-other-key",)


def relisted(world: World, identifier: bytes, sign: Callable[[bytes], bytes]) -> bytes:
    good = x509.load_der_x509_crl(world.crl(AUTH))
    tbs = good.tbs_certlist_bytes.replace(world.authorities[AUTH].signer.algorithm.identifier, identifier, 1)
    tbs = der.sequence(tbs[4:] if tbs[1] == 0x82 else tbs[3:])
    return der.sequence(tbs, identifier, der.bit_string(sign(tbs)))


@pytest.mark.parametrize("identifier", [RSA_2048.identifier, ECDSA_SHA256], ids=["rsa", "sha-256"])
def test_a_list_in_an_algorithm_that_is_not_the_issuer_s(today: World, next_world: World, identifier: bytes) -> None:
    forged = relisted(next_world, identifier, today.authorities[AUTH].signer.sign)
    verdict = next_world.verify(crls=[forged])
    assert verdict.codes == ("jpki.revocation.crl-algorithm",)
    assert verdict.findings[0].detail["wanted"] == "ecdsa-with-SHA384"


def test_a_list_signed_by_another_key_on_the_curve(next_world: World) -> None:
    forged = relisted(next_world, P_384.identifier, next_world.holders[AUTH].sign)
    assert next_world.verify(crls=[forged]).codes == ("jpki.revocation.crl-signature-invalid",)


# --- signatures over the message


def test_a_signature_of_the_holder_with_another_hash(
    next_world: World, curve_keys: list[ec.EllipticCurvePrivateKey]
) -> None:
    signature = curve_keys[5].sign(MESSAGE, ec.ECDSA(SHA256()))
    assert next_world.verify(signature=signature).codes == ("jpki.signature.invalid",)


def test_a_signature_of_another_holder(next_world: World) -> None:
    signature = next_world.holders[CaKind.SIGN].sign(MESSAGE)
    assert next_world.verify(signature=signature).codes == ("jpki.signature.invalid",)


def test_an_rsa_signature_for_a_key_on_a_curve(today: World, next_world: World) -> None:
    verdict = next_world.verify(signature=today.holders[AUTH].sign(MESSAGE))
    assert verdict.codes == ("jpki.signature.malformed",)
    assert verdict.findings[0].detail == {"found": 256, "wanted": P_384.signature_form}


def test_an_ecdsa_signature_for_an_rsa_key(today: World, next_world: World) -> None:
    assert today.verify(signature=next_world.holders[AUTH].sign(MESSAGE)).codes == ("jpki.signature.malformed",)


def test_the_card_s_two_numbers_are_no_ecdsa_sig_value(next_world: World) -> None:
    r, s = decode_dss_signature(next_world.holders[AUTH].sign(MESSAGE))
    verdict = next_world.verify(signature=r.to_bytes(48) + s.to_bytes(48))
    assert verdict.codes == ("jpki.signature.malformed",)


def test_an_rsa_signature_with_sha_384(today: World, keys: Any) -> None:
    signature = keys[5].sign(MESSAGE, PKCS1v15(), SHA384())
    assert today.verify(signature=signature).codes == ("jpki.signature.invalid",)


# --- roots


@every_algorithm
@kinds
def test_a_root_is_trusted_under_its_own_hierarchy_alone(
    worlds: dict[KeyAlgorithm, World], algorithm: KeyAlgorithm, kind: CaKind
) -> None:
    root = worlds[algorithm].authorities[kind].certificate_der
    own, other = (TEST, next_generation(TEST)) if algorithm is RSA_2048 else (next_generation(TEST), TEST)
    assert TrustAnchor.load(kind, own, root).algorithm is algorithm
    with pytest.raises(TrustAnchorError, match="has another key"):
        TrustAnchor.load(kind, other, root)
