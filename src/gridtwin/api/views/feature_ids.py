"""Name rows as features of the tiles: ids by layer, a row's id being its number plus one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gridtwin.analysis.state.situation import NO_ROWS
from gridtwin.model.ids import MRID_TABLES, Element
from gridtwin.publish.tiles.tile_layers import assign_layers
from gridtwin.publish.tiles.zoom_plan import TILE_LAYERS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridtwin.model.tables import NetworkData


class FeatureIds:
    """The features of one network."""

    def __init__(self, data: NetworkData) -> None:
        self._layer = assign_layers(data)

    def collect_ids(
        self, equipment: NDArray[np.int32] = NO_ROWS, points: NDArray[np.int32] = NO_ROWS
    ) -> dict[str, list[int]]:
        """
        Return the ids of rows by layer, sorted; layers without any are left out.

        Parameters
        ----------
        equipment, points
            Rows of the equipment and of the usage points.
        """
        rows = np.sort(equipment)
        layers = self._layer[rows]
        ids = {
            TILE_LAYERS[code]: (rows[layers == code] + 1).tolist()
            for code in np.unique(layers).tolist()
        }
        if len(points):
            ids["usage_points"] = (np.sort(points) + 1).tolist()
        return ids

    def identify_element(self, element: Element) -> dict[str, str | int] | None:
        """Return one element as a feature; None for what is drawn nowhere."""
        if element.table == "equipment":
            return {"layer": TILE_LAYERS[self._layer[element.row]], "id": element.row + 1}
        if element.table in TILE_LAYERS:
            return {"layer": element.table, "id": element.row + 1}
        return None


def find_element(data: NetworkData, layer: str, feature: int) -> Element | None:
    """Return what a feature draws; None if there is no such feature."""
    table = layer if layer in MRID_TABLES else "equipment"
    row = feature - 1
    if layer not in TILE_LAYERS or not 0 <= row < len(getattr(data, table).mrid):
        return None
    element = Element(table, row)
    drawn = table != "equipment" or TILE_LAYERS[assign_layers(data)[row]] == layer
    return element if drawn else None
