"""Read what meters measured, and what it was summed up to, from PostgreSQL."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any

import numpy as np

from gridtwin.model.interval_loads import LOAD_TABLES, FeederLoads, TransformerLoads
from gridtwin.model.readings import Conditions, Readings, ZonePrices
from gridtwin.model.tables import decode_texts, encode_texts
from gridtwin.store.acting_role import OWNER
from gridtwin.store.duckdb_queries import read_query

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import LiteralString

    import pandas as pd
    import psycopg
    from numpy.typing import NDArray

    from gridtwin.store.postgis.pool import Pool

    Connection = psycopg.Connection[Any]

PG_LATEST_INTERVAL: LiteralString = "SELECT extract(epoch FROM gridtwin.newest_interval())::bigint"
PG_READINGS_AT: LiteralString = """
SELECT extract(epoch FROM reading_time)::bigint, meter_id, kwh, voltage_v
FROM gridtwin.ami_gold WHERE reading_time = to_timestamp(%s)
"""
PG_READINGS_OF: LiteralString = """
SELECT extract(epoch FROM r.reading_time)::bigint, m.mrid, r.kwh, r.voltage_v
FROM unnest(%s::text[]) m (mrid)
CROSS JOIN LATERAL gridtwin.readings_of(m.mrid, to_timestamp(%s), to_timestamp(%s)) r
ORDER BY 2, 1
"""
PG_INTERVAL_ENDS: LiteralString = """
SELECT extract(epoch FROM t.at)::bigint
FROM generate_series(to_timestamp(ceil(%s / 900.0) * 900), to_timestamp(%s), interval '15 min')
    t (at)
WHERE EXISTS (SELECT FROM gridtwin.ami_gold g WHERE g.reading_time = t.at)
ORDER BY 1
"""
PG_TRANSFORMER_LOADS: LiteralString = """
SELECT e.row, -1, t.kwh, t.meters, 0, t.v_min, t.v_max
FROM gridtwin.transformer_load t
JOIN gridtwin.equipment e ON e.mrid = t.transformer
WHERE t.reading_time = to_timestamp(%s)
ORDER BY e.row
"""
PG_FEEDER_LOADS: LiteralString = """
SELECT f.row, t.kwh, t.meters, t.missing, t.below_a, t.above_a, t.below_b, t.above_b, t.v_min,
    t.v_max
FROM gridtwin.feeder_load t
JOIN gridtwin.feeders f ON f.mrid = t.feeder
WHERE t.reading_time = to_timestamp(%s)
ORDER BY f.row
"""
# Each interval is looked up by key: the keys begin with the time, a scan would read whole days.
PG_SERIES: dict[str, LiteralString] = {
    "load": """
SELECT extract(epoch FROM g.at)::bigint, %s, -1, t.kwh, t.meters, 0, t.v_min, t.v_max
FROM generate_series(to_timestamp(ceil(%s / 900.0) * 900), to_timestamp(%s), interval '15 min')
    g (at)
CROSS JOIN LATERAL (
    SELECT * FROM gridtwin.transformer_load l
    WHERE l.reading_time = g.at AND l.transformer = %s LIMIT 1
) t
ORDER BY 1
""",
    "feeder_load": """
SELECT extract(epoch FROM g.at)::bigint, %s, t.kwh, t.meters, t.missing, t.below_a, t.above_a,
    t.below_b, t.above_b, t.v_min, t.v_max
FROM generate_series(to_timestamp(ceil(%s / 900.0) * 900), to_timestamp(%s), interval '15 min')
    g (at)
