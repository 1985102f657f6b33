"""Say beside each row what the twin computed: its feeder, whether it has supply, what is open."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from gridtwin.analysis.state.supply_state import SUPPLY_WORDS
from gridtwin.errors import InputError
from gridtwin.model.phases import PHASE_CODES
from gridtwin.model.tables import decode_texts
from gridtwin.publish.qgis.map_colors import FEEDER_LINE_COLORS
from gridtwin.results.layer_frames import find_feeders_of_equipment

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridtwin.analysis.state.situation import Situation
    from gridtwin.analysis.state.supply_state import SupplyState
    from gridtwin.model.tables import NetworkData


class TwinColumn(NamedTuple):
    """A column that the twin adds to a frame for a map."""

    name: str
    alias: str
    meaning: str
    words: tuple[str, ...] = ()
    refers: str = ""  # the frame whose mRID it holds


FEEDER = TwinColumn("twin_feeder", "feeder", "feeder as designed; empty = none", refers="feeders")
FEEDER_NAME = TwinColumn(
    "twin_feeder_name", "name of the feeder", "what people call its feeder, or the mRID"
)
COLOR = TwinColumn("twin_color", "color of the feeder", "place among the colors of feeders")
ENERGIZED = TwinColumn("twin_energized", "energized", "whether it has supply", SUPPLY_WORDS)
OPEN = TwinColumn("twin_open", "open phases", "phases that stand open; empty = closed")
VOLTAGE = TwinColumn(
    "twin_v", "nominal voltage [V]", "the higher voltage of its two nodes, from phase to phase"
)
TWIN_COLUMNS: dict[str, tuple[TwinColumn, ...]] = {
    "equipment": (FEEDER, FEEDER_NAME, COLOR, ENERGIZED, OPEN, VOLTAGE),
    "usage_points": (FEEDER, ENERGIZED),
}


def compute_twin_columns(
    frame: str, normal: Situation, supply: SupplyState
) -> dict[str, NDArray[Any]]:
    """
    Return the columns that the twin adds to a frame, by their names; none to most frames.

    Parameters
    ----------
    frame
        Which of the six frames.
    normal
        The network as designed: it says which feeder a row is of.
    supply
        What has supply, and what is open, in the state that is shown.
    """
    data = normal.data
    if frame == "equipment":
        feeders = find_feeders_of_equipment(normal)
        volts, equipment = data.nodes.nominal_v, data.equipment
        return {
            FEEDER.name: _name_feeders(data, feeders),
            FEEDER_NAME.name: _name_feeders(data, feeders, called=True),
            COLOR.name: np.where(feeders < 0, -1, feeders % len(FEEDER_LINE_COLORS)),
            ENERGIZED.name: np.array(SUPPLY_WORDS, dtype=object)[supply.equipment],
            OPEN.name: PHASE_CODES[supply.open_mask & 63],
            VOLTAGE.name: np.fmax(volts[equipment.node_a], volts[equipment.node_b]),
        }
    if frame == "usage_points":
        feeders, _ = normal.feeder_of_nodes
        return {
            FEEDER.name: _name_feeders(data, feeders[data.usage_points.node]),
            ENERGIZED.name: np.array(SUPPLY_WORDS, dtype=object)[supply.points],
        }
    return {}


def _name_feeders(
    data: NetworkData, feeders: NDArray[np.int32], *, called: bool = False
) -> NDArray[np.object_]:
    """Return the mRIDs of feeders by their rows, or what they are called; nothing for -1."""
    mrids = decode_texts(data.feeders.mrid).astype(object)
    names = decode_texts(data.feeders.name).astype(object)
    shown = np.where(names == "", mrids, names) if called else mrids
    return np.asarray(np.append(shown, "")[feeders])


def require_free_names(data: NetworkData) -> None:
    """
    Refuse own columns that have the name of one that the twin adds.

    Raises
    ------
    InputError
        With the frame and the name.
    """
    for frame, columns in TWIN_COLUMNS.items():
        added = {column.name for column in columns}
        taken = [name for name in getattr(data, frame).own if name.casefold() in added]
        if taken:
            msg = (
                f"{frame} has an own column {taken[0]}, as the map calls one that it adds:"
                f" rename it at its source, or load the network without it (--column {taken[0]}=)"
            )
            raise InputError(msg)
