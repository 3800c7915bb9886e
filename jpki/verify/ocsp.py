"""Step 7 by OCSP: is this response a word of the certificate's own CA, of now, about this certificate? (RFC 6960
clause 3.2)

1. The bytes are a successful basic response.
2. It speaks of the certificate that was asked about, once: issuer's name, issuer's key and serial number.
3. Its signer is the key that issued the certificate, or has a certificate of that very key for signing OCSP responses,
   valid now and with nocheck. A name never finds a signer's CA: all generations share it.
4. That signer made the signature.
5. It is of this time, answers this request if that had a nonce, and has no critical extension that is unknown here.
6. Only then its status counts. Unknown is no good.

As with lists, the first flaw of its origin (1 to 4) hides the rest: what it says is nobody's word.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol

from cryptography import x509

from apdu.ports import RandomBytes
from jpki import oids
from jpki.ocsp.certid import HASHES, OcspIssuer
from jpki.ocsp.request import encode_request
from jpki.ocsp.response import ResponseStatus
from jpki.ocsp.status import OCSP_PERIOD, CertState
from jpki.profiles import OCSP_RESPONDER_PROFILES
from jpki.verify.certificate import ReadCertificate, read_certificate
from jpki.verify.crl_frame import RevokedEntry
from jpki.verify.errors import OcspUnavailableError
from jpki.verify.findings import Finding, finding, moment_text
from jpki.verify.material import Freshness, OcspMaterial
from jpki.verify.ocsp_read import OcspUnreadableError, ReadResponse, ReadSingle, read_response
from jpki.verify.ocsp_status import OcspRevocationStatus
from jpki.verify.revocation import DEFAULT_CLOCK_SKEW, RevocationAnswer, what_it_says
from jpki.verify.trust import TrustAnchor

NONCE_SIZE: Final = 32
"""Octets; RFC 9654 clause 2.1 asks clients for this many."""
DEFAULT_MAX_AGE: Final = 2 * OCSP_PERIOD
"""Choice: the data is at most a quarter of an hour old when it is signed, and a response may travel for as long."""

_KNOWN_EXTENSIONS: Final = frozenset(
    (oids.CERTIFICATE_POLICIES, *(rule.oid for profile in OCSP_RESPONDER_PROFILES.values() for rule in profile.rules))
)
"""Of a responder's certificate. Its policies, which JPKI's own certificates have critical, limit nothing here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OcspLimits:
    """How far a response's times may be off. ``clock_skew`` is forgiven at both ends, ``max_age`` counts from
    thisUpdate and binds also where nextUpdate is later or absent.
    """

    clock_skew: timedelta = DEFAULT_CLOCK_SKEW
    max_age: timedelta = DEFAULT_MAX_AGE


class OcspTransport(Protocol):
    """Takes a request to the responder of a CA and brings its response; ``OcspUnavailableError`` when there is none."""

    def __call__(self, request: bytes, *, issuer: TrustAnchor, now: datetime) -> bytes:
        """The response's bytes, whatever they are."""
        ...


class OcspRevocationCheck:
    """Asks the responder of the certificate's CA, each time, with a nonce unless ``with_nonce`` is false.

    Without a nonce a cache may answer, and within the limits' ``max_age`` an old answer cannot be told from a new one.
    """

    def __init__(
        self,
        transport: OcspTransport,
        *,
        rng: RandomBytes,
        limits: OcspLimits | None = None,
        with_nonce: bool = True,
        algorithm: str = oids.SHA1,
    ) -> None:
        self._transport = transport
        self._rng = rng
        self._limits = limits or OcspLimits()
        self._with_nonce = with_nonce
        self._algorithm = algorithm

    def check(
        self,
        serial: int,
        issuer: TrustAnchor,
        *,
        now: datetime,
        distribution_points: Collection[bytes] = (),  # noqa: ARG002 - of CRLs alone
    ) -> RevocationAnswer:
        """Is the certificate with this serial number, issued by ``issuer``, revoked at ``now``?"""
        nonce = self._rng(NONCE_SIZE) if self._with_nonce else None
        cert_id = OcspIssuer.of_certificate(issuer.certificate).cert_id(serial, algorithm=self._algorithm)
        try:
            response = self._transport(encode_request([cert_id], nonce=nonce), issuer=issuer, now=now)
        except OcspUnavailableError as error:
            return RevocationAnswer((finding("jpki.revocation.ocsp-unreachable", why=str(error)),))
        return check_ocsp_response(response, serial=serial, issuer=issuer, nonce=nonce, now=now, limits=self._limits)


