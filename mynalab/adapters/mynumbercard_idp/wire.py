"""What travels between the identity provider and its platform (c-3lab/mynumbercard-idp, platform-api.yaml).

Its client reads answers with Jackson, which refuses every field that it does not know (PlatformAuthenticationResponse),
and trips over an ``identityInfo`` that is null: answers have the fields of the document, or leave them out.
"""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints
from pydantic.alias_generators import to_camel

PLATFORM: Final = "JPKI"
"""The platform's name, as recipient and as sender."""
MAX_CERTIFICATE: Final = 32_768
_JAPAN: Final = timezone(timedelta(hours=9))
_UUID: Final = r"^[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$"
_BASE64: Final = r"^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$"  # RFC 4648 clause 4
_MOMENT: Final = r"^[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}$"
_MOMENT_FORMAT: Final = "%Y-%m-%d %H:%M:%S.%f"


def moment_text(at: datetime) -> str:
    """Japanese time; the interface does not name a zone."""
    local = at.astimezone(_JAPAN)
    return f"{local:%Y-%m-%d %H:%M:%S}.{local.microsecond // 1000:03}"


def day_text(at: datetime) -> str:
    """The eight digits of the day in Japan."""
    return f"{at.astimezone(_JAPAN):%Y%m%d}"


def _is_moment(text: str) -> str:
    # The Java client's pattern has MM where mm belongs: it prints the month in the place of the minutes. So the form is
    # all that can be held against it; the time that it says is not the time.
    try:
        datetime.strptime(text, _MOMENT_FORMAT)  # noqa: DTZ007 - nobody uses it
    except ValueError as error:
        raise ValueError("no day and time") from error
    return text


class Taken(BaseModel):
    """Strict: no number stands for a text, and what is not described is refused."""

    model_config = ConfigDict(
        alias_generator=to_camel, strict=True, extra="forbid", frozen=True, hide_input_in_errors=True
    )


class Told(BaseModel):
    """What is answered."""

    model_config = ConfigDict(alias_generator=to_camel, validate_by_name=True, frozen=True)


class RequestInfo(Taken):
    """Who asks, and when."""

    transaction_id: Annotated[str, StringConstraints(pattern=_UUID)]
    recipient: Literal["JPKI"]
    sender: Annotated[
        str,
        StringConstraints(pattern=r"^[!-~]{1,64}$"),
        Field(description="サービスプロバイダ契約ID: which tenant asks.", examples=["ID123"]),
    ]
    ts: Annotated[
        str,
        StringConstraints(pattern=_MOMENT),
        AfterValidator(_is_moment),
        Field(description="yyyy-MM-dd HH:mm:ss.SSS; its form counts alone.", examples=["2023-06-16 17:30:00.123"]),
    ]


Encrypted = Annotated[
    str,
    StringConstraints(min_length=1, max_length=MAX_CERTIFICATE),
    Field(
        description="The certificate in PEM in a compact JWE for the first key of /key/jwks.json: RSA-OAEP-256; "
        "A128CBC-HS256 or A256GCM."
    ),
]
Nonce = Annotated[str, StringConstraints(min_length=1, max_length=1024), Field(description="What the card signed.")]
Signature = Annotated[
    str,
    StringConstraints(pattern=_BASE64, min_length=4, max_length=1400),
    Field(description="SHA256withRSA over it in UTF-8, in Base64."),
]


class Signed(Taken):
    """A registration or a replacement. What belongs to a log-in is absent or null."""

    request_info: RequestInfo
    encrypted_certificate_for_sign: Encrypted
    applicant_data: Nonce
    sign: Signature
    encrypted_certificate_for_user: None = None
    nonce_data: None = None
    nonce_sign: None = None


class LoggingIn(Taken):
    """A log-in. What belongs to a registration is absent or null."""

    request_info: RequestInfo
    encrypted_certificate_for_user: Encrypted
    nonce_data: Nonce
    nonce_sign: Signature
    encrypted_certificate_for_sign: None = None
    applicant_data: None = None
    sign: None = None


class ResponseInfo(Told):
    """To whom, and when. The first two as they came, where they could be read."""

    transaction_id: str | None = None
    recipient: str | None = None
    sender: Literal["JPKI"] = "JPKI"
    ts: Annotated[str, StringConstraints(pattern=_MOMENT)]


class ErrorInfo(Told):
    """`message` begins with a stable code."""

    reason: Annotated[str, Field(examples=["401 Unauthorized"])]
    message: str


class Status(Told):
    """How it ended."""

    status: Literal["SUCCESS", "FAILED"]
    error_info: ErrorInfo | None = None


class IdentityInfo(Told):
    """Who it is.

    `gender` is a code of ISO/IEC 5218; zeros in `dateOfBirth` stand for what the register does not know.
    """

    tis_user_id: Annotated[str, StringConstraints(pattern=_UUID)]
    name: str
    date_of_birth: Annotated[str, StringConstraints(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$")]
    gender: Literal["0", "1", "2", "9"]
    address: str


class Answer(Told):
    """Every answer; the last two after a success alone."""

    response_info: ResponseInfo
    status: Status
    applicant_id: str | None = None
    identity_info: IdentityInfo | None = None
