"""
Put the operations of an arrangement in order, and say when each is done.

One person in the control room operates what is remote, one device after the other; crews go to the
others. An operation starts when all it has to wait for is done and somebody is free. Of those that
could start before any other would be done, the one that brings back the most customers goes first
(active schedules, Giffler and Thompson 1960). Nothing is energized before every switch between it
and the faulted section stands open.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from gridtwin.analysis.plan.dark_blocks import LIVE_BLOCK, EdgeRole
from gridtwin.model import cim
from gridtwin.model.lengths import EARTH_RADIUS_M

if TYPE_CHECKING:
    from gridtwin.analysis.plan.dark_blocks import DarkBlocks
    from gridtwin.analysis.plan.energization import EnergizedBlock
    from gridtwin.analysis.plan.plan_options import PlanOptions

CONTROL_ROOM = -1


class SwitchingAction(StrEnum):
    """What is done to a device."""

    OPEN = "open"
    VERIFY = "verify_and_tag"
    CLOSE = "close"


@dataclass(slots=True)
class SwitchingJob:
    """One operation and when it is done; ``element`` as in `Edge`."""

    action: SwitchingAction
    element: int
    remote: bool
    after: tuple[int, ...]  # jobs that must be done before
    blocks: tuple[int, ...] = ()  # brought back
    rank: tuple[float, ...] = ()
    start_min: float = 0.0
    done_min: float = 0.0
    travel_min: float = 0.0
    crew: int = CONTROL_ROOM


class _JobOffer(NamedTuple):
    """One who could do a job, and when."""

    done: float
    who: int
    job: int
    start: float
    travel: float


class Timetable:
    """Makes the jobs of arrangements of one set of blocks."""

    def __init__(self, blocks: DarkBlocks, options: PlanOptions) -> None:
        self._blocks = blocks
        self._options = options
        area = blocks.area
        table = area.data.equipment
        self._remote = (table.control == cim.CONTROLS.index("remote")).tolist()
        self._loaded = set(np.flatnonzero(area.loaded).tolist())
        self._breaks = cim.BREAKS_LOAD[table.kind].tolist()
        middle = (area.data.nodes.xy[table.node_a] + area.data.nodes.xy[table.node_b]) / 2
        self._place: list[tuple[float, float]] = list(map(tuple, middle.tolist()))
        self._minutes: dict[tuple[int, int], float] = {}
        self._geographic = area.situation.network.crs is not None
        verify = np.isin(area.equipment, area.cut.verify) | (area.boundary & area.tripped)
        self._open = np.flatnonzero(area.boundary & ~verify).tolist()
        self._verify = np.flatnonzero(area.boundary & verify).tolist()
        self._tripped = set(np.flatnonzero(area.boundary & area.tripped).tolist())
        self._relief = np.flatnonzero(np.isin(area.equipment, area.relief)).tolist()

    @property
    def isolation_count(self) -> int:
        """How many operations isolate the section."""
        return len(self._relief) + len(self._open) + len(self._verify)

    def weigh_arrangement(self, on: dict[int, EnergizedBlock]) -> tuple[float, int, int]:
        """Return customer-minutes, manual operations and operations of an arrangement."""
        jobs = self.list_jobs(on)
        minutes = sum(
            job.done_min * sum(on[block].feed.customers for block in job.blocks) for job in jobs
        )
        manual = sum(1 for job in jobs if not job.remote)
        return minutes, manual, len(jobs)

    def list_jobs(self, on: dict[int, EnergizedBlock]) -> list[SwitchingJob]:
        """Return what has to be done, in the order in which it gets done."""
        jobs = self._list_isolation()
        of_element = {job.element: number for number, job in enumerate(jobs)}
        for number in self.find_cuts(on):
            edge = self._blocks.edges[number]
            of_element[edge.element] = len(jobs)
            jobs.append(SwitchingJob(SwitchingAction.OPEN, edge.element, edge.remote, ()))
        self._add_closings(on, jobs, of_element)
        self._rank_jobs(on, jobs)
        self._schedule_jobs(jobs)
        order = sorted(range(len(jobs)), key=lambda n: (jobs[n].done_min, jobs[n].rank, n))
        place = {number: at for at, number in enumerate(order)}
        ordered = [jobs[number] for number in order]
        for job in ordered:
            job.after = tuple(sorted(place[number] for number in job.after))
        return ordered

    def _list_isolation(self) -> list[SwitchingJob]:
        """Return what isolates the section; what is live and cannot break load comes late."""
        jobs = [
            SwitchingJob(SwitchingAction.OPEN, row, self._remote[row], ()) for row in self._relief
        ]
        early = [row for row in self._open if row not in self._loaded]
        jobs += [SwitchingJob(SwitchingAction.OPEN, row, self._remote[row], ()) for row in early]
        first = tuple(n for n, job in enumerate(jobs) if self._breaks[job.element])
        late = [row for row in self._open if row in self._loaded]
        jobs += [SwitchingJob(SwitchingAction.OPEN, row, self._remote[row], first) for row in late]
        jobs += [
            SwitchingJob(SwitchingAction.VERIFY, row, self._remote[row], ()) for row in self._verify
        ]
        return jobs

    def find_cuts(self, on: dict[int, EnergizedBlock]) -> list[int]:
        """Return the edges to open: closed ones of an energized block that are not taken."""
        taken = {back.edge for back in on.values()}
        cuts = {
            number
            for block in on
            for number in self._blocks.at[block]
            if self._blocks.edges[number].role is EdgeRole.INNER and number not in taken
        }
        return sorted(cuts)

    def _add_closings(
        self, on: dict[int, EnergizedBlock], jobs: list[SwitchingJob], of_element: dict[int, int]
    ) -> None:
        """Add what is closed; each closing energizes all blocks that closed switches join to it."""
        head: dict[int, int] = {}  # block to the block that a closing energizes with it
        for block, back in on.items():
            edge = self._blocks.edges[back.edge]
            head[block] = block
            if edge.role is EdgeRole.INNER:
                head[block] = head[edge.find_far_end(block)[0]]
        members: dict[int, list[int]] = {}
        for block, first in head.items():
            members.setdefault(first, []).append(block)
        isolation = tuple(
            n for n, job in enumerate(jobs) if job.element in self._isolation_elements
        )
        closed: dict[int, int] = {}
        for first, blocks in members.items():
            edge = self._blocks.edges[on[first].edge]
            waits = {
                of_element[row] for block in blocks for row in self._find_waits(block, of_element)
            }
            above = edge.find_far_end(first)[0]
            if above >= 0:
                waits.add(closed[head[above]])
            if self._options.isolate_first:
                waits |= set(isolation)
            closed[first] = len(jobs)
            after = tuple(sorted(waits))
            jobs.append(
                SwitchingJob(SwitchingAction.CLOSE, edge.element, edge.remote, after, tuple(blocks))
            )
        if self._options.allow_loops:
            self._close_rings(on, jobs, {block: closed[first] for block, first in head.items()})

    def _close_rings(
        self, on: dict[int, EnergizedBlock], jobs: list[SwitchingJob], closed: dict[int, int]
    ) -> None:
        """Add what tripped and stands open between parts that are back: it closes a ring again."""
        taken = {back.edge for back in on.values()}
        for number, edge in enumerate(self._blocks.edges):
            ends = {edge.block_a, edge.block_b} - {LIVE_BLOCK}
            if edge.role is EdgeRole.TRIPPED and number not in taken and ends <= on.keys():
                after = tuple(sorted({closed[block] for block in ends}))
                jobs.append(SwitchingJob(SwitchingAction.CLOSE, edge.element, edge.remote, after))

    @property
    def _isolation_elements(self) -> set[int]:
        return {*self._open, *self._verify}

    def _find_waits(self, block: int, of_element: dict[int, int]) -> list[int]:
        """Return the elements that must stand open before a block is energized."""
        edges = (self._blocks.edges[number].element for number in self._blocks.at[block])
        return [*self._blocks.gates[block], *(row for row in edges if row in of_element)]

    def _rank_jobs(self, on: dict[int, EnergizedBlock], jobs: list[SwitchingJob]) -> None:
        """
        Rank jobs: those that bring back customers remotely, then those that bring back many.

        What others wait for takes the rank of the best of them; of equals, what opens comes first.
        """
        kinds = {SwitchingAction.OPEN: 0.0, SwitchingAction.VERIFY: 1.0, SwitchingAction.CLOSE: 2.0}
        chains: list[tuple[float, ...]] = [(2.0, 0.0)] * len(jobs)
        for number, job in enumerate(jobs):
            if job.action is not SwitchingAction.CLOSE:
                continue
            chain = self._find_chain(jobs, number)
            manual = sum(1 for other in chain if not jobs[other].remote)
            gain = sum(on[block].feed.gain for block in job.blocks)
            rank = (1.0 if manual else 0.0, -gain / max(manual, 1))
            for other in chain:
                chains[other] = min(chains[other], rank)
        for number, job in enumerate(jobs):
            if job.action is SwitchingAction.VERIFY and job.remote and job.element in self._tripped:
                chains[number] = (-1.0, 0.0)  # first of all, what tripped must not close again
            job.rank = (*chains[number], kinds[job.action], float(number))

    @staticmethod
    def _find_chain(jobs: list[SwitchingJob], number: int) -> set[int]:
        """Return a job and all it waits for."""
        chain: set[int] = set()
        queue = [number]
        while queue:
            other = queue.pop()
            if other not in chain:
                chain.add(other)
                queue += jobs[other].after
        return chain

    def _schedule_jobs(self, jobs: list[SwitchingJob]) -> None:
        """Give each job a start and an end."""
        free = [0.0] * (self._options.crews + 1)  # the last is the control room
        where: list[int | None] = [None] * self._options.crews
        waiting = set(range(len(jobs)))
        while waiting:
            ready = [n for n in waiting if not waiting.intersection(jobs[n].after)]
            offers = [self._make_offer(jobs, number, free, where) for number in ready]
            soonest = min(offers, key=lambda offer: (offer.done, jobs[offer.job].rank))
            rivals = [
                offer
                for offer in offers
                if jobs[offer.job].remote == jobs[soonest.job].remote and offer.start < soonest.done
            ]
            offer = min([soonest, *rivals], key=lambda offer: jobs[offer.job].rank)
            number, who, job = offer.job, offer.who, jobs[offer.job]
            job.start_min, job.travel_min, job.crew = offer.start, offer.travel, who
            job.done_min = free[who] = offer.done
            if who != CONTROL_ROOM:
                where[who] = job.element
            waiting.discard(number)

    def _make_offer(
        self, jobs: list[SwitchingJob], number: int, free: list[float], where: list[int | None]
    ) -> _JobOffer:
        """Return when a job could be done, by whom."""
        job = jobs[number]
        since = max((jobs[other].done_min for other in job.after), default=0.0)
        if job.remote:
            start = max(since, free[CONTROL_ROOM])
            return _JobOffer(start + self._options.remote_min, CONTROL_ROOM, number, start, 0.0)
        offers = []
        for crew, at in enumerate(where):
            travel = self._measure_travel(at, job.element)
            # A crew may set out before it may begin.
            start = max(free[crew], since - travel)
            done = start + travel + self._options.manual_min
            offers.append(_JobOffer(done, crew, number, start, travel))
        return min(offers)

    def _measure_travel(self, first: int | None, second: int) -> float:
        """Return the minutes between two devices; 0 where a place is not known, or to the first."""
        if first is None or first == second:
            return 0.0
        key = first, second
        if key not in self._minutes:
            places = self._place[first], self._place[second]
            meters = measure_distance_m(*places, geographic=self._geographic)
            minutes = meters / (self._options.speed_kmh * 1000 / 60)
            self._minutes[key] = minutes if math.isfinite(minutes) else 0.0
        return self._minutes[key]


def measure_distance_m(
    first: tuple[float, float], second: tuple[float, float], *, geographic: bool
) -> float:
    """
    Return the meters between two places; planar coordinates are taken for meters.

    Notes
    -----
    Haversine formula on a sphere: within 0.6 % of the ellipsoid, ample for driving times.
    """
    if not geographic:
        return math.dist(first, second)
    (lon_1, lat_1), (lon_2, lat_2) = (map(math.radians, place) for place in (first, second))
    chord = math.sin((lat_2 - lat_1) / 2) ** 2
    chord += math.cos(lat_1) * math.cos(lat_2) * math.sin((lon_2 - lon_1) / 2) ** 2
    return 2 * EARTH_RADIUS_M * math.asin(math.sqrt(chord))