def check_ocsp_response(
    response: bytes,
    *,
    serial: int,
    issuer: TrustAnchor,
    nonce: bytes | None,
    now: datetime,
    limits: OcspLimits | None = None,
) -> RevocationAnswer:
    """What the response says of the certificate with this number, if it can be believed.

    ``nonce`` is that of the request, None when it had none. Whatever the peer sent, the answer is a finding.
    """
    return check_ocsp_batch(response, serials=(serial,), issuer=issuer, nonce=nonce, now=now, limits=limits)[serial]


def check_ocsp_batch(
    response: bytes,
    *,
    serials: Collection[int],
    issuer: TrustAnchor,
    nonce: bytes | None,
    now: datetime,
    limits: OcspLimits | None = None,
) -> dict[int, RevocationAnswer]:
    """The same of several certificates of one issuer, for the price of one signature."""
    now = now.replace(microsecond=0)  # X.509 counts whole seconds
    try:
        read = read_response(response)
    except OcspUnreadableError:
        return _all(serials, finding("jpki.revocation.ocsp-unreadable"))
    if isinstance(read, ResponseStatus):
        return _all(serials, finding("jpki.revocation.ocsp-error", status=read.rfc_name))
    found = {serial: single for serial in serials if (single := _find_single(read, serial, issuer)) is not None}
    answers = _all(serials, finding("jpki.revocation.ocsp-other-certificate"))
    origin = _flaw_of_origin(read, issuer, now) if found else None
    if origin is not None:
        return answers | _all(found, origin)
    limits = limits or OcspLimits()
    material = OcspMaterial(response, nonce, Freshness(clock_skew=limits.clock_skew, max_age=limits.max_age))
    for serial, single in found.items():
        flaws = (*_flaws_of_time(read, single, now, limits), *_flaws_of_content(read, nonce))
        answers[serial] = RevocationAnswer(flaws) if flaws else _answer(read, single, material)
    return answers


def _all(serials: Collection[int], flaw: Finding) -> dict[int, RevocationAnswer]:
    return dict.fromkeys(serials, RevocationAnswer((flaw,)))


def _find_single(read: ReadResponse, serial: int, issuer: TrustAnchor) -> ReadSingle | None:
    known = OcspIssuer.of_certificate(issuer.certificate)
    names = {(known.hashes(algorithm), serial) for algorithm in HASHES}
    found = [single for single in read.singles if single.cert_id.names in names]
    return found[0] if len(found) == 1 else None


def _flaw_of_origin(read: ReadResponse, issuer: TrustAnchor, now: datetime) -> Finding | None:
    if read.algorithm != issuer.algorithm.identifier:
        return finding("jpki.revocation.ocsp-algorithm")
    if issuer.key_id == read.responder_key_id or issuer.name == read.responder_name:
        return None if issuer.signed(read.tbs, read.signature) else finding("jpki.revocation.ocsp-signature-invalid")
    named = [certificate for der in read.certificates if (certificate := _named(der, read)) is not None]
    if not named:
        return finding("jpki.revocation.ocsp-responder-missing")
    # One responder's key may have a certificate of each CA that it speaks for.
    delegated = next((certificate for certificate in named if _issued_by(certificate, issuer)), None)
    if delegated is None:
        return finding("jpki.revocation.ocsp-responder-unauthorized")
    flaw = _flaw_of_delegation(delegated, now)
    if flaw is not None:
        return flaw
    signed = issuer.algorithm.verifies(delegated.key, read.tbs, read.signature)
    return None if signed else finding("jpki.revocation.ocsp-signature-invalid")


