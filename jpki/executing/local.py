"""Processes of this machine. Each is a pool of its own, so that it is known which chunk took its worker along."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.connection import Connection, wait
from queue import Empty, SimpleQueue
from typing import Final, TypeAlias

from jpki.executing.chunks import Chunk, Result, Task
from jpki.executing.workers import Returned

# A new interpreter: a fork would copy locks and threads in whatever state they are.
_CONTEXT: Final = multiprocessing.get_context("spawn")


class _Slot:
    """A place for one worker. The next takes the place of one that is lost."""

    def __init__(self) -> None:
        self._pool: ProcessPoolExecutor | None = None
        self._lifeline: Connection | None = None

    def submit(self, task: Task, chunk: Chunk) -> Future[Sequence[Result]]:
        """Begin a chunk, with another worker if this one was killed while it had nothing to do."""
        try:
            return self._alive().submit(task, chunk)
        except BrokenProcessPool:
            self.end()
            return self._alive().submit(task, chunk)

    def _alive(self) -> ProcessPoolExecutor:
        if self._pool is None:
            theirs, self._lifeline = _CONTEXT.Pipe(duplex=False)
            self._pool = ProcessPoolExecutor(1, _CONTEXT, initializer=_begin, initargs=(theirs,))
        return self._pool

    def end(self) -> None:
        """Stop the worker, also in the middle of a chunk."""
        if self._lifeline is not None:
            self._lifeline.close()
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)
        self._pool = self._lifeline = None


_Ended: TypeAlias = tuple[_Slot, Chunk, "Future[Sequence[Result]]"]


class LocalWorkers:
    """See ``jpki.executing.workers.Workers``."""

    def __init__(self, count: int) -> None:
        self.capacity = count
        self._idle = [_Slot() for _ in range(count)]
        self._slots = list(self._idle)
        self._ended: SimpleQueue[_Ended] = SimpleQueue()

    def start(self, task: Task, chunk: Chunk) -> None:
        """Give it to a worker that has nothing to do."""
        slot = self._idle.pop()
        future = slot.submit(task, chunk)
        future.add_done_callback(lambda ended: self._ended.put((slot, chunk, ended)))

    def finished(self) -> Iterator[Returned]:
        """The next that comes back, and those that came with it."""
        yield self._returned(*self._ended.get())
        try:
            while True:
                yield self._returned(*self._ended.get_nowait())
        except Empty:
            return

    def close(self) -> None:
        """Stop all of them."""
        for slot in self._slots:
            slot.end()

    def _returned(self, slot: _Slot, chunk: Chunk, future: Future[Sequence[Result]]) -> Returned:
        error = future.exception()
        if isinstance(error, BrokenProcessPool):
            slot.end()
        self._idle.append(slot)
        if error is None:
            return Returned(chunk=chunk, results=future.result())
        return Returned(chunk=chunk, raised="" if isinstance(error, BrokenProcessPool) else type(error).__name__)


def _begin(lifeline: Connection) -> None:
    """In the worker: end with the driver, whatever ends that, and leave Ctrl-C to it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    assert parent is not None
    threading.Thread(target=_end_with, args=(lifeline, parent.sentinel), daemon=True).start()


def _end_with(lifeline: Connection, driver: int) -> None:
    wait([lifeline, driver])
    os._exit(1)
