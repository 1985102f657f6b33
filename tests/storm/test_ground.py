"""What is kept for all storms equals what is asked of one element at a time."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import gridtwin
from examples import scale_examples
from gridtwin.analysis.outage.blast import compute_blast
from gridtwin.analysis.state.situation import Situation
from gridtwin.analysis.storm.storm_situation import StormSituation
from gridtwin.analysis.trace.isolation import find_section
from gridtwin.model.ids import Element
from gridtwin.model.network import Network
from gridtwin.topology.conduction import SupplyRules
from gridtwin.topology.topology_index import build_index
from networks import network, random_network


def ground_of(grid: Network) -> StormSituation:
    data, rules = grid.data, SupplyRules()
    mask = data.equipment.normal_open
    return StormSituation(Situation(grid, mask, build_index(data, mask, rules), rules))


@settings(max_examples=scale_examples(150), derandomize=True)
@given(seed=st.integers(0, 2**32 - 1))
def test_sections_and_trips_are_those_of_each_element(seed: int) -> None:
    ground = ground_of(random_network(seed))
    situation = ground.situation
    for row in range(len(situation.data.equipment.mrid)):
        element = Element("equipment", row)
        for switched, sections in (
            (situation, ground.sections),
            (ground.remote, ground.remote_sections),
        ):
            around = sections.find_section_around(situation.find_ends(row))
            assert set(around.tolist()) == set(find_section(switched, [element]).nodes.tolist())
        tripped, _ = ground.find_tripped(np.array([row], dtype=np.int32))
        assert tripped.tolist() == compute_blast(situation, [element], "trip").out.tolist()


@pytest.mark.parametrize("seed", range(3))
def test_on_a_radial_territory_many_trip_what_they_trip_one_by_one(seed: int) -> None:
    ground = ground_of(gridtwin.synthesize("houston", meters=600, seed=seed))
    situation = ground.situation
    assert situation.index.core is None
    rng = np.random.default_rng(seed)
    rows = rng.choice(len(situation.data.equipment.mrid), 40, replace=False).astype(np.int32)
    elements = [Element("equipment", row) for row in rows.tolist()]
    assert (
        ground.find_tripped(rows)[0].tolist()
        == compute_blast(situation, elements, "trip").out.tolist()
    )
    for row, element in zip(rows, elements, strict=True):
        expected = compute_blast(situation, [element], "trip").out.tolist()
        assert ground.find_tripped(np.array([row]))[0].tolist() == expected


def test_a_source_without_protection_is_named() -> None:
    ground = ground_of(network("L1 ac_line_segment S a ABC", meters="M@a", sources="S"))
    _, (warning,) = ground.find_tripped(np.array([0], dtype=np.int32))
    assert "source-S" in warning
