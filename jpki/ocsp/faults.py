"""What a responder can do wrong, as wrappers around one, in a table of names. Nothing in ``Responder`` knows of them.

A fault is made from an ``Answering`` and a ``Workshop``, which has what forged answers are made of, and is one itself.
Whether it strikes once, at times or always is not decided here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Final

from jpki import oids
from jpki.ca.authority import Authority
from jpki.ocsp.certid import CertId
from jpki.ocsp.certificate import RESPONDER_LIFETIME, sign_responder
from jpki.ocsp.errors import MalformedRequestError
from jpki.ocsp.identity import ResponderIdentity
from jpki.ocsp.request import decode_request, encode_request
from jpki.ocsp.responder import Answering, OcspAnswer, Responder, ResponderPolicy, error_answer
from jpki.ocsp.response import ResponseStatus
from jpki.ocsp.status import OCSP_PERIOD, StatusSource
from jpki.profiles import OCSP_RESPONDER_PROFILES, CertificateProfile
from jpki.signer import Signer

SKEW: Final = timedelta(hours=1)
"""How far the clock of ``clock-ahead`` and ``clock-behind`` is off."""
REPLAY_AGE: Final = timedelta(days=2)
"""How old the answer of ``replayed`` is."""
_FORGED_SERIAL: Final = 1
"""Of every forged certificate. Serial numbers of the register are not used up for them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Workshop:
    """What forged answers are made of: CAs, and of each of their algorithms a responder's key and one that no CA knows.

    A CA without a key of its algorithm among ``signers`` is not served by forged responders.
    """

    authorities: tuple[Authority, ...]
    signers: tuple[Signer, ...] = field(repr=False)
    strangers: tuple[Signer, ...] = field(repr=False)
    source: StatusSource = field(repr=False)
    policy: ResponderPolicy = field(default_factory=ResponderPolicy)


Forgery = Callable[[Workshop, Authority, datetime], ResponderIdentity]


@dataclass(frozen=True, slots=True)
class _Changed:
    """The answer, its bytes changed."""

    inner: Answering
    change: Callable[[bytes], bytes]

    def answer(self, request: bytes, *, at: datetime) -> OcspAnswer:
        answer = self.inner.answer(request, at=at)
        return replace(answer, der=self.change(answer.der))


@dataclass(frozen=True, slots=True)
class _Misheard:
    """The answer to another question: what the client asks is changed before the responder hears it."""

    inner: Answering
    change: Callable[[tuple[CertId, ...], bytes | None], bytes]

    def answer(self, request: bytes, *, at: datetime) -> OcspAnswer:
        try:
            asked = decode_request(request)
        except MalformedRequestError:
            return self.inner.answer(request, at=at)
        return self.inner.answer(self.change(asked.cert_ids, asked.nonce), at=at).uncached()


@dataclass(frozen=True, slots=True)
class _AtAnotherTime:
    """The answer of another moment."""

    inner: Answering
    shift: timedelta

    def answer(self, request: bytes, *, at: datetime) -> OcspAnswer:
        try:
            moment = at.astimezone(UTC) + self.shift
        except OverflowError:  # at the calendar's end nothing is ahead, at its beginning nothing behind
            moment = at
        return self.inner.answer(request, at=moment)


@dataclass(frozen=True, slots=True)
class _Error:
    """No answer but an error."""

    status: ResponseStatus

    def answer(self, request: bytes, *, at: datetime) -> OcspAnswer:  # noqa: ARG002 - the protocol's
        return error_answer(self.status, f"fault: {self.status.rfc_name}")


@dataclass(frozen=True, slots=True)
class _Forged:
    """The right answer under another identity, made for the moment of the question."""

    workshop: Workshop
    forge: Forgery

    def answer(self, request: bytes, *, at: datetime) -> OcspAnswer:
        shop = self.workshop
        identities = [self.forge(shop, authority, at) for authority in shop.authorities if _serves(shop, authority, at)]
        return Responder(identities, shop.source, policy=shop.policy).answer(request, at=at).uncached()


