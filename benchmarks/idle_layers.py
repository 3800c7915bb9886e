"""READ BINARY of 256 bytes in process: the bare card, and the same with a layer above it that has nothing to do."""

from __future__ import annotations

import time
from collections.abc import Callable

from apdu.faults.engine import FaultEngine
from apdu.faults.plan import FaultPlan
from apdu.faults.read import parse_fault
from apdu.ports import Channel
from benchmarks.cards import BEFORE_READING, READ_256, lab_card
from benchmarks.common import Effort, Round, Spread, effort_from_arguments, rates, ratios, time_calls
from benchmarks.report import Comparison, Section, rate
from readers.faults import FaultyChannel
from readers.inprocess import InProcessChannel
from readers.trace import RecordingChannel, Scribe, Trace

CALLS = 5000
MOST_COST = 5.0
BARE = "bare"
_COUNT, _INSTRUCTION = "remove after command 1000000", "remove after VERIFY 3"
_TEXT = """Between client and card may lie the fault injector and the recorder. This is what they cost while they have
nothing to do, in per cent of the bare card's rate. Without `--fault` no fault layer is put in at all; an armed one
waits for a command that does not come (a million commands away, or an instruction that is not sent, or for both); the
recorder has no file to write to. The lab's clock is no layer: a card has none, and no command asks for the time, so a
lab whose clock is set answers as the bare card does. The last row with a target is all that a command can pass at
once. A recorder at work writes a JSON line with a sentence and redacts it, which is many times the work of the card:
shown, without a target."""


def _armed(channel: Channel, *faults: str) -> Channel:
    return FaultyChannel(channel, FaultEngine(FaultPlan(faults=tuple(map(parse_fault, faults))), sleep=time.sleep))


def _recording(channel: Channel, *, active: bool) -> Channel:
    scribe = Scribe(Trace(lambda _line: None, clock=time.monotonic)) if active else None
    return RecordingChannel(channel, scribe)


LAYERS: dict[str, tuple[Callable[[Channel], Channel], float | None]] = {
    "fault, a count away": (lambda channel: _armed(channel, _COUNT), MOST_COST),
    "fault, for another instruction": (lambda channel: _armed(channel, _INSTRUCTION), MOST_COST),
    "both faults": (lambda channel: _armed(channel, _COUNT, _INSTRUCTION), MOST_COST),
    "recorder without a file": (lambda channel: _recording(channel, active=False), MOST_COST),
    "both faults and the recorder": (
        lambda channel: _recording(_armed(channel, _COUNT, _INSTRUCTION), active=False),
        MOST_COST,
    ),
    "recorder at work": (lambda channel: _recording(channel, active=True), None),
}


def _measure(wrap: Callable[[Channel], Channel]) -> Callable[[int], Round]:
    channel = wrap(InProcessChannel(lab_card()))
    for raw in BEFORE_READING:
        channel.transmit(raw)
    transmit = channel.transmit
    return lambda count: time_calls(lambda: transmit(READ_256), count)


def run(effort: Effort) -> Section:
    """Every layer beside the bare card, in turns."""
    stations = {BARE: _measure(lambda channel: channel)} | {name: _measure(wrap) for name, (wrap, _) in LAYERS.items()}
    results: dict[str, list[Round]] = {name: [] for name in stations}
    order = list(stations)
    for _ in range(effort.rounds):
        for name in order:
            results[name].append(stations[name](effort.calls(CALLS)))
        order.reverse()  # nobody always comes first
    return Section(
        title="Idle layers",
        text=_TEXT,
        header=["layer", "APDU/s", "p50 µs"],
        rows=[
            [
                name,
                rate(Spread.of(rates(rounds)).median),
                f"{Spread.of(each.p50_us for each in rounds).median:.2f}",
            ]
            for name, rounds in results.items()
        ],
        comparisons=[_cost(name, results[name], results[BARE], target) for name, (_, target) in LAYERS.items()],
    )


def _cost(name: str, rounds: list[Round], bare: list[Round], target: float | None) -> Comparison:
    shares = ratios(rates(rounds), rates(bare))
    return Comparison(
        what=f"cost of: {name}",
        value=rate(Spread.of(rates(rounds)).median),
        baseline=rate(Spread.of(rates(bare)).median),
        figure=Spread(*((1 - share) * 100 for share in (shares.median, shares.high, shares.low))),
        target=target,
        at_most=True,
        unit=" %",
    )


if __name__ == "__main__":
    print(run(effort_from_arguments(__doc__)).markdown())
