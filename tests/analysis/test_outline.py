"""Hold outlines to what an outage map needs: all points in, little else, few corners."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from examples import scale_examples
from gridtwin.analysis.place.outline import draw_outline


@settings(max_examples=scale_examples(40))
@given(st.integers(1, 300), st.integers(0, 2**32 - 1), st.sampled_from([0.0005, 0.01, 0.5]))
def test_every_point_lies_inside_a_valid_outline(count: int, seed: int, spread: float) -> None:
    xy = np.random.default_rng(seed).normal([-122.0, 37.0], spread, (count, 2))
    shape = draw_outline(xy)
    assert shape is not None
    assert shape.is_valid
    assert shapely.contains_xy(shape, xy[:, 0], xy[:, 1]).all()
    assert shape.equals_exact(draw_outline(xy))


def test_no_placed_point_has_no_outline() -> None:
    assert draw_outline(np.empty((0, 2))) is None
    assert draw_outline(np.full((3, 2), np.nan)) is None


@pytest.mark.parametrize("geographic", [True, False])
def test_a_single_point_gets_some_thirty_meters_around_it(geographic: bool) -> None:
    shape = draw_outline(np.array([[-122.0, 37.0]]), geographic=geographic)
    assert shape is not None
    meter = 1 / 111_320 if geographic else 1.0
    assert 40 * meter < shape.bounds[3] - shape.bounds[1] < 90 * meter


def test_an_l_shape_covers_far_less_than_its_box() -> None:
    x, y = np.meshgrid(np.arange(0, 2000, 25.0), np.arange(0, 2000, 25.0))
    xy = np.column_stack([x.ravel(), y.ravel()])
    xy = xy[(xy[:, 0] < 400) | (xy[:, 1] < 400)]
    shape = draw_outline(xy, geographic=False)
    assert shape is not None
    assert shape.geom_type == "Polygon"
    assert shape.area < 0.5 * shape.envelope.area
    assert shapely.get_num_coordinates(shape) < 40


def test_clusters_far_apart_become_polygons_of_their_own() -> None:
    cluster = np.random.default_rng(1).uniform(0, 300, (200, 2))
    shape = draw_outline(np.vstack([cluster, cluster + np.array((5000.0, 0.0))]), geographic=False)
    assert shape is not None
    assert len(shapely.get_parts(shape)) == 2
