"""Keep all that changes in a twin in SQLite, by the same rules in a directory and in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gridtwin.store.sqlite_estimates import SqliteEstimates
from gridtwin.store.sqlite_findings import SqliteFindings
from gridtwin.store.sqlite_live import SqliteLive
from gridtwin.store.sqlite_loads import SqliteLoads
from gridtwin.store.sqlite_outages import SqliteOutages
from gridtwin.store.sqlite_pulls import SqlitePulls
from gridtwin.store.sqlite_specs import SqliteSpecs
from gridtwin.store.sqlite_states import SqliteStates
from gridtwin.store.sqlite_vegetation import SqliteVegetation
from gridtwin.store.store_rules import poll_changes
from gridtwin.store.store_versions import read_sqlite_versions

if TYPE_CHECKING:
    from collections.abc import Callable

    from gridtwin.model.network import Network
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

    def __init__(self, kept: SqliteDatabase, network: Callable[[], Network]) -> None:
        self._kept = kept
        self.states = SqliteStates(kept, network)
        self.specs = SqliteSpecs(kept)
        self.findings = SqliteFindings(kept)
        self.vegetation = SqliteVegetation(kept)
        self.outages = SqliteOutages(kept)
        self.estimates = SqliteEstimates(kept)
        self.live = SqliteLive(kept)
        self.loads = SqliteLoads(kept)
        self.pulls = SqlitePulls(kept)

    def read_versions(self) -> Versions:
        """Return how far what changes has come."""
        with self._kept.transaction() as connection:
            return read_sqlite_versions(connection)

    def wait_for_changes(self, since: Versions, *, timeout_s: float) -> Changes:
        """Return what became another since some versions, waiting for it."""
        return poll_changes(self.read_versions, since, timeout_s=timeout_s)
