"""Run SQL that is written once for both databases in PostgreSQL."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from gridtwin.store.acting_role import OPERATOR
from gridtwin.store.postgis.links import name_request
from gridtwin.store.postgis.postgis_customers import mark_values
from gridtwin.store.postgis.refusals import translate_refusals

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import psycopg

    from gridtwin.store.postgis.pool import Pool

OWN_SEARCH_PATH = "SET LOCAL search_path = gridtwin, pg_catalog, pg_temp"


class PostgisTransaction:
    """A transaction of PostgreSQL; see `gridtwin.store.row_database.RowTransaction`."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self._connection = connection
        name_request(connection)
        connection.execute(OWN_SEARCH_PATH)

    def select(self, question: str, **values: Any) -> list[tuple[Any, ...]]:
        """Return the rows of a question."""
        return self._connection.execute(mark_values(question), values).fetchall()

    def execute(self, statement: str, **values: Any) -> int:
        """Run a statement; return how many rows it changed."""
        return self._connection.execute(mark_values(statement), values).rowcount

    def execute_many(self, statement: str, rows: Sequence[Mapping[str, Any]]) -> None:
        """Run a statement for each of some values, in one go of the connection."""
        with self._connection.cursor() as cursor:
            cursor.executemany(mark_values(statement), rows)


class PostgisRows:
    """The rows of a twin that is kept in PostgreSQL."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    @contextmanager
    def read(self) -> Iterator[PostgisTransaction]:
        """Ask inside one transaction."""
        with self.write() as rows:
            yield rows

    @contextmanager
    def write(self) -> Iterator[PostgisTransaction]:
        """Write what is inside as one transaction: all of it, or nothing."""
        with (
            translate_refusals(self._pool.url, role=OPERATOR),
            self._pool.lend_connection() as connection,
            connection.transaction(),
        ):
            yield PostgisTransaction(connection)
