"""
Judge service voltages by the ranges of ANSI C84.1-2020.

Service voltage on a 120 V base: Range A, where it shall be nearly always, is 114 to 126 V; Range B,
allowed for a limited time and to be corrected, is 110 to 127 V (ANSI C84.1-2020, table 1; both are
ranges of the sustained voltage, so the mean of an interval is what they speak of).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

RANGE_A_V = (114.0, 126.0)
RANGE_B_V = (110.0, 127.0)
NOT_GIVEN, WITHIN_A, BELOW_A, ABOVE_A, BELOW_B, ABOVE_B = range(6)
RANGES = ("", "A", "B low", "B high", "below B", "above B")  # what each code is called


def judge_voltages(voltage_v: NDArray[np.floating]) -> NDArray[np.uint8]:
    """
    Return the range each service voltage lies in.

    Parameters
    ----------
    voltage_v
        Root-mean-square volts on a 120 V base; NaN where none is given.

    Returns
    -------
        Rows of `RANGES`, of the shape given: ``BELOW_A`` is below Range A but within Range B.
    """
    ranges = np.where(np.isnan(voltage_v), NOT_GIVEN, WITHIN_A).astype(np.uint8)
    ranges[voltage_v < RANGE_A_V[0]] = BELOW_A
    ranges[voltage_v > RANGE_A_V[1]] = ABOVE_A
    ranges[voltage_v < RANGE_B_V[0]] = BELOW_B
    ranges[voltage_v > RANGE_B_V[1]] = ABOVE_B
    return ranges
