"""Carry out the operations of a plan one by one on the engine, and say what each brings back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gridtwin.analysis.plan import fault_area as areas
from gridtwin.analysis.plan.dark_blocks import EdgeRole
from gridtwin.analysis.plan.load_ledger import SLACK_W
from gridtwin.analysis.plan.timetable import SwitchingAction
from gridtwin.analysis.state.loads import SQRT_3, SUM_COLUMN
from gridtwin.model import cim
from gridtwin.model import phases as codes
from gridtwin.topology.meshed_core import live_phases

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridtwin.analysis.plan.dark_blocks import DarkBlocks
    from gridtwin.analysis.plan.energization import EnergizedBlock
    from gridtwin.analysis.plan.fault_area import Area, AreaSupply
    from gridtwin.analysis.plan.load_ledger import LoadLedger
    from gridtwin.analysis.plan.timetable import SwitchingJob


@dataclass(frozen=True, slots=True)
class ClosingCheck:
    """What was checked before a device is closed, as loads stand when the plan is complete."""

    phases: int  # that come over it
    nominal_v: float
    table: str  # of the element with the least margin that carries more than before; or empty
    row: int
    load_w: float  # on its fullest phase, or in sum where the rating is of the whole
    rating_w: float
    load_a: float  # NaN where the rating is of the whole
    margin_pct: float
    unrated: int  # elements that carry more than before and have no rating
    meshed: bool  # some of the way lies on loops


@dataclass(frozen=True, slots=True)
class SwitchingStep:
    """One operation, what it brings back, and how things stand after it."""

    action: SwitchingAction
    table: str  # equipment, or sources
    row: int  # in the network
    remote: bool
    crew: int  # -1: the control room
    after: tuple[int, ...]  # steps that must be done before, from 0
    start_min: float
    travel_min: float
    done_min: float
    restored: NDArray[np.int32]  # usage points that have supply again
    customers: int  # of them
    customers_out: int  # without supply after this step
    closes_loop: bool
    check: ClosingCheck | None  # of a closing
    warnings: tuple[str, ...]


class OutageWatch:
    """Who is out as an area changes, against who was served before the fault."""

    def __init__(self, area: Area) -> None:
        self.area = area
        points, index = area.data.usage_points, area.situation.index
        at = area.nodes[points.node]
        own = codes.to_supply_phases(points.phases)
        self._had = live_phases(index.mask[at]) & own
        self._node = points.node
        self.served = area.situation.is_served[area.points]

    def find_out(self, supply: AreaSupply) -> NDArray[np.bool_]:
        """Return whether each usage point of the area has lost its supply."""
        now = supply.live[self._node] & self._had
        dark = np.where(self._had != 0, now == 0, ~supply.reached[self._node])
        return dark & self.served

    def find_partial(self, supply: AreaSupply) -> NDArray[np.bool_]:
        """Return whether each usage point of the area has lost some of its phases."""
        now = supply.live[self._node] & self._had
        return self.served & (now != 0) & (now != self._had)


@dataclass(frozen=True, slots=True)
class PlanCourse:
    """The steps of a plan and how the area stands before and after them."""

    steps: tuple[SwitchingStep, ...]
    out_at_start: NDArray[np.int32]  # usage points, rows in the network
    out: NDArray[np.int32]
    partial: NDArray[np.int32]


class PlanExecutor:
    """Carries out jobs on an area; what would harm somebody is never let pass."""

    def __init__(self, area: Area, *, allow_loops: bool) -> None:
        self.area = area
        self._allow_loops = allow_loops
        self._watch = OutageWatch(area)
        self._faulted = area.kind == areas.FAULTED
        self._passes = np.array(area.passes)
        self._passes[np.isin(area.equipment, area.trip.devices)] = 0
        self._sources = set(np.setdiff1d(area.own_sources, area.faults.sources).tolist())
        self.supply = area.find_supply(self._passes, sorted(self._sources))
        self._out = self._watch.find_out(self.supply)

    def run(self, jobs: list[SwitchingJob], checks: dict[int, ClosingCheck]) -> PlanCourse:
        """
        Carry out jobs in their order.

        Parameters
        ----------
        jobs
            The jobs.
        checks
            What was checked, by the element that is closed.
        """
        points = self.area.points
        start = points[self._out]
        steps = [self._carry_out(job, checks.get(job.element)) for job in jobs]
        partial = points[self._watch.find_partial(self.supply)]
        return PlanCourse(tuple(steps), start, points[self._out], partial)

    def _carry_out(self, job: SwitchingJob, check: ClosingCheck | None) -> SwitchingStep:
        area, points = self.area, self.area.data.usage_points
        before, was_out = self.supply.reached, self._out
        loop, warnings = self._check_job(job, check)
        if job.element < 0:
            self._sources.add(-1 - job.element)
        elif job.action is SwitchingAction.CLOSE:
            was = int(area.passes[job.element])
            self._passes[job.element] = was or area.closed[job.element]
        elif job.action is SwitchingAction.OPEN:
            self._passes[job.element] = 0
        if job.action is not SwitchingAction.VERIFY:
            self.supply = area.find_supply(self._passes, sorted(self._sources))
        if (self.supply.reached & ~before & self._faulted).any():
            msg = "a step of the plan would energize the faulted section"
            raise AssertionError(msg)
        self._out = self._watch.find_out(self.supply)
        back = was_out & ~self._out
        named = ("equipment", int(area.equipment[job.element]))
        return SwitchingStep(
            action=job.action,
            table=named[0] if job.element >= 0 else "sources",
            row=named[1] if job.element >= 0 else -1 - job.element,
            remote=job.remote,
            crew=job.crew,
            after=job.after,
            start_min=job.start_min,
            travel_min=job.travel_min,
            done_min=job.done_min,
            restored=area.points[back],
            customers=int(points.customers[back].sum()),
            customers_out=int(points.customers[self._out].sum()),
            closes_loop=loop,
            check=check if job.action is SwitchingAction.CLOSE else None,
            warnings=warnings,
        )

    def _check_job(
        self, job: SwitchingJob, check: ClosingCheck | None
    ) -> tuple[bool, tuple[str, ...]]:
        """Return whether a job closes a loop, and what to heed; refuse a loop nobody asked for."""
        if job.element < 0:
            return False, ()
        table = self.area.data.equipment
        ends = table.node_a[job.element], table.node_b[job.element]
        alive = [bool(self.supply.reached[end]) for end in ends]
        loop = job.action is SwitchingAction.CLOSE and all(alive) and not self._passes[job.element]
        if loop and not self._allow_loops:
            msg = "a step of the plan would close a loop"
            raise AssertionError(msg)
        if (
            job.action is SwitchingAction.OPEN
            and all(alive)
            and not cim.BREAKS_LOAD[table.kind[job.element]]
        ):
            return loop, ("opened under load, which it is not made for: switch off before",)
        return loop, self._list_doubts(job, check) if job.action is SwitchingAction.CLOSE else ()

    def _list_doubts(self, job: SwitchingJob, check: ClosingCheck | None) -> tuple[str, ...]:
        """Return what is not known, or not as it should be, of a device that is closed."""
        area, table = self.area, self.area.data.equipment
        row = job.element
        tie = not area.tripped[row]
        volts = area.data.nodes.nominal_v[[table.node_a[row], table.node_b[row]]]
        doubts = {
            "its kind may not be made for closing onto load": tie
            and not cim.BREAKS_LOAD[table.kind[row]],
            "its phases are not recorded: taken for all three": tie and table.phases[row] == 0,
            "no nominal voltage is recorded: levels are not compared": tie
            and bool(np.isnan(volts).any()),
        }
        if check is not None and check.unrated:
            doubts[f"{check.unrated} elements that carry more than before have no rating"] = True
        return tuple(text for text, holds in doubts.items() if holds)


def check_closings(
    blocks: DarkBlocks, ledger: LoadLedger, on: dict[int, EnergizedBlock]
) -> tuple[dict[int, ClosingCheck], tuple[str, ...]]:
    """
    Return what was checked on the way of each device to close, and what could not be.

    Parameters
    ----------
    blocks
        The blocks.
    ledger
        What every element carries when all of `on` is back.
    on
        What is back.
    """
    checks: dict[int, ClosingCheck] = {}
    lines: dict[int, list[NDArray[np.int32]]] = {}
    head: dict[int, int] = {}
    for block, back in on.items():
        edge = blocks.edges[back.edge]
        inner = edge.role is EdgeRole.INNER
        head[block] = head[edge.find_far_end(block)[0]] if inner else block
        lines.setdefault(head[block], []).append(back.feed.elements)
        lines[head[block]] += [way for way in back.ways if way is not None]
    for block, parts in lines.items():
        back = on[block]
        edge = blocks.edges[back.edge]
        node = edge.node_b if edge.block_b == block else edge.node_a
        checks[edge.element] = _check_way(ledger, np.unique(np.concatenate(parts)), back, node)
    return checks, _list_rating_doubts(on)


def _check_way(
    ledger: LoadLedger, lines: NDArray[np.int32], back: EnergizedBlock, node: int
) -> ClosingCheck:
    area, load = ledger.area, ledger.read_loads()
    more = (load[lines] > ledger.before[lines] + SLACK_W).any(axis=1)
    lines = lines[more]
    load, limit = load[lines], ledger.limit[lines]
    rated = np.isfinite(limit).any(axis=1)
    live = back.feed.find_phases(node)
    volts = float(area.data.nodes.nominal_v[node])
    unrated = int((~rated).sum())
    if not rated.any():
        nan = float("nan")
        return ClosingCheck(live, volts, "", -1, nan, nan, nan, nan, unrated, back.meshed)
    share = np.where(np.isfinite(limit), load / limit, -1.0)
    at, column = divmod(int(np.argmax(share)), 4)
    table, row = ledger.name_line(int(lines[at]))
    amperes = float("nan")
    if column != SUM_COLUMN:
        data = area.situation.data
        across = float(data.nodes.nominal_v[data.equipment.node_a[row]])
        amperes = float(load[at, column]) / (across / SQRT_3)
    return ClosingCheck(
        phases=live,
        nominal_v=volts,
        table=table,
        row=row,
        load_w=float(load[at, column]),
        rating_w=float(limit[at, column]),
        load_a=amperes,
        margin_pct=100 * (1 - float(share[at, column])),
        unrated=unrated,
        meshed=back.meshed,
    )


def _list_rating_doubts(on: dict[int, EnergizedBlock]) -> tuple[str, ...]:
    """Return what the ratings could not be held against."""
    doubts = []
    if any(back.meshed for back in on.values()):
        doubts.append("part of the way lies on loops, where the share of each element is not known")
    rings = {line for back in on.values() for line in back.feed.looped}
    if rings:
        doubts.append(f"{len(rings)} elements picked up lie on rings and are not checked for load")
    return tuple(doubts)
