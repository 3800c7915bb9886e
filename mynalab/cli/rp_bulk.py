"""``mynalab rp check-status`` and ``recheck-evidence``: work for many processes or many machines."""

from __future__ import annotations

import contextlib
import functools
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from mynalab.cli.options import Settings, shared_options

if TYPE_CHECKING:
    from jpki.executing.chunks import Row, Task
    from jpki.executing.results import Standing
    from jpki.executing.workers import Workers
    from jpki.verify.trust import TrustAnchor
    from mynalab.lab.lab import Lab

_Command = TypeVar("_Command", bound=Callable[..., Any])
_FILES = click.Path(path_type=Path)
_NOT_ALL = 1
_STATUS_CHUNK, _EVIDENCE_CHUNK = 256, 64


@dataclass(frozen=True, slots=True)
class _Running:
    """How a job is run."""

    output: Path
    workers: int
    dask: str | None
    resume: bool

    @property
    def checkpoint(self) -> Path:
        """Where results are kept until all are there."""
        return self.output.with_name(self.output.name + ".job")

    @contextlib.contextmanager
    def hired(self) -> Iterator[Workers]:
        """The workers, as long as they are needed."""
        from jpki.executing.local import LocalWorkers
        from jpki.executing.on_dask import DaskWorkers

        with contextlib.closing(LocalWorkers(self.workers) if self.dask is None else DaskWorkers(self.dask)) as workers:
            yield workers


def _job_options(default_output: str) -> Callable[[_Command], _Command]:
    """--output, --workers, --dask and --resume, passed as ``running``."""

    def decorate(command: _Command) -> _Command:
        @functools.wraps(command)
        def call(*, output: Path, workers: int, dask: str | None, resume: bool, **others: Any) -> Any:
            return command(running=_Running(output, workers, dask, resume), **others)

        decorated: Any = call
        for option in (
            click.option("--resume", is_flag=True, help="Go on with a job that was interrupted."),
            click.option("--dask", metavar="ADDRESS", help="Work on this cluster of Dask: tcp://127.0.0.1:8786"),
            click.option(
                "--workers",
                type=click.IntRange(1, 64),
                default=min(64, os.cpu_count() or 1),
                show_default="one for each core",
                help="How many processes of this machine.",
            ),
            click.option(
                "--output",
                "-o",
                type=click.Path(path_type=Path, dir_okay=False),
                default=default_output,
                show_default=True,
                help="Write a line of JSON for each there; until all are there, FILE.job beside it has them.",
            ),
        ):
            decorated = option(decorated)
        return decorated  # type: ignore[no-any-return]

    return decorate


@click.command(
    short_help="Ask OCSP how very many certificates stand.",
    epilog="""\b
Examples:
  mynalab rp check-status certificates.pem                 the lab's own responder, in this process
  mynalab rp check-status customers.csv --url http://127.0.0.1:8780 --rate 50
  mynalab rp check-status customers.csv --resume           after Ctrl-C, a crash, a power cut
  mynalab rp check-status customers.csv --dask tcp://127.0.0.1:8786 --url http://192.0.2.1:8780
\b
A line of customers.csv, after a first one with these names (the last two may be missing):
  authority,serial,not_after,id
  auth,123456,2031-05-01T23:59:59+09:00,customer-1
""",
)
@click.argument("files", nargs=-1, required=True, type=_FILES)
@click.option("--url", metavar="URL", help="Ask this responder, over HTTP.  [default: the lab's own]")
@click.option(
    "--rate", type=click.FloatRange(min=0, min_open=True), help="Questions a second, of all workers together."
)
@click.option("--batch", type=click.IntRange(1, 64), default=16, show_default=True, help="Certificates in a question.")
@click.option("--no-nonce", is_flag=True, help="Ask without a nonce, as caches want it.")
@_job_options("status.jsonl")
@shared_options()
def check_status(
    files: tuple[Path, ...],
    url: str | None,
    rate: float | None,
    batch: int,
    no_nonce: bool,
    running: _Running,
    settings: Settings,
) -> int:
    """Ask OCSP how the certificates in FILES stand, CSV or PEM: good, revoked, held, expired or unknown.

    Each certificate is in exactly one state, and the states add up to what went in. Who is not answered is asked again
    a few times, and unknown then. Ends with 1 when some are unknown.
    """
    from jpki.rp.asking.certificates import certificate_rows
    from jpki.rp.asking.ocsp import AskOcsp
    from mynalab.chance import system_random
    from mynalab.cli.opening import open_lab
    from mynalab.lab.asking import LabTransport, authorities_by_name
    from mynalab.lab.ocsp_client import HttpTransport
    from mynalab.lab.relying_party import trust_store

    lab = open_lab(settings)
    task = AskOcsp(
        transport=LabTransport(lab.paths.root.absolute()) if url is None else HttpTransport(url),
        anchors=tuple(trust_store(lab)),
        rng=system_random,
        batch=batch,
        with_nonce=not no_nonce,
    )
    names = authorities_by_name(lab)
    rows = _Rereadable(lambda: certificate_rows(files, names))
    identity = _identity(files, url, batch, no_nonce, _roots(task.anchors))
    counts = _run(rows, task, running, settings, size=_STATUS_CHUNK, identity=identity, rate=rate)
    return _NOT_ALL if counts["unknown"] else 0


