"""What is called without supply is what no flood of a phase it uses reaches."""

from __future__ import annotations

import random

import numpy as np
import pytest

from brute import designed_phases, flood, usage_points_dark
from gridtwin.analysis.state.supply_state import FULL, OUT, PARTIAL
from gridtwin.model.phases import to_supply_phases as carried
from gridtwin.model.state import State
from gridtwin.topology.conduction import Conduction
from gridtwin.twin import Twin, open_twin
from networks import random_network, two_feeders_with_a_tie


def random_state(twin: Twin, seed: int) -> State:
    rng = random.Random(seed)
    equipment = twin.store.network.data.equipment
    wanted = {
        bytes(mrid).decode(): rng.choice(("", "A", "ABC"))
        for mrid, phases in zip(equipment.mrid, equipment.phases.tolist(), strict=True)
        if phases in {0, 7} and rng.random() < 0.3
    }
    return State("draft", seed, wanted)


@pytest.mark.parametrize("seed", range(120))
def test_out_is_what_a_flood_does_not_reach(seed: int) -> None:
    twin = open_twin(random_network(seed))
    situation = twin.situation_of(random_state(twin, seed))
    data = situation.data
    found = twin.supply(situation)
    reached, live = flood(Conduction.from_state(data, situation.open_mask, situation.rules))
    designed = designed_phases(situation.network, situation.rules)
    for row in range(len(data.equipment.mrid)):
        ends = situation.find_ends(row)
        own = int(carried(data.equipment.phases[row : row + 1])[0])
        now = {phase for end in ends for phase in live.get(end, ()) if phase & own}
        could = {phase for end in ends for phase in designed.get(end, ()) if phase & own}
        dark = not now if could else not reached & set(ends)
        assert (found.equipment[row] == OUT) == dark
        if not dark:
            assert (found.equipment[row] == PARTIAL) == bool(could - now)
    out, partial = usage_points_dark(situation.network, situation.open_mask, situation.rules)
    assert set(np.flatnonzero(found.points == OUT).tolist()) == out
    assert set(np.flatnonzero(found.points == PARTIAL).tolist()) == partial
    assert found.customers_out == int(data.usage_points.customers[sorted(out)].sum())


def test_a_meter_that_lost_a_phase_is_partial_and_one_that_never_had_it_is_not() -> None:
    twin = open_twin(two_feeders_with_a_tie())
    before = twin.supply()
    twin.switch("BKR1", open=True, phases="B")
    after = twin.supply()
    points = twin.store.network.data.usage_points
    codes = dict(
        zip([bytes(mrid).decode() for mrid in points.mrid], after.points.tolist(), strict=True)
    )
    assert codes == {"M3": FULL, "M4": PARTIAL, "M5": FULL}
    moved = after.find_changes(before)
    assert [bytes(points.mrid[row]).decode() for row in moved.points] == ["M4"]
    assert after.customers_out == 0


@pytest.mark.parametrize("seed", range(40))
def test_a_difference_leads_from_one_state_to_the_next(seed: int) -> None:
    twin = open_twin(random_network(seed))
    before = twin.supply(twin.situation_of(random_state(twin, seed)))
    after = twin.supply(twin.situation_of(random_state(twin, seed + 1_000)))
    moved = after.find_changes(before)
    for name, rows in (
        ("equipment", moved.equipment),
        ("points", moved.points),
        ("open_mask", moved.switches),
    ):
        replayed = getattr(before, name).copy()
        assert (replayed[rows] != getattr(after, name)[rows]).all()
        replayed[rows] = getattr(after, name)[rows]
        np.testing.assert_array_equal(replayed, getattr(after, name))
