"""Keep what feeds bring to a twin in SQLite."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from gridtwin.store.feed_writing import FeedWriter
from gridtwin.store.series_rows import write_series_rows
from gridtwin.store.sqlite_live import SQLITE_ADD_LIVE_EVENT
from gridtwin.store.sqlite_pulls import SqliteStaging

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from gridtwin.model.feed_changes import (
        FeedBatch,
        FeedLetter,
        FeedOutcome,
        FeedSource,
        FeedStatus,
    )
    from gridtwin.model.feed_tables import FeedRow, FeedTable, FeedValue
    from gridtwin.store.parquet_readings import ParquetReadings
    from gridtwin.store.sqlite_database import SqliteDatabase


class SqliteFeeds:
    """
    What feeds brought to a twin in SQLite; see `gridtwin.store.feed_book.FeedBook`.

    Parameters
    ----------
    kept
        Where they are kept.
    readings
        Returns where values over time are kept; called when there are some.
    """

    def __init__(self, kept: SqliteDatabase, readings: Callable[[], ParquetReadings]) -> None:
        self._kept = kept
        self._readings = readings

    def read_offsets(self) -> dict[FeedSource, int]:
        """Return where each source goes on for each feed."""
        with self._open() as writer:
            return writer.read_offsets()

    def apply_batch(self, batch: FeedBatch, since: Mapping[FeedSource, int]) -> FeedOutcome:
        """Write what came of feeds and how far their sources were read, all of it or nothing."""
        with self._kept.transaction("BEGIN IMMEDIATE") as connection:
            writer = FeedWriter(
                SqliteStaging(connection),
                lambda table, rows: write_series_rows(self._readings(), table, rows),
            )
            outcome = writer.apply_batch(batch, since)
            connection.executemany(
                SQLITE_ADD_LIVE_EVENT, [(*each, False) for each in writer.select_timely(batch)]
            )
            return outcome

    def forget_feed(self, feed: str) -> int:
        """Delete all that a feed brought and what is known of it; return how many rows."""
        with self._kept.transaction("BEGIN IMMEDIATE") as connection:
            return FeedWriter(SqliteStaging(connection)).forget_feed(feed)

    def list_status(self) -> list[FeedStatus]:
        """Return what is known of each feed, by name."""
        with self._open() as writer:
            return writer.list_status()

    def list_letters(self, feed: str = "", *, limit: int = 1000) -> list[FeedLetter]:
        """Return messages that could not be used, of one feed or of all, oldest first."""
        with self._open() as writer:
            return writer.list_letters(feed, limit)

    def read_rows(
        self, table: FeedTable, asked: Mapping[str, Sequence[FeedValue]]
    ) -> list[FeedRow]:
        """Return the rows of a table with some values of columns, by their key."""
        with self._open() as writer:
            return writer.read_rows(table, asked)

    @contextmanager
    def _open(self) -> Iterator[FeedWriter]:
        with self._kept.transaction() as connection:
            yield FeedWriter(SqliteStaging(connection))
