"""Crews are allotted to neighboring substations in proportion to the work."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from examples import scale_examples
from gridtwin.analysis.storm.districts import allot_districts
from gridtwin.analysis.storm.response import Aid, Response

ON_A_LINE = np.array([[0.0, 0.0], [1.0, 0.0], [2.0, 0.0], [3.0, 0.0]])


def test_each_substation_has_crews_in_proportion_to_its_work() -> None:
    found = allot_districts(np.array([10.0, 20.0, 30.0, 40.0]), ON_A_LINE, Response(crews=10))
    assert [(d.zones.tolist(), len(d.crew_start)) for d in found] == [
        ([0], 1),
        ([1], 2),
        ([2], 3),
        ([3], 4),
    ]


def test_neighbors_share_crews_where_there_are_fewer_than_substations() -> None:
    found = allot_districts(np.ones(4), ON_A_LINE, Response(crews=2))
    assert [d.zones.tolist() for d in found] == [[0, 1], [2, 3]]


def test_the_whole_system_may_share_all_crews() -> None:
    (district,) = allot_districts(np.ones(4), ON_A_LINE, Response(crews=7, share="system"))
    assert len(district.crew_start) == 7


def test_aid_goes_where_the_work_is() -> None:
    response = Response(crews=2, aid=(Aid(3, 24.0),))
    found = allot_districts(np.array([1.0, 5.0]), ON_A_LINE[:2], response)
    assert [d.crew_start.tolist() for d in found] == [[0.0, 86400.0], [0.0, 86400.0, 86400.0]]


@settings(max_examples=scale_examples(100), derandomize=True)
@given(seed=st.integers(0, 2**32 - 1))
def test_every_crew_and_every_zone_belongs_to_one_district(seed: int) -> None:
    rng = np.random.default_rng(seed)
    zones, crews = int(rng.integers(1, 20)), int(rng.integers(1, 40))
    response = Response(crews=crews, aid=(Aid(5, 1.0), Aid(3, 2.0)))
    found = allot_districts(
        rng.exponential(1.0, zones) + 1e-6, rng.uniform(0, 9, (zones, 2)), response
    )
    assert sorted(np.concatenate([d.zones for d in found]).tolist()) == list(range(zones))
    starts = np.concatenate([d.crew_start for d in found])
    assert (starts == 0).sum() == crews
    assert len(starts) == crews + 8
    assert all((d.crew_start == 0).any() and d.assessors >= 1 for d in found)
