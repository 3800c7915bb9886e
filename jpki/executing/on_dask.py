"""Workers of a cluster of Dask, by the address of its scheduler. They need this program in the same version.

The scheduler hands the chunks of a lost worker to others by itself; when it gives up, they come back as lost.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any, Final

from jpki.executing.chunks import Chunk, Task
from jpki.executing.errors import WorkersGoneError
from jpki.executing.workers import Returned

if TYPE_CHECKING:
    from distributed import Future

PATIENCE_S: Final = 30
"""How long a cluster may be without any worker, when it is found and later."""
_CONNECT_S: Final = 10
_GATHER_S: Final = 60
_RESUME: Final = "start workers, then go on with --resume"


class DaskWorkers:
    """See ``jpki.executing.workers.Workers``. As many chunks are out as the cluster had threads at the beginning."""

    def __init__(self, address: str, *, patience_s: int = PATIENCE_S) -> None:
        try:
            from distributed import Client  # a second to import, for who names a cluster alone
        except ImportError as error:
            raise WorkersGoneError(
                "the library for clusters of Dask is not installed", hint="install it: pip install 'mynalab[dask]'"
            ) from error

        self._patience_s = patience_s
        try:
            self._client: Any = Client(address, timeout=_CONNECT_S, set_as_default=False)
        except (OSError, ValueError, TypeError) as error:  # nobody there; no address at all
            raise WorkersGoneError(
                f"no Dask scheduler answers at {address}",
                hint="dask scheduler --host 127.0.0.1; then give tcp://…:8786",
            ) from error
        try:
            self._client.wait_for_workers(1, timeout=patience_s)
        except TimeoutError as error:
            self._client.close()
            raise WorkersGoneError(f"the Dask cluster at {address} has no worker", hint=_RESUME) from error
        self.capacity = sum(self._client.nthreads().values())
        self._ended: SimpleQueue[tuple[Chunk, Future[Any]]] = SimpleQueue()
        self._numbers = itertools.count()
        # A future that nobody holds is forgotten by the cluster.
        self._out: dict[object, Future[Any]] = {}

    def start(self, task: Task, chunk: Chunk) -> None:
        """Give it to the scheduler, under a name that it has never had."""
        key = f"mynalab-{self._client.id}-{next(self._numbers)}"
        future = self._client.submit(task, chunk, key=key, pure=False)
        self._out[key] = future
        future.add_done_callback(lambda ended: self._ended.put((chunk, ended)))

    def finished(self) -> Iterator[Returned]:
        """The next that comes back."""
        for _ in range(self._patience_s):
            try:
                yield self._returned(*self._ended.get(timeout=1))
            except Empty:
                if self._has_workers():
                    return
            else:
                return
        raise WorkersGoneError("the Dask cluster has no worker any more", hint=_RESUME)

    def close(self) -> None:
        """Forget what is still out; the cluster stays."""
        for future in self._out.values():
            future.release()
        self._client.close()

    def _has_workers(self) -> bool:
        try:
            return bool(self._client.nthreads())
        except (OSError, TimeoutError) as error:
            raise WorkersGoneError("the Dask scheduler is gone", hint=_RESUME) from error

    def _returned(self, chunk: Chunk, future: Future[Any]) -> Returned:
        from distributed import KilledWorker

        del self._out[future.key]
        if future.status == "finished":
            try:
                return Returned(chunk=chunk, results=future.result(timeout=_GATHER_S))
            except (OSError, TimeoutError):  # the worker that had it is gone since
                return Returned(chunk=chunk)
        if future.status != "error":
            raise WorkersGoneError("the Dask scheduler is gone, or was started anew", hint=_RESUME)
        error = future.exception()
        return Returned(chunk=chunk, raised="" if isinstance(error, KilledWorker) else type(error).__name__)
