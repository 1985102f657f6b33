"""The bodies of the layers give what the local engines give, run in DuckDB on one odd night."""

from __future__ import annotations

import json
from collections import defaultdict
from datetime import UTC, datetime, timedelta

import pandas as pd
import pyarrow as pa
import pytest

from gridtwin.store.postgis.connect import connect
from gridtwin.twin import Twin
from snowflake_day import (
    FIRST_S,
    INTERVALS,
    ZONES,
    find_local_date,
    list_prices,
)
from snowflake_duckdb import Warehouse


def ask_database(twin: Twin, query: str) -> pd.DataFrame:
    with connect(twin.store.url) as connection:
        cursor = connection.execute(query)
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
            cursor = connection.execute(
                "SELECT meter_id, reading_time, kwh, voltage_v, transformer, feeder, temperature_c,"
                " price_usd_mwh FROM gridtwin.ami_realtime WHERE feeder = %s",
                (feeder,),
            )
            names = [each.name for each in cursor.description or ()]
            parts.append(pd.DataFrame(cursor.fetchall(), columns=names))
            connection.rollback()
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
