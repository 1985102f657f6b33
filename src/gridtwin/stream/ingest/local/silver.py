"""
Keep one reading for each meter and interval, in a Parquet file an hour that is replaced as a whole.

Who reads sees the file of an hour as it was or as it is. To merge the same readings again changes
nothing, so what was being written when a process died is written again.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np

from gridtwin.errors import StoreError
from gridtwin.model.ids import SortedIds
from gridtwin.model.moments import HOUR_S

if TYPE_CHECKING:
    from pathlib import Path

    import pyarrow as pa
    from numpy.typing import NDArray

    from gridtwin.model.tables import Strings


@dataclass(frozen=True, slots=True)
class SilverRows:
    """Readings by row of their usage point, in the order in which the last one counts."""

    at_s: NDArray[np.int64]
    row: NDArray[np.int32]
    kwh: NDArray[np.float32]
    voltage_v: NDArray[np.float32]

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self.at_s)

    def select_rows(self, rows: NDArray[np.integer] | NDArray[np.bool_] | slice) -> SilverRows:
        """Return some of them."""
        return SilverRows(self.at_s[rows], self.row[rows], self.kwh[rows], self.voltage_v[rows])

    def append_rows(self, later: SilverRows) -> SilverRows:
        """Return these, and others behind them."""
        return SilverRows(
            np.concatenate([self.at_s, later.at_s]),
            np.concatenate([self.row, later.row]),
            np.concatenate([self.kwh, later.kwh]),
            np.concatenate([self.voltage_v, later.voltage_v]),
        )

    def select_newest(self) -> SilverRows:
        """Return the last of each usage point and time, sorted by time and row."""
        place = self.at_s * (1 << 32) + self.row
        if np.all(place[1:] > place[:-1]):
            return self
        order = np.argsort(place, kind="stable")
        last = np.append(place[order][1:] != place[order][:-1], True)
        return self.select_rows(order[last])


class Silver:
    """
    The readings of a folder.

    Parameters
    ----------
    folder
        Where ``readings`` are, or will be.
    mrid
        The mRIDs of the usage points, by row.
    """

    def __init__(self, folder: Path, mrid: Strings) -> None:
        import pyarrow as pa

        self._folder = folder
        self.ids = SortedIds.from_mrids(mrid)
        self._names = pa.array(mrid.astype(object), pa.binary()).cast(pa.string())

    def merge_rows(self, rows: SilverRows, *, replace: bool = True) -> None:
        """
        Write readings in place of those that are there, or, if told so, only beside them.

        Raises
        ------
        StoreError
            If they cannot be written.
        """
        hours = rows.at_s // HOUR_S  # a reading belongs to the hour in which its interval ends
        starts = np.flatnonzero(np.diff(hours, prepend=hours[:1] - 1))
        if len(starts) > 1 and np.any(np.diff(hours) < 0):
            order = np.argsort(hours, kind="stable")
            rows, hours = rows.select_rows(order), hours[order]
            starts = np.flatnonzero(np.diff(hours, prepend=hours[:1] - 1))
        ends = np.append(starts[1:], len(hours))
        for start, end in zip(starts.tolist(), ends.tolist(), strict=True):
            file = self._build_path(int(rows.at_s[start]))
            self._merge_hour(file, rows.select_rows(slice(start, end)), replace=replace)

    def _build_path(self, at_s: int) -> Path:
        begin = datetime.fromtimestamp(at_s, UTC)
        return self._folder / "readings" / f"date={begin:%Y-%m-%d}" / f"part-{begin:%H}.parquet"

    def _merge_hour(self, file: Path, rows: SilverRows, *, replace: bool) -> None:
        import pyarrow as pa

        try:
            if file.exists():
                there = self._read_rows(file)
                rows = there.append_rows(rows) if replace else rows.append_rows(there)
            self._write_rows(file, rows.select_newest())
        except (pa.ArrowException, OSError) as error:
            msg = f"{file} cannot be written ({error}): check the disk and who may write there"
            raise StoreError(msg) from error

    def _read_rows(self, file: Path) -> SilverRows:
        import pyarrow.parquet as pq

        rows = build_rows(pq.read_table(file, partitioning=None), self.ids)
        return rows.select_rows(rows.row >= 0)

    def _write_rows(self, file: Path, rows: SilverRows) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        schema = pa.schema(
            [
                ("meter_id", pa.dictionary(pa.int32(), pa.string())),
                ("reading_time", pa.timestamp("ms", "UTC")),
                ("kwh", pa.float32()),
                ("voltage_v", pa.float32()),
            ]
        )
        file.parent.mkdir(parents=True, exist_ok=True)
        new = file.with_suffix(f".{os.getpid()}.new")
        columns = [
            pa.DictionaryArray.from_arrays(pa.array(rows.row), self._names),
            pa.array(rows.at_s * 1000).cast(schema.types[1]),
            pa.array(rows.kwh),
            pa.array(rows.voltage_v),
        ]
        try:
            pq.write_table(
                pa.Table.from_arrays(columns, schema=schema),
                new,
                compression="zstd",
                compression_level=1,
                use_dictionary=["meter_id", "reading_time", "voltage_v"],
                column_encoding={"kwh": "BYTE_STREAM_SPLIT"},
                dictionary_pagesize_limit=1 << 30,
                write_statistics=["reading_time"],
                row_group_size=max(1, len(rows)),
            )
            new.replace(file)
        finally:
            new.unlink(missing_ok=True)


def build_rows(table: pa.Table, ids: SortedIds) -> SilverRows:
    """Return the readings of a table; row -1 for a meter that is not known."""
    import pyarrow as pa
    import pyarrow.compute as pc

    rows = []
    for chunk in table["meter_id"].chunks:
        whole = chunk if pa.types.is_dictionary(chunk.type) else chunk.dictionary_encode()
        names = whole.dictionary.cast(pa.binary()).to_numpy(zero_copy_only=False)
        known = ids.find_rows(names.astype(np.bytes_)) if len(names) else np.empty(0, np.int32)
        codes = pc.fill_null(whole.indices, -1).to_numpy()
        rows.append(np.append(known, np.int32(-1))[codes])
    times = table["reading_time"].cast(pa.timestamp("ms", "UTC")).cast(pa.int64())
    kwh, voltage_v = (
        pc.fill_null(table[name].cast(pa.float32()), float("nan")).to_numpy()
        for name in ("kwh", "voltage_v")
    )
    at_s = pc.fill_null(times, -1).to_numpy() // 1000
    return SilverRows(at_s, np.concatenate(rows) if rows else np.empty(0, np.int32), kwh, voltage_v)
