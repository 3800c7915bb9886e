"""Reading an OCSP response whole, strictly and within limits. Nothing in what comes out is trusted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from jpki import der, oids
from jpki.der_reader import (
    GENERALIZED_TIME,
    OBJECT_IDENTIFIER,
    OCTET_STRING,
    SEQUENCE,
    DerReader,
    context,
)
from jpki.der_time import GENERALIZED_TIME_SIZE, read_moment
from jpki.ocsp.certid import CertId, read_cert_id
from jpki.ocsp.request import read_extension, read_nonce
from jpki.ocsp.response import ResponseStatus
from jpki.ocsp.status import CertState

MAX_RESPONSE_SIZE: Final = 64 * 1024
"""Ours: a response for one certificate has about 2,000 bytes."""
MAX_CERTIFICATES: Final = 16
"""Ours: in ``certs`` of one response; one is usual."""

_BASIC: Final = der.oid(oids.OCSP_BASIC)[2:]
_NONCE: Final = der.oid(oids.OCSP_NONCE)[2:]
# Known, and of no consequence here: RFC 6960 clauses 4.4.4 and 4.4.8.
_HARMLESS: Final = frozenset({der.oid(oids.OCSP_ARCHIVE_CUTOFF)[2:], der.oid(oids.OCSP_EXTENDED_REVOKE)[2:]})
_GOOD_TAG, _UNKNOWN_TAG = 0x80 | CertState.GOOD.value, 0x80 | CertState.UNKNOWN.value
_REASON_CODES: Final = frozenset({0, 1, 2, 3, 4, 5, 6, 8, 9, 10})  # RFC 5280 clause 5.3.1: 7 is not used


class OcspUnreadableError(ValueError):
    """The bytes are no OCSP response. Whoever verifies turns it into a finding."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadSingle:
    """What the response says of one certificate."""

    cert_id: CertId
    state: CertState
    revoked_at: datetime | None
    reason_code: int
    this_update: datetime
    next_update: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadResponse:
    """A basic response. One of ``responder_name`` (DER) and ``responder_key_id`` names the signer."""

    tbs: bytes = field(repr=False)
    algorithm: bytes = field(repr=False)
    signature: bytes = field(repr=False)
    certificates: tuple[bytes, ...] = field(repr=False)
    responder_name: bytes | None = field(repr=False)
    responder_key_id: bytes | None
    produced_at: datetime
    singles: tuple[ReadSingle, ...]
    nonce: bytes | None = field(repr=False)
    has_unknown_critical_extension: bool


def read_response(raw: bytes) -> ReadResponse | ResponseStatus:
    """The response, or the error that the responder answers instead; ``OcspUnreadableError`` for anything else."""
    if len(raw) > MAX_RESPONSE_SIZE:
        raise OcspUnreadableError(f"a response of {len(raw)} bytes, {MAX_RESPONSE_SIZE} are read")
    try:
        outer = DerReader.only(raw, SEQUENCE)
        status = ResponseStatus(outer.enumerated())
        if status is not ResponseStatus.SUCCESSFUL:
            outer.finish()
            return status
        wrapped = outer.enter(context(0))
        outer.finish()
        typed = wrapped.enter(SEQUENCE)
        wrapped.finish()
        if typed.content(OBJECT_IDENTIFIER) != _BASIC:
            raise ValueError("the response is not of the basic type")
        basic = typed.content(OCTET_STRING)
        typed.finish()
        return _read_basic(basic)
    except ValueError as error:
        raise OcspUnreadableError(f"this is no OCSP response: {error}") from error


