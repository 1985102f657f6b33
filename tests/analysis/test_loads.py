"""Loads stand on the phases they live on, and evenly above windings that join phases."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from examples import scale_examples
from exhaustive import carried as walked_loads
from exhaustive import feeders_with_ties, situation_of
from gridtwin.analysis.state.loads import find_limits
from gridtwin.model.network import Network


def station(group: str) -> Network:
    """
    Return a transformer with a lateral of phase A below it.

    ::

        S ─HV─ h ─T─ m ─LA(A)─ x (3 kW, one customer),  y at m (no record, two customers)
    """
    return Network.from_frames(
        nodes={
            "mrid": ["S", "h", "m", "x"],
            "nominal_v": [66e3, 66e3, 12_470.0, 12_470.0],
            "geometry": [shapely.Point(at, 0) for at in range(4)],
        },
        crs="none",
        equipment={
            "mrid": ["HV", "T", "LA"],
            "kind": ["ac_line_segment", "power_transformer", "ac_line_segment"],
            "node_a": ["S", "h", "m"],
            "node_b": ["h", "m", "x"],
            "phases": ["ABC", "ABC", "A"],
            "normal_open": ["", "", ""],
            "rated_a": [10.0, float("nan"), 20.0],
            "rated_va": [float("nan"), 1e6, float("nan")],
            "vector_group": ["", group, ""],
        },
        usage_points={
            "mrid": ["X", "Y"],
            "node": ["x", "m"],
            "customers": [1, 2],
            "peak_w": [3_000.0, float("nan")],
        },
        sources={"mrid": ["SRC"], "node": ["S"]},
    )


def carried(network: Network, mrid: str, default_peak_w: float = float("nan")) -> list[float]:
    situation = situation_of(network)
    row = network.ids.find_element(mrid, ("equipment",)).row
    loads = situation.sum_loads(default_peak_w)
    return loads.sum_below(situation.index, int(situation.index.child[row])).tolist()


def test_a_load_stands_on_its_phase_and_evenly_above_a_delta() -> None:
    assert carried(station("Dyn11"), "LA", 0.0) == [3_000, 0, 0, 3_000]
    assert carried(station("Dyn11"), "T", 0.0) == [3_000, 0, 0, 3_000], "seen from below"
    assert carried(station("Dyn11"), "HV", 0.0) == [1_000, 1_000, 1_000, 3_000]
    assert carried(station("Yyn"), "HV", 0.0) == [3_000, 0, 0, 3_000]


def test_a_load_without_a_record_takes_the_mean_or_what_is_given() -> None:
    assert carried(station(""), "T") == pytest.approx([5_000, 2_000, 2_000, 9_000])
    assert carried(station(""), "T", 900.0) == pytest.approx([3_600, 600, 600, 4_800])
    loads = situation_of(station("")).sum_loads()
    assert (loads.assumed, loads.assumed_w) == (1, 3_000)


def test_ratings_are_watts_at_unity_power_factor() -> None:
    found = find_limits(station("").data, np.arange(3, dtype=np.int32))
    assert found[0, :3] == pytest.approx(66e3 / 3**0.5 * 10)
    assert found[0, 3] == np.inf
    assert found[1].tolist() == [np.inf, np.inf, np.inf, 1e6]
    assert found[2, 0] == pytest.approx(12_470 / 3**0.5 * 20)


@settings(max_examples=scale_examples(30), derandomize=True)
@given(seed=st.integers(0, 2**32 - 1))
def test_loads_by_intervals_are_loads_by_walking_to_the_source(seed: int) -> None:
    situation = situation_of(feeders_with_ties(seed))
    walked = walked_loads(situation, situation.index.conduction)
    loads = situation.sum_loads()
    for row, child in enumerate(situation.index.child.tolist()):
        if child >= 0:
            found = loads.sum_below(situation.index, child)
            by_phase = [walked.get(("equipment", row, phase), 0.0) for phase in (1, 2, 4)]
            assert found == pytest.approx([*by_phase, sum(by_phase)])
