"""What the operator answers, as its OpenAPI document says it. No serial number, and no certificate, is in it."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from jpki.attributes import HolderAttributes, Sex
from jpki.kinds import CaKind
from jpki.reasons import RevocationReason
from jpki.rp.operator.ceremonies import Accepted
from jpki.rp.operator.records import KeptCertificate, Medium, VerificationRecord
from jpki.rp.operator.standing import Standing
from jpki.rp.operator.verifications import Verified
from jpki.rp.operator.vocabulary import public_findings
from jpki.rp.records import State

Kind = Literal["sign", "auth"]
SexName = Literal["male", "female", "unknown", "not-applicable"]
CertificateType = Literal["CARD_SIGNATURE", "CARD_USER_AUTHENTICATION", "PHONE_SIGNATURE", "PHONE_USER_AUTHENTICATION"]
StateName = Literal["GOOD", "HELD", "REVOKED", "EXPIRED", "UNKNOWN"]

_SEXES: Final[dict[Sex, SexName]] = {
    Sex.MALE: "male",
    Sex.FEMALE: "female",
    Sex.UNKNOWN: "unknown",
    Sex.NOT_APPLICABLE: "not-applicable",
}
TYPES: Final[dict[tuple[Medium | None, CaKind], CertificateType]] = {
    (Medium.CARD, CaKind.SIGN): "CARD_SIGNATURE",
    (Medium.CARD, CaKind.AUTH): "CARD_USER_AUTHENTICATION",
    (Medium.PHONE, CaKind.SIGN): "PHONE_SIGNATURE",
    (Medium.PHONE, CaKind.AUTH): "PHONE_USER_AUTHENTICATION",
}
STATES: Final[dict[State, StateName]] = {
    State.GOOD: "GOOD",
    State.HELD: "HELD",
    State.REVOKED: "REVOKED",
    State.EXPIRED: "EXPIRED",
    State.UNKNOWN: "UNKNOWN",
}
_REASONS: Final = {int(one): one for one in RevocationReason}


class Answer(BaseModel):
    """Every field is there, null where there is nothing to say."""

    model_config = ConfigDict(frozen=True)


class Problem(Answer):
    """Problem details (RFC 9457). `code` is stable."""

    type: str = "about:blank"
    title: str
    status: int
    code: str
    detail: str
    detail_ja: str = ""
    hint: str = ""
    findings: list[dict[str, Any]] = Field(default_factory=list)


class CertificateOut(Answer):
    """A certificate under the tenant's own id of it. `type` is null where nobody says whether it is a card's."""

    id: str
    kind: Kind
    type: CertificateType | None
    not_before: datetime
    not_after: datetime
    created_at: datetime

    @classmethod
    def of(cls, one: KeptCertificate) -> CertificateOut:
        return cls(
            id=one.id,
            kind=one.kind.value,
            type=TYPES.get((one.medium, one.kind)),
            not_before=one.not_before,
            not_after=one.not_after,
            created_at=one.created_at,
        )


class BirthDateParts(Answer):
    """A birth date whose parts may be unknown."""

    era: str
    year: int | None
    month: int | None
    day: int | None


class AttributesOut(Answer):
    """The four attributes as the certificate has them; a 1 in the flags marks a substituted character (代替文字)."""

    name: str
    name_substitutions: str
    address: str
    address_substitutions: str
    birth_date: str | None
    birth_date_parts: BirthDateParts
    sex: SexName

    @classmethod
    def of(cls, one: HolderAttributes) -> AttributesOut:
        whole, born = one.birth_date.as_date(), one.birth_date
        parts = BirthDateParts(era=born.era.name.lower(), year=born.year, month=born.month, day=born.day)
        return cls(
            name=one.name,
            name_substitutions=one.name_substitutions,
            address=one.address,
            address_substitutions=one.address_substitutions,
            birth_date=whole.isoformat() if whole else None,
            birth_date_parts=parts,
            sex=_SEXES[one.sex],
        )


class StandingOut(Answer):
    """How a certificate stands. `reason` is a CRLReason by its name in RFC 5280."""

    certificate_id: str | None
    kind: Kind
    type: CertificateType | None
    state: StateName
    reason: str | None
    reason_meaning: str | None
    reason_meaning_ja: str | None
    since: datetime | None
    check_method: str
    checked_at: datetime
    source_at: datetime | None
    not_after: datetime
    findings: list[dict[str, Any]]

    @classmethod
    def of(cls, one: Standing) -> StandingOut:
        reason = known_reason(one.reason)
        return cls(
            certificate_id=one.certificate_id,
            kind=one.kind.value,
            type=TYPES.get((one.medium, one.kind)),
            state=STATES[one.state],
            reason=reason_name(one.reason),
            reason_meaning=reason.meaning_en if reason else None,
            reason_meaning_ja=reason.meaning_ja if reason else None,
            since=one.since,
            check_method=one.method.value,
            checked_at=one.at,
            source_at=one.source_at,
            not_after=one.not_after,
            findings=public_findings(one.findings),
        )


class VerificationOut(Answer):
    """A verification in the tenant's list. `has_evidence`: the operator can verify it again until `keep_until`."""

    id: str
    purpose: str
    result: str
    check_method: str
    created_at: datetime
    keep_until: datetime
    has_evidence: bool
    certificate_id: str | None
    user_id: str | None

    @classmethod
    def of(cls, one: VerificationRecord) -> VerificationOut:
        return cls(
            id=one.id,
            purpose=one.act.value,
            result=one.result,
            check_method=one.method.value,
            created_at=one.at,
            keep_until=one.keep_until,
            has_evidence=bool(one.sealed),
            certificate_id=one.certificate_id,
            user_id=one.user_id,
        )


