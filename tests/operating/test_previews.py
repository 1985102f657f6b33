"""A preview says who gains and loses supply, and what is dangerous; brute force agrees."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

import gridtwin
from brute import PHASES, flood, usage_points_dark
from document_schemas import hold_to_schema
from gridtwin.errors import InputError, OperationConflictError, OperationRefusedError
from gridtwin.model.operation import of_switch
from gridtwin.topology.conduction import Conduction, SupplyRules
from networks import network, random_network, two_feeders_with_a_tie

if TYPE_CHECKING:
    from gridtwin.model.network import Network
    from gridtwin.results.operation_preview import OperationPreview
    from gridtwin.twin import Twin

RULES = SupplyRules()


def kinds(seen: OperationPreview) -> list[str]:
    return [hazard.kind.value for hazard in seen.hazards]


def masks(twin: Twin, mrid: str, *, opens: bool, phases: str) -> tuple[np.ndarray, np.ndarray]:
    """Return the phases that stand open before and after, as anybody would write them down."""
    before = np.array(twin.store.states.read_state().open_mask(twin.network))
    operation = of_switch(twin.network, mrid, phases)
    after = before.copy()
    if opens:
        after[operation.row] |= operation.poles
    else:
        after[operation.row] &= ~operation.poles & 0xFF
    return before, after


def live_equipment(grid: Network, mask: np.ndarray) -> set[tuple[int, int]]:
    """Return row and phase of all equipment that is live at one of its sides, by flooding."""
    _, live = flood(Conduction.from_state(grid.data, mask, RULES))
    equipment = grid.data.equipment
    return {
        (row, phase)
        for row, (a, b, own) in enumerate(
            zip(
                equipment.node_a.tolist(),
                equipment.node_b.tolist(),
                equipment.phases.tolist(),
                strict=True,
            )
        )
        for phase in live.get(a, set()) | live.get(b, set())
        if (own & 7 or 7) & phase
    }


@pytest.mark.parametrize("seed", range(40))
def test_brute_force_finds_the_same_customers_and_hazards(seed: int) -> None:
    rng = np.random.default_rng(seed)
    twin = gridtwin.open(random_network(seed))
    grid = twin.network
    equipment = grid.data.equipment
    names = [bytes(each).decode() for each in equipment.mrid]
    switches = [
        row
        for row in range(len(names))
        if twin.situation().is_switch[row] and equipment.in_service[row]
    ]
    if not switches:
        return
    for row in rng.choice(switches, min(3, len(switches)), replace=False):
        twin.switch(names[row], open=bool(rng.integers(2)))
    lines = [row for row in range(len(names)) if row not in switches]
    held = {names[row] for row in rng.choice(lines, min(2, len(lines)), replace=False)}
    for mrid in sorted(held):
        twin.operations.place_tag(mrid, "work", kind="caution", actor="ann")
    for row in rng.choice(switches, min(5, len(switches)), replace=False):
        opens, mrid = bool(rng.integers(2)), names[row]
        own = int(equipment.phases[row]) & 7 or 7
        has = [name for name, bit in zip("ABC", PHASES, strict=True) if own & bit]
        phases = "" if rng.integers(2) else str(rng.choice(has))
        try:
            seen = twin.operations.preview(mrid, open=opens, phases=phases)
        except InputError:
            continue
        before, after = masks(twin, mrid, opens=opens, phases=phases)
        was, now = (usage_points_dark(grid, mask, RULES) for mask in (before, after))
        assert set(seen.gained.tolist()) == was[0] - now[0]
        assert set(seen.lost.tolist()) == now[0] - was[0]
        assert set(seen.partial.tolist()) == now[1] - was[1] - was[0]
        customers = sum(int(grid.data.usage_points.customers[each]) for each in now[0] - was[0])
        document = seen.document()
        hold_to_schema(document)
        assert document["lost"]["customers"] == customers
        check_hazards(seen, before, after, held)


def check_hazards(
    seen: OperationPreview, before: np.ndarray, after: np.ndarray, held: set[str]
) -> None:
    """Hold joined ends and energized tags against flooding."""
    grid, row = seen.effect.before.network, seen.effect.row
    equipment = grid.data.equipment
    names = [bytes(each).decode() for each in equipment.mrid]
    closing = int(before[row]) & ~int(after[row])
    _, live = flood(Conduction.from_state(grid.data, before, RULES))
    a, b = int(equipment.node_a[row]), int(equipment.node_b[row])
    both = live.get(a, set()) & live.get(b, set())
    joined = any((closing & 7 or 7) & phase and phase in both for phase in PHASES)
    if live.get(a) and live.get(b):  # where records are not at fault
        told = {"closes_loop", "parallels_sources"} & set(kinds(seen))
        assert bool(told) == bool(closing and joined)
    gained = {each for each, _ in live_equipment(grid, after) - live_equipment(grid, before)}
    lit = {names[each] for each in gained} & held if not seen.effect.opens else set()
    told_lit = {
        names[each]
        for hazard in seen.hazards
        if hazard.kind == "energizes_tag"
        for each in hazard.rows.tolist()
    }
    assert lit <= told_lit <= held


@pytest.fixture
def twin() -> Twin:
    return gridtwin.open(two_feeders_with_a_tie())


def test_a_closing_tells_of_loops_of_two_sources_and_of_faults(twin: Twin) -> None:
    assert kinds(twin.operations.preview("TIE", open=False)) == ["parallels_sources"]
    outage = twin.outages.open("L2")
    twin.switch("BKR1", open=True)
    seen = twin.operations.preview("BKR1", open=False)
    assert kinds(seen) == ["energizes_fault"]
    assert seen.hazards[0].outage == outage.id
    assert seen.document()["hazards"][0]["message"] == (
        f"energizes L2, the fault of outage {outage.id}"
    )
    assert seen.outages == {outage.id: 1}  # M4 would have supply again
    ring = gridtwin.open(
        network(
            "B1 breaker S a ABC\nL1 ac_line_segment a b ABC\nSW load_break_switch b a ABC ABC",
            meters="M@b",
            heads="B1",
        )
    )
    assert kinds(ring.operations.preview("SW", open=False)) == ["closes_loop"]
    assert kinds(ring.operations.preview("SW", open=True)) == []  # it stands open already


def test_an_opening_tells_of_load_and_of_single_phases() -> None:
    twin = gridtwin.open(
        network(
            """
            B1 breaker S a ABC
            D1 disconnector a b ABC
            T1 power_transformer b c ABC
            """,
            meters="M@c:ABC*9",
            heads="B1",
        )
    )
    assert kinds(twin.operations.preview("B1", open=True)) == []
    seen = twin.operations.preview("D1", open=True)
    assert kinds(seen) == ["breaks_load"]
    assert "a disconnector, which is not made for it" in seen.document()["hazards"][0]["message"]
    one = twin.operations.preview("D1", open=True, phases="A")
    assert kinds(one) == ["breaks_load", "backfeeds_phase"]
    assert one.partial.tolist() == [0]
    assert (one.document()["open_after"], one.lost.tolist()) == ("A", [])
    twin.switch("B1", open=True)
    assert kinds(twin.operations.preview("D1", open=True)) == []  # nothing flows


def test_what_was_confirmed_is_what_is_done(twin: Twin) -> None:
    first = twin.operations.preview("FUSE", open=True)
    other = twin.operations.preview("FUSE", open=True)
    assert first.digest == other.digest
    twin.switch("BKR2", open=True, actor="eve")  # elsewhere: nothing of it changes
    state = twin.operations.operate("FUSE", open=True, actor="ann", confirmed=first.digest)
    assert state.version == 2
    with pytest.raises(OperationConflictError, match="ann operated it last"):
        twin.operations.operate("FUSE", open=True, actor="bob", confirmed=other.digest)
    closing = twin.operations.preview("BKR2", open=False).digest
    twin.switch("TIE", open=False)
    with pytest.raises(OperationConflictError, match="no longer do what was confirmed"):
        twin.operations.operate("BKR2", open=False, actor="bob", confirmed=closing)
    assert twin.version == 3


def test_nobody_energizes_a_section_that_is_held(twin: Twin) -> None:
    twin.switch("BKR1", open=True)
    hold = twin.operations.place_tag("L2", "crew on the line", actor="ann")
    seen = twin.operations.preview("BKR1", open=False)
    assert kinds(seen) == ["energizes_tag"]
    assert seen.refusals == (f"L2 carries a {hold.describe()}",)
    with pytest.raises(OperationRefusedError, match="crew on the line"):
        twin.operations.operate("BKR1", open=False, actor="bob")
    with pytest.raises(OperationRefusedError):
        twin.operations.request("BKR1", open=False, actor="bob")
    twin.operations.remove_tag(hold.number, actor="ann")
    twin.operations.place_tag("L2", "tree near", kind="caution", actor="ann")
    cautious = twin.operations.preview("BKR1", open=False)
    assert (kinds(cautious), cautious.refusals) == (["energizes_tag"], ())
    assert twin.operations.operate("BKR1", open=False, confirmed=cautious.digest).version == 2
    with pytest.raises(gridtwin.errors.NotFoundError):
        twin.operations.place_tag("M3", "no equipment", actor="ann")
