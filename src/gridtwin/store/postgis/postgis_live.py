"""Keep what live operations take in and tell, in PostgreSQL."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING, Any, TypeVar

from gridtwin.model.live import Alert, EventDeadLetter, LiveEvent
from gridtwin.store.postgis.session_lock import hold_session_lock
from gridtwin.store.store_rules import build_lock_error

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence
    from contextlib import AbstractContextManager

    import psycopg

    from gridtwin.store.postgis.pool import Pool

    Connection = psycopg.Connection[Any]

Result = TypeVar("Result")

PG_LIVE_LOCK = 0x67726964_6C697665  # "gridlive"

PG_ADD_LIVE_EVENT = """
INSERT INTO gridtwin.live_events
    (event_id, at, kind, mrid, open_phases, actor, detail, done)
SELECT event_id, to_timestamp(at_s), kind, mrid, open_phases, actor, detail, kind = ANY (%s)
FROM unnest(%s::text[], %s::float8[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[])
    n (event_id, at_s, kind, mrid, open_phases, actor, detail)
ON CONFLICT DO NOTHING
"""
PG_LIVE_EVENTS = """
SELECT event_id, extract(epoch FROM at)::float8, kind, mrid, open_phases, actor, detail
FROM gridtwin.live_events
"""
PG_SAVE_OFFSET = """
INSERT INTO gridtwin.live_places (source, next) VALUES (%s, %s)
ON CONFLICT (source) DO UPDATE SET next = excluded.next
"""
PG_ADD_DEAD_LETTER = """
INSERT INTO gridtwin.live_letters (topic, place, reason, value) VALUES (%s, %s, %s, %s)
ON CONFLICT DO NOTHING
"""
PG_UNPUBLISHED = """
SELECT event_id, at, outage, kind, status, device, customers_out, etr
FROM gridtwin.outage_alerts WHERE told_at IS NULL ORDER BY number LIMIT %s
"""
PG_MARK_PUBLISHED = """
UPDATE gridtwin.outage_alerts SET told_at = clock_timestamp() WHERE event_id = ANY (%s)
"""
PG_MARK_EVENT_DONE = "UPDATE gridtwin.live_events SET done = true WHERE event_id = %s"
PG_FORGET_EVENTS = "DELETE FROM gridtwin.live_events WHERE at < to_timestamp(%s) AND done"
PG_FORGET_ALERTS = """
DELETE FROM gridtwin.outage_alerts a
USING gridtwin.outages o
WHERE a.at < to_timestamp(%s) AND o.id = a.outage
    AND o.status IN ('restored', 'closed', 'invalid')
"""


class PostgisLive:
    """What live operations have taken in, and what they are to tell."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    def acquire_lock(self) -> AbstractContextManager[Callable[[], None]]:
        """Hold a lock that ends with its session; see `hold_session_lock`."""
        return hold_session_lock(self._pool.url, PG_LIVE_LOCK, build_lock_error)

    def store_events(
        self,
        events: Sequence[LiveEvent],
        letters: Sequence[EventDeadLetter] = (),
        places: Mapping[str, int] | None = None,
        *,
        done: Collection[str] = (),
    ) -> int:
        """Keep what came, and how far it was read; see `gridtwin.store.live_book.LiveBook`."""
        columns = [list(column) for column in zip(*events, strict=True)]

        def write_all(connection: Connection) -> int:
            fresh = (
                connection.execute(PG_ADD_LIVE_EVENT, (list(done), *columns)).rowcount
                if columns
                else 0
            )
            with connection.cursor() as cursor:
                cursor.executemany(PG_ADD_DEAD_LETTER, letters)
                cursor.executemany(PG_SAVE_OFFSET, sorted((places or {}).items()))
            return fresh

        return self._pool.run_write(write_all)

    def read_offsets(self) -> dict[str, int]:
        """Return how far each source was read: where its next message stands."""
        return dict(self._select_rows("SELECT source, next FROM gridtwin.live_places"))

    def list_events(self, since_s: float) -> list[LiveEvent]:
        """Return the events since a time, by time."""
        since = f"{PG_LIVE_EVENTS} WHERE at >= to_timestamp(%s) ORDER BY at, event_id"
        return [LiveEvent(*row) for row in self._select_rows(since, since_s)]

    def list_open_events(self) -> list[LiveEvent]:
        """Return the events that are not carried out yet, by time."""
        return [
            LiveEvent(*row)
            for row in self._select_rows(f"{PG_LIVE_EVENTS} WHERE NOT done ORDER BY 2, 1")
        ]

    def mark_event_done(self, event: str, letters: Sequence[EventDeadLetter] = ()) -> None:
        """Write down that an event was carried out, or why it cannot be."""

        def write_all(connection: Connection) -> None:
            connection.execute(PG_MARK_EVENT_DONE, (event,))
            with connection.cursor() as cursor:
                cursor.executemany(PG_ADD_DEAD_LETTER, letters)

        self._pool.run_write(write_all)

    def list_dead_letters(self) -> list[EventDeadLetter]:
        """Return the messages that cannot be used."""
        rows = self._select_rows("SELECT topic, place, reason, value FROM gridtwin.live_letters")
        return [EventDeadLetter(*row) for row in rows]

    def list_unpublished_alerts(self, limit: int) -> list[Alert]:
        """Return alerts that were not told yet, oldest first."""
        return [_build_alert(row) for row in self._select_rows(PG_UNPUBLISHED, limit)]

    def mark_alerts_published(self, alerts: Collection[str]) -> None:
        """Write down that alerts were told."""
        self._pool.run_write(
            lambda connection: connection.execute(PG_MARK_PUBLISHED, (sorted(alerts),))
        )

    def forget_before(self, before_s: float) -> None:
        """Forget the events and the alerts before a time."""

        def delete_all(connection: Connection) -> None:
            connection.execute(PG_FORGET_EVENTS, (before_s,))
            connection.execute(PG_FORGET_ALERTS, (before_s,))

        self._pool.run_write(delete_all)

    def _select_rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        return self._pool.run_read(
            lambda connection: connection.execute(query.encode(), values or None).fetchall()
        )


def _build_alert(row: Sequence[Any]) -> Alert:
    values = list(row)
    values[1] = row[1].astimezone(UTC)
    values[7] = None if row[7] is None else row[7].astimezone(UTC)
    return Alert(*values)
