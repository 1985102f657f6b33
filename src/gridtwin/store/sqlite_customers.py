"""Keep customers in SQLite: in a file of the twin that its owner alone may read, or in memory."""

from __future__ import annotations

import os
import re
import sqlite3
from contextlib import closing, contextmanager
from functools import cache
from mmap import ACCESS_READ, mmap
from threading import RLock
from typing import TYPE_CHECKING, Any

from gridtwin.errors import StoreError
from gridtwin.store.customer_tables import CUSTOMER_TABLES
from gridtwin.store.sqlite_database import run_script

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

CUSTOMERS_FILE = "customers.sqlite"
OWNER_ONLY = 0o600
CUSTOMERS_TIMEOUT_S = 10.0
CACHE_KIB = 262_144  # at most: a million records in one transaction touch all indexes at once
CUSTOMER_SCRIPTS = ("customers-0001.sql", "customers-0002.sql")  # each sets its user_version


class SqliteCustomerConnection:
    """A transaction of SQLite."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def select(self, question: str, **values: Any) -> list[tuple[Any, ...]]:
        """Return the rows of a question."""
        return self._connection.execute(_name_engine(question), values).fetchall()

    def execute(self, statement: str, **values: Any) -> int:
        """Run a statement; return how many rows it changed."""
        return self._connection.execute(_name_engine(statement), values).rowcount

    def insert_rows(self, table: str, rows: Iterable[Sequence[Any]]) -> None:
        """Add rows to a table, their values in the order of its columns."""
        columns = CUSTOMER_TABLES[table]
        marks = ", ".join("?" * len(columns))
        self._connection.executemany(
            f"INSERT OR REPLACE INTO {table} ({', '.join(columns)}) VALUES ({marks})",  # noqa: S608 - own names
            rows,
        )


class SqliteCustomerFile:
    """The customers of a twin in a directory; the file is made when something is first kept."""

    def __init__(self, twin: Path) -> None:
        self.path = twin / CUSTOMERS_FILE

    @contextmanager
    def read(self) -> Iterator[SqliteCustomerConnection]:
        """Ask inside one transaction; without a file, of no customers."""
        if self.path.exists():
            with self._connect("BEGIN") as connection:
                yield SqliteCustomerConnection(connection)
        else:
            with closing(_make_empty()) as connection:
                yield SqliteCustomerConnection(connection)

    @contextmanager
    def write(self) -> Iterator[SqliteCustomerConnection]:
        """Write what is inside as one transaction: all of it, or nothing."""
        if not self.path.exists():
            try:
                os.close(os.open(self.path, os.O_CREAT | os.O_RDWR, OWNER_ONLY))
            except OSError as error:
                msg = f"{self.path} cannot be made ({error.strerror}): check who may write there"
                raise StoreError(msg) from error
        with self._connect("BEGIN IMMEDIATE") as connection:
            yield SqliteCustomerConnection(connection)

    def shred_rows(self) -> None:
        """Write the file anew without what was deleted, and empty its journal."""
        with self._open() as connection:
            connection.execute("VACUUM")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def find_text(self, text: str) -> int:
        """Count where a text still stands in the file and its journal, byte by byte."""
        parts = [self.path, *self.path.parent.glob(f"{self.path.name}-*")]
        return sum(_count_bytes(part, text.encode()) for part in parts)

    @contextmanager
    def _connect(self, begin: str) -> Iterator[sqlite3.Connection]:
        with self._open() as connection:
            connection.execute("PRAGMA secure_delete = ON")
            connection.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
            _bring_tables(connection, self.path)
            connection.execute(begin)
            yield connection
            connection.execute("COMMIT")

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        """Give a connection without a transaction; StoreError for what the file refuses."""
        try:
            with closing(
                sqlite3.connect(self.path, timeout=CUSTOMERS_TIMEOUT_S, isolation_level=None)
            ) as connection:
                yield connection
        except sqlite3.IntegrityError as error:
            msg = f"{self.path} refused what breaks its rules ({error}); nothing was written"
            raise StoreError(msg) from error
        except sqlite3.DatabaseError as error:
            msg = f"{self.path} cannot be used now ({error}): check who may write there"
            raise StoreError(msg) from error


class SqliteCustomerMemory:
    """The customers of a twin in memory; threads may share it."""

    def __init__(self) -> None:
        self._lock = RLock()
        self._connection = _make_empty()

    @contextmanager
    def read(self) -> Iterator[SqliteCustomerConnection]:
        """Ask while nobody writes."""
        with self._lock:
            yield SqliteCustomerConnection(self._connection)

    @contextmanager
    def write(self) -> Iterator[SqliteCustomerConnection]:
        """Write what is inside as one transaction: all of it, or nothing."""
        with self._lock:
            self._connection.execute("BEGIN")
            try:
                yield SqliteCustomerConnection(self._connection)
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    def shred_rows(self) -> None:
        """Leave nothing of deleted rows in memory."""
        with self._lock:  # nobody's transaction is under way
            self._connection.execute("VACUUM")

    def find_text(self, text: str) -> int:
        """Count where a text still stands in what memory holds, byte by byte."""
        with self._lock:
            return self._connection.serialize().count(text.encode())


def _count_bytes(path: Path, wanted: bytes) -> int:
    """Count where bytes stand in a file, without holding all of it in memory."""
    if not path.exists() or not path.stat().st_size:
        return 0
    with path.open("rb") as file, mmap(file.fileno(), 0, access=ACCESS_READ) as content:
        return sum(1 for _ in re.finditer(re.escape(wanted), content))


def _make_empty() -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
    _find_empty().backup(connection)
    connection.execute("PRAGMA secure_delete = ON")
    return connection


@cache
def _find_empty() -> sqlite3.Connection:
    """Return the tables of no customers, to be copied: that is quicker than to make others."""
    connection = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
    _upgrade_tables(connection)
    return connection


def _bring_tables(connection: sqlite3.Connection, path: Path) -> None:
    """Bring the tables of a file up to date; StoreError if a newer gridtwin wrote it."""
    version = _read_version(connection)
    if version > len(CUSTOMER_SCRIPTS):
        msg = f"{path} was written by a newer gridtwin: upgrade gridtwin"
        raise StoreError(msg)
    if version == 0:
        connection.execute("PRAGMA journal_mode = WAL")
    if version < len(CUSTOMER_SCRIPTS):
        _upgrade_tables(connection)


def _upgrade_tables(connection: sqlite3.Connection) -> None:
    connection.execute("BEGIN IMMEDIATE")
    try:
        # Another process may have done it while this one waited to write.
        for name in CUSTOMER_SCRIPTS[_read_version(connection) :]:
            run_script(connection, name)
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def _read_version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _name_engine(statement: str) -> str:
    return statement.replace("each_of(", "json_each(")
