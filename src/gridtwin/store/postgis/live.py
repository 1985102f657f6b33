"""Keep what live operations take in and tell, in PostgreSQL."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import UTC
from typing import TYPE_CHECKING, Any, TypeVar

from gridtwin.model.live import Alert, EventDeadLetter, LiveEvent
from gridtwin.store.names import taken
from gridtwin.store.postgis.connect import connect, shown
from gridtwin.store.postgis.refusals import OPERATOR, told

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    import psycopg

    from gridtwin.store.postgis.pool import Pool

    Connection = psycopg.Connection[Any]

Result = TypeVar("Result")

LOCK = 0x67726964_6C697665  # "gridlive"

TAKE = """
INSERT INTO gridtwin.live_events
    (event_id, at, kind, mrid, open_phases, actor, detail, done)
SELECT event_id, to_timestamp(at_s), kind, mrid, open_phases, actor, detail, kind = ANY (%s)
FROM unnest(%s::text[], %s::float8[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[])
    n (event_id, at_s, kind, mrid, open_phases, actor, detail)
ON CONFLICT DO NOTHING
"""
EVENTS = """
SELECT event_id, extract(epoch FROM at)::float8, kind, mrid, open_phases, actor, detail
FROM gridtwin.live_events
"""
PLACE = """
INSERT INTO gridtwin.live_places (source, next) VALUES (%s, %s)
ON CONFLICT (source) DO UPDATE SET next = excluded.next
"""
LETTER = """
INSERT INTO gridtwin.live_letters (topic, place, reason, value) VALUES (%s, %s, %s, %s)
ON CONFLICT DO NOTHING
"""
UNTOLD = """
SELECT event_id, at, outage, kind, status, device, customers_out, etr
FROM gridtwin.outage_alerts WHERE told_at IS NULL ORDER BY number LIMIT %s
"""
TOLD = """
UPDATE gridtwin.outage_alerts SET told_at = clock_timestamp() WHERE event_id = ANY (%s)
"""
DONE = "UPDATE gridtwin.live_events SET done = true WHERE event_id = %s"
FORGET = "DELETE FROM gridtwin.live_events WHERE at < to_timestamp(%s) AND done"
FORGET_ALERTS = """
DELETE FROM gridtwin.outage_alerts a
USING gridtwin.outages o
WHERE a.at < to_timestamp(%s) AND o.id = a.outage
    AND o.status IN ('restored', 'closed', 'invalid')
"""


class PostgisLive:
    """What live operations have taken in, and what they are to tell."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Hold a lock that ends with its session, however that ends."""
        url = self._pool.url
        with told(url, role=OPERATOR), connect(url, autocommit=True) as connection:
            row = connection.execute("SELECT pg_try_advisory_lock(%s)", (LOCK,)).fetchone()
            if row != (True,):
                raise taken(shown(url))
            yield

    def take_in(
        self,
        events: Sequence[LiveEvent],
        letters: Sequence[EventDeadLetter] = (),
        places: Mapping[str, int] | None = None,
        *,
        done: Collection[str] = (),
    ) -> int:
        """Keep what came, and how far it was read; see `gridtwin.store.live_book.LiveBook`."""
        columns = [list(column) for column in zip(*events, strict=True)]

        def work(connection: Connection) -> int:
            fresh = connection.execute(TAKE, (list(done), *columns)).rowcount if columns else 0
            with connection.cursor() as cursor:
                cursor.executemany(LETTER, letters)
                cursor.executemany(PLACE, sorted((places or {}).items()))
            return fresh

        return self._pool.write(work)

    def places(self) -> dict[str, int]:
        """Return how far each source was read: where its next message stands."""
        return dict(self._rows("SELECT source, next FROM gridtwin.live_places"))

    def events(self, since_s: float) -> list[LiveEvent]:
        """Return the events since a time, by time."""
        since = f"{EVENTS} WHERE at >= to_timestamp(%s) ORDER BY at, event_id"
        return [LiveEvent(*row) for row in self._rows(since, since_s)]

    def open_events(self) -> list[LiveEvent]:
        """Return the events that are not carried out yet, by time."""
        return [LiveEvent(*row) for row in self._rows(f"{EVENTS} WHERE NOT done ORDER BY 2, 1")]

    def carried_out(self, event: str, letters: Sequence[EventDeadLetter] = ()) -> None:
        """Write down that an event was carried out, or why it cannot be."""

        def work(connection: Connection) -> None:
            connection.execute(DONE, (event,))
            with connection.cursor() as cursor:
                cursor.executemany(LETTER, letters)

        self._pool.write(work)

    def letters(self) -> list[EventDeadLetter]:
        """Return the messages that cannot be used."""
        rows = self._rows("SELECT topic, place, reason, value FROM gridtwin.live_letters")
        return [EventDeadLetter(*row) for row in rows]

    def untold(self, limit: int) -> list[Alert]:
        """Return alerts that were not told yet, oldest first."""
        return [_alert(row) for row in self._rows(UNTOLD, limit)]

    def told(self, alerts: Collection[str]) -> None:
        """Write down that alerts were told."""
        self._pool.write(lambda connection: connection.execute(TOLD, (sorted(alerts),)))

    def forget(self, before_s: float) -> None:
        """Forget the events and the alerts before a time."""

        def work(connection: Connection) -> None:
            connection.execute(FORGET, (before_s,))
            connection.execute(FORGET_ALERTS, (before_s,))

        self._pool.write(work)

    def _rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        return self._pool.read(
            lambda connection: connection.execute(query.encode(), values or None).fetchall()
        )


def _alert(row: Sequence[Any]) -> Alert:
    values = list(row)
    values[1] = row[1].astimezone(UTC)
    values[7] = None if row[7] is None else row[7].astimezone(UTC)
    return Alert(*values)
