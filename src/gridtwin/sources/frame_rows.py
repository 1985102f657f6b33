"""Collect the rows of a frame as columns, one by one, as readers of models make them."""

from __future__ import annotations

import math
from typing import Any

UNKNOWN_NUMBER = math.nan


class FrameRows:
    """
    The rows of one frame, as columns.

    Parameters
    ----------
    defaults
        Of each column, what a row has that does not say it.
    """

    def __init__(self, **defaults: Any) -> None:
        self._defaults = defaults
        self.columns: dict[str, list[Any]] = {name: [] for name in defaults}

    def __len__(self) -> int:
        """Return how many rows there are."""
        return len(next(iter(self.columns.values())))

    def add_row(self, **values: Any) -> None:
        """Add a row."""
        for name, default in self._defaults.items():
            self.columns[name].append(values.get(name, default))


def make_equipment_rows() -> FrameRows:
    """Return an empty frame of equipment; ``owner`` is the id of the object a row is made of."""
    return FrameRows(
        mrid="", owner="", kind="", node_a="", node_b="", phases="ABC", normal_open="", name="",
        rated_a=UNKNOWN_NUMBER, rated_va=UNKNOWN_NUMBER, length_m=UNKNOWN_NUMBER, placement="",
        in_service=True, vector_group="", control="",
    )  # fmt: skip
