"""One job on a revocation list in a process of its own, so that its memory can be told: time and peak as JSON.

python -m benchmarks.crl_jobs JOB DIRECTORY COUNT
"""

from __future__ import annotations

import asyncio
import json
import random
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from benchmarks import crl_world

_LOOK_UPS = 20_000
_OPENINGS = 21
_RIVAL_LOOK_UPS = 5


def generate(directory: Path, count: int) -> dict[str, float]:
    """Write the list to a file, from entries that come one by one."""
    from jpki.ca.crl import write_crl

    ca = crl_world.authority()
    begin = time.perf_counter()
    entries = crl_world.revocations(count)
    until = crl_world.NOW + timedelta(days=2)
    write_crl(directory / "crl.der", ca, entries=entries, number=1, this_update=crl_world.NOW, next_update=until)
    return {"seconds": time.perf_counter() - begin}


def build(directory: Path, count: int) -> dict[str, float]:  # noqa: ARG001 - every job has it
    """Check the signature and make the index, the import of numpy included."""
    from jpki.revocation_index.build import build_index, pieces_of
    from jpki.verify.trust import TrustAnchor

    ca = crl_world.authority()
    anchor = TrustAnchor.load(ca.kind, ca.hierarchy, ca.certificate_der)
    begin = time.perf_counter()
    index = build_index(directory / "idx", pieces_of(directory / "crl.der"), issuer=anchor)
    seconds = time.perf_counter() - begin
    return {"seconds": seconds, "entries": len(index), "index_mb": index.path.stat().st_size / 1e6}


def ask(directory: Path, count: int) -> dict[str, float]:
    """Open the index, then ask for listed and other serial numbers, each timed on its own."""
    from jpki.revocation_index.mapped import MappedIndex

    def opened() -> float:
        begin = time.perf_counter()
        with MappedIndex.open(directory / "idx"):
            return time.perf_counter() - begin

    openings = [opened() for _ in range(_OPENINGS)]
    index = MappedIndex.open(directory / "idx")
    rng = random.Random(1)
    listed = [crl_world.FIRST_SERIAL + crl_world.STEP * rng.randrange(count) for _ in range(_LOOK_UPS)]
    return {
        "first_open_ms": openings[0] * 1e3,
        "open_ms": statistics.median(openings) * 1e3,
        "listed_us": _median_us(index.entry, listed),
        "other_us": _median_us(index.entry, [serial + 1 for serial in listed]),
    }


def cryptography(directory: Path, count: int) -> dict[str, float]:
    """Load, check the signature, look up."""
    from cryptography import x509

    key: Any = crl_world.authority().signer.public_key
    raw = (directory / "crl.der").read_bytes()
    begin = time.perf_counter()
    crl = x509.load_der_x509_crl(raw)
    assert crl.is_signature_valid(key)
    seconds = time.perf_counter() - begin
    serials = [crl_world.FIRST_SERIAL + crl_world.STEP * (count - 1 - place) for place in range(_RIVAL_LOOK_UPS)]
    return {"seconds": seconds, "listed_us": _median_us(crl.get_revoked_certificate_by_serial_number, serials)}


def certvalidator(directory: Path, count: int) -> dict[str, float]:  # noqa: ARG001 - every job has it
    """Validate the path of one certificate against the list, for the first time and once more."""
    from asn1crypto import crl, x509
    from pyhanko_certvalidator import CertificateValidator, ValidationContext

    certificate_type: Any = x509.Certificate  # asn1crypto is untyped
    list_type: Any = crl.CertificateList
    root = certificate_type.load(crl_world.authority().certificate_der)
    leaf = certificate_type.load(crl_world.certificate())
    begin = time.perf_counter()
    context = ValidationContext(
        trust_roots=[root],
        crls=[list_type.load((directory / "crl.der").read_bytes())],
        revocation_mode="require",
        moment=crl_world.NOW + timedelta(hours=1),
    )

    def validate() -> float:
        asyncio.run(CertificateValidator(leaf, validation_context=context).async_validate_path())
        return time.perf_counter() - begin

    first = validate()
    return {"seconds": first, "listed_us": (validate() - first) * 1e6}


def openssl_crl(directory: Path, count: int) -> dict[str, float]:  # noqa: ARG001 - every job has it
    """``openssl crl -verify``."""
    root = _pem(directory / "root.pem", "CERTIFICATE", crl_world.authority().certificate_der)
    command = ["openssl", "crl", "-inform", "der", "-in", directory / "crl.der", "-noout", "-verify", "-CAfile", root]
    return _program(command)


def openssl_verify(directory: Path, count: int) -> dict[str, float]:  # noqa: ARG001 - every job has it
    """``openssl verify -crl_check`` of one certificate, the list as PEM."""
    root = _pem(directory / "root.pem", "CERTIFICATE", crl_world.authority().certificate_der)
    leaf = _pem(directory / "leaf.pem", "CERTIFICATE", crl_world.certificate())
    crl = _pem(directory / "crl.pem", "X509 CRL", (directory / "crl.der").read_bytes())
    at = str(int(crl_world.NOW.timestamp()) + 3600)
    return _program(["openssl", "verify", "-crl_check", "-attime", at, "-CAfile", root, "-CRLfile", crl, leaf])


JOBS: dict[str, Callable[[Path, int], dict[str, float]]] = {
    "generate": generate,
    "build": build,
    "ask": ask,
    "cryptography": cryptography,
    "certvalidator": certvalidator,
    "openssl crl": openssl_crl,
    "openssl verify": openssl_verify,
}


def _median_us(look_up: Callable[[int], object], serials: list[int]) -> float:
    clock = time.perf_counter_ns
    durations = []
    for serial in serials:
        begin = clock()
        look_up(serial)
        durations.append(clock() - begin)
    return statistics.median(durations) / 1e3


def _pem(path: Path, label: str, der: bytes) -> Path:
    """Written by a program, so that this process stays small: its memory is not what is measured."""
    source = path.with_suffix(".der-for-pem")
    source.write_bytes(der)
    with path.open("wb") as file:
        file.write(f"-----BEGIN {label}-----\n".encode())
        file.flush()
        subprocess.run(["base64", "-w", "64", source], stdout=file, check=True)
        file.write(f"-----END {label}-----\n".encode())
    return path


def _program(command: list[Any]) -> dict[str, float]:
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    begin = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    seconds = time.perf_counter() - begin
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    return {"seconds": seconds, "peak_mb": max(peak, before) / 1024}


def _own_peak_mb() -> float:
    """Of this process since its program began; ``getrusage`` would count the one that started it as well."""
    status = Path("/proc/self/status").read_text("ascii")
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def main(job: str, directory: str, count: str) -> None:
    """Do it and say so."""
    told = JOBS[job](Path(directory), int(count))
    print(json.dumps({"peak_mb": _own_peak_mb(), **told}))


if __name__ == "__main__":
    main(*sys.argv[1:])
