"""Signatures by the card beside signatures by ``cryptography`` alone, with the same key and padding."""

from __future__ import annotations

from collections.abc import Callable

from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import NoDigestInfo
from cryptography.hazmat.primitives.serialization import load_der_private_key

from benchmarks.cards import BEFORE_SIGNING, BLOCK, SIGN_BLOCK, lab_card, lab_key
from benchmarks.common import Effort, Round, Spread, effort_from_arguments, rates, ratios, time_calls
from benchmarks.report import Comparison, Section, rate

CALLS = 100


def _by_card() -> Callable[[], bytes]:
    card = lab_card()
    for raw in BEFORE_SIGNING:
        answer = card.process(raw)
        assert answer == b"\x90\x00", f"the card answered {answer.hex()}"
    return lambda: card.process(SIGN_BLOCK)


def _by_library() -> Callable[[], bytes]:
    key = load_der_private_key(lab_key(), password=None)
    assert isinstance(key, RSAPrivateKey)
    scheme, algorithm = padding.PKCS1v15(), NoDigestInfo()
    return lambda: key.sign(BLOCK, scheme, algorithm)


def run(effort: Effort) -> Section:
    """Measure both in turns."""
    signers = {"card, in process": _by_card(), "`cryptography` alone": _by_library()}
    by_card, alone = signers.values()
    assert by_card() == alone() + b"\x90\x00", "the card signs something else"  # and both are warm
    results: dict[str, list[Round]] = {name: [] for name in signers}
    order = list(signers)
    for _ in range(effort.rounds):
        for name in order:
            results[name].append(time_calls(signers[name], effort.calls(CALLS)))
        order.reverse()
    medians = {name: Spread.of(rates(rounds)).median for name, rounds in results.items()}
    card, library = results.values()
    return Section(
        title="Signatures",
        text=(
            "COMPUTE DIGITAL SIGNATURE (`80 2A 00 80`, RSA-2048, PKCS #1 v1.5) by `VirtualCard.process` after VERIFY, "
            "beside `RSAPrivateKey.sign` in the same process, with the same key and block."
        ),
        header=["signer", "signatures/s", "p50 µs", "p99 µs"],
        rows=[
            [
                name,
                rate(medians[name]),
                f"{Spread.of(each.p50_us for each in rounds).median:.0f}",
                f"{Spread.of(each.p99_us for each in rounds).median:.0f}",
            ]
            for name, rounds in results.items()
        ],
        comparisons=[
            Comparison(
                what="card / `cryptography` alone",
                value=rate(Spread.of(rates(card)).median),
                baseline=rate(Spread.of(rates(library)).median),
                figure=ratios(rates(card), rates(library)),
                target=0.9,
            )
        ],
    )


if __name__ == "__main__":
    print(run(effort_from_arguments(__doc__)).markdown())
