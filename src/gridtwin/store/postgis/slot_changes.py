"""
Read from a logical replication slot which rows changed: their keys, each once.

The slot is read by SQL and moved only when its reader says so: what was read and not confirmed is
read again. Messages are those of ``pgoutput``, version 1.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from gridtwin.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import psycopg

    Connection = psycopg.Connection[Any]

PUBLICATION = "gridtwin_lake"  # of sql/postgis/tables/0025_publications.sql
FETCHED_AT_ONCE = 10_000
LARGEST_XID = 1 << 32
PEEK_CHANGES = """
SELECT lsn, data FROM pg_logical_slot_peek_binary_changes(%s, NULL, NULL,
    'proto_version', '1', 'publication_names', %s)
"""
IS_UNFLUSHED = "SELECT pg_current_wal_insert_lsn() > pg_current_wal_flush_lsn()"
FLUSH_LOG = "SELECT pg_logical_emit_message(true, 'gridtwin', '')"
SLOT_STATE = """
SELECT confirmed_flush_lsn::text, coalesce(wal_status, ''),
    coalesce(pg_wal_lsn_diff(pg_current_wal_lsn(), confirmed_flush_lsn), 0)::bigint,
    current_setting('max_slot_wal_keep_size')
FROM pg_replication_slots WHERE slot_name = %s
"""
CREATE_SLOT = "SELECT lsn::text FROM pg_create_logical_replication_slot(%s, 'pgoutput')"
ADVANCE_SLOT = "SELECT pg_replication_slot_advance(%s, %s::pg_lsn)"
DROP_SLOT = "SELECT pg_drop_replication_slot(%s)"
LARGEST_LAG = """
SELECT coalesce(max(pg_wal_lsn_diff(pg_current_wal_lsn(), confirmed_flush_lsn)), 0)::bigint
FROM pg_replication_slots
WHERE database = current_database() AND starts_with(slot_name, %s) AND NOT pg_is_in_recovery()
"""
SLOT_STEM = "gridtwin_"  # with which the names of the slots begin
LOST = "lost"  # the server has thrown away what the slot had not read


class SlotState(NamedTuple):
    """How a slot stands."""

    position: str  # up to which it was confirmed
    status: str  # reserved, extended, unreserved, or lost
    lag_bytes: int  # of the log that is kept for it
    bound: str  # max_slot_wal_keep_size; -1 = none


@dataclass(slots=True)
class ChangedKeys:
    """What changed in one table."""

    keys: set[tuple[str, ...]] = field(default_factory=set)
    rows: set[int] = field(default_factory=set)  # column row of those with a new key
    kept_rows: set[int] = field(default_factory=set)  # of those whose key is as it was
    truncated: bool = False


@dataclass(slots=True)
class SlotChanges:
    """What changed, up to a snapshot of the database."""

    tables: dict[str, ChangedKeys] = field(default_factory=dict)
    position: str = ""  # behind the last transaction of which all before are in; empty = none
    messages: int = 0  # rows that were told, one for each change
    complete: bool = True  # whether the snapshot sees every transaction that was told


@dataclass(frozen=True, slots=True)
class Relation:
    """A table as messages are about to speak of it."""

    name: str
    columns: tuple[str, ...]
    key: tuple[int, ...]  # places of its key among them


def read_slot(connection: Connection, slot: str) -> SlotState | None:
    """Return how a slot stands; None if there is none."""
    row = connection.execute(SLOT_STATE, (slot,)).fetchone()
    return None if row is None else SlotState(*row)


def measure_largest_lag(connection: Connection) -> int:
    """Return the bytes of its log that a database keeps for the lake that is behind most."""
    row = connection.execute(LARGEST_LAG, (SLOT_STEM,)).fetchone()
    return int(row[0]) if row else 0


def create_slot(connection: Connection, slot: str) -> str:
    """
    Make a slot and return the place in the log from which it keeps changes.

    Raises
    ------
    StoreError
        If the server keeps no logical changes, or the login may not ask for them.
    """
    import psycopg

    try:
        row = connection.execute(CREATE_SLOT, (slot,)).fetchone()
    except psycopg.errors.ObjectNotInPrerequisiteState as error:
        msg = (
            "the database cannot be followed: set wal_level = logical and max_slot_wal_keep_size,"
            " such as 64GB, in its configuration, and start it again"
        )
        raise StoreError(msg) from error
    except psycopg.errors.InsufficientPrivilege as error:
        msg = "the login may not follow the database: ALTER ROLE name REPLICATION"
        raise StoreError(msg) from error
    return str(row[0]) if row else ""


def advance_slot(connection: Connection, slot: str, position: str) -> None:
    """Let the server forget what is before a place in the log."""
    connection.execute(ADVANCE_SLOT, (slot, position))


def drop_slot(connection: Connection, slot: str) -> None:
    """Drop a slot."""
    connection.execute(DROP_SLOT, (slot,))


def peek_changes(connection: Connection, slot: str, snapshot: str) -> SlotChanges:
    """
    Return which rows were changed by the transactions that a snapshot sees.

    Parameters
    ----------
    connection
        Another than that of the snapshot, in autocommit.
    slot
        The slot; it stays where it is.
    snapshot
        As ``pg_current_snapshot()`` writes it.

    Notes
    -----
    Transactions become visible in another order than that of the log now and then. The position
    stands before the first one that the snapshot does not see: what comes after it is told again.
    """
    reader = _ChangeReader(SeenTransactions.from_text(snapshot))
    _flush_log(connection)
    with connection.transaction(), connection.cursor(name="gridtwin_slot", binary=True) as cursor:
        cursor.itersize = FETCHED_AT_ONCE
        cursor.execute(PEEK_CHANGES, (slot, PUBLICATION))
        reader.read_messages(data for _, data in cursor)
    return reader.changes


def _flush_log(connection: Connection) -> None:
    """Have the log written out: of commits that did not wait for that, a slot tells only then."""
    row = connection.execute(IS_UNFLUSHED).fetchone()
    if row is not None and row[0]:
        with connection.transaction():
            connection.execute("SET LOCAL synchronous_commit = on")
            connection.execute(FLUSH_LOG)


@dataclass(frozen=True, slots=True)
class SeenTransactions:
    """The transactions whose rows a snapshot sees."""

    end: int  # the first that had not begun
    running: frozenset[int]

    @classmethod
    def from_text(cls, snapshot: str) -> SeenTransactions:
        """Return those of ``xmin:xmax:running,running``."""
        _, end, running = snapshot.split(":")
        return cls(int(end), frozenset(int(each) for each in running.split(",") if each))

    def sees(self, xid: int) -> bool:
        """Return whether it sees a transaction, given by the lower half of its number."""
        full = (self.end // LARGEST_XID) * LARGEST_XID + xid
        if full > self.end + LARGEST_XID // 2:
            full -= LARGEST_XID
        elif full < self.end - LARGEST_XID // 2:
            full += LARGEST_XID
        return full < self.end and full not in self.running


class _ChangeReader:
    """Reads messages one after another and folds the keys they tell."""

    def __init__(self, seen: SeenTransactions) -> None:
        self.changes = SlotChanges()
        self._seen = seen
        self._relations: dict[int, Relation] = {}
        self._takes = True  # the transaction that is being told

    def read_messages(self, messages: Iterable[bytes]) -> None:
        """Read messages in their order."""
        for message in messages:
            kind = message[:1]
            if kind == b"B":
                (xid,) = struct.unpack_from("!I", message, 17)
                self._takes = self._seen.sees(xid)
                self.changes.complete = self.changes.complete and self._takes
            elif kind == b"C":
                if self.changes.complete:
                    (end,) = struct.unpack_from("!Q", message, 10)
                    self.changes.position = f"{end >> 32:X}/{end & 0xFFFFFFFF:X}"
            elif kind == b"R":
                self._read_relation(message)
            elif self._takes and kind in (b"I", b"U", b"D"):
                self._read_change(message)
            elif self._takes and kind == b"T":
                self._read_truncation(message)

    def _read_relation(self, message: bytes) -> None:
        (oid,) = struct.unpack_from("!I", message, 1)
        _, at = _read_text(message, 5)
        name, at = _read_text(message, at)
        (count,) = struct.unpack_from("!H", message, at + 1)
        at += 3
        columns, key = [], []
        for place in range(count):
            if message[at] & 1:
                key.append(place)
            column, at = _read_text(message, at + 1)
            columns.append(column)
            at += 8
        self._relations[oid] = Relation(name, tuple(columns), tuple(key))

    def _read_change(self, message: bytes) -> None:
        (oid,) = struct.unpack_from("!I", message, 1)
        relation, at = self._relations[oid], 5
        table = self.changes.tables.setdefault(relation.name, ChangedKeys())
        self.changes.messages += 1
        is_kept = message[:1] == b"U" and message[at : at + 1] == b"N"
        rows = table.kept_rows if is_kept else table.rows
        while at < len(message):
            is_new = message[at : at + 1] == b"N"
            values, at = _read_tuple(message, at + 1)
            key = tuple(values[place] or "" for place in relation.key)
            if relation.name == "erm_history":  # written by outage, not by number
                key = (values[relation.columns.index("outage")] or "",)
            table.keys.add(key)
            if is_new and "row" in relation.columns:
                rows.add(int(values[relation.columns.index("row")] or -1))

    def _read_truncation(self, message: bytes) -> None:
        (count,) = struct.unpack_from("!I", message, 1)
        for oid in struct.unpack_from(f"!{count}I", message, 6):
            relation = self._relations[oid]
            self.changes.tables.setdefault(relation.name, ChangedKeys()).truncated = True
            self.changes.messages += 1


def _read_text(message: bytes, at: int) -> tuple[str, int]:
    end = message.index(b"\0", at)
    return message[at:end].decode(), end + 1


def _read_tuple(message: bytes, at: int) -> tuple[Sequence[str | None], int]:
    (count,) = struct.unpack_from("!H", message, at)
    at += 2
    values: list[str | None] = []
    for _ in range(count):
        kind = message[at : at + 1]
        at += 1
        if kind in (b"t", b"b"):
            (length,) = struct.unpack_from("!I", message, at)
            values.append(message[at + 4 : at + 4 + length].decode())
            at += 4 + length
        else:
            values.append(None)
    return values, at
