"""
Publish what changed in a database: keys from its log, rows of one moment, one commit.

The rows of changed keys go and come anew as they stand at a moment; the position in the log is
written in the same commit, and the log is let go of afterwards. A publisher that is killed anywhere
reads the same changes again, and writes the same rows again.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

from gridtwin.publish.iceberg.lake_writer import WHOLE, LakeCommit, SyncDay, TableWrite
from gridtwin.publish.iceberg.whole_publication import (
    PublishedOf,
    PublishReport,
    check_source,
    publish_tables,
)
from gridtwin.results.warehouse.lake_shapes import (
    ELEMENT_SPANS_LAKE,
    ROW_LAKE_TABLES,
)
from gridtwin.results.warehouse.lake_tables import LakeRows
from gridtwin.results.warehouse.snapshot_tables import build_arrow_type
from gridtwin.store.postgis.database_feed import parse_lsn
from gridtwin.store.postgis.published_rows import PUBLISHED_TABLES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    import pyarrow as pa

    from gridtwin.publish.iceberg.lake_writer import LakeWriter, SyncState
    from gridtwin.results.warehouse.lake_shapes import LakeTable
    from gridtwin.store.postgis.database_feed import DatabaseFeed, DatabaseMoment
    from gridtwin.store.postgis.published_rows import PublishedTable
    from gridtwin.store.postgis.slot_changes import ChangedKeys, SlotChanges

LOG = logging.getLogger("gridtwin.iceberg")

DUE_DAYS = "loads_due"  # its rows tell which intervals were touched
OWN_COLUMNS_TABLE = "own_columns"
ROW_SHAPES = {table.name: table for table in ROW_LAKE_TABLES}


@dataclass(slots=True)
class DatabasePublisher:
    """
    Brings a lake in step with a database.

    Attributes
    ----------
    feed, writer
        The database and the lake.
    build_topology
        Works out the tables of the topology, and says of which network and version they are.
    take_over
        Whether tables that were published of another source may be written.
    """

    feed: DatabaseFeed
    writer: LakeWriter
    build_topology: Callable[[], tuple[str, int, Sequence[LakeRows]]]
    take_over: bool = False
    states: dict[str, SyncState] = field(default_factory=dict)

    def publish(
        self, progress: Callable[[int, int], None] = lambda _done, _all: None
    ) -> PublishReport:
        """
        Write what is new, then the topology where it became another.

        Raises
        ------
        InputError
            If the namespace holds the publication of another source.
        StoreError
            If the database, the catalog or the store refuses something.
        """
        self.states = self.writer.read_states()
        known = self.states.get(WHOLE)
        position = known.position if known else ""
        if self.take_over or self.feed.needs_whole(position):
            report = self._publish_whole(progress)
        else:
            report = self._publish_changes(position)
        self._publish_topology(report)
        self.take_over = False
        return report

    def describe(self) -> PublishedOf:
        """Return what the lake was of when it was written last."""
        whole = self.states[WHOLE]
        return PublishedOf(whole.source, whole.network, whole.version, whole.position)

    def _publish_whole(self, progress: Callable[[int, int], None]) -> PublishReport:
        """Compare all rows; the slot is made first, so that nothing falls between."""
        begin = self.feed.begin_slot()
        LOG.info("slot %s made at %s: all rows are compared", self.feed.slot_name, begin)
        with self.feed.hold_moment() as moment:
            of = PublishedOf(moment.source, moment.network, moment.version, begin)
            check_source(self.states, of, take_over=self.take_over)
            tables = [read_lake_rows(moment, table) for table in PUBLISHED_TABLES]
        report = publish_tables(
            self.writer, tables, of, take_over=self.take_over, progress=progress
        )
        self.feed.confirm_position(begin)
        self.states = self.writer.read_states()
        return report

    def _publish_changes(self, position: str) -> PublishReport:
        report = PublishReport()
        with self.feed.hold_moment() as moment:
            check_source(self.states, PublishedOf(moment.source, "", 0), take_over=False)
            changes = self.feed.peek_changes(moment)
            writes = self._read_writes(moment, changes)
        new = [table.name for table in PUBLISHED_TABLES if table.name not in self.states]
        if not changes.messages and not changes.position and not new:
            self.feed.skip_idle()
            return report
        behind = max(position, changes.position, key=parse_lsn)
        of = PublishedOf(moment.source, moment.network, moment.version, behind)
        due = self._mark_due(changes)
        if writes or due or new or behind != position:
            for write in writes:
                report.note_write(write)
            written = dict.fromkeys([*(write.table.name for write in writes), *new])
            states = [of.make_state(name) for name in written]
            commit = LakeCommit(writes, states=[*states, of.make_state(WHOLE)], marks=due)
            self.writer.write_commit(commit)
            self.states |= {state.table_name: state for state in commit.states}
        self.feed.confirm_position(behind)
        return report

    def _read_writes(self, moment: DatabaseMoment, changes: SlotChanges) -> list[TableWrite]:
        """Return what becomes of each table whose rows changed."""
        writes = []
        renumbered = moment.network != self.states[WHOLE].network
        reshaped = {key[0] for key in _keys_of(changes.tables.get(OWN_COLUMNS_TABLE))}
        for published in PUBLISHED_TABLES:
            told = [changes.tables[name] for name in published.sources if name in changes.tables]
            rows = {
                frame: _list_rows(changes.tables[frame], renumbered=renumbered)
                for _, frame in published.refers
                if frame in changes.tables
            }
            is_new = published.name not in self.states  # this release publishes it, none before
            if is_new or published.name in reshaped or any(each.truncated for each in told):
                given = read_lake_rows(moment, published)
                self.writer.prepare_table(given.table)
                write = self.writer.find_changes(given)
            elif told or any(rows.values()):
                keys = set().union(*(each.keys for each in told))
                write = self._read_changed(moment, published, keys, rows)
            else:
                continue
            if write is not None:
                writes.append(write)
        return writes

    def _read_changed(
        self,
        moment: DatabaseMoment,
        published: PublishedTable,
        keys: set[tuple[str, ...]],
        rows: dict[str, set[int]],
    ) -> TableWrite | None:
        given = read_lake_rows(moment, published, keys, rows)
        self.writer.prepare_table(given.table)
        gone = _list_gone(given, keys)
        if not gone.num_rows:
            return None
        return TableWrite(given.table, gone, given.rows)

    def _mark_due(self, changes: SlotChanges) -> list[SyncDay]:
        """Return the marks of the days whose readings or loads were written."""
        touched = {_parse_day(key[0]) for key in _keys_of(changes.tables.get(DUE_DAYS))}
        if not touched:
            return []
        known = self.writer.read_days()
        return [
            SyncDay(day, known[day].content if day in known else "", due=True)
            for day in sorted(touched)
            if day not in known or not known[day].due
        ]

    def _publish_topology(self, report: PublishReport) -> None:
        """Write what is worked out from the topology, where the network or a switch changed."""
        whole, known = self.states[WHOLE], self.states.get(ELEMENT_SPANS_LAKE.name)
        built_of = (known.network, known.version) if known else None
        if built_of == (whole.network, whole.version) and not self.take_over:
            return
        network, version, tables = self.build_topology()
        of = PublishedOf(whole.source, network, version, whole.position)
        trusted = {} if self.take_over else self.states
        written = publish_topology(self.writer, tables, of, trusted)
        report.rows |= written.rows
        report.gone |= written.gone


def publish_topology(
    writer: LakeWriter,
    tables: Iterable[LakeRows],
    of: PublishedOf,
    known: Mapping[str, SyncState],
) -> PublishReport:
    """
    Write the tables of the topology and of what they are, in one commit.

    Parameters
    ----------
    writer
        Writes them.
    tables
        Their rows.
    of
        What they are of.
    known
        What they were of, as far as that is to be trusted.
    """
    report, writes = PublishReport(), []
    states = []
    for given in tables:
        writer.prepare_table(given.table)
        write = writer.find_changes(given, known.get(given.table.name))
        if write is not None:
            writes.append(write)
            report.note_write(write)
        states.append(of.make_state(given.table.name))
    writer.write_commit(LakeCommit(writes, states=states))
    return report


def shape_table(moment: DatabaseMoment, name: str) -> LakeTable:
    """Return the shape of a table, with the own columns that the database has."""
    return ROW_SHAPES[name].add_own(moment.own.get(name, {}))


def read_lake_rows(
    moment: DatabaseMoment,
    published: PublishedTable,
    keys: Iterable[tuple[str, ...]] | None = None,
    rows: dict[str, set[int]] | None = None,
) -> LakeRows:
    """Return the rows of a table at a moment, all or of some keys."""
    table = shape_table(moment, published.name)
    types = {column.name: build_arrow_type(column.type) for column in table.columns}
    return LakeRows(table, moment.read_rows(published, types, keys, rows))


def _list_gone(given: LakeRows, keys: set[tuple[str, ...]]) -> pa.Table:
    """Return the keys that were told, and those of the rows that were read for what they refer."""
    import pyarrow as pa

    names = given.table.key
    kinds = {column.name: build_arrow_type(column.type) for column in given.table.columns}
    columns: list[Any] = list(zip(*sorted(keys), strict=True)) if keys else [()] * len(names)
    told = pa.table(
        [_parse_keys(column, kinds[name]) for name, column in zip(names, columns, strict=True)],
        names=list(names),
    )
    both = pa.concat_tables([told, given.rows.select(names)])
    return both.group_by(list(names)).aggregate([])


def _parse_keys(column: Sequence[str], kind: pa.DataType) -> pa.Array:
    import pyarrow as pa

    if pa.types.is_timestamp(kind):
        return pa.array([parse_time(text) for text in column], kind)
    return pa.array(list(column), pa.string()).cast(kind)


def parse_time(text: str) -> datetime:
    """Return a time as the server writes it, in UTC."""
    return datetime.fromisoformat(text).astimezone(UTC)


def _parse_day(text: str) -> date:
    return parse_time(text).date()


def _list_rows(changes: ChangedKeys, *, renumbered: bool) -> set[int]:
    """Return the rows by which others may refer to another element than before."""
    return changes.rows | changes.kept_rows if renumbered else changes.rows


def _keys_of(changes: ChangedKeys | None) -> set[tuple[str, ...]]:
    return set() if changes is None else changes.keys
