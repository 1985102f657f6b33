"""Pull what analytics hand back into a twin that is kept in PostgreSQL."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from gridtwin.store.acting_role import OWNER
from gridtwin.store.postgis.connect import connect
from gridtwin.store.postgis.refusals import translate_refusals
from gridtwin.store.pull_writing import PullWriter
from gridtwin.store.sql_dialect import SqlDialect

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    import psycopg

    from gridtwin.model.analytics_tables import AnalyticsRow, AnalyticsTable, AnalyticsValue
    from gridtwin.model.pulls import PullConflict, PullOutcome, PullPosition, TableChanges
    from gridtwin.store.postgis.pool import Pool

POSTGIS_DIALECT = SqlDialect(
    schema="gridtwin.",
    value="%s",
    types={
        "text": "text",
        "number": "float8",
        "whole": "bigint",
        "time": "timestamptz",
        "position": 'text COLLATE "C"',
    },
    json="jsonb",
    on_commit=" ON COMMIT DROP",
)
PULL_TIMEOUT_S = 600.0  # of one statement: a first pull may write millions of rows


class PostgisPulls:
    """What analytics handed back to a twin that is kept in PostgreSQL."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    def read_position(self, name: str) -> PullPosition | None:
        """Return how far a declaration was pulled; None if it never was."""
        return self._pool.run_read(lambda link: _open_writer(link).read_position(name))

    def apply_pulls(self, pulled: Sequence[TableChanges], now: datetime) -> list[PullOutcome]:
        """Write what changed in some tables, all of it or nothing."""
        with self._begin_writing() as writer:
            return [writer.apply_pull(changes, now) for changes in pulled]

    def list_conflicts(self) -> list[PullConflict]:
        """Return what is in conflict, by declaration and key."""
        return self._pool.run_read(lambda link: _open_writer(link).list_conflicts())

    def settle_conflict(self, name: str, key: str, *, take_analytics: bool) -> PullConflict:
        """End a conflict: write what analytics say, or let what is here stand."""
        with self._begin_writing() as writer:
            return writer.settle_conflict(name, key, take_analytics=take_analytics)

    def read_rows(
        self, target: AnalyticsTable, asked: Mapping[str, AnalyticsValue]
    ) -> list[AnalyticsRow]:
        """Return the rows of a table that have some values, by their key."""
        return self._pool.run_read(lambda link: _open_writer(link).read_rows(target, asked))

    @contextmanager
    def _begin_writing(self) -> Iterator[PullWriter]:
        """Open a transaction of its own: who is cut off pulls again, and nothing is lost."""
        with (
            translate_refusals(self._pool.url, role=OWNER),
            connect(self._pool.url, statement_timeout_s=PULL_TIMEOUT_S) as link,
        ):
            yield _open_writer(link)


def _open_writer(link: psycopg.Connection[Any]) -> PullWriter:
    return PullWriter(PostgisStaging(link))


class PostgisStaging:
    """The connection of a transaction."""

    dialect = POSTGIS_DIALECT

    def __init__(self, link: psycopg.Connection[Any]) -> None:
        self._link = link

    def execute(self, statement: str, values: Sequence[Any] = ()) -> psycopg.Cursor[Any]:
        """Run a statement; return its cursor."""
        return self._link.execute(statement.encode(), values)

    def copy_rows(self, table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
        """Append rows to a table."""
        statement = f"COPY {table} ({', '.join(columns)}) FROM STDIN"
        with self._link.cursor() as cursor, cursor.copy(statement.encode()) as copy:
            for row in rows:
                copy.write_row(row)

    def lock_tables(self, names: Sequence[str]) -> None:
        """Keep others from writing to tables until the transaction ends; they may read."""
        locked = ", ".join(map(self.dialect.name_table, names))
        self._link.execute(f"LOCK TABLE {locked} IN SHARE ROW EXCLUSIVE MODE".encode())

    def name_pull(self, name: str) -> None:
        """Say which pull writes from here on; the triggers of the tables note it."""
        self._link.execute("SELECT set_config('gridtwin.pulled_by', %s, true)", (name,))
