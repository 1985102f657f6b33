"""
Bring what a twin holds at a moment into an account: files of Parquet on a stage, then COPY.

The network is replaced whole, in one transaction, and only where it became another; results are
added by run. What a run has brought is noted with it, so a run that broke off goes on where it was,
and one that is done brings nothing again.
"""

from __future__ import annotations

import hashlib
import logging
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from gridtwin.results.warehouse.snapshot_tables import build_tables
from gridtwin.results.warehouse.table_shapes import (
    METERS_CAME_TABLE,
    METERS_TABLE,
    NETWORK_TABLES,
    RESULT_TABLES,
    RUNS_TABLE,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    import pyarrow as pa

    from gridtwin.publish.snowflake.account_connection import SnowflakeAccount
    from gridtwin.publish.snowflake.project_names import ProjectOptions
    from gridtwin.results.warehouse.snapshot_tables import Snapshot
    from gridtwin.results.warehouse.table_shapes import WarehouseTable

LOG = logging.getLogger("gridtwin.snowflake")

SINCE_EVER = "1970-01-01T00:00:00+00:00"
METER_COLUMNS = tuple(column.name for column in METERS_CAME_TABLE.columns)
HANGS_OTHERWISE = " OR ".join(
    f"NOT EQUAL_NULL(m.{name}, s.{name})" for name in METER_COLUMNS if name != "METER_ID"
)


@dataclass(slots=True)
class LoadReport:
    """What a run brought."""

    run: str
    rows: dict[str, int] = field(default_factory=dict)  # by table; what was there already is not
    passed_over: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class StagedFile:
    """A file on the stage, and what the table is told of it."""

    shape: WarehouseTable
    folder: str
    rows: int
    checksum: str


class SnapshotLoader:
    """Loads snapshots of one twin into the schemas of one project."""

    def __init__(self, account: SnowflakeAccount, options: ProjectOptions) -> None:
        self._account = account
        self._options = options
        self._stage = f"@{options.qualify_schema('landing')}.LOADS"

    def load_snapshot(
        self,
        snapshot: Snapshot,
        progress: Callable[[int, int], None] = lambda _done, _all: None,
    ) -> LoadReport:
        """
        Bring a snapshot.

        Raises
        ------
        StoreError
            If Snowflake refuses something; what was brought before stays, and is not brought again.
        """
        self._begin_session()
        report = LoadReport(snapshot.run)
        tables = build_tables(snapshot)
        there = self._list_loaded(snapshot.run)
        wanted = [each for each in RESULT_TABLES if each.name not in there]
        shapes = (*NETWORK_TABLES, METERS_CAME_TABLE)
        renewed = self._is_new_network(snapshot)
        steps = len(shapes) + len(wanted) if renewed else len(wanted)
        report.passed_over += sorted({each.name for each in RESULT_TABLES} & there)
        with TemporaryDirectory(prefix="gridtwin-") as folder:
            done = 0
            if renewed:
                staged = []
                for shape in shapes:
                    progress(done, steps)
                    staged.append(self._stage_table(shape, tables, snapshot, Path(folder)))
                    done += 1
                self._replace_network(snapshot, staged)
                report.rows |= {each.shape.name: each.rows for each in staged}
            else:
                report.passed_over += [each.name for each in shapes]
            for shape in wanted:
                progress(done, steps)
                self._add_results(
                    snapshot, self._stage_table(shape, tables, snapshot, Path(folder))
                )
                report.rows[shape.name] = len(tables[shape.name])
                done += 1
        progress(steps, steps)
        return report

    def _begin_session(self) -> None:
        """Take the role, the warehouse and the database that a load is made with."""
        self._account.execute(f'USE ROLE "{self._options.name_role("loader")}"')
        self._account.execute(f'USE WAREHOUSE "{self._options.name_warehouse("load")}"')
        self._account.execute(f'USE DATABASE "{self._options.database_name}"')

    def _place(self, shape: WarehouseTable) -> str:
        return f"{self._options.qualify_schema(shape.schema)}.{shape.name}"

    def _list_loaded(self, run: str) -> set[str]:
        query = f"SELECT TABLE_NAME FROM {self._place(RUNS_TABLE)} WHERE RUN = %s"  # noqa: S608
        return {name for (name,) in self._account.execute(query, (run,))}

    def _is_new_network(self, snapshot: Snapshot) -> bool:
        """Return whether the network that is there is another, or of another version."""
        rows = self._account.execute(
            f"SELECT NETWORK, VERSION FROM {self._place(RUNS_TABLE)}"  # noqa: S608
            " WHERE TABLE_NAME = %s ORDER BY LOADED_AT DESC, MADE_AT DESC LIMIT 1",
            (NETWORK_TABLES[0].name,),
        )
        return [(network, int(version)) for network, version in rows] != [
            (snapshot.network, snapshot.situation.version)
        ]

    def _stage_table(
        self,
        shape: WarehouseTable,
        tables: dict[str, pa.Table],
        snapshot: Snapshot,
        folder: Path,
    ) -> StagedFile:
        """Write a table as Parquet and put it on the stage, in a folder of the run."""
        import pyarrow.parquet as pq

        name = METERS_TABLE.name if shape is METERS_CAME_TABLE else shape.name
        file = folder / f"{shape.name.lower()}.parquet"
        pq.write_table(tables[name], file, compression="zstd")
        mark = hashlib.sha256(snapshot.run.encode()).hexdigest()[:16]
        place = f"{mark}/{shape.name.lower()}/"
        self._account.put_file(file, f"{self._stage}/{place}")
        checksum = hashlib.sha256(file.read_bytes()).hexdigest()
        file.unlink()
        LOG.info("%s: %d rows on the stage", shape.name, len(tables[name]))
        return StagedFile(shape, place, len(tables[name]), checksum)

    def _copy_rows(self, staged: StagedFile) -> None:
        form = f"{self._options.qualify_schema('landing')}.PARQUET_FILES"
        self._account.execute(
            f"COPY INTO {self._place(staged.shape)} FROM {self._stage}/{staged.folder}"
            f" FILE_FORMAT = (FORMAT_NAME = '{form}')"
            " MATCH_BY_COLUMN_NAME = CASE_INSENSITIVE FORCE = TRUE"
        )

    def _replace_network(self, snapshot: Snapshot, staged: Iterable[StagedFile]) -> None:
        """Put the tables of the network in place of those that are there, all or none."""
        with self._account.transaction():
            for each in staged:
                self._account.execute(f"DELETE FROM {self._place(each.shape)}")  # noqa: S608
                self._copy_rows(each)
                self._note_loaded(snapshot, each)
            self._turn_meters(snapshot)

    def _turn_meters(self, snapshot: Snapshot) -> None:
        """End what meters hung on and hang on no more, and begin what they hang on now."""
        meters, came = self._place(METERS_TABLE), self._place(METERS_CAME_TABLE)
        self._account.execute(
            f"UPDATE {meters} AS m SET VALID_TO = %s FROM {came} AS s"  # noqa: S608
            f" WHERE s.METER_ID = m.METER_ID AND m.VALID_TO IS NULL AND ({HANGS_OTHERWISE})",
            (snapshot.made_at.isoformat(),),
        )
        self._account.execute(
            f"UPDATE {meters} SET VALID_TO = %s WHERE VALID_TO IS NULL"  # noqa: S608
            f" AND METER_ID NOT IN (SELECT s.METER_ID FROM {came} AS s)",
            (snapshot.made_at.isoformat(),),
        )
        names = ", ".join(METER_COLUMNS)
        taken = ", ".join(f"s.{name}" for name in METER_COLUMNS)
        self._account.execute(
            f"INSERT INTO {meters} ({names}, VALID_FROM) SELECT {taken},"  # noqa: S608
            " CASE WHEN k.METER_ID IS NULL THEN %s::TIMESTAMP_TZ ELSE %s::TIMESTAMP_TZ END"
            f" FROM {came} AS s"
            f" LEFT JOIN (SELECT DISTINCT METER_ID FROM {meters}) AS k ON k.METER_ID = s.METER_ID"
            f" LEFT JOIN {meters} AS m ON m.METER_ID = s.METER_ID AND m.VALID_TO IS NULL"
            " WHERE m.METER_ID IS NULL",
            (SINCE_EVER, snapshot.made_at.isoformat()),
        )

    def _add_results(self, snapshot: Snapshot, staged: StagedFile) -> None:
        """Add the rows of a run; what it left behind when it broke off goes first."""
        with self._account.transaction():
            self._account.execute(
                f"DELETE FROM {self._place(staged.shape)} WHERE RUN = %s",  # noqa: S608
                (snapshot.run,),
            )
            self._copy_rows(staged)
            self._note_loaded(snapshot, staged)

    def _note_loaded(self, snapshot: Snapshot, staged: StagedFile) -> None:
        names = ", ".join(column.name for column in RUNS_TABLE.columns)
        self._account.execute(
            f"INSERT INTO {self._place(RUNS_TABLE)} ({names})"
            " SELECT %s, %s, %s, %s, %s, %s, %s::TIMESTAMP_TZ, CURRENT_TIMESTAMP()",
            (
                snapshot.run,
                staged.shape.name,
                staged.rows,
                staged.checksum,
                snapshot.network,
                snapshot.situation.version,
                snapshot.made_at.isoformat(),
            ),
        )
