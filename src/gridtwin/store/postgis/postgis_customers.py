"""Keep customers in PostgreSQL, in a schema that only its owner and the owner's role may use."""

from __future__ import annotations

import re
from contextlib import contextmanager
from datetime import date
from functools import cache
from typing import TYPE_CHECKING, Any

from gridtwin.store.acting_role import OWNER
from gridtwin.store.customer_tables import CUSTOMER_TABLES
from gridtwin.store.postgis.connect import connect
from gridtwin.store.postgis.refusals import translate_refusals

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    import psycopg

SEARCH_PATH = "SET LOCAL search_path = gridtwin_customers, pg_catalog, pg_temp"
SHREDDED_TABLES = (
    *("record", "party_member", "record_key", "link", "label", "party_change"),
    *("designation", "complaint", "usage"),
)
COUNT_TEXT = """
SELECT count(*) FROM record AS r WHERE r::text LIKE :pattern
UNION ALL SELECT count(*) FROM link AS l WHERE l::text LIKE :pattern
UNION ALL SELECT count(*) FROM service_point AS s WHERE s::text LIKE :pattern
UNION ALL SELECT count(*) FROM party_change AS c WHERE c::text LIKE :pattern
UNION ALL SELECT count(*) FROM designation AS d WHERE d::text LIKE :pattern
UNION ALL SELECT count(*) FROM complaint AS p WHERE p::text LIKE :pattern
UNION ALL SELECT count(*) FROM usage AS u WHERE u::text LIKE :pattern
"""


class PostgisCustomerConnection:
    """A transaction of PostgreSQL."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self._connection = connection
        connection.execute(SEARCH_PATH)

    def select(self, question: str, **values: Any) -> list[tuple[Any, ...]]:
        """Return the rows of a question; dates as texts."""
        rows = self._connection.execute(mark_values(question), values).fetchall()
        return [
            tuple(each.isoformat() if isinstance(each, date) else each for each in row)
            for row in rows
        ]

    def execute(self, statement: str, **values: Any) -> int:
        """Run a statement; return how many rows it changed."""
        return self._connection.execute(mark_values(statement), values).rowcount

    def insert_rows(self, table: str, rows: Iterable[Sequence[Any]]) -> None:
        """Add rows to a table, their values in the order of its columns, in place of the same."""
        from psycopg import sql

        columns = CUSTOMER_TABLES[table]
        fresh, target = sql.Identifier("fresh_rows"), sql.Identifier(table)
        names = sql.SQL(", ").join(map(sql.Identifier, columns))
        keys = _list_keys(table)
        run = self._connection.execute
        run(sql.SQL("CREATE TEMP TABLE {} (LIKE {}) ON COMMIT DROP").format(fresh, target))
        run(sql.SQL("ALTER TABLE {} DROP COLUMN IF EXISTS id").format(fresh))
        with self._connection.cursor() as cursor:
            copied = sql.SQL("COPY {} ({}) FROM STDIN").format(fresh, names)
            with cursor.copy(copied) as copy:
                for row in rows:
                    copy.write_row(row)
        if keys:
            same = sql.SQL(" AND ").join(
                sql.SQL("t.{0} = f.{0}").format(sql.Identifier(key)) for key in keys
            )
            run(sql.SQL("DELETE FROM {} t USING {} f WHERE {}").format(target, fresh, same))
        run(sql.SQL("INSERT INTO {} ({}) SELECT {} FROM {}").format(target, names, names, fresh))
        run(sql.SQL("DROP TABLE {}").format(fresh))


class PostgisCustomers:
    """The customers of a twin that is kept in PostgreSQL."""

    def __init__(self, url: str) -> None:
        self.url = url

    @contextmanager
    def read(self) -> Iterator[PostgisCustomerConnection]:
        """Ask inside one transaction."""
        with self.write() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[PostgisCustomerConnection]:
        """Write what is inside as one transaction: all of it, or nothing."""
        with (
            translate_refusals(self.url, role=OWNER),
            connect(self.url) as connection,
            connection.transaction(),
        ):
            yield PostgisCustomerConnection(connection)

    def shred_rows(self) -> None:
        """Let the server write the tables of erased customers anew."""
        with translate_refusals(self.url, role=OWNER), connect(self.url, autocommit=True) as link:
            for table in SHREDDED_TABLES:
                link.execute(f"VACUUM (FULL) gridtwin_customers.{table}")

    def find_text(self, text: str) -> int:
        """Count the rows in which a text still stands."""
        with self.read() as connection:
            escaped = re.sub(r"([%_\\])", r"\\\1", text)
            return sum(count for (count,) in connection.select(COUNT_TEXT, pattern=f"%{escaped}%"))


def _list_keys(table: str) -> tuple[str, ...]:
    """Return the columns that name a row of a table; none where rows are only added."""
    return {
        "record": ("record",),
        "party_member": ("record",),
        "record_key": ("key", "record"),
        "link": ("record_l", "record_r"),
        "label": ("record_l", "record_r"),
        "designation": ("designation",),
        "complaint": ("complaint",),
        "usage": ("esi_id", "meter", "period_start"),
        "model": ("name",),
    }.get(table, ())


@cache
def mark_values(statement: str) -> Any:
    """Return a statement with its values marked as psycopg marks them."""
    return re.sub(r"(?<!:):([a-z_]+)", r"%(\1)s", statement.replace("%", "%%"))
