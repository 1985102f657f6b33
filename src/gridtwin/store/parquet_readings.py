"""
Read what meters measured from a folder of Parquet, and keep what it was rolled up to.

::

    ami/
    ├── readings/date=2026-07-01/part-*.parquet     meter_id, reading_time, kwh, voltage_v
    ├── load/date=2026-07-01/part-17.parquet        by transformer, see `gridtwin.store.rollups`
    ├── feeder_load/date=2026-07-01/part-17.parquet by feeder
    ├── conditions.parquet                          time, temperature_c, price_usd_mwh
    └── zone_prices.parquet                         load_zone, time, price_usd_mwh

A reading belongs to the date and the hour, in UTC, in which its interval ends.
"""

from __future__ import annotations

from dataclasses import fields, replace
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import numpy as np

from gridtwin.errors import InputError, StoreError
from gridtwin.model.interval_loads import LOAD_TABLES, FeederLoads, TransformerLoads
from gridtwin.model.moments import LATEST_S
from gridtwin.model.readings import Conditions, Readings, ZonePrices
from gridtwin.model.tables import encode_texts
from gridtwin.store.conditions_file import CONDITIONS_FILE, write_conditions_file
from gridtwin.store.date_partitions import (
    convert_to_seconds,
    list_date_files,
    list_files_between,
    read_time_range,
)
from gridtwin.store.duckdb_queries import ReadingFolder, query_meters
from gridtwin.store.rollups import void_hours
from gridtwin.store.zone_prices_file import keep_zone_prices, read_zone_prices

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    import pandas as pd
    import pyarrow as pa
    from numpy.typing import NDArray

    from gridtwin.model.tables import Strings

NO_READINGS_KEPT = "this twin keeps no readings: save it, or give a folder of them"


