"""The bodies of the layers give what the local engines give, run in DuckDB on one odd night."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

import gridtwin
from gridtwin.publish.snowflake.snapshot_tables import Snapshot, build_tables
from gridtwin.store.postgis.connect import connect
from gridtwin.stream.contracts import Window
from gridtwin.stream.ingest import batch_writing
from gridtwin.stream.ingest.batch import prepare_batch
from gridtwin.stream.ingest.meters import Meters
from gridtwin.twin import Twin
from postgres import Cluster, copy_of
from snowflake_day import (
    FIRST_S,
    INTERVALS,
    ZONES,
    build_messages,
    build_two_zones,
    find_local_date,
    list_conditions,
    list_interval_ends,
    list_prices,
)
from snowflake_duckdb import Warehouse

BOUNDS = list_interval_ends()[0] - timedelta(minutes=15), list_interval_ends()[-1]
TABLES = ("ami_gold", "transformer_load", "feeder_load")


@pytest.fixture(scope="module")
def mirrored(postgres: Cluster, schema: str) -> Iterator[Twin]:
    """Return the network in a database that took the messages in three batches."""
    with copy_of(postgres, schema) as url:
        yield _fill_mirror(url)


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
    outage = twin.outages.open("T21", at=BOUNDS[0] + timedelta(hours=2))
    twin.outages.restore(outage.id, at=BOUNDS[0] + timedelta(hours=5))
    twin.outages.open("B1", at=BOUNDS[0] + timedelta(hours=9))
    return twin


@pytest.fixture(scope="module")
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
    prices = [
        {"LOAD_ZONE": zone, "INTERVAL_END": end, "PRICE_USD_MWH": price, "SOURCE_FILE": file,
         "SOURCE_ROW": at}
        for file in ("1.csv", "2.csv")  # the later file counts
        for zone in ZONES.values()
        for at, (end, price) in enumerate(
            (end, price if file == "2.csv" else 0.0) for end, price in list_prices(zone).items()
        )
    ]  # fmt: skip
    made.insert("LANDING", "ZONE_PRICES_RAW", pa.Table.from_pylist(prices))
    for name, rows in _build_snapshot(mirrored).items():
        schema = "RESULTS" if ("RESULTS", name) in made.tables else "NETWORK"
        made.insert(schema, name, rows if name != "METERS" else _begin_meters(rows))
    made.create_views()
    return made


def _begin_meters(rows: pa.Table) -> pa.Table:
    """Return meters that hang on the same since ever."""
    start = pa.scalar(datetime.fromtimestamp(0, UTC), pa.timestamp("us", "UTC"))
    return rows.append_column("VALID_FROM", pa.repeat(start, len(rows)))


def _build_snapshot(twin: Twin) -> dict[str, pa.Table]:
    outages = twin.outages.all(since=BOUNDS[0])
    return build_tables(
        Snapshot(
            network=twin.store.network_hash,
            situation=twin.situation("normal"),
            designed=twin.situation("normal"),
            made_at=BOUNDS[1],
            run="run-1",
            outages=outages,
            members=twin.outages.members(*[each.id for each in outages]),
        )
    )


def ask_database(twin: Twin, query: str, *values: object) -> pd.DataFrame:
    with connect(twin.store.url) as connection:
        cursor = connection.execute(query, values)
        rows = cursor.fetchall()
        return pd.DataFrame(rows, columns=[each.name for each in cursor.description or ()])


def compare(have: pd.DataFrame, want: pd.DataFrame, by: list[str]) -> None:
    """Hold frames against each other, whatever the case of their names and the order of rows."""
    have = have.rename(columns=str.lower)[want.columns]
    for frame in (have, want):
        for name in frame.columns:
            if "time" in name:
                frame[name] = pd.to_datetime(frame[name], utc=True).astype("datetime64[us, UTC]")
            elif frame[name].map(lambda value: isinstance(value, str)).any():
                frame[name] = frame[name].astype(object).where(frame[name].notna(), None)
            else:
                frame[name] = frame[name].astype(float)
    pd.testing.assert_frame_equal(
        have.sort_values(by, ignore_index=True),
        want.sort_values(by, ignore_index=True),
        rtol=1e-5,
    )


def test_every_message_ends_in_one_place(mirrored: Twin, warehouse: Warehouse) -> None:
    letters = ask_database(
        mirrored, "SELECT partition, kafka_offset, reason FROM gridtwin.dead_letters"
    )
    unknown = letters.reason.str.contains("is no usage point")
    dead = set(map(tuple, letters.loc[~unknown, ["partition", "kafka_offset"]].to_numpy().tolist()))
    rejected = warehouse.read("SILVER", "AMI_REJECTED")
    places = rejected[["SOURCE_PARTITION", "SOURCE_ROW"]].astype(int).to_numpy().tolist()
    lost = warehouse.lost  # type: ignore[attr-defined]
    assert set(map(tuple, places)) | lost["errors"] | lost["letters"] == dead
    assert len(places) + len(lost["errors"]) + len(lost["letters"]) == len(dead), "none twice"
    assert rejected.REASON.nunique() >= 7
    assert lost["errors"]
    assert lost["letters"]
    strangers = warehouse.read("GOLD", "AMI_UNKNOWN_METERS")
    assert strangers.METER_ID.tolist() == ["STRANGER"]
    assert strangers.READINGS.tolist() == [INTERVALS]


def test_gold_is_what_the_database_shows_to_each_price_zone(
    mirrored: Twin, warehouse: Warehouse
) -> None:
    """The database knows one price an interval: it is asked once with the prices of each zone."""
    parts = []
    for feeder, zone in ZONES.items():
        with connect(mirrored.store.url) as connection:  # type: ignore[attr-defined]
            for end, price in list_prices(zone).items():
                connection.execute(
                    'UPDATE gridtwin.conditions SET price_usd_mwh = %s WHERE "time" = %s',
                    (price, end),
                )
        part = ask_database(
            mirrored,
            "SELECT meter_id, reading_time, kwh, voltage_v, transformer, feeder, temperature_c,"
            " price_usd_mwh FROM gridtwin.ami_realtime WHERE feeder = %s",
            feeder,
        )
        parts.append(part)
    want = pd.concat(parts, ignore_index=True)
    assert len(want) == 12 * INTERVALS
    compare(warehouse.read("GOLD", "AMI_ENRICHED"), want, ["meter_id", "reading_time"])


def test_loads_are_those_of_the_database(mirrored: Twin, warehouse: Warehouse) -> None:
    for key in ("transformer", "feeder"):
        want = ask_database(mirrored, f"TABLE gridtwin.{key}_load")
        assert len(want) > INTERVALS
        compare(warehouse.read("GOLD", f"{key.upper()}_LOAD"), want, [key, "reading_time"])


def test_the_night_on_which_clocks_go_back_has_100_intervals(warehouse: Warehouse) -> None:
    have = warehouse.read("GOLD", "METER_DAY")
    gold = warehouse.read("GOLD", "AMI_ENRICHED")
    want: dict[tuple[str, object], list[float]] = defaultdict(list)
    for meter, end, kwh in gold[["METER_ID", "READING_TIME", "KWH"]].itertuples(index=False):
        want[meter, find_local_date(end.to_pydatetime())].append(kwh)
    assert set(have.INTERVALS) == {100}
    found = {
        (meter, day.date()): kwh
        for meter, day, kwh in have[["METER_ID", "LOCAL_DATE", "KWH"]].itertuples(index=False)
    }
    assert found == pytest.approx({place: sum(each) for place, each in want.items()})


def test_what_comes_by_file_counts_less_than_what_came_by_the_topic() -> None:
    made = Warehouse()
    at = datetime.fromtimestamp(FIRST_S + 900, UTC)
    rows = [
        {"METER_ID": meter, "READING_TIME": at, "KWH": kwh, "VOLTAGE_V": None, "SOURCE_FILE": file,
         "SOURCE_ROW": row}
        for meter, kwh, file, row in (
            ("M1", 1.0, "a", 9), ("M2", 1.0, "a", 9), ("M2", 2.0, "b", 1), ("M2", 3.0, "b", 2),
            ("M3", 4.0, "a", 1),
        )
    ]  # fmt: skip
    rows.append(rows[0] | {"METER_ID": "M4", "READING_TIME": at + timedelta(seconds=1)})
    made.insert("LANDING", "AMI_BACKFILL_RAW", pa.Table.from_pylist(rows))
    streamed = {"METER_ID": "M1", "READING_TIME": at.isoformat(), "KWH": 7.0}
    streamed["RECORD_METADATA"] = json.dumps({"partition": 0, "offset": 0})
    made.insert("LANDING", "AMI_READINGS_RAW", pa.Table.from_pylist([streamed]))
    made.create_views()
    found = made.ask('SELECT METER_ID, KWH FROM "SILVER".AMI_DEDUPLICATED ORDER BY 1')
    assert found.to_numpy().tolist() == [["M1", 7.0], ["M2", 3.0], ["M3", 4.0]]
    assert made.ask('SELECT METER_ID FROM "SILVER".AMI_REJECTED').METER_ID.tolist() == ["M4"]
