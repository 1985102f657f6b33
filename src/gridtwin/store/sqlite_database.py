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
from gridtwin.store.acting_role import ACCESS, READER, find_acting_role
from gridtwin.store.arrays import build_damage_error
from gridtwin.store.held_connections import lend_connection
from gridtwin.store.sqlite_audit import (
    AUDIT_TABLES,
    READ_BEGIN,
    naming_request,
    write_audit_triggers,
)
from gridtwin.store.store_rules import build_lock_error

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

STATE_FILE = "state.sqlite"
LOCK_FILE = "live.lock"
# The version of a file is how many of these it has.
SCHEMA_SCRIPTS = (
    *("states.sql", "outages.sql", "operations.sql", "live.sql"),
    *("findings.sql", "loads.sql", "following.sql", "analytics.sql", "vegetation.sql"),
    *("access.sql", "crews.sql", "feeds.sql", "operating.sql", "crew_assignments.sql"),
    *("histories.sql", "webhooks.sql", "audit.sql", "webhook_rests.sql", "planned_outages.sql"),
)
SQLITE_TIMEOUT_S = 10.0
ACCESS_TABLES = frozenset({"access_token", "access_session", "action"})
WRITING_ACTIONS = frozenset({sqlite3.SQLITE_INSERT, sqlite3.SQLITE_UPDATE, sqlite3.SQLITE_DELETE})


class SqliteDatabase(Protocol):
    """Where what changes is kept."""

    def acquire_lock(self) -> AbstractContextManager[Callable[[], None]]:
        """
        Keep other processes from doing what one may do at a time; StoreError if one does.

        Gives what refuses if the lock was lost meanwhile.
        """
        ...

    def transaction(self, begin: str = READ_BEGIN) -> AbstractContextManager[sqlite3.Connection]:
        """Run what is inside as one transaction: all of it is written, or nothing."""
        ...


