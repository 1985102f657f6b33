"""Write readings as Parquet, a folder a day, as the embedded store keeps them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from gridtwin.errors import StoreError
from gridtwin.model.moments import DAY_S
from gridtwin.model.readings import INTERVAL_S

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    import pyarrow as pa

    from gridtwin.stream.simulate.meter_intervals import Interval, Making

GROUP_INTERVALS = 8  # intervals in a row group: what is in memory, and what a query can pass over
PARQUET_CODEC = "zstd"


def write_parquet(making: Making, intervals: Iterable[Interval], folder: Path) -> int:
    """
    Write intervals, in order of time, to ``FOLDER/readings/date=YYYY-MM-DD/part-HHMM.parquet``.

    A part is named after its first interval, so that a folder can be gone on with. Weather and
    price go to ``FOLDER/conditions.parquet``. A file has its name when it is whole; the intervals
    alone decide its bytes.

    Returns
    -------
        How many readings were written.

    Raises
    ------
    StoreError
        If an interval is there already, or the folder cannot be written.
    """
    writer = _Writer(making, folder)
    try:
        for interval in intervals:
            writer.add_interval(interval)
        writer.finish()
    except OSError as error:
        msg = f"{folder}: readings cannot be written: {error}"
        raise StoreError(msg) from error
    finally:
        writer.abandon()
    return writer.count


@dataclass(slots=True)
class _Writer:
    """One open file at a time, and the intervals that go into its next row group."""

    making: Making
    folder: Path
    count: int = 0
    _day: int = -1
    _path: Path | None = None
    _file: Any = None
    _names: pa.Array | None = None
    _taken: list[tuple[Path, float, float]] = field(default_factory=list)  # parts of the day
    _waiting: list[Interval] = field(default_factory=list)
    _conditions: list[tuple[int, float, float]] = field(default_factory=list)

    def add_interval(self, interval: Interval) -> None:
        day = interval.at_s // DAY_S
        if day != self._day:
            self._close_file()
            self._open_file(day, interval.at_s)
        for part, first_s, last_s in self._taken:
            if first_s <= interval.at_s <= last_s:
                msg = f"{part}: has readings of that time already; choose another folder"
                raise StoreError(msg)
        self._waiting.append(interval)
        self._conditions.append((interval.at_s, interval.temperature_c, interval.price_usd_mwh))
        self.count += len(interval.row)
        if interval.at_s // INTERVAL_S % GROUP_INTERVALS == 0:
            self._flush_group()

    def _open_file(self, day: int, at_s: int) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        date = self.folder / "readings" / f"date={np.datetime64(day, 'D')}"
        self._taken = [(part, *read_times(part)) for part in sorted(date.glob("part-*.parquet"))]
        clock = at_s % DAY_S // 60
        path = date / f"part-{clock // 60:02}{clock % 60:02}.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        if self._names is None:
            names = self.making.names
            self._names = pa.array(names.astype(object), pa.binary()).cast(pa.string())
        schema = pa.schema(
            [
                ("meter_id", pa.dictionary(pa.int32(), pa.string())),
                ("reading_time", pa.timestamp("ms", "UTC")),
                ("kwh", pa.float32()),
                ("voltage_v", pa.float32()),
            ]
        )
        self._day, self._path = day, path
        self._file = pq.ParquetWriter(
            path.with_suffix(".tmp"),
            schema,
            compression=PARQUET_CODEC,
            compression_level=1,
            use_dictionary=["meter_id", "reading_time", "voltage_v"],
            column_encoding={"kwh": "BYTE_STREAM_SPLIT"},
            dictionary_pagesize_limit=1 << 30,
            write_statistics=["reading_time"],
        )

    def _flush_group(self) -> None:
        import pyarrow as pa

        if not self._waiting:
            return
        rows = np.concatenate([each.row for each in self._waiting])
        counts = [len(each.row) for each in self._waiting]
        at_s = np.array([each.at_s for each in self._waiting], dtype=np.int64)
        columns = [
            pa.DictionaryArray.from_arrays(pa.array(rows), self._names),
            pa.array(np.repeat(at_s * 1_000, counts)).cast(pa.timestamp("ms", "UTC")),
            pa.array(np.concatenate([each.kwh for each in self._waiting])),
            pa.array(np.concatenate([each.voltage_v for each in self._waiting])),
        ]
        table = pa.Table.from_arrays(columns, schema=self._file.schema)
        self._file.write_table(table, row_group_size=max(len(rows), 1))
        self._waiting.clear()

    def _close_file(self) -> None:
        if self._file is None or self._path is None:
            return
        self._flush_group()
        self._file.close()
        self._file = None
        self._path.with_suffix(".tmp").replace(self._path)

    def finish(self) -> None:
        self._close_file()
        if self._conditions:
            self._write_conditions()

    def _write_conditions(self) -> None:
        import pyarrow as pa
        import pyarrow.compute as pc
        import pyarrow.parquet as pq

        at_s, temperature_c, price = zip(*self._conditions, strict=True)
        times = pa.array(np.array(at_s, dtype=np.int64) * 1_000).cast(pa.timestamp("ms", "UTC"))
        table = pa.table(
            {
                "time": times,
                "temperature_c": pa.array(temperature_c, pa.float32()),
                "price_usd_mwh": pa.array(price, pa.float32()),
            }
        )
        path = self.folder / "conditions.parquet"
        if path.exists():
            there = pq.read_table(path).cast(table.schema)
            there = there.filter(pc.invert(pc.is_in(there["time"], times)))
            table = pa.concat_tables([there, table]).sort_by("time")
        pq.write_table(table, path.with_suffix(".tmp"), compression=PARQUET_CODEC)
        path.with_suffix(".tmp").replace(path)

    def abandon(self) -> None:
        """Leave nothing half-written behind."""
        if self._file is not None and self._path is not None:
            self._file.close()
            self._file = None
            self._path.with_suffix(".tmp").unlink()


def read_times(path: Path) -> tuple[float, float]:
    """
    Return the first and last reading time of a file, in seconds since 1970, from its statistics.

    A file without any may hold every time.
    """
    import pyarrow.parquet as pq

    metadata = pq.read_metadata(path)
    column = metadata.schema.names.index("reading_time")
    stated = [
        metadata.row_group(at).column(column).statistics for at in range(metadata.num_row_groups)
    ]
    if not all(each is not None and each.has_min_max for each in stated):
        return -np.inf, np.inf
    first_s = min((each.min.timestamp() for each in stated), default=np.inf)
    return first_s, max((each.max.timestamp() for each in stated), default=-np.inf)
