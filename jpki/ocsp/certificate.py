"""Certificates of OCSP responders: a CA generation delegates to a key (RFC 6960 clause 4.2.2.2)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from jpki import der, oids
from jpki.algorithms import PublicKey
from jpki.ca import encoding
from jpki.ca.authority import Authority
from jpki.errors import IssueError
from jpki.names import ocsp_responder_name
from jpki.profiles import OCSP_RESPONDER_PROFILES, CertificateProfile
from jpki.validity import to_whole_seconds

RESPONDER_LIFETIME: Final = timedelta(days=30)
"""Choice: nobody can revoke a responder that has nocheck, so it is to have "a very short lifetime" (RFC 6960 clause
4.2.2.2.1)."""


def issue_responder(authority: Authority, *, public_key: PublicKey, serial: int, now: datetime) -> bytes:
    """A responder's certificate in DER, valid from ``now`` for ``RESPONDER_LIFETIME`` or until its CA ends."""
    not_before = to_whole_seconds(now)
    if not authority.not_before <= not_before < authority.not_after:
        raise IssueError("the CA certificate is not valid at that moment")
    return sign_responder(
        authority,
        profile=OCSP_RESPONDER_PROFILES[authority.kind],
        public_key=public_key,
        serial=serial,
        not_before=not_before,
        not_after=min(not_before + RESPONDER_LIFETIME, authority.not_after),
    )


def sign_responder(
    authority: Authority,
    *,
    profile: CertificateProfile,
    public_key: PublicKey,
    serial: int,
    not_before: datetime,
    not_after: datetime,
) -> bytes:
    """A certificate for a responder's name with the extensions that ``profile`` has, whatever they are worth."""
    encoding.check_serial(serial)
    encoding.check_public_key(public_key, authority.hierarchy.algorithm)
    values = {
        oids.KEY_USAGE: encoding.key_usage(profile.key_usage),
        oids.EXTENDED_KEY_USAGE: der.sequence(*(der.oid(oid) for oid in profile.extended_key_usage)),
        oids.OCSP_NO_CHECK: der.null(),
        oids.AUTHORITY_KEY_IDENTIFIER: encoding.authority_key_identifier(
            authority.key_id, issuer=authority.name, serial=authority.serial
        ),
        oids.SUBJECT_KEY_IDENTIFIER: der.octet_string(encoding.key_identifier(public_key)),
    }
    tbs = encoding.tbs_certificate(
        serial=serial,
        issuer=authority.name,
        not_before=not_before,
        not_after=not_after,
        algorithm=authority.signer.algorithm,
        subject=ocsp_responder_name(authority.hierarchy.organization, authority.kind),
        public_key_info=encoding.subject_public_key_info(public_key),
        extensions=encoding.extensions(profile.required, values),
    )
    return encoding.sign(authority.signer, tbs)
