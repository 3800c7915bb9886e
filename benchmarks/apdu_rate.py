"""READ BINARY of 256 bytes along three paths, by the lab's card and by cards that do nothing."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple, TypeAlias

from apdu.ports import Card
from benchmarks.cards import BEFORE_READING, READ_256, NullCard, lab_card
from benchmarks.common import C_CALL, PYSCARD, Effort, Round, Spread, effort_from_arguments, rates, ratios, time_calls
from benchmarks.processes import ClientProcess, missing_for_pcscd, on_one_processor, private_pcscd
from benchmarks.report import Comparison, Section, rate
from readers.inprocess import InProcessChannel
from readers.pcsclite import PcscLiteServer
from readers.vpcd import VpcdClient

IN_PROCESS, ROOTLESS, VPCD = "in process", "rootless server", "pcscd + vpcd"
PYTHON = "Python call"
LAB, NULL, NULL_256 = "lab card", "null card", "null card, 256 bytes"
CALLS = {IN_PROCESS: 2000, ROOTLESS: 500, VPCD: 300}
LEAST_OF_NULL = {ROOTLESS: 0.75, VPCD: 0.9}
_TEXT = """Each path carries the same command, READ BINARY of 256 bytes, to a card of the lab and to a null card, which
answers 9000 and nothing more. The clients are processes of their own that call `SCardTransmit` in two ways: one
straight into libpcsclite by ctypes, as a program in C does, the other through pyscard, which makes a Python number of
every byte. What the transport of 256 bytes costs by itself, shows a null card that has 256 bytes ready: no card can be
faster. Through pyscard the lab card is held against that one: what pyscard spends on 256 numbers is no card's doing.

All processes share one processor here, since client and server work in turns."""
_ANYWHERE = """The same again, with the processes on any processor, as programs usually run. Waking a process on another
processor costs more than all else, and whether that happens is the scheduler's affair: that is why, where quartiles are
wide."""


class Station(NamedTuple):
    """Where a rate is measured."""

    path: str
    client: str
    card: str


Measure: TypeAlias = Callable[[int], Round]
Results: TypeAlias = dict[Station, list[Round]]


@contextmanager
def _in_process(lab: Card, null: Card) -> Iterator[Mapping[tuple[str, str], Measure]]:
    def measure(card: Card) -> Measure:
        channel = InProcessChannel(card)
        for raw in BEFORE_READING:
            channel.transmit(raw)
        return lambda count: time_calls(lambda: channel.transmit(READ_256), count)

    yield {(PYTHON, LAB): measure(lab), (PYTHON, NULL): measure(null)}


@contextmanager
def _rootless(lab: Card, null: NullCard) -> Iterator[Mapping[tuple[str, str], Measure]]:
    with tempfile.TemporaryDirectory(prefix="mynalab-") as directory:
        socket_path = Path(directory) / "pcscd.comm"
        with PcscLiteServer(socket_path) as server:
            server.add_reader(LAB, lab)
            server.add_reader(NULL, null)
            with ClientProcess(socket_path) as client:
                yield _through(client, LAB, NULL, null)


@contextmanager
def _vpcd(lab: Card, null: NullCard) -> Iterator[Mapping[tuple[str, str], Measure]]:
    with (
        private_pcscd() as (socket_path, port),
        VpcdClient(lab, port=port),
        VpcdClient(null, port=port + 1),
        ClientProcess(socket_path) as client,
    ):
        yield _through(client, "Virtual PCD 00 00", "Virtual PCD 00 01", null)


def _through(
    client: ClientProcess, lab_reader: str, null_reader: str, null: NullCard
) -> Mapping[tuple[str, str], Measure]:
    def measure(way: str, reader: str, data: bytes) -> Measure:
        def run(count: int) -> Round:
            null.data = data
            return client.measure(reader, way, BEFORE_READING, READ_256, count)

        return run

    return {
        (way, card): measure(way, reader, data)
        for way in (C_CALL, PYSCARD)
        for card, reader, data in (
            (LAB, lab_reader, b""),
            (NULL, null_reader, b""),
            (NULL_256, null_reader, bytes(256)),
        )
    }


def run_on_one_processor(effort: Effort) -> Section:
    """Measure what the programs themselves cost."""
    with on_one_processor():
        return _run(effort, title="APDUs", text=_TEXT)


def run_anywhere(effort: Effort) -> Section:
    """Measure what the scheduler makes of it."""
    return _run(effort, title="APDUs, on any processor", text=_ANYWHERE)


def _run(effort: Effort, *, title: str, text: str) -> Section:
    """Along every path that the machine has."""
    lacking = missing_for_pcscd()
    paths = {IN_PROCESS: _in_process, ROOTLESS: _rootless} | ({} if lacking else {VPCD: _vpcd})
    with ExitStack() as stack:
        stations = {
            Station(path, client, card): measure
            for path, opened in paths.items()
            for (client, card), measure in stack.enter_context(opened(lab_card(), NullCard())).items()
        }
        results = _take_turns(stations, effort)
    if lacking:
        text += f"\n\n**{VPCD} is not measured: {lacking} is not on this machine.**"
    return Section(
        title=title,
        text=text,
        header=["path", "client", "card", "APDU/s", "p50 µs", "p99 µs"],
        rows=[
            [
                *station,
                rate(_median(rounds, "per_second")),
                *(f"{_median(rounds, p):.1f}" for p in ("p50_us", "p99_us")),
            ]
            for station, rounds in results.items()
        ],
        comparisons=_comparisons(results),
    )


def _take_turns(stations: Mapping[Station, Measure], effort: Effort) -> Results:
    results: Results = {station: [] for station in stations}
    for measure in stations.values():
        measure(effort.calls(200))  # warm up: connect, load, fill caches
    order = list(stations)
    for _ in range(effort.rounds):
        for station in order:
            results[station].append(stations[station](effort.calls(CALLS[station.path])))
        order.reverse()  # nobody always comes first
    return results


def _median(rounds: list[Round], attribute: str) -> float:
    return Spread.of(getattr(each, attribute) for each in rounds).median


def _comparisons(results: Results) -> list[Comparison]:
    pairs: list[tuple[str, Station, Station, float | None]] = []
    for path, target in LEAST_OF_NULL.items():
        for client in (C_CALL, PYSCARD):
            lab, null, null_256 = (Station(path, client, card) for card in (LAB, NULL, NULL_256))
            on_pyscard = client == PYSCARD
            pairs.append((f"{path}, {client}: {LAB} / {NULL}", lab, null, None if on_pyscard else target))
            pairs.append((f"{path}, {client}: {NULL_256} / {NULL}", null_256, null, None))
            if on_pyscard:
                pairs.append((f"{path}, {client}: {LAB} / {NULL_256}", lab, null_256, target))
    rootless = Station(ROOTLESS, C_CALL, LAB)
    pairs.append((f"{ROOTLESS} / {VPCD}", rootless, Station(VPCD, C_CALL, LAB), 2.0))
    pairs.append((f"{IN_PROCESS} / {ROOTLESS}", Station(IN_PROCESS, PYTHON, LAB), rootless, 3.0))
    return [
        Comparison(
            what=what,
            value=rate(_median(results[value], "per_second")),
            baseline=rate(_median(results[baseline], "per_second")),
            figure=ratios(rates(results[value]), rates(results[baseline])),
            target=target,
        )
        for what, value, baseline, target in pairs
        if value in results and baseline in results
    ]


if __name__ == "__main__":
    chosen = effort_from_arguments(__doc__)
    for measurement in (run_on_one_processor, run_anywhere):
        print(measurement(chosen).markdown(), end="\n\n")
