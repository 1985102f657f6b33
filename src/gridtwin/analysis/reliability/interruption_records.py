"""Hold interruptions as columns, and make each usage point's record free of overlaps."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from gridtwin.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


@dataclass(frozen=True, slots=True)
class Interruptions:
    """
    Customers who lost their supply at one time and got it back at one time: one row each.

    An outage restored in steps has one row for every usage point, or for every group of customers
    that came back together.
    """

    began_s: NDArray[np.float64]  # (n,) unix seconds
    restored_s: NDArray[np.float64]  # (n,) unix seconds; NaN = still out
    customers: NDArray[np.int64]  # (n,)
    group: NDArray[np.int32]  # (n,) code of the feeder or substation; -1 = of none
    usage_point: NDArray[np.int32]  # (n,) code of the usage point; -1 = not known
    event: NDArray[np.int32]  # (n,) code of the outage; -1 = not known
    planned: NDArray[np.bool_]  # (n,)

    @classmethod
    def from_columns(
        cls,
        began_s: ArrayLike,
        restored_s: ArrayLike,
        customers: ArrayLike,
        *,
        group: ArrayLike = 0,
        usage_point: ArrayLike = -1,
        event: ArrayLike = -1,
        planned: ArrayLike = False,
    ) -> Interruptions:
        """
        Return interruptions from columns; one value stands for all rows.

        Raises
        ------
        InputError
            If a row begins at no time, ends before it begins, or counts less than no customers.
        """
        began = np.asarray(began_s, dtype=np.float64)
        rows = cls(
            began,
            _make_column(restored_s, np.float64, len(began)),
            _make_column(customers, np.int64, len(began)),
            _make_column(group, np.int32, len(began)),
            _make_column(usage_point, np.int32, len(began)),
            _make_column(event, np.int32, len(began)),
            _make_column(planned, np.bool_, len(began)),
        )
        for wrong, reason in (
            (~np.isfinite(rows.began_s), "does not say when it began"),
            (rows.restored_s < rows.began_s, "is restored before it began"),
            (np.isinf(rows.restored_s), "is restored at no time"),
            (rows.customers < 0, "counts less than no customers"),
        ):
            bad = np.flatnonzero(wrong)
            if len(bad):
                more = f", and {len(bad) - 1:,} more" if len(bad) > 1 else ""
                msg = f"interruption in row {bad[0]} {reason}{more}"
                raise InputError(msg)
        return rows

    def select_rows(self, rows: NDArray[Any]) -> Interruptions:
        """Return some of them, by row or by mask."""
        return Interruptions(
            self.began_s[rows],
            self.restored_s[rows],
            self.customers[rows],
            self.group[rows],
            self.usage_point[rows],
            self.event[rows],
            self.planned[rows],
        )

    def end_by(self, by_s: float) -> Interruptions:
        """Return them with those still out ended at a time, never before they began."""
        still_out = np.isnan(self.restored_s)
        if not still_out.any():
            return self
        end = np.where(still_out, np.maximum(by_s, self.began_s), self.restored_s)
        return replace(self, restored_s=end)

    def __len__(self) -> int:
        """Return how many rows there are."""
        return len(self.began_s)


def _make_column(values: ArrayLike, dtype: Any, count: int) -> Any:
    array = np.asarray(values, dtype=dtype)
    return np.broadcast_to(array, (count,)) if array.ndim == 0 else array


def remove_overlaps(rows: Interruptions) -> tuple[Interruptions, int]:
    """
    Return the interruptions so that no usage point is without supply twice at one time.

    What overlaps or touches at one usage point becomes one interruption: it takes group, event and
    plan of the one that began first, and ends with the last. Two outages that both claim a meter,
    and an outage written down in slices of time, would otherwise count its minutes twice.

    Parameters
    ----------
    rows
        All of them ended. Rows of no known usage point stay as they are.

    Returns
    -------
    apart, taken_in
        The interruptions by usage point and time, those of no usage point first; and how many rows
        were taken into another.

    Notes
    -----
    One sort; then a row begins a new interruption where it begins after the latest end before it.
    """
    rows = rows.select_rows(_sort_by_point(rows))
    if not len(rows) or rows.usage_point[-1] < 0:
        return rows, 0
    end = _find_running_end(rows)
    joins = np.zeros(len(rows), dtype=bool)
    joins[1:] = _is_same_point(rows) & (rows.began_s[1:] <= end[:-1])
    if not joins.any():
        return rows, 0
    firsts = np.flatnonzero(~joins)
    last = np.r_[firsts[1:], len(rows)] - 1
    kept = rows.select_rows(firsts)
    most = np.maximum.reduceat(rows.customers, firsts)
    return replace(kept, restored_s=end[last], customers=most), int(joins.sum())


def _sort_by_point(rows: Interruptions) -> NDArray[np.intp]:
    """
    Return the order by usage point and beginning; it does not depend on the order given.

    One number a row, sorted once, is twice as fast as sorting by columns. Rows for which it is the
    same are then sorted by all columns.
    """
    if not len(rows):
        return np.empty(0, dtype=np.intp)
    point = rows.usage_point.astype(np.int64) + 1
    since = rows.began_s - rows.began_s.min()
    width = max(float(since.max()), 1.0)
    scale = min(1000.0, 2.0**61 / (width * (float(point.max()) + 1)))  # milliseconds if they fit
    clock = (since * scale).astype(np.int64)
    number = point * (int(width * scale) + 1) + clock
    order = np.argsort(number)
    number = number[order]
    alike = number[1:] == number[:-1]
    if not alike.any():
        return order
    tied = np.flatnonzero(np.r_[alike, False] | np.r_[False, alike])
    some = order[tied]
    columns = (rows.planned, rows.event, rows.group, rows.customers, rows.restored_s, rows.began_s)
    order[tied] = some[np.lexsort((*(column[some] for column in columns), number[tied]))]
    return order


def _is_same_point(rows: Interruptions) -> NDArray[np.bool_]:
    """Return whether each row but the first is of the known usage point of the row before it."""
    point = rows.usage_point
    return (point[1:] == point[:-1]) & (point[1:] >= 0)


def _find_running_end(rows: Interruptions) -> NDArray[np.float64]:
    """Return the latest end so far at each row's usage point; rows are sorted."""
    point = rows.usage_point
    late = np.flatnonzero((rows.restored_s[1:] < rows.restored_s[:-1]) & _is_same_point(rows))
    if not len(late):
        return rows.restored_s
    concerned = np.zeros(int(point[-1]) + 1, dtype=bool)
    concerned[point[late]] = True
    some = np.flatnonzero(concerned[point] & (point >= 0))
    end, point = rows.restored_s[some], point[some]
    order = np.argsort(end, kind="stable")
    rank = np.empty(len(end), dtype=np.int64)
    rank[order] = np.arange(len(end))
    # Each usage point's ranks lie above all of those before it, so that the maximum starts anew.
    above = np.cumsum(np.r_[False, point[1:] != point[:-1]]) * len(end)
    latest = np.maximum.accumulate(rank + above) - above
    running = rows.restored_s.copy()
    running[some] = end[order[latest]]
    return running
