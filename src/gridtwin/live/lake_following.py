"""Keep a lake in step with a twin: once, or for as long as it is told to."""

from __future__ import annotations

import logging
import tempfile
import time
from abc import ABC, abstractmethod
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from gridtwin.errors import StoreError
from gridtwin.model.state import CURRENT
from gridtwin.publish.iceberg.change_publication import DatabasePublisher, read_lake_rows
from gridtwin.publish.iceberg.database_days import DatabaseDays
from gridtwin.publish.iceberg.lake_writer import DuckDbLakeWriter
from gridtwin.publish.iceberg.publication_check import compare_publication
from gridtwin.publish.iceberg.reading_days import FolderDays, is_stale, publish_days
from gridtwin.publish.iceberg.snapshot_expiry import expire_snapshots
from gridtwin.publish.iceberg.whole_publication import (
    PublishedOf,
    PublishReport,
    publish_tables,
)
from gridtwin.publish.prometheus_file import write_metrics
from gridtwin.results.warehouse.lake_shapes import METERS_LAKE
from gridtwin.results.warehouse.lake_tables import (
    build_lake_tables,
    build_topology_tables,
    list_frame_rows,
)
from gridtwin.store.iceberg_catalog import open_lake
from gridtwin.store.parquet_readings import ParquetReadings
from gridtwin.store.postgis.connect import is_address
from gridtwin.store.postgis.database_feed import open_feed
from gridtwin.store.postgis.published_rows import PUBLISHED_TABLES
from gridtwin.store.sqlite_database import hold_lock
from gridtwin.store.zone_prices_file import ZONE_PRICES_FILE
from gridtwin.twin import open_twin
from gridtwin.twin.warehouse_snapshot import take_lake_snapshot, take_snapshot

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from threading import Event

    from gridtwin.publish.iceberg.iceberg_types import GeometryForm
    from gridtwin.publish.iceberg.publication_check import TableComparison
    from gridtwin.publish.iceberg.reading_days import DaySource
    from gridtwin.results.warehouse.lake_tables import LakeRows
    from gridtwin.settings import IcebergSettings
    from gridtwin.store.iceberg_catalog import LakeAddress
    from gridtwin.store.postgis.database_feed import DatabaseFeed
    from gridtwin.twin import Twin

    Progress = Callable[[int, int], None]

LOG = logging.getLogger("gridtwin.iceberg")

PUBLISH_LOCK_FILE = "publish.lock"
FIRST_RETRY_S = 0.5
LONGEST_PAUSE_S = 30.0  # before a catalog, a store or a database that is away is tried again
WARNED_EVERY_S = 600.0


def _tell_nothing(_done: int, _all: int) -> None:
    """Say nothing of the progress."""


