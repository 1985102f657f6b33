"""A street with two transformers, and readings written as the batch path writes them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import shapely

from gridtwin.model.network import Network

if TYPE_CHECKING:
    import psycopg

NOON = int(datetime(2026, 7, 1, 12, tzinfo=UTC).timestamp())
STAMP = pa.timestamp("ms", tz="UTC")
Reading = tuple[str, int, float | None, float | None]  # meter, end of interval, kWh, volts


def street() -> Network:
    """
    Return a feeder with two transformers, and one more customer behind an open switch.

    ::

        S ─B─ a ─L─ b ─T1(25 kVA, A)─ x: M1, M2
              │     └──T2(50 kVA)──── y: M3
              └─SW/ ─ c: M4
    """
    places = ("S", "a", "b", "c", "x", "y")
    rows = [
        ("B", "breaker", "S", "a", "ABC", "", 400.0, None, ""),
        ("L", "ac_line_segment", "a", "b", "ABC", "", 10.0, None, ""),
        ("SW", "load_break_switch", "a", "c", "ABC", "ABC", 400.0, None, ""),
        ("T1", "power_transformer", "b", "x", "A", "", None, 25e3, ""),
        ("T2", "power_transformer", "b", "y", "ABC", "", None, 50e3, "Dyn1"),
    ]
    names = (
        "mrid", "kind", "node_a", "node_b", "phases", "normal_open", "rated_a", "rated_va",
        "vector_group",
    )  # fmt: skip
    return Network.from_frames(
        nodes={
            "mrid": list(places),
            "nominal_v": [12_470.0] * 4 + [240.0, 480.0],
            "geometry": [shapely.Point(-95 + at / 100, 29) for at in range(len(places))],
        },
        equipment=dict(zip(names, map(list, zip(*rows, strict=True)), strict=True)),
        usage_points={
            "mrid": ["M1", "M2", "M3", "M4"],
            "node": ["x", "x", "y", "c"],
            "phases": ["A", "A", "ABC", "ABC"],
            "customers": [1, 1, 3, 1],
        },
        sources={"mrid": ["source"], "node": ["S"]},
        feeders={"mrid": ["F"], "head": ["B"]},
    )


def write_readings(folder: Path, readings: Sequence[Reading], name: str = "part-0") -> Path:
    """Write readings into the folders of their days; return the folder."""
    days: dict[str, list[Reading]] = {}
    for reading in sorted(readings, key=lambda each: (each[1], each[0])):
        days.setdefault(datetime.fromtimestamp(reading[1], UTC).date().isoformat(), []).append(
            reading
        )
    for day, rows in days.items():
        meters, ends, kwh, volts = zip(*rows, strict=True)
        table = pa.table(
            {
                "meter_id": pa.array(meters).dictionary_encode(),
                "reading_time": pa.array([end * 1000 for end in ends], pa.int64()).cast(STAMP),
                "kwh": pa.array(kwh, pa.float32()),
                "voltage_v": pa.array(volts, pa.float32()),
            }
        )
        file = folder / f"readings/date={day}/{name}.parquet"
        file.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(table, file)
    return folder


def copy_readings(connection: psycopg.Connection[Any], readings: Iterable[Reading]) -> None:
    """Keep readings of July 2026 in a database, as a stream brings them."""
    connection.execute("SELECT gridtwin.refresh_meters()")
    connection.execute("SELECT gridtwin.make_reading_days('2026-07-01', '2026-07-05')")
    connection.execute("CREATE TEMP TABLE came (meter text, at bigint, kwh real, volts real)")
    with connection.cursor() as cursor, cursor.copy("COPY came FROM STDIN") as copy:
        for row in readings:
            copy.write_row(row)
    connection.execute(
        "INSERT INTO gridtwin.ami_gold (reading_time, meter, kwh, voltage_v, meter_id,"
        " transformer, feeder) SELECT to_timestamp(c.at), m.meter, c.kwh, c.volts, m.mrid,"
        " m.transformer, m.feeder FROM came c JOIN gridtwin.meters m ON m.mrid = c.meter"
    )


def find_warmth(end: int) -> float:
    """Return the degrees Celsius of an interval: 21 at midnight UTC, one more each hour."""
    return 21 + end % 86_400 / 3_600


def write_conditions(
    folder: Path, prices: Mapping[int, float], warmth: Callable[[int], float] = find_warmth
) -> None:
    """Write the price of each interval, and how warm it is then."""
    times = pa.array([end * 1000 for end in prices], pa.int64()).cast(STAMP)
    price = pa.array(list(prices.values()), pa.float32())
    warm = pa.array([warmth(end) for end in prices], pa.float32())
    table = pa.table({"time": times, "temperature_c": warm, "price_usd_mwh": price})
    pq.write_table(table, folder / "conditions.parquet")
