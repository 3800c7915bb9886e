"""Certificates issued beside bare signatures with the same CA key over as many bytes."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import count, cycle

from benchmarks.common import Effort, Round, Spread, effort_from_arguments, rates, ratios, time_calls
from benchmarks.report import Comparison, Section, rate
from jpki.algorithms import P_384, RSA_2048, KeyAlgorithm, PublicKey
from jpki.attributes import Sex
from jpki.birthdate import BirthDate
from jpki.ca.authority import Authority
from jpki.ca.issue import issue_authentication, issue_signing
from jpki.holder import Holder
from jpki.kinds import CaKind
from jpki.profiles import TEST, next_generation
from jpki.signer import SoftwareSigner
from mynalab.keysource import KeySource, derived_keys, pooled_keys

AT_LEAST = 0.8
_CALLS = 100
_HOLDERS, _KEYS, _TOWNS = 500, 50, 40
_BEGIN = datetime(2026, 4, 1, tzinfo=UTC)
_NOW = _BEGIN + timedelta(days=3, hours=5, minutes=7)
_BETWEEN = timedelta(milliseconds=1)
"""One certificate and the next, by the clock that they tell of."""
_BETWEEN_REQUEST_AND_ISSUE = timedelta(hours=8)
_CARD_EXPIRY = date(2036, 4, 15)
_HIERARCHIES = {RSA_2048: TEST, P_384: next_generation(TEST)}
_KEYS_OF: dict[KeyAlgorithm, Callable[[str], KeySource]] = {RSA_2048: pooled_keys, P_384: derived_keys}
_TEXT = f"""`issue_signing` and `issue_authentication`: holder, public key and serial number in, certificate out; the
register and the card are not in it. {_HOLDERS} holders of {_TOWNS} municipalities take turns, with {_KEYS} keys that
are loaded. Beside each, bare signatures with the same CA's key over the bytes of such a certificate. The ECDSA
signatures are deterministic (RFC 6979), also the bare ones."""


def _holder(number: int) -> Holder:
    town = number % _TOWNS
    return Holder(
        name=f"見本　{chr(0x4E00 + number)}子",
        birth_date=BirthDate.of(date(1950 + number % 50, 1 + number % 12, 1 + number % 28)),
        sex=(Sex.MALE, Sex.FEMALE)[number % 2],
        address=f"見本県見本市中央{chr(0xFF11 + number % 9)}丁目２番３号",
        prefecture_romaji="Mihon-ken",
        municipality_romaji=f"Mihon-{chr(ord('a') + town % 26)}{chr(ord('a') + town // 26)}-shi",
        municipality_code=f"{99_000 + town}",
    )


def _random(length: int) -> bytes:
    return hashlib.shake_256(length.to_bytes(2)).digest(length)


def _worker(
    kind: CaKind, authority: Authority, holders: Sequence[Holder], keys: Sequence[PublicKey]
) -> Callable[[], bytes]:
    serials, people, public_keys = count(10_000_000), cycle(holders), cycle(keys)

    def sign() -> bytes:
        serial = next(serials)
        now = _NOW + serial * _BETWEEN
        return issue_signing(
            authority,
            holder=next(people),
            public_key=next(public_keys),
            serial=serial,
            now=now,
            card_expiry=_CARD_EXPIRY,
            request_time=now - _BETWEEN_REQUEST_AND_ISSUE,
            rng=_random,
        )

    def authenticate() -> bytes:
        serial = next(serials)
        return issue_authentication(
            authority,
            holder=next(people),
            public_key=next(public_keys),
            serial=serial,
            now=_NOW + serial * _BETWEEN,
            card_expiry=_CARD_EXPIRY,
            rng=_random,
        )

    return sign if kind is CaKind.SIGN else authenticate


def _pairs(algorithm: KeyAlgorithm) -> dict[str, tuple[Callable[[], bytes], Callable[[], bytes]]]:
    """By the name of the work: issuing, and the signature alone."""
    keys = _KEYS_OF[algorithm]("bench")
    holders = [_holder(number) for number in range(_HOLDERS)]
    public = [SoftwareSigner.load(keys(number)).public_key for number in range(2, 2 + _KEYS)]
    pairs = {}
    for number, kind in enumerate(CaKind):
        signer = SoftwareSigner.load(keys(number))
        authority = Authority.create_root(kind, hierarchy=_HIERARCHIES[algorithm], signer=signer, serial=1, now=_BEGIN)
        issue = _worker(kind, authority, holders, public)
        pairs[f"{kind.value}, {algorithm.name}"] = (issue, _bare(signer, issue()))
    return pairs


def _bare(signer: SoftwareSigner, certificate: bytes) -> Callable[[], bytes]:
    message = certificate[: -len(signer.sign(certificate))]
    return lambda: signer.sign(message)


def run(effort: Effort) -> Section:
    """Measure each certificate and its signature in turns."""
    pairs = {name: pair for algorithm in (RSA_2048, P_384) for name, pair in _pairs(algorithm).items()}
    issued: dict[str, list[Round]] = {name: [] for name in pairs}
    bare: dict[str, list[Round]] = {name: [] for name in pairs}
    for index in range(effort.rounds):
        for name, (issue, sign) in pairs.items():
            turns = [(issued, issue), (bare, sign)]
            for results, call in turns if index % 2 else reversed(turns):
                results[name].append(time_calls(call, effort.calls(_CALLS)))
    return Section(
        title="Issuing certificates",
        text=_TEXT,
        header=["work", "a second", "p50 µs", "p99 µs"],
        rows=[
            [
                f"{name}{what}",
                rate(Spread.of(rates(results[name])).median),
                f"{Spread.of(each.p50_us for each in results[name]).median:.0f}",
                f"{Spread.of(each.p99_us for each in results[name]).median:.0f}",
            ]
            for name in pairs
            for what, results in (("", issued), (": the signature alone", bare))
        ],
        comparisons=[
            Comparison(
                what=f"{name}: certificates / bare signatures",
                value=rate(Spread.of(rates(issued[name])).median),
                baseline=rate(Spread.of(rates(bare[name])).median),
                figure=ratios(rates(issued[name]), rates(bare[name])),
                target=AT_LEAST if RSA_2048.name in name else None,
            )
            for name in pairs
        ],
    )


if __name__ == "__main__":
    print(run(effort_from_arguments(__doc__)).markdown())