CROSS JOIN LATERAL (
    SELECT * FROM gridtwin.feeder_load l
    WHERE l.reading_time = g.at AND l.feeder = %s LIMIT 1
) t
ORDER BY 1
""",
}
PG_CONDITIONS: LiteralString = """
SELECT extract(epoch FROM "time")::bigint, temperature_c, price_usd_mwh
FROM gridtwin.conditions WHERE "time" BETWEEN to_timestamp(%s) AND to_timestamp(%s)
ORDER BY 1
"""
PG_READ_ZONE_PRICES: LiteralString = """
SELECT extract(epoch FROM "time")::bigint, load_zone, price_usd_mwh
FROM gridtwin.zone_prices ORDER BY "time", load_zone
"""
PG_WRITE_ZONE_PRICES: LiteralString = """
INSERT INTO gridtwin.zone_prices (load_zone, "time", price_usd_mwh)
SELECT z, to_timestamp(t), p
FROM unnest(%s::text[], %s::bigint[], %s::real[]) AS u (z, t, p)
ON CONFLICT ("time", load_zone) DO UPDATE SET price_usd_mwh = excluded.price_usd_mwh
"""
PG_LISTS = {"transformers": "''"}  # summed up: see gridtwin.sum_loads_together
# Functions that read loads by day, in the place of the tables of intervals.
PG_LOADS_BY_DAY = {
    "overloaded": {
        "transformer_period_load": (
            "gridtwin.sum_transformer_periods(:start, :end, :pct, :power_factor)"
        )
    },
    "overloaded_at_price": {
        "transformer_period_load": (
            "gridtwin.sum_dear_periods(:start, :end, :price, :pct, :power_factor)"
        )
    },
    "at_risk": {
        "transformer_load": (
            "gridtwin.sum_loads_together(:start, :end, CAST(%(transformers)s AS text[]))"
        )
    },
}
LOAD_COLUMN_TYPES = {
    "kwh": np.float64,
    "v_min": np.float32,
    "v_max": np.float32,
}  # the others are counts


class PostgisReadings:
    """The readings of a twin that is kept in PostgreSQL."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    def find_latest(self) -> int | None:
        """Return when the last interval with readings ends, unix seconds; None without any."""
        latest_s: int | None = self._select_rows(PG_LATEST_INTERVAL)[0][0]
        return latest_s

    def read_interval(self, at_s: int) -> Readings:
        """Return the readings of the interval that ends at a time."""
        return _build_readings(self._select_rows(PG_READINGS_AT, at_s))

    def read_meter(self, mrid: str, start_s: int, end_s: int) -> Readings:
        """Return the readings of one usage point, intervals ending in ``start_s < t <= end_s``."""
        return self.read_meters([mrid], start_s, end_s)

    def read_meters(self, mrids: Sequence[str], start_s: int, end_s: int) -> Readings:
        """Return the readings of usage points; see `ReadingBook.read_meters`."""
        return _build_readings(self._select_rows(PG_READINGS_OF, list(mrids), start_s + 1, end_s))

    def list_interval_ends(self, start_s: int, end_s: int) -> list[int]:
        """Return the ends of the intervals with readings in ``start_s < t <= end_s``, rising."""
        return [at_s for (at_s,) in self._select_rows(PG_INTERVAL_ENDS, start_s + 1, end_s)]

    def read_transformer_loads(self, at_s: int) -> TransformerLoads | None:
        """Return what transformers carried in the interval that ends at a time, if it is kept."""
        rows = self._select_rows(PG_TRANSFORMER_LOADS, at_s)
        return TransformerLoads(**_build_columns("load", rows)) if rows else None

    def read_feeder_loads(self, at_s: int) -> FeederLoads | None:
        """Return what feeders carried in the interval that ends at a time, if it is kept."""
        rows = self._select_rows(PG_FEEDER_LOADS, at_s)
        return FeederLoads(**_build_columns("feeder_load", rows)) if rows else None

    def read_series(
        self, table: str, element: tuple[str, int], start_s: int, end_s: int
    ) -> dict[str, NDArray[Any]]:
        """Return what a transformer or feeder carried over time; see `ReadingBook.read_series`."""
        mrid, row = element
        rows = self._select_rows(PG_SERIES[table], row, start_s + 1, end_s, mrid)
        times = np.array([each[0] for each in rows], dtype=np.int64)
        return {"at_s": times} | _build_columns(table, [each[1:] for each in rows])

    def read_conditions(self, start_s: int, end_s: int) -> Conditions:
        """Return the weather and prices of intervals that end in ``start_s < t <= end_s``."""
        at_s, temperature_c, price = _transpose_rows(
            self._select_rows(PG_CONDITIONS, start_s + 1, end_s), 3
        )
        return Conditions(
            at_s=np.array(at_s, dtype=np.int64),
            temperature_c=np.array(temperature_c, dtype=np.float32),
            price_usd_mwh=np.array(price, dtype=np.float32),
        )

    def void_loads(self) -> int:
        """Return 0: loads are kept by mRID; see `ReadingBook.void_loads`."""
        return 0

    def read_zone_prices(self) -> ZonePrices:
        """Return all prices of load zones, in order of time."""
        at_s, load_zone, price = _transpose_rows(self._select_rows(PG_READ_ZONE_PRICES), 3)
        prices = np.array(price, dtype=np.float32)
        return ZonePrices(np.array(at_s, dtype=np.int64), encode_texts(load_zone), prices)

    def write_zone_prices(self, prices: ZonePrices) -> None:
        """Keep prices of load zones; see `ReadingBook.write_zone_prices`."""
        columns = (decode_texts(prices.load_zone).tolist(), prices.at_s.tolist())
        values = (*columns, prices.price_usd_mwh.tolist())

        def upsert(connection: Connection) -> None:
            connection.execute(PG_WRITE_ZONE_PRICES, values)

        self._pool.run_write(upsert, role=OWNER)

    def query_history(
        self,
        name: str,
        values: Mapping[str, Any],
        tables: Mapping[str, pd.DataFrame],  # noqa: ARG002 - the database has them
        progress: Callable[[int, int], None],
    ) -> pd.DataFrame:
        """Ask a question of the history; see `ReadingBook.query_history`."""
        import pandas as pd

        code = read_query(name, "%%(%s)s", PG_LISTS, PG_LOADS_BY_DAY.get(name)).encode()

        def select_frame(connection: Connection) -> pd.DataFrame:
            with connection.transaction(), connection.cursor(binary=True) as cursor:
                cursor.execute("SET LOCAL statement_timeout = 0")
                cursor.execute("SET LOCAL jit = off")  # it takes longer than most answers
                rows = cursor.execute(code, values).fetchall()
                names = [column.name for column in cursor.description or ()]
            return pd.DataFrame(rows, columns=names)

        progress(0, 1)
        frame = self._pool.run_read(select_frame)
        progress(1, 1)
        return frame

    def _select_rows(self, query: LiteralString, *values: object) -> list[tuple[Any, ...]]:
        def select_all(connection: Connection) -> list[tuple[Any, ...]]:
            with connection.cursor(binary=True) as cursor:
                return cursor.execute(query, values).fetchall()

        return self._pool.run_read(select_all)


def _build_readings(rows: list[tuple[Any, ...]]) -> Readings:
    at_s, mrid, kwh, voltage_v = _transpose_rows(rows, 4)
    return Readings(
        at_s=np.array(at_s, dtype=np.int64),
        mrid=encode_texts(mrid),
        kwh=np.array(kwh, dtype=np.float32),  # None becomes NaN
        voltage_v=np.array(voltage_v, dtype=np.float32),
    )


def _build_columns(table: str, rows: list[tuple[Any, ...]]) -> dict[str, NDArray[Any]]:
    names = [field.name for field in fields(LOAD_TABLES[table])]
    return {
        name: np.array(values, dtype=LOAD_COLUMN_TYPES.get(name, np.int32))
        for name, values in zip(names, _transpose_rows(rows, len(names)), strict=True)
    }


def _transpose_rows(rows: list[tuple[Any, ...]], width: int) -> list[tuple[Any, ...]]:
    """Return rows as columns, also where there are none."""
    return list(zip(*rows, strict=True)) if rows else [()] * width