def _read_basic(raw: bytes) -> ReadResponse:
    basic = DerReader.only(raw, SEQUENCE)
    tbs, algorithm, signature = basic.whole(SEQUENCE), basic.whole(SEQUENCE), basic.bits()
    certificates = tuple(_read_certificates(basic.enter(context(0)))) if basic.next_is(context(0)) else ()
    basic.finish()

    data = DerReader.only(tbs, SEQUENCE)
    if data.next_is(context(0)):
        raise ValueError("version 1 is the only one, and DER leaves it out")
    name, key_id = _read_responder(data)
    produced_at = _moment(data.content(GENERALIZED_TIME))
    listed = data.enter(SEQUENCE)
    read = [_read_single(listed.enter(SEQUENCE)) for _ in _while_more(listed)]
    nonce, critical = _read_extensions(data.enter(context(1))) if data.next_is(context(1)) else (None, False)
    data.finish()
    return ReadResponse(
        tbs=tbs,
        algorithm=algorithm,
        signature=signature,
        certificates=certificates,
        responder_name=name,
        responder_key_id=key_id,
        produced_at=produced_at,
        singles=tuple(single for single, _ in read),
        nonce=nonce,
        has_unknown_critical_extension=critical or any(flag for _, flag in read),
    )


def _while_more(reader: DerReader) -> Iterator[None]:
    while reader.more():
        yield


def _read_certificates(wrapped: DerReader) -> Iterator[bytes]:
    listed = wrapped.enter(SEQUENCE)
    wrapped.finish()
    for number, _ in enumerate(_while_more(listed)):
        if number == MAX_CERTIFICATES:
            raise ValueError(f"more than {MAX_CERTIFICATES} certificates")
        yield listed.whole(SEQUENCE)


def _read_responder(data: DerReader) -> tuple[bytes | None, bytes | None]:
    by_name = data.next_is(context(1))
    responder = data.enter(context(1 if by_name else 2))
    named = responder.whole(SEQUENCE) if by_name else responder.content(OCTET_STRING)
    responder.finish()
    return (named, None) if by_name else (None, named)


def _read_single(single: DerReader) -> tuple[ReadSingle, bool]:
    cert_id = read_cert_id(single)
    state, revoked_at, reason_code = _read_status(single)
    this_update = _moment(single.content(GENERALIZED_TIME))
    next_update = None
    if single.next_is(context(0)):
        wrapped = single.enter(context(0))
        next_update = _moment(wrapped.content(GENERALIZED_TIME))
        wrapped.finish()
    critical = _read_extensions(single.enter(context(1)))[1] if single.next_is(context(1)) else False
    single.finish()
    read = ReadSingle(
        cert_id=cert_id,
        state=state,
        revoked_at=revoked_at,
        reason_code=reason_code,
        this_update=this_update,
        next_update=next_update,
    )
    return read, critical


def _read_status(single: DerReader) -> tuple[CertState, datetime | None, int]:
    for tag, state in ((_GOOD_TAG, CertState.GOOD), (_UNKNOWN_TAG, CertState.UNKNOWN)):
        if single.next_is(tag):
            if single.content(tag):
                raise ValueError(f"{state.name.lower()} is a NULL, nothing is in it")
            return state, None, 0
    revoked = single.enter(context(CertState.REVOKED.value))
    revoked_at, reason_code = _moment(revoked.content(GENERALIZED_TIME)), 0
    if revoked.next_is(context(0)):
        wrapped = revoked.enter(context(0))
        reason_code = wrapped.enumerated()
        wrapped.finish()
        if reason_code not in _REASON_CODES:
            raise ValueError(f"{reason_code} is no CRLReason")
    revoked.finish()
    return CertState.REVOKED, revoked_at, reason_code


def _read_extensions(wrapped: DerReader) -> tuple[bytes | None, bool]:
    extensions = wrapped.enter(SEQUENCE)
    wrapped.finish()
    nonce, critical_unknown = None, False
    seen: set[bytes] = set()
    for _ in _while_more(extensions):
        oid, critical, value = read_extension(extensions)
        if oid in seen:
            raise ValueError("an extension stands there twice")
        seen.add(oid)
        if oid == _NONCE:
            nonce = read_nonce(value)
        elif critical and oid not in _HARMLESS:
            critical_unknown = True
    return nonce, critical_unknown


def _moment(text: bytes) -> datetime:
    """A GeneralizedTime, whose only form RFC 5280 clause 4.1.2.5.2 leaves."""
    if len(text) != GENERALIZED_TIME_SIZE:
        raise ValueError("a time is fourteen digits and Z")
    return read_moment(text)
