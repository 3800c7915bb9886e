"""Issuing the two end-entity certificates of a card, byte for byte in the shape of the real ones."""

from __future__ import annotations

import string
from collections.abc import Mapping
from datetime import date, datetime
from functools import lru_cache
from itertools import groupby

from apdu.ports import RandomBytes
from jpki import der, oids
from jpki.algorithms import PublicKey
from jpki.ca import encoding
from jpki.ca.authority import Authority
from jpki.errors import IssueError
from jpki.holder import Holder
from jpki.kinds import CaKind
from jpki.names import Name, auth_subject, ca_alt_name, crl_distribution_point, sign_subject
from jpki.profiles import END_ENTITY_PROFILES, ExtensionRule, Hierarchy
from jpki.validity import JST, end_entity_not_after, to_whole_seconds

# The last four characters of every common name seen, end of both patterns; their meaning is not public.
_COMMON_NAME_TAIL = "003A"
_KEPT = 1024
"""Municipalities, and as many generations of CAs, whose part of the extensions is kept."""
_DIGITS = string.digits
_DIGITS_AND_CAPITALS = string.digits + string.ascii_uppercase


def issue_signing(
    authority: Authority,
    *,
    holder: Holder,
    public_key: PublicKey,
    serial: int,
    now: datetime,
    card_expiry: date,
    request_time: datetime,
    rng: RandomBytes,
    renewal: bool = False,
) -> bytes:
    """A signing certificate (署名用電子証明書) in DER, valid from ``now``.

    ``request_time`` is when the holder asked for it, as the common name tells; the real service issues in the night
    after. ``card_expiry`` is the card's last day. The same arguments and random bytes give the same certificate.
    """
    if to_whole_seconds(request_time) > to_whole_seconds(now):
        raise IssueError("a certificate cannot be issued before it was requested")
    subject = sign_subject(
        prefecture=holder.prefecture_romaji,
        municipality=holder.municipality_romaji,
        common_name=_sign_common_name(holder.municipality_code, request_time, rng),
    )
    return _issue(
        authority,
        CaKind.SIGN,
        holder=holder,
        public_key=public_key,
        serial=serial,
        now=now,
        card_expiry=card_expiry,
        subject=subject,
        renewal=renewal,
    )


def issue_authentication(
    authority: Authority,
    *,
    holder: Holder,
    public_key: PublicKey,
    serial: int,
    now: datetime,
    card_expiry: date,
    rng: RandomBytes,
    renewal: bool = False,
) -> bytes:
    """A user-authentication certificate (利用者証明用電子証明書) in DER, valid from ``now``.

    Of the holder it tells the municipality (common name, distribution point) and the birthday (its last day).
    """
    return _issue(
        authority,
        CaKind.AUTH,
        holder=holder,
        public_key=public_key,
        serial=serial,
        now=now,
        card_expiry=card_expiry,
        subject=auth_subject(common_name=_auth_common_name(holder.municipality_code, rng)),
        renewal=renewal,
    )


def _issue(
    authority: Authority,
    kind: CaKind,
    *,
    holder: Holder,
    public_key: PublicKey,
    serial: int,
    now: datetime,
    card_expiry: date,
    subject: Name,
    renewal: bool,
) -> bytes:
    if authority.kind is not kind:
        raise IssueError(f"the {authority.kind.value} CA issues no {END_ENTITY_PROFILES[kind].label} certificates")
    encoding.check_serial(serial)
    algorithm = authority.hierarchy.algorithm
    encoding.check_public_key(public_key, algorithm)
    not_before, not_after = validity(authority, holder=holder, now=now, card_expiry=card_expiry, renewal=renewal)
    _check_validity(authority, not_before, not_after)
    public_key_info = encoding.subject_public_key_info(public_key)
    tbs = encoding.tbs_certificate(
        serial=serial,
        issuer=authority.name,
        not_before=not_before,
        not_after=not_after,
        subject=subject,
        public_key_info=public_key_info,
        extensions=_extensions(authority, holder, encoding.key_identifier_in(public_key_info, algorithm)),
        algorithm=authority.signer.algorithm,
    )
    return encoding.sign(authority.signer, tbs)


def validity(
    authority: Authority, *, holder: Holder, now: datetime, card_expiry: date, renewal: bool
) -> tuple[datetime, datetime]:
    """From when to when a certificate is valid that is issued ``now``."""
    not_before = to_whole_seconds(now)
    not_after = end_entity_not_after(
        not_before,
        birth_date=holder.birth_date,
        card_expiry=card_expiry,
        renewal=renewal,
        terms=authority.hierarchy.terms,
    )
    return not_before, not_after