@dataclass(slots=True)
class LakePublication:
    """What is published, and where to."""

    target: str  # a twin in a folder, or the address of a database
    address: LakeAddress
    settings: IcebergSettings
    form: GeometryForm = "wkb"
    readings: bool = True
    take_over: bool = False
    metrics: Path | None = None
    keep_days: float = 0.0  # after which snapshots are forgotten; 0 = never

    @property
    def lake_name(self) -> str:
        """What tells this lake from others."""
        return f"{self.address.uri} {self.address.warehouse} {self.address.namespace}"

    def publish_once(self, progress: Progress = _tell_nothing) -> PublishReport:
        """
        Bring the lake in step.

        Raises
        ------
        InputError
            If the namespace holds the publication of another twin.
        StoreError
            If the twin, the catalog or the store cannot be used, or another process publishes.
        """
        self.address.check()
        with self._open_session() as session:
            report = session.publish_rows(progress)
            if self.readings:
                session.publish_readings(report, progress)
            self._expire_snapshots()
            self._note_figures(session, report)
        return report

    def _expire_snapshots(self) -> None:
        if self.keep_days:
            before = datetime.now(UTC) - timedelta(days=self.keep_days)
            forgotten = expire_snapshots(self.address, self.settings, before)
            LOG.info("%d snapshots forgotten", sum(forgotten.values()))

    def follow(
        self,
        stop: Event,
        every_s: float,
        readings_every_s: float,
        tell: Callable[[PublishReport], None],
    ) -> None:
        """
        Bring the lake in step again and again; what is away is waited for.

        Parameters
        ----------
        stop
            Ends it when set.
        every_s, readings_every_s
            Seconds between two looks at what changed, and at days of readings.
        tell
            Is told what was written, where something was.
        """
        self.address.check()
        pause = FIRST_RETRY_S
        while not stop.is_set():
            try:
                with self._open_session() as session:
                    pause = FIRST_RETRY_S
                    self._follow_session(session, stop, (every_s, readings_every_s), tell)
            except StoreError as error:
                LOG.warning("%s: tried again in %.1f s", error, pause)
                stop.wait(pause)
                pause = min(2 * pause, LONGEST_PAUSE_S)

    def _follow_session(
        self,
        session: LakeSession,
        stop: Event,
        pauses: tuple[float, float],
        tell: Callable[[PublishReport], None],
    ) -> None:
        every_s, readings_every_s = pauses
        next_readings = time.monotonic()
        while not stop.is_set():
            report = session.publish_rows(_tell_nothing)
            if time.monotonic() >= next_readings:
                if self.readings:
                    session.publish_readings(report, _tell_nothing)
                self._expire_snapshots()
                next_readings = time.monotonic() + readings_every_s
            self._note_figures(session, report)
            if report.rows or report.days:
                tell(report)
            stop.wait(every_s)

    def compare(self) -> Iterator[TableComparison]:
        """Yield how each table of the lake differs from the twin; nothing is written."""
        self.address.check()
        with self._open_session(alone=False) as session:
            tables = session.gather_rows()
            days = session.find_days() if self.readings else None
            yield from compare_publication(session.writer, tables, days)

    @contextmanager
    def _open_session(self, *, alone: bool = True) -> Iterator[LakeSession]:
        """Open both sides; alone, other publishers of this twin are kept out."""
        with ExitStack() as stack:
            if is_address(self.target):
                feed = stack.enter_context(open_feed(self.target, self.lake_name, alone=alone))
                folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="gridtwin-"))
                lake = stack.enter_context(open_lake(self.address, self.settings))
                writer = DuckDbLakeWriter(lake, self.form)
                yield DatabaseSession(self, writer, feed, Path(folder))
                return
            twin = open_twin(self.target)
            path = Path(self.target).resolve()
            refusal = StoreError(
                f"another process publishes {self.target}: wait until it is done, or end it"
            )
            if alone:
                stack.enter_context(hold_lock(path / PUBLISH_LOCK_FILE, refusal))
            lake = stack.enter_context(open_lake(self.address, self.settings))
            yield FolderSession(self, DuckDbLakeWriter(lake, self.form), twin, str(path))

    def _note_figures(self, session: LakeSession, report: PublishReport) -> None:
        if self.metrics is not None:
            figures = {
                "gridtwin_lake_published_seconds": time.time(),
                "gridtwin_lake_rows_written": float(sum(report.rows.values())),
                "gridtwin_lake_days_written": float(len(report.days)),
                "gridtwin_lake_slot_lag_bytes": float(session.measure_lag()),
            }
            write_metrics(self.metrics, figures)


class LakeSession(ABC):
    """One side and the other, open."""

    def __init__(self, publication: LakePublication, writer: DuckDbLakeWriter) -> None:
        self.publication = publication
        self.writer = writer

    @abstractmethod
    def publish_rows(self, progress: Progress) -> PublishReport:
        """Write what became another, but for readings."""

    @abstractmethod
    def publish_readings(self, report: PublishReport, progress: Progress) -> None:
        """Write the days of readings that were touched, and add them to a report."""

    @abstractmethod
    def gather_rows(self) -> Sequence[LakeRows]:
        """Return all rows as the twin holds them."""

    @abstractmethod
    def find_days(self) -> DaySource:
        """Return the readings as the twin holds them."""

    def measure_lag(self) -> int:
        """Return the bytes that the database keeps for the lake."""
        return 0


