"""Say how every store keeps what analytics hand back, and how far it was pulled."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from gridtwin.model.analytics_tables import AnalyticsRow, AnalyticsTable, AnalyticsValue
    from gridtwin.model.pulls import PullConflict, PullOutcome, PullPosition, TableChanges


class PullBook(Protocol):
    """What analytics handed back to a twin, and how far it was pulled."""

    def read_position(self, name: str) -> PullPosition | None:
        """Return how far a declaration of the owner file was pulled; None if it never was."""
        ...

    def apply_pulls(self, pulled: Sequence[TableChanges], now: datetime) -> list[PullOutcome]:
        """
        Write what changed in some tables, all of it or nothing.

        Raises
        ------
        StoreError
            If one of the tables was pulled by somebody else meanwhile.
        """
        ...

    def list_conflicts(self) -> list[PullConflict]:
        """Return what is in conflict, by declaration and key."""
        ...

    def settle_conflict(self, name: str, key: str, *, take_analytics: bool) -> PullConflict:
        """
        End a conflict: write what analytics say, or let what is here stand.

        Raises
        ------
        NotFoundError
            If there is no such conflict.
        """
        ...

    def read_rows(
        self, target: AnalyticsTable, asked: Mapping[str, AnalyticsValue]
    ) -> list[AnalyticsRow]:
        """Return the rows of a table that have some values, by their key."""
        ...
