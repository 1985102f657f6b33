"""
Keep the house of a database that readings stream into, beside the workers: one keeper at a time.

Sums the loads of intervals once they have come to rest, and of days, drops old days and makes new
ones, and keeps what meters hang on in step with the switches. What one leaves undone, the next one
does.
"""

from __future__ import annotations

import logging
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gridtwin.errors import StoreError
from gridtwin.store.postgis.links import Link

if TYPE_CHECKING:
    from collections.abc import Iterator

    import psycopg

LOG = logging.getLogger("gridtwin.stream")
KEEPER_LOCK = 0x6772_6964_0005  # "grid", 5: one keeper at a time
FEEDERS_S = 30.0  # least time between two looks at what meters hang on


@dataclass(frozen=True, slots=True)
class KeeperRules:
    """How house is kept."""

    keep_days: int = 7  # of readings, the newest one included; of messages as they came
    look_s: float = 1.0
    rest_s: float = 2.0  # an interval without new readings for so long is summed
    longest_s: float = 30.0  # one that never rests is summed after so long
    day_rest_s: float = 1200.0  # a day without new loads for so long is summed
    keep_sums_days: int = 35  # of loads by day, also where their readings are gone


class Keeper:
    """Keeps the house of one database."""

    def __init__(self, url: str, rules: KeeperRules | None = None) -> None:
        self._rules = rules or KeeperRules()
        self._link = Link(url, patience_s=0.0, autocommit=True)
        self._summed: dict[Any, float] = {}
        self._seen: Any = None
        self._day: Any = None  # today, and the newest day with readings
        self._seen_at = time.monotonic()  # the worker begins with a look of its own

    def keep_house(self, stop: threading.Event) -> None:
        """Keep house until told to stop; while the database is away, wait for it."""
        import psycopg

        while not stop.wait(self._rules.look_s):
            try:
                self.do_due_work(self._link.connection)
            except (StoreError, psycopg.Error) as error:
                LOG.warning("house is not kept for a while: %s", str(error).strip())
                stop.wait(self._rules.look_s)
        self._link.close()

    def do_due_work(self, connection: psycopg.Connection[Any]) -> None:
        """Do what is due, if no other keeper does; each thing in a transaction of its own."""
        row = connection.execute("SELECT pg_try_advisory_lock(%s)", (KEEPER_LOCK,)).fetchone()
        if row is None or not row[0]:
            return
        try:
            connection.execute("SET lock_timeout = '2s'")
            self._follow_switches(connection)
            self._turn_days(connection)
            for at in self._list_resting(connection):
                connection.execute("SELECT gridtwin.sum_loads(%s)", (at,))
                self._summed[at] = time.monotonic()
            self._sum_day(connection)
        finally:
            if not connection.closed:
                connection.execute("SELECT pg_advisory_unlock(%s)", (KEEPER_LOCK,))

    def _follow_switches(self, connection: psycopg.Connection[Any]) -> None:
        if time.monotonic() - self._seen_at < FEEDERS_S:
            return
        self._seen_at = time.monotonic()
        seen = connection.execute(
            "SELECT synced_at, (SELECT version FROM gridtwin.states WHERE name = 'current')"
            " FROM gridtwin.network"
        ).fetchone()
        if seen is not None and seen != self._seen:
            connection.execute("SELECT gridtwin.refresh_meters()")
            self._seen = seen

    def _turn_days(self, connection: psycopg.Connection[Any]) -> None:
        """Make room for what comes tomorrow, and drop what is too old, when a day begins."""
        today = connection.execute(
            "SELECT (now() AT TIME ZONE 'UTC')::date, max(day) FROM gridtwin.reading_days() day"
        ).fetchone()
        if today is None or today == self._day:
            return
        kept = self._rules.keep_days - 1
        connection.execute(
            "SELECT gridtwin.make_raw_days(%(day)s, %(day)s + 1),"
            " gridtwin.drop_raw_days(%(day)s - %(kept)s)",
            {"day": today[0], "kept": kept},
        )
        if today[1] is not None:
            connection.execute("SELECT gridtwin.drop_reading_days(%s - %s)", (today[1], kept))
        connection.execute(
            "SELECT gridtwin.forget_load_days(make_interval(days => %s))",
            (max(self._rules.keep_sums_days, self._rules.keep_days),),
        )
        self._day = today

    def _sum_day(self, connection: psycopg.Connection[Any]) -> None:
        """Sum one day that is due and has come to rest; another one at the next look."""
        connection.execute(
            "SELECT gridtwin.sum_load_day(d.day) FROM ("
            " SELECT day FROM gridtwin.load_days WHERE summed_at IS NULL AND NOT closed"
            " AND touched_at < clock_timestamp() - make_interval(secs => %s) ORDER BY day LIMIT 1"
            ") d",
            (self._rules.day_rest_s,),
        )

    def _list_resting(self, connection: psycopg.Connection[Any]) -> list[Any]:
        rows = connection.execute(
            "SELECT reading_time, touched_at < clock_timestamp() - %s * interval '1 s'"
            " FROM gridtwin.loads_due ORDER BY 1",
            (self._rules.rest_s,),
        ).fetchall()
        now = time.monotonic()
        self._summed = {at: self._summed.get(at, now) for at, _ in rows}
        return [at for at, rests in rows if rests or now - self._summed[at] > self._rules.longest_s]


@contextmanager
def run_keeper(url: str, rules: KeeperRules | None = None) -> Iterator[None]:
    """Keep house meanwhile, in a thread of its own."""
    stop = threading.Event()
    keeper = Keeper(url, rules)
    thread = threading.Thread(target=keeper.keep_house, args=(stop,), name="keeper", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
