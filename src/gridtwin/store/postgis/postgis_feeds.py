"""Keep what feeds bring to a twin in PostgreSQL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gridtwin.model.feed_changes import FeedOutcome
from gridtwin.store.acting_role import OPERATOR
from gridtwin.store.feed_writing import FeedWriter
from gridtwin.store.postgis.postgis_live import PG_ADD_LIVE_EVENT
from gridtwin.store.postgis.postgis_pulls import PostgisStaging

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import psycopg

    from gridtwin.model.feed_changes import (
        FeedBatch,
        FeedLetter,
        FeedSource,
        FeedStatus,
    )
    from gridtwin.model.feed_tables import FeedRow, FeedTable, FeedValue
    from gridtwin.store.postgis.pool import Pool

    Connection = psycopg.Connection[Any]


class PostgisFeeds:
    """What feeds brought to a twin in PostgreSQL; see `gridtwin.store.feed_book.FeedBook`."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    def read_offsets(self) -> dict[FeedSource, int]:
        """Return where each source goes on for each feed."""
        return self._pool.run_read(lambda link: _open_writer(link).read_offsets())

    def apply_batch(self, batch: FeedBatch, since: Mapping[FeedSource, int]) -> FeedOutcome:
        """Write what came of feeds and how far their sources were read, all of it or nothing."""

        def write_all(link: Connection) -> FeedOutcome:
            writer = _open_writer(link)
            outcome = writer.apply_batch(batch, since)
            if events := writer.select_timely(batch):
                columns = [list(column) for column in zip(*events, strict=True)]
                link.execute(PG_ADD_LIVE_EVENT, ([], *columns))
            return outcome

        def find_committed(link: Connection) -> FeedOutcome | None:
            """Return what came of it, where the connection was lost while it was committed."""
            kept = _open_writer(link).read_offsets()
            written = bool(batch.offsets) and all(
                kept.get(source) == offset for source, offset in batch.offsets.items()
            )
            return FeedOutcome() if written else None

        return self._pool.run_write(write_all, committed=find_committed)

    def forget_feed(self, feed: str) -> int:
        """Delete all that a feed brought and what is known of it; return how many rows."""
        return self._pool.run_write(lambda link: _open_writer(link).forget_feed(feed))

    def list_status(self) -> list[FeedStatus]:
        """Return what is known of each feed, by name."""
        return self._pool.run_read(lambda link: _open_writer(link).list_status())

    def list_letters(self, feed: str = "", *, limit: int = 1000) -> list[FeedLetter]:
        """Return messages that could not be used, of one feed or of all, oldest first."""
        return self._pool.run_read(
            lambda link: _open_writer(link).list_letters(feed, limit), role=OPERATOR
        )

    def read_rows(
        self, table: FeedTable, asked: Mapping[str, Sequence[FeedValue]]
    ) -> list[FeedRow]:
        """Return the rows of a table with some values of columns, by their key."""
        return self._pool.run_read(lambda link: _open_writer(link).read_rows(table, asked))


def _open_writer(link: Connection) -> FeedWriter:
    return FeedWriter(PostgisStaging(link))
