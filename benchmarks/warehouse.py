"""
Measure how a network gets into Snowflake: `python -m benchmarks.warehouse [meters]`.

A server on this machine stands in for the account, so the figures say how many statements and rows
of objects there are, not how fast Snowflake is.
"""

from __future__ import annotations

import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import gridtwin
from benchmarks.report import Row, machine, publish, tables
from gridtwin.publish.snowflake.account_connection import SnowflakeAccount, open_account
from gridtwin.publish.snowflake.project_apply import apply_project
from gridtwin.publish.snowflake.project_files import render_project
from gridtwin.publish.snowflake.project_names import SCHEMA_NAMES, ProjectOptions
from gridtwin.publish.snowflake.snapshot_loading import SnapshotLoader
from gridtwin.results.warehouse.snapshot_tables import build_tables
from gridtwin.results.warehouse.table_shapes import ELEMENT_SPANS_TABLE
from gridtwin.twin.warehouse_snapshot import take_snapshot

sys.path.append(str(Path(__file__).parents[1] / "tests"))
from fakesnow_server import run_fakesnow

if TYPE_CHECKING:
    import pyarrow as pa

METERS = 10_000
ROW_WISE = 2_000  # rows of a table; more take minutes
NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)
BAR = 20.0


def main() -> None:
    """Print how a load compares with a call of executemany for the same rows."""
    meters = int(sys.argv[1]) if len(sys.argv) > 1 else METERS
    network = gridtwin.synthesize("houston", meters=meters, seed=1)
    snapshot = take_snapshot(gridtwin.open(network), NOON, run="r1")
    came = build_tables(snapshot)
    options = ProjectOptions(environment="bench")
    with run_fakesnow() as settings, open_account(settings) as account:
        _make_tables(account, options)
        began = time.perf_counter()
        report = SnapshotLoader(account, options).load_snapshot(snapshot)
        loaded_s = time.perf_counter() - began
        spans = came[ELEMENT_SPANS_TABLE.name]
        place = f"{options.qualify_schema('network')}.{ELEMENT_SPANS_TABLE.name}"
        there = account.execute(f"SELECT COUNT(*) FROM {place}")
        assert there == [(len(spans),)], "every row is there"
        row_wise_s = _insert_rows(account, place, spans.slice(0, ROW_WISE))
    rows = sum(report.rows.values())
    head = f"{meters:,} meters, seed 1: {rows:,} rows in {len(report.rows)} tables;"
    head += f" {machine()}; by the wall, against a server that stands in for an account (DuckDB)."
    head += f" Row by row: executemany of {ROW_WISE:,} rows of {ELEMENT_SPANS_TABLE.name}, scaled"
    head += " to as many."
    line = Row("load of a network / executemany", loaded_s, row_wise_s / ROW_WISE * rows, BAR)
    publish("Into a warehouse", [head, "", *tables([line], [])])


def _make_tables(account: SnowflakeAccount, options: ProjectOptions) -> None:
    account.execute(f'CREATE DATABASE "{options.database_name}"')
    for schema in SCHEMA_NAMES:
        account.execute(f"CREATE SCHEMA {options.qualify_schema(schema)}")
    project = render_project(options)
    backfill = project["50_backfill.sql"]
    project["50_backfill.sql"] = backfill[: backfill.index("COPY INTO")]
    apply_project(account, project, only=["50_backfill.sql", "60_tables.sql"])


def _insert_rows(account: SnowflakeAccount, place: str, rows: pa.Table) -> float:
    """Return how long executemany takes."""
    names = ", ".join(rows.column_names)
    marks = ", ".join(["%s"] * rows.num_columns)
    values = [tuple(row.values()) for row in rows.to_pylist()]
    began = time.perf_counter()
    with account._connection.cursor() as cursor:  # noqa: SLF001
        cursor.executemany(f"INSERT INTO {place} ({names}) VALUES ({marks})", values)
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
