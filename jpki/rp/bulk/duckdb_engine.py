"""The engine on DuckDB: a hash join over Parquet, in parallel, in little memory. Needs the extra ``sweep``.

Customers: ``handle`` (the first 64 bits of the keyed hash), ``authority`` (a small number) and ``not_after`` (seconds).
Revoked: ``handle`` and ``reason``. Of 100 million customers and a million revoked, 64 bits give a false hit once in
200,000 sweeps; who acts on a hit looks the customer's whole hash up.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from jpki.reasons import RevocationReason
from jpki.rp.bulk.result import Tally
from jpki.rp.errors import SweepIncompleteError
from jpki.rp.records import State

_HELD: Final = int(RevocationReason.CERTIFICATE_HOLD)
_UNLISTED: Final = """
    count(*) FILTER (not_after < $at),
    count(*) FILTER (not_after >= $at AND list_contains($covered, authority)),
    count(*) FILTER (not_after >= $at AND NOT list_contains($covered, authority))
"""
_ALL: Final = f"SELECT {_UNLISTED} FROM read_parquet($files)"  # noqa: S608 - constants alone, here and below
# An inner join, of which DuckDB makes a filter that most rows never pass.
_HITS: Final = """
    CREATE OR REPLACE TEMP TABLE hits AS
    SELECT c.handle, c.authority, c.not_after, r.reason FROM read_parquet($files) c JOIN revoked r USING (handle)
"""
_OF_HITS: Final = f"""
    SELECT count(*) FILTER (reason <> {_HELD}), count(*) FILTER (reason = {_HELD}), {_UNLISTED} FROM hits
"""  # noqa: S608
_AUDIT: Final = f"""
    SELECT state, count(*) FROM (
        SELECT CASE
            WHEN r.reason = {_HELD} THEN 'held'
            WHEN r.reason IS NOT NULL THEN 'revoked'
            WHEN c.not_after < $at THEN 'expired'
            WHEN list_contains($covered, c.authority) THEN 'good'
            ELSE 'unknown' END AS state
        FROM read_parquet($files) c LEFT JOIN revoked r USING (handle)
    ) GROUP BY state
"""  # noqa: S608


class DuckDbEngine:
    """See ``jpki.rp.bulk.result.BulkEngine``. One for each sweep; closed at its end."""

    def __init__(
        self,
        revoked: Path,
        *,
        at: datetime,
        covered: Iterable[int],
        threads: int = 2,
        memory_limit: str = "1GB",
    ) -> None:
        import duckdb  # tens of megabytes, for sweeps of this size alone

        self._error = duckdb.Error
        self._connection: Any = duckdb.connect(":memory:", config={"threads": threads, "memory_limit": memory_limit})
        self._given = {"at": int(at.timestamp()), "covered": sorted(covered)}
        table = "CREATE TABLE revoked AS SELECT handle, any_value(reason) AS reason FROM read_parquet($file) GROUP BY 1"
        self._run(table, file=str(revoked))

    def sweep(self, files: list[str], hits: str) -> Tally:
        """The classes of all rows, less those of the rows that were hit, which have classes of their own."""
        stored = self._stored(files)
        expired, good, unknown = self._run(_ALL, files=files, **self._given)[0]
        self._run(_HITS, files=files)
        revoked, held, hit_expired, hit_good, hit_unknown = self._run(_OF_HITS, **self._given)[0]
        self._run("COPY (SELECT handle, reason FROM hits) TO $hits (FORMAT parquet)", hits=hits)
        counts = {
            State.GOOD: good - hit_good,
            State.REVOKED: revoked,
            State.HELD: held,
            State.EXPIRED: expired - hit_expired,
            State.UNKNOWN: unknown - hit_unknown,
        }
        return Tally(stored=stored, counts=counts)

    def audit(self, files: list[str]) -> Tally:
        """Every row joined and put into its state; three times the work."""
        rows = self._run(_AUDIT, files=files, **self._given)
        counts = dict.fromkeys(State, 0) | {State(name): count for name, count in rows}
        return Tally(stored=self._stored(files), counts=counts)

    def close(self) -> None:
        """Let go of the memory."""
        self._connection.close()

    def _stored(self, files: list[str]) -> int:
        """From the footers of the files, which no query over their rows reads."""
        return int(self._run("SELECT sum(num_rows) FROM parquet_file_metadata($files)", files=files)[0][0])

    def _run(self, statement: str, **parameters: object) -> list[Any]:
        try:
            rows: list[Any] = self._connection.execute(statement, parameters).fetchall()
        except self._error as error:
            first_line = str(error).partition("\n")[0]
            raise SweepIncompleteError(
                f"the sweep stopped: {first_line}", hint="check the files and start it again"
            ) from error
        return rows
