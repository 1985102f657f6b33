"""Keep all that changes in a twin in SQLite, by the same rules in a directory and in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gridtwin.store.estimates import SqliteEstimates
from gridtwin.store.live import SqliteLive
from gridtwin.store.marks import marks_in
from gridtwin.store.names import look_for
from gridtwin.store.outages import SqliteOutages
from gridtwin.store.specs import SqliteSpecs
from gridtwin.store.states import SqliteStates

if TYPE_CHECKING:
    from collections.abc import Callable

    from gridtwin.model.network import Network
    from gridtwin.store.marks import Changes, Marks
    from gridtwin.store.sqlite import Changing


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

    def __init__(self, kept: Changing, network: Callable[[], Network]) -> None:
        self._kept = kept
        self.states = SqliteStates(kept, network)
        self.specs = SqliteSpecs(kept)
        self.outages = SqliteOutages(kept)
        self.estimates = SqliteEstimates(kept)
        self.live = SqliteLive(kept)

    def marks(self) -> Marks:
        """Return how far what changes has come."""
        with self._kept.transaction() as connection:
            return marks_in(connection)

    def changes(self, since: Marks, *, timeout_s: float) -> Changes:
        """Return what became another since some marks, waiting for it."""
        return look_for(self.marks, since, timeout_s=timeout_s)