def _named(der: bytes, read: ReadResponse) -> ReadCertificate | None:
    """The certificate, if it can be read and is the one that the response's ResponderID names."""
    certificate = read_certificate(der)
    if isinstance(certificate, Finding):
        return None
    is_named = certificate.subject == read.responder_name or certificate.key_id == read.responder_key_id
    return certificate if is_named else None


def _issued_by(certificate: ReadCertificate, issuer: TrustAnchor) -> bool:
    named = certificate.authority_key
    return (
        certificate.issuer == issuer.name
        and certificate.algorithm is issuer.algorithm
        and (named is None or named.key_id in (None, issuer.key_id))
        and issuer.signed(certificate.tbs, certificate.signature)
    )


def _flaw_of_delegation(certificate: ReadCertificate, now: datetime) -> Finding | None:
    missing = [name for name, is_there in _usages(certificate) if not is_there]
    if missing:
        return finding("jpki.revocation.ocsp-responder-usage", missing=", ".join(missing))
    # RFC 5280 clause 4.2: what is critical and not known here may limit what the key may do.
    if any(one.critical and oid not in _KNOWN_EXTENSIONS for oid, one in certificate.extensions.items()):
        return finding("jpki.revocation.ocsp-critical-extension")
    if oids.OCSP_NO_CHECK not in certificate.extensions:
        return finding("jpki.revocation.ocsp-responder-no-check")
    if not certificate.not_before <= now <= certificate.not_after:
        return finding(
            "jpki.revocation.ocsp-responder-not-valid",
            not_before=moment_text(certificate.not_before),
            not_after=moment_text(certificate.not_after),
        )
    return None


def _usages(certificate: ReadCertificate) -> Iterator[tuple[str, bool]]:
    extended = certificate.extensions.get(oids.EXTENDED_KEY_USAGE)
    purposes = extended.value if extended else None
    yield (
        "extendedKeyUsage OCSPSigning",
        isinstance(purposes, x509.ExtendedKeyUsage) and x509.OID_OCSP_SIGNING in purposes,
    )
    usage = certificate.extensions.get(oids.KEY_USAGE)
    allowed = usage.value if usage else None
    yield "keyUsage digitalSignature", isinstance(allowed, x509.KeyUsage) and allowed.digital_signature


def _flaws_of_time(read: ReadResponse, single: ReadSingle, now: datetime, limits: OcspLimits) -> Iterator[Finding]:
    this_update, next_update = single.this_update, single.next_update
    if max(this_update, read.produced_at) > now + limits.clock_skew:
        yield finding(
            "jpki.revocation.ocsp-not-yet-valid",
            this_update=moment_text(this_update),
            produced_at=moment_text(read.produced_at),
        )
    if next_update is not None and now > next_update + limits.clock_skew:
        yield finding("jpki.revocation.ocsp-stale", next_update=moment_text(next_update))
    elif now - this_update > limits.max_age + limits.clock_skew:
        yield finding("jpki.revocation.ocsp-too-old", this_update=moment_text(this_update))


def _flaws_of_content(read: ReadResponse, nonce: bytes | None) -> Iterator[Finding]:
    if read.has_unknown_critical_extension:
        yield finding("jpki.revocation.ocsp-critical-extension")
    if nonce is not None and read.nonce is None:
        yield finding("jpki.revocation.ocsp-nonce-missing")
    elif nonce is not None and read.nonce != nonce:
        yield finding("jpki.revocation.ocsp-nonce-mismatch")


def _answer(read: ReadResponse, single: ReadSingle, material: OcspMaterial) -> RevocationAnswer:
    serial = single.cert_id.serial
    if single.state is CertState.UNKNOWN:
        return RevocationAnswer((finding("jpki.revocation.ocsp-unknown", serial=serial),), materials=(material,))
    entry = None
    if single.revoked_at is not None:
        entry = RevokedEntry(serial=serial, revoked_at=single.revoked_at, reason_code=single.reason_code)
    status = OcspRevocationStatus(
        produced_at=read.produced_at,
        this_update=single.this_update,
        next_update=single.next_update,
        entry=entry,
    )
    return RevocationAnswer(what_it_says(status), status, (material,))
