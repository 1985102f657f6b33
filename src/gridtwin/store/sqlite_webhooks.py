"""Keep webhooks in SQLite."""

from __future__ import annotations

import time
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING

from gridtwin.model.webhook import NotedAlert
from gridtwin.store.sqlite_database import SqliteFile, hold_lock, keep_lock
from gridtwin.store.sqlite_rows import SqliteTransaction
from gridtwin.store.store_rules import build_sender_error

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from contextlib import AbstractContextManager

    from gridtwin.store.sqlite_database import SqliteDatabase

WEBHOOK_LOCK_FILE = "webhooks.lock"
SQLITE_UNHOOKED = """
SELECT event_id, at_s, outage, kind, status, device, customers_out, etr_s FROM outage_alert
WHERE hooked_s IS NULL ORDER BY number LIMIT ?
"""


class SqliteWebhookRows(SqliteTransaction):
    """A transaction of SQLite, the alerts of outages with it."""

    def list_alerts(self, most: int) -> list[NotedAlert]:
        """Return the alerts that were not noted for webhooks yet, oldest first."""
        return [NotedAlert(*row) for row in self._connection.execute(SQLITE_UNHOOKED, (most,))]

    def mark_alerts(self, events: Sequence[str]) -> None:
        """Write down that alerts were noted for webhooks."""
        now = time.time()
        self._connection.executemany(
            "UPDATE outage_alert SET hooked_s = ? WHERE event_id = ?",
            [(now, each) for each in events],
        )


class SqliteWebhooks:
    """The webhooks of a twin that is kept in SQLite."""

    def __init__(self, kept: SqliteDatabase) -> None:
        self._kept = kept

    @contextmanager
    def read(self) -> Iterator[SqliteWebhookRows]:
        """Ask inside one transaction."""
        with self._kept.transaction() as connection:
            yield SqliteWebhookRows(connection)

    @contextmanager
    def write(self) -> Iterator[SqliteWebhookRows]:
        """Write what is inside as one transaction: all of it, or nothing."""
        with self._kept.transaction("BEGIN IMMEDIATE") as connection:
            yield SqliteWebhookRows(connection)

    def acquire_lock(self) -> AbstractContextManager[Callable[[], None]]:
        """Keep other processes from sending; a twin in memory has no others."""
        if not isinstance(self._kept, SqliteFile):
            return nullcontext(keep_lock)
        twin = self._kept.twin
        return hold_lock(twin / WEBHOOK_LOCK_FILE, build_sender_error(str(twin)))
