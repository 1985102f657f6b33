"""
Keep what changes in a twin in one SQLite file, or in memory.

The file is in WAL mode, so that readers never wait for a writer; every write is one short
transaction that takes the write lock first, so that no update is lost between processes. A file of
an older gridtwin is brought up to date when it is first used.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing, contextmanager, nullcontext
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from threading import RLock
from typing import TYPE_CHECKING, Protocol

from gridtwin.errors import StaleTwinError, StoreError, StoreVersionError
from gridtwin.store.arrays import damaged
from gridtwin.store.names import taken

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

FILE = "state.sqlite"
LOCK = "live.lock"
# The version of a file is how many of these it has.
SCHEMAS = ("states.sql", "outages.sql", "operations.sql", "live.sql")
TIMEOUT_S = 10.0


class Changing(Protocol):
    """Where what changes is kept."""

    def alone(self) -> AbstractContextManager[None]:
        """Keep other processes from doing what one may do at a time; StoreError if one does."""
        ...

    def transaction(self, begin: str = "BEGIN") -> AbstractContextManager[sqlite3.Connection]:
        """Run what is inside as one transaction: all of it is written, or nothing."""
        ...


@dataclass(frozen=True, slots=True)
class ChangingFile:
    """The changing part of the twin `twin`, made together with its network under one id."""

    twin: Path
    twin_id: str

    @classmethod
    def create(cls, twin: Path, twin_id: str) -> ChangingFile:
        """Make the file in a new twin: version 0, everything as designed."""
        with closing(sqlite3.connect(twin / FILE, isolation_level=None)) as connection:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("BEGIN IMMEDIATE")
            _upgrade(connection)
            connection.execute("INSERT INTO twin VALUES (?, 0)", (twin_id,))
            connection.execute("COMMIT")
        return cls(twin, twin_id)

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Hold a lock that ends with the process, however that ends."""
        with closing(sqlite3.connect(self.twin / LOCK, isolation_level=None, timeout=0)) as held:
            try:
                held.execute("BEGIN EXCLUSIVE")
            except sqlite3.OperationalError as error:
                raise taken(str(self.twin)) from error
            yield

    @contextmanager
    def transaction(self, begin: str = "BEGIN") -> Iterator[sqlite3.Connection]:
        """
        Run what is inside as one transaction: all of it is written, or nothing.

        Raises
        ------
        StoreError
            If the file cannot be used, is damaged, or belongs to another twin.
        StoreVersionError
            If it was written by a newer gridtwin.
        """
        file = self.twin / FILE
        if not file.is_file():
            raise damaged(self.twin, FILE, "is missing")
        try:
            with closing(
                sqlite3.connect(
                    f"{file.resolve().as_uri()}?mode=rw",
                    uri=True,
                    timeout=TIMEOUT_S,
                    isolation_level=None,
                )
            ) as connection:
                connection.execute("PRAGMA synchronous = FULL")
                connection.execute("PRAGMA foreign_keys = ON")
                connection.execute(begin)
                self._check(connection, begin)
                yield connection
                connection.execute("COMMIT")
        except sqlite3.OperationalError as error:
            msg = f"{file} cannot be used now ({error}): try again, or check who may write there"
            raise StoreError(msg) from error
        except sqlite3.IntegrityError as error:
            msg = f"{file} refused what breaks its rules ({error}); nothing was written"
            raise StoreError(msg) from error
        except sqlite3.DatabaseError as error:
            raise damaged(self.twin, FILE, f"is damaged ({error})") from error

    def _check(self, connection: sqlite3.Connection, begin: str) -> None:
        version = _version(connection)
        if version > len(SCHEMAS):
            msg = (
                f"{self.twin / FILE} was written by a newer gridtwin (schema {version}, this one"
                f" reads {len(SCHEMAS)}): upgrade gridtwin"
            )
            raise StoreVersionError(msg)
        if version == 0:
            raise damaged(self.twin, FILE, "holds no switch states")
        if version < len(SCHEMAS):
            connection.execute("ROLLBACK")
            connection.execute("BEGIN IMMEDIATE")
            _upgrade(connection)
            connection.execute("COMMIT")
            connection.execute(begin)
        if connection.execute("SELECT id FROM twin").fetchone() != (self.twin_id,):
            msg = f"{self.twin} was replaced by another twin since it was opened: open it again"
            raise StaleTwinError(msg)


class ChangingMemory:
    """What changes in a twin that lives as long as its process; threads may share it."""

    def __init__(self) -> None:
        self._lock = RLock()
        self._connection = sqlite3.connect(
            ":memory:", isolation_level=None, check_same_thread=False
        )
        _empty().backup(self._connection)
        self._connection.execute("PRAGMA foreign_keys = ON")

    def alone(self) -> AbstractContextManager[None]:
        """Return at once: nobody else sees this twin."""
        return nullcontext()

    @contextmanager
    def transaction(self, begin: str = "BEGIN") -> Iterator[sqlite3.Connection]:
        """Run what is inside as one transaction: all of it is written, or nothing."""
        with self._lock:
            self._connection.execute(begin)
            try:
                yield self._connection
            except BaseException as error:
                self._connection.execute("ROLLBACK")
                if isinstance(error, sqlite3.IntegrityError):
                    msg = f"what breaks the rules was refused ({error}); nothing was written"
                    raise StoreError(msg) from error
                raise
            self._connection.execute("COMMIT")


@cache
def _empty() -> sqlite3.Connection:
    """Return a twin of version 0 in memory; it is copied, which is quicker than to make another."""
    connection = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
    _upgrade(connection)
    connection.execute("INSERT INTO twin VALUES ('', 0)")
    return connection


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _upgrade(connection: sqlite3.Connection) -> None:
    """Run the scripts a file does not have yet, in the transaction it is in."""
    for name in SCHEMAS[_version(connection) :]:
        statement = ""
        for line in (files("gridtwin.store") / "sqlite_schema" / name).read_text().splitlines():
            statement += line + "\n"
            if sqlite3.complete_statement(statement):
                connection.execute(statement)
                statement = ""
    connection.execute(f"PRAGMA user_version = {len(SCHEMAS)}")
