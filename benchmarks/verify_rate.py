"""Log-in verifications beside the bare signature checks that they contain, and beside other verifiers' same work."""

from __future__ import annotations

import asyncio
import base64
import subprocess
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import cycle
from pathlib import Path

from asn1crypto import crl as asn1_crl
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from pyhanko_certvalidator import CertificateValidator, ValidationContext

from benchmarks.common import Effort, Round, Spread, effort_from_arguments, rates, ratios, time_calls
from benchmarks.report import Comparison, Section, rate
from jpki.attributes import Sex
from jpki.birthdate import BirthDate
from jpki.ca.authority import Authority
from jpki.ca.crl import CrlEntry, build_crl
from jpki.ca.issue import issue_authentication
from jpki.holder import Holder
from jpki.keys import load_private_key
from jpki.kinds import CaKind
from jpki.profiles import TEST
from jpki.reasons import RevocationReason
from jpki.signer import SoftwareSigner
from jpki.verify.certificate import ReadCertificate, read_certificate
from jpki.verify.policy import LOG_IN, Policy
from jpki.verify.revocation import CrlRevocationCheck
from jpki.verify.trust import TrustAnchor, TrustStore
from jpki.verify.verifier import Verifier
from mynalab.resources import key_pool_file

WARM, COLD, BARE_WARM, BARE_COLD = "log-in, known certificate", "log-in, new certificate", "1 check", "2 checks"
CERTVALIDATOR, OPENSSL = "pyhanko-certvalidator", "openssl verify"
_CALLS = {WARM: 2_000, COLD: 400, BARE_WARM: 2_000, BARE_COLD: 1_000, CERTVALIDATOR: 40}
_CERTIFICATES, _REVOKED = 400, 1_000
_BEGIN = datetime(2026, 4, 1, tzinfo=UTC)
NOW = _BEGIN + timedelta(days=3)
_TEXT = f"""`Verifier.verify` through all its steps, against an indexed list of {_REVOKED:,} certificates.
A certificate that the verifier knows costs one check of a signature, the holder's; a new one costs two, the issuer's
besides; and bare checks are the library's, with keys that are loaded. {CERTVALIDATOR} checks path, validity and the
same list for a new certificate, and the log-in's signature is checked beside it. `{OPENSSL} -crl_check` checks path,
validity and list of {_CERTIFICATES} certificates in one process, and no log-in's signature."""


@dataclass(frozen=True)
class World:
    """One CA, its list, and customers who share a key, so that no more than one has to be made."""

    root: bytes
    crl: bytes
    certificates: list[bytes]
    logins: list[tuple[bytes, bytes]]


def make_world() -> World:
    lines = [line for line in key_pool_file().read_text("ascii").splitlines() if not line.startswith("#")]
    ca_key, holder_key = (load_private_key(base64.b64decode(line)) for line in lines[:2])
    authority = Authority.create_root(
        CaKind.AUTH, hierarchy=TEST, signer=SoftwareSigner(ca_key), serial=1, now=_BEGIN - timedelta(days=365)
    )
    holder = Holder(
        name="見本　花子",
        birth_date=BirthDate.of(date(1990, 4, 15)),
        sex=Sex.FEMALE,
        address="見本県見本市中央一丁目２番３号",
        prefecture_romaji="Mihon-ken",
        municipality_romaji="Mihon-shi",
        municipality_code="99201",
    )
    certificates = [
        issue_authentication(
            authority,
            holder=holder,
            public_key=holder_key.public_key(),
            serial=serial,
            now=_BEGIN,
            card_expiry=date(2036, 4, 15),
            rng=lambda count: serial.to_bytes(count),  # noqa: B023 - called before the next one
        )
        for serial in range(10_000, 10_000 + _CERTIFICATES)
    ]
    entries = [
        CrlEntry(serial=serial, revoked_at=_BEGIN, reason=RevocationReason.SUPERSEDED)
        for serial in range(100, 100 + _REVOKED)
    ]
    crl = build_crl(
        authority,
        entries=entries,
        number=1,
        this_update=NOW - timedelta(hours=3),
        next_update=NOW + timedelta(days=2),
    )
    messages = [f"a log-in of a few hundred bytes, number {number:4}".ljust(300).encode() for number in range(64)]
    logins = [(message, holder_key.sign(message, PKCS1v15(), SHA256())) for message in messages]
    return World(root=authority.certificate_der, crl=crl, certificates=certificates, logins=logins)


