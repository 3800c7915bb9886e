"""The language of fixtures/vectors/verify/negative.toml: what is done to a good log-in or document before it is shown.

A row names one mutation and its arguments. Certificates and lists are signed again after it by the right CA, unless
the mutation is about signatures or bytes: nothing is wrong but what the row says.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, PSS, PKCS1v15
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from jpki import der, oids
from jpki.ca import encoding
from jpki.ca.crl import CrlEntry
from jpki.kinds import CaKind
from jpki.profiles import END_ENTITY_PROFILES
from jpki.reasons import RevocationReason
from tests.jpki.verify.conftest import NOW, Bench, Parts

OIDS = {rule.name: rule.oid for kind in CaKind for rule in END_ENTITY_PROFILES[kind].rules}
REASONS = {reason.rfc_name: reason for reason in RevocationReason}
ALGORITHMS = {
    "sha1": der.sequence(der.oid("1.2.840.113549.1.1.5"), der.null()),
    "md5": der.sequence(der.oid("1.2.840.113549.1.1.4"), der.null()),
    "sha384": der.sequence(der.oid("1.2.840.113549.1.1.12"), der.null()),
    "sha512": der.sequence(der.oid("1.2.840.113549.1.1.13"), der.null()),
    "pss": der.sequence(der.oid("1.2.840.113549.1.1.10"), der.sequence()),
    "ecdsa": der.sequence(der.oid(oids.ECDSA_WITH_SHA384)),
    "rsa-itself": der.sequence(der.oid("1.2.840.113549.1.1.1"), der.null()),
    "without-null": der.sequence(der.oid(oids.SHA256_WITH_RSA)),
}
KEYS: dict[str, Callable[[], Any]] = {
    "rsa-1024": lambda: rsa.RSAPublicNumbers(65537, (1 << 1023) + 1).public_key(),
    "rsa-2047": lambda: rsa.RSAPublicNumbers(65537, (1 << 2046) + 1).public_key(),
    "rsa-3072": lambda: rsa.RSAPublicNumbers(65537, (1 << 3071) + 1).public_key(),
    "rsa-4096": lambda: rsa.RSAPublicNumbers(65537, (1 << 4095) + 1).public_key(),
    "rsa-exponent-3": lambda: rsa.RSAPublicNumbers(3, (1 << 2047) + 1).public_key(),
    "p-256": lambda: ec.derive_private_key(7, ec.SECP256R1()).public_key(),
    "p-521": lambda: ec.derive_private_key(7, ec.SECP521R1()).public_key(),
    "ed25519": lambda: ed25519.Ed25519PrivateKey.from_private_bytes(bytes(32)).public_key(),
}


@dataclass
class Shown:
    """What is shown to a verifier, still in parts."""

    bench: Bench
    kind: CaKind
    parts: Parts
    crls: list[bytes]
    signature: bytes
    message: bytes
    sealing_key: Any = None
    now: datetime = NOW
    purpose: CaKind | None = None
    on_bytes: list[Callable[[bytes], bytes]] = field(default_factory=list)

    @property
    def other(self) -> CaKind:
        return CaKind.SIGN if self.kind is CaKind.AUTH else CaKind.AUTH

    def certificate(self) -> bytes:
        raw = self.bench.seal(self.parts, self.sealing_key, kind=self.kind)
        for change in self.on_bytes:
            raw = change(raw)
        return raw


def good(bench: Bench, kind: CaKind) -> Shown:
    """Nothing is wrong with it."""
    return Shown(
        bench=bench,
        kind=kind,
        parts=bench.parts(kind),
        crls=bench.crls(),
        signature=bench.sign(kind),
        message=bench.message,
    )


# --- the certificate ---


def drop(shown: Shown, *, extension: str) -> None:
    shown.parts.without_extension(OIDS[extension])


def criticality(shown: Shown, *, extension: str, critical: bool) -> None:
    value, _ = shown.parts.extensions[OIDS[extension]]
    shown.parts.with_extension(OIDS[extension], value, critical=critical)


def value(shown: Shown, *, extension: str, octets: str, critical: bool | None = None) -> None:
    oid = OIDS.get(extension, extension)
    known = shown.parts.extensions.get(oid, (b"", False))[1]
    shown.parts.with_extension(oid, bytes.fromhex(octets), critical=known if critical is None else critical)


def of_other_kind(shown: Shown, *, extension: str) -> None:
    """The value that the other CA's certificates have."""
    oid = OIDS[extension]
    theirs = shown.bench.parts(shown.other).extensions[oid]
    shown.parts.with_extension(oid, theirs[0], critical=theirs[1])


