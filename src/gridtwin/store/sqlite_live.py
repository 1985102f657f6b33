"""Keep what live operations take in and tell, in SQLite."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from gridtwin.model.live import Alert, EventDeadLetter, LiveEvent

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
    from contextlib import AbstractContextManager

    from gridtwin.store.sqlite_database import SqliteDatabase

SQLITE_ADD_LIVE_EVENT = "INSERT OR IGNORE INTO live_event VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
SQLITE_LIVE_EVENTS = "SELECT event_id, at_s, kind, mrid, open_phases, actor, detail FROM live_event"
SQLITE_SAVE_OFFSET = "INSERT OR REPLACE INTO live_place VALUES (?, ?)"
SQLITE_ADD_DEAD_LETTER = (
    "INSERT OR IGNORE INTO live_letter (topic, place, reason, value) VALUES (?, ?, ?, ?)"
)
SQLITE_UNPUBLISHED = """
SELECT event_id, at_s, outage, kind, status, device, customers_out, etr_s FROM outage_alert
WHERE told_s IS NULL ORDER BY number LIMIT ?
"""
# An alert is named after all that it tells of: the change of the outage, and its estimate.
SQLITE_ADD_ALERT = """
INSERT OR IGNORE INTO outage_alert (event_id, outage, kind, status, device, customers_out, etr_s)
SELECT o.id || '.' || o.revision || coalesce('.' || CAST(e.etr_s AS INTEGER), ''), o.id,
    CASE
        WHEN o.status NOT IN ('predicted', 'confirmed', 'partially_restored') THEN 'outage_closed'
        WHEN EXISTS (SELECT 1 FROM outage_alert a WHERE a.outage = o.id) THEN 'outage_changed'
        ELSE 'outage_opened'
    END, o.status, o.device, o.customers_out, e.etr_s
FROM outage o
LEFT JOIN erm_current e ON e.outage = o.id
WHERE o.id = ?
"""
SQLITE_FORGET_ALERTS = """
DELETE FROM outage_alert WHERE at_s < ? AND outage NOT IN (
    SELECT id FROM outage WHERE status IN ('predicted', 'confirmed', 'partially_restored'))
"""


def record_alerts(connection: sqlite3.Connection, outages: Iterable[str]) -> None:
    """Write down, in the transaction of a change, that outages changed."""
    connection.executemany(SQLITE_ADD_ALERT, [(each,) for each in outages])


class SqliteLive:
    """What live operations have taken in, and what they are to tell."""

    def __init__(self, kept: SqliteDatabase) -> None:
        self._kept = kept

    def acquire_lock(self) -> AbstractContextManager[Callable[[], None]]:
        """Keep other processes from live operations of the twin; StoreError if one does them."""
        return self._kept.acquire_lock()

    def store_events(
        self,
        events: Sequence[LiveEvent],
        letters: Sequence[EventDeadLetter] = (),
        places: Mapping[str, int] | None = None,
        *,
        done: Collection[str] = (),
    ) -> int:
        """Keep what came, and how far it was read; see `gridtwin.store.live_book.LiveBook`."""
        with self._kept.transaction("BEGIN IMMEDIATE") as connection:
            before = connection.total_changes
            connection.executemany(
                SQLITE_ADD_LIVE_EVENT, [(*each, each.kind in done) for each in events]
            )
            fresh = connection.total_changes - before
            connection.executemany(SQLITE_ADD_DEAD_LETTER, letters)
            connection.executemany(SQLITE_SAVE_OFFSET, sorted((places or {}).items()))
        return fresh

    def read_offsets(self) -> dict[str, int]:
        """Return how far each source was read: where its next message stands."""
        with self._kept.transaction() as connection:
            return dict(connection.execute("SELECT source, next FROM live_place"))

    def list_events(self, since_s: float) -> list[LiveEvent]:
        """Return the events since a time, by time."""
        with self._kept.transaction() as connection:
            since = f"{SQLITE_LIVE_EVENTS} WHERE at_s >= ? ORDER BY at_s, event_id"
            rows = connection.execute(since, (since_s,))
            return [LiveEvent(*row) for row in rows]

    def list_open_events(self) -> list[LiveEvent]:
        """Return the events that are not carried out yet, by time."""
        with self._kept.transaction() as connection:
            rows = connection.execute(
                f"{SQLITE_LIVE_EVENTS} WHERE NOT done ORDER BY at_s, event_id"
            )
            return [LiveEvent(*row) for row in rows]

    def mark_event_done(self, event: str, letters: Sequence[EventDeadLetter] = ()) -> None:
        """Write down that an event was carried out, or why it cannot be."""
        with self._kept.transaction("BEGIN IMMEDIATE") as connection:
            connection.execute("UPDATE live_event SET done = 1 WHERE event_id = ?", (event,))
            connection.executemany(SQLITE_ADD_DEAD_LETTER, letters)

    def list_dead_letters(self) -> list[EventDeadLetter]:
        """Return the messages that cannot be used."""
        with self._kept.transaction() as connection:
            rows = connection.execute("SELECT topic, place, reason, value FROM live_letter")
            return [EventDeadLetter(*row) for row in rows]

    def list_unpublished_alerts(self, limit: int) -> list[Alert]:
        """Return alerts that were not told yet, oldest first."""
        with self._kept.transaction() as connection:
            return [_build_alert(row) for row in connection.execute(SQLITE_UNPUBLISHED, (limit,))]

    def mark_alerts_published(self, alerts: Collection[str]) -> None:
        """Write down that alerts were told."""
        now_s = datetime.now(UTC).timestamp()
        with self._kept.transaction("BEGIN IMMEDIATE") as connection:
            connection.executemany(
                "UPDATE outage_alert SET told_s = ? WHERE event_id = ?",
                [(now_s, each) for each in sorted(alerts)],
            )

    def forget_before(self, before_s: float) -> None:
        """Forget the events and the alerts before a time."""
        with self._kept.transaction("BEGIN IMMEDIATE") as connection:
            connection.execute("DELETE FROM live_event WHERE at_s < ? AND done", (before_s,))
            connection.execute(SQLITE_FORGET_ALERTS, (before_s,))


def _build_alert(row: Sequence[Any]) -> Alert:
    values: list[Any] = list(row)
    values[1] = _build_time(row[1])
    values[7] = None if row[7] is None else _build_time(row[7])
    return Alert(*values)


def _build_time(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
