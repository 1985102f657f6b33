"""Keep all that changes in a twin in SQLite, by the same rules in a directory and in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gridtwin.store.planned_book import PlannedBook
from gridtwin.store.sqlite_access import SqliteAccess
from gridtwin.store.sqlite_assignments import SqliteAssignments
from gridtwin.store.sqlite_crews import SqliteCrews
from gridtwin.store.sqlite_estimates import SqliteEstimates
from gridtwin.store.sqlite_feeds import SqliteFeeds
from gridtwin.store.sqlite_findings import SqliteFindings
from gridtwin.store.sqlite_live import SqliteLive
from gridtwin.store.sqlite_loads import SqliteLoads
from gridtwin.store.sqlite_operating import SqliteOperating
from gridtwin.store.sqlite_outages import SqliteOutages
from gridtwin.store.sqlite_pulls import SqlitePulls
from gridtwin.store.sqlite_rows import SqliteRows
from gridtwin.store.sqlite_specs import SqliteSpecs
from gridtwin.store.sqlite_states import SqliteStates
from gridtwin.store.sqlite_vegetation import SqliteVegetation
from gridtwin.store.sqlite_webhooks import SqliteWebhooks
from gridtwin.store.store_rules import poll_changes
from gridtwin.store.store_versions import read_sqlite_versions
from gridtwin.store.webhook_book import WebhookBook

if TYPE_CHECKING:
    from collections.abc import Callable

    from gridtwin.model.network import Network
    from gridtwin.store.customer_book import CustomerBook
    from gridtwin.store.parquet_readings import ParquetReadings
    from gridtwin.store.sqlite_database import SqliteDatabase
    from gridtwin.store.store_versions import Changes, Versions


class SqliteBooks:
    """
    The books of a twin that is kept in SQLite.

    Parameters
    ----------
    kept
        Where they are kept.
    network
        Returns the network; called when it is needed.
    """

    readings: ParquetReadings  # beside the file, by who opens it
    customers: CustomerBook  # the same

    def __init__(self, kept: SqliteDatabase, network: Callable[[], Network]) -> None:
        self._kept = kept
        self.states = SqliteStates(kept, network)
        self.operating = SqliteOperating(kept, network)
        self.specs = SqliteSpecs(kept)
        self.findings = SqliteFindings(kept)
        self.vegetation = SqliteVegetation(kept)
        self.outages = SqliteOutages(kept)
        self.estimates = SqliteEstimates(kept)
        self.live = SqliteLive(kept)
        self.loads = SqliteLoads(kept)
        self.pulls = SqlitePulls(kept)
        self.access = SqliteAccess(kept)
        self.crews = SqliteCrews(kept)
        self.assignments = SqliteAssignments(kept)
        self.feeds = SqliteFeeds(kept, lambda: self.readings)
        self.webhooks = WebhookBook(SqliteWebhooks(kept))
        self.planned = PlannedBook(SqliteRows(kept))

    def read_versions(self) -> Versions:
        """Return how far what changes has come."""
        with self._kept.transaction() as connection:
            return read_sqlite_versions(connection)

    def wait_for_changes(self, since: Versions, *, timeout_s: float) -> Changes:
        """Return what became another since some versions, waiting for it."""
        return poll_changes(self.read_versions, since, timeout_s=timeout_s)
