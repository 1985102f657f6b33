"""ERM in a storm, all draws at once, beside one after the other: `python -m benchmarks.storm`."""

from __future__ import annotations

import heapq
import sys
import time
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.report import Limit, Row
from gridtwin.analysis.state.situation import Situation
from gridtwin.analysis.storm.dispatch import CrewClock, compute_travel_times
from gridtwin.analysis.storm.repair_plan import REPAIR, RepairPlan, plan_repairs
from gridtwin.analysis.storm.response import Aid, Response
from gridtwin.analysis.storm.storm_simulation import (
    StormOutcome,
    divide_districts,
    draw_work,
    simulate_storm,
)
from gridtwin.analysis.storm.storm_situation import StormSituation
from gridtwin.analysis.trace.isolation import find_section
from gridtwin.model import cim
from gridtwin.model.ids import Element
from gridtwin.sources.synthetic import synthesize
from gridtwin.topology.conduction import SupplyRules
from gridtwin.topology.loss import FaultSet, find_affected, find_loss
from gridtwin.topology.renumber import preorder_rows
from gridtwin.topology.topology_index import build_index

if TYPE_CHECKING:
    from gridtwin.model.network import Network

DEVICES, DRAWS, SEED = 500, 1000, 1
LIMIT_S = 10.0
RESPONSE = Response(crews=60, aid=(Aid(40, 24.0),), night_factor=1.0, rest_h=0.0, detour=1.0)


def storm_lines(network: Network) -> tuple[list[Row], list[Limit]]:
    """Return the rows on storms, of a network in the order of its topology."""
    mask = network.data.equipment.normal_open
    rows, limits = [], []
    for name, opened, shown in (("", mask, 2), (", all ties closed", np.zeros_like(mask), 1)):
        index = build_index(network.data, opened)
        situation = Situation(network, opened, index, SupplyRules())
        wall, ours, theirs = _measured(situation, shown)
        what = f"storm ERM, {DEVICES} devices, {DRAWS:,} draws{name}"
        rows.append(Row(f"{what} / a heap and a loss per repair and draw", ours, theirs, 50))
        limits.append(Limit(f"{what}, wall clock", wall, LIMIT_S, "s"))
    return rows, limits


def _measured(situation: Situation, shown: int) -> tuple[float, float, float]:
    """Return the wall clock and processor time of a storm, and that of one draw after the other."""
    damaged = _damaged(situation)
    wall, start = time.perf_counter(), time.process_time()
    storm = plan_repairs(StormSituation(situation), damaged, RESPONSE)
    outcome = simulate_storm(storm, RESPONSE, draws=DRAWS, seed=SEED)
    ours = time.process_time() - start
    wall = time.perf_counter() - wall
    start = time.process_time()
    for draw in range(shown):
        _one_draw(situation, storm, outcome, draw)
    return wall, ours, (time.process_time() - start) / shown * DRAWS


def _damaged(situation: Situation) -> np.ndarray:
    """Return live overhead lines, drawn over the third of the territory nearest its middle."""
    equipment = situation.data.equipment
    rows = np.flatnonzero((equipment.kind == 0) & situation.conducts)
    rows = rows[equipment.placement[rows] != cim.PLACEMENTS.index("underground")]
    xy = situation.data.nodes.xy[equipment.node_a[rows]]
    far = np.hypot(*(xy - np.median(xy, axis=0)).T)
    near = rows[far <= np.quantile(far, 1 / 3)]
    return np.sort(np.random.default_rng(SEED).choice(near, DEVICES, replace=False))


def _one_draw(situation: Situation, storm: RepairPlan, outcome: StormOutcome, draw: int) -> None:
    """Send crews from a heap and ask who is out after every repair; hold both to one answer."""
    done = np.empty(len(storm.equipment))
    allotment = divide_districts(storm, RESPONSE)
    clock = CrewClock.from_response(RESPONSE)
    assert clock.rest_s == 0
    for number, district in enumerate(allotment.districts):
        own = np.flatnonzero(allotment.of_job == number)
        jobs = own[np.argsort(storm.rank[own])].astype(np.int32)
        work = draw_work(storm, RESPONSE, jobs, draws=DRAWS, seed=SEED).repair[:, draw]
        done[jobs] = _sent(storm, jobs, work, outcome.found[jobs, draw], district.crew_start)
    assert np.allclose(done, outcome.done[:, draw])
    back = _asked_after_each(situation, storm, outcome.done[:, draw])
    waits = storm.groups.stage[storm.group] == REPAIR
    assert np.array_equal(back[storm.points][waits], outcome.back[storm.group[waits], draw])


def _sent(
    storm: RepairPlan, jobs: np.ndarray, work: np.ndarray, found: np.ndarray, starts: np.ndarray
) -> np.ndarray:
    """Return when jobs are done, one event after the other."""
    depots = storm.depot[np.unique(storm.zone[jobs])]
    places = np.vstack([storm.xy[jobs], depots.mean(axis=0)])
    road = compute_travel_times(
        places, geographic=storm.geographic, speed_kmh=RESPONSE.speed_kmh, detour=RESPONSE.detour
    )
    crews = [(float(start), crew, len(jobs)) for crew, start in enumerate(starts)]
    heapq.heapify(crews)
    done, left = np.empty(len(jobs)), list(range(len(jobs)))
    while left:
        free, crew, place = heapq.heappop(crews)
        known = [job for job in left if found[job] <= free]
        job = known[0] if known else min(left, key=lambda job: found[job])
        left.remove(job)
        done[job] = max(free, found[job]) + road[place, job] + work[job]
        heapq.heappush(crews, (done[job], crew, job))
    return done


def _asked_after_each(situation: Situation, storm: RepairPlan, done: np.ndarray) -> np.ndarray:
    """Return when each usage point has supply: whom the jobs left put out is asked each time."""
    points = situation.data.usage_points
    held = [
        find_section(situation, [Element("equipment", row)]).nodes
        for row in storm.equipment.tolist()
    ]
    back = np.zeros(len(points.node))
    order = np.argsort(done)
    for at, job in enumerate(order):
        nodes = np.unique(np.concatenate([held[left] for left in order[at:]]))
        loss = find_loss(situation.index, FaultSet(nodes=nodes))
        back[find_affected(situation.index, points, loss, strict=False).out] = done[job]
    return back


def main() -> None:
    """Measure storms alone."""
    meters = int(sys.argv[1]) if len(sys.argv) > 1 else 596_906
    network = synthesize("houston", meters=meters, seed=1)
    index = build_index(network.data, network.data.equipment.normal_open)
    rows, limits = storm_lines(network.reorder_rows(*preorder_rows(index, network.data)))
    for line in (*rows, *limits):
        print(line.line())


if __name__ == "__main__":
    main()
