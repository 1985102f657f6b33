"""
Follow a database for a lake: what changed since it was told last, and rows of one moment.

Two connections: one holds the snapshot from which rows are read, the other reads the slot, holds
the lock that keeps a second publisher out, and says how far the lake has come.
"""

from __future__ import annotations

import hashlib
import logging
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gridtwin.errors import StoreError
from gridtwin.store.acting_role import OWNER
from gridtwin.store.postgis.connect import connect, hide_password
from gridtwin.store.postgis.published_rows import copy_rows, select_table
from gridtwin.store.postgis.refusals import translate_refusals
from gridtwin.store.postgis.slot_changes import (
    LOST,
    SLOT_STEM,
    advance_slot,
    create_slot,
    drop_slot,
    peek_changes,
    read_slot,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import date

    import psycopg
    import pyarrow as pa

    from gridtwin.model.own_columns import OwnKind
    from gridtwin.store.postgis.published_rows import PublishedTable
    from gridtwin.store.postgis.slot_changes import SlotChanges, SlotState

    Connection = psycopg.Connection[Any]

LOG = logging.getLogger("gridtwin.iceberg")

IDLE_LAG_BYTES = 16 << 20  # behind which a slot moves although nothing was told
UNBOUNDED = "-1"
SELECT_MOMENT = """
SELECT pg_current_snapshot()::text, n.content_hash, s.version,
    current_database() || '@' || (SELECT system_identifier FROM pg_control_system())
FROM gridtwin.network n CROSS JOIN gridtwin.states s WHERE s.name = 'current'
"""
SELECT_OWN_COLUMNS = "SELECT frame, name, kind FROM gridtwin.own_columns ORDER BY frame, place"
LOCK_SLOT = "SELECT pg_try_advisory_lock(hashtextextended(%s, 20261))"
READ_WRITTEN = "SELECT written FROM gridtwin.publications WHERE slot_name = %s"
NOTE_WRITTEN = """
INSERT INTO gridtwin.publications (slot_name, target, written) VALUES (%s, %s, %s)
ON CONFLICT (slot_name) DO UPDATE
SET target = excluded.target,
    written = greatest(publications.written::pg_lsn, excluded.written::pg_lsn)::text,
    written_at = clock_timestamp()
"""
SELECT_DAYS = "SELECT gridtwin.reading_days()"


@dataclass(frozen=True, slots=True)
class DatabaseMoment:
    """A moment of a database, whose rows can be read while it is held."""

    connection: Connection
    snapshot: str
    network: str  # 16 digits of the hash of its content
    version: int  # of the current state
    source: str  # database and server
    own: Mapping[str, Mapping[str, OwnKind]]  # of each frame that has any

    def read_rows(
        self,
        table: PublishedTable,
        types: Mapping[str, pa.DataType],
        keys: Iterable[tuple[str, ...]] | None = None,
        rows: Mapping[str, Iterable[int]] | None = None,
    ) -> pa.Table:
        """Return the rows of a table, all or of some keys; see `select_table`."""
        query = select_table(table, self.own.get(table.name, {}), keys, rows)
        return copy_rows(self.connection, query, types)

    def read_query(self, query: Any, types: Mapping[str, pa.DataType]) -> pa.Table:
        """Return the rows of another query."""
        return copy_rows(self.connection, query, types)

    def list_days(self) -> list[date]:
        """Return the days that readings are kept for."""
        return [day for (day,) in self.connection.execute(SELECT_DAYS)]


def name_slot(target: str) -> str:
    """Return the name of the slot of a lake: each has its own."""
    return SLOT_STEM + hashlib.sha256(target.encode()).hexdigest()[:16]


def parse_lsn(position: str) -> int:
    """Return a place in the log as a number; 0 of an empty text."""
    high, _, low = position.partition("/")
    return (int(high, 16) << 32) + int(low, 16) if position else 0


class DatabaseFeed:
    """The changes of one database, for one lake; see `open_feed`."""

    def __init__(self, url: str, target: str, reading: Connection, slot: Connection) -> None:
        self.url = url
        self.target = target
        self.slot_name = name_slot(target)
        self._reading = reading
        self._slot = slot

    @contextmanager
    def hold_moment(self) -> Iterator[DatabaseMoment]:
        """
        Hold a moment: what is read until it is left, is of it.

        Raises
        ------
        StoreError
            If the database holds no twin.
        """
        with self._translate(), self._reading.transaction():
            self._reading.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            row = self._reading.execute(SELECT_MOMENT).fetchone()
            if row is None:
                msg = f"{hide_password(self.url)} holds no twin yet: fill it with gridtwin sync"
                raise StoreError(msg)
            own: dict[str, dict[str, OwnKind]] = {}
            for frame, name, kind in self._reading.execute(SELECT_OWN_COLUMNS):
                own.setdefault(frame, {})[name] = kind
            snapshot, content, version, source = row
            yield DatabaseMoment(self._reading, snapshot, content[:16], version, source, own)

    def read_slot(self) -> SlotState | None:
        """Return how the slot stands; None if there is none."""
        with self._translate():
            return read_slot(self._slot, self.slot_name)

    def read_written(self) -> str:
        """Return the position that was noted last; empty = none."""
        with self._translate():
            row = self._slot.execute(READ_WRITTEN, (self.slot_name,)).fetchone()
        return str(row[0]) if row else ""

    def begin_slot(self) -> str:
        """Make the slot, in place of one that is there, and return where it begins."""
        with self._translate():
            if read_slot(self._slot, self.slot_name) is not None:
                drop_slot(self._slot, self.slot_name)
            return create_slot(self._slot, self.slot_name)

    def peek_changes(self, moment: DatabaseMoment) -> SlotChanges:
        """Return what changed up to a moment; the slot stays where it is."""
        with self._translate():
            return peek_changes(self._slot, self.slot_name, moment.snapshot)

    def confirm_position(self, position: str) -> None:
        """Note that the lake has come to a position, and let the server forget what is before."""
        with self._translate():
            self._slot.execute(NOTE_WRITTEN, (self.slot_name, self.target, position))
            state = read_slot(self._slot, self.slot_name)
            if state is not None and parse_lsn(state.position) < parse_lsn(position):
                advance_slot(self._slot, self.slot_name, position)

    def skip_idle(self) -> None:
        """Let a slot that told nothing move up to now, where the log has grown."""
        with self._translate():
            row = self._slot.execute("SELECT pg_current_wal_flush_lsn()::text").fetchone()
            state = read_slot(self._slot, self.slot_name)
            if row is None or state is None or state.lag_bytes < IDLE_LAG_BYTES:
                return
            with self.hold_moment() as moment:
                changes = peek_changes(self._slot, self.slot_name, moment.snapshot)
            if changes.complete and not changes.position:
                advance_slot(self._slot, self.slot_name, row[0])

    def warn_of_slot(self) -> int:
        """Log what may become of the slot, and return the bytes that are kept for it."""
        state = self.read_slot()
        if state is None:
            return 0
        if state.bound == UNBOUNDED:
            LOG.warning(
                "max_slot_wal_keep_size is not set: while nobody publishes, the log of the"
                " database grows without end; set it, such as to 64GB"
            )
        if state.status not in {"reserved", "extended", ""}:
            LOG.warning(
                "slot %s is %s, %d bytes behind: publish before the server drops its log",
                self.slot_name, state.status, state.lag_bytes,
            )  # fmt: skip
        return state.lag_bytes

    def needs_whole(self, position: str) -> bool:
        """
        Return whether changes alone cannot bring a lake in step.

        Parameters
        ----------
        position
            Where the lake stands; empty = nowhere.
        """
        state = self.read_slot()
        if state is None or state.status == LOST or not position:
            return True
        return parse_lsn(position) < parse_lsn(self.read_written())  # the lake was set back

    @contextmanager
    def _translate(self) -> Iterator[None]:
        with translate_refusals(self.url, role=OWNER):
            yield


@contextmanager
def open_feed(url: str, target: str, *, alone: bool = True) -> Iterator[DatabaseFeed]:
    """
    Open the feed of a database for a lake.

    Parameters
    ----------
    url
        Of the database.
    target
        The lake: catalog, warehouse and namespace.
    alone
        Whether to keep other publishers out of it.

    Raises
    ------
    StoreError
        If there is no connection, or another process publishes into the lake.
    """
    from gridtwin.store.postgis.migrate import check_schema

    with (
        connect(url, autocommit=True, statement_timeout_s=0) as reading,
        connect(url, autocommit=True, statement_timeout_s=0) as slot,
    ):
        check_schema(slot)
        for connection in (reading, slot):
            connection.execute("SET TimeZone = 'UTC'; SET DateStyle = 'ISO'")
        if alone and slot.execute(LOCK_SLOT, (name_slot(target),)).fetchone() != (True,):
            msg = (
                "another process publishes this database into the same namespace: wait until it"
                " is done, or end it"
            )
            raise StoreError(msg)
        yield DatabaseFeed(url, target, reading, slot)
