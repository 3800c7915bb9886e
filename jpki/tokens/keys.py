"""Keys on a token: how they are named, made and read, and what is signed with each kind."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from cryptography.hazmat.primitives.asymmetric.ec import SECP384R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from jpki import der, oids
from jpki.algorithms import P_384, RSA_2048, RSA_BITS, KeyAlgorithm, PublicKey

if TYPE_CHECKING:
    import pkcs11

_P384_SIZE: Final = 48


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenKeyName:
    """What a key is called: CKA_LABEL, CKA_ID, or both. Both halves of a pair have the same."""

    label: str = ""
    id: bytes = b""

    def __post_init__(self) -> None:
        if not self.label and not self.id:
            raise ValueError("a key on a token is named by its label, its id, or both")

    def __str__(self) -> str:
        return " ".join(filter(None, (self.label, self.id.hex())))

    @property
    def attributes(self) -> dict[pkcs11.Attribute, Any]:
        """The attributes that both halves have."""
        from pkcs11 import Attribute

        return {name: value for name, value in ((Attribute.LABEL, self.label), (Attribute.ID, self.id)) if value}


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenKeyKind:
    """How a token deals with keys of one algorithm."""

    mechanism: str
    """Of the library's names: one that signs what is hashed already, so that long data need not travel."""
    to_sign: Callable[[bytes], bytes]
    """What the token is given for a hash."""
    encoded: Callable[[bytes], bytes]
    """The token's answer, as X.509 encodes signatures. ``ValueError`` for none."""
    read: Callable[[pkcs11.PublicKey], PublicKey]
    """``ValueError`` for a key of another size or curve."""
    generate: Callable[..., Any]


def _digest_info(digest: bytes) -> bytes:
    """RFC 8017 clause 9.2 step 2: what CKM_RSA_PKCS pads (PKCS #11 v2.40 mechanisms, clause 2.1.6)."""
    return der.sequence(der.sequence(der.oid(oids.SHA256), der.null()), der.octet_string(digest))


def _rsa_signature(answer: bytes) -> bytes:
    if not RSA_2048.is_signature(answer):
        raise ValueError("no RSA signature")
    return answer


def _ecdsa_signature(answer: bytes) -> bytes:
    """RFC 5480 appendix A out of r and s one after the other (PKCS #11 v2.40 mechanisms, clause 2.3.1)."""
    if len(answer) != 2 * _P384_SIZE:
        raise ValueError("no ECDSA signature")
    return encode_dss_signature(int.from_bytes(answer[:_P384_SIZE]), int.from_bytes(answer[_P384_SIZE:]))


def _read_rsa(key: pkcs11.PublicKey) -> PublicKey:
    from pkcs11 import Attribute

    exponent, modulus = (int.from_bytes(key[name]) for name in (Attribute.PUBLIC_EXPONENT, Attribute.MODULUS))
    return RSAPublicNumbers(exponent, modulus).public_key()


def _read_p384(key: pkcs11.PublicKey) -> PublicKey:
    """CKA_EC_POINT is the point in an OCTET STRING (clause 2.3.3); older modules leave that out."""
    from pkcs11 import Attribute

    point: bytes = key[Attribute.EC_POINT]
    wrapping = der.header(0x04, 1 + 2 * _P384_SIZE)
    return EllipticCurvePublicKey.from_encoded_point(SECP384R1(), point.removeprefix(wrapping))


def _generate_rsa(session: pkcs11.Session, **how: Any) -> Any:
    from pkcs11 import KeyType

    return session.generate_keypair(KeyType.RSA, RSA_BITS, **how)  # the library asks for the exponent 65537


def _generate_p384(session: pkcs11.Session, **how: Any) -> Any:
    from pkcs11 import Attribute, KeyType

    curve = {Attribute.EC_PARAMS: der.oid(oids.SECP384R1)}
    return session.create_domain_parameters(KeyType.EC, curve, local=True).generate_keypair(**how)


KINDS: Final[Mapping[str, TokenKeyKind]] = {
    RSA_2048.name: TokenKeyKind(
        mechanism="RSA_PKCS",
        to_sign=_digest_info,
        encoded=_rsa_signature,
        read=_read_rsa,
        generate=_generate_rsa,
    ),
    P_384.name: TokenKeyKind(
        mechanism="ECDSA",
        to_sign=lambda digest: digest,
        encoded=_ecdsa_signature,
        read=_read_p384,
        generate=_generate_p384,
    ),
}
"""By the name of the algorithm."""


def generate(session: pkcs11.Session, name: TokenKeyName, algorithm: KeyAlgorithm) -> None:
    """Make a pair that stays on the token, signs and does nothing else."""
    from pkcs11 import Attribute, MechanismFlag

    KINDS[algorithm.name].generate(
        session,
        store=True,
        capabilities=MechanismFlag.SIGN | MechanismFlag.VERIFY,
        public_template=name.attributes,
        private_template=name.attributes | {Attribute.SENSITIVE: True, Attribute.EXTRACTABLE: False},
    )


def read_public(key: pkcs11.PublicKey) -> PublicKey:
    """The public half; ``ValueError`` for a kind of key that no CA has."""
    from pkcs11 import KeyType

    algorithm = {KeyType.RSA: RSA_2048, KeyType.EC: P_384}.get(key.key_type)
    if algorithm is None:
        raise ValueError("neither RSA nor on an elliptic curve")
    return KINDS[algorithm.name].read(key)
