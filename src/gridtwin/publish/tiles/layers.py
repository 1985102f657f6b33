"""Say in which layer of the tiles each piece of equipment is drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gridtwin.model import cim

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridtwin.model.tables import NetworkData

LAYERS = ("substations", "lines", "secondaries", "switches", "transformers", "usage_points")
LINES, SECONDARIES, SWITCHES, TRANSFORMERS = (
    LAYERS.index(name) for name in ("lines", "secondaries", "switches", "transformers")
)


def layer_of_equipment(data: NetworkData) -> NDArray[np.uint8]:
    """
    Return the layer of each piece of equipment, as its place in `LAYERS`.

    A line is a secondary where both its ends are of low voltage, and so is every service drop.
    """
    equipment = data.equipment
    layer = np.full(len(equipment.mrid), LINES, dtype=np.uint8)
    low = data.nodes.nominal_v <= cim.LOW_VOLTAGE_V  # a voltage that is not known is not low
    layer[low[equipment.node_a] & low[equipment.node_b]] = SECONDARIES
    layer[equipment.kind == cim.KIND_CODE["service_drop"]] = SECONDARIES
    layer[cim.IS_SWITCH[equipment.kind]] = SWITCHES
    for kind in ("power_transformer", "voltage_regulator"):
        layer[equipment.kind == cim.KIND_CODE[kind]] = TRANSFORMERS
    return layer