class ParquetReadings:
    """Readings in a folder; one that is not there, or None, holds none."""

    def __init__(self, folder: Path | None) -> None:
        self.folder = folder

    def find_latest(self) -> int | None:
        """Return when the last interval with readings ends, unix seconds; None without any."""
        for _, files in reversed(list_date_files(self.folder, "readings")):
            ends = [end for file in files if (end := read_time_range(file)[1]) is not None]
            if ends:
                return max(ends)
        return None

    def read_interval(self, at_s: int) -> Readings:
        """Return the readings of the interval that ends at a time."""
        return self._read_readings(at_s, at_s)

    def read_meter(self, mrid: str, start_s: int, end_s: int) -> Readings:
        """Return the readings of one usage point, intervals ending in ``start_s < t <= end_s``."""
        return self.read_meters([mrid], start_s, end_s)

    def read_meters(self, mrids: Sequence[str], start_s: int, end_s: int) -> Readings:
        """Return the readings of usage points; see `ReadingBook.read_meters`."""
        if not mrids:
            return _take_none()
        readings = self._read_readings(start_s + 1, end_s, meters=mrids)
        return readings.take_rows(np.lexsort((readings.at_s, readings.mrid)))

    def list_interval_ends(self, start_s: int, end_s: int) -> list[int]:
        """Return the ends of the intervals with readings in ``start_s < t <= end_s``, rising."""
        table = self._read_table("readings", ["reading_time"], start_s + 1, end_s)
        return (
            [] if table is None else np.unique(convert_to_seconds(table["reading_time"])).tolist()
        )

    def read_transformer_loads(self, at_s: int) -> TransformerLoads | None:
        """Return what transformers carried in the interval that ends at a time, if it is kept."""
        kept = self._read_loads("load", at_s, at_s)
        return TransformerLoads(**kept) if len(kept.pop("at_s")) else None

    def read_feeder_loads(self, at_s: int) -> FeederLoads | None:
        """Return what feeders carried in the interval that ends at a time, if it is kept."""
        kept = self._read_loads("feeder_load", at_s, at_s)
        return FeederLoads(**kept) if len(kept.pop("at_s")) else None

    def read_series(
        self, table: str, element: tuple[str, int], start_s: int, end_s: int
    ) -> dict[str, NDArray[Any]]:
        """Return what a transformer or feeder carried over time; see `ReadingBook.read_series`."""
        return self._read_loads(table, start_s + 1, end_s, row=element[1])

    def _read_loads(
        self, table: str, first_s: int, last_s: int, *, row: int | None = None
    ) -> dict[str, NDArray[Any]]:
        """Return the columns of a table of loads in order of time, ``at_s`` among them."""
        import pyarrow.compute as pc

        names = [field.name for field in fields(LOAD_TABLES[table])]
        where = None if row is None else pc.field("row") == row
        table_rows = self._read_table(table, ["reading_time", *names], first_s, last_s, where=where)
        if table_rows is None:
            return {name: np.empty(0, np.int64) for name in ("at_s", *names)}
        at_s = convert_to_seconds(table_rows["reading_time"])
        order = np.argsort(at_s, kind="stable")
        return {"at_s": at_s[order]} | {name: table_rows[name].to_numpy()[order] for name in names}

    def read_conditions(self, start_s: int, end_s: int) -> Conditions:
        """Return the weather and prices of intervals that end in ``start_s < t <= end_s``."""
        import pyarrow.parquet as pq

        file = None if self.folder is None else self.folder / CONDITIONS_FILE
        if file is None or not file.is_file():
            none = np.empty(0, np.float32)
            return Conditions(at_s=np.empty(0, np.int64), temperature_c=none, price_usd_mwh=none)
        table = pq.read_table(file)
        conditions = Conditions(
            at_s=convert_to_seconds(table["time"]),
            temperature_c=table["temperature_c"].to_numpy().astype(np.float32),
            price_usd_mwh=table["price_usd_mwh"].to_numpy().astype(np.float32),
        )
        conditions = conditions.take_rows((conditions.at_s > start_s) & (conditions.at_s <= end_s))
        return conditions.take_rows(np.argsort(conditions.at_s, kind="stable"))

    def void_loads(self) -> int:
        """Say that rows are others' from now on; see `ReadingBook.void_loads`."""
        return 0 if self.folder is None else void_hours(self.folder)

    def read_zone_prices(self) -> ZonePrices:
        """Return all prices of load zones, in order of time."""
        return read_zone_prices(self.folder)

    def write_conditions(self, found: Conditions) -> None:
        """Keep weather and prices, in place of those there are of the same intervals."""
        if self.folder is None:
            raise InputError(NO_READINGS_KEPT)
        write_conditions_file(self.folder, self.read_conditions(-1, int(LATEST_S)), found)

    def write_zone_prices(self, prices: ZonePrices) -> None:
        """Keep prices of load zones; see `ReadingBook.write_zone_prices`."""
        if self.folder is None:
            raise InputError(NO_READINGS_KEPT)
        keep_zone_prices(self.folder, prices)

    def query_history(
        self,
        name: str,
        values: Mapping[str, Any],
        tables: Mapping[str, pd.DataFrame],
        progress: Callable[[int, int], None],
    ) -> pd.DataFrame:
        """Ask a question of the history; see `ReadingBook.query_history`."""
        if self.folder is None:
            msg = "this twin holds no readings: give a folder of them"
            raise InputError(msg)
        return ReadingFolder(self.folder).query_history(name, values, tables, progress)

    def read_coded(self, first_s: int, last_s: int) -> tuple[Strings, NDArray[np.int32], Readings]:
        """
        Return readings of intervals that end in ``first_s <= t <= last_s``, meters as numbers.

        Returns
        -------
        names, code, readings
            Each meter once; the place of each reading's meter among them; and the readings, their
            own mRIDs left empty.
        """
        return self._read_coded(first_s, last_s)

    def _read_readings(
        self, first_s: int, last_s: int, meters: Sequence[str] | None = None
    ) -> Readings:
        names, code, readings = self._read_coded(first_s, last_s, meters)
        return replace(readings, mrid=names[code])

    def _read_coded(
        self, first_s: int, last_s: int, meters: Sequence[str] | None = None
    ) -> tuple[Strings, NDArray[np.int32], Readings]:
        import pyarrow.compute as pc

        columns = ["meter_id", "reading_time", "kwh", "voltage_v"]
        paths = list_files_between(self.folder, "readings", first_s, last_s) if meters else []
        if paths and find_spec("duckdb"):  # finds one meter among many four times as fast
            table = query_meters(paths, meters or (), first_s, last_s)
        else:
            where = None if meters is None else pc.field("meter_id").isin(list(meters))
            table = self._read_table("readings", columns, first_s, last_s, where=where)
        if table is None:
            return encode_texts([]), np.empty(0, np.int32), _take_none()
        names, code = _encode_names(table["meter_id"])
        return (
            names,
            code,
            Readings(
                at_s=convert_to_seconds(table["reading_time"]),
                mrid=encode_texts([]),
                kwh=table["kwh"].to_numpy(),
                voltage_v=table["voltage_v"].to_numpy(),
            ),
        )

    def _read_table(
        self, part: str, columns: list[str], first_s: int, last_s: int, *, where: Any = None
    ) -> pa.Table | None:
        """Return rows of intervals that end in ``first_s <= t <= last_s``; None without files."""
        import pyarrow as pa
        import pyarrow.compute as pc
        import pyarrow.dataset as ds

        paths = list_files_between(self.folder, part, first_s, last_s)
        if not paths:
            return None
        time = pc.field("reading_time")
        stamp = pa.timestamp("ms", tz="UTC")
        kept = (time >= pa.scalar(first_s * 1000, stamp)) & (
            time <= pa.scalar(last_s * 1000, stamp)
        )
        try:
            # Texts come as numbers into a dictionary, whoever wrote the file.
            form = ds.ParquetFileFormat(dictionary_columns={"meter_id"})
            dataset = ds.dataset(paths, format=form)
            return dataset.to_table(columns, filter=kept if where is None else kept & where)
        except (pa.ArrowException, OSError) as error:
            msg = f"{self.folder}/{part} cannot be read ({error}): check its Parquet files"
            raise StoreError(msg) from error


