"""A night in a database, and the same night in a warehouse of DuckDB; both only read."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
import shapely

import gridtwin
from ami_folder import write_conditions
from gridtwin.results.warehouse.snapshot_tables import build_tables
from gridtwin.store.postgis.connect import connect
from gridtwin.stream.contracts import Window
from gridtwin.stream.ingest import batch_writing
from gridtwin.stream.ingest.batch import prepare_batch
from gridtwin.stream.ingest.local.taking import take_files
from gridtwin.stream.ingest.meters import Meters
from gridtwin.twin import Twin
from gridtwin.twin.warehouse_snapshot import take_snapshot
from postgres import Cluster, copy_of
from snowflake_day import (
    AREAS,
    BOUNDS,
    ZONES,
    build_messages,
    build_two_zones,
    keep_spans_at_risk,
    list_conditions,
    list_interval_ends,
    list_prices,
)
from snowflake_duckdb import Warehouse


@pytest.fixture(scope="session")
def prices(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a file with the prices of both zones; what stands first is wrong."""
    file = tmp_path_factory.mktemp("prices") / "prices.csv"
    lines = [
        f"{zone},{end.isoformat()},{price if last else 5000}"
        for last in (False, True)
        for zone in ZONES.values()
        for end, price in list_prices(zone).items()
    ]
    file.write_text("load_zone,interval_end,price_usd_mwh\n" + "\n".join(lines) + "\n")
    return file


@pytest.fixture(scope="session")
def mirrored(postgres: Cluster, schema: str, prices: Path) -> Iterator[Twin]:
    """Return the network in a database that took the messages in three batches."""
    with copy_of(postgres, schema) as url:
        twin = _fill_mirror(url)
        twin.ami.take_zone_prices(prices)
        yield twin


def _fill_mirror(url: str) -> Twin:
    twin = gridtwin.open(build_two_zones()).save(url)
    meters, messages = Meters(), build_messages()

    def run(work):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN202
        with connect(url) as connection:
            return work(connection)

    meters.refresh_meters(run)
    with connect(url) as connection:
        connection.execute("SELECT gridtwin.make_reading_days('2026-11-01', '2026-11-02')")
        connection.execute(batch_writing.CREATE_STAGE)
        for part in np.array_split(np.arange(len(messages)), 3):
            kept = np.isin(np.arange(len(messages)), part)
            ready = prepare_batch(messages.select_rows(kept), meters.ids, Window())
            batch_writing.write_ready(connection, messages.topic, ready)
            connection.commit()
        for end, (warm, price) in list_conditions().items():
            connection.execute(
                'INSERT INTO gridtwin.conditions ("time", temperature_c, price_usd_mwh)'
                " VALUES (%s, %s, %s)",
                (end, warm, price),
            )
        for end in list_interval_ends():
            connection.execute("SELECT gridtwin.sum_loads(%s)", (end,))
    _break_down(twin)
    keep_spans_at_risk(twin)
    return twin


def _break_down(twin: Twin) -> None:
    """Put a transformer out for three hours, and a feeder until the end."""
    outage = twin.outages.open("T21", at=BOUNDS[0] + timedelta(hours=2))
    twin.outages.restore(outage.id, at=BOUNDS[0] + timedelta(hours=5))
    twin.outages.open("B1", at=BOUNDS[0] + timedelta(hours=9))


@pytest.fixture(scope="session")
def kept(tmp_path_factory: pytest.TempPathFactory, prices: Path) -> Twin:
    """Return the network in a folder that took the same messages as lines of a file."""
    path = tmp_path_factory.mktemp("night") / "grid.twin"
    twin = gridtwin.open(build_two_zones()).save(path)
    lines = path.with_name("ami_readings.jsonl")
    lines.write_bytes(b"".join(value + b"\n" for value in build_messages().values if value))
    take_files(lines, path / "ami", twin.store.network.data.usage_points.mrid)
    conditions = {int(end.timestamp()): each for end, each in list_conditions().items()}
    territory = {end: price for end, (_, price) in conditions.items()}
    write_conditions(path / "ami", territory, lambda end: conditions[end][0])
    twin.ami.take_zone_prices(prices)
    twin.ami.roll_up()
    _break_down(twin)
    keep_spans_at_risk(twin)
    return twin


@pytest.fixture(scope="session")
def warehouse(mirrored: Twin) -> Warehouse:
    """Return a warehouse that took the same messages, prices by zone, and the network."""
    made = Warehouse()
    made.lost = made.land(build_messages(), "AMI_READINGS_RAW")  # type: ignore[attr-defined]
    conditions = [
        {
            "RECORD_METADATA": json.dumps({"partition": 0, "offset": at}),
            "TIME": end.isoformat(),
            "TEMPERATURE_C": warm,
            "PRICE_USD_MWH": price,
        }
        for at, (end, (warm, price)) in enumerate(list_conditions().items())
    ]
    # What was said first is wrong; the last word counts.
    wrong = [row | {"PRICE_USD_MWH": -1.0} for row in conditions]
    late = [
        row | {"RECORD_METADATA": json.dumps({"partition": 0, "offset": 1000 + at})}
        for at, row in enumerate(conditions)
    ]
    made.insert("LANDING", "CONDITIONS_RAW", pa.Table.from_pylist([*wrong, *late]))
    by_zone = [
        {"LOAD_ZONE": zone, "INTERVAL_END": end, "PRICE_USD_MWH": price, "SOURCE_FILE": file,
         "SOURCE_ROW": at}
        for file in ("1.csv", "2.csv")  # the later file counts
        for zone in ZONES.values()
        for at, (end, price) in enumerate(
            (end, price if file == "2.csv" else 0.0) for end, price in list_prices(zone).items()
        )
    ]  # fmt: skip
    made.insert("LANDING", "ZONE_PRICES_RAW", pa.Table.from_pylist(by_zone))
    for name, rows in build_tables(take_snapshot(mirrored, BOUNDS[1], run="run-1")).items():
        schema = "RESULTS" if ("RESULTS", name) in made.tables else "NETWORK"
        made.insert(schema, name, rows if name != "METERS" else _begin_meters(rows))
    run = {"RUN": "run-1", "TABLE_NAME": "VEGETATION_SPANS", "MADE_AT": BOUNDS[1]}
    made.insert("RESULTS", "RUNS", pa.Table.from_pylist([run]))
    areas = [
        {"AREA": name, "KIND": "storm", "POLYGON_WKT": shapely.to_wkt(area), "MADE_AT": BOUNDS[0]}
        for name, area in AREAS.items()
    ]
    made.insert("RESULTS", "STORM_AREAS", pa.Table.from_pylist(areas))
    made.create_views(geography=True)
    return made


def _begin_meters(rows: pa.Table) -> pa.Table:
    """Return meters that hang on the same since ever."""
    start = pa.scalar(datetime.fromtimestamp(0, UTC), pa.timestamp("us", "UTC"))
    return rows.append_column("VALID_FROM", pa.repeat(start, len(rows)))