def dates(shown: Shown, *, begin_s: int = -86_400, end_s: int = 86_400) -> None:
    shown.parts.not_before = NOW + timedelta(seconds=begin_s)
    shown.parts.not_after = NOW + timedelta(seconds=end_s)


def shown_at(shown: Shown, *, days: int) -> None:
    """At another moment, with a list of that moment."""
    shown.now = NOW + timedelta(days=days)
    times = {"this_update": shown.now - timedelta(hours=3), "next_update": shown.now + timedelta(hours=45)}
    shown.crls = [shown.bench.crl(kind, **times) for kind in CaKind]


def key(shown: Shown, *, name: str) -> None:
    shown.parts.key_info = KEYS[name]().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def key_of(shown: Shown, *, number: int, with_identifier: bool) -> None:
    """Somebody else's key, and its identifier if wanted."""
    public = shown.bench.keys[number].public_key()
    shown.parts.key_info = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    if with_identifier:
        shown.parts.with_extension(oids.SUBJECT_KEY_IDENTIFIER, der.octet_string(encoding.key_identifier(public)))


def algorithm(shown: Shown, *, name: str, where: str) -> None:
    if where in ("inner", "both"):
        shown.parts.inner_algorithm = ALGORITHMS[name]
    if where in ("outer", "both"):
        shown.parts.outer_algorithm = ALGORITHMS[name]


def version(shown: Shown, *, number: int) -> None:
    shown.parts.version = der.explicit(0, der.integer(number - 1)) if number > 1 else b""


def sealed_by(shown: Shown, *, number: int) -> None:
    shown.sealing_key = shown.bench.keys[number]


def issuer_name(shown: Shown, *, whose: str) -> None:
    shown.parts.issuer = (
        shown.bench.authorities[shown.other].name.encode() if whose == "other-ca" else shown.parts.subject
    )


def authority_key(shown: Shown, *, whose: str, serial: int = 0) -> None:
    bench = shown.bench
    authority = {
        "other-ca": bench.authorities[shown.other],
        "next-generation": bench.next_generation[shown.kind],
        "own": bench.authorities[shown.kind],
    }[whose]
    value = encoding.authority_key_identifier(authority.key_id, issuer=authority.name, serial=authority.serial + serial)
    shown.parts.with_extension(oids.AUTHORITY_KEY_IDENTIFIER, value)


# --- the certificate's bytes, after it was signed ---


def cut(shown: Shown, *, to: int) -> None:
    shown.on_bytes.append(lambda raw: raw[:to])


def append(shown: Shown, *, octets: str) -> None:
    shown.on_bytes.append(lambda raw: raw + bytes.fromhex(octets))


def flip(shown: Shown, *, at: int, bit: int = 1) -> None:
    def change(raw: bytes) -> bytes:
        changed = bytearray(raw)
        changed[at] ^= bit
        return bytes(changed)

    shown.on_bytes.append(change)


def swap(shown: Shown, *, octets: str, to: str) -> None:
    def change(raw: bytes) -> bytes:
        assert bytes.fromhex(octets) in raw
        return raw.replace(bytes.fromhex(octets), bytes.fromhex(to), 1)

    shown.on_bytes.append(change)


def instead(shown: Shown, *, octets: str) -> None:
    shown.on_bytes.append(lambda _: bytes.fromhex(octets))


# --- revocation ---


def revoked(shown: Shown, *, reason: str, days: int = 1, among: int = 0) -> None:
    entries = [
        CrlEntry(serial=number, revoked_at=NOW - timedelta(days=days), reason=REASONS[reason])
        for number in (*range(100, 100 + among), shown.parts.serial)
    ]
    shown.crls = [shown.bench.crl(shown.kind, *sorted(entries, key=lambda entry: entry.serial))]


def revoked_raw(shown: Shown, *, reason_code: int) -> None:
    """With a reason that no CA of JPKI gives."""
    reason = encoding.extension(oids.CRL_REASON, der.enumerated(reason_code), critical=False)
    serial, since = der.integer(shown.parts.serial), der.time(NOW - timedelta(days=1))
    shown.crls = [shown.bench.seal_crl(kind=shown.kind, entries=[der.sequence(serial, since, der.sequence(reason))])]


def no_list(shown: Shown) -> None:
    shown.crls = []