def _encode_names(column: pa.ChunkedArray) -> tuple[Strings, NDArray[np.int32]]:
    """Return each text of a column once, and the place of each among them."""
    import pyarrow as pa

    if not pa.types.is_dictionary(column.type):
        column = column.dictionary_encode()
    if not column.num_chunks:
        return encode_texts([]), np.empty(0, np.int32)
    first = column.chunk(0).dictionary  # mostly that of every chunk: to unify them takes long
    if not all(chunk.dictionary.equals(first) for chunk in column.chunks[1:]):
        column = column.unify_dictionaries()
        first = column.chunk(0).dictionary
    code = np.concatenate([chunk.indices.to_numpy() for chunk in column.chunks])
    return _cast_to_bytes(first), code.astype(np.int32, copy=False)


def _cast_to_bytes(texts: pa.Array) -> Strings:
    import pyarrow as pa
    import pyarrow.compute as pc

    texts = texts.cast(pa.string())
    if not len(texts):
        return encode_texts([])
    width = max(1, pc.max(pc.binary_length(texts)).as_py() or 1)
    padded = pc.utf8_rpad(texts, width, "\0")
    ends = np.frombuffer(padded.buffers()[1], dtype=np.int32, count=len(padded) + 1)
    if texts.null_count or ends[-1] - ends[0] != len(padded) * width:  # letters of several bytes
        return encode_texts(["" if text is None else text for text in texts.to_pylist()])
    return np.frombuffer(padded.buffers()[2], dtype=f"S{width}", count=len(padded))


def _take_none() -> Readings:
    none = np.empty(0, np.float32)
    return Readings(at_s=np.empty(0, np.int64), mrid=encode_texts([]), kwh=none, voltage_v=none)
