"""A synthetic territory follows the streets of a country as OpenStreetMap has them."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
import shapely

import gridtwin
from gridtwin.model import cim
from gridtwin.model.frames import equipment_courses
from gridtwin.sources.synthetic.road_file import read_roads
from gridtwin.sources.synthetic.road_ground import read_ground

pytestmark = pytest.mark.field

ROOT = Path(os.environ.get("GRIDTWIN_FIELD_DATA", Path(__file__).parents[2] / "../shared/data"))
STREETS = ROOT / "networks/gis/liechtenstein-2013-08-03.osm.pbf"
METER_DEG = 1 / 111_200


@pytest.mark.parametrize("meters", [800, 12_000])
def test_lines_follow_the_streets_of_liechtenstein(meters: int) -> None:
    network = gridtwin.synthesize(meters=meters, seed=1, roads=STREETS)
    data = network.data
    primary = (data.equipment.kind == cim.LINES[0]) & (
        data.nodes.nominal_v[data.equipment.node_b] > cim.LOW_VOLTAGE_V
    )
    _, xy = equipment_courses(data, np.flatnonzero(primary))
    roads = read_roads(STREETS)
    streets = shapely.STRtree(
        shapely.from_ragged_array(shapely.GeometryType.LINESTRING, roads.xy, (roads.start,))
    )
    _, distance = streets.query_nearest(shapely.points(xy), return_distance=True, all_matches=False)
    assert len(data.usage_points.mrid) == meters
    assert np.percentile(distance, 98) < 2 * METER_DEG
    assert (data.equipment.normal_open > 0).any()


def test_water_and_parks_of_liechtenstein_are_drawn() -> None:
    ground = read_ground(STREETS, (9.47, 47.04, 9.64, 47.28))
    _, south, _, north = shapely.bounds(ground.water).T
    assert len(ground.parks) > 80
    assert (north - south).max() > 0.15, "the Rhine, along the whole of the west"
    assert not shapely.union_all(ground.water).contains(shapely.Point(9.5215, 47.1410))  # Vaduz