def list_of(shown: Shown, *, whose: str) -> None:
    bench = shown.bench
    shown.crls = [
        bench.crl(shown.other)
        if whose == "other-ca"
        else bench.crl(shown.kind, authority=bench.next_generation[shown.kind])
    ]


def list_times(shown: Shown, *, this_s: int = -10_800, next_s: int = 162_000) -> None:
    times = {"this_update": NOW + timedelta(seconds=this_s), "next_update": NOW + timedelta(seconds=next_s)}
    shown.crls = [shown.bench.crl(shown.kind, **times)]


def list_without_next(shown: Shown) -> None:
    shown.crls = [shown.bench.seal_crl(kind=shown.kind, next_update=None)]


def list_algorithm(shown: Shown, *, name: str, where: str) -> None:
    how = {each: ALGORITHMS[name] for each in ("inner", "outer") if where in (each, "both")}
    shown.crls = [shown.bench.seal_crl(kind=shown.kind, **how)]


def list_extension(shown: Shown, *, oid: str, octets: str, critical: bool = True) -> None:
    row = encoding.extension(oid, bytes.fromhex(octets), critical=critical)
    shown.crls = [shown.bench.seal_crl(kind=shown.kind, extensions=row)]


def entry_extension(shown: Shown, *, oid: str, octets: str, critical: bool = True) -> None:
    row = encoding.extension(oid, bytes.fromhex(octets), critical=critical)
    entry = der.sequence(der.integer(8), der.time(NOW - timedelta(days=1)), der.sequence(row))
    shown.crls = [shown.bench.seal_crl(kind=shown.kind, entries=[entry])]


def list_cut(shown: Shown, *, to: int) -> None:
    shown.crls = [shown.bench.crl(shown.kind)[:to]]


def list_append(shown: Shown, *, octets: str) -> None:
    shown.crls = [shown.bench.crl(shown.kind) + bytes.fromhex(octets)]


def list_flip(shown: Shown, *, at: int, bit: int = 1) -> None:
    changed = bytearray(shown.bench.crl(shown.kind))
    changed[at] ^= bit
    shown.crls = [bytes(changed)]


def listed_twice(shown: Shown) -> None:
    entry = der.sequence(der.integer(8), der.time(NOW - timedelta(days=1)))
    shown.crls = [shown.bench.seal_crl(kind=shown.kind, entries=[entry, entry])]


# --- the holder's signature, and what it is used for ---


def signed_with(shown: Shown, *, digest: str = "SHA256", padding: str = "pkcs1") -> None:
    chosen = getattr(hashes, digest)()
    how = PKCS1v15() if padding == "pkcs1" else PSS(mgf=MGF1(chosen), salt_length=chosen.digest_size)
    shown.signature = shown.bench.holder_keys[shown.kind].sign(shown.message, how, chosen)


def signed_by(shown: Shown, *, number: int) -> None:
    shown.signature = shown.bench.keys[number].sign(shown.message, PKCS1v15(), hashes.SHA256())


def signature_bytes(shown: Shown, *, octets: str, repeat: int = 1) -> None:
    shown.signature = bytes.fromhex(octets) * repeat


def signature_flip(shown: Shown, *, at: int, bit: int = 1) -> None:
    changed = bytearray(shown.signature)
    changed[at] ^= bit
    shown.signature = bytes(changed)


def signature_cut(shown: Shown, *, by: int) -> None:
    shown.signature = shown.signature[:-by] if by > 0 else shown.signature + bytes(-by)


def message(shown: Shown, *, text: str) -> None:
    shown.message = text.encode()


def used_for(shown: Shown, *, purpose: str) -> None:
    shown.purpose = CaKind(purpose)


MUTATIONS: dict[str, Callable[..., None]] = {
    function.__name__: function
    for function in (
        drop, criticality, value, of_other_kind, dates, shown_at, key, key_of, algorithm, version, sealed_by,
        issuer_name, authority_key, cut, append, flip, swap, instead, revoked, revoked_raw, no_list,
        list_of, list_times, list_without_next, list_algorithm, list_extension, entry_extension, list_cut,
        list_append, list_flip, listed_twice, signed_with, signed_by, signature_bytes, signature_flip, signature_cut,
        message, used_for,
    )
}  # fmt: skip


def mutated(bench: Bench, case: dict[str, Any]) -> Shown:
    """What a row of the file describes."""
    shown = good(bench, CaKind(case.get("kind", "auth")))
    MUTATIONS[case["mutation"]](shown, **case.get("with", {}))
    return shown
