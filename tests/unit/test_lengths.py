"""Lengths that are not recorded are measured on the earth; planar ones are left alone."""

from __future__ import annotations

import numpy as np
import pytest
import shapely

from gridtwin.model.network import Network


def line(**options: object) -> Network:
    return Network.from_frames(
        nodes={"mrid": ["a", "b"], "geometry": [shapely.Point(0, 0), shapely.Point(0, 1)]},
        equipment={
            "mrid": ["recorded", "measured", "drawn"],
            "kind": ["ac_line_segment"] * 3,
            "node_a": ["a"] * 3,
            "node_b": ["b"] * 3,
            "length_m": [5.0, None, None],
            "geometry": [None, None, shapely.LineString([(0, 0), (1, 0), (0, 1)])],
        },
        **options,
    )


def test_one_degree_of_latitude_is_some_110_574_meters() -> None:
    recorded, measured, drawn = line().data.equipment.length_m
    assert recorded == 5
    assert measured == pytest.approx(110_574.4, abs=1)
    assert drawn > 2 * measured


def test_planar_lengths_come_from_the_data_alone() -> None:
    lengths = line(crs="none").data.equipment.length_m
    assert lengths[0] == 5
    assert np.isnan(lengths[1:]).all()


def test_what_is_drawn_elsewhere_is_measured_from_node_to_node() -> None:
    def length(*course: tuple[float, float]) -> float:
        network = Network.from_frames(
            nodes={"mrid": ["a", "b"], "geometry": [shapely.Point(0, 0), shapely.Point(0, 0.01)]},
            equipment={
                "mrid": ["line"],
                "kind": ["ac_line_segment"],
                "node_a": ["a"],
                "node_b": ["b"],
                "geometry": [shapely.LineString(course)],
            },
        )
        return float(network.data.equipment.length_m[0])

    straight = pytest.approx(1_105.7, abs=0.1)
    assert length((0, 0), (0, 0.01)) == straight
    assert length((0, 0.01), (0, 0)) == straight  # whichever way round
    assert length((0.1, 0), (0.1, 0.001)) == straight
    assert length((0, 0), (0.01, 0.005), (0, 0.01)) > 2_000