class FolderSession(LakeSession):
    """A twin in a folder, and its lake."""

    def __init__(
        self, publication: LakePublication, writer: DuckDbLakeWriter, twin: Twin, source: str
    ) -> None:
        super().__init__(publication, writer)
        self._twin = twin
        self._source = source
        self._seen: object = None  # what the twin held when it was published last

    def publish_rows(self, progress: Progress) -> PublishReport:
        """Write what became another, but for readings."""
        self._twin = open_twin(self._source)  # whatever was loaded meanwhile
        held = self._mark_content()
        if held == self._seen:
            return PublishReport()
        report = publish_tables(
            self.writer,
            self.gather_rows(),
            self._describe(),
            take_over=self.publication.take_over,
            progress=progress,
        )
        self.publication.take_over = False
        self._seen = held
        return report

    def _mark_content(self) -> object:
        """Return what becomes another with whatever the twin holds, but for readings."""
        store, folder = self._twin.store, Path(self._source) / "ami"
        files = [folder / name for name in ("conditions.parquet", ZONE_PRICES_FILE)]
        written = [each.stat().st_mtime_ns if each.exists() else 0 for each in files]
        states = [store.states.read_state(name) for name in store.states.list_names()]
        return store.network_hash, store.read_versions(), states, written

    def publish_readings(self, report: PublishReport, progress: Progress) -> None:
        """Write the days of readings that were touched, and add them to a report."""
        days = publish_days(self.writer, self.find_days(), self._describe(), is_stale, progress)
        report.days += [day.isoformat() for day in days]

    def gather_rows(self) -> Sequence[LakeRows]:
        """Return all rows as the twin holds them."""
        return build_lake_tables(take_lake_snapshot(self._twin, datetime.now(UTC)))

    def find_days(self) -> DaySource:
        """Return the readings in the folder of the twin."""
        book = self._twin.store.readings
        folder = book.folder if isinstance(book, ParquetReadings) else None
        topology = build_topology_tables(take_snapshot(self._twin, datetime.now(UTC)))
        meters = next(each.rows for each in topology if each.table is METERS_LAKE)
        data = self._twin.store.network.data
        return FolderDays(
            folder, meters, list_frame_rows(data, "equipment"), list_frame_rows(data, "feeders")
        )

    def _describe(self) -> PublishedOf:
        version = self._twin.situation(CURRENT).version
        return PublishedOf(self._source, self._twin.store.network_hash, version)


class DatabaseSession(LakeSession):
    """A database that is followed, and its lake."""

    def __init__(
        self,
        publication: LakePublication,
        writer: DuckDbLakeWriter,
        feed: DatabaseFeed,
        folder: Path,
    ) -> None:
        super().__init__(publication, writer)
        self._feed = feed
        self._folder = folder
        self._twin: Twin | None = None
        self._warned = 0.0
        self._publisher = DatabasePublisher(
            feed, writer, self._build_topology, take_over=publication.take_over
        )

    def publish_rows(self, progress: Progress) -> PublishReport:
        """Write what became another, but for readings."""
        report = self._publisher.publish(progress)
        self.publication.take_over = False
        if not self._warned or time.monotonic() - self._warned > WARNED_EVERY_S:
            self._feed.warn_of_slot()
            self._warned = time.monotonic()
        return report

    def publish_readings(self, report: PublishReport, progress: Progress) -> None:
        """Write the days of readings that were touched, and add them to a report."""
        of = self._publisher.describe()
        written = publish_days(self.writer, self.find_days(), of, is_stale, progress)
        report.days += [day.isoformat() for day in written]

    def gather_rows(self) -> Sequence[LakeRows]:
        """Return all rows as the database holds them."""
        with self._feed.hold_moment() as moment:
            rows = [read_lake_rows(moment, table) for table in PUBLISHED_TABLES]
        return [*rows, *self._build_topology()[2]]

    def find_days(self) -> DaySource:
        """Return the readings in the database."""
        return DatabaseDays(self._feed, self._folder)

    def measure_lag(self) -> int:
        """Return the bytes of its log that the database keeps for the lake."""
        state = self._feed.read_slot()
        return 0 if state is None else state.lag_bytes

    def _build_topology(self) -> tuple[str, int, Sequence[LakeRows]]:
        """Return the network, the version of its current state, and what follows from both."""
        with self._feed.hold_moment() as moment:
            network = moment.network
        if self._twin is None or self._twin.store.network_hash != network:
            self._twin = open_twin(self.publication.target)
        snapshot = take_snapshot(self._twin, datetime.now(UTC))
        version = snapshot.situation.version
        return snapshot.network, version, build_topology_tables(snapshot)
