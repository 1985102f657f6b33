"""Write what feeds bring to a twin, in the one transaction of the caller, by any database."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from gridtwin.errors import StoreError
from gridtwin.model.feed_changes import FeedLetter, FeedOutcome, FeedSource, FeedStatus, Truncation
from gridtwin.model.feed_tables import FEED_TABLES
from gridtwin.store.feed_sql import STAGED_FEED_COLUMNS, FeedSql

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from gridtwin.model.feed_changes import FeedBatch, FeedChanges, RowChange
    from gridtwin.model.feed_tables import FeedRow, FeedTable, FeedValue
    from gridtwin.model.live import LiveEvent
    from gridtwin.store.sql_dialect import StagingDatabase

TRUNCATION_KEY = ""  # of a feed: nothing before its position counts; keys of rows are JSON arrays


class FeedWriter:
    """
    Feeds, written in the transaction of a database.

    Parameters
    ----------
    database
        The database in a transaction.
    write_series
        Writes values over time where they are not kept in the database; writing them twice
        changes nothing.
    """

    def __init__(
        self,
        database: StagingDatabase,
        write_series: Callable[[FeedTable, list[FeedRow]], None] | None = None,
    ) -> None:
        self._database = database
        self._write_kept_series = write_series
        self._dialect = database.dialect

    def read_offsets(self) -> dict[FeedSource, int]:
        """Return where each source goes on for each feed."""
        rows = self._database.execute(
            f"SELECT feed, source, next FROM {self._name('feed_offsets')}"  # noqa: S608
        )
        return {FeedSource(feed, source): offset for feed, source, offset in rows}

    def apply_batch(self, batch: FeedBatch, since: Mapping[FeedSource, int]) -> FeedOutcome:
        """Write a batch; see `gridtwin.store.feed_book.FeedBook`."""
        self._database.lock_tables(("feed_offsets",))
        self._check_offsets(batch, since)
        written = deleted = late = 0
        for part in batch.changes:
            if isinstance(part.changes, Truncation):
                deleted += self._truncate(part, part.changes)
                continue
            counts = self._write_changes(part, part.changes)
            written, deleted, late = written + counts[0], deleted + counts[1], late + counts[2]
        self._write_letters(batch)
        self._move_offsets(batch.offsets)
        return FeedOutcome(written, deleted, late, len(batch.letters))

    def forget_feed(self, feed: str) -> int:
        """Delete all that a feed brought and what is known of it; return how many rows."""
        self._database.lock_tables(("feed_offsets",))  # who reads it now is done first
        value = self._dialect.value
        tables = [each.name for each in FEED_TABLES.values() if not each.is_series]
        deleted = 0
        for name in (*tables, "feed_keys", "feed_letters", "feed_offsets"):
            statement = f"DELETE FROM {self._name(name)} WHERE feed = {value}"  # noqa: S608
            count = self._database.execute(statement, (feed,)).rowcount
            deleted += count if name in tables else 0
        return deleted

    def select_timely(self, batch: FeedBatch) -> list[LiveEvent]:
        """Return the events of a batch whose changes are the last of their rows."""
        value = self._dialect.value
        statement = (
            f"SELECT position FROM {self._name('feed_keys')}"  # noqa: S608
            f" WHERE feed = {value} AND key = {value}"
        )
        return [
            each.event
            for each in batch.events
            if self._database.execute(statement, (each.feed, each.key)).fetchone()
            == (each.position,)
        ]

    def list_status(self) -> list[FeedStatus]:
        """Return what is known of each feed, by name."""
        offsets: dict[str, dict[str, int]] = {}
        latest: dict[str, datetime] = {}
        for feed, source, offset, changed_at in self._database.execute(
            f"SELECT feed, source, next, changed_at FROM {self._name('feed_offsets')}"  # noqa: S608
        ):
            offsets.setdefault(feed, {})[source] = offset
            at = _read_time(changed_at)
            latest[feed] = max(latest.get(feed, at), at)
        keys = {
            feed: (rows, gone)
            for feed, rows, gone in self._database.execute(
                "SELECT feed, sum(CASE WHEN gone THEN 0 ELSE 1 END),"  # noqa: S608
                f" sum(CASE WHEN gone THEN 1 ELSE 0 END) FROM {self._name('feed_keys')}"
                " WHERE key <> '' GROUP BY feed"
            )
        }
        letters = dict(
            self._database.execute(
                f"SELECT feed, count(*) FROM {self._name('feed_letters')} GROUP BY feed"  # noqa: S608
            ).fetchall()
        )
        statuses = []
        for feed in sorted({*offsets, *keys, *letters}):
            rows, gone = map(int, keys.get(feed, (0, 0)))
            sources = dict(sorted(offsets.get(feed, {}).items()))
            count = letters.get(feed, 0)
            statuses.append(FeedStatus(feed, rows, gone, count, sources, latest.get(feed)))
        return statuses

    def list_letters(self, feed: str, limit: int) -> list[FeedLetter]:
        """Return messages that could not be used, oldest first."""
        value = self._dialect.value
        where = f" WHERE feed = {value}" if feed else ""
        rows = self._database.execute(
            "SELECT feed, place, reason, key, value"  # noqa: S608
            f" FROM {self._name('feed_letters')}{where}"
            f" ORDER BY received_at, feed, place LIMIT {value}",
            (*((feed,) if feed else ()), limit),
        )
        return [FeedLetter(*row) for row in rows]

    def read_rows(
        self, table: FeedTable, asked: Mapping[str, Sequence[FeedValue]]
    ) -> list[FeedRow]:
        """Return the rows of a table with some values of columns, by their key."""
        given = {name: list(values) for name, values in asked.items()}
        statement = FeedSql(self._dialect, table).select_rows(
            {name: max(len(values), 1) for name, values in given.items()}
        )
        values = [value for listed in given.values() for value in listed or [None]]
        kinds = [column.kind for column in table.columns]
        return [
            tuple(
                _write_time(_read_time(value)) if kind == "time" and value is not None else value
                for kind, value in zip(kinds, row, strict=True)
            )
            for row in self._database.execute(statement, values)
        ]

    def _check_offsets(self, batch: FeedBatch, since: Mapping[FeedSource, int]) -> None:
        """Refuse to write twice what two readers of one source brought."""
        kept = self.read_offsets()
        for source in batch.offsets:
            if kept.get(source, 0) != since.get(source, 0):
                msg = (
                    f"feed {source.feed}: {source.source} was read by somebody else meanwhile: let"
                    " one run at a time read it"
                )
                raise StoreError(msg)

    def _write_changes(
        self, part: FeedChanges, changes: Sequence[RowChange]
    ) -> tuple[int, int, int]:
        """Write changes; return how many rows were written, are gone, and how many were late."""
        sql = FeedSql(self._dialect, part.table)
        floor = self._read_floor(part.feed)
        staged = [change for change in changes if change.position >= floor]
        self._database.execute(sql.create_staged())
        columns = (*STAGED_FEED_COLUMNS, *part.table.names)
        self._database.copy_rows("feed_staged", columns, _lay_out(part.table, staged))
        late = self._database.execute(sql.drop_late(), (part.feed,)).rowcount
        self._database.execute(sql.keep_positions(), (part.feed,))
        if part.table.is_series:
            written = self._write_series(part.table, sql)
        else:
            written = self._write_rows(part, sql, staged)
        self._database.execute("DROP TABLE feed_staged")
        late += len(changes) - len(staged)
        return written, len(changes) - late - written, late

    def _write_series(self, table: FeedTable, sql: FeedSql) -> int:
        """Write values over time; return how many rows."""
        if self._write_kept_series is None:
            return int(self._database.execute(sql.write_series()).rowcount)
        rows = [tuple(row) for row in self._database.execute(sql.select_staged())]
        if rows:
            self._write_kept_series(table, rows)
        return len(rows)

    def _write_rows(self, part: FeedChanges, sql: FeedSql, staged: Sequence[RowChange]) -> int:
        """Write rows and delete those that are gone; return how many were written."""
        for column in sorted({name for change in staged for name in change.unchanged}):
            self._database.execute(sql.fill_unchanged(column), (part.feed, f"%,{column},%"))
        self._database.execute(sql.delete_rows(), (part.feed,))
        return int(self._database.execute(sql.write_rows(), (part.feed,)).rowcount)

    def _truncate(self, part: FeedChanges, truncation: Truncation) -> int:
        """Delete all rows of a feed before a position, and remember it."""
        at, sql = truncation.position, FeedSql(self._dialect, part.table)
        if at <= self._read_floor(part.feed):
            return 0
        rows, keys = sql.truncate_rows()
        deleted = 0
        if not part.table.is_series:
            deleted = self._database.execute(rows, (part.feed, part.feed, at)).rowcount
        self._database.execute(keys, (part.feed, at))
        self._database.execute(
            f"INSERT INTO {self._name('feed_keys')} (feed, key, position, gone)"  # noqa: S608
            f" VALUES ({self._dialect.list_values(3)}, true)"
            " ON CONFLICT (feed, key) DO UPDATE SET position = excluded.position",
            (part.feed, TRUNCATION_KEY, at),
        )
        return deleted

    def _read_floor(self, feed: str) -> str:
        row = self._database.execute(
            f"SELECT position FROM {self._name('feed_keys')}"  # noqa: S608
            f" WHERE feed = {self._dialect.value} AND key = {self._dialect.value}",
            (feed, TRUNCATION_KEY),
        ).fetchone()
        return row[0] if row else ""

    def _write_letters(self, batch: FeedBatch) -> None:
        now, value = _write_time(datetime.now(UTC)), self._dialect.value
        for letter in batch.replayed:
            self._database.execute(
                f"DELETE FROM {self._name('feed_letters')}"  # noqa: S608
                f" WHERE feed = {value} AND place = {value}",
                (letter.feed, letter.place),
            )
        for letter in batch.letters:
            self._database.execute(
                f"INSERT INTO {self._name('feed_letters')}"  # noqa: S608
                " (feed, place, reason, key, value, received_at)"
                f" VALUES ({self._dialect.list_values(6)})"
                " ON CONFLICT (feed, place) DO UPDATE SET reason = excluded.reason",
                (*letter, now),
            )

    def _move_offsets(self, offsets: Mapping[FeedSource, int]) -> None:
        now = _write_time(datetime.now(UTC))
        for source, offset in sorted(offsets.items()):
            self._database.execute(
                f"INSERT INTO {self._name('feed_offsets')}"  # noqa: S608
                f" (feed, source, next, changed_at) VALUES ({self._dialect.list_values(4)})"
                " ON CONFLICT (feed, source) DO UPDATE SET"
                " next = excluded.next, changed_at = excluded.changed_at",
                (*source, offset, now),
            )

    def _name(self, table: str) -> str:
        return self._dialect.name_table(table)


def _lay_out(table: FeedTable, changes: Iterable[RowChange]) -> Iterator[Sequence[Any]]:
    """Yield the rows of the table `feed_staged`; those that are gone have no values."""
    nothing = (None,) * len(table.columns)
    for key, position, row, own, unchanged in changes:
        left = f",{','.join(unchanged)}," if unchanged else ""
        yield (key, position, int(row is None), left, own, *(row or nothing))


def _read_time(value: Any) -> datetime:
    at = datetime.fromisoformat(value) if isinstance(value, str) else value
    return at.astimezone(UTC)


def _write_time(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds")
