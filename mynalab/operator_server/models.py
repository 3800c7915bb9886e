"""What the operator takes, as its OpenAPI document says it: every field bounded, nothing unknown, nothing converted."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

_EXAMPLE_ID = "0f8fad5bd9cb469fa16570867728950e"
_BASE64 = r"^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$"  # RFC 4648 clause 4

Certificate = Annotated[
    str,
    StringConstraints(pattern=_BASE64, min_length=4, max_length=21_848),
    Field(description="An X.509 certificate: DER in Base64.", examples=["MIIGdzCCBV+gAwIBAgIEA…"]),
]
Signature = Annotated[
    str,
    StringConstraints(pattern=_BASE64, min_length=4, max_length=1_400),
    Field(description="The signature, in Base64: 256 bytes of RSA, or ECDSA in DER."),
]
Bytes = Annotated[str, StringConstraints(pattern=_BASE64, max_length=32_768)]
Digest = Annotated[str, StringConstraints(pattern=_BASE64, min_length=4, max_length=88)]
Nonce = Annotated[str, StringConstraints(pattern=_BASE64, min_length=44, max_length=44)]
Jwe = Annotated[
    str,
    StringConstraints(pattern=r"^[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]*){4}$", max_length=32_768),
    Field(description="A compact JWE for the key of /key/jwks.json: what the Digital Authentication App answers."),
]
Id = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$"), Field(examples=[_EXAMPLE_ID])]
UserId = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{40}$"), Field(examples=[_EXAMPLE_ID + "16570867"])]
Origin = Annotated[
    str,
    StringConstraints(min_length=8, max_length=300),
    Field(description="The business's own page, as scheme://host[:port].", examples=["https://bank.example"]),
]
CheckMethodIn = Annotated[
    Literal["crl", "ocsp", "both"],
    Field(description="Whom to ask about revocation; the operator's own choice when left out."),
]
Scheme = Annotated[
    Literal["rsassa-pkcs1-v1_5-sha256", "rsa-pkcs1-v1_5-bare-sha256", "rsassa-pss-sha256", "ecdsa-sha384"],
    Field(description="The signature's scheme; what cards use (PKCS #1 v1.5 with a DigestInfo, ECDSA) when left out."),
]


class Taken(BaseModel):
    """Strict: no number stands for a text, and what is not described is refused."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, hide_input_in_errors=True)


class ChallengeIn(Taken):
    """A challenge to be signed by a card, for one purpose at one page of the business."""

    purpose: Literal["registration", "log-in", "replacement", "consent", "verification"]
    origin: Origin


class ProofIn(Taken):
    """A certificate with a signature, or both as a JWE; and one of what was signed.

    `challenge` is a nonce of /v1/challenges, whose message was signed. `data` are bytes that the card's program hashed.
    `digest` is their hash alone. `padded` is what the card padded as given: 32 bytes, or a DigestInfo of SHA-256.
    """

    certificate: Certificate | None = None
    signature: Signature | None = None
    sign_certificate_jwe: Jwe | None = None
    challenge: Nonce | None = None
    data: Bytes | None = None
    digest: Digest | None = None
    padded: Bytes | None = None
    scheme: Scheme | None = None
    check_method: CheckMethodIn | None = None

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        both = self.certificate is not None and self.signature is not None
        either = self.certificate is not None or self.signature is not None
        if both == (self.sign_certificate_jwe is not None) or either != both:
            raise ValueError("give certificate and signature, or sign_certificate_jwe")
        if sum(one is not None for one in (self.challenge, self.data, self.digest, self.padded)) != 1:
            raise ValueError("give one of challenge, data, digest and padded")
        if self.sign_certificate_jwe is not None and not (self.challenge or self.padded):
            raise ValueError("a sign result is about a challenge, or about padded data")
        if self.scheme is not None and (self.padded is not None or self.sign_certificate_jwe is not None):
            raise ValueError("padded data leave no choice of a scheme")
        return self


class RegistrationIn(ProofIn):
    """`kind`: of which of the two certificates; the signing certificate has the four attributes."""

    kind: Literal["sign", "auth"] = "sign"


class ReplacementIn(RegistrationIn):
    """The newer certificate."""


class LogInIn(ProofIn):
    """`require_signing_certificate`: refuse whose signing certificate here is good no longer."""

    kind: Literal["sign", "auth"] = "auth"
    require_signing_certificate: bool = False


class VerificationIn(ProofIn):
    """`identify_user`: say whose certificate it is, under an id of this tenant's."""

    identify_user: bool = False


class SignResultIn(Taken):
    """What the Digital Authentication App answered, and the data with which its transaction was begun."""

    sign_certificate_jwe: Jwe
    data: Annotated[Bytes, Field(description="32 bytes, or the DigestInfo of a SHA-256, in Base64.")]
    identify_user: bool = False
    check_method: CheckMethodIn | None = None


class ConsentIn(ProofIn):
    """Signed with the signing key over a challenge for `consent`, whose `text` the holder was shown."""


class StatusIn(Taken):
    """A certificate that was verified here."""

    certificate_id: Id
    check_method: CheckMethodIn | None = None


class StatusBatchIn(Taken):
    """Many of them; the answers come in their order."""

    certificate_ids: Annotated[list[Id], Field(min_length=1, max_length=500)]
    check_method: CheckMethodIn | None = None


class UserBatchIn(Taken):
    """Many users; the answers come in their order."""

    user_ids: Annotated[list[UserId], Field(min_length=1, max_length=500)]
    check_method: CheckMethodIn | None = None


class WebhookIn(Taken):
    """Where to tell of revocations."""

    url: Annotated[str, StringConstraints(min_length=8, max_length=500)] = Field(
        examples=["http://127.0.0.1:9000/mynalab"]
    )
