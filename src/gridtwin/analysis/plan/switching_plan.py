"""Make the switching plans for a fault: the best one, and what else could be done."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from gridtwin.analysis.plan import fault_area as areas
from gridtwin.analysis.plan.dark_blocks import EdgeRole
from gridtwin.analysis.plan.fault_area import Area, find_area
from gridtwin.analysis.plan.plan_options import PlanOptions
from gridtwin.analysis.plan.plan_steps import OutageWatch, PlanExecutor, check_closings
from gridtwin.analysis.plan.planner import Planner
from gridtwin.analysis.plan.timetable import SwitchingAction
from gridtwin.errors import InputError
from gridtwin.topology.conduction import DER

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from gridtwin.analysis.plan.plan_steps import SwitchingStep
    from gridtwin.analysis.state.loads import PeakLoads
    from gridtwin.analysis.state.situation import Situation
    from gridtwin.model.ids import Element

MOST_SHOWN_SOURCES = 5
MOST_FORBIDDEN = 5  # closings of a plan without each of which another is looked for


@dataclass(frozen=True, slots=True)
class Plan:
    """One way to isolate a fault and bring customers back; rows are those of the network."""

    tripped: NDArray[np.int32]  # equipment that opened by itself
    sources_lost: NDArray[np.int32]  # sources that went with the fault
    section: NDArray[np.int32]  # equipment that stays dead until it is repaired
    dead_beyond: NDArray[np.int32]  # around it, left as it stands: no source lies beyond
    steps: tuple[SwitchingStep, ...]
    out_at_start: NDArray[np.int32]  # usage points
    out: NDArray[np.int32]  # usage points that stay out until repair
    partial: NDArray[np.int32]  # usage points that lack some of their phases until repair
    restored_weight: float  # customers restored, those at priority sites counted more
    customer_minutes: float  # until those who come back by switching are back
    manual: int  # operations on site
    optimal: bool  # proven the best for its objective
    bound: float  # restored weight that no plan can exceed
    blocks: int  # parts between switches that were searched over
    expansions: int
    warnings: tuple[str, ...]

    @property
    def rows_closed(self) -> frozenset[tuple[str, int]]:
        """What the plan closes, as table and row."""
        done = (step for step in self.steps if step.action is SwitchingAction.CLOSE)
        return frozenset((step.table, step.row) for step in done)

    @property
    def rows_operated(self) -> NDArray[np.int32]:
        """Equipment that the plan opens or closes."""
        moved = {
            step.row
            for step in self.steps
            if step.action is not SwitchingAction.VERIFY and step.table == "equipment"
        }
        return np.array(sorted(moved), dtype=np.int32)


def make_plans(
    situation: Situation, elements: Sequence[Element], options: PlanOptions | None = None
) -> list[Plan]:
    """
    Return switching plans for elements that fault at once, the best first.

    Parameters
    ----------
    situation
        The network before the fault.
    elements
        What faulted: equipment, a node, a usage point (its node), a feeder (what follows its head),
        a source or a substation.
    options
        What to respect.

    Raises
    ------
    InputError
        If nothing has faulted.

    Notes
    -----
    Best is what restores the most customers, those at priority sites counted more; of these, the
    fewest customer-minutes until they are back; then the fewest operations on site; then the fewest
    operations. Each alternative is the best plan without a device that a better plan closes.
    """
    options = options or PlanOptions()
    if not elements:
        msg = "a plan needs something that has faulted"
        raise InputError(msg)
    area = find_area(
        situation, elements, remote_only=options.remote_only, all_sides=options.all_sides
    )
    loads = situation.sum_loads(options.default_peak_w, options.coincidence)
    planner = Planner(area, loads, options)
    first = _plan_best(planner, loads, frozenset())
    plans, seen = [first], {first.rows_closed}
    tried: set[frozenset[bytes]] = set()
    waiting = _list_restrictions(first, area, frozenset())
    candidates: list[tuple[Plan, frozenset[bytes]]] = []
    while len(plans) <= options.alternatives:
        for forbidden in waiting:
            if forbidden not in tried:
                tried.add(forbidden)
                candidates.append((_plan_best(planner, loads, forbidden), forbidden))
        candidates = [c for c in candidates if c[0].rows_closed and c[0].rows_closed not in seen]
        if not candidates:
            break
        chosen, forbidden = min(candidates, key=lambda c: _make_rank_key(c[0]))
        plans.append(chosen)
        seen.add(chosen.rows_closed)
        waiting = _list_restrictions(chosen, area, forbidden)
    return sorted(plans, key=_make_rank_key)  # a search cut short may find less than a later one


def _make_rank_key(plan: Plan) -> tuple[float, float, int, int, list[tuple[str, int]]]:
    closed = sorted(plan.rows_closed)
    weight, minutes = -round(plan.restored_weight, 6), round(plan.customer_minutes, 6)
    return weight, minutes, plan.manual, len(plan.steps), closed


def _plan_best(planner: Planner, loads: PeakLoads, forbidden: frozenset[bytes]) -> Plan:
    """Return the best plan that closes nothing forbidden."""
    result, coarse = planner.find_arrangement(forbidden)
    blocks, timetable = planner.get_parts(coarse=coarse)
    growth = planner.energize_arrangement(result.best, coarse=coarse)
    jobs = timetable.list_jobs(growth.on)
    checks, doubts = check_closings(blocks, growth.ledger, growth.on)
    area = planner.area
    course = PlanExecutor(area, allow_loops=planner.options.allow_loops).run(jobs, checks)
    warnings = [*area.trip.warnings, *area.cut.warnings, *doubts]
    warnings += _warn_of_loads(loads, area) + _warn_of_ders(area)
    return Plan(
        tripped=area.trip.devices,
        sources_lost=area.sources_lost,
        section=area.cut.equipment,
        dead_beyond=area.cut.dead_beyond,
        steps=course.steps,
        out_at_start=course.out_at_start,
        out=course.out,
        partial=course.partial,
        restored_weight=result.best.gain,
        customer_minutes=result.best.minutes,
        manual=result.best.manual,
        optimal=result.optimal,
        bound=result.bound,
        blocks=blocks.count,
        expansions=result.expansions,
        warnings=tuple(dict.fromkeys(warnings)),
    )


def _list_restrictions(
    plan: Plan, area: Area, forbidden: frozenset[bytes]
) -> list[frozenset[bytes]]:
    """Return what to forbid so that another plan is found: each of what brings back the most."""
    data = area.situation.data
    closings = [step for step in plan.steps if step.action is SwitchingAction.CLOSE]
    closings.sort(key=lambda step: -step.customers)
    names = [bytes(getattr(data, step.table).mrid[step.row]) for step in closings[:MOST_FORBIDDEN]]
    return [forbidden | {name} for name in names]


class PlanEnd(NamedTuple):
    """How things stand when the best plan is carried out; rows are those of the network."""

    out: NDArray[np.int32]  # usage points
    partial: NDArray[np.int32]  # usage points
    operated: NDArray[np.int32]  # equipment
    warnings: tuple[str, ...]


def find_best_end(situation: Situation, elements: Sequence[Element]) -> PlanEnd:
    """
    Return the end of the best plan without working out its steps.

    Parameters
    ----------
    situation, elements
        As for `make_plans`.
    """
    options = PlanOptions()
    area = find_area(situation, elements, remote_only=False)
    planner = Planner(
        area, situation.sum_loads(options.default_peak_w, options.coincidence), options
    )
    result, coarse = planner.find_arrangement()
    blocks, timetable = planner.get_parts(coarse=coarse)
    on = planner.energize_arrangement(result.best, coarse=coarse).on
    cuts = [blocks.edges[number].element for number in timetable.find_cuts(on)]
    opened = area.boundary | area.tripped
    opened[cuts] = True
    passes = np.where(opened, np.uint8(0), area.passes)
    sources = set(np.setdiff1d(area.own_sources, area.faults.sources).tolist())
    taken = (blocks.edges[back.edge] for back in on.values())
    closed = [edge for edge in taken if edge.role is not EdgeRole.INNER]
    for edge in closed:
        if edge.element < 0:
            sources.add(-1 - edge.element)
        else:
            passes[edge.element] = area.passes[edge.element] or area.closed[edge.element]
    supply, watch = area.find_supply(passes, sorted(sources)), OutageWatch(area)
    moved = [edge.element for edge in closed if edge.element >= 0] + cuts
    around = np.intersect1d(area.cut.operate, area.equipment[area.boundary])
    operated = [area.equipment[moved], around, area.relief]
    return PlanEnd(
        out=area.points[watch.find_out(supply)],
        partial=area.points[watch.find_partial(supply)],
        operated=np.unique(np.concatenate(operated)).astype(np.int32),
        warnings=(*area.trip.warnings, *area.cut.warnings),
    )


def _warn_of_loads(loads: PeakLoads, area: Area) -> list[str]:
    if not loads.assumed:
        return []
    if np.isnan(loads.assumed_w):
        return ["no peak load is recorded: nothing is checked against ratings"]
    total = len(area.situation.data.usage_points.mrid)
    return [
        f"{loads.assumed} of {total} usage points record no peak load: "
        f"{loads.assumed_w:,.0f} W a customer are assumed"
    ]


def _warn_of_ders(area: Area) -> list[str]:
    """Return which distributed resources stand in the dark: they may feed back."""
    sources = area.situation.data.sources
    rows = np.flatnonzero(sources.in_service & (sources.kind == DER))
    at = np.searchsorted(area.nodes, sources.node[rows])
    at[at == len(area.nodes)] = 0
    known = area.nodes[at] == sources.node[rows]
    warnings = []
    for kind, words in (
        (areas.FAULTED, "stand in the faulted section: disconnect and verify"),
        (areas.HEALTHY, "stand in the dark: they must not feed when it is energized"),
    ):
        here = rows[known & (area.kind[at] == kind)]
        if len(here):
            names = ", ".join(
                name.decode() for name in sources.mrid[here[:MOST_SHOWN_SOURCES]].tolist()
            )
            more = (
                f" and {len(here) - MOST_SHOWN_SOURCES} more"
                if len(here) > MOST_SHOWN_SOURCES
                else ""
            )
            warnings.append(f"distributed resources {words}: {names}{more}")
    return warnings
