"""Say at a glance what a network is: where it lies, how much there is, its substations, feeders."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gridtwin.model.ids import MRID_TABLES
from gridtwin.model.tables import decode_texts
from gridtwin.results.overview_answer import count_standing

if TYPE_CHECKING:
    from gridtwin.analysis.state.situation import Situation
    from gridtwin.analysis.state.supply_state import SupplyState
    from gridtwin.model.tables import NetworkData, Strings

FEEDER_COLORS = 12  # feeders of one substation differ while there are no more of them


def count_rows(data: NetworkData) -> dict[str, int]:
    """Return how many rows each frame has."""
    return {table: len(getattr(data, table).mrid) for table in MRID_TABLES}


def find_bounds(data: NetworkData) -> list[float]:
    """Return west, south, east and north of all nodes."""
    xy = data.nodes.xy
    return [*np.nanmin(xy, axis=0).tolist(), *np.nanmax(xy, axis=0).tolist()]


def list_feeders(data: NetworkData) -> list[dict[str, Any]]:
    """Return the feeders: id, mrid, name, substation, head, and a color to draw them in."""
    feeders = data.feeders
    columns = {
        "id": range(1, len(feeders.mrid) + 1),
        "mrid": decode_texts(feeders.mrid).tolist(),
        "name": decode_texts(feeders.name).tolist(),
        "substation": _name_rows(data.substations.mrid, feeders.substation.tolist()),
        "head": _name_rows(data.equipment.mrid, feeders.head.tolist()),
        "color_index": (np.arange(len(feeders.mrid)) % FEEDER_COLORS).tolist(),
    }
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def list_substations(normal: Situation, supply: SupplyState) -> list[dict[str, Any]]:
    """
    Return the substations, and how many customers each serves as designed and how many are out.

    Parameters
    ----------
    normal
        The network as designed.
    supply
        What has supply now.
    """
    data = normal.data
    table = data.substations
    served, out = count_standing(normal, supply, "substation")
    columns = {
        "id": range(1, len(table.mrid) + 1),
        "mrid": decode_texts(table.mrid).tolist(),
        "name": decode_texts(table.name).tolist(),
        "at": table.xy.tolist(),
        "customers": served[1:].tolist(),
        "out": out[1:].tolist(),
    }
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def _name_rows(mrids: Strings, rows: list[int]) -> list[str | None]:
    return [None if row < 0 else bytes(mrids[row]).decode() for row in rows]
