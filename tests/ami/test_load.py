"""What an element carries is the sum of what hangs on it, whatever way one takes to find it."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import gridtwin
from brute import flood
from examples import scale_examples
from exhaustive import situation_of
from gridtwin.analysis.ami.interval_load import (
    DARK,
    FED,
    LOOPED,
    MeterSlices,
    list_equipment,
    spread_by_point,
    sum_load,
)
from gridtwin.analysis.state.situation import Situation
from gridtwin.errors import InputError
from gridtwin.model.network import Network
from gridtwin.topology.conduction import SupplyRules
from gridtwin.topology.index_updates import update_index
from gridtwin.topology.spans import Spans
from networks import feeder_in_three_sections, network, random_network


def every(situation: Situation) -> MeterSlices:
    return MeterSlices.from_situation(
        situation, np.arange(len(situation.data.equipment.mrid), dtype=np.int32)
    )


def carried(situation: Situation, kwh: list[float]) -> dict[str, float]:
    found = sum_load(every(situation), np.array(kwh, dtype=np.float32))
    names = situation.data.equipment.mrid.astype(str).tolist()
    return dict(zip(names, found.kwh.tolist(), strict=True))


def operated(grid: Network, seed: int) -> Situation:
    """Return a network after a few random operations, its index moved along, never rebuilt."""
    rng = np.random.default_rng(seed)
    situation, mask = situation_of(grid), grid.data.equipment.normal_open.copy()
    index = situation.index
    for _ in range(seed % 4):
        rows = rng.choice(len(mask), size=min(2, len(mask)), replace=False)
        mask = mask.copy()
        mask[rows] = np.where(mask[rows] == 0, 7, 0)
        index = update_index(index, grid.data, mask, rows)
    return Situation(grid, mask, index, SupplyRules())


def test_a_feeder_carries_what_hangs_on_each_of_its_sections() -> None:
    """Ma 1, Mb 2, Mc 4 behind B1 - SW1 - SW2, and Md 8 on its own feeder behind an open tie."""
    found = carried(situation_of(feeder_in_three_sections()), [1, 2, 4, 8])
    assert found == {
        "B1": 7, "L1": 6, "SW1": 6, "L2": 4, "SW2": 4, "L3": 0, "TIE": 0, "B2": 8,
    }  # fmt: skip


def test_a_closed_tie_makes_a_loop_and_nobody_says_how_the_load_divides() -> None:
    grid = network(
        """
        B breaker S a ABC
        L1 ac_line_segment a b ABC
        L2 ac_line_segment a b ABC
        T ac_line_segment b c ABC
        """,
        meters="M1@b M2@c",
    )
    found = carried(situation_of(grid), [3, 5])
    assert (found["B"], found["T"]) == (8, 5), "what feeds the loop, and what hangs on it"
    assert np.isnan([found["L1"], found["L2"]]).all()


def test_what_is_missing_and_what_cannot_be_is_counted() -> None:
    situation = situation_of(
        network("B breaker S a ABC\nF fuse a b ABC ABC", meters="M1@a M2@a M3@b M4@b")
    )
    nan = float("nan")
    found = sum_load(every(situation), np.array([2, nan, 0.5, 0], dtype=np.float32))
    assert found.kwh.tolist() == [2, 0], "nothing flows through an open fuse"
    assert found.missing.tolist() == [1, 0]
    assert found.slices.meters.tolist() == [2, 0]
    assert found.unfed.tolist() == [2], "M3 says it takes energy, and has no supply here"


def test_energy_that_flows_back_counts_against_what_is_taken() -> None:
    situation = situation_of(network("B breaker S a ABC", meters="M1@a M2@a"))
    assert carried(situation, [1.5, -2.0]) == {"B": -0.5}


def test_the_last_reading_of_a_usage_point_holds_and_strangers_are_left_out() -> None:
    rows = np.array([1, -1, 1], dtype=np.int32)
    found = spread_by_point(3, rows, np.array([5, 6, 7], dtype=np.float32))
    assert np.array_equal(found, [np.nan, 7, np.nan], equal_nan=True)


def test_levels_name_their_equipment() -> None:
    situation = situation_of(feeder_in_three_sections())
    names = situation.data.equipment.mrid.astype(str)
    assert names[list_equipment(situation, "feeder")].tolist() == ["B1", "B2"]
    assert names[list_equipment(situation, "section")].tolist() == ["L1", "L2", "L3"]
    assert names[list_equipment(situation, "switch")].tolist() == ["B1", "SW1", "SW2", "TIE", "B2"]
    assert len(list_equipment(situation, "transformer")) == 0
    with pytest.raises(InputError, match="use one of transformer, section, switch, feeder"):
        list_equipment(situation, "town")


@settings(max_examples=scale_examples(150))
@given(st.integers(0, 10**6))
def test_spans_hold_what_the_index_says_goes_dark_with_each_node(seed: int) -> None:
    index = operated(random_network(seed), seed).index
    spans = Spans.from_index(index)
    live = np.flatnonzero(index.tin >= 0)
    assert sorted(spans.start[live]) == list(range(len(live))) == list(range(spans.length))
    at = {int(spans.start[node]): int(node) for node in live}
    for node in range(len(index.tin)):
        span = {at[place] for place in range(spans.start[node], spans.stop[node])}
        assert span == set(index.find_dependents(node).tolist())


@settings(max_examples=scale_examples(150))
@given(st.integers(0, 10**6))
def test_load_is_what_goes_dark_by_brute_force_loops_and_islands_and_all(seed: int) -> None:
    """Take each piece of equipment away in turn: what loses its conductor is what it carried."""
    grid = random_network(seed)
    situation = operated(grid, seed)
    rng = np.random.default_rng(seed)
    points = grid.data.usage_points
    kwh = rng.integers(-5, 50, len(points.node)).astype(np.float32)
    volts = rng.choice([118, 121, 127, np.nan], len(points.node)).astype(np.float32)
    kwh[rng.random(len(kwh)) < 0.2] = np.nan
    found = sum_load(every(situation), kwh)
    low, high = found.slices.find_least(volts), found.slices.find_largest(volts)
    conduction = situation.index.conduction
    reached, _ = flood(conduction)
    for row, passes in enumerate(conduction.passes.tolist()):
        after, _ = flood(conduction, equipment=frozenset({row}))
        lost = np.array([node in reached and node not in after for node in points.node.tolist()])
        ends = {int(conduction.node_a[row]), int(conduction.node_b[row])}
        if reached - after:
            assert found.slices.standing[row] == FED
            assert found.kwh[row] == np.nansum(kwh[lost])
            assert found.missing[row] == np.isnan(kwh[lost]).sum()
            assert found.slices.meters[row] == lost.sum()
            known = volts[lost & ~np.isnan(volts)]
            least = (known.min(), known.max()) if len(known) else (np.nan, np.nan)
            assert np.array_equal((low[row], high[row]), least, equal_nan=True)
        elif passes and ends <= reached:
            assert found.slices.standing[row] == LOOPED
            assert np.isnan(found.kwh[row])
        else:
            assert found.slices.standing[row] == DARK
            assert found.kwh[row] == 0


@pytest.mark.parametrize("seed", range(3))
def test_load_of_a_territory_is_the_sum_over_descendants_in_networkx(seed: int) -> None:
    grid = gridtwin.synthesize("houston", meters=1500, seed=seed)
    situation = situation_of(grid)
    kwh = np.random.default_rng(seed).gamma(2, 0.2, 1500).astype(np.float32)
    index, points = situation.index, grid.data.usage_points
    graph = nx.DiGraph()
    graph.add_nodes_from(range(len(index.parent)))
    graph.add_edges_from((int(up), at) for at, up in enumerate(index.parent.tolist()) if up >= 0)
    here = np.bincount(points.node, kwh, len(index.parent))
    for level in ("transformer", "section", "switch", "feeder"):
        rows = list_equipment(situation, level)
        found = sum_load(MeterSlices.from_situation(situation, rows), kwh)
        for at in range(0, len(rows), max(1, len(rows) // 60)):
            fed = situation.find_fed_node(int(rows[at]))
            below = nx.descendants(graph, fed) | {fed} if fed >= 0 else set()
            assert found.kwh[at] == pytest.approx(here[list(below)].sum(), abs=1e-6)
    heads = sum_load(
        MeterSlices.from_situation(situation, list_equipment(situation, "feeder")), kwh
    )
    assert heads.kwh.sum() == pytest.approx(kwh.sum()), "every meter is on one feeder"