def _workers(world: World) -> dict[str, Callable[[], object]]:
    anchor = TrustAnchor.load(CaKind.AUTH, TEST, world.root)
    trust = TrustStore([anchor])
    policy = Policy(purpose=LOG_IN, revocation=CrlRevocationCheck([world.crl]))
    knowing, forgetting = (Verifier(trust=trust, policy=policy, remembered=number) for number in (1_000, 0))
    read = [_read(certificate) for certificate in world.certificates]
    loaded = cycle(read)
    certificates, logins = cycle(world.certificates), cycle(world.logins)
    how = (PKCS1v15(), SHA256())

    def log_in(verifier: Verifier) -> Callable[[], object]:
        def once() -> object:
            message, signature = next(logins)
            verdict = verifier.verify(certificate=next(certificates), signature=signature, message=message, now=NOW)
            assert verdict.ok
            return verdict

        return once

    def one_check() -> None:
        message, signature = next(logins)
        next(loaded).key.verify(signature, message, *how)  # type: ignore[call-arg, arg-type]

    def two_checks() -> None:
        message, signature = next(logins)
        each = next(loaded)
        anchor.key.verify(each.signature, each.tbs, *how)  # type: ignore[call-arg, arg-type]
        each.key.verify(signature, message, *how)  # type: ignore[call-arg, arg-type]

    warm = log_in(knowing)
    for _ in world.certificates:
        warm()
    return {
        WARM: warm,
        COLD: log_in(forgetting),
        BARE_WARM: one_check,
        BARE_COLD: two_checks,
        CERTVALIDATOR: _certvalidator(world, read),
    }


def _read(certificate: bytes) -> ReadCertificate:
    read = read_certificate(certificate)
    assert isinstance(read, ReadCertificate)
    return read


def _certvalidator(world: World, read: list[ReadCertificate]) -> Callable[[], object]:
    root = asn1_x509.Certificate.load(world.root)  # type: ignore[no-untyped-call]
    crl = asn1_crl.CertificateList.load(world.crl)  # type: ignore[no-untyped-call]
    turns, logins = cycle(zip(world.certificates, read, strict=True)), cycle(world.logins)
    loop = asyncio.new_event_loop()
    context = ValidationContext(
        trust_roots=[root],
        crls=[crl],
        revocation_mode="require",
        moment=NOW,
        allow_fetching=False,
    )

    def once() -> object:
        der, known = next(turns)
        message, signature = next(logins)
        certificate = asn1_x509.Certificate.load(der)  # type: ignore[no-untyped-call]
        validator = CertificateValidator(certificate, validation_context=context)
        path = loop.run_until_complete(validator.async_validate_path())
        known.key.verify(signature, message, PKCS1v15(), SHA256())  # type: ignore[call-arg, arg-type]
        return path

    return once


def _openssl(world: World, rounds: int) -> list[float]:
    """Certificates a second, the start of the process taken along."""
    with tempfile.TemporaryDirectory() as directory:
        folder = Path(directory)
        names = []
        for number, der in enumerate(world.certificates):
            names.append(f"{number}.pem")
            (folder / names[-1]).write_bytes(x509.load_der_x509_certificate(der).public_bytes(Encoding.PEM))
        (folder / "root.pem").write_bytes(x509.load_der_x509_certificate(world.root).public_bytes(Encoding.PEM))
        (folder / "list.pem").write_bytes(x509.load_der_x509_crl(world.crl).public_bytes(Encoding.PEM))
        command = ["openssl", "verify", "-crl_check", "-CAfile", "root.pem", "-CRLfile", "list.pem"]
        at = ["-attime", str(int(NOW.timestamp()))]
        seconds = []
        for _ in range(rounds):
            begin = time.perf_counter()
            subprocess.run([*command, *at, *names], cwd=folder, check=True, capture_output=True)
            seconds.append(time.perf_counter() - begin)
    return [len(names) / each for each in seconds]


def run(effort: Effort) -> Section:
    """Measure in turns."""
    world = make_world()
    workers = _workers(world)
    results: dict[str, list[Round]] = {name: [] for name in workers}
    order = list(workers)
    for _ in range(effort.rounds):
        for name in order:
            results[name].append(time_calls(workers[name], effort.calls(_CALLS[name])))
        order.reverse()
    medians = {name: Spread.of(rates(rounds)).median for name, rounds in results.items()}
    by_openssl = Spread.of(_openssl(world, max(2, effort.start_rounds // 3))).median
    return Section(
        title="Verifying log-ins",
        text=_TEXT,
        header=["work", "a second", "p50 µs", "p99 µs"],
        rows=[
            *(
                [
                    name,
                    rate(medians[name]),
                    f"{Spread.of(each.p50_us for each in rounds).median:.1f}",
                    f"{Spread.of(each.p99_us for each in rounds).median:.1f}",
                ]
                for name, rounds in results.items()
            ),
            [OPENSSL, rate(by_openssl), "–", "–"],
        ],
        comparisons=[
            Comparison(
                what=f"{done} / {bare}",
                value=rate(medians[done]),
                baseline=rate(medians[bare]),
                figure=ratios(rates(results[done]), rates(results[bare])),
                target=target,
            )
            for done, bare, target in ((WARM, BARE_WARM, 0.6), (COLD, BARE_COLD, None), (COLD, CERTVALIDATOR, None))
        ],
    )


if __name__ == "__main__":
    print(run(effort_from_arguments(__doc__)).markdown())
