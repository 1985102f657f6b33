"""A transformer that mixes phases feeds all below it from any phase it takes, and from no other."""

from __future__ import annotations

import numpy as np
import pytest
import shapely

from brute import usage_points_dark
from gridtwin.model import phases
from gridtwin.model.network import Network
from gridtwin.topology.conduction import SupplyRules
from gridtwin.topology.energized_nodes import find_needs
from gridtwin.topology.meshed_core import live_phases
from gridtwin.topology.topology_index import build_index


def two_transformers_in_a_row() -> Network:
    """Return a delta behind another, of which the second takes phases B and C alone."""
    return Network.from_frames(
        nodes={
            "mrid": ["high", "mid", "end", "low"],
            "nominal_v": [69e3, 12470.0, 12470.0, 4160.0],
            "geometry": [shapely.Point(at, 0) for at in range(4)],
        },
        equipment={
            "mrid": ["TX1", "SW", "TX2"],
            "kind": ["power_transformer", "load_break_switch", "power_transformer"],
            "node_a": ["high", "mid", "end"],
            "node_b": ["mid", "end", "low"],
            "phases": ["ABC", "ABC", "BC"],
            "vector_group": ["Dyn", "", "Dyn"],
        },
        usage_points={"mrid": ["M"], "node": ["low"], "phases": ["B"]},
        sources={"mrid": ["S"], "node": ["high"]},
    )


@pytest.mark.parametrize(("opened", "live"), [("C", "BC"), ("BC", ""), ("A", "BC"), ("ABC", "")])
def test_the_second_of_two_lives_on_the_phases_it_takes(opened: str, live: str) -> None:
    network = two_transformers_in_a_row()
    data = network.data
    open_mask = np.array([0, phases.parse_phases(opened), 0], dtype=np.uint8)
    index = build_index(data, open_mask)
    assert live_phases(index.mask)[3] == phases.parse_phases(live)
    served = find_needs(index, data.usage_points, strict=False) != 0
    assert served.tolist() == [live != ""]
    out, _ = usage_points_dark(network, open_mask, SupplyRules())
    assert np.flatnonzero(~served).tolist() == sorted(out)
