"""Keep webhooks in PostgreSQL."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from gridtwin.model.webhook import NotedAlert
from gridtwin.store.acting_role import OPERATOR
from gridtwin.store.postgis.postgis_rows import PostgisTransaction
from gridtwin.store.postgis.refusals import translate_refusals
from gridtwin.store.postgis.session_lock import hold_session_lock
from gridtwin.store.store_rules import build_sender_error

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from contextlib import AbstractContextManager

    from gridtwin.store.postgis.pool import Pool

PG_WEBHOOK_LOCK = 0x67726964_686F6F6B  # "gridhook"
PG_UNHOOKED = """
SELECT event_id, extract(epoch FROM at)::float8, outage, kind, status, device, customers_out,
    extract(epoch FROM etr)::float8
FROM outage_alerts WHERE hooked_at IS NULL ORDER BY number LIMIT %s
"""
PG_MARK_HOOKED = """
UPDATE outage_alerts SET hooked_at = clock_timestamp() WHERE event_id = ANY (%s)
"""


class PostgisWebhookRows(PostgisTransaction):
    """A transaction of PostgreSQL, the alerts of outages with it."""

    def list_alerts(self, most: int) -> list[NotedAlert]:
        """Return the alerts that were not noted for webhooks yet, oldest first."""
        return [NotedAlert(*row) for row in self._connection.execute(PG_UNHOOKED, (most,))]

    def mark_alerts(self, events: Sequence[str]) -> None:
        """Write down that alerts were noted for webhooks."""
        self._connection.execute(PG_MARK_HOOKED, (list(events),))


class PostgisWebhooks:
    """The webhooks of a twin that is kept in PostgreSQL."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    @contextmanager
    def read(self) -> Iterator[PostgisWebhookRows]:
        """Ask inside one transaction."""
        with self.write() as rows:
            yield rows

    @contextmanager
    def write(self) -> Iterator[PostgisWebhookRows]:
        """Write what is inside as one transaction: all of it, or nothing."""
        with (
            translate_refusals(self._pool.url, role=OPERATOR),
            self._pool.lend_connection() as connection,
            connection.transaction(),
        ):
            yield PostgisWebhookRows(connection)

    def acquire_lock(self) -> AbstractContextManager[Callable[[], None]]:
        """Hold a lock that ends with its session; see `hold_session_lock`."""
        return hold_session_lock(self._pool.url, PG_WEBHOOK_LOCK, build_sender_error)
