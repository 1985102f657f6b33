"""Make the switching plans for a fault: the best one, and what else could be done."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gridtwin.analysis.plan import area as areas
from gridtwin.analysis.plan.area import Area, find_area
from gridtwin.analysis.plan.blocks import Blocks, find_blocks
from gridtwin.analysis.plan.feed import Feeds
from gridtwin.analysis.plan.ledger import Ledger
from gridtwin.analysis.plan.options import Options
from gridtwin.analysis.plan.search import Arrangement, Found, Growth, Search
from gridtwin.analysis.plan.steps import Conductor, checks_of
from gridtwin.analysis.plan.times import Action, Timetable
from gridtwin.errors import InputError
from gridtwin.topology.conduction import DER

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from gridtwin.analysis.loads import Loads
    from gridtwin.analysis.plan.steps import Step
    from gridtwin.analysis.situation import Situation
    from gridtwin.model.ids import Element

SHOWN = 5


@dataclass(frozen=True, slots=True)
class Plan:
    """One way to isolate a fault and bring customers back; rows are those of the network."""

    tripped: NDArray[np.int32]  # equipment that opened by itself
    sources_lost: NDArray[np.int32]  # sources that went with the fault
    section: NDArray[np.int32]  # equipment that stays dead until it is repaired
    steps: tuple[Step, ...]
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
    def closed(self) -> frozenset[tuple[str, int]]:
        """What the plan closes, as table and row."""
        done = (step for step in self.steps if step.action is Action.CLOSE)
        return frozenset((step.table, step.row) for step in done)

    @property
    def operated(self) -> NDArray[np.int32]:
        """Equipment that the plan opens or closes."""
        moved = {
            step.row
            for step in self.steps
            if step.action is not Action.VERIFY and step.table == "equipment"
        }
        return np.array(sorted(moved), dtype=np.int32)


def make_plans(
    situation: Situation, elements: Sequence[Element], options: Options | None = None
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
    options = options or Options()
    if not elements:
        msg = "a plan needs something that has faulted"
        raise InputError(msg)
    area = find_area(situation, elements, remote_only=options.remote_only)
    loads = situation.loads(options.default_peak_w)
    planner = _Planner(area, loads, options)
    first = planner.best(frozenset())
    plans, seen = [first], {first.closed}
    tried: set[frozenset[bytes]] = set()
    waiting = planner.without(first, frozenset())
    candidates: list[tuple[Plan, frozenset[bytes]]] = []
    while len(plans) <= options.alternatives:
        for forbidden in waiting:
            if forbidden not in tried:
                tried.add(forbidden)
                candidates.append((planner.best(forbidden), forbidden))
        candidates = [c for c in candidates if c[0].closed and c[0].closed not in seen]
        if not candidates:
            break
        chosen, forbidden = min(candidates, key=lambda c: _score(c[0]))
        plans.append(chosen)
        seen.add(chosen.closed)
        waiting = planner.without(chosen, forbidden)
    return plans


def _score(plan: Plan) -> tuple[float, float, int, int, list[tuple[str, int]]]:
    closed = sorted(plan.closed)
    weight, minutes = -round(plan.restored_weight, 6), round(plan.customer_minutes, 6)
    return weight, minutes, plan.manual, len(plan.steps), closed


class _Planner:
    """Searches one area, coarsely first: laterals are left out only where load demands it."""

    def __init__(self, area: Area, loads: Loads, options: Options) -> None:
        self._area, self._loads, self._options = area, loads, options
        self._kept: dict[bool, tuple[Blocks, Feeds, Timetable, Ledger]] = {}

    def best(self, forbidden: frozenset[bytes]) -> Plan:
        """Return the best plan that closes none of the devices forbidden."""
        coarse = True
        found = self._search(forbidden, coarse=True)
        if found.best.gain < found.reachable - 1e-6:
            coarse = False
            found = self._search(forbidden, coarse=False)
        return self._plan(found, coarse=coarse)

    def without(self, plan: Plan, forbidden: frozenset[bytes]) -> list[frozenset[bytes]]:
        """Return what to forbid so that another plan is found."""
        data = self._area.situation.data
        names = sorted(bytes(getattr(data, table).mrid[row]) for table, row in plan.closed)
        return [forbidden | {name} for name in names]

    def _parts(self, *, coarse: bool) -> tuple[Blocks, Feeds, Timetable, Ledger]:
        if coarse not in self._kept:
            options = self._options
            blocks = find_blocks(self._area, allow_loops=options.allow_loops, coarse=coarse)
            feeds = Feeds(blocks, self._loads, options.priority_weight)
            ledger = Ledger(blocks, self._loads, options.margin_pct)
            self._kept[coarse] = blocks, feeds, Timetable(blocks, options), ledger
        return self._kept[coarse]

    def _growth(self, *, coarse: bool) -> Growth:
        blocks, feeds, _, ledger = self._parts(coarse=coarse)
        ledger.reset()
        durations = self._options.remote_min, self._options.manual_min
        return Growth(blocks, feeds, ledger, durations)

    def _search(self, forbidden: frozenset[bytes], *, coarse: bool) -> Found:
        _, feeds, timetable, _ = self._parts(coarse=coarse)
        search = Search(
            self._growth(coarse=coarse),
            feeds,
            timetable.weigh,
            budget=self._options.expansions,
            forbidden=forbidden,
        )
        return search.run()

    def _plan(self, found: Found, *, coarse: bool) -> Plan:
        blocks, _, timetable, _ = self._parts(coarse=coarse)
        growth = self._regrown(found.best, coarse=coarse)
        jobs = timetable.jobs(growth.on)
        checks, doubts = checks_of(blocks, growth.ledger, growth.on)
        area = self._area
        course = Conductor(area, allow_loops=self._options.allow_loops).run(jobs, checks)
        warnings = [*area.trip.warnings, *area.cut.warnings, *doubts]
        warnings += _load_warnings(self._loads, area) + _der_warnings(area)
        return Plan(
            tripped=area.trip.devices,
            sources_lost=area.lost_sources,
            section=area.cut.equipment,
            steps=course.steps,
            out_at_start=course.out_at_start,
            out=course.out,
            partial=course.partial,
            restored_weight=found.best.gain,
            customer_minutes=found.best.minutes,
            manual=found.best.manual,
            optimal=found.optimal,
            bound=found.bound,
            blocks=blocks.count,
            expansions=found.expansions,
            warnings=tuple(dict.fromkeys(warnings)),
        )

    def _regrown(self, best: Arrangement, *, coarse: bool) -> Growth:
        """Return the growth of an arrangement, with its load on every element."""
        growth = self._growth(coarse=coarse)
        for number, block in best.taken:
            growth.take(number, block)
        return growth


def _load_warnings(loads: Loads, area: Area) -> list[str]:
    if not loads.assumed:
        return []
    if np.isnan(loads.assumed_w):
        return ["no peak load is recorded: nothing is checked against ratings"]
    total = len(area.situation.data.usage_points.mrid)
    return [
        f"{loads.assumed} of {total} usage points record no peak load: "
        f"{loads.assumed_w:,.0f} W a customer are assumed"
    ]


def _der_warnings(area: Area) -> list[str]:
    """Return which distributed resources stand in the dark: they may feed back."""
    sources = area.situation.data.sources
    rows = np.flatnonzero(sources.in_service & (sources.kind == DER))
    at = np.searchsorted(area.nodes, sources.node[rows])
    at[at == len(area.nodes)] = 0
    known = area.nodes[at] == sources.node[rows]
    found = []
    for kind, words in (
        (areas.FAULTED, "stand in the faulted section: disconnect and verify"),
        (areas.HEALTHY, "stand in the dark: they must not feed when it is energized"),
    ):
        here = rows[known & (area.kind[at] == kind)]
        if len(here):
            names = ", ".join(name.decode() for name in sources.mrid[here[:SHOWN]].tolist())
            more = f" and {len(here) - SHOWN} more" if len(here) > SHOWN else ""
            found.append(f"distributed resources {words}: {names}{more}")
    return found
