"""One open pole is an outage of whoever lives on that phase, whichever door is asked."""

from __future__ import annotations

import random

import numpy as np
import pytest

from brute import usage_points_dark, usage_points_out
from gridtwin.analysis.state.supply_state import FULL, OUT, PARTIAL
from gridtwin.analysis.state.supply_tracker import SupplyTracker
from gridtwin.model.network import Network
from gridtwin.model.tables import decode_texts
from gridtwin.topology.conduction import SupplyRules
from gridtwin.twin import Twin, open_twin
from networks import lateral_behind_three_fuses, network, random_network


def codes_of(twin: Twin) -> dict[str, int]:
    points = twin.store.network.data.usage_points
    return dict(zip(decode_texts(points.mrid).tolist(), twin.supply().points.tolist(), strict=True))


def test_an_operated_pole_puts_out_who_lives_on_it() -> None:
    twin = open_twin(lateral_behind_three_fuses())
    assert twin.blast_radius("FA").usage_points.tolist() == ["uA"]
    twin.switch("FA", open=True)
    assert codes_of(twin) == {"uA": OUT, "uB": FULL, "u3": PARTIAL}
    told = twin.explain("uA")
    assert not told.supplied
    assert told.open_devices == ["FA"]
    assert told.sentence == "uA is out because FA is open on A."
    assert twin.explain("u3").sentence.startswith("u3 has supply on BC and none on A")
    swept = twin.sweep().set_index("mrid").customers
    assert (swept["FA"], swept["BKR"]) == (0, 2)
    assert twin.blast_radius("BKR").usage_points.tolist() == ["uB", "u3"]
    assert twin.trace("downstream", "BKR").customers == 2


def test_an_outage_opens_for_a_pole_that_is_open_already() -> None:
    twin = open_twin(lateral_behind_three_fuses())
    twin.switch("FA", open=True)
    outage = twin.outages.open("FA")
    assert twin.outages.members(outage.id).usage_point.tolist() == ["uA"]


def test_a_pole_open_by_design_is_no_wrong_record() -> None:
    twin = open_twin(
        network(
            "SW load_break_switch n0 n1 ABC A\nL ac_line_segment n1 n2 ABC",
            meters="uA@n2:A uB@n2:B",
            sources="n0",
        )
    )
    assert codes_of(twin) == {"uA": OUT, "uB": FULL}
    assert twin.supply().customers_out == 1
    assert "SW" in twin.explain("uA").sentence
    assert "usage_point_phase" not in twin.check().counts


def test_a_record_that_no_closed_path_could_bear_out_is_at_fault() -> None:
    twin = open_twin(network("L ac_line_segment n0 n1 AB", meters="uC@n1:C uA@n1:A", sources="n0"))
    assert codes_of(twin) == {"uC": FULL, "uA": FULL}
    assert twin.check().counts["usage_point_phase"] == 1
    assert twin.blast_radius("L").customers == 2


def test_a_phase_that_only_an_open_tie_could_bring_is_out_until_it_closes() -> None:
    twin = open_twin(
        network(
            """
            L1  ac_line_segment   n0 n1 AB
            TIE load_break_switch n1 n2 C C
            L2  ac_line_segment   n3 n2 ABC
            """,
            meters="uC@n1:C",
            sources="n0 n3",
        )
    )
    assert codes_of(twin) == {"uC": OUT}
    assert twin.explain("uC").alternatives == ["TIE"]
    twin.switch("TIE", open=False)
    assert codes_of(twin) == {"uC": FULL}


def operable_poles(network: Network, rng: random.Random) -> tuple[int, int]:
    """Return a piece of equipment, and the poles of it that stand open from now on."""
    equipment = network.data.equipment
    row = rng.randrange(len(equipment.mrid))
    every = int(equipment.phases[row]) & 7 or 7
    return row, every & rng.choice((0, 1, 2, 4, 3, 6, 7))


@pytest.mark.parametrize("seed", range(60))
def test_darkness_follows_every_pole(seed: int) -> None:
    net, rng = random_network(seed), random.Random(seed)
    twin = open_twin(net)
    darkness = SupplyTracker(twin.situation())
    mask = net.data.equipment.normal_open.copy()
    before = set(np.flatnonzero(darkness.is_deenergized).tolist())
    assert before == usage_points_dark(net, mask, SupplyRules())[0]
    for _ in range(12):
        row, mask[row] = operable_poles(net, rng)
        went, came = darkness.operate_equipment(row, int(mask[row]))
        after = usage_points_dark(net, mask, SupplyRules())[0]
        assert set(went.tolist()) == after - before
        assert set(came.tolist()) == before - after
        assert set(np.flatnonzero(darkness.is_deenergized).tolist()) == after
        before = after


@pytest.mark.parametrize("seed", range(60))
def test_what_a_meter_must_pass_is_what_alone_would_put_it_out(seed: int) -> None:
    net = random_network(seed)
    twin = open_twin(net)
    mask, rows = net.data.equipment.normal_open, range(len(net.data.equipment.mrid))
    alone = {
        row: usage_points_out(net, mask, SupplyRules(), equipment=frozenset((row,)))[0]
        for row in rows
    }
    names = decode_texts(net.data.equipment.mrid).tolist()
    for point, mrid in enumerate(decode_texts(net.data.usage_points.mrid).tolist()):
        found = twin.explain(mrid)
        wanted = {names[row] for row in rows if point in alone[row]}
        assert set(found.must_pass) == wanted
        assert found.supplied == (point not in usage_points_dark(net, mask, SupplyRules())[0])
