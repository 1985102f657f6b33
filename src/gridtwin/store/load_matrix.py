"""
Hold the loads of a day as a matrix of elements and intervals, in a file that is mapped to memory.

Of some elements only their rows are read, so that the load of many together over a year is no more
than adding them up.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gridtwin.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import pyarrow as pa
    from numpy.typing import NDArray

ENDS = b"gridtwin.ends"  # of the intervals, in the metadata of a file


@dataclass(frozen=True, slots=True)
class LoadMatrix:
    """Loads of a day."""

    row: NDArray[np.int32]  # (n,) of each element, rising
    ends_s: NDArray[np.int64]  # (t,) of the intervals, unix seconds, rising
    kwh: NDArray[np.floating]  # (n, t); NaN = not known

    @classmethod
    def from_loads(cls, loads: pa.Table) -> LoadMatrix:
        """Lay out loads, each of a ``row`` and a ``reading_time``."""
        import pyarrow as pa
        import pyarrow.compute as pc

        ends = pc.unique(loads["reading_time"]).cast(pa.timestamp("s", tz="UTC"))
        ends_s = np.sort(ends.cast(pa.int64()).to_numpy())
        at_s = loads["reading_time"].cast(pa.timestamp("s", tz="UTC")).cast(pa.int64()).to_numpy()
        row = np.sort(pc.unique(loads["row"]).to_numpy())
        kwh = np.full((len(row), len(ends_s)), np.nan, dtype=np.float32)
        kwh[row.searchsorted(loads["row"].to_numpy()), ends_s.searchsorted(at_s)] = loads[
            "kwh"
        ].to_numpy()
        return cls(row.astype(np.int32), ends_s, kwh)

    @classmethod
    def from_file(cls, file: Path | str) -> LoadMatrix:
        """
        Map a file to memory.

        Raises
        ------
        StoreError
            If it cannot be read.
        """
        import pyarrow as pa

        try:
            table = pa.ipc.open_file(pa.memory_map(str(file))).read_all()
        except (pa.ArrowException, OSError) as error:
            msg = f"{file} cannot be read ({error}): remove it and roll its day up again"
            raise StoreError(msg) from error
        ends_s = np.array(json.loads(table.schema.metadata[ENDS]), dtype=np.int64)
        (rows,) = table["row"].chunks or [pa.array([], pa.int32())]
        (loads,) = table["kwh"].chunks or [pa.array([], table["kwh"].type)]
        kwh = loads.values.to_numpy().reshape(len(rows), loads.type.list_size)
        return cls(rows.to_numpy(), ends_s, kwh[:, : len(ends_s)])

    def to_table(self) -> pa.Table:
        """Return it as a table of one row for each element."""
        import pyarrow as pa

        size = max(len(self.ends_s), 1)  # of a list without any there would be no length
        loads = pa.FixedSizeListArray.from_arrays(pa.array(self.kwh.ravel()), size)
        table = pa.table({"row": pa.array(self.row), "kwh": loads})
        return table.replace_schema_metadata({ENDS: json.dumps(self.ends_s.tolist()).encode()})

    def sum_groups(self, group: NDArray[np.int32]) -> LoadMatrix:
        """Return the loads of groups of elements, which stand in the order of the elements."""
        first = np.flatnonzero(np.append(True, group[1:] != group[:-1])[: len(group)])
        known = ~np.isnan(self.kwh)
        sums = np.add.reduceat(np.where(known, self.kwh, 0), first, axis=0, dtype=np.float64)
        sums[np.add.reduceat(known, first, axis=0, dtype=np.int32) == 0] = np.nan
        return LoadMatrix(group[first], self.ends_s, sums)

    def sum_rows(self, rows: NDArray[np.int32]) -> NDArray[np.float64]:
        """Return what some elements carried together; NaN where of none of them it is known."""
        place = np.minimum(self.row.searchsorted(rows), max(len(self.row) - 1, 0))
        taken = self.kwh[place[self.row[place] == rows]] if len(self.row) else self.kwh
        if not len(taken):
            return np.full(len(self.ends_s), np.nan)
        sums = taken.sum(axis=0, dtype=np.float64)
        if np.isnan(sums).any():
            known = ~np.isnan(taken)
            sums = np.where(known, taken, 0.0).sum(axis=0, dtype=np.float64)
            sums[~known.any(axis=0)] = np.nan
        return sums

    def cut(self, size: int) -> Iterator[LoadMatrix]:
        """Yield it in parts of so many elements, which stay in the memory next to a core."""
        for begin in range(0, len(self.row), size):
            rows = slice(begin, begin + size)
            yield LoadMatrix(self.row[rows], self.ends_s, self.kwh[rows])

    def find_above(self, limit: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Return which loads, whichever way they flow, are above a limit for each element."""
        return np.abs(self.kwh) > _round_down(limit)[:, None]

    def count_above(
        self, limit: NDArray[np.float64]
    ) -> tuple[NDArray[np.int64], NDArray[np.float32], NDArray[np.float32]]:
        """
        Return of each element how many loads are above its limit, and the least and most of those.

        Infinity and 0 where there is none.
        """
        amount, near = np.abs(self.kwh), _round_down(limit)
        most = np.fmax.reduce(amount, axis=1, initial=np.float32(0))  # NaN is passed over
        some = np.flatnonzero(most > near)
        count, least = np.zeros(len(most), np.int64), np.full(len(most), np.inf, np.float32)
        amount = amount[some]
        above = amount > near[some, None]
        count[some] = np.count_nonzero(above, axis=1)
        least[some] = np.where(above, amount, np.float32(np.inf)).min(axis=1, initial=np.inf)
        return count, least, np.where(count > 0, most, np.float32(0))


def _round_down(limit: NDArray[np.float64]) -> NDArray[np.float32]:
    """Return limits of single precision: between one and its own no load can lie."""
    near = limit.astype(np.float32)
    return np.where(near > limit, np.nextafter(near, np.float32(-np.inf)), near)
