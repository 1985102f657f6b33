"""Plan faults on real feeders, and carry out every step on the whole feeder."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import gridtwin
from exhaustive import best_gain, case_of
from gridtwin.analysis.plan.plan_options import PlanOptions
from gridtwin.analysis.plan.switching_plan import make_plans
from gridtwin.model.ids import Element
from gridtwin.topology.conduction import Conduction
from gridtwin.topology.topology_index import find_supply
from gridtwin.twin import Twin

pytestmark = pytest.mark.field


@pytest.fixture(scope="module")
def feeders() -> Path:
    root = Path(os.environ.get("GRIDTWIN_FIELD_DATA", Path(__file__).parents[2] / "../shared/data"))
    folder = root / "feeders"
    assert folder.is_dir(), f"the real feeders are not at {folder}: set GRIDTWIN_FIELD_DATA"
    return folder


def opened(feeders: Path, file: str) -> Twin:
    return gridtwin.open(gridtwin.read(feeders / file, crs="none"))


@pytest.fixture(scope="module")
def ieee123(feeders: Path) -> Twin:
    """Return the 123-bus feeder with its two normally open ties as switches."""
    return opened(feeders, "123Bus/IEEE123Switches.dss")


def test_the_tie_at_the_end_of_the_trunk_picks_up_what_the_fault_cut_off(ieee123: Twin) -> None:
    """
    A fault behind sw2 leaves 160 and what follows dark; sw7 brings back all beyond sw5.

    ::

        150 ─sw1─ 149 ─ 13 ─sw2─ 152 ══ fault ══ 60 ─sw4─ 160 ─ 97 ─sw5─ 197 ─ 101 ... 300
                          ╰ 18 ─sw3─ 135 ─ ... ─ 151 ─────────────sw7/──────────────────╯
    """
    found = ieee123.restore("line.l58")
    moved = {step["mrid"]: step["action"] for step in found.steps()}
    assert moved["line.sw2"] == "open"
    assert moved["vsource.source"] == "close", "the source stands for the station's breaker"
    assert (moved["line.sw5"], moved["line.sw7"]) == ("open", "close")
    assert found.optimal
    (tie,) = [step for step in found.steps() if step["mrid"] == "line.sw7"]
    assert tie["customers_restored"] == 10
    assert tie["check"]["phases"] == "ABC"
    assert tie["check"]["margin_pct"] > 0


def test_no_positions_of_the_switches_of_the_123_bus_feeder_bring_back_more(ieee123: Twin) -> None:
    situation = ieee123.situation()
    tried = 0
    for row in range(0, len(situation.data.equipment.mrid), 5):
        fault = Element("equipment", row)
        if not situation.conducts[row]:
            continue
        case = case_of(situation, fault)
        best = best_gain(situation, case, margin_pct=10, weight=1)
        (plan,) = make_plans(situation, [fault], PlanOptions(alternatives=0, priority_weight=1))
        assert plan.restored_weight == best, situation.data.equipment.mrid[row]
        tried += best > 0
    assert tried > 10


FEEDERS = ("123Bus/IEEE123Switches.dss", "8500-Node/Master.dss", "J1/Master_noPV.dss")


@pytest.mark.parametrize("file", FEEDERS)
def test_carried_out_on_the_whole_feeder_no_step_energizes_the_fault(
    feeders: Path, file: str
) -> None:
    twin = opened(feeders, file)
    situation = twin.situation()
    table = situation.data.equipment
    for row in range(0, len(table.mrid), max(len(table.mrid) // 25, 1)):
        mrid = table.mrid[row].decode()
        found = twin.restore(mrid, alternatives=0)
        section = np.unique([situation.find_ends(at) for at in found.rows.section.tolist()])
        twin.overlay("after", found.switches)
        mask = twin.situation("after").open_mask
        whole = Conduction.from_state(situation.data, mask)
        closed = {at for kind, at in found.rows.rows_closed if kind == "sources"}
        gone = set(found.rows.sources_lost.tolist()) - closed
        on = ~np.isin(whole.source_row, sorted(gone))
        lit = replace(whole, source_node=whole.source_node[on], source_mask=whole.source_mask[on])
        reached, _ = find_supply(lit)
        assert not reached[section].any(), mrid
        dark = np.flatnonzero(~reached[situation.data.usage_points.node])
        before = np.flatnonzero(~situation.is_supplied[situation.data.usage_points.node])
        assert set(dark.tolist()) - set(before.tolist()) <= set(found.rows.out.tolist()), mrid