def _serves(shop: Workshop, authority: Authority, at: datetime) -> bool:
    begun = authority.not_before <= at <= authority.not_after
    return begun and any(each.algorithm is authority.signer.algorithm for each in shop.signers)


def _like(signers: Iterable[Signer], authority: Authority) -> Signer:
    """The key of the algorithm that the CA has: a CA certifies no other (``_serves`` has looked)."""
    return next(each for each in signers if each.algorithm is authority.signer.algorithm)


def _cut(der: bytes) -> bytes:
    return der[: len(der) // 2]


def _other_serial(cert_ids: tuple[CertId, ...], nonce: bytes | None) -> bytes:
    """The same issuers, each serial number one higher."""
    return encode_request((cert_id.with_serial(max(cert_id.serial, 0) + 1) for cert_id in cert_ids), nonce=nonce)


def _other_nonce(cert_ids: tuple[CertId, ...], nonce: bytes | None) -> bytes:
    """Every bit of the nonce turned over; a request without one is answered as it is."""
    turned = None if nonce is None else bytes(octet ^ 0xFF for octet in nonce)
    return encode_request(cert_ids, nonce=turned)


def _without_nonce(cert_ids: tuple[CertId, ...], nonce: bytes | None) -> bytes:  # noqa: ARG001 - as the others
    return encode_request(cert_ids)


def _identity(
    shop: Workshop,
    authority: Authority,
    at: datetime,
    *,
    issuing: Authority | None = None,
    profile: Callable[[CertificateProfile], CertificateProfile] = lambda profile: profile,
    age: timedelta = timedelta(),
) -> ResponderIdentity:
    """An identity that ``Responder`` takes for one of ``authority`` on duty, whatever its certificate says."""
    issuing, signer = issuing or authority, _like(shop.signers, authority)
    begin = at - age
    certificate = sign_responder(
        issuing,
        profile=profile(OCSP_RESPONDER_PROFILES[issuing.kind]),
        public_key=signer.public_key,
        serial=_FORGED_SERIAL,
        not_before=begin,
        not_after=begin + RESPONDER_LIFETIME,
    )
    made = ResponderIdentity.delegated(issuing, certificate, signer)
    return replace(
        made,
        issuer=ResponderIdentity.of_authority(authority).issuer,
        issuer_key_id=authority.key_id,
        not_before=at - RESPONDER_LIFETIME,
        not_after=at + RESPONDER_LIFETIME,
    )


def _without(oid: str) -> Callable[[CertificateProfile], CertificateProfile]:
    return lambda profile: replace(profile, rules=tuple(rule for rule in profile.rules if rule.oid != oid))


def _expired(shop: Workshop, authority: Authority, at: datetime) -> ResponderIdentity:
    return _identity(shop, authority, at, age=RESPONDER_LIFETIME + timedelta(days=1))


def _without_usage(shop: Workshop, authority: Authority, at: datetime) -> ResponderIdentity:
    return _identity(shop, authority, at, age=OCSP_PERIOD, profile=_without(oids.EXTENDED_KEY_USAGE))


def _without_no_check(shop: Workshop, authority: Authority, at: datetime) -> ResponderIdentity:
    return _identity(shop, authority, at, age=OCSP_PERIOD, profile=_without(oids.OCSP_NO_CHECK))


def _wrong_signer(shop: Workshop, authority: Authority, at: datetime) -> ResponderIdentity:
    return replace(_identity(shop, authority, at, age=OCSP_PERIOD), signer=_like(shop.strangers, authority))


def _other_ca(shop: Workshop, authority: Authority, at: datetime) -> ResponderIdentity:
    """Delegated by the other CA, in a generation of the same algorithm; by the same where the workshop has no other."""
    alike = (each for each in shop.authorities if each.signer.algorithm is authority.signer.algorithm)
    others = (each for each in alike if each.kind is not authority.kind)
    return _identity(shop, authority, at, age=OCSP_PERIOD, issuing=next(others, authority))


@dataclass(frozen=True, slots=True, kw_only=True)
class OcspFault:
    """One row: a name, what it does, in two languages, and how it is made around a responder."""

    name: str
    en: str
    ja: str
    around: Callable[[Answering, Workshop], Answering] = field(repr=False)


def _forged(forge: Forgery) -> Callable[[Answering, Workshop], Answering]:
    return lambda _, shop: _Forged(shop, forge)


def _fails(status: ResponseStatus) -> Callable[[Answering, Workshop], Answering]:
    return lambda _inner, _shop: _Error(status)


_STATUSES: Final = (
    (ResponseStatus.TRY_LATER, "「後で再試行」（tryLater）と応答する"),
    (ResponseStatus.INTERNAL_ERROR, "「内部エラー」（internalError）と応答する"),
    (ResponseStatus.UNAUTHORIZED, "「権限なし」（unauthorized）と応答する"),
    (ResponseStatus.MALFORMED_REQUEST, "「不正な要求」（malformedRequest）と応答する"),
    (ResponseStatus.SIG_REQUIRED, "「署名が必要」（sigRequired）と応答する"),
)

_ROWS: Final = (
    OcspFault(
        name="expired-responder-certificate",
        en="the responder's certificate ended a day ago",
        ja="レスポンダ証明書の有効期限が切れている",
        around=_forged(_expired),
    ),
    OcspFault(
        name="wrong-signer",
        en="another key signs than that of the responder's certificate",
        ja="レスポンダ証明書とは別の鍵で署名する",
        around=_forged(_wrong_signer),
    ),
    OcspFault(
        name="responder-of-the-other-ca",
        en="the responder's certificate is one of the other CA",
        ja="もう一方の認証局のレスポンダ証明書で署名する",
        around=_forged(_other_ca),
    ),
    OcspFault(
        name="responder-without-usage",
        en="the responder's certificate lacks extendedKeyUsage OCSPSigning",
        ja="レスポンダ証明書に拡張鍵用途 OCSPSigning がない",
        around=_forged(_without_usage),
    ),
    OcspFault(
        name="responder-without-nocheck",
        en="the responder's certificate lacks id-pkix-ocsp-nocheck",
        ja="レスポンダ証明書に id-pkix-ocsp-nocheck がない",
        around=_forged(_without_no_check),
    ),
    *(
        OcspFault(
            name=status.name.lower().replace("_", "-"), en=f"answers {status.rfc_name}", ja=ja, around=_fails(status)
        )
        for status, ja in _STATUSES
    ),
    OcspFault(
        name="other-serial",
        en="answers for the next higher serial number",
        ja="別の発行番号について応答する",
        around=lambda inner, _: _Misheard(inner, _other_serial),
    ),
    OcspFault(
        name="replayed",
        en="repeats an answer of two days ago, without a nonce",
        ja="2 日前の応答を再送する（ノンスなし）",
        around=lambda inner, _: _AtAnotherTime(_Misheard(inner, _without_nonce), -REPLAY_AGE),
    ),
    OcspFault(
        name="clock-ahead",
        en="the responder's clock is an hour ahead",
        ja="レスポンダの時計が 1 時間進んでいる",
        around=lambda inner, _: _AtAnotherTime(inner, SKEW),
    ),
    OcspFault(
        name="clock-behind",
        en="the responder's clock is an hour behind",
        ja="レスポンダの時計が 1 時間遅れている",
        around=lambda inner, _: _AtAnotherTime(inner, -SKEW),
    ),
    OcspFault(
        name="wrong-nonce",
        en="sends back another nonce",
        ja="別のノンスを返す",
        around=lambda inner, _: _Misheard(inner, _other_nonce),
    ),
    OcspFault(
        name="no-nonce",
        en="sends back no nonce",
        ja="ノンスを返さない",
        around=lambda inner, _: _Misheard(inner, _without_nonce),
    ),
    OcspFault(
        name="truncated",
        en="the second half of the answer is missing",
        ja="応答が途中で切れている",
        around=lambda inner, _: _Changed(inner, _cut),
    ),
)

OCSP_FAULTS: Final = MappingProxyType({fault.name: fault for fault in _ROWS})
"""Every fault of a responder, by name."""