@click.command(
    short_help="Verify evidence records again.",
    epilog="""\b
Examples:
  mynalab rp recheck-evidence records/
  mynalab rp recheck-evidence records/ --archive data/ --key-file evidence.key
  mynalab rp recheck-evidence records/ --unsafe-any-root   believe the roots that the records bring along
  mynalab rp recheck-evidence --tenant demo                all that the lab's platform operator kept for this tenant
  mynalab rp recheck-evidence --tenant bank --database postgresql://me@localhost/operator --dask tcp://127.0.0.1:8786
""",
)
@click.argument("files", nargs=-1, type=_FILES)
@click.option("--tenant", metavar="NAME", help="Instead of FILES: what the platform operator keeps for this tenant.")
@click.option("--database", metavar="URL", help="With --tenant: as for mynalab rp serve.  [default: in the lab]")
@click.option("--archive", type=click.Path(path_type=Path, exists=True, file_okay=False), help="Lists and responses.")
@click.option("--key-file", type=click.Path(path_type=Path, exists=True, dir_okay=False), help="The key of the seals.")
@click.option("--unsafe-any-root", is_flag=True, help="Do not compare the records' roots with the lab's.")
@_job_options("evidence.jsonl")
@shared_options()
def recheck_evidence(
    files: tuple[Path, ...],
    tenant: str | None,
    database: str | None,
    archive: Path | None,
    key_file: Path | None,
    unsafe_any_root: bool,
    running: _Running,
    settings: Settings,
) -> int:
    """Verify the evidence records in FILES again (of directories, all *.json): do they say today what they said then?

    Ends with 1 unless all of them hold. With --dask, the workers have to see the same files or database; with --tenant
    they are given the key of the tenant's store.
    """
    from jpki.rp.asking.evidence import RecheckEvidence, Standing, record_rows
    from mynalab.cli.opening import open_lab
    from mynalab.lab.relying_party import trust_store

    _require_one_source(files, tenant, database, with_files=(archive, key_file))
    lab = open_lab(settings)
    if tenant is not None:
        return _recheck_tenant(lab, tenant, database, running, settings, unsafe_any_root=unsafe_any_root)
    task = RecheckEvidence(
        anchors=() if unsafe_any_root else tuple(trust_store(lab)),
        archive=None if archive is None else archive.absolute(),
        key=None if key_file is None else key_file.read_bytes(),
    )
    rows = _Rereadable(lambda: record_rows(files))
    sealed_with = None if task.key is None else sha256(b"job " + task.key).hexdigest()
    identity = _identity(files, str(archive), sealed_with, _roots(task.anchors))
    counts = _run(rows, task, running, settings, size=_EVIDENCE_CHUNK, identity=identity)
    return 0 if counts[Standing.HOLDS.value] == sum(counts.values()) else _NOT_ALL


def _require_one_source(
    files: tuple[Path, ...], tenant: str | None, database: str | None, *, with_files: tuple[Path | None, ...]
) -> None:
    if bool(files) is (tenant is not None):
        raise click.UsageError("Give FILES, or --tenant NAME instead.")
    if tenant is None and database is not None:
        raise click.UsageError("--database goes with --tenant.")
    if tenant is not None and any(with_files):
        raise click.UsageError("--archive and --key-file go with FILES; a tenant's store has data and key of its own.")


