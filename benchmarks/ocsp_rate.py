"""OCSP answers beside bare signatures with the same key: with a nonce each is signed, without one it is signed once."""

from __future__ import annotations

import base64
import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from cryptography import x509

from benchmarks.common import Effort, Round, Spread, effort_from_arguments, rates, ratios, time_calls
from benchmarks.report import Comparison, Section, rate
from jpki.ca.authority import Authority
from jpki.kinds import CaKind
from jpki.ocsp.certid import OcspIssuer
from jpki.ocsp.certificate import issue_responder
from jpki.ocsp.identity import ResponderIdentity
from jpki.ocsp.request import encode_request
from jpki.ocsp.responder import Responder
from jpki.ocsp.response import ResponseStatus
from jpki.ocsp.status import GOOD, CertificateStatus, revoked
from jpki.profiles import TEST
from jpki.reasons import RevocationReason
from jpki.signer import SoftwareSigner
from mynalab.resources import key_pool_file

WITH_NONCE, REPEATED, BARE = "answers with a nonce", "repeated answers", "the signature alone"
AT_LEAST_REPEATED = 20_000
_CALLS = {WITH_NONCE: 100, REPEATED: 5_000, BARE: 100}
_SERIALS = 500
"""Certificates that clients keep asking about."""
_BEGIN = datetime(2026, 4, 1, tzinfo=UTC)
_NOW = _BEGIN + timedelta(days=3, hours=5, minutes=7)
_TEXT = f"""`Responder.answer`, request bytes in, response bytes out, before HTTP: one certificate in a request, a
delegated responder's certificate in the response. An answer with a nonce is signed each time; without one, requests
for {_SERIALS} certificates repeat. Beside it, bare RSA-2048 signatures with the responder's key over as many bytes."""


class _Register:
    """Every third certificate is revoked."""

    def status(self, authority_key_id: bytes, serial: int, *, at: datetime) -> CertificateStatus:
        del authority_key_id, at
        return GOOD if serial % 3 else revoked(_BEGIN, RevocationReason.SUPERSEDED)

    def version(self) -> int:
        return 1


def _keys() -> tuple[SoftwareSigner, SoftwareSigner]:
    lines = [line for line in key_pool_file().read_text("ascii").splitlines() if not line.startswith("#")]
    first, second = (SoftwareSigner.load(base64.b64decode(line)) for line in lines[:2])
    return first, second


def _workers() -> dict[str, Callable[[], object]]:
    ca_key, key = _keys()
    authority = Authority.create_root(CaKind.AUTH, hierarchy=TEST, signer=ca_key, serial=1, now=_BEGIN)
    certificate = issue_responder(authority, public_key=key.public_key, serial=2, now=_BEGIN)
    responder = Responder([ResponderIdentity.delegated(authority, certificate, key)], _Register())
    issuer = OcspIssuer.of_certificate(x509.load_der_x509_certificate(authority.certificate_der))
    ids = [issuer.cert_id(serial) for serial in range(1000, 1000 + _SERIALS)]
    plain = [encode_request([cert_id]) for cert_id in ids]
    with_nonces = [encode_request([cert_id], nonce=os.urandom(32)) for cert_id in ids]
    turn = iter(range(10**12))

    def with_nonce() -> object:
        return responder.answer(with_nonces[next(turn) % _SERIALS], at=_NOW)

    def repeated() -> object:
        return responder.answer(plain[next(turn) % _SERIALS], at=_NOW)

    first = [responder.answer(request, at=_NOW) for request in plain]
    assert all(answer.status is ResponseStatus.SUCCESSFUL and answer.cacheable for answer in first)
    message = first[0].der[:500]
    return {WITH_NONCE: with_nonce, REPEATED: repeated, BARE: lambda: key.sign(message)}


def run(effort: Effort) -> Section:
    """Measure in turns."""
    workers = _workers()
    results: dict[str, list[Round]] = {name: [] for name in workers}
    order = list(workers)
    for _ in range(effort.rounds):
        for name in order:
            results[name].append(time_calls(workers[name], effort.calls(_CALLS[name])))
        order.reverse()
    medians = {name: Spread.of(rates(rounds)).median for name, rounds in results.items()}
    return Section(
        title="OCSP",
        text=_TEXT,
        header=["work", "a second", "p50 µs", "p99 µs"],
        rows=[
            [
                name,
                rate(medians[name]),
                f"{Spread.of(each.p50_us for each in rounds).median:.1f}",
                f"{Spread.of(each.p99_us for each in rounds).median:.1f}",
            ]
            for name, rounds in results.items()
        ],
        comparisons=[
            Comparison(
                what=f"{WITH_NONCE} / {BARE}",
                value=rate(medians[WITH_NONCE]),
                baseline=rate(medians[BARE]),
                figure=ratios(rates(results[WITH_NONCE]), rates(results[BARE])),
                target=0.7,
            ),
            Comparison(
                what=f"{REPEATED}, a second",
                value=rate(medians[REPEATED]),
                baseline=rate(AT_LEAST_REPEATED),
                figure=Spread.of(per_second / 1000 for per_second in rates(results[REPEATED])),
                target=AT_LEAST_REPEATED / 1000,
                unit=" thousand/s",
            ),
        ],
    )


if __name__ == "__main__":
    print(run(effort_from_arguments(__doc__)).markdown())