@dataclass(frozen=True, slots=True)
class SqliteFile:
    """The changing part of the twin `twin`, made together with its network under one id."""

    twin: Path
    twin_id: str
    guarded: bool = False  # it writes only where `acting_as` lets it

    @classmethod
    def create(cls, twin: Path, twin_id: str) -> SqliteFile:
        """Make the file in a new twin: version 0, everything as designed."""
        with closing(sqlite3.connect(twin / STATE_FILE, isolation_level=None)) as connection:
            _copy_empty().backup(connection)
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("UPDATE twin SET id = ?", (twin_id,))
        return cls(twin, twin_id)

    def acquire_lock(self) -> AbstractContextManager[Callable[[], None]]:
        """Hold the lock of live operations."""
        return hold_lock(self.twin / LOCK_FILE, build_lock_error(str(self.twin)))

    def replace_id(self, connection: sqlite3.Connection, twin_id: str) -> SqliteFile:
        """Give the file, in a transaction of the caller, to a network of another id."""
        connection.execute("UPDATE twin SET id = ?", (twin_id,))
        return SqliteFile(self.twin, twin_id, self.guarded)

    @staticmethod
    def read_id(twin: Path) -> str:
        """Return the id of the network that the file of a twin belongs to; empty for none."""
        file = twin / STATE_FILE
        try:
            with closing(sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro", uri=True)) as read:
                row = read.execute("SELECT id FROM twin").fetchone()
        except sqlite3.Error as error:
            raise build_damage_error(twin, STATE_FILE, f"cannot be read ({error})") from error
        return str(row[0]) if row else ""

    @contextmanager
    def transaction(self, begin: str = READ_BEGIN) -> Iterator[sqlite3.Connection]:
        """
        Run what is inside as one transaction: all of it is written, or nothing.

        Raises
        ------
        StoreError
            If the file cannot be used, is damaged, or belongs to another twin.
        StoreVersionError
            If it was written by a newer gridtwin.
        """
        file = self.twin / STATE_FILE
        if not file.is_file():
            raise build_damage_error(self.twin, STATE_FILE, "is missing")
        key = self, file.stat().st_ino  # another file may have taken the place of one held open
        try:
            with lend_connection(key, lambda: _connect(file)) as connection:
                if self.guarded:
                    _release_from_role(connection)
                connection.execute(begin)
                self._check_twin(connection, begin)
                with naming_request(connection, begin):
                    if self.guarded:
                        _hold_to_role(connection, find_acting_role())
                    yield connection
                connection.execute("COMMIT")
        except sqlite3.OperationalError as error:
            msg = f"{file} cannot be used now ({error}): try again, or check who may write there"
            raise StoreError(msg) from error
        except sqlite3.IntegrityError as error:
            msg = f"{file} refused what breaks its rules ({error}); nothing was written"
            raise StoreError(msg) from error
        except sqlite3.DatabaseError as error:
            if error.sqlite_errorcode == sqlite3.SQLITE_AUTH:
                msg = f"{file} is not written by {find_acting_role()}; nothing was written"
                raise StoreError(msg) from error
            raise build_damage_error(self.twin, STATE_FILE, f"is damaged ({error})") from error

    def _check_twin(self, connection: sqlite3.Connection, begin: str) -> None:
        version = _read_version(connection)
        if version > len(SCHEMA_SCRIPTS):
            msg = (
                f"{self.twin / STATE_FILE} was written by a newer gridtwin (schema {version},"
                f" this one reads {len(SCHEMA_SCRIPTS)}): upgrade gridtwin"
            )
            raise StoreVersionError(msg)
        if version == 0:
            raise build_damage_error(self.twin, STATE_FILE, "holds no switch states")
        if version < len(SCHEMA_SCRIPTS):
            connection.execute("ROLLBACK")
            connection.execute("BEGIN IMMEDIATE")
            _bring_up_to_date(connection)
            connection.execute("COMMIT")
            connection.execute(begin)
        if connection.execute("SELECT id FROM twin").fetchone() != (self.twin_id,):
            msg = f"{self.twin} was replaced by another twin since it was opened: open it again"
            raise StaleTwinError(msg)


def _connect(file: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(
        f"{file.resolve().as_uri()}?mode=rw",
        uri=True,
        timeout=SQLITE_TIMEOUT_S,
        isolation_level=None,
        check_same_thread=False,
    )
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")
    return connection


def _release_from_role(connection: sqlite3.Connection) -> None:
    """Take from a connection what the role of the transaction before it left."""
    connection.set_authorizer(None)
    connection.execute("PRAGMA query_only = OFF")


def _hold_to_role(connection: sqlite3.Connection, role: str) -> None:
    """Let a transaction write what a role may, as the rights of PostgreSQL do."""
    if role == READER:
        connection.execute("PRAGMA query_only = ON")
        return

    def allow(
        action: int, table: str | None, _: str | None, __: str | None, trigger: str | None
    ) -> int:
        if action not in WRITING_ACTIONS:
            return sqlite3.SQLITE_OK
        forged = table in AUDIT_TABLES and trigger is None
        if forged or (table in ACCESS_TABLES) != (role == ACCESS):
            return sqlite3.SQLITE_DENY
        return sqlite3.SQLITE_OK

    connection.set_authorizer(allow)


@contextmanager
def hold_lock(
    file: Path, refusal: StoreError, *, patience_s: float = 0.0
) -> Iterator[Callable[[], None]]:
    """Hold a lock that ends with the process, however that ends; `refusal` if another has it."""
    with closing(sqlite3.connect(file, isolation_level=None, timeout=patience_s)) as held:
        try:
            held.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            raise refusal from error
        yield keep_lock


def keep_lock() -> None:
    """Find that a lock is still held: that of a file ends with its process, and not before."""


class SqliteMemory:
    """What changes in a twin that lives as long as its process; threads may share it."""

    def __init__(self) -> None:
        self._lock = RLock()
        self._connection = sqlite3.connect(
            ":memory:", isolation_level=None, check_same_thread=False
        )
        _copy_empty().backup(self._connection)
        self._connection.execute("PRAGMA foreign_keys = ON")

    def acquire_lock(self) -> AbstractContextManager[Callable[[], None]]:
        """Return at once: nobody else sees this twin."""
        return nullcontext(keep_lock)

    @contextmanager
    def transaction(self, begin: str = READ_BEGIN) -> Iterator[sqlite3.Connection]:
        """Run what is inside as one transaction: all of it is written, or nothing."""
        with self._lock:
            self._connection.execute(begin)
            try:
                with naming_request(self._connection, begin):
                    yield self._connection
            except BaseException as error:
                self._connection.execute("ROLLBACK")
                if isinstance(error, sqlite3.IntegrityError):
                    msg = f"what breaks the rules was refused ({error}); nothing was written"
                    raise StoreError(msg) from error
                raise
            self._connection.execute("COMMIT")


@cache
def _copy_empty() -> sqlite3.Connection:
    """Return a twin of version 0 in memory; it is copied, which is quicker than to make another."""
    connection = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
    _bring_up_to_date(connection)
    connection.execute("INSERT INTO twin VALUES ('', 0)")
    return connection


def _read_version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def run_script(connection: sqlite3.Connection, name: str) -> None:
    """Run a script of the schema in the transaction that a connection is in."""
    statement = ""
    for line in (files("gridtwin.store") / "sqlite_schema" / name).read_text("utf-8").splitlines():
        statement += line + "\n"
        if sqlite3.complete_statement(statement):
            connection.execute(statement)
            statement = ""


def _bring_up_to_date(connection: sqlite3.Connection) -> None:
    """Run the scripts a file does not have yet, in the transaction it is in."""
    for name in SCHEMA_SCRIPTS[_read_version(connection) :]:
        run_script(connection, name)
    write_audit_triggers(connection)
    connection.execute(f"PRAGMA user_version = {len(SCHEMA_SCRIPTS)}")
