"""
Sum up the service voltages of a meter over a period, by the ranges of ANSI C84.1.

The standard says that voltages outside Range A shall be infrequent, and no voltage outside Range B;
it does not say how often is infrequent. Here a period is out of range when more than a share of its
intervals lie outside Range A, or any outside Range B.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from gridtwin.analysis.ami.voltage_ranges import ABOVE_B, BELOW_B, WITHIN_A, judge_voltages
from gridtwin.model.tables import encode_texts

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridtwin.model.readings import Readings

INFREQUENT_SHARE = 0.05  # of the intervals of a period, as EN 50160 has it of ten minutes


class VoltagePeriod(NamedTuple):
    """What a meter measured over a period; volts on a base of 120 V, NaN without a reading."""

    intervals: int  # with a voltage
    v_min: float
    v_mean: float
    v_max: float
    outside_a: int  # intervals outside Range A, those outside Range B too
    outside_b: int

    def is_out_of_range(self, often: float = INFREQUENT_SHARE) -> bool:
        """Say whether it is outside Range A more often than a share, or outside Range B at all."""
        return self.outside_b > 0 or self.outside_a > often * self.intervals


def sum_voltages(voltage_v: NDArray[np.floating]) -> VoltagePeriod:
    """Sum up the voltages of the intervals of a period; NaN where none is given."""
    given = voltage_v[~np.isnan(voltage_v)].astype(np.float64)
    if not len(given):
        return VoltagePeriod(0, np.nan, np.nan, np.nan, 0, 0)
    ranges = judge_voltages(given)
    return VoltagePeriod(
        len(given),
        float(given.min()),
        float(given.mean()),
        float(given.max()),
        int((ranges != WITHIN_A).sum()),
        int(np.isin(ranges, (BELOW_B, ABOVE_B)).sum()),
    )


class MeterVoltages:
    """The voltages of many meters, found by meter and time."""

    def __init__(self, readings: Readings) -> None:
        order = np.lexsort((readings.at_s, readings.mrid))
        self._at_s = readings.at_s[order]
        self._voltage_v = readings.voltage_v[order]
        names, starts = np.unique(readings.mrid[order], return_index=True)
        stops = np.append(starts, len(order))[1:]
        self._rows = {
            name: slice(start, stop)
            for name, start, stop in zip(names.tolist(), starts, stops, strict=True)
        }

    def sum_period(self, mrid: str, start_s: float, end_s: float) -> VoltagePeriod:
        """Sum up a meter's intervals that end in ``start_s < t <= end_s``."""
        (name,) = encode_texts([mrid]).tolist()
        rows = self._rows.get(name, slice(0, 0))
        first, last = np.searchsorted(self._at_s[rows], (start_s, end_s), side="right")
        return sum_voltages(self._voltage_v[rows][first:last])