def _recheck_tenant(
    lab: Lab, name: str, database: str | None, running: _Running, settings: Settings, *, unsafe_any_root: bool
) -> int:
    """What the operator kept for a tenant; what comes meanwhile is not in it."""
    from jpki.rp.asking.evidence import Standing
    from jpki.rp.asking.operated import RecheckVerifications, verification_rows
    from jpki.rp.storage.operator.store import SqlTenantStore
    from mynalab.lab.operator import LabOperator
    from mynalab.lab.relying_party import trust_store

    with LabOperator(lab, database=database) as operator:
        place, key = operator.kept_of(name)
    task = RecheckVerifications(place=place, key=key, anchors=None if unsafe_any_root else tuple(trust_store(lab)))
    with SqlTenantStore(place) as store:
        ids, last = sha256(), 0
        for row in verification_rows(store):
            ids.update(row["id"].encode())
            last = row["number"]
        rows = _Rereadable(lambda: verification_rows(store, last=last))
        identity = _identity((), name, ids.hexdigest(), _roots(task.anchors))
        counts = _run(rows, task, running, settings, size=_EVIDENCE_CHUNK, identity=identity)
    return 0 if counts[Standing.HOLDS.value] == sum(counts.values()) else _NOT_ALL


class _Rereadable:
    """Rows that are read from their files each time."""

    def __init__(self, read: Callable[[], Iterator[Row]]) -> None:
        self._read = read

    def __iter__(self) -> Iterator[Row]:
        return self._read()


def _identity(files: Iterable[Path], *options: object) -> str:
    """Changes with any of the files, also with those of a directory, and with what changes results."""
    told = sha256(repr(options).encode())
    for path in files:
        for one in sorted(path.rglob("*.json")) if path.is_dir() else (path,):
            stat = one.stat()
            told.update(repr((str(one.absolute()), stat.st_size, stat.st_mtime_ns)).encode())
    return told.hexdigest()


def _roots(anchors: Iterable[TrustAnchor] | None) -> list[str] | None:
    """Who is trusted, by name."""
    return None if anchors is None else sorted(anchor.key_id.hex() for anchor in anchors)


def _run(
    rows: Iterable[Row],
    task: Task,
    running: _Running,
    settings: Settings,
    *,
    size: int,
    identity: str,
    rate: float | None = None,
) -> dict[str, int]:
    """The whole job, and its results in the file that was asked for."""
    from jpki.executing.job import Job, run_job
    from jpki.executing.results import ResultFile

    if running.checkpoint.exists() and not running.resume:
        _refuse_leftover(running.checkpoint)
    total = sum(1 for _ in rows)
    job = Job(rows=rows, task=task, chunk_size=size, clock=settings.clock, rate=rate)
    with ResultFile(running.checkpoint, identity=identity) as results:
        kept = results.standing().rows
        with running.hired() as workers, _progress(total) as progress:
            rows_in = run_job(job, workers, results, progress=progress)
        counts = results.require_complete(rows_in, states=task.states)
        _write(running.output, results.results())
    running.checkpoint.unlink()
    _tell(settings, running.output, rows_in, kept, counts)
    return counts


def _refuse_leftover(path: Path) -> None:
    from jpki.executing.errors import JobFileError

    raise JobFileError(f"{path} is of a job that was interrupted", path=path, hint="--resume goes on; or delete it")


@contextlib.contextmanager
def _progress(total: int) -> Iterator[Callable[[Standing], None]]:
    with click.progressbar(length=total, file=sys.stderr, hidden=not sys.stderr.isatty()) as bar:
        yield lambda standing: bar.update(standing.rows - bar.pos)


def _write(path: Path, results: Iterable[Any]) -> None:
    """All of them, or what was there before."""
    import json

    draft = path.with_name(path.name + ".draft")
    with draft.open("w", encoding="utf-8") as file:
        for result in results:
            file.write(json.dumps(result, ensure_ascii=False) + "\n")
    draft.replace(path)


def _tell(settings: Settings, output: Path, rows_in: int, kept: int, counts: dict[str, int]) -> None:
    settings.output.document({"in": rows_in, **counts, "resumed_after": kept, "output": str(output)})
    sums = " + ".join(f"{count:,} {state}" for state, count in counts.items())
    settings.output.say(f"{rows_in:,} in = {sums}", f"入力 {rows_in:,} 件 = {sums}")
    if kept:
        settings.output.say(f"{kept:,} of them had been done before", f"うち {kept:,} 件は前回までに完了していました")
    settings.output.say(f"a line for each: {output}", f"1 件 1 行の結果: {output}")