def _check_validity(authority: Authority, not_before: datetime, not_after: datetime) -> None:
    if not_after <= not_before:
        raise IssueError("the certificate would end before it begins", hint="the card has expired: issue a new card")
    if not_before < authority.not_before:
        raise IssueError("the CA certificate is not valid yet")
    if not_after > authority.not_after:
        raise IssueError(
            f"the certificate would outlive its CA, which ends {authority.not_after:%Y-%m-%d}",
            hint="begin its next generation, as JPKI does about every four years: mynalab pki rollover",
        )


def _extensions(authority: Authority, holder: Holder, key_id: bytes) -> bytes:
    values = {oids.SUBJECT_KEY_IDENTIFIER: der.octet_string(key_id)}
    if authority.kind is CaKind.SIGN:
        values[oids.SUBJECT_ALT_NAME] = holder.attributes().encode()
    parts = _extension_parts(
        authority.kind,
        authority.hierarchy,
        authority.key_id,
        authority.serial,
        holder.prefecture_romaji,
        holder.municipality_romaji,
    )
    return der.sequence(
        *(
            part if isinstance(part, bytes) else encoding.extension(part.oid, values[part.oid], critical=part.critical)
            for part in parts
        )
    )


@lru_cache(maxsize=_KEPT)
def _extension_parts(
    kind: CaKind, hierarchy: Hierarchy, key_id: bytes, serial: int, prefecture: str, municipality: str
) -> tuple[bytes | ExtensionRule, ...]:
    """The extensions that are the same for everybody in a municipality, and between them the rows of the others."""
    profile = END_ENTITY_PROFILES[kind]
    values = _shared_values(kind, hierarchy, key_id, serial, prefecture, municipality)
    parts: list[bytes | ExtensionRule] = []
    for is_shared, rules in groupby(profile.required, key=lambda rule: rule.oid in values):
        if is_shared:
            parts.append(
                b"".join(encoding.extension(rule.oid, values[rule.oid], critical=rule.critical) for rule in rules)
            )
        else:
            parts.extend(rules)
    return tuple(parts)


def _shared_values(
    kind: CaKind, hierarchy: Hierarchy, key_id: bytes, serial: int, prefecture: str, municipality: str
) -> Mapping[str, bytes]:
    profile = END_ENTITY_PROFILES[kind]
    point = crl_distribution_point(hierarchy.organization, kind, prefecture=prefecture, municipality=municipality)
    values = {
        oids.KEY_USAGE: encoding.key_usage(profile.key_usage),
        oids.CERTIFICATE_POLICIES: encoding.policies(hierarchy.policy(kind), hierarchy.cps_uri),
        oids.ISSUER_ALT_NAME: encoding.alt_name(ca_alt_name(kind)),
        oids.CRL_DISTRIBUTION_POINTS: encoding.distribution_point(point),
        oids.AUTHORITY_KEY_IDENTIFIER: encoding.authority_key_identifier(
            key_id, issuer=hierarchy.ca_name(kind), serial=serial
        ),
    }
    if kind is CaKind.AUTH:
        values[oids.EXTENDED_KEY_USAGE] = der.sequence(*(der.oid(oid) for oid in profile.extended_key_usage))
        values[oids.AUTHORITY_INFO_ACCESS] = encoding.ocsp_access(hierarchy.auth_ocsp_uri)
    return values


def _sign_common_name(municipality_code: str, request_time: datetime, rng: RandomBytes) -> str:
    """28 characters: time of request in Japan (14), 5 digits, municipality (5), ``003A`` (a production certificate)."""
    at = request_time.astimezone(JST)
    # A third of the time that strftime takes.
    requested = "%04d%02d%02d%02d%02d%02d" % (at.year, at.month, at.day, at.hour, at.minute, at.second)  # noqa: UP031
    return f"{requested}{_draw(rng, _DIGITS, 5)}{municipality_code}{_COMMON_NAME_TAIL}"


def _auth_common_name(municipality_code: str, rng: RandomBytes) -> str:
    """23 characters: 5 digits, 9 digits or capitals, municipality (5), ``003A`` (three production certificates).

    The first 14 are drawn at random, as their meaning is not public.
    """
    return f"{_draw(rng, _DIGITS, 5)}{_draw(rng, _DIGITS_AND_CAPITALS, 9)}{municipality_code}{_COMMON_NAME_TAIL}"


def _draw(rng: RandomBytes, alphabet: str, count: int) -> str:
    # Eight bytes more than needed make the bias of the remainder meaningless.
    number = int.from_bytes(rng(count + 8)) % len(alphabet) ** count
    characters = []
    for _ in range(count):
        number, index = divmod(number, len(alphabet))
        characters.append(alphabet[index])
    return "".join(characters)