class VerificationsOut(Answer):
    """A page of the list; `next` is what to give as `before` for the next one."""

    verifications: list[VerificationOut]
    next: str | None


class AcceptedOut(Answer):
    """Who it is. The attributes are told at registration and replacement, once."""

    user_id: str
    is_new_user: bool
    followed: bool
    certificate: CertificateOut
    verification: VerificationOut
    signing_certificate: StandingOut | None
    attributes: AttributesOut | None

    @classmethod
    def of(cls, one: Accepted) -> AcceptedOut:
        return cls(
            user_id=one.user_id,
            is_new_user=one.is_new_user,
            followed=one.followed,
            certificate=CertificateOut.of(one.certificate),
            verification=VerificationOut.of(one.verification),
            signing_certificate=None if one.signing is None else StandingOut.of(one.signing),
            attributes=None if one.attributes is None else AttributesOut.of(one.attributes),
        )


class VerifiedOut(Answer):
    """What came of a verification. Certificate and attributes only where `result` is OK; they are told this once."""

    verification: VerificationOut
    result: str
    scheme: str | None
    findings: list[dict[str, Any]]
    certificate: CertificateOut | None
    user_id: str | None
    is_new_user: bool
    attributes: AttributesOut | None

    @classmethod
    def of(cls, one: Verified) -> VerifiedOut:
        return cls(
            verification=VerificationOut.of(one.record),
            result=one.record.result,
            scheme=one.verdict.scheme.name if one.verdict.scheme else None,
            findings=public_findings(one.verdict.findings),
            certificate=None if one.certificate is None else CertificateOut.of(one.certificate),
            user_id=one.user_id,
            is_new_user=one.is_new_user,
            attributes=None if one.attributes is None else AttributesOut.of(one.attributes),
        )


class ChallengeOut(Answer):
    """`message` is what the card signs; `digest` its SHA-256. The holder is shown `text`, where there is one."""

    challenge: str
    purpose: str
    message: str
    digest: str
    text: str
    expires_at: datetime


class KeyOut(Answer):
    """One key (RFC 7517 clause 4)."""

    kty: str
    use: str
    alg: str
    kid: str
    n: str
    e: str


class KeysOut(Answer):
    """The operator's public keys, the newest first."""

    keys: list[KeyOut]


def known_reason(code: int | None) -> RevocationReason | None:
    """One of the seven that JPKI uses."""
    return None if code is None else _REASONS.get(code)


def reason_name(code: int | None) -> str | None:
    """By its name in RFC 5280, or by its number."""
    reason = known_reason(code)
    return reason.rfc_name if reason else None if code is None else f"reason {code}"
