"""Write identifiers that arrive as numbers the way their owner writes them: 13, not 13.0."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

EXACT_BELOW = {
    "e": 2.0**11,
    "f": 2.0**24,
    "d": 2.0**53,
}  # below it a real of that width holds every integer


def to_texts(values: NDArray[Any]) -> list[str]:
    """
    Return values as texts without blanks around; a whole real is written as an integer.

    Examples
    --------
    >>> to_texts(np.array(["A ", 13.0, 2**60, 1.5, True], dtype=object))
    ['A', '13', '1152921504606846976', '1.5', 'True']
    """
    return [value.strip() if type(value) is str else to_text(value) for value in values.tolist()]


def to_text(value: object) -> str:
    """Return one value as `texts` does."""
    if type(value) is int:
        return str(value)
    if isinstance(value, (float, np.floating)):
        return str(int(value)) if math.isfinite(value) and value == int(value) else str(value)
    if isinstance(value, Decimal):
        whole = value.is_finite() and value == value.to_integral_value()
        return str(int(value)) if whole else str(value)
    return str(value).strip()


def find_inexact(values: NDArray[Any]) -> NDArray[np.intp]:
    """
    Return the rows of reals so large that they may stand for several integers.

    Examples
    --------
    >>> find_inexact(np.array([1.0, 2.0**53, np.nan])).tolist()
    [1]
    """
    if values.dtype.kind == "f":
        limit = EXACT_BELOW.get(values.dtype.char, EXACT_BELOW["d"])
        return np.flatnonzero(np.isfinite(values) & (np.abs(values) >= limit))
    if values.dtype.kind != "O" or float not in set(map(type, values.tolist())):
        return np.empty(0, dtype=np.intp)
    return np.array(
        [
            row
            for row, value in enumerate(values.tolist())
            if type(value) is float and math.isfinite(value) and abs(value) >= EXACT_BELOW["d"]
        ],
        dtype=np.intp,
    )
