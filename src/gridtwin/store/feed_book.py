"""Say what every store can do for feeds of other systems."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gridtwin.model.feed_changes import (
        FeedBatch,
        FeedLetter,
        FeedOutcome,
        FeedSource,
        FeedStatus,
    )
    from gridtwin.model.feed_tables import FeedRow, FeedTable, FeedValue


class FeedBook(Protocol):
    """The rows that feeds brought, how far their sources were read, and what could not be used."""

    def read_offsets(self) -> dict[FeedSource, int]:
        """Return where each source goes on for each feed."""
        ...

    def apply_batch(self, batch: FeedBatch, since: Mapping[FeedSource, int]) -> FeedOutcome:
        """
        Write what came of feeds and how far their sources were read, all of it or nothing.

        Of each row the change of the latest position counts, a deletion like any other; what is
        older than what is known of its row changes nothing.

        Parameters
        ----------
        batch
            What came.
        since
            Where the sources were read on from, those that had been read before.

        Raises
        ------
        StoreError
            If somebody else read one of the sources meanwhile.
        """
        ...

    def forget_feed(self, feed: str) -> int:
        """
        Delete all that a feed brought and what is known of it, so that it is read from the first.

        Returns
        -------
            How many rows were deleted; weather and prices stay.
        """
        ...

    def list_status(self) -> list[FeedStatus]:
        """Return what is known of each feed, by name."""
        ...

    def list_letters(self, feed: str = "", *, limit: int = 1000) -> list[FeedLetter]:
        """Return messages that could not be used, of one feed or of all, oldest first."""
        ...

    def read_rows(
        self, table: FeedTable, asked: Mapping[str, Sequence[FeedValue]]
    ) -> list[FeedRow]:
        """Return the rows of a table with some values of columns, by their key."""
        ...
